"""Pure judgement about terms and authorisations."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.demand import rules
from programmes.journey.demand.rules import Terms

SEASON = {"season_starts": date(2026, 1, 1), "season_ends": date(2027, 1, 31)}
GOOD = {
    "positions": 8,
    "starts_on": date(2026, 3, 30),
    "ends_on": date(2026, 11, 13),
    "wage": Decimal("16.60"),
    "currency": "CAD",
    "unit": "hour",
    "hours": Decimal("45"),
}


def problems(values=None, **changes):
    found = rules.terms_problems(Terms(**{**GOOD, **changes}), values=values or {}, **SEASON)
    return [(problem.field, problem.message) for problem in found]


def test_good_terms_have_no_problem():
    assert (
        problems({"minimum_wage": "CAD 16.60", "minimum_batch": 8, "hours_guarantee": 45, "max_stay_months": 8}) == []
    )


@pytest.mark.parametrize(
    ("changes", "values", "field", "words"),
    [
        ({"positions": 0}, {}, "positions", "at least one position"),
        ({"positions": 4}, {"minimum_batch": 5}, "positions", "at least 5 positions"),
        ({"wage": Decimal("0")}, {}, "wage", "more than zero"),
        ({"hours": Decimal("0.5")}, {}, "hours_per_week", "between 1 and 80"),
        ({"hours": Decimal("80.5")}, {}, "hours_per_week", "between 1 and 80"),
        ({"hours": Decimal("29")}, {"hours_guarantee": 30}, "hours_per_week", "guarantees 30 hours"),
        ({"wage": Decimal("16.59")}, {"minimum_wage": "CAD 16.60"}, "wage", "CAD 16.59 an hour; the lowest"),
        ({"currency": "USD"}, {"minimum_wage": "CAD 16.60"}, "wage_currency", "paid in CAD"),
        ({"unit": "piece"}, {"minimum_wage": "CAD 16.60"}, "wage_unit", "lowest hourly wage"),
        ({"unit": "day"}, {"minimum_wage": "CAD 16.60"}, "wage_unit", "lowest hourly wage"),
        ({"starts_on": date(2025, 12, 31)}, {}, "starts_on", "season begins"),
        ({"ends_on": date(2027, 2, 1)}, {}, "ends_on", "season ends"),
        ({"ends_on": date(2026, 11, 30)}, {"max_stay_months": 8}, "ends_on", "longer than 8 months"),
        ({"ends_on": date(2026, 6, 30)}, {"min_stay_months": 4}, "ends_on", "shorter than 4 months"),
        ({"ends_on": date(2026, 12, 16)}, {"season_closes": "12-15"}, "ends_on", "after"),
    ],
)
def test_each_wrong_term_is_said_at_its_field(changes, values, field, words):
    found = problems(values, **changes)
    assert [name for name, _message in found] == [field]
    assert words in found[0][1]


def test_an_end_before_the_start_is_said_at_both_days():
    found = problems(starts_on=date(2026, 5, 2), ends_on=date(2026, 5, 1))
    assert [name for name, _message in found] == ["starts_on", "ends_on"]
    assert len({message for _name, message in found}) == 1


def test_everything_wrong_is_said_at_once():
    found = problems({"minimum_batch": 20}, wage=Decimal("-1"), hours=Decimal("81"), starts_on=date(2025, 1, 1))
    assert {"positions", "wage", "hours_per_week", "starts_on"} == {name for name, _message in found}


@pytest.mark.parametrize(
    ("wage", "unit", "hours", "hourly"),
    [
        ("16.60", "hour", "45", "16.60"),
        ("747", "week", "45", "16.60"),
        ("3237", "month", "45", "16.60"),
        ("150", "day", "45", None),
        ("2", "piece", "45", None),
    ],
)
def test_the_hourly_wage(wage, unit, hours, hourly):
    found = rules.hourly_wage(Decimal(wage), unit, Decimal(hours))
    assert found == (None if hourly is None else Decimal(hourly))


def judge(**changes):
    facts = {
        "kind": "lmia_approval",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "wanted_kind": "lmia_approval",
        "kind_in_words": "LMIA",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 12, 31),
        **changes,
    }
    return rules.authorisation_problem(**facts)


def test_an_authorisation_carries_its_own_kind_and_days():
    assert judge() is None
    assert "of the kind “LMIA”" in judge(kind="agreement_to_recruit")
    assert "lies outside" in judge(valid_from=date(2026, 1, 2))
    assert "lies outside" in judge(valid_until=date(2026, 12, 30))


# --- Arithmetic of authorised positions ---------------------------------------------------------------------------

counts = st.integers(min_value=0, max_value=5000)


@given(authorised=st.integers(min_value=1, max_value=5000), asked=st.lists(st.integers(min_value=1, max_value=2000)))
def test_demands_judged_one_after_the_other_never_claim_more_than_authorised(authorised, asked):
    claimed = 0
    for positions in asked:
        if rules.authorisation_excess(authorised=authorised, claimed=claimed, asked=positions) is None:
            claimed += positions
        else:
            assert claimed + positions > authorised
    assert 0 <= claimed <= authorised


@given(authorised=counts, claimed=counts, asked=st.integers(min_value=1, max_value=2000))
def test_a_demand_is_refused_exactly_when_it_does_not_fit(authorised, claimed, asked):
    refusal = rules.authorisation_excess(authorised=authorised, claimed=claimed, asked=asked)
    assert (refusal is None) == (claimed + asked <= authorised)
    assert rules.positions_left(authorised, claimed) == max(0, authorised - claimed)
    if refusal:
        assert f"so {rules.positions_left(authorised, claimed)} are left" in refusal


@given(authorised=counts, claimed=counts, more=st.integers(min_value=0, max_value=100))
def test_more_claims_never_leave_more(authorised, claimed, more):
    assert rules.positions_left(authorised, claimed + more) <= rules.positions_left(authorised, claimed)


@given(
    wage=st.decimals(min_value="0.01", max_value="99999999", places=2),
    hours=st.decimals(min_value=1, max_value=80, places=1),
)
def test_the_same_pay_is_the_same_hourly_wage_by_week_and_by_month(wage, hours):
    weekly = rules.hourly_wage(wage * hours, "week", hours)
    monthly = rules.hourly_wage(wage * hours * 52 / 12, "month", hours)
    assert abs(weekly - wage) < Decimal("0.0001")
    assert abs(monthly - wage) < Decimal("0.0001")
