"""The list of reintegrations, and the plan of one returnee with its forms, through HTTP."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse

from programmes.models import FollowUp, PlanLine, Reintegration
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import hidden, send
from tests.factories.placement import ship_codes
from tests.factories.reintegration import FollowUpFactory, PlanLineFactory, ReintegrationFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TODAY = date.today()
LIST = "/reintegration/"
READERS = ["caseworker", "manager", "data", "protection", "auditor"]
WRITERS = ["caseworker", "protection"]
OTHERS = ["liaison", "partner", "administrator"]
DEEDS = ["assess", "agree", "implement", "complete", "monitor", "pause", "resume"]


@pytest.fixture(autouse=True)
def _lists(db):
    ship_codes("assistance", "reintegration_pause")


@pytest.fixture
def line():
    return PlanLineFactory(reintegration__status="plan_agreed")


def address(enrolment, name="detail", *more):
    return reverse(f"reintegration:{name}", args=[enrolment.public_id, *more])


def every_form(line, follow_up):
    case = line.enrolment
    return [
        address(case, "plan"),
        address(case, "line_new"),
        address(case, "line", line.public_id),
        address(case, "deliver", line.public_id),
        address(case, "remove", line.public_id),
        address(case, "follow_up", follow_up.public_id),
        *(address(case, "deed", deed) for deed in DEEDS),
    ]


# --- Who ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", READERS)
def test_who_sees_the_plan_and_who_may_write(client_for, line, role):
    client, follow_up = client_for(role), FollowUpFactory(reintegration=line.reintegration)
    writes = role in WRITERS
    page = client.get(address(line.enrolment)).content.decode()
    assert "Una panadería propia." in page
    for words in ("Add assistance", "Start to carry it out", "Record"):
        assert (words in page) == writes
    for form in every_form(line, follow_up):
        assert client.get(form).status_code == (200 if writes else 403)
        assert client.post(form, {}).status_code == (422 if writes else 403)
    assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("role", OTHERS)
def test_others_do_not_see_any_of_it(client_for, line, role):
    client, follow_up = client_for(role), FollowUpFactory(reintegration=line.reintegration)
    for form in [LIST, address(line.enrolment), *every_form(line, follow_up)]:
        assert client.get(form).status_code == 403


def test_another_office_and_what_does_not_exist_look_alike(client_for, line):
    follow_up = FollowUpFactory(reintegration=line.reintegration)
    stranger = client_for("caseworker", office=make_office("CO-BOG"))
    for form in [address(line.enrolment), *every_form(line, follow_up)]:
        assert stranger.get(form).status_code == 404
    mine = client_for("caseworker")
    assert mine.get(address(line.enrolment, "deed", "explode")).status_code == 404
    assert mine.get(address(line.enrolment, "line", uuid.uuid4())).status_code == 404


def test_a_line_of_another_case_is_not_found_under_this_one(client_for, line):
    other = ReintegrationFactory(status="plan_agreed")
    client = client_for("caseworker")
    for name in ("line", "deliver", "remove"):
        assert client.post(address(other.enrolment, name, line.public_id), {}).status_code == 404
    follow_up = FollowUpFactory(reintegration=line.reintegration)
    assert client.get(address(other.enrolment, "follow_up", follow_up.public_id)).status_code == 404


# --- The whole way -----------------------------------------------------------------------------------------------


def test_the_whole_reintegration_through_the_pages(client_for):
    case = EnrolmentFactory(status="returned")
    client, today = client_for("caseworker"), TODAY.isoformat()
    page = client.get(address(case)).content.decode()
    start = reverse("casefile:move", args=[case.public_id, "in_reintegration"])
    assert start in page
    send(client, start, on=today)
    send(client, address(case, "deed", "assess"), on=today)
    send(client, address(case, "plan"), goals="Que la panadería pague el estudio.", economic="Microempresa", social="")
    refused = send(client, address(case, "deed", "agree"), on=today)
    assert refused.status_code == 422
    assert address(case, "line_new") in refused.content.decode()
    send(
        client, address(case, "line_new"), dimension="economic", assistance="micro_business", description="Horno",
        cost="4850.00", currency="GTQ", referral_needed="on",
    )  # fmt: skip
    send(client, address(case, "deed", "agree"), on=today)
    send(client, address(case, "deed", "implement"), on=today)
    line = PlanLine.objects.get(enrolment=case)
    send(client, address(case, "deliver", line.public_id), on=today)
    send(client, address(case, "deed", "complete"), on=today)
    send(client, address(case, "deed", "monitor"), on=today)
    first = FollowUp.objects.get(enrolment=case, months=3)
    page = client.get(address(case)).content.decode()
    assert "Follow-up after 3 months" in page
    send(
        client, address(case, "follow_up", first.public_id), outcome="done", on=today, in_work="yes",
        able_to_stay="no", summary="Vende pan cada día.",
    )  # fmt: skip
    page = client.get(address(case)).content.decode()
    assert "Vende pan cada día." in page
    assert "In work, does not feel able to stay" in page
    assert "in time" in page
    assert page.count("GTQ 4,850.00") == 3  # the line, planned, delivered


def test_a_pause_and_its_end_through_the_pages(client_for, line):
    client, case = client_for("protection"), line.enrolment
    send(client, address(case, "deed", "pause"), reason="health", on=TODAY.isoformat())
    page = client.get(address(case)).content.decode()
    assert "Go on" in page
    assert "Add assistance" not in page
    assert re.search(r'class="now"[^>]*>Agreed', page)
    send(client, address(case, "deed", "resume"), on=TODAY.isoformat())
    line.reintegration.refresh_from_db()
    assert line.reintegration.status == "plan_agreed"


def test_before_the_return_is_confirmed_nothing_is_offered(client_for):
    case = EnrolmentFactory(status="ended")
    page = client_for("caseworker").get(address(case)).content.decode()
    assert "No reintegration yet" in page
    assert "Start reintegration" not in page


def test_a_closed_case_offers_nothing(client_for):
    line = PlanLineFactory(reintegration=ReintegrationFactory(status="closed", case={"status": "closed"}))
    page = client_for("caseworker").get(address(line.enrolment)).content.decode()
    assert "Una panadería" not in page or "Add assistance" not in page
    assert 'class="next"' not in page


# --- Forms -------------------------------------------------------------------------------------------------------


def test_a_line_is_added_once_however_often_it_is_sent(client_for):
    plan = ReintegrationFactory(status="plan_drafted")
    client, form_page = client_for("caseworker"), address(plan.enrolment, "line_new")
    form = hidden(client.get(form_page).content.decode())
    form |= {"dimension": "social", "assistance": "childcare", "description": "", "cost": "", "currency": ""}
    for _ in range(2):
        assert client.post(form_page, form).status_code == 302
    assert PlanLine.objects.count() == 1
    assert client.post(form_page, form | {"assistance": "cash"}).status_code == 409


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"assistance": ""}, "required"),
        ({"assistance": "gold"}, "Select a valid choice"),
        ({"dimension": "fourth"}, "Select a valid choice"),
        ({"cost": "10.123"}, "2 decimal places"),
        ({"cost": "-1"}, "greater than or equal to 0"),
        ({"cost": "1,5"}, "number"),
        ({"cost": "10", "currency": ""}, "Give the cost with its currency."),
        ({"cost": "10", "currency": "q"}, "three letters"),
        ({"description": "x" * 301}, "300 characters"),
        ({"description": "a\x0bb"}, "control character"),
    ],
)
def test_a_wrong_line_says_what_to_do(client_for, changes, words):
    plan = ReintegrationFactory(status="plan_drafted")
    good = {
        "dimension": "economic",
        "assistance": "cash",
        "description": "Gallinas",
        "cost": "10.50",
        "currency": "GTQ",
    }
    response = send(client_for("caseworker"), address(plan.enrolment, "line_new"), **good | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not PlanLine.objects.exists()


def test_the_next_line_proposes_the_currency_of_the_last(client_for, line):
    page = client_for("caseworker").get(address(line.enrolment, "line_new")).content.decode()
    assert re.search(r'name="currency"[^>]*value="GTQ"', page)


def test_what_a_person_says_is_shown_literally(client_for):
    plan = ReintegrationFactory(status="assessed")
    said = '<script>alert(1)</script> "><img onerror=x> {{7*7}} O’Brien-Łukasz'
    client = client_for("caseworker")
    assert send(client, address(plan.enrolment, "plan"), goals=said).status_code == 302
    plan.refresh_from_db()
    assert plan.goals == said
    page = client.get(address(plan.enrolment)).content.decode()
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("goals", ["", "   ", "\u200b\u00a0\u2060", "x" * 5001])
def test_goals_are_needed_and_have_a_limit(client_for, goals):
    plan = ReintegrationFactory(status="assessed")
    assert send(client_for("caseworker"), address(plan.enrolment, "plan"), goals=goals).status_code == 422
    plan.refresh_from_db()
    assert plan.status == "assessed"


@pytest.mark.parametrize("version", ["", "0", "-3", "x", "77"])
def test_every_edit_needs_the_version_its_page_was_opened_on(client_for, line, version):
    client, case = client_for("caseworker"), line.enrolment
    follow_up = FollowUpFactory(reintegration=line.reintegration)
    forms = {
        address(case, "plan"): {"goals": "Otra cosa"},
        address(case, "line", line.public_id): {"dimension": "social", "assistance": "cash", "currency": "GTQ"},
        address(case, "deliver", line.public_id): {"on": TODAY.isoformat()},
        address(case, "remove", line.public_id): {},
        address(case, "deed", "implement"): {"on": TODAY.isoformat()},
        address(case, "follow_up", follow_up.public_id): {"outcome": "refused", "on": TODAY.isoformat()},
    }
    for form, typed in forms.items():
        assert client.post(form, typed | {"version": version}).status_code in {409, 422}, form
        assert client.post(form, typed).status_code == 422, form
    line.refresh_from_db()
    assert (line.dimension, line.done_on, line.reintegration.goals) == ("economic", None, "Una panadería propia.")
    assert Reintegration.objects.get().status == "plan_agreed"
    assert FollowUp.objects.get().status == "scheduled"


def test_two_who_change_the_plan_at_once_see_both_versions(client_for, line):
    client, plan_page = client_for("caseworker"), address(line.enrolment, "plan")
    form = hidden(client.get(plan_page).content.decode()) | {"goals": "Mi versión"}
    plan = line.reintegration
    plan.goals = "La otra versión"
    plan.write("goals")
    refused = client.post(plan_page, form)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Mi versión" in page
    assert "La otra versión" in page
    assert client.post(plan_page, form | hidden(page)).status_code == 302
    plan.refresh_from_db()
    assert plan.goals == "Mi versión"


def test_an_interview_that_took_place_needs_its_answers(client_for, line):
    follow_up = FollowUpFactory(reintegration=line.reintegration)
    form_page = address(line.enrolment, "follow_up", follow_up.public_id)
    client = client_for("caseworker")
    refused = send(client, form_page, outcome="done", on=TODAY.isoformat(), in_work="", able_to_stay="yes")
    assert refused.status_code == 422
    assert "Say yes or no." in refused.content.decode()
    assert send(client, form_page, outcome="unreachable", on=TODAY.isoformat()).status_code == 302


def test_a_line_is_taken_out_by_its_own_page(client_for, line):
    client = client_for("caseworker")
    page = client.get(address(line.enrolment, "line", line.public_id)).content.decode()
    remove = address(line.enrolment, "remove", line.public_id)
    assert remove in page
    assert client.get(remove).status_code == 200
    assert PlanLine.objects.count() == 1
    assert send(client, remove).url == address(line.enrolment)
    assert not PlanLine.objects.exists()


def test_a_plan_agreed_late_says_so(client_for):
    plan = ReintegrationFactory(returned=60, status="plan_agreed")
    plan.agreed_on = plan.enrolment.returned_on + timedelta(days=31)
    plan.save()
    page = client_for("caseworker").get(address(plan.enrolment)).content.decode()
    assert re.search(r'class="late">[^<]*, late', page)


# --- The list ----------------------------------------------------------------------------------------------------


def listed(response):
    return re.findall(r"GT-\d{4}-\d{5}", response.content.decode())


def test_the_list_shows_what_is_due_soonest_first(client_for):
    later, sooner, none = (
        ReintegrationFactory(case={"next_due_on": day, "next_step": step}).enrolment
        for day, step in ((TODAY + timedelta(days=9), "plan"), (TODAY - timedelta(days=2), "follow_up"), (None, ""))
    )
    ReintegrationFactory(status="closed", case={"status": "closed"})
    ReintegrationFactory(case={"office": make_office("CO-BOG")})
    page = client_for("caseworker").get(LIST)
    assert listed(page) == [sooner.number, later.number, none.number]
    assert "Agree the reintegration plan" in page.content.decode()
    assert page.content.decode().count('class="nw late"') == 1


def test_the_list_goes_on_page_by_page(client_for):
    for _ in range(26):
        ReintegrationFactory()
    client = client_for("caseworker")
    first = client.get(LIST)
    following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())[1].replace("&amp;", "&")
    second = client.get(LIST + following)
    assert (len(listed(first)), len(listed(second))) == (25, 1)
    assert not set(listed(first)) & set(listed(second))


def test_an_empty_list_says_what_would_fill_it(client_for):
    assert "Nobody is in reintegration" in client_for("auditor").get(LIST).content.decode()


def test_the_list_asks_as_little_for_three_rows_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    ReintegrationFactory()
    client.get(LIST)
    with django_assert_max_num_queries(8) as one:
        client.get(LIST)
    ReintegrationFactory.create_batch(2)
    with django_assert_num_queries(len(one.captured_queries)):
        assert len(listed(client.get(LIST))) == 3


def test_the_plan_asks_as_little_for_three_lines_as_for_one(
    client_for, line, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    FollowUpFactory(reintegration=line.reintegration)
    client.get(address(line.enrolment))
    constant = 6
    with django_assert_max_num_queries(8 + constant) as one:
        client.get(address(line.enrolment))
    PlanLineFactory.create_batch(2, reintegration=line.reintegration)
    FollowUpFactory(reintegration=line.reintegration, months=6)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(address(line.enrolment))
