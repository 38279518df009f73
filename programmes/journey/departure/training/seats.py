"""Who has a place in a session, and who may get one: as pages show it, and only those whom the reader may see."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.roles import Permission
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.models import Requirement
from programmes.journey.departure.models import Orientation
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.training.models import TrainingSeat
from programmes.journey.enrolment.models import Enrolment

# As many as anybody reads on one page; whoever is not among them is chosen by office, or typed by case number.
MOST_OFFERED = 100


def shown(session, user, *, live: bool = True) -> list[Any]:
    """The seats that the user may see, by name; `may` says whether they work on the case."""
    seats = TrainingSeat.objects.visible_to(user).filter(session=session)
    if live:
        seats = seats.live()
    found: list[Any] = sorted(
        seats.select_related("enrolment__person", "orientation"),
        key=lambda seat: (seat.left_on is not None, seat.enrolment.person.full_name, seat.pk),
    )
    for seat in found:
        seat.may = seat.enrolment.is_reached_by(user, Permission.CASE_EDIT)
    return found


def in_need(session, user):
    """Cases that the user works on, prepare for travel, lack the orientation and wait for no session; the first to
    leave first."""
    asked = Requirement.objects.filter(programme=session.programme_id, kind=RequirementKind.ORIENTATION)
    lacking = Q(pk__in=[])
    for pk in asked.values_list("pk", flat=True):
        # As the kept row says it: [requirement, "o" for open, …] (readiness/rules.py: Kept).
        lacking |= Q(readiness__standings__contains=[[pk, "o"]])
    # Not judged yet: whoever has attended nothing.
    attended = Orientation.objects.filter(enrolment=OuterRef("pk"))
    lacking |= Q(readiness__isnull=True) & ~Exists(attended)
    waiting = TrainingSeat.objects.ahead().filter(enrolment=OuterRef("pk"))
    seated = TrainingSeat.objects.live().filter(enrolment=OuterRef("pk"), session=session)
    cases = Enrolment.objects.visible_to(user).filter(programme=session.programme_id, status__in=PREPARED)
    if session.season_id:
        cases = cases.filter(season=session.season_id)
    worked_on = Enrolment.objects.within_reach_of(user, Permission.CASE_EDIT).filter(pk=OuterRef("pk"))
    cases = cases.filter(lacking, Exists(worked_on) | Q(owner=user))
    return cases.filter(~Exists(waiting), ~Exists(seated)).order_by("planned_start", "id")
