"""Pure judgement about stays: how long, in which part of the year, how much within a window of months.

Arguments in, answer out; used for the terms of a demand and for the plan of a case. Everything is counted on the
calendar, day by day and without rounding. Both ends of a stay are days of it.

Months. `n` months that begin on a day end on the day before the same day of the month `n` months later; where that
month is too short to have such a day, they end on its last day. One month from 1 January ends on 31 January, one from
29, 30 or 31 January on the last day of February, twelve from 29 February on 28 February.

A stay of at most (at least) `n` months ends no later (no earlier) than `n` months from its first day.

The open part of the year. Every day of a stay lies between the first and the last day of it, both included, whatever
the year; where the last lies before the first in the calendar, the open part runs over the new year. 29 February
stands for the last day of that month.

At most `n` months in any period of `w`. Whatever day a period of `w` months begins on: the days of stay in it are no
more than `n` months, counted from the first of these days, have. So a single stay of `n` months always passes, and
days that several stays share count once. Only periods with a day of the stay that is judged matter: what was
wrong long ago keeps nobody at home.

At most `n` months in each year of authorisation. An authorisation begins with the first day of a stay that no earlier
one covers, and holds for whole years; each of its years begins after the last day of the one before. The days of
stay in such a year are counted as in a period of months. A stay ends within the authorisation under which it began.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.rulebook.kinds import judges_rules

Stay = tuple[date, date]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Breach:
    """A rule that a stay breaks: the rule's key, and the day that the rule draws as a line."""

    rule: str
    day: date


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later; the last day of a shorter month (domain.md 2.5, month arithmetic)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def longest_end(start: date, months: int) -> date:
    """The last day of `months` months that begin on `start`, as this module counts them."""
    later = months_later(start, months)
    # In a month that is too short for the same day, nothing is left of it.
    return later - ONE_DAY if later.day == start.day else later


@judges_rules(
    "max_stay_months",
    "stay_window_months",
    "min_stay_months",
    "season_opens",
    "season_closes",
    "authorisation_year_months",
    "authorisation_years",
)
def stay_problems(start: date, end: date, values: Mapping[str, Any], earlier: Iterable[Stay] = ()) -> list[str]:
    """Everything that is wrong with a stay from `start` to `end`, in sentences (domain.md 2.1 and M05).

    `values` are the programme's rules on the first day of the stay; `earlier` the person's other stays in the
    programme, for rules such as New Zealand's "7 months in any 11" or Spain's "9 months in each year of authorisation".
    """
    if end < start:
        return [_("The end lies before the start.")]
    return [_in_words(breach, values) for breach in breaches(start, end, values, earlier)]


def counts_earlier_stays(values: Mapping[str, Any]) -> bool:
    """Whether these rules ask for the person's other stays."""
    return bool(values.get("stay_window_months") or values.get("authorisation_year_months"))


def stay_problems_of_all(
    start: date, end: date, values: Mapping[str, Any], others: Iterable[Mapping[str, Any]]
) -> list[str]:
    """What is wrong with a stay when nobody is named for it yet, as in a demand.

    `others` are the rules for single nationalities where they differ: a stay that some of them admit is no problem.
    """
    problems = stay_problems(start, end, values)
    return problems if problems and all(stay_problems(start, end, other) for other in others) else []


def breaches(start: date, end: date, values: Mapping[str, Any], earlier: Iterable[Stay] = ()) -> list[Breach]:
    """The same as facts. `end` lies not before `start`."""
    found = []
    longest, shortest = values.get("max_stay_months") or 0, values.get("min_stay_months") or 0
    too_long = longest > 0 and end > longest_end(start, longest)
    if too_long:
        found.append(Breach("max_stay_months", longest_end(start, longest)))
    if shortest and end < longest_end(start, shortest):
        found.append(Breach("min_stay_months", longest_end(start, shortest)))
    found += _outside_the_open_part(start, end, values.get("season_opens"), values.get("season_closes"))
    stays = _apart([*earlier, (start, end)])
    window = values.get("stay_window_months")
    if longest and window and not too_long:
        first = _overfull_period(stays, start, end, window, longest)
        if first:
            found.append(Breach("stay_window_months", first))
    if values.get("authorisation_year_months"):
        found += _outside_the_authorisation(stays, start, end, values, too_long=too_long)
    return found


# --- The open part of the year ------------------------------------------------------------------------------------


def _outside_the_open_part(start: date, end: date, opens: str | None, closes: str | None) -> Iterator[Breach]:
    if not opens and not closes:
        return
    parts = _open_parts(start.year - 1, end.year + 1, opens or "01-01", closes or "12-31")
    before = [last for _first, last in parts if last < start]
    first, last = next(part for part in parts if part[1] >= start)
    if end < first:
        yield Breach("season_opens", first) if first.year == start.year else Breach("season_closes", before[-1])
        return
    if start < first:
        yield Breach("season_opens", first)
    if end > last:
        yield Breach("season_closes", last)


def _open_parts(from_year: int, to_year: int, opens: str, closes: str) -> list[Stay]:
    """First and last days of the open parts of these years; those that touch are one."""
    parts: list[Stay] = []
    for year in range(from_year, to_year + 1):
        first, last = _day_of_year(year, opens), _day_of_year(year + (closes < opens), closes)
        if parts and parts[-1][1] + ONE_DAY >= first:
            first = parts.pop()[0]
        parts.append((first, last))
    return parts


def _day_of_year(year: int, month_and_day: str) -> date:
    month, day = (int(part) for part in month_and_day.split("-"))
    return date(year, month, min(day, monthrange(year, month)[1]))


# --- Several stays ------------------------------------------------------------------------------------------------


def _apart(stays: Iterable[Stay]) -> list[Stay]:
    """The same days in the order of the calendar, each once."""
    apart: list[Stay] = []
    for start, end in sorted(stays):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def _too_many(stays: Sequence[Stay], first: date, last: date, months: int) -> bool:
    """Whether the days of stay from `first` to `last` are more than `months` months from the first of them."""
    inside = [(max(start, first), min(end, last)) for start, end in stays if start <= last and end >= first]
    if not inside:
        return False
    allowed = longest_end(inside[0][0], months) - inside[0][0]
    return sum((end - start).days + 1 for start, end in inside) > allowed.days + 1


def _overfull_period(stays: Sequence[Stay], start: date, end: date, window: int, months: int) -> date | None:
    """The first day of a period of `window` months with a day of the stay and too many days of stay; None if none has.

    A period that begins between stays holds no more than the one that begins with the next stay. Within a stay, moving
    the beginning on by a day takes a day away and adds one at most, as long as no month changes its length: from the
    1st to the 28th. So only the first day that reaches the judged stay and the 1st, 29th, 30th and 31st are tried.
    """
    reach = months_later(start, -window) - timedelta(days=4)
    while longest_end(reach, window) < start:
        reach += ONE_DAY
    for first, last in stays:
        day = max(first, reach)
        while day <= min(last, end):
            if _too_many(stays, day, longest_end(day, window), months):
                return day
            day = (day.replace(day=28) if day.day < 28 else day) + ONE_DAY
    return None


def _outside_the_authorisation(
    stays: Sequence[Stay], start: date, end: date, values: Mapping[str, Any], *, too_long: bool
) -> Iterator[Breach]:
    years, months = values.get("authorisation_years") or 1, values["authorisation_year_months"]
    began = stays[0][0]
    for first, _last in stays:
        if began < first <= start and first > longest_end(began, 12 * years):
            began = first
    last = longest_end(began, 12 * years)
    if end > last:
        yield Breach("authorisation_years", last)
    year_begins = began
    for year in range(1, years + 1):
        year_ends = longest_end(began, 12 * year)
        touched = year_begins <= end and year_ends >= start
        if touched and not too_long and _too_many(stays, year_begins, year_ends, months):
            yield Breach("authorisation_year_months", year_begins)
            return
        year_begins = year_ends + ONE_DAY


# --- Words --------------------------------------------------------------------------------------------------------


def _in_words(breach: Breach, values: Mapping[str, Any]) -> str:
    months = values.get(breach.rule) or 0
    if breach.rule == "max_stay_months":
        return ngettext(
            "The stay is longer than %(count)d month, the most this programme allows: it must end by %(day)s.",
            "The stay is longer than %(count)d months, the most this programme allows: it must end by %(day)s.",
            months,
        ) % {"count": months, "day": date_format(breach.day)}
    if breach.rule == "min_stay_months":
        return ngettext(
            "The stay is shorter than %(count)d month, the least this programme allows.",
            "The stay is shorter than %(count)d months, the least this programme allows.",
            months,
        ) % {"count": months}
    if breach.rule == "stay_window_months":
        return _("With earlier stays this would be more than %(months)d months in %(window)d.") % {
            "months": values["max_stay_months"],
            "window": months,
        }
    day = {"day": date_format(breach.day, "MONTH_DAY_FORMAT")}
    if breach.rule == "season_opens":
        return _("This programme does not allow stays before %(day)s.") % day
    if breach.rule == "season_closes":
        return _("This programme does not allow stays after %(day)s.") % day
    if breach.rule == "authorisation_years":
        return _("The stay must end by %(day)s, the last day of the authorisation under which it begins.") % {
            "day": date_format(breach.day)
        }
    return _("This would be more than %(months)d months in the year of authorisation that begins on %(day)s.") % {
        "months": months,
        "day": date_format(breach.day),
    }
