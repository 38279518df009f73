"""What the board shows: who can travel and who cannot, by what is missing, what expires when, which flights leave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.addresses import address_of
from programmes.base.common.markup import markup
from programmes.base.common.tags import TONES, icon, person_name, tone_tag
from programmes.base.lists.reading import gave_up, no_longer_than
from programmes.base.rulebook.models import Programme, Requirement, translated
from programmes.desk.bulk.kinds import DEEDS
from programmes.journey.departure.readiness import rules
from programmes.journey.departure.readiness.models import ReadinessDue
from programmes.journey.departure.readiness.wording import words
from programmes.journey.enrolment.requirements import State
from programmes.journey.enrolment.states import Status

S = Status
# Numbers beside the list that take longer are left out: nobody waits for them.
COUNT_MS = 400
WEEKS_AHEAD = 12
MOST_FLIGHTS = 8
# A departure so near makes what is missing a problem.
NEAR = timedelta(days=7)
# Columns of the matrix: what is asked for once somebody holds a position. What was asked before has a column only
# where somebody lacks it again.
ASKED_LATE = {S.IN_DOCUMENTATION, S.READY_TO_TRAVEL, S.TRAVELLING}
# What is done about a kind of thing that many lack; the owners are asked about the rest.
DEED_FOR = {"document": "request", "medical": "medical", "orientation": "invite", "ticket": "flight"}
OTHERWISE = "tell"
DEED_WORDS = {
    "request": gettext_lazy("Ask for the document"),
    "medical": gettext_lazy("Book the exam"),
    "invite": gettext_lazy("Invite"),
    "flight": gettext_lazy("Put into a flight"),
    "tell": gettext_lazy("Ask the owners"),
}
READ = "readiness__"
COLUMNS = (
    "id", "public_id", "number", "programme_id", "person__given_names", "person__first_surname",
    "person__second_surname", *(READ + name for name in (
        "ready", "blockers", "blocker", "waits_for", "since", "standings", "others", "departs_on", "flight",
        "expires_on", "expires",
    )),
)  # fmt: skip
BEING_JUDGED = Exists(ReadinessDue.objects.filter(case=OuterRef("pk")))


@dataclass(frozen=True)
class Required:
    """A requirement as the board shows it."""

    pk: int
    code: str
    label: str
    late: bool


def requirements(user) -> dict[int, Required]:
    """Every requirement of the programmes that this user works in, in their order; one query."""
    programmes = Programme.objects.reachable_by(user, Permission.CASE_MATCH).values("pk")
    found = Requirement.objects.filter(programme__in=programmes).order_by("programme", "order", "pk")
    rows = found.values_list("pk", "stage", "kind", "code", "labels")
    return {
        pk: Required(pk, f"{kind}:{code}", translated(labels, code), stage in ASKED_LATE)
        for pk, stage, kind, code, labels in rows
    }


# All numbers beside the list in one look at its cases: by what is missing, by week and by flight.
_NUMBERS = """
SELECT grouping(blocker), grouping(week), blocker, waits_for, week, expires, leaving, flight, count(*), min(since),
    count(*) FILTER (WHERE expires_on <= departs_on), count(*) FILTER (WHERE NOT ready)
FROM (
    SELECT *, CASE WHEN expires_on >= %s AND expires_on < %s THEN date_trunc('week', expires_on)::date END AS week,
        CASE WHEN flight <> '' AND departs_on >= %s THEN departs_on END AS leaving
    FROM ({around}) AS cases (blocker, waits_for, ready, since, expires_on, expires, departs_on, flight)
) AS numbered
GROUP BY GROUPING SETS ((blocker, waits_for), (week, expires), (leaving, flight))
ORDER BY week, leaving, flight
"""
_COUNTED = ("blocker", "waits_for", "ready", "since", "expires_on", "expires", "departs_on", "flight")


@dataclass(frozen=True)
class Numbers:
    """What was counted: (blocker, who, count, since), (week, code, count, early), (day, flight, count, waiting)."""

    groups: list[tuple[str, str, int, Any]]
    weeks: list[tuple[date, str, int, int]]
    flights: list[tuple[date, str, int, int]]


def numbers(around) -> Numbers | None:
    """Everything beside the list; None when PostgreSQL needs longer than anybody waits for a number."""
    today = timezone.localdate()
    chosen = around.order_by().values_list(*(READ + name for name in _COUNTED))
    try:
        inner, params = chosen.query.sql_with_params()
    except EmptyResultSet:
        return Numbers([], [], [])
    try:
        with no_longer_than(COUNT_MS), connection.cursor() as cursor:
            cursor.execute(_NUMBERS.format(around=inner), [today, today + timedelta(weeks=WEEKS_AHEAD), today, *params])
            rows = cursor.fetchall()
    except OperationalError as error:
        if not gave_up(error):
            raise
        return None
    found = Numbers([], [], [])
    for no_blocker, no_week, blocker, who, week, code, leaving, flight, count, since, early, waiting in rows:
        if not no_blocker:
            found.groups.append((blocker, who, count, since))
        elif not no_week:
            if week is not None:
                found.weeks.append((week, code, count, early))
        elif leaving is not None:
            found.flights.append((leaving, flight, count, waiting))
    return found


@dataclass
class Group:
    """Those who lack the same thing first."""

    code: str
    words: str
    count: int = 0
    since: Any = None
    who: list[str] = field(default_factory=list)
    query: str = ""
    deed: str = ""
    do: str = ""


@dataclass
class Groups:
    """How many can travel, and what the others lack, the most frequent first."""

    can: int = 0
    cannot: int = 0
    lacking: list[Group] = field(default_factory=list)
    # Where those who can travel get their seats; empty for whoever may not give them.
    seats: str = ""


def groups(counted: Numbers, around, labels: Mapping[str, str], user, query) -> Groups:
    """By what is missing first: how many, who has to act, since when, and what can be done for all of them at once."""
    found: dict[str, Group] = {}
    result = Groups(seats=reverse("bulk:deed", args=["flight"]) if DEEDS["flight"].is_for(user) else "")
    for code, waits_for, count, since in counted.groups:
        if not code:
            result.can += count
            continue
        group = found.setdefault(code, Group(code, words(code, labels) or _said(around, code)))
        group.count += count
        group.since = min(group.since or since, since)
        if waits_for:
            group.who.append(wording.who_has_it(waits_for))
        result.cannot += count
    for group in found.values():
        group.query = with_lens(query, blocker=group.code)
        deed = DEED_FOR.get(group.code.partition(":")[0], OTHERWISE)
        deed = deed if DEEDS[deed].is_for(user) else OTHERWISE
        if DEEDS[deed].is_for(user):
            group.deed, group.do = reverse("bulk:deed", args=[deed]), str(DEED_WORDS[deed])
    result.lacking = sorted(found.values(), key=lambda group: (-group.count, group.words))
    return result


def _said(around, code: str) -> str:
    row = around.filter(readiness__blocker=code).values_list(READ + "others", flat=True).first()
    return next((said for known, _who, _href, said in row or () if known == code), code)


def with_lens(query, **lens) -> str:
    """The address of the board with one thing looked at, from its first page on."""
    changed = query.copy()
    for name in ("travel", "blocker", "expires", "after", "before", "panel", "print"):
        changed.pop(name, None)
    for name, value in lens.items():
        changed[name] = value
    return changed.urlencode()


def forecast(counted: Numbers, labels: Mapping[str, str], query) -> list[dict]:
    """What expires before departure or before the planned return and its margin, week by week."""
    weeks: dict[date, dict] = {}
    for monday, code, count, early in counted.weeks:
        week = weeks.setdefault(
            monday, {"monday": monday, "count": 0, "early": 0, "what": [], "query": with_lens(query, expires=monday)}
        )
        week["count"] += count
        week["early"] += early
        week["what"].append(f"{words(code, labels)} {wording.number(count)}")
    return list(weeks.values())


def flights(counted: Numbers, query) -> list[dict]:
    """The next flights with how many are booked and how many of them cannot travel yet."""
    return [
        {
            "day": day,
            "flight": flight,
            "count": count,
            "waiting": waiting,
            "query": with_lens(query, departs=day, flight=flight),
        }
        for day, flight, count, waiting in counted.flights[:MOST_FLIGHTS]
    ]


@dataclass
class Matrix:
    """The rows of the board, each in one piece of HTML, under their heads."""

    heads: list[str]
    rows: SafeString


def matrix(rows: Iterable[dict], known: Mapping[int, Required], *, lacking: bool = False) -> Matrix:
    """Person, answer and a cell for each requirement: done, not needed, or the way to what mends it.

    `lacking` leaves out the columns of what nobody lacks: paper is narrow.
    """
    read = [(row, _standings(row)) for row in rows]
    columns: dict[str, str] = {}
    for requirement in known.values():
        lacked = any(
            one.requirement == requirement.pk and ((requirement.late and not lacking) or not one.is_met)
            for _row, standings in read
            for one in standings
        )
        if lacked:
            columns.setdefault(requirement.code, requirement.label)
    labels = {requirement.code: requirement.label for requirement in reversed(known.values())}
    today = timezone.localdate()
    return Matrix(
        list(columns.values()), SafeString("".join(_drawn(r, s, columns, known, labels, today) for r, s in read))
    )


def _address(row) -> str:
    return address_of("casefile:overview", row["public_id"])


def _standings(row) -> list[rules.Kept]:
    return [rules.read(data, _address(row)) for data in row[READ + "standings"]]


def _drawn(row, standings, columns, known, labels, today) -> str:
    by_code = {known[one.requirement].code: one for one in standings if one.requirement in known}
    cells = [_cell(by_code.get(code), label, code == row[READ + "expires"], today) for code, label in columns.items()]
    return f'<tr role="row">{_person(row)}{_answer(row, by_code, labels, today)}{"".join(cells)}{_journey(row)}</tr>'


def _person(row) -> str:
    parts = (row["person__given_names"], row["person__first_surname"], row["person__second_surname"])
    name = person_name(" ".join(part for part in parts if part))
    return markup(
        '<td role="cell" class="person"><a class="name" href="{}">{}</a><span class="sub nw">{}</span></td>',
        _address(row), name, row["number"],
    )  # fmt: skip


def _answer(row, by_code, labels, today) -> str:
    since = wording.short_day(row[READ + "since"])
    more = markup('<span class="sub">{}</span>', _("being judged again")) if row["being_judged"] else ""
    if row[READ + "ready"]:
        tag = tone_tag("done", _("Can travel"))
        return markup('<td role="cell" class="st">{}<span class="sub">{}</span>{}</td>', tag, since, more)
    code = row[READ + "blocker"]
    others = {known: (href, said) for known, _who, href, said in row[READ + "others"]}
    href, said = others.get(code, ("", ""))
    href = rules.lengthened(href, _address(row)) if href else by_code[code].href if code in by_code else _address(row)
    leaves = row[READ + "departs_on"]
    tone = "problem" if leaves and leaves <= today + NEAR else "waiting"
    facts = [
        wording.who_has_it(row[READ + "waits_for"]) if row[READ + "waits_for"] else "",
        _("since %(day)s") % {"day": since},
    ]
    if row[READ + "blockers"] > 1:
        facts.append(_("%(n)s missing") % {"n": wording.number(row[READ + "blockers"])})
    tag = markup(
        '<a class="tag t-{} text-wrap" href="{}">{}{}</a>', tone, href, icon(TONES[tone]), words(code, labels, said)
    )
    return markup(
        '<td role="cell" class="st">{}<span class="sub">{}</span>{}</td>', tag, " · ".join(filter(None, facts)), more
    )


_DONE = '<td role="cell" class="no"><span class="tag t-done">✓<span class="visually-hidden">{}</span></span>{}</td>'
_OPEN = (
    '<td role="cell" data-label="{}"><a class="tag t-{}" href="{}">{}{}'
    '<span class="visually-hidden">: {}</span></a></td>'
)


def _cell(one: rules.Kept | None, label: str, ends_early: bool, today: date) -> str:
    if one is None or one.state == State.NOT_NEEDED:
        return markup('<td role="cell" class="no mute">–<span class="visually-hidden">{}</span></td>', _("Not needed"))
    if one.state == State.DONE:
        ends = (
            markup('<span class="sub late">{}</span>', wording.short_day(one.until)) if ends_early and one.until else ""
        )
        return markup(_DONE, _("Done"), ends)
    day = one.until or one.due_on
    late = day is not None and (bool(one.until) or day < today)
    tone = (
        "problem"
        if late
        else "neutral"
        if one.state == State.OPEN
        else "waiting"
        if one.waits_for != "us"
        else "active"
    )
    said = wording.short_day(day) if day else _("Missing")
    return markup(_OPEN, label, tone, one.href, icon(TONES[tone]), said, label)


def _journey(row) -> str:
    day = row[READ + "departs_on"]
    return markup(
        '<td role="cell" data-label="{}"><span class="nw">{}<span class="sub">{}</span></span></td>',
        _("Departure"), wording.short_day(day) if day else "–", row[READ + "flight"],
    )  # fmt: skip
