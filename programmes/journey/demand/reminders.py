"""Who is written to about demands: the days from request to boarding, and authorisations that lapse (domain.md 2.5)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, User
from accounts.roles import Role
from programmes.base.notifications import sources
from programmes.base.notifications.kinds import AUTHORISATION_LAPSED, AUTHORISATION_LAPSES, DEMAND_CLOCK
from programmes.base.notifications.rules import local_time
from programmes.base.notifications.sources import Reminder
from programmes.base.rulebook.models import Programme
from programmes.journey.demand import clock
from programmes.journey.demand.models import Authorisation, JobDemand
from programmes.journey.demand.states import DEMAND, PositionStatus

# A letter whose day has come is still written so many days later, when nobody could write it on its day.
DAYS_BACK = 3
# How long before its last day the liaison hears of an authorisation that lapses.
LAPSES_IN = (60, 30, 14)
P = PositionStatus
# Held by somebody who has not travelled.
WAITING = (P.RESERVED, P.OFFERED, P.ACCEPTED)


class Readers:
    """People with certain roles by what they reach, read once when the first of them is asked for."""

    def __init__(self, *roles: str) -> None:
        self._roles = roles or (Role.LIAISON, Role.MANAGER)

    @cached_property
    def _memberships(self) -> list[Membership]:
        rows = (
            Membership.objects.around(timezone.now())
            .filter(role__in=self._roles, user__is_active=True)
            .with_reach()
            .select_related("user", "office")
        )
        return [row for row in rows if row.holds_on(row.office.today())]

    def liaisons_of(self, demand: JobDemand) -> list[User]:
        """Who wrote the demand down or handed it in, while they work for the programme; else all its liaisons."""
        found = self.of(demand.season.programme, Role.LIAISON)
        own = [user for user in found if user.pk in {demand.created_by_id, demand.submitted_by_id}]
        return own or found

    def all_of(self, demand: JobDemand) -> list[User]:
        """The liaisons and the managers of the programme, each once."""
        both = [*self.liaisons_of(demand), *self.of(demand.season.programme, Role.MANAGER)]
        return list({user.pk: user for user in both}.values())

    def liaisons_there(self, programme: Programme) -> list[User]:
        """The liaisons at the destination of a programme; where there is none, all its liaisons."""
        found = self.of(programme, Role.LIAISON)
        there = {row.user_id for row in self._memberships if row.office_id == programme.destination_office_id}
        return [user for user in found if user.pk in there] or found

    def of(self, programme: Programme, *roles: str) -> list[User]:
        """Those who have one of the roles (any without) where the programme runs."""
        offices = {office.pk for office in programme.offices.all()} | {programme.destination_office_id}
        found = {
            row.user.pk: row.user
            for row in self._memberships
            if (not roles or row.role in roles)
            and offices & row.reach.office_ids
            and (row.reach.programme_ids is None or programme.pk in row.reach.programme_ids)
        }
        return [found[key] for key in sorted(found)]


def _told(demands: QuerySet) -> QuerySet:
    return demands.select_related("season__programme", "authorisation").prefetch_related("season__programme__offices")


def due_letters(now: datetime) -> Iterator[Reminder]:
    """Letters whose day has come, within the last few days; a key that exists is never written again."""
    readers = Readers()
    yield from _on_the_way(now, readers)
    yield from _lapsing(now, readers)
    yield from _lapsed(now, readers)


def _on_the_way(now: datetime, readers: Readers) -> Iterator[Reminder]:
    """One letter on the first day that warns, one on the last day on time, to liaison and manager."""
    earliest, latest = now.date() - timedelta(days=DAYS_BACK), now.date() + timedelta(days=1)
    days = (earliest, latest)
    running = clock.with_days(clock.running(JobDemand.objects.all(), today=earliest))
    for demand in _told(running.filter(Q(warned_on__range=days) | Q(last_on_time__range=days)).order_by("pk")):
        limit = clock.days_between(demand.requested_on, demand.last_on_time)
        for due_on in sorted({demand.warned_on, demand.last_on_time}):
            if not earliest <= due_on <= latest:
                continue
            context = {
                "demand": demand.number,
                "day": clock.days_between(demand.requested_on, due_on),
                "limit": limit,
            }
            for user in readers.all_of(demand):
                if _has_come(now, user, due_on):
                    key = f"reminder:demand_clock:{demand.pk}:{due_on.isoformat()}:{user.pk}"
                    yield Reminder(key, user, DEMAND_CLOCK, context, demand.get_absolute_url())


def _lapsing(now: datetime, readers: Readers) -> Iterator[Reminder]:
    """Letters to the liaison 60, 30 and 14 days before an authorisation with unfinished demands lapses."""
    today = now.date()
    soon = Q()
    for days in LAPSES_IN:
        soon |= Q(valid_until__range=(today + timedelta(days=days - DAYS_BACK), today + timedelta(days=days + 1)))
    ends = Authorisation.objects.filter(soon, withdrawn_on__isnull=True)
    over = DEMAND.groups["over"]
    for demand in _told(JobDemand.objects.filter(authorisation__in=ends).exclude(status__in=over).order_by("-pk")):
        held = demand.authorisation
        for days in LAPSES_IN:
            due_on = held.valid_until - timedelta(days=days)
            if not today - timedelta(days=DAYS_BACK) <= due_on <= today + timedelta(days=1):
                continue
            for user in readers.liaisons_of(demand):
                if _has_come(now, user, due_on):
                    # One for the authorisation, however many demands stand on it.
                    key = f"reminder:authorisation_lapses:{held.pk}:{due_on.isoformat()}:{user.pk}"
                    context = {"number": held.number, "until": held.valid_until}
                    yield Reminder(key, user, AUTHORISATION_LAPSES, context, demand.get_absolute_url())


def _lapsed(now: datetime, readers: Readers) -> Iterator[Reminder]:
    """Letters to liaison and manager when an authorisation has lapsed under workers who have not travelled.

    However long ago it was: that the authority took it back may become known weeks later.
    """
    today = now.date()
    held = Count("places", filter=Q(places__status__in=WAITING))
    lapsed = JobDemand.objects.filter(
        authorisation__in=Authorisation.objects.lapsed_on(today).values("pk"), status__in=DEMAND.groups["following"]
    )
    for demand in _told(lapsed.annotate(held=held).filter(held__gt=0).order_by("pk")):
        authorisation = demand.authorisation
        for user in readers.all_of(demand):
            if _has_come(now, user, authorisation.last_day + timedelta(days=1)):
                key = f"reminder:authorisation_lapsed:{demand.pk}:{authorisation.last_day.isoformat()}:{user.pk}"
                context = {"number": authorisation.number, "demand": demand.number, "held": demand.held}
                yield Reminder(key, user, AUTHORISATION_LAPSED, context, demand.get_absolute_url())


def _has_come(now: datetime, user: User, day: date) -> bool:
    return local_time(now, user.time_zone).date() >= day


sources.register_reminders("demand", due_letters)
