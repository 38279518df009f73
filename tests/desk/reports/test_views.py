"""The pages of reports: who reads what, in which words, and what a small number looks like."""

import csv
import datetime as dt
import io
import re

import pytest
import time_machine

from programmes.desk.reports import actions
from programmes.models import ReportRun
from tests.factories.rulebook import ProgrammeFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 15, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _late_in_november():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def run(programme, went):
    """The report of October: fourteen departures from Chimaltenango, three of them women's; two from Cobán."""
    for _n in range(11):
        went("10-01 travelling", "10-02 active", sex="male")
    for _n in range(3):
        went("10-01 travelling", "10-02 active", sex="female")
    for _n in range(2):
        went("10-05 travelling", office="GT-COB", sex="male")
    return actions.make(programme, month=dt.date(2026, 10, 1))


def words(response) -> str:
    """The page's text without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def rows(response) -> list[list[str]]:
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_the_list_asks_questions(run, client_for):
    page = words(client_for("manager", language="en").get("/reports/"))
    assert "How did October 2026 go?" in page
    assert "Programme gt-ca" in page
    assert "The schedule" in page


def test_an_empty_list_says_what_would_fill_it(programme, client_for):
    assert "No report has been made yet" in words(client_for("auditor", language="en").get("/reports/"))


def test_the_list_can_be_cut_to_one_programme(run, client_for):
    other = ProgrammeFactory(code="other", offices=[make_office("GT-CHM")])
    actions.make(other, month=dt.date(2026, 9, 1))
    client = client_for("manager", language="en")
    assert "September" in words(client.get("/reports/"))
    page = words(client.get("/reports/?programme=gt-ca"))
    assert "October" in page
    assert "September" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_and_three_reports(programme, client_for, count, django_assert_num_queries):
    client = client_for("manager")
    for month in range(1, count + 1):
        actions.make(programme, month=dt.date(2026, month, 1), by=client.user if month == 2 else None)
    client.get("/reports/")
    with django_assert_num_queries(6):
        assert client.get("/reports/").status_code == 200


def test_a_report_shows_its_figures_their_period_and_their_definitions(run, client_for):
    page = words(client_for("manager", language="en").get(f"/reports/{run.public_id}/"))
    assert "How did October 2026 go?" in page
    assert "From Thursday" in page
    assert "Rule version 2026-2" in page
    assert "Departures 16" in page
    assert "Persons: 16" not in page  # the same number twice says nothing
    assert "Chimaltenango" in page or "GT-CHM" in page
    assert "An event counts in the month of its own day" in page
    assert "< 11" not in page
    assert "&lt; 11" not in page


def test_a_reader_without_the_right_to_cases_sees_no_small_number(run, client_for):
    page = words(client_for("liaison", language="en").get(f"/reports/{run.public_id}/"))
    assert "&lt; 11" in page
    assert "withheld" in page
    assert "Departures 16" in page
    # Two left from Cobán: neither is said, nor can it be had from the total and Chimaltenango's number.
    departures = {row[1]: row[3] for row in rows(client_for("liaison", language="en").get(f"/reports/{run.public_id}/table.csv"))
                  if row[0] == "By office" and row[2] == "Departures"}  # fmt: skip
    assert sorted(departures.values()) == ["< 11", "withheld"]


def test_the_spreadsheet_says_what_the_page_says(run, client_for):
    table = rows(client_for("data", language="en").get(f"/reports/{run.public_id}/table.csv"))
    assert table[0] == ["Table", "Row", "Measure", "Value"]
    assert ["Headline", "Departures", "Cases", "16"] in table
    assert ["About", "", "Period from", "2026-10-01"] in table
    assert ["Cases by state", "On placement", "Women", "3"] in table
    assert all(len(row) == 4 for row in table)
    parts = [int(row[3]) for row in table if row[0] == "By office" and row[2] == "Departures"]
    assert sum(parts) == 16


def test_the_spreadsheet_is_no_program(run, client_for):
    make_office("GT-COB").__class__.objects.filter(code="GT-COB").update(name="=HYPERLINK(1)")
    fresh = actions.make(run.programme, month=dt.date(2026, 10, 1), by=client_for("manager").user)
    response = client_for("data").get(f"/reports/{fresh.public_id}/table.csv")
    assert ",'=HYPERLINK(1)," in response.content.decode()
    assert response["Content-Disposition"] == 'attachment; filename="gt-ca-2026-10.csv"'


@pytest.mark.parametrize("address", ["/reports/{}/", "/reports/{}/table.csv"])
def test_another_office_s_report_is_not_there(run, client_for, address):
    assert client_for("manager", office="CO-BOG").get(address.format(run.public_id)).status_code == 404


@pytest.mark.parametrize("role", ["partner", "administrator"])
def test_partners_and_administrators_read_no_report(run, client_for, role):
    assert client_for(role).get("/reports/").status_code == 403
    assert client_for(role).get(f"/reports/{run.public_id}/").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("caseworker", 403), ("auditor", 403), ("manager", 200), ("data", 200)])
def test_managers_and_data_officers_make_reports(programme, client_for, role, status):
    assert client_for(role).get("/reports/make/").status_code == status


def test_a_report_is_made_now_and_once(programme, client_for):
    client = client_for("manager", language="en")
    page = client.get("/reports/make/").content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    typed = {"key": key, "programme": programme.pk, "month": "2026-10-01"}
    first = client.post("/reports/make/", typed)
    second = client.post("/reports/make/", typed)
    run = ReportRun.objects.get()
    assert first["Location"] == second["Location"] == f"/reports/{run.public_id}/"
    assert run.asked_by == client.user


@pytest.mark.parametrize("month", ["2026-11-01", "2027-01-01", "nonsense", "2026-10-01\x00"])
def test_only_a_month_that_is_over_can_be_chosen(programme, client_for, month):
    client = client_for("manager")
    typed = {"key": "8c8f4c1e-2f3a-4d53-9b0e-2f8c1f1d2a11", "programme": programme.pk, "month": month}
    assert client.post("/reports/make/", typed).status_code in {400, 422}
    assert not ReportRun.objects.exists()


def test_another_office_s_programme_cannot_be_chosen(programme, client_for):
    client = client_for("manager", office="CO-BOG")
    typed = {"key": "8c8f4c1e-2f3a-4d53-9b0e-2f8c1f1d2a11", "programme": programme.pk, "month": "2026-10-01"}
    assert client.post("/reports/make/", typed).status_code == 422


def test_a_report_of_a_programme_without_cases_can_be_read(programme, client_for):
    empty = actions.make(programme, month=dt.date(2026, 10, 1))
    for role in ("manager", "liaison"):
        assert client_for(role).get(f"/reports/{empty.public_id}/").status_code == 200


def test_a_report_keeps_its_budget_of_queries(run, client_for, django_assert_max_num_queries):
    client = client_for("manager")
    with django_assert_max_num_queries(10):
        client.get(f"/reports/{run.public_id}/")
