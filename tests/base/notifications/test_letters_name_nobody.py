"""No letter of any kind carries personal data: case numbers, generic words and links that need a sign-in, no more."""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from programmes.base.notifications import actions, delivery, digests
from programmes.base.notifications.kinds import DIGEST, KINDS, SECRET
from programmes.base.notifications.models import Letter
from programmes.base.notifications.sources import Group

from .conftest import CANARIES

NOON = dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC)
FACTS = {
    "step": "Repeat medical exam",
    "due_on": dt.date(2026, 3, 12),
    "programme": "Guatemala → Canada",
    "month": dt.date(2026, 3, 1),
    "what": "Your password was changed.",
    "count": 12,
    "who": "Ana Beltrán",
    "approved": True,
    **dict.fromkeys(("ready", "to_decide", "wrong", "done", "left_out", "stuck"), 7),
    "state": "staged",
    "page": "/cases/",
    "at": "2026-03-01 10:00 UTC",
    "request": "4f0c",
    "words": "It stays white.",
    "number": 12,
    "demand": "D-2026-0031",
    "day": 10,
    "limit": 15,
    "until": "1 mar",
    "held": 2,
    "flight": "TS 415",
    **dict.fromkeys(("day_was", "lands"), dt.date(2026, 3, 29)),
    **dict.fromkeys(("at_was", "lands_at"), "08:15"),
    "origin": "Guatemala",
    "reason": "Bad weather",
    "destination": "Montréal",
    "cases": "GT-2026-00412",
    "head": "5f" * 32,
    "link": "http://127.0.0.1:8000/accounts/password/reset/",
}


@pytest.fixture
def every_letter(reader, case, due_work, everybody_sees):
    """One letter of each kind in each language, all about people with canaries in their files, as they went out."""
    kinds = set()
    for language, _name in settings.LANGUAGES:
        for kind in KINDS.values():
            person = reader(language=language, full_name="Recipienta Canario")
            about = case()
            facts = FACTS | {"case_number": about.number}
            letter = actions.queue(
                key=f"{kind.code}:{language}",
                to=person,
                kind=kind.code,
                context={name: facts[name] for name in kind.facts},
                path=f"/cases/{about.public_id}/",
                enrolment=about if "case_number" in kind.facts else None,
            )
            kinds.add(letter.kind)
            delivery.deliver([letter.pk])
        person = reader(language=language, full_name="Recipienta Canario")
        due_work[person.pk] = [(group, 0, "Repeat medical exam", case().number) for group in Group]
        delivery.deliver(digests.compose([person.pk], NOON))
        kinds.add(DIGEST)
    assert kinds == {*KINDS, DIGEST}
    assert len(mail.outbox) == len(kinds) * len(settings.LANGUAGES)
    return mail.outbox


def whole(message):
    """Head, text and HTML of a message, decoded."""
    head = "\n".join(f"{name}: {value}" for name, value in message.message().items())
    return "\n".join([head, message.subject, message.body, message.alternatives[0][0]])


def test_no_letter_names_the_person_behind_the_case(every_letter):
    for message in every_letter:
        for canary in (*CANARIES, "Canario"):
            assert canary.lower() not in whole(message).lower(), message.subject


def test_no_letter_has_attachments_or_loads_anything(every_letter):
    for message in every_letter:
        assert message.attachments == []
        assert not re.search(r"<(img|link|script|iframe|object)\b|\bsrc=|url\(", message.alternatives[0][0])


def test_every_link_leads_to_this_site_and_needs_a_sign_in(every_letter):
    checked = 0
    for message in every_letter:
        links = re.findall(r'href="([^"]+)"', message.alternatives[0][0]) + re.findall(r"https?://\S+", message.body)
        for link in links:
            assert link.startswith(f"{settings.SITE_URL}/"), link
            if link == FACTS["link"]:
                continue
            answer = Client().get(link.removeprefix(settings.SITE_URL))
            assert answer.status_code in {302, 404}, link
            if answer.status_code == 302:
                assert answer["Location"].startswith("/accounts/login/")
                checked += 1
    assert checked


def test_the_outbox_itself_holds_no_name(every_letter):
    for row in Letter.objects.values():
        text = " ".join(str(value) for value in row.values())
        assert not any(canary in text for canary in (*CANARIES, "Canario")), row["kind"]


def test_words_that_open_an_account_are_gone_from_the_outbox(every_letter):
    assert not Letter.objects.filter(kind__in=SECRET).exclude(body_text="", body_html="").exists()


def test_logs_carry_no_address_and_no_words_of_a_letter(reader, caplog, sink):
    letter = actions.queue(
        key="log", to=reader(email="canary@example.org"), kind="case_assigned", context={"case_number": "GT-CANARY"}
    )
    sink.answers = ["550 5.1.1 <canary@example.org> is unknown"]
    delivery.deliver([letter.pk])
    letter.refresh_from_db()
    assert letter.state == "flagged"
    assert "canary" not in caplog.text.lower()
    assert "canary" not in letter.last_error
