"""Sessions end: left alone, after twelve hours, by sign-out, new password, deactivation. No old cookie works again."""

import datetime
import time

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import SEEN, STARTED
from accounts.models import Membership, User

PROFILE = "/profile/"
LOGIN = "/accounts/login/"


def is_signed_in(client):
    return client.get(PROFILE).status_code == 200


def age(client, **seconds):
    """Let a session look as old as it says: `seen=` and `started=` seconds ago."""
    session = client.session
    for key, name in ((SEEN, "seen"), (STARTED, "started")):
        if name in seconds:
            session[key] = time.time() - seconds[name]
    session.save()


def old_cookie(client):
    """Return another browser that holds a copy of this one's session cookie."""
    copy = Client()
    copy.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return copy


@pytest.mark.parametrize(("seen", "alive"), [(0, True), (29 * 60, True), (30 * 60 + 1, False), (10 * 3600, False)])
def test_session_ends_after_half_an_hour_alone(client_for, seen, alive):
    client = client_for("caseworker")
    age(client, seen=seen)
    assert is_signed_in(client) is alive


@pytest.mark.parametrize(("started", "alive"), [(11 * 3600, True), (12 * 3600 + 1, False)])
def test_session_ends_after_twelve_hours_however_busy(client_for, started, alive):
    client = client_for("caseworker")
    age(client, seen=1, started=started)
    assert is_signed_in(client) is alive


def test_use_keeps_the_session_alive(client_for):
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        client = client_for("caseworker")
        for _quarter in range(20):
            clock.shift(datetime.timedelta(minutes=25))
            assert is_signed_in(client)
        clock.shift(datetime.timedelta(minutes=31))
        assert not is_signed_in(client)


def test_ended_session_is_gone_from_the_database_and_its_cookie_is_dead(client_for):
    client = client_for("caseworker")
    copy = old_cookie(client)
    key = client.session.session_key
    age(client, seen=31 * 60)
    response = client.get(PROFILE)
    assert response.status_code == 302
    assert response["Location"].startswith(LOGIN)
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_signed_in(copy)


def test_sign_in_page_says_why(client_for):
    client = client_for("caseworker", language="en")
    age(client, seen=31 * 60)
    response = client.get(PROFILE, follow=True, headers={"accept-language": "en"})
    assert "30 minutes" in response.content.decode()


def test_activity_is_written_at_most_once_a_minute(client_for, django_assert_num_queries):
    client = client_for("caseworker")
    client.get(reverse("accounts:kept"))
    before = User.objects.get(pk=client.user.pk).last_seen_at
    session_before = client.session[SEEN]
    client.get(PROFILE)
    assert client.session[SEEN] == session_before
    assert User.objects.get(pk=client.user.pk).last_seen_at == before
    age(client, seen=61)
    client.get(PROFILE)
    assert time.time() - client.session[SEEN] < 5
    assert timezone.now() - User.objects.get(pk=client.user.pk).last_seen_at < datetime.timedelta(seconds=5)


def test_keeping_alive_counts_as_use(client_for):
    client = client_for("caseworker")
    age(client, seen=28 * 60)
    assert client.post("/profile/keep-alive/").status_code == 204
    assert time.time() - client.session[SEEN] < 5
    assert client.get("/profile/keep-alive/").status_code == 405


def test_keeping_alive_does_not_revive(client_for):
    client = client_for("caseworker")
    age(client, seen=31 * 60)
    response = client.post("/profile/keep-alive/")
    assert response.status_code == 302
    assert response["Location"].startswith(LOGIN)


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(client_for, method):
    client = client_for("caseworker")
    age(client, seen=31 * 60)
    response = getattr(client, method)(PROFILE, headers={"HX-Request": "true"})
    assert response.status_code == 204
    assert response["HX-Redirect"].startswith(LOGIN)
    assert not response.content


def test_htmx_without_any_session_is_sent_there_too(db):
    response = Client().get(PROFILE, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, f"{LOGIN}?next=/profile/")


# --- What kills an old cookie -------------------------------------------------------------------------------------


def test_signing_out_kills_the_cookie(client_for):
    client = client_for("caseworker")
    copy = old_cookie(client)
    assert is_signed_in(copy)
    client.post("/accounts/logout/")
    assert not is_signed_in(copy)
    assert not is_signed_in(client)


def test_signing_out_takes_a_post(client_for):
    client = client_for("caseworker")
    client.get("/accounts/logout/")
    assert is_signed_in(client)


def test_a_new_password_kills_all_other_sessions(client_for, user_for, signed_in):
    user = user_for("caseworker", password="first-password-of-this-person")
    here, elsewhere = signed_in(user), signed_in(user)
    here.post(
        "/accounts/password/change/",
        {
            "oldpassword": "first-password-of-this-person",
            "password1": "second-password-of-this-person",
            "password2": "second-password-of-this-person",
        },
    )
    user.refresh_from_db()
    assert user.check_password("second-password-of-this-person")
    assert not is_signed_in(elsewhere)


def test_deactivation_is_immediate_and_for_good(client_for):
    client = client_for("caseworker")
    User.objects.filter(pk=client.user.pk).update(is_active=False)
    assert not is_signed_in(client)
    User.objects.filter(pk=client.user.pk).update(is_active=True)
    assert not is_signed_in(client)


def test_deactivation_kills_sessions_that_were_not_used_meanwhile(client_for):
    client = client_for("caseworker")
    User.objects.filter(pk=client.user.pk).update(is_active=False)
    User.objects.filter(pk=client.user.pk).update(is_active=True)
    assert not is_signed_in(client)


def test_ending_sessions_ends_all_of_one_user_only(client_for, signed_in):
    client, other = client_for("caseworker"), client_for("caseworker")
    second = signed_in(client.user)
    client.user.end_sessions()
    assert not is_signed_in(client)
    assert not is_signed_in(second)
    assert is_signed_in(other)


def test_an_old_copy_of_a_user_does_not_bring_sessions_back(client_for):
    client = client_for("caseworker")
    stale = User.objects.get(pk=client.user.pk)
    client.user.end_sessions()
    stale.save()
    assert not is_signed_in(client)


def test_a_right_taken_away_is_gone_with_the_next_click(client_for):
    client = client_for("administrator")
    page = "/admin/accounts/office/"
    assert client.get(page).status_code == 200
    Membership.objects.filter(user=client.user).update(
        valid_to=client.office.today() - datetime.timedelta(days=1),
    )
    assert client.get(page).status_code in {302, 403}


def test_own_sessions_are_listed_and_others_can_be_ended(user_for, client):
    user = user_for("caseworker", password="first-password-of-this-person")
    credentials = {"login": user.email, "password": "first-password-of-this-person"}
    elsewhere = Client(headers={"user-agent": "Telephone"})
    assert elsewhere.post(LOGIN, credentials).status_code == 302
    assert client.post(LOGIN, credentials).status_code == 302
    page = client.get("/accounts/sessions/")
    assert "Telephone" in page.content.decode()
    client.post("/accounts/sessions/")
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
