"""The deeds of this room: queue a letter, announce what is due, mark as read, choose and stop."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.dates import format_skeleton
from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.statements import Standing
from programmes.base.common import wording
from programmes.base.common.errors import RuleBroken
from programmes.base.notifications import delivery, letters, rules, sources
from programmes.base.notifications.kinds import ANSWERED_FOR, DIGEST, KINDS, WORKER_MESSAGE, Channel
from programmes.base.notifications.models import BELL_STOPS_AT, Letter, MutedCase, NotificationPreference, State

log = logging.getLogger(__name__)

UNWRITABLE = gettext_noop("The letter could not be written.")
UNWANTED = gettext_noop("Its reader does not want to hear of this kind or of this case.")
# Plain values only. A model instance in a mail template is one typing slip away from personal data.
PLAIN = (str, int, dt.date, Promise)


def queue(
    *, key: str, to: Any, kind: str, context: Mapping[str, Any], path: str = "", enrolment: Any = None
) -> Letter | None:
    """Put one letter into the outbox, in the caller's transaction; return it, or None when its key is there already.

    `to` is a User, `kind` an entry of `kinds.KINDS`, `context` the facts its templates use (plain values under the
    kind's own names), `path` the page it leads to ("/cases/<uuid>/"), `enrolment` the case it is about: the letter
    is dropped if the recipient may not see that case at the time of sending.

    Effects: a row, rendered in the recipient's language and kept, not mailed, when the recipient prefers the digest
    or the list; dropped when they want to hear nothing of the kind or of the case; held back during their quiet hours;
    after commit a hint to Celery, which never breaks the request. A template that fails makes a flagged row, not an
    error: a deed must not fail because of its letter. Raises ValueError for facts that the kind does not declare or
    that are not plain, and for a path that is not one of ours.
    """
    reminder = sources.Reminder(key=key, to=to, kind=kind, context=context, path=path, enrolment=enrolment)
    _check(reminder)
    found = queue_many([reminder])
    return found[0] if found else None


def queue_many(wanted: Sequence[sources.Reminder]) -> list[Letter]:
    """Put letters into the outbox in three or four statements, whatever their number; return those that are new.

    Same effects as `queue`. Letters whose key exists are passed over.
    """
    if not wanted:
        return []
    wishes = _wishes({item.to.pk for item in wanted}, {item.kind for item in wanted})
    muted = _muted(wanted)
    now = timezone.now()
    return _put(_row(item, _channel_of(item, wishes, muted), now) for item in wanted)


def _put(wanted: Iterable[Letter]) -> list[Letter]:
    rows = list(wanted)
    Letter.objects.bulk_create(rows, ignore_conflicts=True)
    new = list(Letter.objects.filter(public_id__in=[row.public_id for row in rows]).order_by("pk"))
    to_send = [letter.pk for letter in new if letter.state == State.QUEUED]
    if to_send:
        transaction.on_commit(lambda: delivery.tell(to_send), robust=True)
    return new


@dataclass(frozen=True, slots=True)
class ToWorker:
    """A message to the worker of a case: its key, its language, and its words as they were filled in for this case."""

    key: str
    enrolment: Any
    language: str
    subject: str
    text: str
    office: str


def queue_to_workers(wanted: Sequence[ToWorker]) -> list[Letter]:
    """Put messages to workers into the outbox, in two statements whatever their number; return those that are new.

    They are sent like every letter (claimed, sent, marked), at once: a worker has no preferences here. Whether the
    worker may be written to, and where, is asked again when each is sent. Their words are removed once they are sent.
    """
    return _put(_row_to_worker(item) for item in wanted)


def _row_to_worker(item: ToWorker) -> Letter:
    with translation.override(item.language):
        context = {"message_subject": item.subject, "message": item.text, "office": item.office}
        words = letters.render(WORKER_MESSAGE, context=context)
    return Letter(
        key=item.key, kind=WORKER_MESSAGE, language=item.language, enrolment=item.enrolment,
        case_number=item.enrolment.number, subject=words.subject, body_text=words.text, body_html=words.html,
    )  # fmt: skip


def _check(item: sources.Reminder) -> None:
    kind = KINDS.get(item.kind)
    if kind is None:
        raise ValueError(f"Unknown kind of letter: {item.kind}")
    if unknown := set(item.context) - kind.facts:
        raise ValueError(f"A letter of kind {item.kind} does not know {sorted(unknown)}.")
    for name, value in item.context.items():
        if not isinstance(value, PLAIN):
            raise ValueError(f"{name} must be a plain value, not {type(value).__name__}: letters hold no records.")
    if item.path and (not item.path.startswith("/") or item.path.startswith("//")):
        raise ValueError("The path must be an address of ours without the host.")


def _wishes(user_pks: Iterable[int], kinds: Iterable[str]) -> dict[tuple[int, str], str]:
    """The chosen channels of these people for these kinds; a missing entry means the kind's default."""
    chosen = NotificationPreference.objects.filter(user__in=user_pks, kind__in=kinds)
    return {(user, kind): channel for user, kind, channel in chosen.values_list("user_id", "kind", "channel")}


def channel_for(user_pk: int, kind: str, wishes: Mapping[tuple[int, str], str]) -> Channel:
    """The channel that holds: what the person chose, if the kind still allows it."""
    about = KINDS[kind]
    chosen = wishes.get((user_pk, kind), about.default)
    return Channel(chosen) if chosen in about.channels else about.default


def _muted(wanted: Sequence[sources.Reminder]) -> set[tuple[int, int]]:
    """Which of these people want to hear nothing of the case their letter is about."""
    pairs = {(item.to.pk, item.enrolment.pk) for item in wanted if item.enrolment and KINDS[item.kind].can_be_muted}
    if not pairs:
        return set()
    people, cases = zip(*pairs, strict=True)
    found = MutedCase.objects.filter(user__in=set(people), enrolment__in=set(cases))
    return pairs & set(found.order_by().values_list("user", "enrolment"))


def _channel_of(item: sources.Reminder, wishes: Mapping[tuple[int, str], str], muted: set[tuple[int, int]]) -> Channel:
    """The one place where a reader's wishes become the way a letter takes."""
    if item.enrolment and (item.to.pk, item.enrolment.pk) in muted:
        return Channel.OFF
    return channel_for(item.to.pk, item.kind, wishes)


STATES = {Channel.NOW: State.QUEUED, Channel.OFF: State.DROPPED}


def _row(item: sources.Reminder, channel: Channel, now: dt.datetime) -> Letter:
    row = Letter(
        key=item.key,
        to=item.to,
        kind=item.kind,
        channel=channel,
        language=letters.language_of(item.to),
        case_number=str(item.context.get("case_number", "")),
        path=item.path,
        enrolment=item.enrolment,
        state=STATES.get(channel, State.KEPT),
    )
    about = KINDS[item.kind]
    if channel == Channel.NOW and not about.urgent:
        morning = rules.quiet_until(now, item.to.time_zone, item.to.quiet_from, item.to.quiet_until)
        if morning:
            row.not_before = morning
    try:
        with letters.speaking_to(item.to):
            # Until the words are there, the list says at least what it is about.
            row.subject = str(about.label)
            if channel == Channel.OFF:
                # The row remembers that it was asked for, so that a later choice does not bring old news.
                row.last_error = UNWANTED
                return row
            facts = {name: _in_words(name, value) for name, value in item.context.items()}
            words = letters.render(
                item.kind, context={**facts, "why": about.why, "url": letters.absolute(item.path or "/")}
            )
        row.subject, row.body_text, row.body_html = words.subject, words.text, words.html
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("A letter of kind %s could not be written: %s", item.kind, type(error).__name__)
        row.channel, row.state, row.last_error = Channel.NOW, State.FLAGGED, UNWRITABLE
    return row


def _in_words(name: str, value: Any) -> Any:
    """A date in the words of the active language: as a month when the fact is one, else as a day."""
    if not isinstance(value, dt.date):
        return value
    return format_skeleton("yMMMM", value, locale=wording.locale()) if name == "month" else wording.short_day(value)


def remind_due(now: dt.datetime) -> int:
    """Queue one letter for each step that is due; return how many are new. Harmless to run twice.

    A reminder waits for its reader's digest hour, so that nobody gets mail at midnight because a date began. A
    source that fails is logged and does not stop the others.
    """
    new = 0
    for name, reminders in sources.reminder_sources():
        try:
            due = [r for r in reminders(now) if rules.is_digest_hour(now, r.to.time_zone, r.to.digest_hour)]
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("The reminders of %s could not be read: %s", name, type(error).__name__)
            continue
        for chunk in rules.chunks(due, delivery.CHUNK):
            known = set(Letter.objects.filter(key__in=[r.key for r in chunk]).values_list("key", flat=True))
            new += len(queue_many([r for r in chunk if r.key not in known]))
    return new


def reminder_key(kind: str, pk: int, due_on: dt.date) -> str:
    """The key of the one letter about a step and its due date."""
    return f"reminder:{kind}:{pk}:{due_on.isoformat()}"


_UNREAD = Standing(
    lambda user: Letter.objects.for_list(user).unread().order_by().values_list("pk")[:BELL_STOPS_AT], -7301
)


def unread_count(user: Any) -> int:
    """How many notifications the person has not opened: the number at the bell, counted no further than 100."""
    return len(_UNREAD.rows(user.pk))


def mark_read(user: Any, *, public_ids: Sequence[Any] | None = None) -> int:
    """Mark this person's own notifications as read (all of them without `public_ids`); return how many changed."""
    mine = Letter.objects.for_list(user).unread()
    if public_ids is not None:
        mine = mine.filter(public_id__in=public_ids)
    return mine.order_by().update(read_at=Now())


def preferences_of(user: Any) -> dict[str, Channel]:
    """The channel that holds for each kind, in the order of the table of kinds."""
    wishes = _wishes([user.pk], KINDS)
    return {kind: channel_for(user.pk, kind, wishes) for kind in KINDS}


def choose(user: Any, *, channels: Mapping[str, str]) -> None:
    """Write the person's own channels by kind. Raises RuleBroken for a channel the kind does not allow."""
    rows = []
    for code, channel in channels.items():
        kind = KINDS.get(code)
        if kind is None or channel not in kind.channels:
            raise RuleBroken(_("This way of hearing about it is not offered."), field=code)
        rows.append(NotificationPreference(user=user, kind=code, channel=channel))
    NotificationPreference.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "kind"], update_fields=["channel"]
    )


def stop(user: Any, kind: str) -> None:
    """Switch off one kind of letter, at its recipient's wish: the digest, or mail of that kind.

    A kind that cannot be switched off altogether goes into the digest instead.
    """
    if kind == DIGEST:
        type(user).objects.filter(pk=user.pk).update(digest_on=False)
        return
    quiet = Channel.LIST if Channel.LIST in KINDS[kind].channels else Channel.DIGEST
    choose(user, channels={kind: quiet})


def mute_kind(user: Any, kind: str) -> None:
    """Let this person hear nothing of a kind from now on. Raises RuleBroken for one that somebody answers for."""
    about = KINDS.get(kind)
    if about is None or not about.can_be_muted:
        raise RuleBroken(str(about.locked) if about else _("This way of hearing about it is not offered."))
    choose(user, channels={kind: Channel.OFF})


@transaction.atomic
def mute_case(user: Any, *, enrolment_pk: int) -> None:
    """Let this person hear nothing of a case from now on, but for what they answer for.

    Effects: a row; letters about it that still wait, for the end of the quiet hours or for the mail server, stay in the
    list and are not mailed. Harmless to run twice. Whether the person may see the case is for the caller to judge.
    """
    MutedCase.objects.bulk_create([MutedCase(user=user, enrolment_id=enrolment_pk)], ignore_conflicts=True)
    waiting = Letter.objects.filter(to=user, enrolment=enrolment_pk, state=State.QUEUED).exclude(kind__in=ANSWERED_FOR)
    waiting.update(state=State.KEPT, channel=Channel.LIST)


def hear_again(user: Any, *, enrolment_pk: int) -> None:
    """Take back the mute of a case; what was not sent meanwhile stays unsent."""
    MutedCase.objects.filter(user=user, enrolment=enrolment_pk).delete()


@transaction.atomic
def send_again(letters_flagged: Iterable[Letter]) -> int:
    """Give flagged letters a fresh set of attempts; return how many. For the person who mended the cause.

    A digest that could not be written is removed instead: the next tick writes it anew if its day is not over. A
    letter without words stays flagged, because there is nothing to send.
    """
    pks = [letter.pk for letter in letters_flagged]
    flagged = Letter.objects.filter(pk__in=pks, state=State.FLAGGED)
    anew, _details = flagged.filter(kind=DIGEST, body_text="").delete()
    again = flagged.exclude(body_text="")
    ready = list(again.values_list("pk", flat=True))
    again.update(state=State.QUEUED, attempts=0, not_before=Now(), last_error="")
    transaction.on_commit(lambda: delivery.tell(ready), robust=True)
    return anew + len(ready)
