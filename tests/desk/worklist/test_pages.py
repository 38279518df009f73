"""Today and the case list: order, scope, filters, pages."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from programmes.desk.bulk.selection import Selection
from programmes.desk.worklist import today as today_page
from programmes.models import Enrolment
from tests.factories.enrolment import EnrolmentFactory, StepFactory

TODAY = date.today()
CASES = "/cases/"


def with_step(owner=None, days=0, **case):
    enrolment = EnrolmentFactory(owner=owner, next_step="screening", next_due_on=TODAY + timedelta(days=days), **case)
    StepFactory(enrolment=enrolment, due_on=TODAY + timedelta(days=days))
    return enrolment


@given(st.dates(), st.dates(), st.sampled_from(["us", "worker", "employer", "consulate", "clinic"]))
def test_every_step_stands_in_one_group_and_late_ones_are_overdue_whoever_has_them(due_on, day, waits_for):
    group = today_page.group_of(due_on, waits_for, day)
    assert group in {"overdue", "today", "week", "waiting"}
    assert (group == "overdue") == (due_on < day)


@pytest.mark.django_db
def test_today_puts_overdue_first_and_shows_only_mine(client_for, user_for):
    client = client_for("caseworker")
    late, now, soon = (with_step(client.user, days) for days in (-2, 0, 3))
    far, colleagues = with_step(client.user, 30), with_step(user_for("caseworker"))
    page = client.get("/").content.decode()
    assert page.index(late.number) < page.index(now.number) < page.index(soon.number)
    assert far.number not in page
    assert colleagues.number not in page


@pytest.mark.django_db
def test_a_step_that_is_put_off_or_done_disappears(client_for):
    client = client_for("caseworker")
    off, done = with_step(client.user), with_step(client.user)
    off.steps.update(snoozed_until=TODAY + timedelta(days=2))
    done.steps.update(done_at="2026-01-01T00:00Z")
    page = client.get("/").content.decode()
    assert off.number not in page
    assert done.number not in page


@pytest.mark.django_db
def test_an_empty_day_says_when_the_next_work_comes(client_for):
    client = client_for("caseworker")
    assert client.get("/").status_code == 200
    with_step(client.user, 20)
    page = client.get("/")
    assert page.context["next_day"] == TODAY + timedelta(days=20)


@pytest.mark.django_db
def test_a_manager_sees_the_offices_caseload_by_state_owner_and_lateness(client_for, user_for):
    manager, worker = client_for("manager"), user_for("caseworker")
    with_step(worker, -3)
    with_step(worker, 5, status="rostered")
    with_step(None, 1)
    office = manager.get("/").context["office"]
    assert [(row["count"], row["late"]) for row in office["stages"]] == [(2, 1), (1, 0)]
    [row] = office["owners"]
    assert (row["name"], row["count"], row["late"]) == (worker.full_name, 2, 1)
    # From the load of one person to giving their cases to others: the same cases, and nothing happens before the preview.
    sent = manager.post("/cases/bulk/assign/", {"all": "1", "q": row["query"]})
    assert sent.status_code == 200
    assert worker.full_name in manager.get(f"{CASES}?{row['query']}").content.decode()
    selection = Selection.read(sent.context["form"]["selection"].value())
    assert selection.cases(manager.user).count() == row["count"]
    assert office["nobody"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["data", "auditor", "protection", "partner", "administrator", "liaison"])
def test_today_opens_for_every_role(client_for, role):
    assert client_for(role).get("/").status_code == 200


@pytest.mark.django_db
def test_today_asks_as_often_for_three_rows_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    with_step(client.user)
    client.get("/")
    with django_assert_max_num_queries(12) as one:
        client.get("/")
    with_step(client.user, 1)
    with_step(client.user, -1)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get("/")


@pytest.mark.django_db
def test_the_list_is_sorted_by_what_is_due_with_undated_cases_last(client_for):
    client = client_for("caseworker")
    later, undated, sooner = with_step(days=9), EnrolmentFactory(), with_step(days=-1)
    page = client.get(CASES, {"view": "open"}).content.decode()
    assert page.index(sooner.number) < page.index(later.number) < page.index(undated.number)


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repetition_both_ways(client_for):
    client = client_for("caseworker")
    numbers = {with_step(days=n % 7).number for n in range(55)} | {EnrolmentFactory().number for _ in range(8)}
    seen, address, pages = [], {"view": "open"}, []
    while True:
        page = client.get(CASES, address).context["page"]
        pages.append([row["number"] for row in page.rows])
        seen += pages[-1]
        if not page.after:
            break
        address = {"view": "open", "after": page.after}
    assert sorted(seen) == sorted(numbers)
    back = client.get(CASES, {"view": "open", "before": page.before}).context["page"]
    assert [row["number"] for row in back.rows] == pages[-2]


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["abc", "", "x" * 500, "[1,2]", "٣"])
def test_a_bent_page_token_shows_the_first_page(client_for, token):
    client = client_for("caseworker")
    case = with_step()
    response = client.get(CASES, {"view": "open", "after": token})
    assert response.status_code == 200
    assert case.number in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["sort=-password", "sort=owner__email", "view=secret", "sort=health_note"])
def test_an_unknown_sort_or_view_is_400(client_for, query):
    assert client_for("caseworker").get(f"{CASES}?{query}").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["_connector=OR", "pk__in=1,2", "office__id__gt=0", "__class__=x", "unknown=1"])
def test_a_filter_that_does_not_exist_is_400(client_for, query):
    assert client_for("caseworker").get(f"{CASES}?view=open&{query}").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["2026-13-01", "01/02/2026", "10000-01-01", "0", "0001-01-01"])
def test_an_impossible_day_is_said_beside_the_filter(client_for, day):
    response = client_for("caseworker").get(CASES, {"view": "open", "due_from": day})
    assert response.status_code == 200
    assert response.context["filters"].errors["due_from"]


@pytest.mark.django_db
def test_limits_in_the_wrong_order_are_said(client_for):
    response = client_for("caseworker").get(CASES, {"view": "open", "due_from": "2026-05-02", "due_to": "2026-05-01"})
    assert response.context["said"]


@pytest.mark.django_db
def test_the_filters_come_when_they_are_asked_for_and_stay(client_for):
    client = client_for("caseworker")
    closed = client.get(CASES, {"view": "open", "status": "rostered"})
    assert 'id="filters"' not in closed.text
    opened = client.get(closed.context["switch"]["href"])
    assert 'id="filters"' in opened.text
    assert set(opened.context["filters"].fields) >= {"status", "owner", "season", "expires_before"}
    assert opened.context["filters"]["status"].value() == ["rostered"]
    for link in [*opened.context["heads"], *opened.context["views"], *opened.context["chips"]]:
        assert not link["href"] or 'id="filters"' in client.get(link["href"]).text
    assert 'id="filters"' not in client.get(opened.context["switch"]["href"]).text
    part = client.get(closed.context["switch"]["href"], headers={"HX-Request": "true", "HX-Target": "list"})
    assert part.text.lstrip().startswith('<div class="with-filters" id="list">')
    rows = client.get(closed.context["switch"]["href"], headers={"HX-Request": "true", "HX-Target": "results"})
    assert 'id="filters"' not in rows.text


@pytest.mark.django_db
def test_filters_narrow_and_each_has_a_chip_that_takes_it_away(client_for):
    client = client_for("caseworker")
    wanted, other = with_step(status="rostered"), with_step()
    response = client.get(CASES, {"view": "open", "status": "rostered"})
    page = response.content.decode()
    assert wanted.number in page
    assert other.number not in page
    (chip,) = response.context["chips"]
    assert "status" not in chip["href"]
    assert other.number in client.get(chip["href"]).content.decode()


@pytest.mark.django_db
def test_the_list_shows_only_what_may_be_seen(client_for):
    case = with_step(status="rostered")
    for role, office, seen in [
        ("caseworker", "GT-CHM", True), ("caseworker", "GT-QUE", False), ("manager", "GT", True), ("liaison", "GT", True),
        ("auditor", "GT", True), ("data", "CO-BOG", False), ("partner", "GT-CHM", False),
    ]:  # fmt: skip
        page = client_for(role, office=office).get(CASES, {"view": "open"}).content.decode()
        assert (case.number in page) is seen, (role, office)


@pytest.mark.django_db
def test_a_part_for_htmx_is_the_list_alone(client_for):
    client = client_for("caseworker")
    case = with_step()
    part = client.get(CASES, {"view": "open"}, headers={"HX-Request": "true"}).content.decode()
    assert case.number in part
    assert "<html" not in part


@pytest.mark.django_db
def test_the_list_asks_as_often_for_three_cases_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    with_step()
    client.get(CASES, {"view": "open"})
    with django_assert_max_num_queries(8) as one:
        client.get(CASES, {"view": "open"})
    with_step()
    with_step()
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(CASES, {"view": "open"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad", ["0", "-1", "2147483648", "9" * 40, "1e3", "0x1", "٣", "%00", "00000000-0000-0000-0000-00000000000g"]
)
def test_addresses_of_no_record_are_404(client_for, bad):
    response = client_for("caseworker").get(f"/cases/{bad}/")
    assert response.status_code in {404, 400}
    assert (response.status_code == 400) == (bad == "%00")


@pytest.mark.django_db
def test_nul_in_the_query_is_400(client_for):
    assert client_for("caseworker").get("/cases/?status=%00").status_code == 400
    assert client_for("caseworker").post("/people/search/", {"q": "a\x00b"}).status_code == 400


@pytest.mark.django_db
def test_a_case_is_found_by_its_address_in_capitals_too(client_for):
    case = EnrolmentFactory()
    response = client_for("caseworker").get(f"/cases/{str(case.public_id).upper()}/")
    assert response.status_code in {200, 404}
    assert Enrolment.objects.count() == 1
    assert reverse("worklist:cases") == CASES
