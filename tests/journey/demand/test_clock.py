"""From request to boarding: counted, warned of, late; on the list, on the page, on Today and in letters."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.notifications import actions as letters
from programmes.base.notifications.kinds import DEMAND_CLOCK
from programmes.journey.demand import clock
from programmes.models import Deadline, Enrolment, JobDemand, Letter
from tests.factories.demand import JobDemandFactory
from tests.factories.rulebook import SeasonFactory
from tests.factories.selection import SelectionFactory
from tests.fixtures.accounts import make_office

TODAY = date.today()


def counted(requested_on, today, *, positions=1, boarded=0, last=None, over=False, limit=15, warned_from=10):
    return clock.clock_of(
        requested_on, today=today, limit=limit, warned_from=warned_from, positions=positions, boarded=boarded,
        last_boarded_on=last, is_over=over,
    )  # fmt: skip


def test_a_request_on_20_january_and_a_boarding_on_4_february_are_15_days():
    found = counted(date(2026, 1, 20), date(2026, 6, 1), boarded=1, last=date(2026, 2, 4))
    assert (found.day, found.is_late, found.runs) == (15, False, False)
    assert (found.short, found.words) == ("15 days", "from request to boarding, on time")
    later = counted(date(2026, 1, 20), date(2026, 6, 1), boarded=1, last=date(2026, 2, 5))
    assert (later.day, later.is_late, later.words) == (16, True, "from request to boarding, 1 day late")


@pytest.mark.parametrize(
    ("days", "tone", "short", "words"),
    [
        (0, "neutral", "Day 0 of 15", "15 days left"),
        (9, "neutral", "Day 9 of 15", "6 days left"),
        (10, "waiting", "Day 10 of 15", "5 days left"),
        (14, "waiting", "Day 14 of 15", "1 day left"),
        (15, "waiting", "Day 15 of 15", "last day on time"),
        (16, "problem", "Day 16", "1 day late"),
        (40, "problem", "Day 40", "25 days late"),
    ],
)
def test_warned_from_day_10_and_late_from_day_16(days, tone, short, words):
    found = counted(TODAY - timedelta(days), TODAY)
    assert (found.tone, found.short, found.words) == (tone, short, words)


@given(
    requested=st.dates(date(1999, 12, 1), date(2032, 3, 1)),
    days=st.integers(0, 800),
    positions=st.integers(1, 40),
    boarded=st.integers(0, 40),
    since=st.integers(0, 800),
    over=st.booleans(),
    limit=st.integers(1, 60),
    warned_from=st.integers(0, 60),
)
def test_a_clock_runs_until_the_last_has_boarded(requested, days, positions, boarded, since, over, limit, warned_from):
    boarded = min(boarded, positions)
    last = requested + timedelta(min(since, days)) if boarded else None
    today = requested + timedelta(days)
    found = counted(
        requested, today, positions=positions, boarded=boarded, last=last, over=over, limit=limit,
        warned_from=warned_from,
    )  # fmt: skip
    stops = over or boarded == positions
    until = last if stops and last else today
    # The slow way: one day after the other.
    slow = sum(1 for n in range(1, days + 1) if requested + timedelta(n) <= until)
    assert (found.day, found.runs) == (slow, not stops)
    assert not (found.is_late and found.is_warned)
    assert found.is_late == ((not stops or boarded > 0) and slow > limit)
    assert found.is_warned == (not stops and warned_from <= slow <= limit)


@pytest.fixture
def liaison(client_for):
    return client_for("liaison", language="en", time_zone="America/Guatemala", digest_hour=7)


@pytest.fixture
def season(liaison):
    return SeasonFactory()


def asked(season, days, **fields):
    return JobDemandFactory(**{"season": season, "status": "open", "positions": 1, **fields},
                            requested_on=TODAY - timedelta(days))  # fmt: skip


def boards(demand, on):
    held = SelectionFactory(demand=demand, position_status="occupied", case_status="active")
    Enrolment.objects.filter(pk=held.enrolment_id).update(departed_on=on)


@pytest.mark.django_db
def test_the_list_says_who_is_late_and_the_address_narrows_to_them(liaison, client_for, season):
    early, near, last, late = (asked(season, days) for days in (9, 10, 15, 16))
    boarded = asked(season, 30, status="filled")
    boards(boarded, TODAY - timedelta(30 - 15))
    asked(season, 50, status="cancelled")
    # Nobody boards for work that is over, though nobody has closed its demand.
    asked(season, 70, starts_on=TODAY - timedelta(60), ends_on=TODAY - timedelta(1))
    waits = asked(season, 30, status="partly_filled", positions=2)
    boards(waits, TODAY - timedelta(20))
    slow = asked(SeasonFactory(programme=season.programme), 16)
    other = asked(SeasonFactory(), 16)
    Deadline.objects.create(programme=other.season.programme, key="boarding", days=20)

    def numbers(query):
        return {demand.number for demand in liaison.get("/demands/" + query).context["page"]}

    assert numbers("?clock=late") == {late.number, waits.number, slow.number}
    assert numbers("?clock=warned") == {near.number, last.number, other.number}
    page = liaison.get("/demands/").content.decode()
    for words in ("Day 9 of 15", "Day 16", "1 day late", "last day on time", "Day 16 of 20", "15 days"):
        assert words in page
    assert "Day 50" not in page
    assert "1 day late" in liaison.get(late.get_absolute_url()).content.decode()
    assert "Day 9 of 15" in liaison.get(early.get_absolute_url()).content.decode()
    manager = client_for("manager", language="en")
    waiting = {str(row["label"]): row for row in manager.get("/").context["waiting"]}
    assert waiting["Demands late to board"]["count"] == 3
    assert waiting["Demands late to board"]["href"] == "/demands/?clock=late"
    assert waiting["Demands near their last day on time"]["count"] == 3


@pytest.mark.django_db
def test_liaison_and_manager_are_written_to_on_day_10_and_on_day_15_once(liaison, user_for, season):
    manager = user_for("manager", time_zone="America/Guatemala", digest_hour=7)
    user_for("caseworker")
    user_for("manager", office=make_office("CO-BOG"))
    demand = asked(season, 0, created_by=liaison.user)
    user_for("liaison", time_zone="America/Guatemala")  # of the same programme, but the demand is not theirs

    def on_day(days):
        return letters.remind_due(datetime.combine(TODAY + timedelta(days), time(18), tzinfo=UTC))

    assert [on_day(days) for days in (9, 10, 10, 11, 14, 15, 15, 16)] == [0, 2, 0, 0, 0, 2, 0, 0]
    written = Letter.objects.filter(kind=DEMAND_CLOCK).order_by("pk")
    assert {letter.to for letter in written} == {liaison.user, manager}
    assert [letter.subject for letter in written.filter(to=liaison.user)] == [
        f"Day 10 of 15: demand {demand.number}",
        f"Day 15 of 15: demand {demand.number}",
    ]
    boards(demand, TODAY)
    JobDemand.objects.filter(pk=demand.pk).update(requested_on=TODAY - timedelta(10))
    assert on_day(0) == 0


@pytest.mark.django_db
def test_the_average_counts_each_worker_who_boarded_in_the_period(season):
    first, second = asked(season, 20, positions=2), asked(season, 40)
    boards(first, TODAY - timedelta(5))
    boards(first, TODAY - timedelta(10))
    boards(second, TODAY - timedelta(20))
    programme = season.programme_id
    period = {"since": TODAY - timedelta(30), "until": TODAY}
    found = clock.average_days([programme], **period)[programme]
    assert (float(found.days), found.workers, found.in_time) == (15.0, 3, 2)  # 15, 10 and 20 days
    assert clock.average_days([programme], since=TODAY, until=TODAY) == {}
