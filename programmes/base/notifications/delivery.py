"""Sending: claim, send, mark. None is lost, and whatever may have arrived twice says so.

Exactly-once over SMTP does not exist. A letter is claimed by a conditional UPDATE (one winner, however many workers
and schedulers run), sent outside any transaction, and marked. When a worker dies between the server's "accepted"
and our mark, nobody can know; the sweep then queues the letter again as uncertain, and it goes out with the same
Message-ID and the header `X-Iomcase-Resent: uncertain`.
"""

import logging
import re
import smtplib
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import get_connection
from django.db import Error as DatabaseError
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_noop
from kombu.pools import ProducerPool, producers

from iomcase.celery import app
from programmes.base.notifications import letters, rules, sources
from programmes.base.notifications.models import MOST_ATTEMPTS, Letter, State

log = logging.getLogger(__name__)

# Letters of one task, and so of one SMTP connection.
CHUNK = 500
# Letters read at once: small, so that what is known of recipients is fresh when their turn comes.
SLICE = 25
# A task hands the rest to the sweep after this long, well within Celery's time limit.
BUDGET_SECONDS = 300
# Hints nobody took within this time are worthless: the sweep has given newer ones.
HINT_LIVES_SECONDS = 600
# The sweep reads no more than this; the next one, a minute later, goes on.
SWEEP_LIMIT = 10_000
# After Redis failed to answer, this process gives no hints for a while: each try would cost its user the timeout.
QUIET_SECONDS = 20
_NO_WORDS = {"body_text": "", "body_html": ""}
_ADDRESS = re.compile(r"\S+@\S+")
_quiet_until = 0.0

GONE = gettext_noop("The recipient's account is no longer active.")
UNSEEN = gettext_noop("The recipient may no longer see this case.")
NOT_WANTED = gettext_noop("The worker has no e-mail address any more, or does not agree to be written to.")
KILLED = gettext_noop("The worker stopped while sending, six times.")


class ServerAwayError(Exception):
    """The mail server cannot be reached or will not talk to us: nothing is known against any letter."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def tell(pks: Sequence[int]) -> None:
    """Tell Celery that letters wait. Never raises: the rows are the truth, and the sweep finds them without hints."""
    for chunk in rules.chunks(pks, CHUNK):
        if len(chunk) == 1:
            hint("notifications.deliver", chunk[0])
        else:
            hint("notifications.deliver_many", list(chunk))


def hint(task: str, *args) -> bool:
    """Publish a task once, without retries; False (and a line in the log) when Redis does not take it."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    try:
        with _producers().acquire(block=True, timeout=1) as producer:
            app.send_task(task, args=args, expires=HINT_LIVES_SECONDS, retry=False, producer=producer)
    except Exception as error:
        # Any failure of the broker's client is the same to us: a hint is lost, a fact is not.
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("The broker took no hint (%s); the sweep will find the letters.", type(error).__name__)
        return False
    return True


@cache
def _producers() -> ProducerPool:
    """Connections for hints. Celery's own would hold a request for six seconds when Redis is away; these give up."""
    options = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0, "interval_start": 0}
    return producers[app.connection_for_write(transport_options=options)]


def deliver(pks: Iterable[int]) -> int:
    """Send these letters over one connection, each at most once per claim; return how many went out.

    Letters that are not queued, not yet due or claimed by another worker are passed over. Effects per letter: one
    of sent, queued again with a pause, flagged, dropped. A mail server that is away costs each waiting letter one
    attempt without trying it. Errors of one letter stay with it; a database error comes through.
    """
    pks = list(pks)
    connection = get_connection(fail_silently=False)
    stop_at = time.monotonic() + BUDGET_SECONDS
    sent = 0
    try:
        for chunk in rules.chunks(pks, SLICE):
            for letter in _waiting(chunk):
                if time.monotonic() > stop_at:
                    return sent
                _open(connection)
                if _claim(letter):
                    sent += _send(letter, connection)
    except ServerAwayError as away:
        _put_off(pks, away)
    finally:
        _close(connection)
    return sent


def _waiting(pks: Sequence[int]) -> list[Letter]:
    """The letters of these that may go out now; those whose recipient is gone are dropped on the way."""
    due = Letter.objects.filter(pk__in=pks, state=State.QUEUED, not_before__lte=Now(), attempts__lt=MOST_ATTEMPTS)
    found = []
    for letter in due.select_related("to").order_by("not_before", "pk"):
        if letter.to is None or letter.to.is_active:
            found.append(letter)
        else:
            due.filter(pk=letter.pk).update(state=State.DROPPED, last_error=GONE)
    return found


def _claim(letter: Letter) -> bool:
    """Take the letter for this worker: true for exactly one caller.

    Every condition stands on the row itself: PostgreSQL checks them again after waiting for another claim, which it
    would not do for conditions inside a subquery on the same table. `attempts` is the claim's number.
    """
    active = get_user_model().objects.filter(pk=OuterRef("to_id"), is_active=True)
    claimed = (
        Letter.objects.filter(pk=letter.pk, state=State.QUEUED, attempts=letter.attempts, not_before__lte=Now())
        .filter(Q(to__isnull=True) | Exists(active))
        .update(state=State.SENDING, claimed_at=Now(), attempts=F("attempts") + 1)
    )
    letter.attempts += 1
    return bool(claimed)


def _send(letter: Letter, connection) -> int:
    """Send one claimed letter and mark what became of it; 1 when it went out."""
    try:
        if letter.to is not None and not sources.may_still_see(letter.to, letter.enrolment_id):
            _settle(letter, state=State.DROPPED, last_error=UNSEEN)
            return 0
        address = letters.address_of(letter)
        if not address:
            _settle(letter, state=State.DROPPED, last_error=NOT_WANTED, **(_NO_WORDS if letter.to is None else {}))
            return 0
        message = letters.message_for(letter, connection, address=address)
        connection.send_messages([message])
    except DatabaseError:
        raise
    except Exception as error:
        # One broken letter, address or record never stops the rest.
        _failed(letter, error)
        if not _is_permanent(error):
            # The session may be half-way through a command; the next letter starts a new one.
            _close(connection)
        return 0
    # A link that opens an account, or a worker's own matter, stays in no table longer than it must. The demo's
    # mailbox is this table.
    words = _NO_WORDS if letter.is_kept_short and not settings.DEMO else {}
    _settle(letter, state=State.SENT, sent_at=Now(), last_error="", **words)
    return 1


def _settle(letter: Letter, **marks) -> None:
    """Mark a claimed letter, unless the sweep took the claim away meanwhile and somebody else has it."""
    mine = Letter.objects.filter(pk=letter.pk, state=State.SENDING, attempts=letter.attempts)
    if mine.update(claimed_at=None, **marks) == 0 and marks.get("state") == State.SENT:
        # Sent after all, though given up for lost: better marked than sent again.
        Letter.objects.filter(pk=letter.pk, state=State.QUEUED).update(claimed_at=None, **marks)


def _failed(letter: Letter, error: Exception) -> None:
    reason = _in_words(error)
    log.warning("Letter %s, attempt %s: %s", letter.public_id, letter.attempts, reason)
    if _is_permanent(error) or letter.attempts >= MOST_ATTEMPTS:
        _settle(letter, state=State.FLAGGED, last_error=reason)
        return
    _settle(
        letter,
        state=State.QUEUED,
        last_error=reason,
        not_before=Now() + rules.pause_after(letter.attempts, letter.pk),
        # Only an answer of the server tells that it did not take the letter.
        uncertain=Value(True) if _may_have_arrived(error) else F("uncertain"),
    )


def _put_off(pks: Sequence[int], away: ServerAwayError) -> None:
    """The server is away: every letter of this task that was due waits longer, and six times away is enough."""
    reason = _in_words(away.reason)
    log.warning("The mail server is away: %s", reason)
    due = Letter.objects.filter(pk__in=pks, state=State.QUEUED, not_before__lte=Now())
    due.filter(attempts__gte=MOST_ATTEMPTS - 1).update(state=State.FLAGGED, last_error=reason, attempts=MOST_ATTEMPTS)
    pauses = [When(attempts=n - 1, then=Now() + rules.pause_after(n)) for n in range(1, MOST_ATTEMPTS)]
    due.update(attempts=F("attempts") + 1, last_error=reason, not_before=Case(*pauses, default=F("not_before")))


def _open(connection) -> None:
    try:
        connection.open()
    except Exception as error:
        raise ServerAwayError(error) from error


def _close(connection) -> None:
    try:
        connection.close()
    except (smtplib.SMTPException, OSError):
        # The server hung up first; Django has forgotten the connection either way.
        connection.connection = None


def _answers(error: Exception) -> list[int]:
    """The SMTP codes the server answered with; none when it did not answer."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _text in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _is_permanent(error: Exception) -> bool:
    """5xx for this recipient or this message. A refusal of *us* (sender, sign-in) is for the administrator to mend
    and says nothing against the letter."""
    about_the_letter = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    answers = _answers(error)
    return about_the_letter and bool(answers) and all(500 <= code < 600 for code in answers)


def _may_have_arrived(error: Exception) -> bool:
    """The line broke without an answer, so the message may lie in the mailbox already."""
    if isinstance(error, smtplib.SMTPException):
        return isinstance(error, smtplib.SMTPServerDisconnected)
    return isinstance(error, OSError)


def _in_words(error: Exception) -> str:
    """What went wrong for the list of flagged letters, without addresses."""
    codes = _answers(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        text = " ".join(_decoded(text) for _code, text in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        text = _decoded(error.smtp_error)
    else:
        text = type(error).__name__
    return _ADDRESS.sub("…", f"{' '.join(str(code) for code in codes)} {text}".strip())[:300]


def _decoded(text: bytes | str) -> str:
    return text.decode("utf-8", "replace").replace("\0", "") if isinstance(text, bytes) else text


def sweep() -> int:
    """Find what was left behind and give new hints; return how many letters wait. Run each minute.

    Effects: letters whose claim is older than `LETTER_IN_FLIGHT_SECONDS` are queued again as uncertain (flagged
    after six attempts); letters that have waited `LETTER_SWEEP_AFTER_SECONDS` are handed to workers again.
    """
    lost = Letter.objects.filter(
        state=State.SENDING, claimed_at__lt=Now() - timedelta(seconds=settings.LETTER_IN_FLIGHT_SECONDS)
    )
    lost.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=State.FLAGGED,
        claimed_at=None,
        uncertain=True,
        last_error=KILLED,
    )
    lost.update(state=State.QUEUED, claimed_at=None, uncertain=True, not_before=Now())
    left = Letter.objects.filter(
        Q(not_before__lte=Now() - timedelta(seconds=settings.LETTER_SWEEP_AFTER_SECONDS)) | Q(uncertain=True),
        state=State.QUEUED,
        not_before__lte=Now(),
    )
    waiting = list(left.order_by("not_before", "pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
    tell(waiting)
    return len(waiting)
