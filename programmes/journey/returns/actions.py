"""Deeds of the way home: plan, book, depart, postpone, miss, confirm; and the job that finds overdue returns."""

from datetime import date, timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.placement.actions import refuse_impossible
from programmes.journey.placement.models import Placement
from programmes.journey.returns import rules
from programmes.journey.returns.models import Return
from programmes.journey.returns.states import Status

log = structlog.get_logger(__name__)

ENDED = (CaseStatus.ENDED, CaseStatus.ENDED_EARLY)
# States of a case in which a way home may be planned.
AWAY = (
    *ENDED,
    CaseStatus.RETURN_OVERDUE,
    CaseStatus.LEFT_EMPLOYMENT,
    CaseStatus.WHEREABOUTS_UNKNOWN,
    CaseStatus.TURNED_BACK,
)
_TO_CONFIRMATION = (Status.PLANNED, Status.BOOKED, Status.DEPARTED, Status.ARRIVED_CONFIRMED)


def open_return(enrolment, *, by, planned_on: date, on: date | None = None) -> Return:
    """Begin the return of a case whose season is over, or give the one that stands its new day."""
    last = Placement.objects.filter(enrolment=enrolment).order_by("-starts_on", "-id").first()
    kind = rules.return_type(enrolment.status, last.end_cause if last else "")
    standing = Return.objects.locked().filter(enrolment=enrolment).first()
    if standing is None:
        standing = Return.objects.create(enrolment=enrolment, type=kind, planned_on=planned_on, created_by=by)
    elif standing.status in {Status.POSTPONED, Status.MISSED}:
        standing.move_to(Status.PLANNED, by=by, on=on, planned_on=planned_on, type=kind)
    elif standing.status == Status.PLANNED:
        standing.planned_on, standing.type = planned_on, kind
        standing.write("planned_on", "type")
    return standing


@transaction.atomic
def plan(enrolment, *, by, version=None, planned_on: date, return_type: str = "") -> Return:
    """Plan the way home, or plan it anew after it was postponed or missed.

    `version` is that of the standing return, None when there is none yet. Effects: the return, a diary line, the step
    of the confirmation moved to its new day.
    """
    enrolment = cases.locked(enrolment)
    if enrolment.status not in AWAY:
        raise RuleBroken(_("A return is planned when the season is over."), code="not_away")
    _refuse_before_departure(enrolment, planned_on, field="planned_on")
    standing = Return.objects.locked().filter(enrolment=enrolment).first()
    if standing is not None:
        standing.expect_version(version)
        if standing.status not in {Status.PLANNED, Status.POSTPONED, Status.MISSED}:
            raise RuleBroken(_("This return is booked. Record first that it was missed."), code="booked")
    planned = open_return(enrolment, by=by, planned_on=planned_on)
    if return_type and return_type != planned.type:
        planned.type = return_type
        planned.write("type")
    record(planned, by=by, what="return_planned", planned_on=planned_on.isoformat())
    _move_step(enrolment, planned_on)
    return planned


@transaction.atomic
def book(trip, *, by, version=None, planned_on: date, port: str = "", on: date | None = None) -> Return:
    """The journey home is booked for `planned_on`, to the port of arrival."""
    enrolment, trip = _locked(trip, version)
    _refuse_before_departure(enrolment, planned_on, field="planned_on")
    facts = {"planned_on": planned_on.isoformat()}
    trip.move_to(Status.BOOKED, by=by, on=on, what="return_booked", facts=facts, planned_on=planned_on, port=port)
    _move_step(enrolment, planned_on)
    return trip


@transaction.atomic
def depart(trip, *, by, version=None, on: date) -> Return:
    """The worker has left the country of destination."""
    enrolment, trip = _locked(trip, version)
    _refuse_future(on)
    _refuse_before_departure(enrolment, on, field="on")
    trip.move_to(Status.DEPARTED, by=by, on=on, what="return_departed", departed_on=on)
    return trip


@transaction.atomic
def postpone(
    trip, *, by, version=None, on: date, reason: str, planned_on: date | None = None, note: str = ""
) -> Return:
    """The way home is put off, with a reason (code list "return_delay"); planned again when the new day is known."""
    enrolment, trip = _locked(trip, version)
    _refuse_future(on)
    trip.move_to(Status.POSTPONED, by=by, on=on, reason=reason, note=note, what="return_postponed")
    return _plan_again(enrolment, trip, by=by, on=on, planned_on=planned_on)


@transaction.atomic
def miss(trip, *, by, version=None, on: date, reason: str, planned_on: date | None = None, note: str = "") -> Return:
    """The worker was not on the booked journey, with a reason; planned again at once when the new day is known."""
    enrolment, trip = _locked(trip, version)
    _refuse_future(on)
    trip.move_to(Status.MISSED, by=by, on=on, reason=reason, note=note, what="return_missed")
    return _plan_again(enrolment, trip, by=by, on=on, planned_on=planned_on)


@transaction.atomic
def confirm_return(
    enrolment, *, by, version=None, on: date, port: str = "", confirmed_by_means: str = "",
    departed_on: date | None = None, note: str = "",
) -> Return:  # fmt: skip
    """Confirm that the worker is home since `on` and how that is known (code list "return_proof"): → returned.

    Effects: the return walks to "arrival confirmed" (steps that nobody recorded in time are written down now and say
    so), the case carries its day of return. A worker who came home without a plan gets a return here.
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.RETURNED)
    _refuse_future(on)
    _refuse_before_departure(enrolment, on, field="on")
    trip = Return.objects.locked().filter(enrolment=enrolment).first()
    if trip is None:
        trip = open_return(enrolment, by=by, planned_on=on)
    departed_on = departed_on or trip.departed_on
    if departed_on and departed_on > on:
        raise RuleBroken(_("The arrival lies before the departure."), field="on")
    if trip.status in {Status.POSTPONED, Status.MISSED}:
        trip.move_to(Status.PLANNED, by=by, on=on, note=_("Recorded with the confirmation of the arrival."))
    for target in _TO_CONFIRMATION[_TO_CONFIRMATION.index(trip.status) + 1 : -1]:
        trip.move_to(target, by=by, on=on, note=_("Recorded with the confirmation of the arrival."))
    trip.move_to(
        Status.ARRIVED_CONFIRMED, by=by, on=on, departed_on=departed_on, arrived_on=on,
        port=port or trip.port, confirmed_by_means=confirmed_by_means,
    )  # fmt: skip
    cases.move(enrolment, CaseStatus.RETURNED, by=by, on=on, note=note, returned_on=on)
    return trip


def mark_overdue(now=None) -> int:
    """Mark the returns that are overdue by the calendar of each case's office. Returns how many were marked.

    Looks at cases whose season is over and whose planned return lies further back than the programme's deadline
    `return_overdue`. Running it twice, or twice at once, changes nothing more; a case that cannot be moved is logged
    and the others go on.
    """
    now = now or timezone.now()
    # The earliest day that begins anywhere is a day ahead of UTC; the office's own day decides below.
    waiting = (
        Enrolment.objects.filter(status__in=ENDED)
        .annotate(home_on=Coalesce("returns__planned_on", "planned_end"))
        .filter(home_on__lt=now.date() + timedelta(days=1))
        .select_related("office", "programme")
        .prefetch_related("programme__deadline_rows")
        .order_by("pk")
    )
    marked = 0
    for enrolment in waiting.iterator(chunk_size=500):
        today = now.astimezone(enrolment.office.zone).date()
        days = enrolment.programme.deadlines()["return_overdue"]
        if rules.is_overdue(enrolment.home_on, days, today=today):
            marked += _mark(enrolment, today)
    return marked


def _mark(enrolment, today) -> bool:
    try:
        # The office's day may already be tomorrow in UTC; the case is judged by the office's clock.
        with timezone.override(enrolment.office.zone), transaction.atomic():
            fresh = cases.locked(enrolment)
            if fresh.status not in ENDED:
                return False
            cases.move(fresh, CaseStatus.RETURN_OVERDUE, by=None, on=today)
            return True
    except Exception:
        log.exception("return_not_marked_overdue", case=enrolment.number)
        return False


def _locked(trip, version):
    enrolment = cases.locked(trip.enrolment)
    cases.refuse_when_over(enrolment)
    fresh = Return.objects.locked().get(pk=trip.pk)
    if version is not None:
        fresh.expect_version(version)
    return enrolment, fresh


def _plan_again(enrolment, trip, *, by, on, planned_on):
    if planned_on:
        _refuse_before_departure(enrolment, planned_on, field="planned_on")
        facts = {"planned_on": planned_on.isoformat()}
        trip.move_to(Status.PLANNED, by=by, on=on, what="return_planned", facts=facts, planned_on=planned_on)
        _move_step(enrolment, planned_on)
    return trip


def _move_step(enrolment, planned_on):
    if enrolment.status in ENDED:
        steps.open_step(enrolment, "return", planned_on + timedelta(days=enrolment.programme.deadlines()["return"]))


def _refuse_before_departure(enrolment, day, *, field):
    """Nobody returns before having arrived, nor before the last day of work."""
    if enrolment.departed_on and day < enrolment.departed_on:
        raise RuleBroken(_("The return lies before the departure."), field=field)
    if enrolment.arrived_on and day < enrolment.arrived_on:
        raise RuleBroken(_("The return lies before the arrival abroad."), field=field)
    last = (
        Placement.objects.filter(enrolment=enrolment, ended_on__isnull=False)
        .order_by("-ended_on").values_list("ended_on", flat=True).first()
    )  # fmt: skip
    if last and day < last:
        raise RuleBroken(_("The return lies before the last day of work."), field=field)


def _refuse_future(on):
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
