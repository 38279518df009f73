"""The configuration site for users, offices and memberships: for administrators, and never for one's own roles."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Membership, Office, OfficeHoliday, User
from programmes.base.notifications.models import Letter

USERS, OFFICES, MEMBERSHIPS = "/admin/accounts/user/", "/admin/accounts/office/", "/admin/accounts/membership/"
TODAY = "2026-03-02"


@pytest.fixture
def admin(client_for):
    return client_for("administrator", language="en")


def user_form(**values):
    return {
        "full_name": "Rosa Quej",
        "email": "Rosa@Example.org",
        "is_active": "on",
        "language": "es",
        "time_zone": "America/Guatemala",
        "digest_on": "on",
        "digest_hour": "7",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        **values,
    }


def row(number=0, **values):
    return {f"memberships-{number}-{name}": value for name, value in values.items()}


PAGES = [
    USERS,
    f"{USERS}add/",
    OFFICES,
    f"{OFFICES}add/",
    MEMBERSHIPS,
    f"{MEMBERSHIPS}add/",
    "/admin/accounts/officeholiday/",
    "/admin/accounts/officeholiday/add/",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_administrators(admin, path):
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["caseworker", "liaison", "manager", "data", "protection", "auditor", "partner", None])
def test_pages_are_closed_to_everybody_else(client_for, path, role):
    client = client_for(role)
    assert client.get(path, follow=True).status_code == 403
    assert client.post(path, user_form(), follow=True).status_code == 403


def test_strangers_are_sent_to_the_door(db, client):
    response = client.get(USERS)
    assert response.status_code == 302
    assert "/login/" in response["Location"]


# --- New users ----------------------------------------------------------------------------------------------------


def test_a_new_user_gets_an_invitation_and_no_password(admin, office_for):
    membership = row(office=office_for("GT").pk, role="caseworker", valid_from=TODAY)
    response = admin.post(f"{USERS}add/", user_form(**{"memberships-TOTAL_FORMS": "1"}, **membership))
    assert response.status_code == 302
    user = User.objects.get(email="rosa@example.org")
    assert not user.has_usable_password()
    assert user.memberships.get().role == "caseworker"
    letter = Letter.objects.get(to=user)
    assert letter.kind == "account_invitation"
    assert "/accounts/password/reset/key/" in letter.body_text


def test_no_page_offers_a_password(admin, user_for):
    user = user_for("caseworker")
    for path in (f"{USERS}add/", f"{USERS}{user.pk}/change/"):
        page = admin.get(path).content.decode()
        assert 'type="password"' not in page
        assert 'name="password' not in page
    assert admin.get(f"{USERS}{user.pk}/password/").status_code in {302, 404}


@pytest.mark.parametrize("email", ["ana@example.org", "ANA@EXAMPLE.ORG", "nonsense", ""])
def test_second_user_with_an_address_is_refused_in_words(admin, user_for, email):
    user_for(email="ana@example.org")
    response = admin.post(f"{USERS}add/", user_form(email=email))
    assert response.status_code == 200
    assert "email" in response.context["adminform"].form.errors


def test_another_invitation_and_ending_sessions(admin, client_for):
    worker = client_for("caseworker")
    chosen = {"_selected_action": [worker.user.pk]}
    admin.post(USERS, {"action": "invite_again", **chosen})
    assert Letter.objects.filter(to=worker.user, kind="account_invitation").count() == 1
    admin.post(USERS, {"action": "end_sessions", **chosen})
    assert worker.get("/profile/").status_code == 302


def test_users_are_deactivated_and_never_deleted(admin, client_for):
    worker = client_for("caseworker")
    assert admin.post(f"{USERS}{worker.user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.post(USERS, {"action": "delete_selected", "_selected_action": [worker.user.pk]}).status_code == 302
    assert User.objects.filter(pk=worker.user.pk).exists()


def test_nothing_is_done_to_rows_nobody_looked_at(admin, user_for):
    user = user_for("caseworker")
    admin.post(USERS, {"action": "invite_again", "_selected_action": [user.pk], "select_across": "1"})
    assert not Letter.objects.exists()


# --- Nobody gives roles to themselves -----------------------------------------------------------------------------


def test_own_membership_cannot_be_added(admin, office_for):
    values = {"user": admin.user.pk, "office": office_for("GT").pk, "role": "manager", "valid_from": TODAY}
    response = admin.post(f"{MEMBERSHIPS}add/", values)
    assert "your own roles" in response.content.decode()
    assert admin.user.memberships.count() == 1


def test_own_membership_cannot_be_changed_or_deleted(admin):
    own = admin.user.memberships.get()
    values = {"user": admin.user.pk, "office": own.office_id, "role": "manager", "valid_from": TODAY}
    assert admin.post(f"{MEMBERSHIPS}{own.pk}/change/", values).status_code == 403
    assert admin.post(f"{MEMBERSHIPS}{own.pk}/delete/", {"post": "yes"}).status_code == 403
    own.refresh_from_db()
    assert own.role == "administrator"


def test_own_page_takes_no_role(admin, office_for):
    own = admin.user.memberships.get()
    more = row(office=office_for("GT").pk, role="manager", valid_from=TODAY) | row(
        1, id=own.pk, user=admin.user.pk, office=own.office_id, role="manager", valid_from=TODAY
    )
    numbers = {"memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "1"}
    admin.post(f"{USERS}{admin.user.pk}/change/", user_form(email=admin.user.email, **numbers, **more))
    assert [membership.role for membership in admin.user.memberships.all()] == ["administrator"]


def test_nobody_switches_themselves_off(admin):
    values = user_form(email=admin.user.email)
    del values["is_active"]
    admin.post(f"{USERS}{admin.user.pk}/change/", values)
    admin.user.refresh_from_db()
    assert admin.user.is_active


def test_somebody_elses_membership_cannot_become_ones_own(admin, user_for):
    membership = user_for("manager").memberships.get()
    values = {"user": admin.user.pk, "office": membership.office_id, "role": "manager", "valid_from": TODAY}
    admin.post(f"{MEMBERSHIPS}{membership.pk}/change/", values)
    membership.refresh_from_db()
    assert membership.user_id != admin.user.pk


# --- Giving rights asks again -------------------------------------------------------------------------------------


def test_giving_a_role_asks_for_the_password_after_ten_minutes(user_for, client_for, office_for):
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        admin = client_for("administrator", password="first-password-of-this-person")
        values = {"user": user_for().pk, "office": office_for("GT").pk, "role": "manager", "valid_from": TODAY}
        clock.shift(601)
        response = admin.post(f"{MEMBERSHIPS}add/", values)
        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert not Membership.objects.filter(role="manager").exists()
        admin.post(response["Location"], {"password": "wrong-password-of-somebody"})
        assert not Membership.objects.filter(role="manager").exists()
        admin.post(response["Location"], {"password": "first-password-of-this-person"})
        assert Membership.objects.filter(role="manager").count() == 1


# --- Memberships and offices --------------------------------------------------------------------------------------


def test_a_membership_is_given(admin, user_for, office_for):
    user = user_for()
    values = {"user": user.pk, "office": office_for("GT").pk, "role": "liaison", "valid_from": TODAY}
    assert admin.post(f"{MEMBERSHIPS}add/", values).status_code == 302
    assert user.memberships.get().role == "liaison"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"valid_to": "2026-03-01"}, "before the first day"),
        ({"role": "superuser"}, "valid choice"),
        ({"user": "999999"}, "valid choice"),
        ({"valid_from": "01/02/2026"}, "valid date"),
    ],
)
def test_a_wrong_membership_is_refused_in_words(admin, user_for, office_for, values, says):
    right = {"user": user_for().pk, "office": office_for("GT").pk, "role": "liaison", "valid_from": TODAY}
    page = admin.post(f"{MEMBERSHIPS}add/", {**right, **values}).content.decode()
    assert says in page
    assert not Membership.objects.filter(role="liaison").exists()


def test_an_overlapping_membership_is_refused_in_words(admin, user_for):
    held = user_for("liaison").memberships.get()
    values = {"user": held.user_id, "office": held.office_id, "role": "liaison", "valid_from": TODAY}
    page = admin.post(f"{MEMBERSHIPS}add/", values).content.decode()
    assert "already has this role" in page


def test_an_office_with_its_week_and_days_off(admin, office_for):
    values = {
        "code": "GT-QET",
        "name": "Quetzaltenango",
        "kind": "office",
        "parent": office_for("GT").pk,
        "country": "GTM",
        "time_zone": "America/Guatemala",
        "working_days": ["0", "1", "2", "3", "4", "5"],
        "active": "on",
        "holidays-TOTAL_FORMS": "1",
        "holidays-INITIAL_FORMS": "0",
        "holidays-0-day": "2026-10-01",
        "holidays-0-name": "Feria",
    }
    assert admin.post(f"{OFFICES}add/", values).status_code == 302
    office = Office.objects.get(code="GT-QET")
    assert office.working_days == [0, 1, 2, 3, 4, 5]
    assert not office.is_working_day(datetime.date(2026, 10, 1))
    assert OfficeHoliday.objects.get().office == office


def test_an_office_below_itself_is_refused_in_words(admin, office_for):
    below = office_for("GT-CHM")
    mission = below.parent
    values = {
        "code": mission.code,
        "name": mission.name,
        "kind": "mission",
        "parent": below.pk,
        "country": "GTM",
        "time_zone": "America/Guatemala",
        "working_days": ["0"],
        "holidays-TOTAL_FORMS": "0",
        "holidays-INITIAL_FORMS": "0",
    }
    assert "below itself" in admin.post(f"{OFFICES}{mission.pk}/change/", values).content.decode()


# --- Lists, history, autocompletes --------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?q=ana", "?role__exact=manager", "?p=99", "?o=2.-1", "?q=%27%22"])
def test_lists_answer(admin, user_for, query):
    user_for("manager", full_name="Ana López")
    assert admin.get(MEMBERSHIPS + query).status_code in {200, 302}


@pytest.mark.parametrize("path", [USERS, MEMBERSHIPS, OFFICES])
def test_lists_ask_the_database_as_often_for_one_row_as_for_many(admin, user_for, path):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            admin.get(path)
        counts.append(len(queries))
        for number in range(3):
            user_for("manager", office=f"X{number}")
    assert counts[0] == counts[1]


def test_lists_never_count_exactly_what_is_big(admin):
    page = admin.get(USERS).content.decode()
    assert not re.search(r"Select all \d", page)


def test_history_of_a_row_names_who_and_what(admin, user_for):
    user = user_for("caseworker", full_name="Ana", email="ana@example.org")
    admin.post(f"{USERS}{user.pk}/change/", user_form(full_name="Ana María", email="ana@example.org"))
    page = admin.get(f"{USERS}{user.pk}/history/").content.decode()
    assert "Ana → Ana María" in page
    assert admin.user.full_name in page
    assert "Created" in page


def test_history_is_closed_to_others(client_for, user_for):
    user = user_for("caseworker")
    assert client_for("auditor").get(f"{USERS}{user.pk}/history/", follow=True).status_code == 403


def test_autocomplete_finds_offices_for_administrators_only(admin, client_for, office_for):
    office_for("GT-XYZ", name="Chimaltenango")
    query = {"app_label": "accounts", "model_name": "membership", "field_name": "office", "term": "chimal"}
    address = reverse("admin:autocomplete")
    assert "Chimaltenango" in admin.get(address, query).content.decode()
    assert client_for("data").get(address, query).status_code in {302, 403}
    assert admin.get(address, {**query, "term": "\x00"}).status_code == 400


def test_passwords_are_changed_on_the_one_page_for_it(admin):
    assert admin.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


@pytest.mark.parametrize("day", ["01/02/2026", "1.2.2026", "02/01/26", "2026-2-30"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_days_are_written_in_one_way_only(client_for, user_for, office_for, day, language):
    admin = client_for("administrator", language=language)
    values = {"user": user_for().pk, "office": office_for("GT").pk, "role": "liaison", "valid_from": day}
    response = admin.post(f"{MEMBERSHIPS}add/", values)
    assert "valid_from" in response.context["adminform"].form.errors
    values["valid_from"] = "2026-02-01"
    assert admin.post(f"{MEMBERSHIPS}add/", values).status_code == 302
