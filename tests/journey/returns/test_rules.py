"""Of which type a return is, and when it is overdue."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.rulebook.shipped import DATA
from programmes.journey.enrolment.states import Status
from programmes.journey.returns import rules

LISTS = {
    name: [code for code, *_words in words["codes"]]
    for path in DATA.glob("codes_*.json")
    for name, words in json.loads(path.read_text()).items()
}


@pytest.mark.parametrize("cause", LISTS["early_end"])
def test_every_cause_of_an_early_end_has_a_type_of_return(cause):
    assert rules.return_type(Status.ENDED_EARLY, cause) in LISTS["return_type"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.ENDED, "end_of_contract"),
        (Status.RETURN_OVERDUE, "end_of_contract"),
        (Status.TURNED_BACK, "refused_at_border"),
        (Status.LEFT_EMPLOYMENT, "spontaneous"),
        (Status.WHEREABOUTS_UNKNOWN, "spontaneous"),
    ],
)
def test_the_state_of_the_case_decides_otherwise(status, expected):
    assert rules.return_type(status, "injury") == expected
    assert expected in LISTS["return_type"]


def test_a_return_is_overdue_when_more_days_than_the_deadline_have_passed():
    planned = date(2026, 10, 31)
    assert not rules.is_overdue(planned, 7, today=date(2026, 11, 7))
    assert rules.is_overdue(planned, 7, today=date(2026, 11, 8))
    assert rules.overdue_since(planned, 7) == date(2026, 11, 8)


@given(planned=st.dates(date(2000, 1, 1), date(2100, 1, 1)), days=st.integers(0, 400), passed=st.integers(-500, 500))
def test_overdue_means_days_passed_beyond_the_deadline(planned, days, passed):
    assert rules.is_overdue(planned, days, today=planned + timedelta(days=passed)) == (passed > days)
