"""Where the dates of a placement must lie: permit, authorisation, programme."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.placement import rules

FREE = {
    "max_stay_months": None,
    "stay_window_months": None,
    "min_stay_months": None,
    "season_opens": None,
    "season_closes": None,
}
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def problems(starts_on, ends_on, **facts):
    return rules.period_problems(starts_on, ends_on, **{"values": FREE} | facts)


def test_a_period_without_limits_is_good():
    assert problems(date(2026, 5, 1), date(2026, 10, 31)) == []


def test_the_last_day_does_not_lie_before_the_first():
    assert problems(date(2026, 5, 2), date(2026, 5, 1)) == ["The last day of work lies before the first."]
    assert problems(date(2026, 5, 1), date(2026, 5, 1)) == []


@pytest.mark.parametrize(
    ("permits", "word"),
    [
        ([(date(2026, 5, 1), date(2026, 10, 31))], None),
        ([(None, date(2026, 10, 31))], None),
        ([(date(2026, 5, 1), date(2026, 10, 30))], "only until"),
        ([(date(2026, 5, 2), date(2026, 12, 31))], "only from"),
        # One permit has to cover the whole period; an entry visa beside it may be shorter.
        ([(date(2026, 4, 1), date(2026, 5, 31)), (date(2026, 4, 1), date(2027, 1, 1))], None),
        ([(date(2026, 4, 1), date(2026, 7, 31)), (date(2026, 8, 1), date(2027, 1, 1))], "only from"),
    ],
)
def test_the_permit_covers_the_whole_period(permits, word):
    found = problems(date(2026, 5, 1), date(2026, 10, 31), permits=permits)
    assert [word in found[0]] == [True] if word else found == []


def test_the_authorisation_covers_the_whole_period():
    period = (date(2026, 5, 1), date(2026, 10, 31))
    assert problems(*period, authorisation=period) == []
    assert "authorisation" in problems(*period, authorisation=(date(2026, 5, 2), date(2026, 12, 31)))[0]
    assert "authorisation" in problems(*period, authorisation=(date(2026, 1, 1), date(2026, 10, 30)))[0]


def test_a_late_arrival_may_fall_short_of_the_shortest_stay():
    assert problems(date(2026, 5, 20), date(2026, 6, 20), values=FREE | {"min_stay_months": 4}) == []


@given(start=DAYS, months=st.integers(1, 24), late=st.integers(0, 60))
def test_the_longest_stay_counts_whole_months_from_the_first_day_abroad(start, months, late):
    """To the day before the same day of the month; a month without that day ends with its last one."""
    later = start + relativedelta(months=months)
    last_allowed = later - timedelta(days=1) if later.day == start.day else later
    values = FREE | {"max_stay_months": months}
    works_from = min(start + timedelta(days=late), last_allowed)
    assert problems(works_from, last_allowed, values=values, stay_from=start) == []
    too_long = problems(works_from, last_allowed + timedelta(days=1), values=values, stay_from=start)
    assert len(too_long) == 1


@given(start=DAYS, length=st.integers(0, 400), first=DAYS, valid=st.integers(0, 800))
def test_permit_and_authorisation_agree_with_a_day_by_day_look(start, length, first, valid):
    end, last = start + timedelta(days=length), first + timedelta(days=valid)
    every_day = all(first <= start + timedelta(days=n) <= last for n in range(length + 1))
    assert (problems(start, end, permits=[(first, last)]) == []) == every_day
    assert (problems(start, end, authorisation=(first, last)) == []) == every_day
