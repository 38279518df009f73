"""Who has a seat on a flight, as pages show it: state of the case, the first thing missing, what can be done."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import Permission
from programmes.base.rulebook.models import Requirement
from programmes.journey.departure.models import Trip
from programmes.journey.departure.readiness import rules
from programmes.journey.departure.readiness.wording import words
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

# What is read of a case beside itself, on every page of this room.
WITH = ("person", "readiness")


@dataclass(frozen=True)
class Lack:
    """The first thing missing, and the page that mends it."""

    words: str
    href: str


class Labels:
    """The names of what a programme asks for, read once for a page."""

    def __init__(self, programme_id: int):
        self.known = {one.pk: one for one in Requirement.objects.filter(programme=programme_id)}
        self.by_code = {rules.code_of(one): one.label for one in self.known.values()}

    def lack(self, case) -> Lack | None:
        """The first thing between a case and departure, from its kept row; None when it may leave or is past it."""
        if case.status not in rules.PREPARED:
            return None
        row, address = getattr(case, "readiness", None), case.get_absolute_url()
        if row is None:
            return Lack(_("being judged"), address)
        if row.ready:
            if case.status == Status.READY_TO_TRAVEL:
                return None
            move = reverse("casefile:move", args=[case.public_id, Status.READY_TO_TRAVEL])
            return Lack(_("not marked ready to travel yet"), move)
        others = {code: (href, said) for code, _who, href, said in row.others}
        href, said = others.get(row.blocker, ("", ""))
        href = rules.lengthened(href, address) if href else address
        for one in (rules.read(data, address) for data in row.standings):
            if one.requirement in self.known and rules.code_of(self.known[one.requirement]) == row.blocker:
                href = one.href
        return Lack(words(row.blocker, self.by_code, said), href)


def seats(group, user, *, live: bool = False) -> list[Trip]:
    """The seats of a group that the user may see, leader first, then by name; `live` leaves out those given up."""
    trips = Trip.objects.visible_to(user).filter(group=group)
    if live:
        trips = trips.filter(cancelled_on__isnull=True)
    trips = trips.select_related(*(f"enrolment__{name}" for name in WITH))
    return sorted(trips, key=lambda trip: (bool(trip.cancelled_on), not trip.leads, trip.enrolment.person.full_name))


def shown(group, user) -> list[Any]:
    """The seats with what the page of the group says of each."""
    labels = Labels(group.season.programme_id)
    found = seats(group, user)
    trip: Any
    for trip in found:
        case = trip.enrolment
        trip.lack = None if trip.cancelled_on else labels.lack(case)
        trip.may = trip.cancelled_on is None and case.is_reached_by(user, Permission.CASE_EDIT)
        trip.may_miss = trip.may and case.status == Status.READY_TO_TRAVEL
        trip.may_cancel = trip.may and case.status in rules.PREPARED
    return found


def reached(cases, user, *permissions) -> list[Any]:
    """Those cases for which the user holds one of these rights."""
    return [case for case in cases if case.is_reached_by(user, *permissions)]


def candidates(group, demand, user) -> list[Any]:
    """Workers who hold a position of the demand and prepare for travel, each with what it lacks and its other trip.

    `can_be_ticked` are those without a trip, or with one on this very flight.
    """
    found = Enrolment.objects.visible_to(user).filter(
        selections__position__demand=demand, selections__released_on__isnull=True, status__in=rules.PREPARED
    )
    cases = reached(found.select_related(*WITH).distinct(), user, Permission.CASE_EDIT)
    booked = {trip.enrolment_id: trip for trip in Trip.objects.filter(enrolment__in=cases, cancelled_on__isnull=True)}
    labels, first = Labels(group.season.programme_id), group.legs.order_by("number").first()
    flies = (None, first.flight, group.first_day)
    case: Any
    for case in cases:
        trip = booked.get(case.pk)
        same = trip is not None and (trip.group_id, trip.flight, trip.departs_on) == flies
        case.trip, case.lack, case.can_be_ticked = trip, labels.lack(case), trip is None or same
    return sorted(cases, key=lambda case: (not case.can_be_ticked, case.lack is not None, case.person.full_name))
