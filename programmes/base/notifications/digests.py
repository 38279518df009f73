"""The daily digest: what is due, overdue and new, one letter for each person and local date.

Set-based: for a chunk of 500 people one statement reads the people with their news, each source is asked once, one
statement inserts the letters. A person for whom there is nothing to say gets a dropped row: it remembers that this
day was looked at, so that nobody gets a digest at noon because something came due at eleven.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

from programmes.base.common import wording
from programmes.base.notifications import delivery, letters, rules, sources
from programmes.base.notifications.kinds import DIGEST, KINDS, Channel
from programmes.base.notifications.models import Letter, State
from programmes.base.notifications.sources import Group, Line

log = logging.getLogger(__name__)

# A digest shows no more lines than this; the counts stay whole, and Today has the rest. Keeps it under 60 kB.
MOST_LINES = 60
# One row of the HTML part: mark of lateness, day, address, label, case number.
LINE = (
    '<tr><td class="d{}" valign="top" width="86">{}</td>\n<td class="t" valign="top"><a href="{}">{}</a>{}</td></tr>\n'
)
# The page the digest leads to; the addresses of the main pages stay.
TODAY = "/"
# News of a person's last days; older ones were in an earlier digest.
NEWS_DAYS = 8
NOTHING = gettext_noop("There was nothing to say.")
BROKEN = gettext_noop("The digest could not be written.")


def database_now() -> dt.datetime:
    """The database's clock: the one clock that all workers and schedulers share, so that a wrong one among them
    sends nothing for a future date and nothing twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def due_users(now: dt.datetime) -> list[int]:
    """Keys of the active people whose digest hour has come and who have no digest of their local date yet.

    The same judgement as `rules.is_digest_day`, in one statement for everybody.
    """
    people = get_user_model().objects.filter(is_active=True, digest_on=True)
    zones = people.order_by().values_list("time_zone", flat=True).distinct()
    clocks = rules.zones_by_wall_clock(now, zones)
    if not clocks:
        return []
    hour_has_come = Q(pk__in=[])
    zones_of_day: dict[dt.date, list[str]] = {}
    for (day, hour), names in clocks.items():
        hour_has_come |= Q(time_zone__in=names, digest_hour__lte=hour)
        zones_of_day.setdefault(day, []).extend(names)
    today, meant_for, week_before = [], [], []
    for day, names in zones_of_day.items():
        today.append(When(time_zone__in=names, then=Value(day.isoformat())))
        for weekday in range(7):
            due = rules.digest_day(day, weekday)
            theirs = Q(time_zone__in=names, digest_weekday=weekday)
            meant_for.append(When(theirs, then=Value(due.isoformat())))
            week_before.append(When(theirs, then=Value((due - dt.timedelta(days=7)).isoformat())))
    lately = Letter.objects.filter(to=OuterRef("pk"), kind=DIGEST, created_at__gt=now - dt.timedelta(days=15))
    made_up_for = Exists(lately.filter(key__gte=_key_of("meant_for")))
    had_one_before = Exists(lately.filter(key__gte=_key_of("week_before")))
    return list(
        people.filter(hour_has_come)
        .annotate(
            local_day=Case(*today, default=Value(""), output_field=CharField()),
            meant_for=Case(*meant_for, default=F("local_day"), output_field=CharField()),
            week_before=Case(*week_before, default=Value(""), output_field=CharField()),
        )
        .exclude(Exists(Letter.objects.filter(key=_key_of("local_day"))))
        .filter(Q(meant_for=F("local_day")) | (Q(had_one_before) & ~Q(made_up_for)))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _key_of(day: str) -> Concat:
    """The key of a person's digest of the day in this column, inside a subquery about their letters."""
    return Concat(Value(f"{rules.DIGEST_KEY}:"), Cast(OuterRef("pk"), CharField()), Value(":"), OuterRef(day))


def send_due(now: dt.datetime) -> int:
    """Hand everybody whose digest is due to the workers, 500 a task; return how many people. Run each minute."""
    pks = due_users(now)
    for chunk in rules.chunks(pks, delivery.CHUNK):
        if not delivery.hint("notifications.digest_chunk", list(chunk)):
            break
    return len(pks)


def compose(user_pks: Sequence[int], now: dt.datetime) -> list[int]:
    """Write the digests of these people for their local date; return the keys of letters to deliver.

    Running it twice, also at the same moment, changes nothing: the key is unique and the first row stays. A person
    whose lines or words fail gets a flagged row and everybody else their digest.
    """
    drafts = [draft for draft in _drafts(user_pks, now) if draft.is_due(now)]
    _fetch_lines(drafts, now)
    written = [draft.letter(now) for draft in drafts]
    if not written:
        return []
    Letter.objects.bulk_create(written, ignore_conflicts=True)
    ours = [letter.public_id for letter in written if letter.state == State.QUEUED]
    return list(Letter.objects.filter(public_id__in=ours).order_by("pk").values_list("pk", flat=True)) if ours else []


def preview(user: Any, now: dt.datetime) -> letters.Rendered | None:
    """Today's digest of one person as it would be mailed now; None when there is nothing to say. Writes nothing."""
    (draft,) = _drafts([user.pk], now)
    _fetch_lines([draft], now)
    return draft.rendered(now) if draft.lines else None


def send_now(user: Any, now: dt.datetime) -> Letter | None:
    """Write and deliver today's digest at the person's wish; None when there is nothing to say.

    Never a second mail for one day: a digest of the day that exists is returned as it is. Only a row that
    remembers "nothing to say" gives way.
    """
    (draft,) = _drafts([user.pk], now)
    _fetch_lines([draft], now)
    letter = draft.letter(now)
    with transaction.atomic():
        Letter.objects.filter(key=letter.key, state=State.DROPPED, last_error=NOTHING).delete()
        Letter.objects.bulk_create([letter], ignore_conflicts=True)
        kept = Letter.objects.get(key=letter.key)
        if kept.state == State.QUEUED:
            transaction.on_commit(lambda: delivery.tell([kept.pk]), robust=True)
    return None if kept.state == State.DROPPED else kept


@dataclass
class Draft:
    """One person's digest while it is being put together."""

    user: Any
    lines: list[Line]
    error: str = ""

    @cached_property
    def last_day(self) -> dt.date | None:
        """The local date of the last digest, also of one with nothing to say."""
        return rules.day_of_digest(self.user.last_key or "")

    def today(self, now: dt.datetime) -> dt.date:
        """The person's local date."""
        return rules.local_time(now, self.user.time_zone).date()

    def is_due(self, now: dt.datetime) -> bool:
        """The hour has come and the local date asks for a digest. The date is also refused when it lies behind one
        already sent: somebody who flies west does not get yesterday again."""
        asked_for = rules.is_digest_day(self.today(now), self.user.digest_weekday, self.last_day)
        return asked_for and rules.is_digest_hour(now, self.user.time_zone, self.user.digest_hour)

    def missed(self, now: dt.datetime) -> list[dt.date]:
        """The days on which a digest was meant to come and none was made."""
        today, weekday = self.today(now), self.user.digest_weekday
        if weekday is None:
            return rules.missed_days(self.last_day, today)
        meant_for = rules.digest_day(today, weekday)
        made_up_for = self.last_day is not None and self.last_day < meant_for < today
        return [meant_for] if made_up_for else []

    def news(self, now: dt.datetime) -> list[dict]:
        """Letters since the last digest that nobody has opened yet."""
        since = self.user.last_at or now - dt.timedelta(days=1)
        return [item for item in self.user.news if dt.datetime.fromisoformat(item["created_at"]) > since]

    def rendered(self, now: dt.datetime) -> letters.Rendered:
        """The words of this digest, in its reader's language."""
        with letters.speaking_to(self.user):
            return letters.render(DIGEST, context=_context(self, now))

    def letter(self, now: dt.datetime) -> Letter:
        """The row to insert: queued, dropped when there is nothing to say, flagged when it cannot be written."""
        row = Letter(
            key=rules.digest_key(self.user.pk, self.today(now)),
            to=self.user,
            kind=DIGEST,
            language=letters.language_of(self.user),
            path=TODAY,
            # `not_before` is left to the database: with a default in the row Django inserts plain values, which costs
            # half of what escaping whole letters into arrays does.
            created_at=now,
        )
        if not self.error and not self.lines:
            row.state, row.last_error = State.DROPPED, NOTHING
            return row
        try:
            if self.error:
                raise RuntimeError(self.error)
            words = self.rendered(now)
            row.subject, row.body_text, row.body_html = words.subject, words.text, words.html
        except Exception as error:
            # One record that cannot be shown must not cost the others their digest; a person sees the flag.
            log.exception("The digest of user %s could not be written: %s", self.user.pk, type(error).__name__)
            row.state, row.last_error = State.FLAGGED, BROKEN
        return row


def _drafts(user_pks: Sequence[int], now: dt.datetime) -> list[Draft]:
    """The active people among these with their last digest and their news, in one statement."""
    digests = Letter.objects.filter(to=OuterRef("pk"), kind=DIGEST).order_by("-pk")
    with_words = [kind.code for kind in KINDS.values() if kind.line]
    news = (
        Letter.objects.filter(to=OuterRef("pk"), kind__in=with_words, read_at__isnull=True)
        .filter(created_at__gt=now - dt.timedelta(days=NEWS_DAYS))
        .exclude(channel=Channel.LIST)
        .exclude(state=State.DROPPED)
        .order_by("created_at", "pk")
        .values(
            item=JSONObject(
                kind="kind",
                case_number="case_number",
                path="path",
                enrolment="enrolment_id",
                created_at="created_at",
            )
        )
    )
    people = (
        get_user_model()
        .objects.filter(pk__in=user_pks, is_active=True)
        .annotate(
            last_key=Subquery(digests.values("key")[:1]),
            last_at=Subquery(digests.values("created_at")[:1]),
            news=ArraySubquery(news),
        )
        .order_by("pk")
    )
    return [Draft(user=user, lines=[]) for user in people]


def _fetch_lines(drafts: Sequence[Draft], now: dt.datetime) -> None:
    """Fill in the lines of all drafts, and the error of those whose lines cannot be read.

    The sources are asked once for all. Only when one of them fails is the chunk halved, until the person whose
    record is broken stands alone.
    """
    if not drafts:
        return
    try:
        found = sources.lines_for([d.user for d in drafts], {d.user.pk: d.today(now) for d in drafts})
        news = _news_lines(drafts, now)
    except DatabaseError:
        raise
    except Exception as error:
        if len(drafts) == 1:
            drafts[0].error = type(error).__name__
            return
        middle = len(drafts) // 2
        _fetch_lines(drafts[:middle], now)
        _fetch_lines(drafts[middle:], now)
        return
    for draft in drafts:
        draft.lines = found[draft.user.pk] + news[draft.user.pk]


def _news_lines(drafts: Sequence[Draft], now: dt.datetime) -> dict[int, list[Line]]:
    """New letters as lines of the digest, without cases their reader may no longer see."""
    news = {draft.user.pk: draft.news(now) for draft in drafts}
    pairs = [(d.user, item["enrolment"]) for d in drafts for item in news[d.user.pk] if item["enrolment"]]
    seen = sources.still_seen(pairs)
    lines: dict[int, list[Line]] = {}
    for draft in drafts:
        with letters.speaking_to(draft.user):
            lines[draft.user.pk] = [
                Line(
                    group=Group.NEW,
                    due_on=None,
                    label=str(KINDS[item["kind"]].line),
                    case_number=item["case_number"],
                    path=item["path"],
                )
                for item in news[draft.user.pk]
                if item["enrolment"] is None or (draft.user.pk, item["enrolment"]) in seen
            ]
    return lines


def _context(draft: Draft, now: dt.datetime) -> dict[str, Any]:
    """What the digest's templates say, in the active language. Days are put into words once per letter."""
    today = draft.today(now)
    groups, shown = [], 0
    for group in Group:
        lines = sorted((x for x in draft.lines if x.group == group), key=_order)
        if lines:
            room = max(MOST_LINES - shown, 0)
            shown += len(lines[:room])
            said = [_Said(line, today) for line in lines[:room]]
            groups.append(
                {
                    "code": group.value,
                    "heading": _heading(group, len(lines)),
                    "text": "".join(line.text() for line in said),
                    "html": format_html_join("", LINE, (line.cells() for line in said)),
                }
            )
    missed = draft.missed(now)
    late = bool(missed) or (
        draft.last_day is not None and rules.is_late(now, draft.user.time_zone, draft.user.digest_hour)
    )
    return {
        "summary": _summary(draft.lines),
        "day": wording.full_day(today),
        "groups": groups,
        "more": len(draft.lines) - shown,
        "today_page": letters.absolute(TODAY),
        "late": late,
        "missed": wording.and_list(wording.short_day(day) for day in missed) if missed else "",
        "hour": f"{draft.user.digest_hour:02d}:00",
        "weekday": draft.user.digest_weekday_name,
    }


def _order(line: Line) -> tuple:
    return (line.due_on or dt.date.max, line.case_number, line.label)


class _Said:
    """One line in the active language, for both parts of a mail.

    Thousands of lines go out each morning. As template loops they took three quarters of the time of a digest, so
    they are put together here.
    """

    def __init__(self, line: Line, today: dt.date) -> None:
        self.line = line
        self.day, self.relative = _day_in_words(line.due_on, today, get_language()) if line.due_on else ("", "")
        self.url = letters.absolute(line.path)

    def text(self) -> str:
        when = f"{self.day} ({self.relative}): " if self.day else ""
        number = f", {self.line.case_number}" if self.line.case_number else ""
        return f"- {when}{self.line.label}{number}\n  {self.url}\n"

    def cells(self) -> tuple[str, ...]:
        return (
            " late" if self.line.group == Group.OVERDUE else "",
            _day_cell(self.day, self.relative) if self.day else "",
            self.url,
            self.line.label,
            format_html('<br><span class="m">{}</span>', self.line.case_number) if self.line.case_number else "",
        )


@lru_cache(maxsize=4096)
def _day_in_words(day: dt.date, today: dt.date, language: str) -> tuple[str, str]:
    """The same few days stand in thousands of lines; `language` is only there to tell the entries apart."""
    return wording.short_day(day), wording.relative_day(day, today)


@lru_cache(maxsize=4096)
def _day_cell(day: str, relative: str) -> SafeString:
    return format_html("<b>{}</b><br>{}", day, relative)


def _heading(group: Group, count: int) -> str:
    headings = {
        Group.OVERDUE: gettext("Overdue: %(count)d"),
        Group.TODAY: gettext("Today: %(count)d"),
        Group.WEEK: gettext("This week: %(count)d"),
        Group.NEW: gettext("New: %(count)d"),
    }
    return headings[group] % {"count": count}


def _summary(lines: Sequence[Line]) -> str:
    """The counts that matter, for the subject: "3 overdue, 4 due today"."""
    counts = {group: sum(line.group == group for line in lines) for group in Group}
    parts = {
        Group.OVERDUE: ngettext("%(count)d overdue", "%(count)d overdue", counts[Group.OVERDUE]),
        Group.TODAY: ngettext("%(count)d due today", "%(count)d due today", counts[Group.TODAY]),
        Group.WEEK: ngettext("%(count)d due this week", "%(count)d due this week", counts[Group.WEEK]),
        Group.NEW: ngettext("%(count)d new", "%(count)d new", counts[Group.NEW]),
    }
    return ", ".join(parts[group] % {"count": count} for group, count in counts.items() if count)
