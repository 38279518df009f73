"""A flight for two seasons: workers with tickets, and some whose ticket is still to come."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from programmes.journey.departure.models import Trip
from programmes.journey.departure.travel import actions
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

LANDS = {"CAN": "America/Toronto", "ESP": "Europe/Madrid"}
MOST_GROUPS, MOST_SEATS = 2, 8


def add_flights(by: User) -> int:
    """Plan the groups around flights that somebody has booked already; returns how many."""
    # Seasons of an earlier run keep the groups that they have.
    booked = Trip.objects.filter(
        enrolment__status=Status.READY_TO_TRAVEL, enrolment__season__flight_groups=None,
        cancelled_on__isnull=True, group=None,
    )  # fmt: skip
    seen: set[int] = set()
    for trip in booked.select_related("enrolment__season__programme", "enrolment__office").order_by(
        "-departs_on", "pk"
    ):
        case = trip.enrolment
        if case.season_id in seen:
            continue
        here, there = case.office.time_zone, LANDS.get(case.season.programme.destination, "America/Toronto")
        leaves = datetime.combine(trip.departs_on, time(8, 15), ZoneInfo(here))
        group = actions.plan(
            by=by, season=case.season, name=f"{trip.destination}, {trip.departs_on:%d/%m}", carrier=trip.carrier,
            flight=trip.flight, origin=trip.origin, destination=trip.destination, departs_at=leaves,
            departs_zone=here, arrives_at=leaves + timedelta(hours=7, minutes=25), arrives_zone=there,
        )  # fmt: skip
        others = Enrolment.objects.filter(
            season=case.season, status__in=[Status.READY_TO_TRAVEL, Status.IN_DOCUMENTATION], is_open=True,
            selections__released_on__isnull=True, planned_end__gt=trip.departs_on, departed_on__isnull=True,
        ).exclude(trips__cancelled_on__isnull=True, trips__isnull=False)  # fmt: skip
        cases = [case, *others.distinct().order_by("-status", "pk")[: MOST_SEATS - 1]]
        actions.join(group, by=by, cases=cases, paid_by=Trip.Payer.EMPLOYER)
        trip.refresh_from_db()
        if seen:
            actions.change(group, by=by, version=group.version, name=group.name, leader=by)
        else:
            actions.lead(trip, by=by)
        seen.add(case.season_id)
        if len(seen) == MOST_GROUPS:
            break
    return len(seen)
