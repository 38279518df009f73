"""What is written to whoever is concerned by a flight: new times, and that it is called off. Case numbers, no names."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.utils.functional import lazy

from accounts.models import User
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import FLIGHT_CALLED_OFF, FLIGHT_DELAYED
from programmes.base.notifications.sources import Reminder
from programmes.base.rulebook.codes import label
from programmes.journey.demand.reminders import Readers
from programmes.journey.departure.travel.models import FlightGroup, FlightLeg
from programmes.journey.enrolment.models import Enrolment


def queue_delayed(group: FlightGroup, leg: FlightLeg, was: datetime, cases: Sequence[Enrolment], *, by) -> None:
    """One letter each about the new times of a leg. Its version in the key makes the next delay a new letter."""
    context: dict[str, str | date] = {
        "flight": leg.flight,
        "day_was": was.date(),
        "at_was": f"{was:%H:%M}",
        "day": leg.departs_there.date(),
        "at": f"{leg.departs_there:%H:%M}",
        "origin": leg.origin,
        "lands": leg.arrives_there.date(),
        "lands_at": f"{leg.arrives_there:%H:%M}",
        "destination": leg.destination,
    }
    _queue(FLIGHT_DELAYED, f"{leg.pk}:{leg.version}", group, context, cases, by=by)


def queue_called_off(group: FlightGroup, cases: Sequence[Enrolment], *, by) -> None:
    """One letter each: the group is called off."""
    context = {
        "flight": group.legs.order_by("number")[0].flight,
        "day": group.first_day,
        # In the language of whoever reads it.
        "reason": lazy(label, str)("flight_called_off", group.called_off_reason),
    }
    _queue(FLIGHT_CALLED_OFF, str(group.pk), group, context, cases, by=by)


def _queue(kind: str, key: str, group, context, cases, *, by) -> None:
    notifications.queue_many(
        [
            Reminder(
                key=f"{kind}:{key}:{user.pk}",
                to=user,
                kind=kind,
                context={**context, "count": len(numbers), "cases": ", ".join(sorted(numbers))},
                path=group.get_absolute_url(),
            )
            for user, numbers in _concerned(group, cases, by)
        ]
    )


def _concerned(group, cases: Iterable[Enrolment], by) -> list[tuple[User, set[str]]]:
    """Who is written to, each with the numbers of the cases that concern them, and not whoever did it.

    Owners hear of their cases; the liaisons of the destination and the leader from the staff of all of them.
    """
    found: dict[int, tuple[User, set[str]]] = {}
    everybody = {case.number for case in cases}
    for case in cases:
        if case.owner and case.owner.is_active:
            found.setdefault(case.owner.pk, (case.owner, set()))[1].add(case.number)
    if everybody:
        for user in [*Readers().liaisons_there(group.season.programme), *filter(None, [group.leader])]:
            found[user.pk] = (user, everybody)
    elif group.leader:
        found[group.leader.pk] = (group.leader, set())
    found.pop(by.pk, None)
    return [found[pk] for pk in sorted(found)]
