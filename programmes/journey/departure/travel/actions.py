"""Deeds on flight groups: plan, change, legs, workers, tickets, leader, delay, no-show, departure, calling off."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import Missing, RuleBroken
from programmes.base.lifecycle.models import record, record_many
from programmes.journey.departure.actions import leaving
from programmes.journey.departure.models import Trip
from programmes.journey.departure.readiness import actions as readiness
from programmes.journey.departure.readiness import judging
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.travel import letters, rules
from programmes.journey.departure.travel.models import MOST_TRAVELLERS, FlightGroup, FlightLeg
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status


@transaction.atomic
def plan(*, by, season, name: str, staff: str = "", **leg) -> FlightGroup:
    """Plan a flight group with its first leg (see `add_leg`)."""
    first_day = leg["departs_at"].astimezone(ZoneInfo(leg["departs_zone"])).date()
    if first_day > season.ends_on:
        raise RuleBroken(_("The flight departs after the end of the season."), field="departs_at")
    group = FlightGroup.objects.create(season=season, name=name, staff=staff, first_day=first_day, created_by=by)
    _create_leg(group, 1, by=by, **leg)
    return group


@transaction.atomic
def change(group, *, by, version: int, name: str, staff: str = "", leader=None) -> FlightGroup:
    """Change what the group is called and who of the staff goes along; `leader` (a user) leads it instead of a worker.

    Raises RuleBroken when the leader may not see the group.
    """
    group = locked(group, version)
    if leader and not FlightGroup.objects.visible_to(leader).filter(pk=group.pk).exists():
        raise RuleBroken(_("%(name)s may not see this flight group.") % {"name": leader.full_name}, field="leader")
    group.name, group.staff, group.leader = name, staff, leader
    group.write("name", "staff", "leader")
    if leader:
        _nobody_leads(group)
    return group


@transaction.atomic
def call_off(group, *, by, version: int, reason: str, note: str = "") -> FlightGroup:
    """Call the group off; `reason` is a code of the list "flight_called_off".

    Effects: every seat is given up and the step of its case opens again, a diary line each, readiness judged at once,
    letters to whoever is concerned. Raises RuleBroken when somebody has left with it.
    """
    group = locked(group, version)
    _refuse_departed(group)
    trips = list(group.trips.filter(cancelled_on__isnull=True).select_related("enrolment__owner"))
    if any(trip.enrolment.departed_on for trip in trips):
        raise RuleBroken(_("Somebody has left with this flight already, so it cannot be called off."), code="departed")
    today = timezone.localdate()
    cases = sorted((trip.enrolment for trip in trips), key=lambda case: case.pk)
    for case in cases:
        case = enrolments.locked(case)
        trip = Trip.objects.locked().filter(group=group, enrolment=case, cancelled_on__isnull=True).first()
        # Somebody cancelled it a moment ago.
        if trip is None:
            continue
        trip.cancelled_on, trip.leads = today, False
        trip.write("cancelled_on", "leads")
        record(trip, by=by, what="flight_called_off", note=note, flight=trip.flight, called_off=reason)
        steps.renew_requirements(case, by=by)
    group.called_off_on, group.called_off_reason = today, reason
    group.write("called_off_on", "called_off_reason")
    readiness.rejudge(case.pk for case in cases)
    letters.queue_called_off(group, cases, by=by)
    return group


@transaction.atomic
def add_leg(group, *, by, version: int, **leg) -> FlightGroup:
    """Add a leg at the end. Effects: the trips of the group lead to its destination.

    `leg` has carrier, flight, origin, destination, departs_at and arrives_at (aware), and the time zones of both
    places. Raises RuleBroken when it departs before the leg in front of it arrives.
    """
    group = locked(group, version)
    _refuse_departed(group)
    last = group.legs.order_by("number").last()
    if leg["departs_at"] < last.arrives_at:
        raise RuleBroken(_("This leg departs before the one in front of it arrives."), field="departs_at")
    _create_leg(group, last.number + 1, by=by, **leg)
    group.write()
    _tell_trips(group)
    return group


def _create_leg(group, number: int, *, by, **leg) -> FlightLeg:
    if leg["arrives_at"] <= leg["departs_at"]:
        raise RuleBroken(_("The arrival lies before the departure."), field="arrives_at")
    return FlightLeg.objects.create(group=group, number=number, created_by=by, **leg)


@transaction.atomic
def remove_leg(leg, *, by, version: int) -> FlightGroup:
    """Remove a leg that has not been flown. Effects: the trips lead where the other legs lead, tickets stay, a diary
    line in each case with a seat.

    Raises RuleBroken for the only leg, and for one between two that do not meet.
    """
    group = locked(leg.group)
    leg = _locked_leg(leg, version)
    legs = list(group.legs.order_by("number"))
    at = legs.index(leg)
    left = group.trips.filter(cancelled_on__isnull=True, enrolment__departed_on__isnull=False)
    if leg.departs_at <= timezone.now() or (at == 0 and (group.departed_on or left.exists())):
        raise RuleBroken(_("This leg has been flown already."), code="flown")
    if len(legs) == 1:
        raise RuleBroken(_("A flight group keeps at least one leg. Call the group off instead."), code="only_leg")
    if 0 < at < len(legs) - 1 and not rules.joins(legs[at - 1].destination, legs[at + 1].origin):
        before, after = legs[at - 1], legs[at + 1]
        raise RuleBroken(
            _(
                "Without this leg the journey breaks: %(before)s arrives in %(here)s, and %(after)s leaves from"
                " %(there)s."
            )
            % {"before": before.flight, "here": before.destination, "after": after.flight, "there": after.origin},
            code="broken",
        )
    leg.delete()
    for later in legs[at + 1 :]:
        later.number -= 1
        later.write("number")
    group.write()
    record_many(_seated(group), by=by, what="flight_leg_removed", flight=leg.flight)
    _tell_trips(group)
    return group


def _locked_leg(leg, version: int) -> FlightLeg:
    found = FlightLeg.objects.locked().filter(pk=leg.pk).first()
    if found is None:
        raise RuleBroken(_("Somebody has just removed this leg. Open the page of the group again."))
    found.expect_version(version)
    return found


def _seated(group) -> list[Enrolment]:
    """The cases with a seat, with the owner of each."""
    cases = Enrolment.objects.filter(trips__group=group, trips__cancelled_on__isnull=True)
    return list(cases.select_related("owner").order_by("pk"))


@transaction.atomic
def delay(leg, *, by, version: int, departs_at: datetime, arrives_at: datetime, why: str = "") -> FlightGroup:
    """Record new times of a leg. Effects: a diary line in each case with a seat, the trips' day of departure, letters
    to whoever is concerned.

    Raises RuleBroken when the leg would not fit between its neighbours any more.
    """
    group = locked(leg.group)
    leg = _locked_leg(leg, version)
    if (departs_at, arrives_at) == (leg.departs_at, leg.arrives_at):
        raise RuleBroken(_("These are the times that stand there already."), field="departs_at")
    if arrives_at <= departs_at:
        raise RuleBroken(_("The arrival lies before the departure."), field="arrives_at")
    legs = {one.number: one for one in group.legs.all()}
    before, after = legs.get(leg.number - 1), legs.get(leg.number + 1)
    if before and departs_at < before.arrives_at:
        raise RuleBroken(_("This leg departs before the one in front of it arrives."), field="departs_at")
    if after and arrives_at > after.departs_at:
        raise RuleBroken(
            _("The next leg, %(flight)s, would be missed. Record its new times first.") % {"flight": after.flight},
            field="arrives_at",
        )
    was = leg.departs_there
    leg.planned_at = leg.planned_at or leg.departs_at
    leg.departs_at, leg.arrives_at = departs_at, arrives_at
    leg.write("planned_at", "departs_at", "arrives_at")
    told = {
        "flight": leg.flight,
        "flight_was": f"{was:%Y-%m-%d %H:%M}",
        "flight_now": f"{leg.departs_there:%Y-%m-%d %H:%M}",
    }
    cases = _seated(group)
    record_many(cases, by=by, what="flight_delayed", note=why, **told)
    _tell_trips(group)
    letters.queue_delayed(group, leg, was, cases, by=by)
    return group


def _tell_trips(group) -> None:
    """Let the trips say what the legs say now; of those who have left the day stays."""
    legs = list(group.legs.order_by("number"))
    first, last = legs[0], legs[-1]
    day = first.departs_there.date()
    if group.departed_on is None and group.first_day != day:
        group.first_day = day
        group.write("first_day")
    told = _as_trip(first, last)
    cases = [trip.enrolment_id for trip in group.trips.filter(cancelled_on__isnull=True)]
    # Cases before their papers, lowest key first, as every deed does.
    list(Enrolment.objects.locked().filter(pk__in=cases).order_by("pk"))
    for trip in Trip.objects.locked().filter(group=group, cancelled_on__isnull=True).order_by("pk"):
        changed = [name for name, value in told.items() if getattr(trip, name) != value]
        if changed:
            for name in changed:
                setattr(trip, name, told[name])
            trip.write(*changed)


def _as_trip(first: FlightLeg, last: FlightLeg) -> dict:
    return {
        "carrier": first.carrier,
        "flight": first.flight,
        "origin": first.origin,
        "destination": last.destination,
        "departs_on": first.departs_there.date(),
    }


@transaction.atomic
def join(
    group, *, by, cases: Sequence[Enrolment], paid_by: str, cost: Decimal | None = None, currency: str = ""
) -> FlightGroup:
    """Give these cases a seat. Whoever has booked the same flight keeps that booking with its ticket and payer.

    `cost` is that of one seat. Raises RuleBroken naming the case that has another trip, has left, or is not of this
    season. Effects: the trips, a diary line each.
    """
    group = locked(group)
    _refuse_departed(group)
    if group.trips.filter(cancelled_on__isnull=True).count() + len(cases) > MOST_TRAVELLERS:
        raise RuleBroken(
            _("A flight group holds at most %(most)d workers. Plan another one.") % {"most": MOST_TRAVELLERS}
        )
    legs = list(group.legs.order_by("number"))
    told = _as_trip(legs[0], legs[-1])
    for case in sorted(cases, key=lambda case: case.pk):
        case = enrolments.locked(case)
        if case.season_id != group.season_id or case.status not in PREPARED:
            raise RuleBroken(_("%(number)s does not prepare for travel in this season.") % {"number": case.number})
        booked = Trip.objects.locked().filter(enrolment=case, cancelled_on__isnull=True).first()
        if booked is None:
            leaving.book_trip(
                case, by=by, **told, ticket_number="", paid_by=paid_by, cost=cost, currency=currency, group=group
            )
        elif booked.group_id is None and (booked.flight, booked.departs_on) == (told["flight"], told["departs_on"]):
            booked.group = group
            booked.write("group")
            record(booked, by=by, what="joined_group", flight=booked.flight)
            _tell_trips(group)
        else:
            raise RuleBroken(
                _("%(number)s already has another trip: %(trip)s. Cancel it first.")
                % {"number": case.number, "trip": str(booked)}
            )
    return group


@transaction.atomic
def leave_group(trip) -> Trip:
    """Let a booking of before the group be one of its own again, with its ticket and payer."""
    locked(trip.group)
    trip = Trip.objects.locked().get(pk=trip.pk)
    trip.group, trip.leads = None, False
    trip.write("group", "leads")
    return trip


@transaction.atomic
def give_tickets(group, *, by, numbers: Mapping[int, str]) -> FlightGroup:
    """Record ticket numbers, by key of the trip. Effects: a diary line and the step of each case that changed."""
    group = locked(group)
    trips = group.trips.filter(pk__in=numbers, cancelled_on__isnull=True).select_related("enrolment")
    for trip in sorted(trips, key=lambda trip: trip.enrolment_id):
        if trip.ticket_number == numbers[trip.pk]:
            continue
        case = enrolments.locked(trip.enrolment)
        trip = Trip.objects.locked().get(pk=trip.pk)
        trip.ticket_number = numbers[trip.pk]
        trip.write("ticket_number")
        record(trip, by=by, what="ticket_given", flight=trip.flight)
        steps.renew_requirements(case, by=by)
    return group


@transaction.atomic
def lead(trip, *, by) -> FlightGroup:
    """Make this worker the leader of the group, instead of whoever was. Effects: a diary line."""
    group = locked(trip.group)
    _nobody_leads(group, but=trip.pk)
    if group.leader_id:
        group.leader = None
        group.write("leader")
    trip = Trip.objects.locked().get(pk=trip.pk)
    if trip.cancelled_on is None and not trip.leads:
        trip.leads = True
        trip.write("leads")
        record(trip, by=by, what="leads_group", flight=trip.flight)
    return group


def _nobody_leads(group, but: int | None = None) -> None:
    """Whoever of the workers leads the group leads it no more, with one exception."""
    for other in Trip.objects.locked().filter(group=group, leads=True).exclude(pk=but):
        other.leads = False
        other.write("leads")


@transaction.atomic
def depart(group, *, by, on: date, cases: Iterable[Enrolment]) -> tuple[list[Enrolment], list[Missing]]:
    """Record that those of `cases` left who may; who is not ready stays, each with the first thing missing.

    Returns who left, and who did not and why. Raises RuleBroken with the same list when nobody may leave. Effects:
    each case travelling through its own door, the day of the group.
    """
    group = locked(group)
    left, held = [], []
    for case in sorted(cases, key=lambda case: case.pk):
        case = enrolments.locked(case)
        first = first_missing(case)
        if first is None:
            try:
                # A place to go back to: one refusal must not undo the others.
                with transaction.atomic():
                    leaving.depart(case, by=by, on=on)
            except RuleBroken as refusal:
                if refusal.field:
                    raise
                first = refusal.missing[0].label if refusal.missing else refusal.message
        if first is None:
            left.append(case)
        else:
            held.append(Missing("not_ready", f"{case.person.full_name}: {first}", case.get_absolute_url()))
    if not left:
        raise RuleBroken(_("Nobody of this flight may leave yet."), missing=held, code="nobody_ready")
    if group.departed_on is None:
        group.departed_on = on
        group.write("departed_on")
    return left, held


def first_missing(case) -> str | None:
    """The first thing between a case and departure in words; None when it may leave."""
    if case.status not in PREPARED:
        return _("the case is “%(status)s”") % {"status": case.get_status_display()}
    missing = judging.blockers(case)
    if missing:
        return str(missing[0].label)
    return None if case.status == Status.READY_TO_TRAVEL else _("not marked ready to travel yet")


@transaction.atomic
def no_show(trip, *, by, on: date, reason: str, note: str = "") -> FlightGroup:
    """Record that the worker did not come. Effects: the case is a no-show; its seat on the flight is free, and so is
    its position, by what follows that move."""
    enrolments.move(trip.enrolment, Status.NO_SHOW, by=by, on=on, reason=reason, note=note)
    return trip.group


def free_the_seat(enrolment, *, event, by) -> None:
    """Whoever will not travel has no seat any more: a booked trip that has not begun is cancelled."""
    if enrolment.departed_on:
        return
    for trip in Trip.objects.locked().filter(enrolment=enrolment, cancelled_on__isnull=True):
        trip.cancelled_on = event.on
        trip.write("cancelled_on")
        record(trip, by=by, on=event.on, what="trip_cancelled", flight=trip.flight)


def locked(group, version: int | None = None) -> FlightGroup:
    """The group, locked and fresh; Stale when `version` is not the present one, RuleBroken once it is called off."""
    fresh = FlightGroup.objects.locked().select_related("season__programme").get(pk=group.pk)
    if version is not None:
        fresh.expect_version(version)
    if fresh.called_off_on:
        raise RuleBroken(_("This group was called off. Plan another one."), code="called_off")
    return fresh


def _refuse_departed(group) -> None:
    if group.departed_on:
        raise RuleBroken(_("This group has departed already. Plan another one."), code="departed")
