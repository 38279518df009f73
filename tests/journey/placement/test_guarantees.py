"""What programmes guarantee, and ask of employers: the worked numbers of domain.md M05 and the edges around them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.placement import rules
from programmes.journey.placement.rules import Work
from tests.fixtures.accounts import make_office

H2A = {"guarantee_percent": 75}
PALM = {"guarantee_block_hours": 120, "guarantee_block_weeks": 4}
SAWP = {"guarantee_contract_hours": 240, "guarantee_contract_weeks": 6}
RSE = {"hours_guarantee": 30}
SICK = {"sick_leave_start_days": 2, "sick_leave_month_days": 2, "sick_leave_most_days": 10}
START = date(2026, 1, 15)


def weeks(*hours):
    return [Decimal(each) for each in hours]


def short(values, *hours, **facts):
    """(guaranteed, missing) of each guarantee that was not kept."""
    work = Work(weekly=weeks(*hours), **({"is_over": True} | facts))
    return [(gap.guaranteed, gap.hours) for gap in rules.guarantee_shortfalls(work, values)]


def test_three_fourths_of_22_weeks_of_48_hours_are_792_and_700_leave_92_to_pay():
    contract = {"contract_hours": Decimal(22 * 48)}
    assert short(H2A, *[35] * 20, **contract) == [(792, 92)]
    assert short(H2A, *[36] * 22, **contract) == []
    # Only the end of the contract tells.
    assert short(H2A, *[10] * 5, **contract, is_over=False) == []


def test_a_block_of_four_weeks_with_104_hours_is_topped_up_by_16():
    assert short(PALM, 30, 30, 20, 24) == [(120, 16)]
    assert short(PALM, 30, 30, 30, 30, 26, 26, 26, 26) == [(120, 16)]
    assert short(PALM, 0, 0, 60, 60) == []
    assert short(PALM, 30, 30, 30, 30, 5) == []
    gap = rules.guarantee_shortfalls(Work(weeks(40, 40, 40, 40, 20, 20, 20, 20)), PALM)[0]
    assert (gap.weeks, gap.offered) == ((5, 8), 80)


def test_five_weeks_with_210_hours_break_the_240_by_30():
    assert short(SAWP, 42, 42, 42, 42, 42) == [(240, 30)]
    assert short(SAWP, *[40] * 6) == []
    assert short(SAWP, *[10] * 6, 90, 90) == [(240, 180)]
    assert short(SAWP, 42, 42, 42, transferred=True) == []
    # While the first six weeks run nobody can say yet.
    assert short(SAWP, 10, 10, is_over=False) == []


def test_thirty_hours_a_week_are_an_average():
    assert short(RSE, 20, 40, 30) == []
    assert short(RSE, 20, 40, 28) == [(90, 2)]


def test_a_programme_may_take_part_in_several_guarantees_or_in_none():
    assert len(short(H2A | PALM | SAWP | RSE, 1, 1, 1, 1, contract_hours=Decimal(160))) == 4
    assert short({}, 1, 1, 1, 1) == []


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(1, 160), st.integers(1, 6))
def test_what_is_missing_in_blocks_is_what_each_block_lacks(hours, guaranteed, length):
    found = short({"guarantee_block_hours": guaranteed, "guarantee_block_weeks": length}, *hours)
    blocks = [hours[n : n + length] for n in range(0, len(hours), length)]
    assert [gap for _all, gap in found] == [
        guaranteed - sum(block) for block in blocks if len(block) == length and sum(block) < guaranteed
    ]


@pytest.mark.parametrize(
    ("on", "days"),
    [
        (date(2026, 1, 14), 0),
        (date(2026, 1, 15), 2),
        (date(2026, 2, 13), 2),
        (date(2026, 2, 14), 4),
        (date(2026, 4, 14), 8),
        (date(2026, 5, 14), 10),
        (date(2026, 12, 31), 10),
    ],
)
def test_sick_leave_grows_to_eight_days_by_the_end_of_month_three(on, days):
    assert rules.sick_leave_days(START, on, SICK) == days
    assert rules.sick_leave_days(START, on, {}) == 0


def test_a_fee_is_a_fee_where_fees_are_prohibited():
    assert rules.fee_is_prohibited(Decimal("0.01"), True)
    assert not rules.fee_is_prohibited(Decimal(), True)
    assert not rules.fee_is_prohibited(Decimal(50), False)


def test_a_worker_bears_no_more_of_the_journey_than_the_programme_allows():
    assert rules.travel_overcharge(Decimal(600), Decimal(1000), 50) == 100
    assert rules.travel_overcharge(Decimal(500), Decimal(1000), 50) == 0
    assert rules.travel_overcharge(Decimal(1), Decimal(1000), 0) == 1
    assert rules.travel_overcharge(Decimal(900), Decimal(1000), None) == 0


def test_the_journey_is_refunded_when_half_of_the_contract_is_worked():
    assert rules.travel_refund_due(date(2026, 3, 1), date(2026, 3, 10), 50) == date(2026, 3, 5)
    assert rules.travel_refund_due(date(2026, 3, 1), date(2026, 3, 11), 50) == date(2026, 3, 6)
    assert rules.travel_refund_due(date(2026, 3, 1), date(2026, 3, 11), None) is None


def test_the_fortnight_the_two_working_days_and_the_six_years(db):
    office = make_office("CA-MTL", country="CAN", time_zone="America/Toronto")
    assert rules.welfare_contact_due(date(2026, 3, 1), 14) == date(2026, 3, 15)
    # Friday 27 February: Monday and Tuesday follow.
    assert rules.notice_due(date(2026, 2, 27), 2, office.add_working_days) == date(2026, 3, 3)
    assert rules.records_until(date(2024, 2, 29), 6) == date(2030, 2, 28)
    asked = (rules.welfare_contact_due(START, None), rules.notice_due(START, None, office.add_working_days), rules.records_until(START, None))  # fmt: skip
    assert asked == (None, None, None)
