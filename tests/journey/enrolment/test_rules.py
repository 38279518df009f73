"""Who may take part and how long: the published rules of domain.md 2.1 and M05 as worked examples."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.enrolment import rules

RSE = {"max_stay_months": 7, "stay_window_months": 11}
SAWP = {"max_stay_months": 8, "season_opens": "01-01", "season_closes": "12-15"}
SPAIN = {"max_stay_months": 9, "min_stay_months": 4}
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_seventeen_is_too_young_and_eighteen_is_not():
    assert "17" in rules.age_problem(17, 18)
    assert rules.age_problem(18, 18) is None


def test_sawp_admits_only_its_nationalities():
    assert "GTM" in rules.nationality_problem("GTM", ["MEX", "JAM"])
    assert rules.nationality_problem("MEX", ["MEX", "JAM"]) is None
    assert rules.nationality_problem("GTM", None) is None


def test_sawp_stay_of_eight_months_passes_and_a_day_more_does_not():
    assert rules.stay_problems(date(2026, 3, 1), date(2026, 10, 31), SAWP) == []
    assert rules.stay_problems(date(2026, 3, 1), date(2026, 11, 1), SAWP)


def test_sawp_ends_by_15_december():
    assert rules.stay_problems(date(2026, 6, 1), date(2026, 12, 15), SAWP) == []
    assert rules.stay_problems(date(2026, 6, 1), date(2026, 12, 16), SAWP)


def test_spain_stays_four_to_nine_months():
    assert rules.stay_problems(date(2026, 2, 1), date(2026, 5, 30), SPAIN)
    assert rules.stay_problems(date(2026, 2, 1), date(2026, 5, 31), SPAIN) == []
    assert rules.stay_problems(date(2026, 2, 1), date(2026, 10, 31), SPAIN) == []
    assert rules.stay_problems(date(2026, 2, 1), date(2026, 11, 1), SPAIN)


def test_rse_seven_months_in_any_eleven_counts_earlier_stays():
    earlier = [(date(2026, 1, 1), date(2026, 4, 30))]
    assert rules.stay_problems(date(2026, 7, 1), date(2026, 9, 30), RSE, earlier) == []
    assert rules.stay_problems(date(2026, 7, 1), date(2026, 11, 30), RSE, earlier)
    assert rules.stay_problems(date(2027, 1, 1), date(2027, 7, 31), RSE, earlier) == []


def test_end_before_start_is_one_problem():
    assert rules.stay_problems(date(2026, 5, 2), date(2026, 5, 1), RSE) == ["The end lies before the start."]


@given(start=days, months=st.integers(1, 24))
def test_the_longest_stay_passes_and_one_day_more_never_does(start, months):
    end = rules.longest_end(start, months)
    assert rules.stay_problems(start, end, {"max_stay_months": months}) == []
    assert rules.stay_problems(start, end + timedelta(days=1), {"max_stay_months": months})
