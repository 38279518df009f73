"""Deeds on who was put forward for a demand: list, invite, decide, rank the reserve, replace."""

from collections.abc import Sequence
from datetime import date, time

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import relative_moment
from programmes.base.lifecycle.models import record
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DEMAND
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions, replacing
from programmes.journey.selection.models import Candidacy, InterviewDay, InterviewPlace, Proposal
from programmes.journey.selection.ranking import Ranking
from programmes.journey.selection.states import CANDIDACY, CandidacyStatus, ProposalStatus

C = CandidacyStatus
MOST_PLACES = 500


def _taking(demand) -> JobDemand:
    """The demand, locked; RuleBroken when it takes no workers."""
    demand = JobDemand.objects.locked().select_related("season__programme").get(pk=demand.pk)
    if demand.status not in DEMAND.groups["following"]:
        raise RuleBroken(_("This demand takes no workers now."), code="not_open")
    return demand


@transaction.atomic
def put_forward(demand, *, by, cases: Sequence[Enrolment], on: date | None = None) -> list[Candidacy]:
    """Put rostered cases on the shortlist of a demand; returns those that were not on it.

    Whoever was turned down or gave a position back is put on it again. Raises RuleBroken when a case is not on the
    roster of the demand's season, which names it. Effects: candidacies with their points, a diary line each.
    """
    demand = _taking(demand)
    for case in cases:
        if case.status != Status.ROSTERED or case.season_id != demand.season_id:
            raise RuleBroken(
                _("%(number)s is not on the roster of this season any more.") % {"number": case.number}, field="cases"
            )
    known = {one.enrolment_id: one for one in Candidacy.objects.filter(demand=demand, enrolment__in=cases)}
    told = Ranking.of(demand).told(case.pk for case in cases)
    listed = []
    for case in told:
        candidacy = known.get(case.pk)
        if candidacy is None:
            candidacy = Candidacy.objects.create(demand=demand, enrolment=case, points=case.points, created_by=by)
        elif candidacy.status in CANDIDACY.groups["away"]:
            candidacy.move_to(C.LISTED, by=by, on=on, points=case.points, why="", place=None, decided_on=None)
        else:
            continue
        record(case, by=by, what="put_forward", on=on, demand=demand.number)
        listed.append(candidacy)
    return listed


@transaction.atomic
def decide(
    candidacy, *, by, version: int, result: str, on: date, reason: str = "", note: str = "", position: int | None = None
):
    """Record the result for somebody who was put forward.

    `result`: selected (a position is reserved at once: the one of this number, or the first vacant one), reserve (at
    the end of the reserve list) or not_selected, with a `reason` of the list “non_selection”. Raises RuleBroken, Stale
    and what `actions.select` raises. Effects: state, diary line; whoever leaves the reserve list makes room for the
    next in what was proposed.
    """
    case = enrolment_actions.locked(candidacy.enrolment)
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    if result == C.SELECTED:
        Candidacy.objects.get(pk=candidacy.pk).expect_version(version)
        actions.select(case, by=by, demand=candidacy.demand, on=on, position=position)
        return candidacy
    demand = _taking(candidacy.demand)
    candidacy = Candidacy.objects.locked().get(pk=candidacy.pk)
    candidacy.expect_version(version)
    facts = {"demand": demand.number}
    if result == C.RESERVE:
        rank = (Candidacy.objects.filter(demand=demand).aggregate(last=Max("rank"))["last"] or 0) + 1
        candidacy.move_to(
            C.RESERVE, by=by, on=on, what="put_on_reserve", facts=facts, rank=rank, decided_on=on, why="", note=note
        )
        return candidacy
    if not reason:
        raise RuleBroken(_("Say why this candidate is not selected."), field="reason")
    candidacy.move_to(
        C.NOT_SELECTED, by=by, on=on, what="not_selected", facts=facts, reason=reason, note=note,
        why=reason, rank=None, decided_on=on,
    )  # fmt: skip
    replacing.pass_over(candidacy, by=by)
    return candidacy


@transaction.atomic
def give(proposal: Proposal, *, by, version: int, on: date) -> Candidacy:
    """Give the free position to the worker who is proposed for it: in one deed selected, and the position reserved.

    Raises RuleBroken when somebody decided it before, which says who, and what is proposed next.
    """
    enrolment_actions.locked(proposal.candidacy.enrolment)
    fresh = Proposal.objects.select_related("position", "candidacy", "decided_by").get(pk=proposal.pk)
    if fresh.status != ProposalStatus.OPEN:
        raise RuleBroken(_decided_before(fresh), code="decided")
    return decide(fresh.candidacy, by=by, version=version, result=C.SELECTED, on=on, position=fresh.position.number)


def _decided_before(proposal: Proposal) -> str:
    facts = {
        "who": proposal.decided_by.full_name if proposal.decided_by else _("The system"),
        "when": relative_moment(proposal.decided_at or timezone.now()),
        "number": proposal.position.number,
        "state": proposal.get_status_display(),
    }
    words = _("%(who)s decided about position %(number)s %(when)s: %(state)s.") % facts
    following = (
        Proposal.objects.open().filter(position__demand=proposal.position.demand_id).order_by("position__number")
    )
    free = following.values_list("position__number", flat=True).first()
    if free is None:
        return words
    return words + " " + _("The next free one is position %(number)s.") % {"number": free}


@transaction.atomic
def move_up(candidacy, *, by) -> Candidacy:
    """Put somebody one place further up on the reserve list. Effects: two places change, a diary line."""
    JobDemand.objects.locked().get(pk=candidacy.demand_id)
    candidacy = Candidacy.objects.locked().get(pk=candidacy.pk)
    if candidacy.status != C.RESERVE:
        raise RuleBroken(_("This candidate is not on the reserve list any more."))
    above = Candidacy.objects.locked().filter(demand=candidacy.demand_id, rank__lt=candidacy.rank).reserve().last()
    if above is not None:
        candidacy.rank, above.rank = above.rank, candidacy.rank
        above.write("rank")
        candidacy.write("rank")
        record(candidacy, by=by, what="reserve_moved_up")
    return candidacy


# --- Interviews ---------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_day(
    demand, *, by, day: date, channel: str, place: str = "", subdivision: str = "",
    first_at: time, minutes: int, slots: int, capacity: int,
) -> InterviewDay:  # fmt: skip
    """Plan a day of interviews: `slots` times, `minutes` apart, with `capacity` people at each.

    Raises RuleBroken when the last one would begin after midnight, or when there are more than 500 turns. Effects: the
    day with its turns.
    """
    demand = _taking(demand)
    if channel == InterviewDay.Channel.IN_PERSON and not place.strip():
        raise RuleBroken(_("Say where the interviews take place."), field="place")
    if slots * capacity > MOST_PLACES:
        raise RuleBroken(
            _("A day holds %(most)d turns at most; plan a second day.") % {"most": MOST_PLACES}, field="slots"
        )
    if first_at.hour * 60 + first_at.minute + minutes * (slots - 1) >= 24 * 60:
        raise RuleBroken(_("The last interview would begin after midnight."), field="slots")
    planned = InterviewDay.objects.create(
        demand=demand, day=day, channel=channel, place=place, subdivision=subdivision, created_by=by
    )
    InterviewPlace.objects.bulk_create(
        InterviewPlace.laid_out(planned, first_at=first_at, minutes=minutes, slots=slots, capacity=capacity)
    )
    record(demand, by=by, what="interviews_planned", interviews_on=day.isoformat())
    return planned


@transaction.atomic
def invite(candidacy, *, by, version: int, place: InterviewPlace | None) -> Candidacy:
    """Give a candidate a turn, another one, or none. Raises RuleBroken when somebody else has it already."""
    _taking(candidacy.demand)
    candidacy = Candidacy.objects.locked().get(pk=candidacy.pk)
    candidacy.expect_version(version)
    _refuse_decided(candidacy)
    if place is not None and Candidacy.objects.filter(place=place).exclude(pk=candidacy.pk).exists():
        free = free_places(candidacy.demand).first()
        raise RuleBroken(
            _("Somebody was given this turn a moment ago. The next free one is on %(day)s at %(time)s.")
            % {"day": free.day.day.isoformat(), "time": f"{free.starts_at:%H:%M}"}
            if free
            else _("Somebody was given this turn a moment ago, and no other is free. Plan another day."),
            field="place",
            code="taken",
        )
    candidacy.place = place
    candidacy.write("place")
    if place is not None:
        _told_invited(candidacy, place, by)
    return candidacy


def _told_invited(candidacy, place, by) -> None:
    record(candidacy, by=by, what="invited", interviews_on=place.day.day.isoformat(), time=f"{place.starts_at:%H:%M}")


def _refuse_decided(candidacy) -> None:
    if candidacy.status not in CANDIDACY.groups["waiting"]:
        raise RuleBroken(_("This candidate has a result already."), code="decided")


def free_places(demand, *, day: InterviewDay | None = None):
    """Turns that nobody has, from today on, the earliest first."""
    free = InterviewPlace.objects.filter(
        day__demand=demand, day__day__gte=timezone.localdate(), candidacy__isnull=True
    ).select_related("day")
    return (free.filter(day=day) if day else free).order_by("day__day", "starts_at", "number", "pk")


@transaction.atomic
def fill_day(day: InterviewDay, *, by) -> int:
    """Give the free turns of a day to those on the shortlist who have none, most points first; returns how many."""
    demand = _taking(day.demand)
    waiting = Candidacy.objects.locked().filter(demand=demand, status=C.LISTED, place=None).order_by("-points", "pk")
    free = list(free_places(demand, day=day))
    given = list(zip(waiting[: len(free)], free, strict=False))
    for candidacy, place in given:
        candidacy.place = place
        candidacy.write("place")
        _told_invited(candidacy, place, by)
    return len(given)
