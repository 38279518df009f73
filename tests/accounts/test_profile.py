"""The profile: how I appear and how the system speaks to me."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User

PROFILE = "/profile/"
TYPED = {
    "full_name": "Ana María López Pérez",
    "language": "en",
    "time_zone": "America/Bogota",
    "digest": "daily",
    "digest_hour": "6",
    "theme": "dark",
    "shortcuts_on": "on",
}


def test_profile_saves_what_was_typed(client_for):
    client = client_for("caseworker")
    assert client.post(PROFILE, TYPED)["Location"] == PROFILE
    user = User.objects.get(pk=client.user.pk)
    assert (user.full_name, user.language, user.time_zone) == ("Ana María López Pérez", "en", "America/Bogota")
    assert (user.digest_on, user.digest_hour, user.theme, user.shortcuts_on) == (True, 6, "dark", True)
    assert '<html lang="en"' in client.get(PROFILE).content.decode()


def test_sending_twice_changes_nothing_more(client_for):
    client = client_for("caseworker")
    client.post(PROFILE, TYPED)
    before = User.objects.values().get(pk=client.user.pk)
    assert client.post(PROFILE, TYPED).status_code == 302
    assert User.objects.values().get(pk=client.user.pk) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("full_name", ""),
        ("full_name", "   "),
        ("full_name", "\u200b\u00a0\u2060"),
        ("full_name", "x" * 151),
        ("full_name", "Ana\x0bLópez"),
        ("language", "xx"),
        ("time_zone", "America/Nowhere"),
        ("time_zone", "../../etc/passwd"),
        ("digest_hour", "24"),
        ("digest_hour", "-1"),
        ("digest_hour", "7.5"),
        ("digest", "7"),
        ("digest", ""),
        ("quiet_until", "24"),
        ("theme", "pink"),
    ],
)
def test_profile_refuses(client_for, field, value):
    client = client_for("caseworker")
    before = User.objects.values().get(pk=client.user.pk)
    response = client.post(PROFILE, {**TYPED, field: value})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    after = User.objects.values().get(pk=client.user.pk)
    assert after == before


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("José", "José"),
        ("  Ana   López ", "Ana López"),
        ("Ana\u202eLópez", "AnaLópez"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{7*7}}", "{{7*7}}"),
        ("O'Brien-Łukasz", "O'Brien-Łukasz"),
        ("X", "X"),
        ("آمنة 🌽", "آمنة 🌽"),
    ],
)
def test_names_are_stored_in_one_spelling_and_shown_as_text(client_for, typed, stored):
    client = client_for("caseworker")
    client.post(PROFILE, {**TYPED, "full_name": typed})
    client.user.refresh_from_db()
    assert client.user.full_name == stored
    assert "<script>alert(1)" not in client.get(PROFILE).content.decode()


def test_fields_that_are_not_on_the_form_are_ignored(client_for):
    client = client_for("caseworker")
    more = {
        "email": "x@example.org",
        "is_active": "",
        "is_staff": "1",
        "session_epoch": "9",
        "password": "x",
        "id": "1",
    }
    before = User.objects.values("email", "is_active", "session_epoch", "password").get(pk=client.user.pk)
    client.post(PROFILE, {**TYPED, **more})
    after = User.objects.values("email", "is_active", "session_epoch", "password").get(pk=client.user.pk)
    assert after == before


def test_profile_shows_roles_and_offices(client_for):
    client = client_for("caseworker", language="en")
    page = client.get(PROFILE).content.decode()
    assert str(client.office) in page
    assert "Caseworker" in page


def test_a_user_without_a_role_has_a_profile(client_for):
    assert client_for(None).get(PROFILE).status_code == 200


@pytest.mark.parametrize("chosen", ["light", "dark", "auto"])
def test_colours_change_from_any_page(client_for, chosen):
    client = client_for("caseworker", theme="light")
    response = client.post("/profile/theme/", {"theme": chosen, "next": "/cases/?a=1"})
    assert response["Location"] == "/cases/?a=1"
    client.user.refresh_from_db()
    assert client.user.theme == chosen
    assert client.cookies["theme"].value == chosen


def test_colours_by_htmx_answer_nothing(client_for):
    response = client_for("caseworker").post("/profile/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (204, b"")


def test_unknown_colours_are_refused(client_for):
    client = client_for("caseworker")
    assert client.post("/profile/theme/", {"theme": "pink"}).status_code == 400
    assert client.get("/profile/theme/").status_code == 405


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""])
def test_changing_colours_leads_nowhere_else(client_for, target):
    response = client_for("caseworker").post("/profile/theme/", {"theme": "dark", "next": target})
    assert response["Location"] == PROFILE


def test_the_clock_of_one_request_does_not_leak_into_the_next(client_for, settings):
    client = client_for("caseworker", time_zone="Pacific/Auckland")
    assert client.get(PROFILE).status_code == 200
    assert timezone.get_current_timezone_name() == settings.TIME_ZONE


def test_users_today_is_the_date_where_they_are(user_for):
    import time_machine

    with time_machine.travel(datetime.datetime(2026, 3, 15, 3, tzinfo=datetime.UTC), tick=False):
        assert user_for(time_zone="America/Guatemala").today() == datetime.date(2026, 3, 14)
        assert user_for(time_zone="Pacific/Auckland").today() == datetime.date(2026, 3, 15)


@pytest.mark.parametrize(
    ("name", "initials"), [("Ana", "A"), ("Ana López", "AL"), ("Ana María López Pérez", "AP"), ("ana lópez", "AL")]
)
def test_initials(name, initials):
    assert User(full_name=name).initials == initials


@pytest.mark.parametrize("name", ["profile", "kept", "keepalive", "theme"])
def test_addresses_need_a_sign_in(db, client, name):
    response = client.get(reverse(f"accounts:{name}"))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_profile_asks_the_database_as_often_for_one_role_as_for_three(
    client_for, user_for, office_for, django_assert_num_queries
):
    from accounts.models import Membership

    client = client_for("caseworker")
    with django_assert_num_queries(PROFILE_QUERIES):
        client.get(PROFILE)
    for code in ("CO", "ES"):
        Membership.objects.create(user=client.user, office=office_for(code), role="auditor")
    with django_assert_num_queries(PROFILE_QUERIES):
        client.get(PROFILE)


# Session, user, the user again (a form must not change the one the page is drawn for), memberships, unread letters.
PROFILE_QUERIES = 5
