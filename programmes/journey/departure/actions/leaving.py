"""Orientation, trip and the moves of this stage: departed, visa refused, unfit."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.departure.actions.ground import locked, open_case, refuse_before, refuse_future
from programmes.journey.departure.models import Orientation, Trip
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.states import Status


@transaction.atomic
def record_orientation(
    enrolment, *, by, attended_on: date, place: str, hours: Decimal, language: str, modules: list[str] | None = None
) -> Orientation:
    """Record that the worker attended the pre-departure orientation. Effects: diary line; its step is finished."""
    enrolment = open_case(enrolment)
    refuse_future(attended_on, "attended_on")
    refuse_before(attended_on, enrolment.registered_on, "attended_on", _("The day lies before the registration."))
    if not 0 < hours <= 100:
        raise RuleBroken(_("Hours lie between 0 and 100."), field="hours")
    orientation = Orientation.objects.create(
        enrolment=enrolment,
        attended_on=attended_on,
        place=place,
        hours=hours,
        language=language,
        modules=modules or [],
        created_by=by,
    )
    record(orientation, by=by, on=attended_on, what="orientation_attended", place=place)
    steps.renew_requirements(enrolment, by=by)
    return orientation


@transaction.atomic
def take_back_orientation(orientation, *, by):
    """Take back an attendance that was recorded by mistake. Effects: diary line; its step opens again.

    Row history keeps what was taken back.
    """
    enrolment = open_case(orientation.enrolment)
    record(orientation, by=by, what="orientation_taken_back", place=orientation.place)
    orientation.delete()
    steps.renew_requirements(enrolment, by=by)
    return enrolment


@transaction.atomic
def book_trip(
    enrolment,
    *,
    by,
    carrier: str,
    flight: str,
    origin: str,
    destination: str,
    departs_on: date,
    ticket_number: str,
    paid_by: str,
    cost: Decimal | None = None,
    currency: str = "",
    group=None,
) -> Trip:
    """Record the booked journey out; one at a time. With `group` it is a seat on the flight of that group.

    A ticket the worker paid is allowed and stands out in the checklist. Effects: diary line; its step is finished.
    """
    enrolment = open_case(enrolment)
    if enrolment.departed_on:
        raise RuleBroken(_("The worker has departed already."), code="departed")
    refuse_before(departs_on, enrolment.registered_on, "departs_on", _("The day lies before the registration."))
    if enrolment.planned_end and departs_on > enrolment.planned_end:
        raise RuleBroken(_("The departure lies after the planned end of the stay."), field="departs_on")
    if cost is not None and not currency:
        raise RuleBroken(_("Give the cost with its currency."), field="currency")
    if Trip.objects.filter(enrolment=enrolment, cancelled_on__isnull=True).exists():
        raise RuleBroken(_("This case already has a booked trip. Cancel it first."), code="booked")
    trip = Trip.objects.create(
        enrolment=enrolment,
        carrier=carrier,
        flight=flight,
        origin=origin,
        destination=destination,
        departs_on=departs_on,
        ticket_number=ticket_number,
        cost=cost,
        currency=currency if cost is not None else "",
        paid_by=paid_by,
        group=group,
        created_by=by,
    )
    record(trip, by=by, what="trip_booked", flight=flight, day=departs_on.isoformat())
    steps.renew_requirements(enrolment, by=by)
    return trip


@transaction.atomic
def cancel_trip(trip, *, by, version: int, on: date, note: str = "") -> Trip:
    """Cancel a booked trip; another one may be booked then. Effects: diary line; its step opens again."""
    enrolment = open_case(trip.enrolment)
    trip = locked(trip, version)
    refuse_future(on, "on")
    if trip.cancelled_on:
        raise RuleBroken(_("This trip is cancelled already."), code="cancelled")
    if enrolment.departed_on:
        raise RuleBroken(_("The worker has departed already."), code="departed")
    trip.cancelled_on = on
    trip.write("cancelled_on")
    record(trip, by=by, on=on, what="trip_cancelled", note=note, flight=trip.flight)
    steps.renew_requirements(enrolment, by=by)
    return trip


@transaction.atomic
def depart(enrolment, *, by, on: date, version=None):
    """The worker has left; `on` may differ from the booked day. Effects: travelling, departed_on, arrival's step."""
    return enrolment_actions.move(enrolment, Status.TRAVELLING, by=by, on=on, version=version, departed_on=on)


@transaction.atomic
def refuse(enrolment, *, by, on: date, reason: str, version=None):
    """The visa was refused for good; `reason` is a code of the list of refusals. What follows is decided next."""
    return enrolment_actions.move(enrolment, Status.REFUSED, by=by, on=on, reason=reason, version=version)


@transaction.atomic
def declare_unfit(enrolment, *, by, on: date, reason: str, version=None):
    """The worker is not fit for the work. The reason names no diagnosis."""
    return enrolment_actions.move(enrolment, Status.UNFIT, by=by, on=on, reason=reason, version=version)
