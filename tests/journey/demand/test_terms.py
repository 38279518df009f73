"""The terms of a demand against the minima of its programme (domain.md 2.2, stage 4)."""

from datetime import date
from decimal import Decimal

import pytest

from programmes.journey.demand import rules

VALUES = {"minimum_batch": 3, "minimum_wage": "CAD 17.00", "hours_guarantee": 40, "max_stay_months": 7}
GOOD = {
    "positions": 3,
    "starts_on": date(2026, 3, 1),
    "ends_on": date(2026, 9, 30),
    "wage": Decimal("17.00"),
    "currency": "CAD",
    "unit": "hour",
    "hours": Decimal(40),
}


def fields(*others, **changes):
    terms = rules.Terms(**{**GOOD, **changes})
    season = {"season_starts": date(2026, 1, 1), "season_ends": date(2026, 12, 31)}
    return [p.field for p in rules.terms_problems(terms, **season, values=VALUES, others=others)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"positions": 2}, "positions"),
        ({"positions": 0}, "positions"),
        ({"wage": Decimal("16.99")}, "wage"),
        ({"unit": "week"}, "wage"),
        ({"unit": "day"}, "wage_unit"),
        ({"currency": "USD"}, "wage_currency"),
        ({"hours": Decimal(39)}, "hours_per_week"),
        ({"ends_on": date(2026, 10, 1)}, "ends_on"),
        ({"starts_on": date(2025, 12, 31), "ends_on": date(2026, 3, 1)}, "starts_on"),
    ],
)
def test_a_term_below_the_minimum_is_named_at_its_field(changes, field):
    assert fields() == []
    assert fields(**changes) == [field]


def test_a_stay_that_some_nationality_may_make_is_no_problem_of_a_demand():
    assert fields({**VALUES, "max_stay_months": 9}, ends_on=date(2026, 11, 30)) == []
    assert fields({**VALUES, "max_stay_months": 9}, ends_on=date(2026, 12, 1)) == ["ends_on"]


@pytest.mark.parametrize(
    ("inspected", "months", "says"),
    [
        (date(2026, 3, 1), 8, None),
        (date(2026, 2, 28), 8, "more than 8 months before"),
        (None, 8, "No inspection"),
        (None, None, None),
    ],
)
def test_housing_is_inspected_within_the_eight_months_before_the_application(inspected, months, says):
    problem = rules.inspection_problem(inspected, date(2026, 11, 1), months)
    assert problem is None if says is None else says in problem
