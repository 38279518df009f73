"""Deeds that match a candidate and a position: select, release, record the worker's acceptance."""

from datetime import date
from functools import cached_property

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import relative_moment
from programmes.base.lifecycle.models import record
from programmes.journey.demand import actions as demand_actions
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import PositionStatus
from programmes.journey.employers.states import Status as EmployerStatus
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.requirements import reads_together
from programmes.journey.enrolment.states import ENROLMENT, Status
from programmes.journey.people.models import Person
from programmes.journey.selection import replacing
from programmes.journey.selection.models import Proposal, Selection

P = PositionStatus


@transaction.atomic
def select(
    enrolment, *, by, version=None, demand, on: date, named: bool = False, position: int | None = None
) -> Selection:
    """Reserve a position of `demand` for a candidate on the roster: that of this number, or the first vacant one.

    Checks: the case is on the roster, the demand belongs to its season and takes workers, the employer is active,
    the person is not selected or abroad at these dates in another case (domain.md 2.2 stage 5), a position is
    vacant; then every guard of the move. Effects: position reserved, selection made, planned stay taken from the
    demand, case selected, its next step opened, its candidacy and a proposal for the position settled, diary lines.
    `named`: the employer asked for this worker by name. Raises RuleBroken (which says who was first, when somebody
    was), Stale, or an IntegrityError of the constraints behind these rules.
    """
    enrolment = enrolment_actions.locked(enrolment)
    if not ENROLMENT.allows(enrolment.status, Status.SELECTED):
        raise RuleBroken(_who_was_first(enrolment), code="illegal_move")
    if version is not None:
        enrolment.expect_version(version)
    demand = JobDemand.objects.select_related("employer").get(pk=demand.pk)
    if demand.season_id != enrolment.season_id:
        raise RuleBroken(_("This demand belongs to another season than the case."), field="demand")
    if demand.employer.status != EmployerStatus.ACTIVE:
        raise RuleBroken(_("This employer is suspended: nobody is selected for it."), field="demand", code="suspended")
    _refuse_two_at_once(enrolment, demand.starts_on, demand.ends_on)
    seat = _reserved(demand, position, by=by, on=on, person=enrolment.person_id)
    asked_for = named or seat.wanted_id == enrolment.person_id
    selection = Selection.objects.create(
        enrolment=enrolment, position=seat, named=asked_for, selected_on=on, created_by=by
    )
    replacing.taken(seat, enrolment, by=by, on=on)
    enrolment.planned_start, enrolment.planned_end = demand.starts_on, demand.ends_on
    enrolment.write("planned_start", "planned_end")
    enrolment_actions.move(enrolment, Status.SELECTED, by=by, on=on)
    record(enrolment, by=by, what="position_reserved", on=on, demand=demand.number, position=seat.number)
    return selection


def _who_was_first(enrolment) -> str:
    """Why a case cannot be selected; when somebody has just done so: who, when, and for which position."""
    held = Selection.objects.live().with_position().select_related("created_by").filter(enrolment=enrolment).first()
    if held is None or held.created_by is None:
        return _("Only a candidate on the roster can be selected.")
    return _(
        "%(who)s selected %(name)s %(when)s for position %(position)s of demand %(demand)s. Choose another candidate."
    ) % {
        "who": held.created_by.full_name,
        "name": enrolment.person.full_name,
        "when": relative_moment(held.created_at),
        "position": held.position.number,
        "demand": held.position.demand.number,
    }


def _reserved(demand, number: int | None, *, by, on: date, person: int):
    """The position, reserved. When the one that was asked for is taken: who was first, and which one is free."""
    try:
        return demand_actions.reserve(demand, by=by, on=on, person=person, number=number)
    except RuleBroken as refusal:
        held = (
            Selection.objects.live()
            .filter(position__demand=demand, position__number=number)
            .select_related("created_by", "enrolment")
            .first()
        )
        if (
            number is None
            or refusal.code not in {"no_vacancy", "named_only"}
            or held is None
            or held.created_by is None
        ):
            raise
        facts = {
            "number": number,
            "who": held.created_by.full_name,
            "when": relative_moment(held.created_at),
            "case": held.enrolment.number,
        }
        following = demand.places.takeable_by(person).values_list("number", flat=True).first()
        if following is None:
            words = (
                _("Position %(number)s was taken by %(who)s %(when)s, for case %(case)s. No other is vacant.") % facts
            )
        else:
            words = _(
                "Position %(number)s was taken by %(who)s %(when)s, for case %(case)s. "
                "The next vacant one is position %(next)s: choose it and send again."
            ) % {**facts, "next": following}
        raise RuleBroken(words, field="position", code="taken") from None


def _refuse_two_at_once(enrolment, start, end):
    """One active selection per person per period.

    Locks the person, so that two selections of one person are judged one after the other; the exclusion constraint
    on cases stands behind it.
    """
    Person.objects.locked().get(pk=enrolment.person_id)
    other = (
        Enrolment.objects.filter(
            person=enrolment.person_id,
            status__in=ENROLMENT.groups["booked"],
            planned_start__lte=end,
            planned_end__gte=start,
        )
        .exclude(pk=enrolment.pk)
        .first()
    )
    if other:
        raise RuleBroken(
            _("This person is already selected or abroad in case %(number)s, from %(start)s to %(end)s.")
            % {
                "number": other.number,
                "start": date_format(other.planned_start),
                "end": date_format(other.planned_end),
            },
            field="demand",
            code="overlap",
        )


@transaction.atomic
def release(enrolment, *, by, version=None, on: date, reason: str, note: str = "") -> Enrolment:
    """Put a selected candidate back on the roster; `reason` is a code of the list “release”.

    Effects: case on the roster, its position given back (the consequence in guards.py), planned stay emptied.
    """
    enrolment = enrolment_actions.locked(enrolment, version)
    held_selection(enrolment)
    enrolment_actions.move(enrolment, Status.ROSTERED, by=by, on=on, reason=reason, note=note)
    return enrolment


@transaction.atomic
def offer(enrolment, *, by, version=None, on: date) -> Selection:
    """Record that the reserved position was offered to the worker. Effects: position offered, diary line."""
    enrolment = enrolment_actions.locked(enrolment, version)
    selection = held_selection(enrolment)
    demand_actions.move_position(selection.position, P.OFFERED, by=by, on=on)
    record(enrolment, by=by, what="position_offered", on=on)
    return selection


@transaction.atomic
def accept(enrolment, *, by, version=None, on: date) -> Enrolment:
    """Record that the worker accepts the position.

    Effects: position offered (when it was only reserved) and accepted, the demand's status follows, case in
    documentation with a step for each open requirement.
    """
    enrolment = enrolment_actions.locked(enrolment, version)
    selection = held_selection(enrolment)
    if selection.position.status == P.RESERVED:
        demand_actions.move_position(selection.position, P.OFFERED, by=by, on=on)
    demand_actions.move_position(selection.position, P.ACCEPTED, by=by, on=on)
    enrolment_actions.move(enrolment, Status.IN_DOCUMENTATION, by=by, on=on)
    return enrolment


def held_selection(enrolment) -> Selection:
    """The live selection of a case with its position and demand; RuleBroken when it has none."""
    selection = Selection.objects.live().with_position().filter(enrolment=enrolment).first()
    if selection is None:
        raise RuleBroken(_("This candidate holds no position."), code="no_position")
    return selection


class _Held:
    """What some cases that are moved at once hold or are proposed for, read when the first of them is asked for."""

    def __init__(self, enrolments):
        self.enrolments = enrolments

    @cached_property
    def by_case(self) -> dict[int, Selection]:
        found = Selection.objects.live().with_position().filter(enrolment__in=[case.pk for case in self.enrolments])
        return {selection.enrolment_id: selection for selection in found}

    @cached_property
    def proposed(self) -> set[int]:
        open_ones = Proposal.objects.open().filter(candidacy__enrolment__in=[case.pk for case in self.enrolments])
        return set(open_ones.values_list("candidacy__enrolment", flat=True))


@reads_together
def _read_together(enrolments) -> None:
    held = _Held(enrolments)
    for enrolment in enrolments:
        enrolment.held_together = held


def live_of(enrolment) -> Selection | None:
    """The live selection of a case, read together with those of others that are judged at the same moment."""
    held = getattr(enrolment, "held_together", None) or _Held([enrolment])
    return held.by_case.get(enrolment.pk)


def is_proposed(enrolment) -> bool:
    """Whether a case is proposed for a free position, read together as above."""
    held = getattr(enrolment, "held_together", None) or _Held([enrolment])
    return enrolment.pk in held.proposed


@transaction.atomic
def give_back(enrolment, *, by, on: date, reason: str) -> bool:
    """End the live selection of a case and give its position back. Returns whether there was one.

    Called by the consequence of the moves that end a selection; never moves the case itself.
    """
    selection = live_of(enrolment)
    if selection is None:
        return False
    selection.released_on, selection.release_reason = on, reason
    selection.write("released_on", "release_reason")
    demand_actions.give_back(selection.position, by=by, on=on, reason=reason[:60])
    replacing.given_back(selection, by=by, on=on, reason=reason[:60])
    return True
