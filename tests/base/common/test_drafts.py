"""Drafts: saved while typing, offered again to their writer alone, gone when the form was sent."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from programmes.base.common import drafts
from programmes.models import Draft, Person
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes():
    """What the form of a person asks for."""
    CodeFactory(list="country", code="GTM")


@pytest.fixture
def opened(client_for):
    """A caseworker with the page of a person's facts open: client, person, address, what the form would send."""
    client, person = client_for("caseworker"), PersonFactory(second_surname="Caal")
    address = reverse("people:edit", args=[person.public_id])
    page = client.get(address).content.decode()
    sent = {
        "draft": re.search(r'data-draft="([^"]+)"', page)[1],
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],
        "version": str(person.version), "given_names": "Ana Lucía", "first_surname": "Tzoc", "sex": "female",
        "birth_date_0": "", "birth_date_1": "", "birth_date_2": "1992", "birth_precision": "year", "nationality": "GTM",
    }  # fmt: skip
    return client, person, address, sent


def save(client, sent):
    return client.post(reverse("drafts:save"), sent)


def test_what_is_typed_is_saved_and_offered_again(opened):
    client, _person, address, sent = opened
    response = save(client, sent)
    assert response.status_code == 200
    assert re.search(r"\d:\d\d", response.content.decode())
    page = client.get(address).content.decode()
    assert f"{address}?draft={sent['key']}" in page
    assert "Ana Lucía" not in page
    again = client.get(f"{address}?draft={sent['key']}")
    assert again.status_code == 200
    assert 'value="Ana Lucía"' in again.content.decode()
    assert f'value="{sent["key"]}"' in again.content.decode()


def test_a_draft_is_not_judged_before_it_is_sent(opened):
    client, _person, address, sent = opened
    save(client, sent | {"birth_date_2": "94", "first_surname": ""})
    page = client.get(f"{address}?draft={sent['key']}").content.decode()
    assert 'class="errsum"' not in page
    assert "is-invalid" not in page


def test_saving_again_replaces_and_another_page_is_another_draft(opened):
    client, _person, address, sent = opened
    save(client, sent)
    save(client, sent | {"given_names": "Ana María"})
    save(client, sent | {"key": str(uuid.uuid4()), "given_names": "Rosa"})
    assert [row.data["given_names"] for row in Draft.objects.order_by("saved_at")] == [["Ana María"], ["Rosa"]]
    assert client.get(address).content.decode().count("?draft=") == 2


def test_sending_the_form_forgets_the_draft_and_a_late_save_does_not_bring_it_back(opened):
    client, person, address, sent = opened
    save(client, sent)
    assert client.post(f"{address}?draft={sent['key']}", sent).status_code == 302
    person.refresh_from_db()
    assert (person.given_names, person.birth_precision) == ("Ana Lucía", "year")
    assert not Draft.objects.exists()
    assert save(client, sent).status_code == 204
    assert not Draft.objects.exists()


def test_a_refused_form_keeps_its_draft(opened):
    client, _person, address, sent = opened
    save(client, sent)
    assert client.post(address, sent | {"given_names": ""}).status_code == 422
    assert Draft.objects.count() == 1


def test_nobody_else_sees_or_touches_a_draft(opened, client_for):
    client, _person, address, sent = opened
    save(client, sent)
    colleague = client_for("caseworker")
    assert "?draft=" not in colleague.get(address).content.decode()
    assert "Ana Lucía" not in colleague.get(f"{address}?draft={sent['key']}").content.decode()
    assert save(colleague, sent).status_code == 400
    assert colleague.post(reverse("drafts:discard"), {"draft": sent["draft"]}).status_code == 400
    assert Draft.objects.get().user == client.user


def test_a_draft_of_one_page_is_not_shown_on_another(opened):
    client, _person, _address, sent = opened
    save(client, sent)
    other = reverse("people:edit", args=[PersonFactory().public_id])
    page = client.get(f"{other}?draft={sent['key']}").content.decode()
    assert "Ana Lucía" not in page


@pytest.mark.parametrize("token", ["", "x", "/people/new/", "eyJ0eXAi.x.y"])
def test_a_bent_token_saves_nothing(client_for, token):
    client = client_for("caseworker")
    assert save(client, {"draft": token, "key": str(uuid.uuid4()), "a": "b"}).status_code == 400
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"key": "x"}, {"key": ""}, {"given_names": "x" * 100_001}], ids=["bent key", "no key", "too long"]
)
def test_what_cannot_be_kept_is_not(opened, changes):
    client, _person, _address, sent = opened
    assert save(client, sent | changes).status_code == 204
    assert not Draft.objects.exists()


def test_tokens_of_the_session_are_not_kept(opened):
    client, _person, _address, sent = opened
    save(client, sent | {"csrfmiddlewaretoken": "secret", "password": "secret"})
    assert "secret" not in str(Draft.objects.get().data)


def test_starting_anew_forgets_and_leads_back(opened):
    client, _person, address, sent = opened
    save(client, sent)
    assert client.post(reverse("drafts:discard"), {"draft": sent["draft"]}).url == address
    assert not Draft.objects.exists()


def test_old_drafts_are_neither_offered_nor_kept(opened):
    client, _person, address, sent = opened
    save(client, sent)
    Draft.objects.update(saved_at=timezone.now() - drafts.KEEP_FOR - timedelta(minutes=1))
    assert "?draft=" not in client.get(address).content.decode()
    assert drafts.expire() == 1


def test_only_the_newest_of_a_page_are_kept(opened):
    client, _person, _address, sent = opened
    for _n in range(drafts.MOST_OF_A_PAGE + 2):
        save(client, sent | {"key": str(uuid.uuid4())})
    assert Draft.objects.count() == drafts.MOST_OF_A_PAGE


def test_a_draft_outlives_the_session_and_is_not_parked_twice(opened):
    client, person, address, sent = opened
    save(client, sent)
    client.logout()
    assert save(client, sent).status_code == 302
    client.force_login(client.user)
    assert f"?draft={sent['key']}" in client.get(address).content.decode()
    assert Person.objects.get(pk=person.pk).given_names != "Ana Lucía"
