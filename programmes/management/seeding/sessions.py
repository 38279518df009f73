"""Two training sessions: one that took place, with attendance and tests, and one to come with workers in it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from programmes.base.rulebook.codes import in_force
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.training import actions, seats
from programmes.journey.departure.training.models import TrainingSession
from programmes.journey.enrolment.models import Enrolment

# Before and after, of those who came to the session that took place.
SCORES = [(45, 80), (60, 90), (30, 75), (55, 85), (70, 95)]
SEATED = 8


def add_sessions(by: User, today: date) -> int:
    """Plan both for the programme of most workers who prepare in this person's offices; returns how many."""
    cases = Enrolment.objects.visible_to(by).filter(status__in=PREPARED).order_by()
    most = cases.values("programme").annotate(n=Count("pk")).order_by("-n", "programme").first()
    # Sessions of an earlier run stay as they are.
    if most is None or TrainingSession.objects.exists():
        return 0
    office = cases.filter(programme=most["programme"]).order_by("office", "pk").select_related("office")[0].office
    programme = office.programmes.get(pk=most["programme"])
    # Whichever day the rest is made for: attendance is recorded of what has taken place.
    now = min(today, timezone.localdate())
    facts = {
        "programme": programme, "office": office, "place": office.name, "hours": Decimal(6), "languages": ["es", "kek"],
        "modules": [code for code, _label in in_force("orientation_module")], "trainer": "Rosa Xoc", "places": 20,
    }  # fmt: skip
    held, coming = (
        actions.plan(
            by=by, title=f"{office.name}, {day:%d/%m}", **facts,
            starts_at=datetime.combine(day, time(8, 30), ZoneInfo(office.time_zone)),
        )
        for day in (now - timedelta(days=4), now + timedelta(days=3))
    )  # fmt: skip
    came = list(seats.in_need(held, by).filter(registered_on__lte=held.day)[: len(SCORES) + 1])
    actions.seat(held, by=by, cases=came)
    given = list(held.seats.order_by("pk"))[: len(SCORES)]
    actions.mark(
        held, by=by, marks={seat.pk: True for seat in given},
        scores={
            seat.pk: (Decimal(before), Decimal(after))
            for seat, (before, after) in zip(given, SCORES, strict=False)
        },
    )  # fmt: skip
    actions.close(held, by=by, version=TrainingSession.objects.get(pk=held.pk).version)
    others = seats.in_need(coming, by).exclude(pk__in=[case.pk for case in came])
    actions.seat(coming, by=by, cases=list(others[:SEATED]))
    return 2
