"""When follow-ups are due, when a plan comes in time, what a plan costs."""

import calendar
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.reintegration import rules

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (date(2026, 8, 31), [date(2026, 11, 30), date(2027, 2, 28), date(2027, 8, 31)]),
        (date(2027, 8, 31), [date(2027, 11, 30), date(2028, 2, 29), date(2028, 8, 31)]),
        (date(2026, 11, 30), [date(2027, 2, 28), date(2027, 5, 30), date(2027, 11, 30)]),
        (date(2028, 2, 29), [date(2028, 5, 29), date(2028, 8, 29), date(2029, 2, 28)]),
        (date(2026, 1, 15), [date(2026, 4, 15), date(2026, 7, 15), date(2027, 1, 15)]),
    ],
)
def test_follow_ups_come_after_three_six_and_twelve_months(returned, expected):
    assert rules.follow_up_days(returned) == list(zip((3, 6, 12), expected, strict=True))


@given(returned=DAYS)
def test_follow_ups_fall_on_the_same_day_of_the_month_or_on_its_last(returned):
    for months, day in rules.follow_up_days(returned):
        year, month = divmod(returned.year * 12 + returned.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        assert day == date(year, month + 1, min(returned.day, last))


@given(returned=DAYS)
def test_a_later_return_is_never_followed_up_earlier(returned):
    before, after = rules.follow_up_days(returned), rules.follow_up_days(returned + timedelta(days=1))
    assert all(first[1] <= second[1] for first, second in zip(before, after, strict=True))


def test_a_plan_comes_in_time_within_thirty_days():
    assert rules.plan_deadline(date(2026, 10, 1), 30) == date(2026, 10, 31)


def test_costs_add_up_for_each_currency_apart():
    costs = [
        (Decimal("10.10"), "GTQ"),
        (None, ""),
        (Decimal("0.20"), "GTQ"),
        (Decimal("5"), "COP"),
        (Decimal("0"), "USD"),
    ]
    assert rules.totals(costs) == {"COP": Decimal("5"), "GTQ": Decimal("10.30"), "USD": Decimal("0")}
    assert rules.totals([]) == {}


@given(st.lists(st.decimals(0, 99999999, places=2), max_size=30))
def test_no_cent_is_lost(costs):
    assert rules.totals((cost, "GTQ") for cost in costs).get("GTQ", 0) == sum(costs)
