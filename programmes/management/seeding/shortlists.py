"""One demand of each programme in the middle of its selection: shortlist, interviews, reserve list, a free position.

Written by the room's own deeds: what the demo shows is what the deeds do.
"""

from datetime import date, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.models import Programme
from programmes.journey.demand.models import JobDemand
from programmes.journey.departure.models import Document, Medical
from programmes.journey.departure.states import DocumentStatus, MedicalStatus
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.requirements import of_programme
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions, candidacies
from programmes.journey.selection.models import Selection
from programmes.journey.selection.ranking import ORDER, Ranking, candidates
from programmes.journey.selection.states import CandidacyStatus

C = CandidacyStatus
LISTED, RESERVES = 8, 3
# So many cases in the state “selected” that one may leave it.
SPARE = 2
# A passport is valid for so long, an exam for a good year.
PASSPORT, EXAM = timedelta(days=1800), timedelta(days=420)


def write_shortlists(programme: Programme, liaison: User, today: date) -> None:
    """A shortlist for a demand with vacant positions and enough candidates, rather one with reserved ones, or none."""
    on = min(today, timezone.localdate())
    upcoming = (
        JobDemand.objects.taking()
        .filter(season__programme=programme, starts_on__gt=today)
        .annotate(
            vacant=Count("places", filter=Q(places__status="vacant")),
            held=Count("places", filter=Q(places__status__in=["reserved", "offered"])),
        )
        .filter(vacant__gt=0)
        .select_related("season__programme", "employer")
        .order_by("-held", "starts_on", "pk")
    )
    for demand in upcoming[:4]:
        ranked = Ranking.of(demand).ranked(candidates(liaison, demand)).order_by(*ORDER)
        found = list(Enrolment.objects.filter(pk__in=list(ranked.values_list("pk", flat=True)[:LISTED])).order_by("pk"))
        if len(found) == LISTED:
            return _shortlist(demand, found, liaison, on)
    return None


def _shortlist(demand: JobDemand, found: list[Enrolment], liaison: User, on: date) -> None:
    listed = candidacies.put_forward(demand, by=liaison, cases=found, on=on)
    day = candidacies.plan_day(
        demand, by=liaison, day=timezone.localdate() + timedelta(days=3), channel="in_person", place="Salón municipal",
        first_at=time(8), minutes=20, slots=9, capacity=1,
    )  # fmt: skip
    candidacies.fill_day(day, by=liaison)
    *rest, turned_down = listed
    for candidacy in [*rest[:RESERVES], turned_down]:
        candidacy.refresh_from_db()
        result = C.NOT_SELECTED if candidacy == turned_down else C.RESERVE
        reason = "experience" if candidacy == turned_down else ""
        candidacies.decide(candidacy, by=liaison, version=candidacy.version, result=result, on=on, reason=reason)
    # The first of the reserve list still lacks something, the second has all that is needed.
    _complete(rest[1].enrolment, demand)
    selected = Selection.objects.live().filter(
        position__demand__season=demand.season_id, enrolment__status=Status.SELECTED
    )
    mine = selected.filter(position__demand=demand).order_by("pk").first()
    if mine is not None and selected.count() > SPARE:
        actions.release(mine.enrolment, by=liaison, on=on, reason="worker_declined")


def _complete(case: Enrolment, demand: JobDemand) -> None:
    """Valid papers and a medical exam, as a worker of an earlier season brings them along."""
    start = case.registered_on
    for requirement in of_programme(demand.season.programme):
        if requirement.kind == RequirementKind.DOCUMENT:
            Document.objects.create(
                enrolment=case, person=case.person, type=requirement.code, number=f"D{case.pk:07d}",
                issued_on=start - timedelta(days=60), expires_on=demand.ends_on + PASSPORT,
                status=DocumentStatus.VERIFIED,
            )  # fmt: skip
        elif requirement.kind == RequirementKind.MEDICAL:
            Medical.objects.create(
                enrolment=case, clinic="Centro de salud", scheduled_on=start, result_on=start,
                valid_until=demand.ends_on + EXAM, status=MedicalStatus.FIT,
            )  # fmt: skip
