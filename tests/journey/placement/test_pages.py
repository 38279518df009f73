"""The section "Placement" of a case and its forms, through HTTP."""

import uuid

import pytest
from django.urls import reverse

from programmes.models import CheckIn, Enrolment, Placement, Return
from tests.factories.pages import hidden, send
from tests.factories.placement import TODAY, CheckInFactory, PlacementFactory, days, ship_codes, travelling_case
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
READERS = ["caseworker", "liaison", "manager", "data", "protection", "auditor"]
WRITERS = ["caseworker", "liaison", "manager"]


@pytest.fixture
def placement():
    ship_codes("early_end", "left_employment", "return_type", "isco")
    return PlacementFactory()


def address(placement_or_case, name="detail"):
    case = getattr(placement_or_case, "enrolment", placement_or_case)
    return reverse(f"placement:{name}", args=[case.public_id])


def move(case, target):
    return reverse("casefile:move", args=[case.public_id, target])


def test_the_section_shows_employer_days_and_check_ins(client_for, placement):
    CheckInFactory(placement=placement, on=days(-5), wellbeing="poor", concerns="Le duele <la> espalda", alone=True)
    page = client_for("caseworker").get(address(placement)).content.decode()
    assert placement.position.demand.employer.name in page
    assert "Le duele &lt;la&gt; espalda" in page
    assert page.count('class="band band-top"') == 1
    assert 'aria-current="page"' in page


def test_before_the_arrival_the_section_says_what_will_fill_it(client_for):
    page = client_for("liaison").get(address(travelling_case())).content.decode()
    assert "No placement yet" in page
    assert "Confirm the arrival" in page


@pytest.mark.parametrize("role", READERS)
def test_who_sees_the_section_and_who_may_write(client_for, placement, role):
    client = client_for(role)
    page = client.get(address(placement))
    assert page.status_code == 200
    writes = role in WRITERS
    assert ("Record a check-in" in page.content.decode()) == writes
    for name in ("check_in", "extend"):
        assert client.get(address(placement, name)).status_code == (200 if writes else 403)
        assert client.post(address(placement, name), {}).status_code == (422 if writes else 403)


@pytest.mark.parametrize("role", ["partner", "administrator"])
def test_partners_and_administrators_do_not_see_it(client_for, placement, role):
    client = client_for(role)
    for name in ("detail", "check_in", "extend"):
        assert client.get(address(placement, name)).status_code == 403


@pytest.mark.parametrize("name", ["detail", "check_in", "extend"])
def test_another_office_and_a_missing_case_look_alike(client_for, placement, name):
    client = client_for("liaison", office=make_office("CO-BOG"))
    assert client.get(address(placement, name)).status_code == 404
    assert client.get(reverse(f"placement:{name}", args=[uuid.uuid4()])).status_code == 404
    assert client.post(address(placement, name), {}).status_code == (405 if name == "detail" else 404)


def test_nobody_signed_in_is_led_to_the_door(client, placement):
    assert "/accounts/login/" in client.get(address(placement)).url


def test_a_check_in_is_recorded_once_however_often_it_is_sent(client_for, placement):
    client = client_for("caseworker")
    form = hidden(client.get(address(placement, "check_in")).content.decode())
    form |= {"on": TODAY.isoformat(), "mode": "phone", "wellbeing": "fair", "alone": "on", "concerns": "Frío"}
    for _ in range(2):
        response = client.post(address(placement, "check_in"), form)
        assert (response.status_code, response.url) == (302, address(placement))
    contact = CheckIn.objects.get()
    assert (contact.alone, contact.concerns, contact.created_by) == (True, "Frío", client.user)
    again = client.post(address(placement, "check_in"), form | {"concerns": "Calor"})
    assert again.status_code == 409
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"on": ""}, "required"),
        ({"on": "2026-2-30"}, "valid date"),
        ({"on": "03/04/2026"}, "two ways"),
        ({"mode": "pigeon"}, "Select a valid choice"),
        ({"wellbeing": ""}, "required"),
        ({"concerns": "a\x07b"}, "control character"),
        ({"concerns": "x" * 20001}, "20001 characters"),
        ({"on": days(1).isoformat()}, "future"),
        ({"key": ""}, "prepared again"),
    ],
)
def test_a_wrong_check_in_says_what_to_do_and_keeps_what_was_typed(client_for, placement, changes, words):
    client = client_for("caseworker")
    good = {"on": TODAY.isoformat(), "mode": "phone", "wellbeing": "good", "concerns": "Le gusta la sopa"}
    response = send(client, address(placement, "check_in"), **good | changes)
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "sopa" in page or "concerns" in changes
    assert not CheckIn.objects.exists()


def test_fields_that_are_not_on_the_form_are_ignored(client_for, placement):
    client = client_for("caseworker")
    other = PlacementFactory()
    send(
        client, address(placement, "check_in"), on=TODAY.isoformat(), mode="phone", wellbeing="good",
        placement=other.pk, enrolment=other.enrolment_id, id=7, version=99, created_by=1,
    )  # fmt: skip
    assert CheckIn.objects.get().placement == placement


def test_extension_through_the_page(client_for, placement):
    response = send(client_for("liaison"), address(placement, "extend"), ends_on=days(80).isoformat(), reason="")
    assert response.url == address(placement)
    placement.refresh_from_db()
    assert placement.ends_on == days(80)


@pytest.mark.parametrize("version", ["", "-1", "abc", "999"])
def test_extension_needs_the_version_the_page_was_opened_on(client_for, placement, version):
    client = client_for("liaison")
    form = {"version": version, "ends_on": days(80).isoformat(), "reason": "Cosecha larga"}
    response = client.post(address(placement, "extend"), form)
    assert response.status_code in {409, 422}
    assert "Cosecha larga" in response.content.decode()
    placement.refresh_from_db()
    assert placement.ends_on == days(60)


def test_an_extension_of_a_case_somebody_changed_meanwhile_shows_it_and_goes_through_next(client_for, placement):
    client = client_for("liaison")
    form = hidden(client.get(address(placement, "extend")).content.decode()) | {"ends_on": days(80).isoformat()}
    case = Enrolment.objects.get(pk=placement.enrolment_id)
    case.outcome = "x"
    case.write("outcome")
    response = client.post(address(placement, "extend"), form)
    assert response.status_code == 409
    again = form | hidden(response.content.decode())
    assert client.post(address(placement, "extend"), again).status_code == 302


# --- Moves of the case, made on its own page ----------------------------------------------------------------------


def test_the_case_file_offers_the_arrival_and_makes_it(client_for):
    client = client_for("liaison")
    case = travelling_case()
    page = client.get(case.get_absolute_url()).content.decode()
    assert 'aria-disabled="true"' not in page
    assert move(case, "active") in page
    send(client, move(case, "active"), on=days(-11).isoformat(), starts_on=days(-10).isoformat())
    case.refresh_from_db()
    assert (case.status, case.placements.get().starts_on) == ("active", days(-10))


def test_an_arrival_after_the_first_day_of_work_is_said_at_both_fields(client_for):
    case = travelling_case()
    response = send(
        client_for("liaison"), move(case, "active"), on=days(-5).isoformat(), starts_on=days(-6).isoformat()
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "The first day of work lies before the arrival." in page
    assert "The arrival lies after the first day of work." in page
    assert not Placement.objects.exists()


def test_the_end_of_season_through_the_page(client_for, placement):
    case = placement.enrolment
    send(
        client_for("liaison"), move(case, "ended"), on=TODAY.isoformat(), hours_worked="1040.5", employer_rating="5",
        worker_rating="", planned_return_on=days(1).isoformat(),
    )  # fmt: skip
    placement.refresh_from_db()
    assert (placement.status, str(placement.hours_worked), placement.worker_rating) == ("completed", "1040.5", None)
    assert Return.objects.get().planned_on == days(1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hours_worked": "-1"}, "greater than or equal"),
        ({"hours_worked": "1e3x"}, "number"),
        ({"employer_rating": "6"}, "valid choice"),
        ({"planned_return_on": days(-3).isoformat()}, "planned return lies before"),
        ({"on": days(-61).isoformat()}, "before the first day of work"),
    ],
)
def test_a_wrong_end_changes_nothing(client_for, placement, changes, words):
    facts = {"on": TODAY.isoformat(), "hours_worked": "", "planned_return_on": ""}
    response = send(client_for("liaison"), move(placement.enrolment, "ended"), **facts | changes)
    assert response.status_code == 422
    assert words in response.content.decode()
    placement.refresh_from_db()
    assert placement.status == "started"


def test_an_early_end_and_a_worker_who_left_need_a_cause_of_the_list(client_for, placement):
    client, case = client_for("caseworker"), placement.enrolment
    for target, field in (("ended_early", "cause"), ("left_employment", "reason")):
        response = send(client, move(case, target), on=TODAY.isoformat(), **{field: ""})
        assert response.status_code == 422
        response = send(client, move(case, target), on=TODAY.isoformat(), **{field: "because"})
        assert "Select a valid choice" in response.content.decode()
    send(client, move(case, "left_employment"), on=TODAY.isoformat(), reason="abuse_reported")
    case.refresh_from_db()
    assert case.status == "left_employment"
    assert "Back at work" in client.get(address(case)).content.decode()


def test_the_section_asks_as_little_for_three_check_ins_as_for_one(
    client_for, placement, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for("caseworker")
    CheckInFactory(placement=placement, created_by=client.user)
    client.get(address(placement))
    constant = 6  # session, user, rights, unread notifications and the like
    with django_assert_max_num_queries(8 + constant) as one:
        client.get(address(placement))
    CheckInFactory.create_batch(2, placement=placement, created_by=client.user)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(address(placement))
