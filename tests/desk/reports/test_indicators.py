"""The figures, each against numbers worked out by hand."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from programmes.desk.reports import actions, indicators, present
from programmes.models import CaseEvent, Enrolment, Step
from tests.desk.reports.conftest import day
from tests.factories.demand import JobDemandFactory
from tests.factories.rulebook import SeasonFactory
from tests.factories.selection import SelectionFactory

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("America/Guatemala")
FIRST, LAST = day("10-01"), day("10-31")


@pytest.fixture
def october(programme):
    """`october()`: the figures of October 2026."""
    return lambda: indicators.monthly_operations(programme, FIRST, LAST, zone=ZONE)


def headline(figures, name):
    return next((row["cases"], row["persons"], row["before"]) for row in figures["headlines"] if row["what"] == name)


def rate(figures, name):
    return next((row["numerator"], row["denominator"]) for row in figures["rates"] if row["what"] == name)


def stages(figures):
    """States with cases; the report also lists those that had some the month before."""
    return {row["status"]: row["cases"] for row in figures["stages"] if row["cases"]}


def test_a_programme_without_cases_has_figures_of_zero(october):
    figures = october()
    assert all((row["cases"], row["persons"], row["before"]) == (0, 0, 0) for row in figures["headlines"])
    assert figures["stages"] == []
    assert all(row["denominator"] == 0 for row in figures["rates"])


def test_persons_and_participations_are_counted_apart(october, went):
    first = went("10-01 travelling", "10-02 active")
    went("10-30 travelling", person=first.person)
    went("10-31 travelling", sex="male")
    assert headline(october(), "travelling") == (3, 2, 0)


def test_an_event_counts_in_the_month_of_its_own_day(october, went):
    went("09-30 travelling")
    late = went("10-31 travelling")
    went("11-01 travelling")
    # Recorded in November, happened in October.
    assert CaseEvent.objects.filter(enrolment=late).count() == 1
    assert headline(october(), "travelling") == (1, 1, 1)


def test_a_second_departure_of_one_case_in_the_month_counts_once(october, went):
    went("10-01 travelling", "10-02 turned_back", "10-03 in_documentation", "10-20 travelling")
    assert headline(october(), "travelling")[0] == 1


def test_active_is_a_stock_of_the_last_day(october, went):
    went("09-01 travelling", "09-02 active")
    went("10-30 travelling", "10-31 active")
    went("10-30 travelling", "11-01 active")
    went("05-01 travelling", "05-02 active", "10-15 ended")
    assert headline(october(), "active") == (2, 2, 2)
    assert stages(october()) == {"active": 2, "travelling": 1, "ended": 1}


def test_a_state_is_that_of_the_last_move_as_recorded_not_as_dated(october, went):
    """Two moves of one day, and one recorded later for an earlier day: the chain as written decides."""
    case = went("10-05 travelling", "10-05 active")
    CaseEvent.objects.create(
        at=dt.datetime(2026, 10, 20, tzinfo=dt.UTC), on=day("10-04"), kind="move", subject="enrolment",
        subject_id=case.pk, enrolment=case, from_status="active", to_status="left_employment",
    )  # fmt: skip
    assert stages(october()) == {"left_employment": 1}


def test_a_case_without_a_move_stands_where_it_was_opened(october, went):
    went(opened="10-31")
    went(opened="11-01")
    recalled_from = went("09-01 closed", opened="01-05", first="returned", departed_on=day("03-01"))
    went(opened="09-01", person=recalled_from.person, previous=recalled_from)
    assert stages(october()) == {"registered": 1, "rostered": 1, "closed": 1}


def test_opened_leaves_void_duplicates_out(october, went):
    went(opened="10-01")
    went("10-09 void_duplicate", opened="10-02")
    went("11-02 void_duplicate", opened="10-03")
    went(opened="09-30")
    assert headline(october(), "opened") == (2, 2, 1)


def test_reopening_is_no_second_return(october, went):
    went("05-02 active", "09-01 ended", "09-03 returned", "09-10 closed", "10-05 reopened", "10-05 returned")
    went("09-28 ended", "10-02 returned")
    assert headline(october(), "returned") == (1, 1, 1)
    assert stages(october()) == {"returned": 2}


def test_coming_back_to_work_is_no_arrival(october, went):
    went("09-01 travelling", "09-02 active", "10-10 left_employment", "10-12 active")
    went("10-10 travelling", "10-12 active")
    assert october()["totals"]["arrived"] == 1


def test_overdue_and_unknown_are_one_figure_with_its_rate(october, went):
    went("09-02 active", "10-01 ended", "10-12 return_overdue")
    went("09-02 active", "10-01 left_employment", "10-09 whereabouts_unknown")
    went("09-02 active", "10-01 ended", "10-05 returned")
    went("09-02 active", "10-01 ended_early", "10-05 returned")
    # Overdue in October, home in November: still overdue at the end of October.
    went("09-02 active", "10-01 ended", "10-12 return_overdue", "11-03 returned")
    figures = october()
    assert headline(figures, "lost") == (3, 3, 0)
    assert rate(figures, "lost_rate") == (3, 4)


def test_those_who_ended_more_than_a_year_ago_are_not_in_the_rate(october, went):
    case = went("02-02 active")
    CaseEvent.objects.create(
        at=dt.datetime(2025, 10, 31, tzinfo=dt.UTC), on=dt.date(2025, 10, 31), kind="move", subject="enrolment",
        subject_id=case.pk, enrolment=case, from_status="active", to_status="ended",
    )  # fmt: skip
    went("09-02 active", "10-01 ended")
    assert rate(october(), "lost_rate") == (0, 1)


def test_refusals_and_withdrawals_are_measured_against_selections(october, went):
    for _n in range(4):
        went("10-02 selected", "10-05 in_documentation")
    went("09-02 selected", "10-05 in_documentation", "10-20 refused")
    went("09-02 selected", "09-05 in_documentation", "10-21 withdrawn")
    went("10-21 withdrawn")
    figures = october()
    assert rate(figures, "refused") == (1, 4)
    assert rate(figures, "withdrew") == (1, 4)
    assert rate(figures, "no_show") == (0, 4)


def test_early_ends_are_measured_against_all_ends_of_the_month(october, went):
    went("09-02 active", "10-05 ended_early")
    for _n in range(3):
        went("09-02 active", "10-05 ended")
    assert rate(october(), "ended_early") == (1, 4)


def test_women_are_a_share_of_departures_and_of_those_on_placement(october, went):
    went("10-01 travelling", "10-02 active", sex="female")
    went("10-01 travelling", "10-02 active", sex="male")
    went("10-01 travelling", sex="male")
    went("10-01 travelling", sex="other")
    figures = october()
    assert rate(figures, "women_departed") == (1, 4)
    assert rate(figures, "women_active") == (1, 2)
    travelling = next(row for row in figures["sexes"] if row["what"] == "travelling")
    assert travelling == {"what": "travelling", "cases": 4, "female": 1, "male": 2, "other": 1}


def test_offices_add_up_to_the_total(october, went):
    went("10-01 travelling", "10-02 active", office="GT-CHM")
    went("10-01 travelling", "10-02 active", office="GT-COB")
    went("10-04 travelling", office="GT-COB")
    figures = october()
    by_office = {row["office"]: (row["travelling"], row["active"]) for row in figures["offices"]}
    assert by_office == {"GT-CHM": (1, 1), "GT-COB": (2, 1)}
    for column in indicators.COLUMNS:
        assert figures["totals"][column] == sum(row[column] for row in figures["offices"])


def test_another_programme_s_cases_are_not_counted(october, went, programme):
    from tests.factories.enrolment import EnrolmentFactory

    EnrolmentFactory(registered_on=day("10-05"))
    went(opened="10-05")
    assert headline(october(), "opened")[0] == 1


def moment(text: str) -> dt.datetime:
    """A time in Guatemala in 2026: `moment("10-31 23:00")`."""
    return dt.datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def test_late_and_missed_steps_are_judged_on_the_clock_of_the_schedule(october, went):
    case = went(opened="08-01")

    def step(due, done=None, made="08-01 10:00", kind="screening"):
        Step.objects.create(
            enrolment=case, kind=f"{kind}{Step.objects.count()}", due_on=day(due), created_at=moment(made),
            done_at=moment(done) if done else None,
        )  # fmt: skip

    step("10-10", done="10-10 23:59")  # in time: by the end of the day in Guatemala, which is the 11th in UTC
    step("10-10", done="10-11 00:01")  # missed by a minute
    step("10-20")  # missed and late
    step("09-20", done="11-05 09:00")  # late at the end of October, of September's deadlines
    step("11-05")  # open, not late
    step("10-31", made="11-01 08:00")  # opened after the month: a deadline it could not know
    figures = october()
    assert rate(figures, "missed") == (2, 3)
    assert rate(figures, "late") == (2, 3)


def test_the_figures_come_from_as_many_statements_however_many_cases(programme, went, django_assert_num_queries):
    for _n in range(3):
        went("10-01 travelling", "10-02 active")
    # Two counts, the boardings of two months, the offices.
    with django_assert_num_queries(5):
        indicators.monthly_operations(programme, FIRST, LAST, zone=ZONE)
    assert connection.vendor == "postgresql"


def test_a_request_on_20_january_and_a_boarding_on_4_february_are_15_days_and_in_time(programme, client_for):
    season = SeasonFactory(programme=programme)
    for requested, departed in (("01-20", "02-04"), ("01-20", "02-05"), ("01-25", "02-03"), ("01-02", "01-12")):
        demand = JobDemandFactory(season=season, requested_on=day(requested), status="open", positions=1)
        held = SelectionFactory(demand=demand, position_status="occupied", case_status="active")
        Enrolment.objects.filter(pk=held.enrolment_id).update(departed_on=day(departed))
    run = actions.make(programme, month=day("02-01"), by=None)
    assert run.figures["boarding"] == {
        "days": "13.3", "median": "15.0", "nine_of_ten": "15.8", "workers": 3, "in_time": 2,
        "before": {"days": "10.0", "median": "10.0", "nine_of_ten": "10.0", "workers": 1, "in_time": 1},
    }  # fmt: skip
    page = " ".join(client_for("manager", language="en").get(run.get_absolute_url()).content.decode().split())
    assert '<dd class="fig">13.3</dd>' in page
    assert "2 of 3" in page
    hidden = " ".join(client_for("liaison", language="en").get(run.get_absolute_url()).content.decode().split())
    assert "13.3" not in hidden
    # A report that was made before it was counted is read as it was.
    del run.figures["boarding"]
    assert present.page(run.figures, present.Reader(sees_all=True))["boarding"] is None


def test_every_figure_has_a_definition():
    named = {name for name, _part, _whole in indicators.RATES} | set(indicators.HEADLINES) | set(indicators.COLUMNS)
    assert named <= set(indicators.DEFINITIONS)
    for definition in indicators.DEFINITIONS.values():
        assert str(definition.sentence).endswith(".")
