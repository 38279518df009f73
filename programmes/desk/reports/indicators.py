"""The figures of the monthly operations report, counted in one statement so that they agree with each other.

An event counts in the period of its own day, whenever it was recorded. Persons and participations are counted apart.
The result is plain data that is kept with the run; words are added when it is read.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programmes.base.rulebook.models import Programme
from programmes.desk.reports import rules
from programmes.journey.demand import clock
from programmes.journey.enrolment.states import ENROLMENT, Status

SEXES = ("female", "male", "other")
LOST = (Status.RETURN_OVERDUE, Status.WHEREABOUTS_UNKNOWN)


@dataclass(frozen=True)
class Definition:
    """What one figure is: its name, how it is counted in a sentence, its number in the catalogue of indicators."""

    label: Promise
    sentence: Promise
    indicator: str = ""


DEFINITIONS: dict[str, Definition] = {
    "opened": Definition(
        _("Cases opened"),
        _("Cases registered in the period. Cases that were void as duplicates at its end are left out."),
        "I01",
    ),
    "travelling": Definition(
        _("Departures"),
        _("Participations: cases that moved to “Travelling” on a day of the period. A person may have several."),
        "I10",
    ),
    "active": Definition(
        _("On placement"),
        _("Cases in the state “On placement” at the end of the last day of the period."),
        "I12",
    ),
    "arrived": Definition(
        _("Arrivals"), _("Cases that moved from “Travelling” to “On placement” on a day of the period."), "I10"
    ),
    "returned": Definition(
        _("Returns confirmed"),
        _("Cases that moved to “Returned” on a day of the period. Reopened cases are not counted again."),
        "I43",
    ),
    "lost": Definition(
        _("Overdue or unknown"),
        _("Cases in the states “Return overdue” or “Whereabouts unknown” at the end of the last day of the period."),
        "I20",
    ),
    "ended_early": Definition(
        _("Early ends"), _("Of the placements that ended in the period, those that ended early."), "I16"
    ),
    "lost_rate": Definition(
        _("Overdue or unknown, of those who ended"),
        _("Overdue or unknown cases, for each case that ended, early or not, in the twelve months up to the last day."),
        "I20",
    ),
    "women_departed": Definition(_("Women among departures"), _("Departures of women, of all departures."), "I13"),
    "women_active": Definition(_("Women on placement"), _("Women on placement, of all on placement."), "I13"),
    "refused": Definition(
        _("Visa refusals"), _("Cases refused in the period, for each case selected in the period."), "I09"
    ),
    "unfit": Definition(
        _("Medically unfit"), _("Cases found unfit in the period, for each case selected in the period."), "I09"
    ),
    "no_show": Definition(
        _("No-shows"), _("Cases that did not show up in the period, for each case selected in the period."), "I09"
    ),
    "withdrew": Definition(
        _("Withdrawals after selection"),
        _("Cases withdrawn between selection and departure, for each case selected in the period."),
        "I09",
    ),
    "missed": Definition(
        _("Deadlines missed"),
        _("Of the steps due on a day of the period, those not done by the end of that day."),
        "I52",
    ),
    "late": Definition(
        _("Late steps"), _("Of the steps open at the end of the last day, those that were due by then."), "I52"
    ),
    "boarding": Definition(
        _("Days from request to boarding"),
        _(
            "Of workers who boarded in the period, the days from the employer's request to their departure: on average,"
            " the median, and the days within which nine of ten boarded."
        ),
        "I06",
    ),
    "boarded_in_time": Definition(
        _("Boarded in time"),
        _("Of workers who boarded in the period, those who did by the last day on time, usually day 15."),
        "I06",
    ),
    "stages": Definition(
        _("Cases by state"),
        _("Where each case stood at the end of the last day: the target of the last move that happened by then."),
        "I03–I12",
    ),
}
# Rates: numerator and denominator by the names under which `_COUNT` returns them.
RATES = (
    ("women_departed", ("flow", "travelling", "female"), (("flow", "travelling"),)),
    ("women_active", ("stock", "active", "female"), (("stock", "active"),)),
    ("refused", ("flow", "refused"), (("flow", "selected"),)),
    ("unfit", ("flow", "unfit"), (("flow", "selected"),)),
    ("no_show", ("flow", "no_show"), (("flow", "selected"),)),
    ("withdrew", ("flow", "withdrew"), (("flow", "selected"),)),
    ("ended_early", ("flow", "ended_early"), (("flow", "ended"), ("flow", "ended_early"))),
    ("lost_rate", ("stock", "lost"), (("year", "ended"),)),
    ("missed", ("steps", "missed"), (("steps", "due"),)),
    ("late", ("steps", "late"), (("steps", "open"),)),
)
HEADLINES = ("travelling", "active", "returned", "lost", "opened")
COLUMNS = ("opened", "travelling", "arrived", "returned", "active", "lost", "late")

# One row per count: kind, what, sex, office, cases, persons. A row without sex and office is the total.
_COUNT = """
WITH own AS (
    SELECT e.id, e.person_id, e.office_id, e.registered_on, e.previous_id, p.sex, e.status AS present, e.status_since
    FROM programmes_enrolment e JOIN programmes_person p ON p.id = e.person_id
    WHERE e.programme_id = %(programme)s AND e.registered_on <= %(last)s
), moves AS (
    SELECT v.enrolment_id, v.from_status, v.to_status, v."on"
    FROM programmes_caseevent v JOIN own ON own.id = v.enrolment_id
    WHERE v.kind = 'move' AND v.subject = 'enrolment' AND v."on" > %(year_ago)s AND v."on" <= %(last)s
), standing AS MATERIALIZED (
    -- Only of a case that has moved since is it asked where it stood then.
    SELECT own.*,
        CASE WHEN own.status_since < %(end)s THEN own.present ELSE coalesce((
            SELECT v.to_status FROM programmes_caseevent v
            WHERE v.enrolment_id = own.id AND v.kind = 'move' AND v.subject = 'enrolment' AND v."on" <= %(last)s
            ORDER BY v.at DESC, v.id DESC LIMIT 1
        ), CASE WHEN own.previous_id IS NULL THEN 'registered' ELSE 'rostered' END) END AS status
    FROM own
), happened AS (
    SELECT enrolment_id, "on",
        CASE WHEN to_status = 'active' AND from_status = 'travelling' THEN 'arrived'
             WHEN to_status = 'withdrawn' AND from_status = ANY(%(selected)s) THEN 'withdrew'
             WHEN to_status IN ('travelling','returned','selected','refused','unfit','no_show','ended','ended_early')
             THEN to_status END AS what
    FROM moves WHERE from_status <> 'reopened'
), flows AS (
    SELECT DISTINCT own.id, own.person_id, own.office_id, own.sex, h.what
    FROM happened h JOIN own ON own.id = h.enrolment_id WHERE h.what IS NOT NULL AND h."on" >= %(first)s
    UNION ALL
    SELECT id, person_id, office_id, sex, 'opened' FROM standing
    WHERE registered_on >= %(first)s AND status <> 'void_duplicate'
), stocks AS (
    SELECT id, person_id, office_id, sex, status AS what FROM standing
    UNION ALL
    SELECT id, person_id, office_id, sex, 'lost' FROM standing WHERE status = ANY(%(lost)s)
    UNION ALL
    SELECT id, person_id, office_id, sex, 'open' FROM standing WHERE NOT status = ANY(%(over)s)
), tasks AS (
    SELECT own.id, own.person_id, own.office_id, s.due_on, s.done_at,
        s.created_at < %(end)s AND (s.done_at IS NULL OR s.done_at >= %(end)s) AS is_open
    FROM programmes_step s JOIN own ON own.id = s.enrolment_id WHERE s.created_at < %(end)s
), steps AS (
    SELECT office_id, 'open' AS what FROM tasks WHERE is_open
    UNION ALL SELECT office_id, 'late' FROM tasks WHERE is_open AND due_on <= %(last)s
    UNION ALL SELECT office_id, 'due' FROM tasks WHERE due_on BETWEEN %(first)s AND %(last)s
    UNION ALL SELECT office_id, 'missed' FROM tasks WHERE due_on BETWEEN %(first)s AND %(last)s
        AND (done_at IS NULL OR done_at >= (due_on + 1)::timestamp AT TIME ZONE %(zone)s)
)
SELECT 'flow' AS kind, what, sex, office_id, count(*) AS cases, count(DISTINCT person_id) AS persons
FROM flows GROUP BY GROUPING SETS ((what), (what, sex), (what, office_id))
UNION ALL
SELECT 'stock', what, sex, office_id, count(*), count(DISTINCT person_id)
FROM stocks GROUP BY GROUPING SETS ((what), (what, sex), (what, office_id))
UNION ALL
SELECT 'steps', what, NULL, office_id, count(*), 0 FROM steps GROUP BY GROUPING SETS ((what), (what, office_id))
UNION ALL
SELECT 'year', 'ended', NULL, NULL, count(DISTINCT enrolment_id), 0 FROM happened
WHERE what IN ('ended', 'ended_early') AND "on" > %(year_ago)s
"""


def count(programme: Programme, first: date, last: date, *, end: datetime, zone: str) -> dict[tuple, tuple[int, int]]:
    """Every count of a period as {(kind, what, sex or office): (cases, persons)}; the third part is "" for totals.

    `end` is the moment at which `last` is over in `zone`, on whose clock steps are judged.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "programme": programme.pk,
                "first": first,
                "last": last,
                "year_ago": last - relativedelta(years=1),
                "end": end,
                "zone": zone,
                "lost": list(map(str, LOST)),
                "over": sorted(map(str, ENROLMENT.groups["over"])),
                "selected": ["selected", "in_documentation", "refused", "ready_to_travel"],
            },
        )
        return {
            (kind, what, sex or (str(office) if office else "")): (cases, persons)
            for kind, what, sex, office, cases, persons in cursor.fetchall()
        }


def monthly_operations(programme: Programme, first: date, last: date, *, zone) -> dict:
    """The figures of one month with those of the month before beside them, as plain data."""
    now = count(programme, first, last, end=rules.end_of(last, zone), zone=zone.key)
    first_before, last_before = rules.month_of(first - timedelta(days=1))
    then = count(programme, first_before, last_before, end=rules.end_of(last_before, zone), zone=zone.key)
    return {
        "headlines": [_headline(name, now, then) for name in HEADLINES],
        "rates": [_rate(name, part, whole, now, then) for name, part, whole in RATES],
        "boarding": {**_boarding(programme, first, last), "before": _boarding(programme, first_before, last_before)},
        "stages": [
            {"status": status, **_split("stock", status, now), "before": _cases(then, "stock", status)}
            for status in Status.values
            if _cases(now, "stock", status) or _cases(then, "stock", status)
        ],
        "open": _cases(now, "stock", "open"),
        "sexes": [
            {"what": name, **_split(_kind(name), name, now)} for name in ("opened", "travelling", "returned", "active")
        ],
        "offices": [
            {
                "office": office.code,
                "name": office.name,
                **{name: _cases(now, _kind(name), name, str(office.pk)) for name in COLUMNS},
            }
            for office in programme.offices.order_by("name")
        ],
        "totals": {name: _cases(now, _kind(name), name) for name in COLUMNS},
    }


def _boarding(programme: Programme, first: date, last: date) -> dict:
    """From request to boarding: days on average (None when nobody boarded), of how many, how many in time."""
    found = clock.average_days([programme.pk], since=first, until=last).get(programme.pk)
    if found is None:
        return {"days": None, "median": None, "nine_of_ten": None, "workers": 0, "in_time": 0}
    days = {name: str(getattr(found, name)) for name in ("days", "median", "nine_of_ten")}
    return {**days, "workers": found.workers, "in_time": found.in_time}


def _kind(name: str) -> str:
    return {"active": "stock", "lost": "stock", "late": "steps"}.get(name, "flow")


def _cases(counts: dict, kind: str, what: str, part: str = "") -> int:
    return counts.get((kind, what, part), (0, 0))[0]


def _headline(name: str, now: dict, then: dict) -> dict:
    cases, persons = now.get((_kind(name), name, ""), (0, 0))
    return {"what": name, "cases": cases, "persons": persons, "before": _cases(then, _kind(name), name)}


def _split(kind: str, what: str, counts: dict) -> dict:
    return {"cases": _cases(counts, kind, what), **{sex: _cases(counts, kind, what, sex) for sex in SEXES}}


def _rate(name: str, part: tuple, whole: tuple, now: dict, then: dict) -> dict:
    def both(counts: dict) -> tuple[int, int]:
        return _cases(counts, *part), sum(_cases(counts, *each) for each in whole)

    numerator, denominator = both(now)
    before = both(then)
    return {"what": name, "numerator": numerator, "denominator": denominator, "before": list(before)}
