"""From facts to a letter: words in the recipient's language, and the message as it goes over the wire."""

import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formataddr
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from programmes.base.notifications import rules
from programmes.base.notifications.models import Letter

TEMPLATES = "base/notifications/email"
STYLESHEET = "css/letter.css"
STOP_SALT = "notifications.stop"
_STYLE = re.compile(r'\sstyle="[^"]*"')
_STYLE_BLOCK = re.compile(r"<style>.*?</style>", re.DOTALL)


@dataclass(frozen=True)
class Rendered:
    """A letter's words: subject, text part and HTML part of equal content."""

    subject: str
    text: str
    html: str


def language_of(user: Any) -> str:
    """The language this person is written to in: their own, or the site's when theirs is unknown."""
    known = {code for code, _name in settings.LANGUAGES}
    return user.language if user.language in known else settings.LANGUAGE_CODE


@contextmanager
def speaking_to(user: Any):
    """Speak the recipient's language and read the clock in the recipient's zone."""
    zone = rules.local_time(timezone.now(), user.time_zone).tzinfo
    with translation.override(language_of(user)), timezone.override(zone):
        yield


def absolute(path: str) -> str:
    """The address of a page for a mail: from SITE_URL alone, never from a request's headers."""
    return settings.SITE_URL.rstrip("/") + path


def render(kind: str, *, context: Mapping[str, Any]) -> Rendered:
    """Render `<kind>_subject.txt`, `_body.txt` and `_body.html` in the active language.

    Raises whatever the templates raise: the caller turns that into a flagged letter.
    """
    context = {**context, "preferences": absolute(reverse("notifications:preferences"))}
    subject = " ".join(render_to_string(f"{TEMPLATES}/{kind}_subject.txt", context).split())
    context["subject"] = subject
    return Rendered(
        subject=subject[:200],
        text=render_to_string(f"{TEMPLATES}/{kind}_body.txt", context).strip() + "\n",
        html=_inliner().inline(render_to_string(f"{TEMPLATES}/{kind}_body.html", context)),
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    # keep_at_rules: otherwise the rules for dark screens vanish. Remote sheets are never fetched.
    sheet = finders.find(STYLESHEET)
    return css_inline.CSSInliner(
        keep_at_rules=True,
        load_remote_stylesheets=False,
        extra_css=Path(sheet).read_text(encoding="utf-8"),
    )


def for_screen(html: str) -> str:
    """The HTML part as a page of our own may show it: our browser policy refuses inline styles, so the same sheet is
    linked instead. Looks exactly as mailed."""
    link = f'<link rel="stylesheet" href="{settings.STATIC_URL}{STYLESHEET}">'
    return _STYLE_BLOCK.sub("", _STYLE.sub("", html)).replace("<head>", f"<head>{link}", 1)


def stop_token(letter: Letter) -> str:
    """A signed word that switches this kind of letter off for its recipient; the same for every copy."""
    return signing.Signer(salt=STOP_SALT).sign_object({"letter": str(letter.public_id)})


def letter_of_token(token: str) -> str | None:
    """The public id of the letter a stop link came with; None when the link was not made by us."""
    try:
        return signing.Signer(salt=STOP_SALT).unsign_object(token)["letter"]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def message_for(letter: Letter, connection: Any = None) -> EmailMultiAlternatives:
    """The letter as a message: always the same Message-ID, marked when an earlier attempt may have arrived."""
    headers = {
        "Message-ID": letter.message_id,
        "Auto-Submitted": "auto-generated",
        "Content-Language": letter.language,
    }
    if letter.can_be_stopped:
        headers["List-Unsubscribe"] = f"<{absolute(reverse('notifications:stop', args=[stop_token(letter)]))}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if letter.uncertain:
        headers["X-Iomcase-Resent"] = "uncertain"
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.body_text,
        to=[formataddr(("", letter.to.email))],
        headers=headers,
        connection=connection,
    )
    message.attach_alternative(letter.body_html, "text/html")
    return message
