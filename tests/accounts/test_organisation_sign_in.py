"""The organisation's account: only for who is connected already, by issuer and subject, never by e-mail."""

import os
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.test import RequestFactory

from accounts.models import User


@pytest.fixture
def user(user_for):
    return user_for("caseworker", email="ana@example.org")


def arrive(subject, email, *, by=None, process="login", provider="organisation"):
    """Come back from the issuer with an identity; returns the answer and who is signed in now."""
    request = RequestFactory().get("/accounts/organisation/organisation/back/")
    request.user = by or AnonymousUser()
    SessionMiddleware(lambda _request: None).process_request(request)
    MessageMiddleware(lambda _request: None).process_request(request)
    login = SocialLogin(
        user=User(email=email, full_name="From the issuer"),
        account=SocialAccount(provider=provider, uid=subject, extra_data={"email": email, "email_verified": True}),
        email_addresses=[EmailAddress(email=email, verified=True, primary=True)],
    )
    login.state = {"process": process}
    with context.request_context(request):
        response = complete_social_login(request, login)
    return response, request.user


def test_an_unknown_identity_with_a_known_address_is_refused(user):
    response, now = arrive("subject-1", "ana@example.org")
    assert response["Location"] == "/accounts/login/"
    assert now.is_anonymous
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_an_unknown_identity_with_an_unknown_address_makes_no_account(db):
    _response, now = arrive("subject-1", "eve@example.org")
    assert now.is_anonymous
    assert not User.objects.exists()


def test_a_connected_identity_opens_its_account_whatever_address_it_names(user):
    SocialAccount.objects.create(user=user, provider="organisation", uid="subject-1")
    response, now = arrive("subject-1", "renamed@example.org")
    assert response.status_code == 302
    assert now == user
    user.refresh_from_db()
    assert user.email == "ana@example.org"


@pytest.mark.parametrize(("subject", "provider"), [("subject-2", "organisation"), ("subject-1", "elsewhere")])
def test_another_subject_or_issuer_is_another_identity(user, subject, provider):
    SocialAccount.objects.create(user=user, provider="organisation", uid="subject-1")
    _response, now = arrive(subject, "ana@example.org", provider=provider)
    assert now.is_anonymous


def test_a_deactivated_user_is_not_let_in(user):
    SocialAccount.objects.create(user=user, provider="organisation", uid="subject-1")
    User.objects.filter(pk=user.pk).update(is_active=False)
    response, now = arrive("subject-1", "ana@example.org")
    assert now.is_anonymous
    assert response["Location"] == "/accounts/login/"


def test_a_signed_in_user_connects_their_own(user, settings):
    app = {
        "provider_id": "organisation",
        "name": "Org",
        "client_id": "x",
        "settings": {"server_url": "https://id.test"},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    arrive("subject-1", "whatever@example.org", by=user, process="connect")
    assert SocialAccount.objects.get().user == user
    assert not EmailAddress.objects.exists()


def test_an_identity_of_somebody_else_cannot_be_taken_over(user, user_for):
    SocialAccount.objects.create(user=user, provider="organisation", uid="subject-1")
    arrive("subject-1", "ana@example.org", by=user_for("caseworker"), process="connect")
    assert SocialAccount.objects.get().user == user


def test_the_button_is_there_only_when_a_server_is_set(db, client):
    assert b"/accounts/organisation/" not in client.get("/accounts/login/").content


@pytest.mark.slow
def test_with_a_server_set_its_routes_are_declared_and_named_after_it():
    program = (
        "import django; django.setup(); from django.core.management import call_command; call_command('check');"
        "from django.urls import reverse; from django.conf import settings;"
        "[app] = settings.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'];"
        "print(reverse('openid_connect_callback', args=[app['provider_id']]))"
    )
    environment = {**os.environ, "OPENID_CONNECT_SERVER": "https://Login.example.org/tenant-1/v2.0"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert "/accounts/organisation/login-example-org-tenant-1-v2-0/back/" in done.stdout
