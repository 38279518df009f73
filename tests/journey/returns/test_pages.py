"""The list of awaited returns, and the section "Return" of a case with its forms, through HTTP."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse

from programmes.models import Return
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import hidden, send
from tests.factories.placement import ship_codes
from tests.factories.returns import ReturnFactory
from tests.factories.rulebook import DeadlineFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TODAY = date.today()
LIST = "/returns/"
READERS = ["caseworker", "liaison", "manager", "data", "protection", "auditor"]
WRITERS = ["caseworker", "liaison", "manager"]
FORMS = ["plan", "book", "depart", "postpone", "miss"]


def days(n):
    return TODAY + timedelta(days=n)


@pytest.fixture
def trip():
    ship_codes("return_type", "return_delay", "return_proof")
    return ReturnFactory()


def address(trip, name="detail"):
    return reverse(f"returns:{name}", args=[trip.enrolment.public_id])


def move(trip, target):
    return reverse("casefile:move", args=[trip.enrolment.public_id, target])


def listed(page):
    return re.findall(r"GT-\d{4}-\d{5}", page.content.decode())


# --- The list ----------------------------------------------------------------------------------------------------


def test_the_longest_awaited_stand_first_and_the_overdue_are_marked(client_for):
    later, late, soon = ReturnFactory(planned=30), ReturnFactory(planned=-20), ReturnFactory(planned=1)
    page = client_for("caseworker").get(LIST)
    assert listed(page) == [trip.enrolment.number for trip in (late, soon, later)]
    assert page.content.decode().count('class="nw late"') == 1


def test_workers_who_are_home_or_at_work_are_not_awaited(client_for):
    for status in ("active", "returned", "travelling", "in_reintegration", "closed"):
        EnrolmentFactory(status=status)
    lost = EnrolmentFactory(status="whereabouts_unknown")
    assert listed(client_for("caseworker").get(LIST)) == [lost.number]


def test_the_view_of_overdue_returns_shows_only_those(client_for):
    ReturnFactory(planned=-3)
    overdue = ReturnFactory(planned=-20, case={"status": "return_overdue"})
    assert listed(client_for("manager").get(LIST, {"view": "overdue"})) == [overdue.enrolment.number]


def test_lateness_follows_the_programme(client_for):
    trip = ReturnFactory(planned=-3)
    client = client_for("caseworker")
    assert 'class="nw late"' not in client.get(LIST).content.decode()
    DeadlineFactory(programme=trip.enrolment.programme, key="return_overdue", days=2)
    assert 'class="nw late"' in client.get(LIST).content.decode()


def test_the_list_shows_only_cases_of_the_own_offices(client_for):
    mine = ReturnFactory()
    ReturnFactory(case={"office": make_office("CO-BOG")})
    assert listed(client_for("caseworker").get(LIST)) == [mine.enrolment.number]


@pytest.mark.parametrize(("role", "status"), [*((r, 200) for r in READERS), ("partner", 403), ("administrator", 403)])
def test_who_sees_the_list(client_for, role, status):
    assert client_for(role).get(LIST).status_code == status


def test_only_those_who_may_see_reintegration_are_offered_its_list(client_for):
    assert reverse("reintegration:list") in client_for("caseworker").get(LIST).content.decode()
    assert reverse("reintegration:list") not in client_for("liaison").get(LIST).content.decode()


def test_the_list_goes_on_page_by_page_and_survives_a_bent_token(client_for):
    trips = [ReturnFactory(planned=n) for n in range(27)]
    client = client_for("caseworker")
    first = client.get(LIST)
    assert listed(first) == [trip.enrolment.number for trip in trips[:25]]
    following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
    assert listed(client.get(LIST + following)) == [trip.enrolment.number for trip in trips[25:]]
    assert listed(client.get(LIST, {"after": "bent"})) == listed(first)
    assert client.get(LIST, {"after": "\0"}).status_code == 400


def test_an_empty_list_says_what_would_fill_it(client_for):
    assert "Nobody is awaited" in client_for("caseworker").get(LIST).content.decode()


def test_a_part_of_the_list_is_answered_to_htmx(client_for):
    ReturnFactory()
    part = client_for("caseworker").get(LIST, headers={"HX-Request": "true"}).content.decode()
    assert "<table" in part
    assert "<html" not in part


def test_the_list_asks_as_little_for_three_rows_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    ReturnFactory()
    client.get(LIST)
    with django_assert_max_num_queries(9) as one:
        client.get(LIST)
    ReturnFactory.create_batch(2)
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(listed(client.get(LIST))) == 3


# --- The section -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", READERS)
def test_who_sees_the_section_and_who_may_write(client_for, trip, role):
    client = client_for(role)
    writes = role in WRITERS
    page = client.get(address(trip))
    assert page.status_code == 200
    assert ("Record the booking" in page.content.decode()) == writes
    for name in FORMS:
        assert client.get(address(trip, name)).status_code == (200 if writes else 403)
        assert client.post(address(trip, name), {}).status_code == (422 if writes else 403)


@pytest.mark.parametrize("name", ["detail", *FORMS])
def test_another_office_and_a_missing_case_look_alike(client_for, trip, name):
    client = client_for("caseworker", office=make_office("CO-BOG"))
    assert client.get(address(trip, name)).status_code == 404
    assert client.get(reverse(f"returns:{name}", args=[uuid.uuid4()])).status_code == 404


def test_a_case_without_a_return_says_so_and_has_no_forms(client_for):
    case = EnrolmentFactory(status="active")
    client = client_for("caseworker")
    assert "No return yet" in client.get(reverse("returns:detail", args=[case.public_id])).content.decode()
    for name in FORMS:
        assert client.get(reverse(f"returns:{name}", args=[case.public_id])).status_code == 404


def test_the_first_plan_of_a_worker_who_left_is_made_once(client_for):
    ship_codes("return_type")
    case = EnrolmentFactory(status="left_employment")
    client, plan = client_for("caseworker"), reverse("returns:plan", args=[case.public_id])
    page = client.get(plan).content.decode()
    assert re.search(r'<option value="spontaneous"\s+selected', page)
    form = hidden(page) | {"planned_on": days(4).isoformat(), "return_type": "spontaneous"}
    for _ in range(2):
        assert client.post(plan, form).status_code == 302
    assert Return.objects.get(enrolment=case).planned_on == days(4)


def test_the_whole_way_home_through_the_pages(client_for, trip):
    client = client_for("caseworker")
    send(client, address(trip, "postpone"), reason="health", planned_on=days(1).isoformat(), on=TODAY.isoformat())
    send(client, address(trip, "book"), planned_on=days(-2).isoformat(), port="Ciudad de Guatemala")
    send(client, address(trip, "depart"), on=days(-2).isoformat())
    page = client.get(address(trip)).content.decode()
    assert move(trip, "returned") in page
    send(client, move(trip, "returned"), on=days(-1).isoformat(), confirmed_by_means="in_person", port="")
    trip.refresh_from_db()
    trip.enrolment.refresh_from_db()
    assert (trip.status, trip.port, trip.enrolment.status) == ("arrived_confirmed", "Ciudad de Guatemala", "returned")
    assert "Offer a recall" in client.get(address(trip)).content.decode()


def test_a_return_before_the_departure_is_said_at_both_fields(client_for, trip):
    facts = {"on": days(-3).isoformat(), "departed_on": days(-2).isoformat(), "confirmed_by_means": "phone"}
    response = send(client_for("caseworker"), move(trip, "returned"), **facts)
    page = response.content.decode()
    assert response.status_code == 422
    assert "The arrival lies before the departure." in page
    assert "The departure lies after the arrival." in page


def test_a_return_needs_its_proof(client_for, trip):
    facts = {"on": TODAY.isoformat(), "confirmed_by_means": ""}
    assert send(client_for("caseworker"), move(trip, "returned"), **facts).status_code == 422
    trip.refresh_from_db()
    assert trip.status == "planned"


def test_two_who_change_the_same_return_see_each_other(client_for, trip):
    client = client_for("caseworker")
    form = hidden(client.get(address(trip, "plan")).content.decode())
    form |= {"planned_on": days(10).isoformat(), "return_type": "end_of_contract"}
    trip.planned_on = days(5)
    trip.write("planned_on")
    refused = client.post(address(trip, "plan"), form)
    assert refused.status_code == 409
    assert days(10).isoformat() in refused.content.decode()
    assert client.post(address(trip, "plan"), form | {"version": ""}).status_code == 422
    trip.refresh_from_db()
    assert trip.planned_on == days(5)
    assert client.post(address(trip, "plan"), form | hidden(refused.content.decode())).status_code == 302


def test_when_a_return_is_overdue_its_confirmation_comes_first(client_for):
    for status, words in (("planned", "Record the booking"), ("booked", "Record the departure")):
        trip = ReturnFactory(planned=-20, status=status, case={"status": "return_overdue"})
        page = client_for("liaison").get(address(trip)).content.decode()
        assert re.search(r'btn-primary" href="[^"]*/move/returned/"', page)
        assert words in page


def test_an_overdue_return_says_since_when(client_for):
    trip = ReturnFactory(planned=-20, case={"status": "return_overdue"})
    page = client_for("caseworker").get(address(trip)).content.decode()
    assert "The return is overdue since" in page
    assert "The return is overdue since" not in client_for("caseworker").get(address(ReturnFactory())).content.decode()


def test_the_section_keeps_to_its_budget(client_for, trip, django_assert_max_num_queries):
    client = client_for("caseworker")
    client.get(address(trip))
    constant = 6
    with django_assert_max_num_queries(8 + constant):
        client.get(address(trip))
