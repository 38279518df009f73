"""Schedules of reports on the configuration site."""

import datetime as dt

import pytest
import time_machine

from programmes.models import ReportSchedule

pytestmark = pytest.mark.django_db
LIST = "/admin/programmes/reportschedule/"
NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def typed(programme):
    """A schedule as it is typed: the fifth of each month at seven in Madrid."""
    return {
        "programme": programme.pk,
        "kind": "monthly_operations",
        "day": "5",
        "hour": "7",
        "time_zone": "Europe/Madrid",
        "active": "on",
    }


def test_an_administrator_sets_a_schedule_and_it_knows_its_next_run(typed, client_for):
    assert client_for("administrator").post(f"{LIST}add/", typed).status_code == 302
    assert ReportSchedule.objects.get().next_run_at == dt.datetime(2026, 12, 5, 6, tzinfo=dt.UTC)


def test_a_change_counts_from_now_on(typed, client_for, programme):
    row = ReportSchedule.objects.create(programme=programme, next_run_at=dt.datetime(2026, 9, 1, tzinfo=dt.UTC))
    client_for("administrator").post(f"{LIST}{row.pk}/change/", typed)
    row.refresh_from_db()
    assert row.next_run_at == dt.datetime(2026, 12, 5, 6, tzinfo=dt.UTC)


@pytest.mark.parametrize(("field", "value"), [("day", "29"), ("day", "0"), ("hour", "24"), ("time_zone", "Mars/Base")])
def test_what_no_month_or_place_has_is_refused(typed, client_for, field, value):
    page = client_for("administrator").post(f"{LIST}add/", {**typed, field: value})
    assert page.status_code == 200
    assert not ReportSchedule.objects.exists()


def test_a_programme_has_one_schedule_for_each_report(typed, client_for, programme):
    ReportSchedule.objects.create(programme=programme)
    page = client_for("administrator", language="en").post(f"{LIST}add/", typed)
    assert "already has a schedule" in page.content.decode()


@pytest.mark.parametrize("role", ["data", "manager", "caseworker"])
def test_only_administrators_set_schedules(client_for, role):
    assert client_for(role).get(LIST).status_code in {302, 403}


def test_the_history_of_a_schedule_can_be_read(typed, client_for):
    client = client_for("administrator", language="en")
    client.post(f"{LIST}add/", typed)
    row = ReportSchedule.objects.get()
    client.post(f"{LIST}{row.pk}/change/", {**typed, "hour": "8"})
    page = client.get(f"{LIST}{row.pk}/history/").content.decode()
    assert "Hour of the day" in page or "Hour" in page
    assert client.user.full_name in page
