"""What needs me today: the same rows as the digest, grouped by a pure function."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Office, User
from accounts.roles import Permission, Role
from programmes.base.common import wording
from programmes.base.common.addresses import address_of
from programmes.base.common.pages import COUNT_LIMIT
from programmes.base.rulebook.catalogue import WaitsFor
from programmes.base.rulebook.models import translated
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import Status

DAYS_AHEAD = 7
MOST_ROWS = 50
MOST_OWNERS = 20
# What a row shows; the rest of these wide tables stays in the database.
COLUMNS = (
    "pk",
    "kind",
    "due_on",
    "waits_for",
    "requirement",
    "requirement__code",
    "requirement__labels",
    "enrolment__public_id",
    "enrolment__number",
    "enrolment__status",
    "enrolment__status_since",
    "enrolment__person__given_names",
    "enrolment__person__first_surname",
    "enrolment__person__second_surname",
)


def group_of(due_on: date, waits_for: str, today: date) -> str:
    """The group a step stands in: overdue first whoever has it; what others have waits apart."""
    if due_on < today:
        return "overdue"
    if waits_for != WaitsFor.US:
        return "waiting"
    return "today" if due_on == today else "week"


def mine(user) -> list:
    """Open steps that are this person's, in parts that share none: each part has an index in the order of days.

    Steps of cases the user owns; for liaisons also those of the employers' desk in reach. One condition for both would
    have PostgreSQL gather a million cases for fifty steps.
    """
    steps_of, visible = Step.objects.open().telling(), Enrolment.objects.visible_to(user)
    parts = [steps_of.filter(enrolment__owner=user, enrolment__in=visible.values("pk"))]
    if Role.LIAISON in user.roles:
        in_reach = Exists(visible.exclude(owner=user).filter(pk=OuterRef("enrolment")))
        parts.append(steps_of.filter(in_reach, desk=Step.Desk.EMPLOYER))
    return parts


def awake(queryset, today: date):
    """Without those that are put off until later."""
    return queryset.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=today))


@dataclass
class Load:
    """How many open cases, and how many of them late."""

    count: int = 0
    late: int = 0


@dataclass
class Group:
    """One group of the page."""

    code: str
    label: str
    icon: str
    tone: str
    rows: list = field(default_factory=list)
    count: int = 0


def groups(user, today: date) -> list[Group]:
    """The worklist of `user`: at most fifty rows, overdue first, each with its words and its one fitting deed."""
    first, *others = [
        awake(part, today)
        .filter(due_on__lte=today + timedelta(days=DAYS_AHEAD))
        .order_by("due_on", "id")
        .values_list("due_on", "pk", "waits_for")[:COUNT_LIMIT]
        for part in mine(user)
    ]
    found = list(first.union(*others, all=True).order_by("due_on", "pk")[:COUNT_LIMIT] if others else first)
    counts = Counter(group_of(due_on, waits, today) for due_on, _pk, waits in found)
    shown = Step.objects.filter(pk__in=[pk for _due_on, pk, _waits in found[:MOST_ROWS]])
    ordered = {
        "overdue": Group("overdue", _("Overdue"), "warn", "problem"),
        "today": Group("today", _("Today"), "today", ""),
        "week": Group("week", _("This week"), "open", ""),
        "waiting": Group("waiting", _("Waiting for others"), "clock", ""),
    }
    for step in shown.order_by("due_on", "id").values(*COLUMNS):
        ordered[group_of(step["due_on"], step["waits_for"], today)].rows.append(_row(step, user))
    for code, group in ordered.items():
        group.count = counts[code]
    return [group for group in ordered.values() if group.rows]


def _row(step: dict, user) -> dict:
    href = address_of("casefile:overview", step["enrolment__public_id"])
    why = _("In state “%(state)s” since %(day)s.") % {
        "state": Status(step["enrolment__status"]).label,
        "day": wording.short_day(step["enrolment__status_since"].date()),
    }
    required = translated(step["requirement__labels"], step["requirement__code"]) if step["requirement"] else ""
    names = (step[f"enrolment__person__{part}"] for part in ("given_names", "first_surname", "second_surname"))
    row = {
        "due_on": step["due_on"],
        "do": steps.in_words(step["kind"], required),
        "name": " ".join(filter(None, names)),
        "href": href,
        "number": step["enrolment__number"],
        "why": why,
        "more": [],
        **_fitting_deed(step, href, user),
    }
    if user.may(Permission.NOTE_WRITE):
        row["snooze_href"] = address_of("enrolment:snooze", step["pk"])
    return row


# The one deed that fits a step: its words, and the page or the move it leads to.
DEEDS: dict[str, tuple] = {
    "screening": (gettext_lazy("Screen"), "casefile:move", Status.ELIGIBLE),
    "waitlist_review": (gettext_lazy("Screen"), "casefile:move", Status.ELIGIBLE),
    "testing": (gettext_lazy("Put on the roster"), "casefile:move", Status.ROSTERED),
    "suspension_review": (gettext_lazy("Review"), "casefile:move", Status.ROSTERED),
    "offer": (gettext_lazy("Record the answer"), "casefile:move", Status.IN_DOCUMENTATION),
    "documents": (gettext_lazy("See what is missing"), "departure:documents", None),
    "departure": (gettext_lazy("Record the departure"), "casefile:move", Status.TRAVELLING),
    "arrival": (gettext_lazy("Confirm the arrival"), "casefile:move", Status.ACTIVE),
    "first_call": (gettext_lazy("Record the call"), "placement:check_in", None),
    "check_in": (gettext_lazy("Record the call"), "placement:check_in", None),
    "contract_ending": (gettext_lazy("End the season"), "casefile:move", Status.ENDED),
    "return": (gettext_lazy("Confirm the return"), "casefile:move", Status.RETURNED),
    "whereabouts": (gettext_lazy("Write a note"), "casefile:note", None),
    "plan": (gettext_lazy("Open the plan"), "reintegration:detail", None),
    "follow_up": (gettext_lazy("Open the plan"), "reintegration:detail", None),
    "closure": (gettext_lazy("Close the case"), "casefile:move", Status.CLOSED),
}


def _fitting_deed(step: dict, case: str, user) -> dict:
    """Words and address of the deed; a requirement leads to its line in the case file, the rest to the next step."""
    if step["requirement"]:
        return {"action": _("See what is missing"), "action_href": f"{case}#r{step['requirement']}"}
    words, route, target = DEEDS.get(step["kind"], (None, "", None))
    calls = step["kind"] in {"first_call", "check_in"}
    if words is None or (calls and not user.may(Permission.PLACEMENT_EDIT)):
        return {"action": _("Decide"), "action_href": f"{case}#next"}
    rest = [target] if target else []
    return {"action": str(words), "action_href": address_of(route, step["enrolment__public_id"], *rest)}


def sentence(found: Iterable[Group]) -> str:
    """The page in one sentence: "3 overdue, 4 for today and 4 this week"."""
    said = {
        "overdue": lambda n: ngettext("%(n)s overdue", "%(n)s overdue", n),
        "today": lambda n: ngettext("%(n)s for today", "%(n)s for today", n),
        "week": lambda n: ngettext("%(n)s this week", "%(n)s this week", n),
        "waiting": lambda n: ngettext("%(n)s with others", "%(n)s with others", n),
    }
    return wording.and_list([said[group.code](group.count) % {"n": wording.number(group.count)} for group in found])


def numbers(user) -> list[dict]:
    """My cases by stage, each number a list; one query."""
    rows = dict(
        Enrolment.objects.visible_to(user)
        .open()
        .owned_by(user)
        .values_list("status")
        .annotate(n=Count("pk"))
        .order_by()
    )
    shown = [
        Status.IN_DOCUMENTATION,
        Status.READY_TO_TRAVEL,
        Status.ACTIVE,
        Status.RETURN_OVERDUE,
        Status.IN_REINTEGRATION,
    ]
    return [
        {
            "label": Status(s).label,
            "count": rows[s],
            "href": f"{reverse('worklist:cases')}?view=mine&status={s}",
            "late": s == Status.RETURN_OVERDUE,
        }
        for s in shown
        if rows.get(s)
    ]


def office_numbers(user, today: date) -> dict:
    """For managers: by stage, by owner and lateness, in three queries whatever the caseload.

    The caseload is read once, from an index that holds all of it, and added up three ways by PostgreSQL: at a million
    people half a million open cases make a hundred thousand sums by state, office and owner, too many for Python.
    """
    late = Count("pk", filter=Q(next_due_on__lt=today))
    cases = Enrolment.objects.visible_to(user).open().order_by()
    sums, params = (
        cases.values("status", "office_id", "owner_id").annotate(n=Count("pk"), late=late).query.sql_with_params()
    )
    three_ways = (
        "SELECT grouping(status, office_id, owner_id), status, office_id, owner_id, sum(n)::int, sum(late)::int"  # noqa: S608 -- made by the ORM
        f" FROM ({sums}) sums GROUP BY GROUPING SETS ((status), (office_id), (owner_id))"
    )
    with connection.cursor() as cursor:
        cursor.execute(three_ways, params)
        rows = cursor.fetchall()
    # grouping() tells by its bits which columns were summed away.
    stages, offices, owners = (
        {row[place]: Load(*row[4:]) for row in rows if row[0] == bits}
        for place, bits in ((1, 0b011), (2, 0b101), (3, 0b110))
    )
    nobody = owners.pop(None, Load())
    first = sorted(owners, key=lambda pk: (-owners[pk].late, -owners[pk].count))[:MOST_OWNERS]
    people = {pk: row for pk, *row in User.objects.filter(pk__in=first).values_list("pk", "full_name", "public_id")}
    places = dict(Office.objects.filter(pk__in=list(offices)).values_list("pk", "name"))
    order, cases_url = list(Status.values), reverse("worklist:cases")
    return {
        "stages": [
            {"label": Status(s).label, "href": f"{cases_url}?view=open&status={s}", **asdict(stages[s])}
            for s in sorted(stages, key=order.index)
        ],
        "owners": [
            {"name": people[pk][0], "query": f"view=open&owner={people[pk][1]}", **asdict(owners[pk])}
            for pk in sorted(first, key=lambda pk: (-owners[pk].late, -owners[pk].count, people[pk][0]))
        ],
        "offices": [
            {"name": places[pk], "href": f"{cases_url}?view=open&late=on&office={pk}", **asdict(offices[pk])}
            for pk in sorted(offices, key=lambda pk: (-offices[pk].late, places[pk]))
        ],
        "nobody": nobody.count,
    }


def next_after(user, today: date) -> date | None:
    """The day of the first step beyond this week, for an empty page that says when the next work comes."""
    days = [
        awake(part, today).filter(due_on__gt=today).order_by("due_on", "id").values_list("due_on", flat=True).first()
        for part in mine(user)
    ]
    return min((day for day in days if day), default=None)
