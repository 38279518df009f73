"""Which value of a rule holds: on a day, for a nationality, for how long."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from programmes.base.rulebook.coherence import incoherences
from programmes.journey.demand import actions as demands
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment import requirements
from programmes.models import Programme
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import ProgrammeFactory, RequirementFactory, RuleValueFactory, SeasonFactory

pytestmark = pytest.mark.django_db
EARLY, LATE = date(2026, 3, 1), date(2027, 3, 1)
TURN = date(2027, 1, 1)


@pytest.fixture
def programme():
    return ProgrammeFactory()


def value(programme, key="max_stay_months", number=7, **facts):
    return RuleValueFactory(programme=programme, key=key, value=number, **facts)


def stay(programme, on, nationality=""):
    return Programme.objects.get(pk=programme.pk).rules(on, nationality)["max_stay_months"]


def test_a_later_value_holds_from_its_first_day_and_not_before(programme):
    value(programme, number=7)
    value(programme, number=5, valid_from=TURN)
    assert [stay(programme, day) for day in (EARLY, TURN - timedelta(1), TURN, LATE)] == [7, 7, 5, 5]


def test_after_its_last_day_the_one_before_holds_again_or_the_default(programme):
    value(programme, number=7)
    value(programme, number=9, valid_from=TURN, valid_until=date(2027, 6, 30))
    assert [stay(programme, day) for day in (EARLY, LATE, date(2027, 7, 1))] == [7, 9, 7]
    value(programme, key="minimum_age", number=21, valid_until=EARLY)
    ages = [programme.rules(day)["minimum_age"] for day in (EARLY, EARLY + timedelta(1))]
    assert ages == [21, 18]


def test_a_value_for_a_nationality_goes_before_the_one_for_all(programme):
    value(programme, number=7)
    value(programme, number=9, nationality="KIR")
    value(programme, number=5, valid_from=TURN)
    assert [stay(programme, LATE, code) for code in ("", "WSM", "KIR")] == [5, 5, 9]
    assert [rules["max_stay_months"] for rules in programme.rules_of_others(LATE)] == [9]


def test_the_day_asked_for_is_today_when_nobody_says(programme):
    value(programme, number=5, valid_from=date.today() + timedelta(1))
    value(programme, number=7, valid_until=date.today())
    assert programme.rules()["max_stay_months"] == 7


def test_one_reading_serves_every_day(programme, django_assert_num_queries):
    value(programme)
    fresh = Programme.objects.get(pk=programme.pk)
    with django_assert_num_queries(1):
        for day in (EARLY, TURN, LATE):
            assert fresh.rules(day, "KIR") == fresh.rules(day)


@pytest.mark.parametrize("facts", [{}, {"valid_from": TURN}, {"nationality": "KIR"}])
def test_the_database_keeps_one_value_for_each_first_day(programme, facts):
    value(programme, **facts)
    with pytest.raises(IntegrityError, match="rule_value_once_per_day"), transaction.atomic():
        value(programme, number=8, **facts)


def test_a_value_ends_after_it_begins(programme):
    with pytest.raises(IntegrityError, match="rulevalue_ends_after_it_begins"), transaction.atomic():
        value(programme, valid_from=TURN, valid_until=EARLY)
    row = value(programme, valid_from=EARLY)
    row.valid_until = EARLY - timedelta(1)
    with pytest.raises(ValidationError, match="before the first"):
        row.full_clean()


def test_a_stay_and_a_demand_are_judged_by_the_rules_of_their_first_day(programme, user_for):
    value(programme, number=7)
    value(programme, number=5, valid_from=TURN)
    value(programme, key="minimum_batch", number=4, valid_from=TURN)
    season = SeasonFactory(programme=programme, starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1))
    caseworker = user_for("caseworker")
    case = EnrolmentFactory(season=season, status="rostered")
    months = {EARLY: date(2026, 9, 30), LATE: date(2027, 9, 30)}
    cases.set_dates(case, by=caseworker, planned_start=EARLY, planned_end=months[EARLY], version=case.version)
    case.refresh_from_db()
    with pytest.raises(Exception, match="5 months"):
        cases.set_dates(case, by=caseworker, planned_start=LATE, planned_end=months[LATE], version=case.version)
    found = {
        start: {problem.field for problem in demands.problems_of(demand)}
        for start in (EARLY, LATE)
        for demand in [JobDemandFactory(season=season, positions=3, starts_on=start, ends_on=months[start])]
    }
    assert found == {EARLY: set(), LATE: {"positions", "ends_on"}}


def test_kiribati_stays_longer_where_samoa_may_not(programme, user_for):
    value(programme, number=7)
    value(programme, number=9, nationality="KIR")
    season = SeasonFactory(programme=programme, starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1))
    nine = {"planned_start": EARLY, "planned_end": date(2026, 11, 30)}
    caseworker = user_for("caseworker")
    for nationality, allowed in {"KIR": True, "WSM": False}.items():
        case = EnrolmentFactory(season=season, status="rostered", person=PersonFactory(nationality=nationality))
        if allowed:
            cases.set_dates(case, by=caseworker, version=case.version, **nine)
        else:
            with pytest.raises(Exception, match="7 months"):
                cases.set_dates(case, by=caseworker, version=case.version, **nine)
    assert demands.problems_of(JobDemandFactory(season=season, starts_on=EARLY, ends_on=date(2026, 11, 30))) == []


def test_a_booked_stay_of_another_season_counts_within_the_window(programme, user_for):
    value(programme, number=4)
    value(programme, key="stay_window_months", number=8)
    one, other = (
        SeasonFactory(programme=programme, starts_on=date(2026, 1, 1), ends_on=date(2028, 1, 1)) for _n in range(2)
    )
    person = PersonFactory()
    EnrolmentFactory(season=one, person=person, status="selected", planned_start=EARLY, planned_end=date(2026, 6, 30))
    case = EnrolmentFactory(season=other, person=person, status="rostered")
    caseworker = user_for("caseworker")
    with pytest.raises(Exception, match="4 months in 8"):
        cases.set_dates(
            case, by=caseworker, planned_start=date(2026, 8, 1), planned_end=date(2026, 11, 30), version=case.version
        )
    cases.set_dates(
        case, by=caseworker, planned_start=date(2026, 11, 1), planned_end=date(2027, 2, 28), version=case.version
    )


def test_a_requirement_is_asked_of_stays_that_begin_while_it_is_in_force(programme, django_assert_num_queries):
    season = SeasonFactory(programme=programme, starts_on=EARLY, ends_on=date(2028, 1, 1))
    for code, days in {"old": {"valid_until": TURN - timedelta(1)}, "new": {"valid_from": TURN}, "always": {}}.items():
        RequirementFactory(programme=programme, code=code, **days)
    ends = {"planned_end": date(2027, 12, 1), "season": season, "status": "rostered"}
    asked = {
        name: {standing.requirement.code for standing in requirements.standings(EnrolmentFactory(**facts))}
        for name, facts in {
            "early": ends | {"planned_start": EARLY},
            "late": ends | {"planned_start": LATE},
            "undated": {"season": season},
        }.items()
    }
    assert asked == {"early": {"old", "always"}, "late": {"new", "always"}, "undated": {"old", "always"}}


def test_values_that_do_not_fit_together_are_named_with_the_remedy(programme):
    rows = [
        value(programme, number=7),
        value(programme, key="min_stay_months", number=6),
        value(programme, number=5, valid_from=TURN),
        value(programme, key="guarantee_block_hours", number=120),
    ]
    found = dict(incoherences({(row.key, row.nationality, row.valid_from): row for row in rows}))
    assert set(found) == {("min_stay_months", "", None), ("guarantee_block_hours", "", None)}
    assert "more than “Longest stay”, which is 5" in found["min_stay_months", "", None]
    assert "needs “a block has” too" in found["guarantee_block_hours", "", None]
