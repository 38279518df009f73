"""From facts to a letter: words in the recipient's language, and the message as it goes over the wire."""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation

from programmes.base.notifications import rules, sources
from programmes.base.notifications.kinds import DIGEST, KINDS
from programmes.base.notifications.models import Letter

TEMPLATES = "base/notifications/email"
STYLESHEET = "css/letter.css"
STOP_SALT = "notifications.stop"


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
    context = {**context, "preferences": _preferences()}
    subject = " ".join(render_to_string(f"{TEMPLATES}/{kind}_subject.txt", context).split())
    context["subject"] = subject
    return Rendered(
        subject=subject[:200],
        text=render_to_string(f"{TEMPLATES}/{kind}_body.txt", context).strip() + "\n",
        html=render_to_string(f"{TEMPLATES}/{kind}_body.html", context),
    )


@cache
def _preferences() -> str:
    return absolute(reverse("notifications:preferences"))


@cache
def _inliner() -> css_inline.CSSInliner:
    # keep_at_rules: otherwise the rules for dark screens vanish. Remote sheets are never fetched.
    sheet = str(finders.find(STYLESHEET))
    return css_inline.CSSInliner(
        keep_at_rules=True,
        load_remote_stylesheets=False,
        extra_css=Path(sheet).read_text(encoding="utf-8"),
    )


def for_mail(html: str) -> str:
    """The HTML part as mail programs need it: the look written into the tags. Done when sending, because it trebles
    the size of a letter."""
    return _inliner().inline(html)


def for_screen(html: str) -> str:
    """The HTML part as a page of our own shows it. Our browser policy refuses inline styles, so the same sheet is
    linked instead: it looks exactly as mailed."""
    return html.replace("<head>", f'<head><link rel="stylesheet" href="{static(STYLESHEET)}">', 1)


def stop_token(letter: Letter) -> str:
    """A signed word that switches this kind of letter off for its recipient; the same in every copy of a letter."""
    return signing.Signer(salt=STOP_SALT).sign_object(
        {"user": str(letter.to and letter.to.public_id), "kind": letter.kind}
    )


def stopped_by(token: str) -> tuple[Any, str] | None:
    """The (user, kind) a stop link is about; None when the link was not made by us or the user is gone."""
    try:
        said = signing.Signer(salt=STOP_SALT).unsign_object(token)
        user = get_user_model().objects.get(public_id=said["user"])
    except (signing.BadSignature, KeyError, TypeError, ValueError, ValidationError, ObjectDoesNotExist):
        return None
    kind = said.get("kind")
    return (user, kind) if kind == DIGEST or (kind in KINDS and KINDS[kind].can_be_stopped) else None


def address_of(letter: Letter) -> str:
    """Where the letter goes; empty when its worker may not, or cannot, be written to at this moment."""
    if letter.to is not None:
        return letter.to.email
    return sources.address_of_worker(letter.enrolment_id) if letter.enrolment_id else ""


def message_for(letter: Letter, connection: Any = None, *, address: str | None = None) -> EmailMultiAlternatives:
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
        to=[address_of(letter) if address is None else address],
        headers=headers,
        connection=connection,
    )
    message.attach_alternative(for_mail(letter.body_html), "text/html")
    return message


def decoded_head(message: Message) -> list[tuple[str, str]]:
    """The head of a message for people to read, without the lines about its packing."""
    packing = {"Content-Type", "MIME-Version", "Content-Transfer-Encoding"}
    return [(name, str(make_header(decode_header(value)))) for name, value in message.items() if name not in packing]
