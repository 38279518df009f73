"""The second factor: on every path, each code once, its secrets sealed."""

import json
import re
import threading
import time
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import invitations
from accounts.models import User
from programmes.base.notifications.models import Letter

LOGIN, PROFILE, ASK = "/accounts/login/", "/profile/", "/accounts/factors/ask/"
PASSWORD = "first-password-of-this-person"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def secret():
    return generate_totp_secret()


@pytest.fixture
def user(user_for, secret):
    user = user_for("administrator", password=PASSWORD, email="ana@example.org", language="en")
    TOTP.activate(user, secret)
    return user


def code_of(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def give_password(client, user):
    return client.post(LOGIN, {"login": user.email, "password": PASSWORD})


def is_signed_in(client):
    return client.get(PROFILE).status_code == 200


# --- At the door --------------------------------------------------------------------------------------------------


def test_password_alone_opens_nothing(user, client):
    assert give_password(client, user)["Location"] == ASK
    for page in (PROFILE, "/admin/", "/profile/keep-alive/"):
        assert client.get(page)["Location"].startswith(("/accounts/login/", "/admin/login/"))
    assert not is_signed_in(client)


def test_password_and_code_open(user, client, secret):
    give_password(client, user)
    assert client.post(ASK, {"code": code_of(secret)}).status_code == 302
    assert is_signed_in(client)


@pytest.mark.parametrize("code", ["", "000000", "abc", "12345", "1" * 500, "١٢٣٤٥٦"])
def test_a_wrong_code_does_not(user, client, code):
    give_password(client, user)
    assert client.post(ASK, {"code": code}).status_code == 200
    assert not is_signed_in(client)


def test_code_without_the_password_opens_nothing(user, client, secret):
    assert client.post(ASK, {"code": code_of(secret)})["Location"] == LOGIN
    assert not is_signed_in(client)


def test_code_of_somebody_else_opens_nothing(user, user_for, client):
    other_secret = generate_totp_secret()
    TOTP.activate(user_for("caseworker"), other_secret)
    give_password(client, user)
    client.post(ASK, {"code": code_of(other_secret)})
    assert not is_signed_in(client)


def test_deactivated_between_password_and_code(user, client, secret):
    give_password(client, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    client.post(ASK, {"code": code_of(secret)})
    assert not is_signed_in(client)


def test_link_for_a_new_password_does_not_go_around_it(user, client):
    from tests.accounts.test_signing_in import choose

    choose(client, invitations.link_for(user), PASSWORD[::-1])
    assert not is_signed_in(client)
    response = client.post(LOGIN, {"login": user.email, "password": PASSWORD[::-1]})
    assert response["Location"] == ASK
    assert not is_signed_in(client)


def test_guessing_codes_ends_after_ten(user, client, secret):
    give_password(client, user)
    for guess in range(12):
        client.post(ASK, {"code": f"{guess:06}"})
    client.post(ASK, {"code": code_of(secret)})
    assert not is_signed_in(client)


# --- Once ---------------------------------------------------------------------------------------------------------


def test_a_code_counts_once(user, secret):
    code = code_of(secret)
    first, second = Client(), Client()
    give_password(first, user)
    give_password(second, user)
    first.post(ASK, {"code": code})
    second.post(ASK, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_a_code_counts_once_although_the_cache_was_emptied(user, secret):
    code = code_of(secret)
    first, second = Client(), Client()
    give_password(first, user)
    give_password(second, user)
    first.post(ASK, {"code": code})
    cache.clear()
    second.post(ASK, {"code": code})
    assert not is_signed_in(second)


def test_an_earlier_code_does_not_count_after_a_later_one(user, secret):
    with time_machine.travel("2026-03-02T08:00:10Z", tick=False):
        first, second = Client(), Client()
        give_password(first, user)
        first.post(ASK, {"code": code_of(secret)})
        assert is_signed_in(first)
        give_password(second, user)
        second.post(ASK, {"code": code_of(secret, steps=-1)})
        assert not is_signed_in(second)
        second.post(ASK, {"code": code_of(secret, steps=1)})
        assert is_signed_in(second)


def in_parallel(user, code, how_many=20):
    """Send one code from many browsers at the same moment; returns how many were let in."""
    browsers = [Client() for _ in range(how_many)]
    for browser in browsers:
        assert give_password(browser, user)["Location"] == ASK
    gate = threading.Barrier(how_many)
    let_in = []

    def send(browser):
        try:
            gate.wait()
            browser.post(ASK, {"code": code})
            if is_signed_in(browser):
                let_in.append(browser)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(let_in)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_code_one_gets_in(user, secret):
    assert in_parallel(user, code_of(secret)) == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_recovery_code_one_gets_in(user):
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    assert in_parallel(user, code) == 1


def test_recovery_code_opens_once(user):
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    first, second = Client(), Client()
    for browser in (first, second):
        give_password(browser, user)
        browser.post(ASK, {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


# --- Secrets ------------------------------------------------------------------------------------------------------


def test_secrets_are_sealed_in_the_database(user, secret):
    RecoveryCodes.activate(user)
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert all(code not in stored for code in RecoveryCodes.activate(user).get_unused_codes())


def test_secrets_open_after_the_key_was_changed(user, secret, client, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 6
    give_password(client, user)
    client.post(ASK, {"code": code_of(secret)})
    assert is_signed_in(client)


def test_resealing_lets_the_old_key_go(user, secret, client, settings):
    RecoveryCodes.activate(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 6
    call_command("reseal_factors", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []
    give_password(client, user)
    client.post(ASK, {"code": code_of(secret)})
    assert is_signed_in(client)
    assert RecoveryCodes.activate(user).get_unused_codes()


# --- Required -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PROFILE, "/admin/", "/admin/accounts/user/", "/profile/kept/", "/notifications/"])
def test_whoever_has_none_yet_sees_only_the_pages_that_set_it_up(required, client_for, path):
    client = client_for("administrator")
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/factors/?next=")
    for allowed in ("/accounts/factors/", "/accounts/factors/application/add/", "/accounts/passkeys/add/"):
        assert client.get(allowed).status_code == 200


def test_a_form_is_not_taken_either(required, client_for):
    client = client_for("administrator")
    assert client.post("/profile/theme/", {"theme": "dark"}).status_code == 302
    client.user.refresh_from_db()
    assert client.user.theme == "auto"
    response = client.post("/profile/theme/", {"theme": "dark"}, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/accounts/factors/?next=%2F")


def test_a_session_from_before_the_factor_is_asked_for_it(required, signed_in, user, secret):
    client = signed_in(user)
    response = client.get(PROFILE)
    assert response["Location"].startswith("/accounts/factors/ask-again/")
    client.post("/accounts/factors/ask-again/", {"code": code_of(secret), "next": PROFILE})
    assert is_signed_in(client)


def test_a_session_with_password_and_code_passes(required, user, client, secret):
    give_password(client, user)
    client.post(ASK, {"code": code_of(secret)})
    assert is_signed_in(client)
    assert client.get("/admin/").status_code == 200


def test_asking_costs_a_passed_session_no_query(required, user, client, secret, django_assert_max_num_queries):
    give_password(client, user)
    client.post(ASK, {"code": code_of(secret)})
    client.get("/profile/kept/")
    with django_assert_max_num_queries(3):
        client.post("/profile/keep-alive/")


def test_signing_out_is_always_possible(required, client_for):
    client = client_for("caseworker")
    client.post("/accounts/logout/")
    assert client.get(PROFILE)["Location"].startswith(LOGIN)


def test_admin_sign_in_page_leads_to_the_one_door(db, client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(LOGIN)


@pytest.mark.django_db(transaction=True)
def test_setting_up_the_application(client_for):
    client = client_for("caseworker", language="en")
    page = client.get("/accounts/factors/application/add/").content.decode()
    secret = client.session["mfa.totp.secret"]
    assert "data:image/svg+xml;base64," in page
    assert not re.search(r"<svg[^>]*><path[^>]*style=", page)
    response = client.post("/accounts/factors/application/add/", {"code": code_of(secret)})
    assert response["Location"] == "/accounts/factors/codes/"
    codes = client.get(response["Location"]).content.decode()
    assert RecoveryCodes.activate(client.user).get_unused_codes()[0] in codes
    assert Letter.objects.filter(to=client.user, kind="account_changed").exists()


def test_changing_a_factor_asks_for_the_password_again_after_ten_minutes(user, client, secret):
    with time_machine.travel("2026-03-02T08:00:10Z", tick=False) as clock:
        give_password(client, user)
        client.post(ASK, {"code": code_of(secret)})
        page = "/accounts/factors/application/remove/"
        assert client.get(page).status_code == 200
        clock.shift(601)
        response = client.post(page)
        assert response["Location"].startswith("/accounts/reauthenticate/")
        assert Authenticator.objects.filter(user=user, type="totp").exists()
        client.post("/accounts/reauthenticate/", {"password": "wrong-password-of-somebody"})
        assert client.get(page).status_code == 302
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert client.get(page).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["add", "remove"])
def test_changing_a_factor_ends_the_other_sessions(user_for, signed_in, change, secret):
    user = user_for("caseworker")
    if change == "remove":
        TOTP.activate(user, secret)
    here, elsewhere = signed_in(user), signed_in(user)
    if change == "add":
        here.get("/accounts/factors/application/add/")
        here.post("/accounts/factors/application/add/", {"code": code_of(here.session["mfa.totp.secret"])})
    else:
        here.post("/accounts/factors/application/remove/")
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_switching_the_language_needs_no_factor(required, client_for):
    client = client_for("caseworker", language="es")
    client.post("/i18n/setlang/", {"language": "en", "next": "/accounts/factors/"})
    client.user.refresh_from_db()
    assert client.user.language == "en"
