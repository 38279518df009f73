"""What was typed into a session that is over is kept for its writer, and for nobody else."""

import datetime
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.middleware import SEEN
from accounts.models import ParkedText
from accounts.parking import page_of, parked_for

PROFILE, KEPT, LOGIN = "/profile/", "/profile/kept/", "/accounts/login/"
PASSWORD = "first-password-of-this-person"
TYPED = {"full_name": "Rosa Elena Quej Coc", "language": "es", "note": "Habló con la empresa\ny volverá a llamar."}


@pytest.fixture
def left_alone(user_for, signed_in):
    """A caseworker whose browser has an open page and a session that was not used for 31 minutes."""
    client = signed_in(user_for("caseworker", password=PASSWORD))
    end(client)
    return client


def end(client):
    session = client.session
    session[SEEN] = time.time() - 31 * 60
    session.save()


def sign_in_again(client, user, next_page=KEPT):
    credentials = {"login": user.email, "password": PASSWORD, "next": next_page}
    return client.post(LOGIN, credentials, follow=True)


def test_text_is_there_after_signing_in(left_alone):
    response = left_alone.post(PROFILE, TYPED)
    assert response["Location"] == f"{LOGIN}?next=/profile/kept/"
    sign_in_page = left_alone.get(response["Location"])
    assert "Rosa Elena" not in sign_in_page.content.decode()
    page = sign_in_again(left_alone, left_alone.user)
    assert page.redirect_chain == [(KEPT, 302)]
    assert "Rosa Elena Quej Coc" in page.content.decode()
    assert "Habló con la empresa" in page.content.decode()
    assert ParkedText.objects.get().path == PROFILE


def test_sending_it_again_does_the_deed_and_forgets_the_text(left_alone):
    typed = {**TYPED, "time_zone": "America/Bogota", "digest": "daily", "digest_hour": "6", "theme": "dark"}
    left_alone.post(PROFILE, typed)
    left_alone.user.refresh_from_db()
    assert left_alone.user.full_name != "Rosa Elena Quej Coc"
    page = sign_in_again(left_alone, left_alone.user)
    [text] = page.context["texts"]
    assert text["page"] == PROFILE
    left_alone.post(text["page"], dict(text["fields"]))
    left_alone.user.refresh_from_db()
    assert left_alone.user.full_name == "Rosa Elena Quej Coc"
    assert not ParkedText.objects.exists()


def test_a_refused_second_try_keeps_the_text(left_alone):
    left_alone.post(PROFILE, {**TYPED, "time_zone": "Nowhere"})
    sign_in_again(left_alone, left_alone.user)
    assert left_alone.post(PROFILE, {**TYPED, "time_zone": "Nowhere"}).status_code == 422
    assert ParkedText.objects.exists()


def test_nobody_else_ever_sees_it(left_alone, user_for):
    left_alone.post(PROFILE, TYPED)
    other = user_for("caseworker", password=PASSWORD)
    page = sign_in_again(left_alone, other)
    assert "Rosa Elena" not in page.content.decode()
    assert page.redirect_chain[-1][0] == "/"
    text = ParkedText.objects.get()
    assert left_alone.post(f"/profile/kept/{text.pk}/discard/").status_code == 404
    assert ParkedText.objects.filter(pk=text.pk, user=left_alone.user).exists()


def test_the_page_itself_can_ask_for_it(left_alone):
    left_alone.post(PROFILE, TYPED)
    sign_in_again(left_alone, left_alone.user)
    request = RequestFactory().get(PROFILE)
    request.user, request.session = left_alone.user, left_alone.session
    assert parked_for(request)["note"] == TYPED["note"]
    elsewhere = RequestFactory().get("/other/")
    elsewhere.user, elsewhere.session = left_alone.user, left_alone.session
    assert parked_for(elsewhere) is None


def test_asking_costs_nothing_when_nothing_waits(client_for, django_assert_num_queries):
    client = client_for("caseworker")
    request = RequestFactory().get(PROFILE)
    request.user, request.session = client.user, client.session
    request.session.get("x")
    with django_assert_num_queries(0):
        assert parked_for(request) is None


def test_text_survives_a_session_that_is_gone_altogether(user_for, client):
    user = user_for("caseworker", password=PASSWORD)
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    client.session.flush()
    response = client.post(PROFILE, TYPED)
    assert response["Location"] == f"{LOGIN}?next=/profile/kept/"
    assert "Rosa Elena" in sign_in_again(client, user).content.decode()


def test_text_survives_signing_out_on_another_tab(user_for, client):
    user = user_for("caseworker", password=PASSWORD)
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    client.post("/accounts/logout/")
    client.post(PROFILE, TYPED)
    assert "Rosa Elena" in sign_in_again(client, user).content.decode()


def test_a_stranger_parks_nothing(db):
    response = Client().post(PROFILE, TYPED)
    assert response["Location"] == f"{LOGIN}?next=/profile/"
    assert not ParkedText.objects.exists()


@pytest.mark.parametrize("cookie", ["", "1", "eyJ1c2VyIjoxfQ:x:y", "\x00", "a" * 8000])
def test_a_forged_owner_parks_nothing(user_for, cookie):
    user_for("caseworker")
    client = Client()
    client.cookies["iomcase_owner"] = cookie
    assert client.post(PROFILE, TYPED).status_code == 302
    assert not ParkedText.objects.exists()


def test_a_forged_form_parks_nothing(user_for, signed_in):
    client = signed_in(user_for("caseworker"), Client(enforce_csrf_checks=True))
    end(client)
    assert client.post(PROFILE, TYPED).status_code == 403
    assert not ParkedText.objects.exists()


def test_htmx_is_led_to_it_too(left_alone):
    response = left_alone.post(PROFILE, TYPED, headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, f"{LOGIN}?next=/profile/kept/")
    assert ParkedText.objects.exists()


def test_secrets_and_sign_in_pages_are_never_kept(left_alone):
    left_alone.post(PROFILE, {**TYPED, "password": "top-secret", "csrfmiddlewaretoken": "abc"})
    assert "top-secret" not in ParkedText.objects.get().body
    assert "abc" not in ParkedText.objects.get().body
    end(left_alone)
    left_alone.post("/accounts/password/change/", {"oldpassword": "top-secret", "hint": "x"})
    assert ParkedText.objects.count() == 1


def test_files_are_not_kept_and_that_is_said(left_alone):
    left_alone.post(PROFILE, {**TYPED, "scan": SimpleUploadedFile("a.txt", b"x")})
    assert ParkedText.objects.get().files_lost
    page = sign_in_again(left_alone, left_alone.user)
    assert ">Send it now<" not in page.content.decode()


def test_far_too_much_text_is_not_kept(left_alone):
    left_alone.post(PROFILE, {"note": "x" * 600_000})
    assert not ParkedText.objects.exists()


def test_a_later_text_for_the_same_page_replaces_the_earlier(left_alone):
    left_alone.post(PROFILE, TYPED)
    sign_in_again(left_alone, left_alone.user)
    end(left_alone)
    left_alone.post(PROFILE, {**TYPED, "note": "second"})
    assert "second" in ParkedText.objects.get().body


def test_kept_text_is_forgotten_after_a_day(left_alone):
    left_alone.post(PROFILE, TYPED)
    ParkedText.objects.update(parked_at=timezone.now() - datetime.timedelta(hours=25))
    page = sign_in_again(left_alone, left_alone.user)
    assert "Rosa Elena" not in page.content.decode()
    end(left_alone)
    left_alone.post("/profile/theme/", {"theme": "dark"})
    assert not ParkedText.objects.filter(path=PROFILE).exists()


def test_discarding(left_alone):
    left_alone.post(PROFILE, TYPED)
    sign_in_again(left_alone, left_alone.user)
    left_alone.post(f"/profile/kept/{ParkedText.objects.get().pk}/discard/")
    assert not ParkedText.objects.exists()


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "https://evil.example/", "/people/?a=1"])
def test_the_page_of_a_text_is_always_ours(path):
    address = page_of(ParkedText(path=path))
    assert address.startswith("/")
    assert not address.startswith(("//", "/\\"))


def test_a_page_left_open_can_be_sent_after_signing_in_on_another_tab(user_for):
    """The form token stays when the same user signs in again in their own browser."""
    user = user_for("caseworker", password=PASSWORD)
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    token = client.cookies["csrftoken"].value
    client.post(LOGIN, {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    client.get(PROFILE)
    token = client.cookies["csrftoken"].value
    end(client)
    client.get(PROFILE)
    client.post(LOGIN, {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    left_open = {**TYPED, "time_zone": "America/Bogota", "digest": "daily", "digest_hour": "6", "theme": "dark"}
    assert client.post(PROFILE, {**left_open, "csrfmiddlewaretoken": token}).status_code == 302
    user.refresh_from_db()
    assert user.full_name == "Rosa Elena Quej Coc"


def test_the_form_token_changes_for_another_user(user_for):
    one, two = user_for("caseworker", password=PASSWORD), user_for("caseworker", password=PASSWORD)
    client = Client(enforce_csrf_checks=True)
    client.get(LOGIN)
    token = client.cookies["csrftoken"].value
    client.post(LOGIN, {"login": one.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    token = client.cookies["csrftoken"].value
    client.post("/accounts/logout/", {"csrfmiddlewaretoken": token})
    client.post(LOGIN, {"login": two.email, "password": PASSWORD, "csrfmiddlewaretoken": token})
    assert client.post(PROFILE, {**TYPED, "csrfmiddlewaretoken": token}).status_code == 403
