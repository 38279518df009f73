"""Deeds of the time abroad: arrival, check-ins, extension, and the four ways a placement ends or is interrupted."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.base.rulebook.rules import counts_earlier_stays
from programmes.journey.demand import actions as demands
from programmes.journey.demand.states import PositionStatus
from programmes.journey.departure.models import Contract, Permit
from programmes.journey.departure.states import ContractStatus, PermitStatus
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment import stays, steps
from programmes.journey.enrolment.models import Step
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.people.models import Person
from programmes.journey.placement import rules
from programmes.journey.placement.models import CheckIn, Placement
from programmes.journey.placement.states import Status
from programmes.journey.selection.actions import held_selection

CHECK_INS = ("first_call", "check_in")


@transaction.atomic
def confirm_arrival(
    enrolment, *, by, version=None, on: date, starts_on: date, ends_on: date | None = None, note: str = ""
) -> Placement:
    """Record that the worker arrived on `on` and starts work on `starts_on`: travelling → active.

    Effects: the placement, started, on the position the case holds; the position occupied; the contract in force; the
    case's planned stay set to the placement's dates; the step of the first wellbeing call. `ends_on` is the last day of
    work, by default the planned end. Raises RuleBroken when the dates lie outside permit, authorisation or programme
    (domain.md 2.4), or when the person has another placement at these dates.
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.ACTIVE)
    ends_on = ends_on or enrolment.planned_end
    if enrolment.departed_on and on < enrolment.departed_on:
        raise RuleBroken(_("The arrival lies before the departure."), field="on")
    if starts_on < on:
        raise RuleBroken(_("The first day of work lies before the arrival."), field="starts_on")
    position = held_selection(enrolment).position
    _refuse_wrong_dates(enrolment, position, starts_on, ends_on, stay_from=on, field="starts_on")
    _refuse_overlap(enrolment, starts_on, ends_on, field="starts_on")
    placement = Placement.objects.create(
        enrolment=enrolment,
        person=enrolment.person,
        position=position,
        starts_on=starts_on,
        ends_on=ends_on,
        created_by=by,
    )
    placement.move_to(Status.STARTED, by=by, on=starts_on)
    demands.move_position(position, PositionStatus.OCCUPIED, by=by, on=on)
    _move_contract(enrolment, ContractStatus.SIGNED_ALL, ContractStatus.IN_FORCE, by=by, on=starts_on)
    cases.move(
        enrolment, CaseStatus.ACTIVE, by=by, on=on, note=note,
        arrived_on=on, planned_start=min(enrolment.planned_start, starts_on), planned_end=ends_on,
    )  # fmt: skip
    enrolment = cases.locked(enrolment)
    days = enrolment.programme.deadlines()["first_call"]
    steps.open_step(enrolment, "first_call", on + timedelta(days=days), desk=Step.Desk.CASE)
    return placement


@transaction.atomic
def check_in(enrolment, *, by, on: date, mode: str, wellbeing: str, alone: bool = False, concerns: str = "") -> CheckIn:
    """Record a contact with the worker. Reaching the worker finishes the open step and opens that of the next check-in.

    An attempt that did not reach the worker is kept, but the step stays open: nobody knows yet how the worker is.
    """
    enrolment = cases.locked(enrolment)
    cases.refuse_when_over(enrolment)
    placement = running(enrolment)
    _refuse_future(on)
    if enrolment.arrived_on and on < enrolment.arrived_on:
        raise RuleBroken(_("The day lies before the arrival."), field="on")
    contact = CheckIn.objects.create(
        placement=placement, enrolment=enrolment, on=on, mode=mode, alone=alone, wellbeing=wellbeing,
        concerns=concerns, created_by=by,
    )  # fmt: skip
    reached = wellbeing != CheckIn.Wellbeing.UNREACHED
    record(enrolment, by=by, what="checked_in" if reached else "check_in_tried", on=on, check_in_mode=mode)
    if reached and enrolment.status == CaseStatus.ACTIVE:
        steps.finish(enrolment, *CHECK_INS, by=by)
        open_next_check_in(enrolment, placement)
    return contact


def open_next_check_in(enrolment, placement) -> None:
    """Open the step of the next check-in, counted from the last contact or the first day; none after the last day."""
    reached = placement.check_ins.exclude(wellbeing=CheckIn.Wellbeing.UNREACHED)
    last = reached.order_by("-on").values_list("on", flat=True).first() or placement.starts_on
    due = last + timedelta(days=enrolment.programme.deadlines()["check_in"])
    if due <= placement.ends_on:
        steps.open_step(enrolment, "check_in", due, desk=Step.Desk.EMPLOYER)


@transaction.atomic
def extend(enrolment, *, by, version=None, ends_on: date, reason: str = "") -> Placement:
    """Move the last day of work to a later day; the case stays active (domain.md 2.2, stage 15).

    The new end must lie inside the programme's longest stay, the permit and the authorisation. Effects: placement and
    planned stay prolonged, the step that prepares the end of season moved, the check-ins go on.
    """
    enrolment = cases.locked(enrolment, version)
    if enrolment.status != CaseStatus.ACTIVE:
        raise RuleBroken(_("Only a running placement can be extended."), code="not_active")
    placement = running(enrolment)
    before = placement.ends_on
    if ends_on <= before:
        raise RuleBroken(
            _("The new last day must lie after the present one, %(day)s.") % {"day": date_format(before)},
            field="ends_on",
        )
    _refuse_wrong_dates(
        enrolment, placement.position, placement.starts_on, ends_on, stay_from=enrolment.arrived_on, field="ends_on"
    )
    _refuse_overlap(enrolment, placement.starts_on, ends_on, but_not=placement, field="ends_on")
    placement.ends_on = ends_on
    placement.write("ends_on")
    enrolment.planned_end = ends_on
    enrolment.write("planned_end")
    days = {"extended_from": before.isoformat(), "extended_to": ends_on.isoformat()}
    record(enrolment, by=by, what="extended", note=reason, **days)
    today = timezone.localdate()
    steps.open_step(
        enrolment, "contract_ending", steps.due_day(enrolment, "contract_ending", on=today), desk=Step.Desk.EMPLOYER
    )
    if not Step.objects.open().filter(enrolment=enrolment, kind__in=CHECK_INS).exists():
        open_next_check_in(enrolment, placement)
    return placement


@transaction.atomic
def end_season(
    enrolment, *, by, version=None, on: date, hours_worked=None, employer_rating=None, worker_rating=None,
    planned_return_on: date | None = None, note: str = "",
) -> Placement:  # fmt: skip
    """Record the last day of work of a season that was finished: active → ended.

    Effects: placement completed with hours (of the whole placement) and both evaluations (1 to 5), position vacated,
    contract completed, the planned stay now ends on the planned return (by default the last day of work), from which
    the room of returns plans the way home.
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.ENDED)
    placement = running(enrolment)
    home = _planned_return(placement, on, planned_return_on)
    if on > placement.ends_on:
        _refuse_wrong_dates(
            enrolment, placement.position, placement.starts_on, on, stay_from=enrolment.arrived_on, field="on"
        )
    placement.move_to(
        Status.COMPLETED, by=by, on=on, ended_on=on, hours_worked=hours_worked,
        employer_rating=employer_rating, worker_rating=worker_rating,
    )  # fmt: skip
    demands.give_back(placement.position, by=by, on=on)
    _move_contract(enrolment, ContractStatus.IN_FORCE, ContractStatus.COMPLETED, by=by, on=on)
    cases.move(enrolment, CaseStatus.ENDED, by=by, on=on, note=note, **_stay_until(enrolment, placement, home))
    return placement


@transaction.atomic
def end_early(
    enrolment, *, by, version=None, on: date, cause: str, hours_worked=None, employer_rating=None, worker_rating=None,
    planned_return_on: date | None = None, note: str = "",
) -> Placement:  # fmt: skip
    """Record that the placement ended before its time, with its cause (code list "early_end"): active → ended_early.

    Effects: placement terminated early, position vacated, contract terminated; the stay ends on the planned return.
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.ENDED_EARLY)
    if not cause.strip():
        raise RuleBroken(_("Give the reason for this step."), field="cause", code="reason_needed")
    placement = running(enrolment)
    home = _planned_return(placement, on, planned_return_on)
    _terminate(
        placement, by=by, on=on, cause=cause,
        hours_worked=hours_worked, employer_rating=employer_rating, worker_rating=worker_rating,
    )  # fmt: skip
    cases.move(
        enrolment,
        CaseStatus.ENDED_EARLY,
        by=by,
        on=on,
        reason=cause,
        note=note,
        **_stay_until(enrolment, placement, home),
    )
    return placement


@transaction.atomic
def leave(enrolment, *, by, version=None, on: date, reason: str, note: str = "") -> Placement:
    """Record that the worker left the employment on `on` (code list "left_employment"): active → left_employment.

    The placement keeps running with its last day noted, so that a worker who comes back finds the place; it is
    terminated when the case goes on to returned, whereabouts unknown or another status (see `close_down`).
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.LEFT_EMPLOYMENT)
    placement = running(enrolment)
    if on < placement.starts_on:
        raise RuleBroken(_("The day lies before the first day of work."), field="on")
    placement.ended_on, placement.end_cause = on, reason
    placement.write("ended_on", "end_cause")
    cases.move(enrolment, CaseStatus.LEFT_EMPLOYMENT, by=by, on=on, reason=reason, note=note)
    return placement


@transaction.atomic
def resume(enrolment, *, by, version=None, on: date, note: str = "") -> Placement:
    """Record that a worker who had left is back at work: left_employment → active. The placement goes on."""
    enrolment = cases.locked(enrolment, version)
    if enrolment.status != CaseStatus.LEFT_EMPLOYMENT:
        refuse_impossible(enrolment, CaseStatus.ACTIVE)
        raise RuleBroken(
            _("A new placement needs a new position: select the worker for it first."), code="no_placement"
        )
    placement = running(enrolment)
    if placement.ended_on and on < placement.ended_on:
        raise RuleBroken(_("The day lies before the day the worker left."), field="on")
    if on > placement.ends_on:
        raise RuleBroken(_("The placement would have ended before that day."), field="on")
    _refuse_overlap(enrolment, placement.starts_on, placement.ends_on, but_not=placement, field="on")
    placement.ended_on, placement.end_cause = None, ""
    placement.write("ended_on", "end_cause")
    cases.move(enrolment, CaseStatus.ACTIVE, by=by, on=on, note=note)
    enrolment = cases.locked(enrolment)
    steps.open_step(
        enrolment,
        "check_in",
        on + timedelta(days=enrolment.programme.deadlines()["first_call"]),
        desk=Step.Desk.EMPLOYER,
    )
    return placement


def close_down(enrolment, *, by, on: date, cause: str) -> None:
    """End what still runs of a placement when the case moves on without an ordinary end (death, loss, leaving)."""
    placement = Placement.objects.locked().filter(enrolment=enrolment, status=Status.STARTED).first()
    if placement is not None:
        last = placement.ended_on or max(on, placement.starts_on)
        _terminate(placement, by=by, on=last, cause=placement.end_cause or cause)


def refuse_impossible(enrolment, target: str) -> None:
    """Raise the lifecycle's own refusal at once when the table does not know this move, before facts are judged."""
    if not enrolment.MACHINE.allows(enrolment.status, target):
        raise RuleBroken(
            _("“%(from)s” cannot become “%(to)s”.")
            % {"from": enrolment.get_status_display(), "to": CaseStatus(target).label},
            code="illegal_move",
        )


def running(enrolment) -> Placement:
    """The placement that runs now, locked; RuleBroken when there is none."""
    placement = Placement.objects.locked().filter(enrolment=enrolment, status=Status.STARTED).first()
    if placement is None:
        raise RuleBroken(_("There is no running placement in this case."), code="no_placement")
    return placement


def _refuse_wrong_dates(enrolment, position, starts_on, ends_on, *, stay_from, field):
    granted = Permit.objects.filter(enrolment=enrolment, status=PermitStatus.APPROVED).values_list(
        "valid_from", "valid_until"
    )
    first = min(stay_from or starts_on, starts_on)
    values = enrolment.programme.rules(first, enrolment.person.nationality)
    authorisation = position.demand.authorisation
    problems = rules.period_problems(
        starts_on,
        ends_on,
        values=values,
        permits=granted,
        authorisation=(authorisation.valid_from, authorisation.valid_until) if authorisation else None,
        stay_from=first,
        earlier=stays.others(enrolment) if counts_earlier_stays(values) else (),
    )
    if problems:
        raise RuleBroken(" ".join(problems), field=field, code="dates")


def _refuse_overlap(enrolment, starts_on, ends_on, *, field, but_not=None):
    # The person's row is locked first, so that two who place the same person wait for each other instead of deadlocking
    # inside the exclusion constraint, which stays the referee.
    Person.objects.locked().get(pk=enrolment.person_id)
    other = (
        Placement.objects.filter(person=enrolment.person_id, starts_on__lte=ends_on)
        .exclude(status=Status.CANCELLED)
        .exclude(pk=but_not.pk if but_not else None)
        .annotate(last=Coalesce(F("ended_on"), F("ends_on")))
        .filter(last__gte=starts_on)
        .first()
    )
    if other is not None:
        raise RuleBroken(
            _("This person already has a placement from %(start)s to %(end)s.")
            % {"start": date_format(other.starts_on), "end": date_format(other.last)},
            field=field,
            code="placement_no_overlap_per_person",
        )


def _refuse_future(on):
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")


def _planned_return(placement, on, planned_return_on):
    _refuse_future(on)
    if on < placement.starts_on:
        raise RuleBroken(_("The day lies before the first day of work."), field="on")
    if planned_return_on and planned_return_on < on:
        raise RuleBroken(_("The planned return lies before the last day of work."), field="planned_return_on")
    return planned_return_on or on


def _stay_until(enrolment, placement, day) -> dict[str, date]:
    # The planned stay ends with the way home; it never ends before it starts, also when work began ahead of plan.
    return {
        "planned_start": min(enrolment.planned_start or placement.starts_on, placement.starts_on),
        "planned_end": day,
    }


def _terminate(placement, *, by, on, cause, **facts):
    placement.move_to(Status.TERMINATED_EARLY, by=by, on=on, reason=cause, ended_on=on, end_cause=cause, **facts)
    demands.give_back(placement.position, by=by, on=on)
    _move_contract(placement.enrolment, ContractStatus.IN_FORCE, ContractStatus.TERMINATED, by=by, on=on, reason=cause)


def _move_contract(enrolment, source, target, *, by, on, reason=""):
    contract = (
        Contract.objects.locked().filter(enrolment=enrolment, status=source).order_by("-contract_version").first()
    )
    if contract is not None:
        contract.move_to(target, by=by, on=on, reason=reason)
