"""Pure judgement about stays: how long, in which part of the year, how much within a window of months.

Arguments in, answer out; used for the terms of a demand and for the plan of a case.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later; the last day of a shorter month (domain.md 2.5, month arithmetic)."""
    return day + relativedelta(months=months)


def longest_end(start: date, months: int) -> date:
    """The last day of a stay of `months` months that begins on `start`: the day before the same day of the month."""
    return months_later(start, months) - timedelta(days=1)


def stay_problems(
    start: date, end: date, values: Mapping[str, Any], earlier: Iterable[tuple[date, date]] = ()
) -> list[str]:
    """Everything that is wrong with a stay from `start` to `end`, both included (domain.md 2.1 and M05).

    `values` are the programme's rules; `earlier` the person's other stays in the programme, for rules such as
    New Zealand's "7 months in any 11". Months are calendar months; within a window they are counted as days of
    1/12 of 365.25.
    """
    problems = []
    if end < start:
        return [_("The end lies before the start.")]
    longest = values.get("max_stay_months")
    if longest and end > longest_end(start, longest):
        problems.append(
            ngettext(
                "The stay is longer than %(count)d month, the most this programme allows: it must end by %(day)s.",
                "The stay is longer than %(count)d months, the most this programme allows: it must end by %(day)s.",
                longest,
            )
            % {"count": longest, "day": date_format(longest_end(start, longest))}
        )
    shortest = values.get("min_stay_months")
    if shortest and end < longest_end(start, shortest):
        problems.append(
            ngettext(
                "The stay is shorter than %(count)d month, the least this programme allows.",
                "The stay is shorter than %(count)d months, the least this programme allows.",
                shortest,
            )
            % {"count": shortest}
        )
    problems += _season_problems(start, end, values.get("season_opens"), values.get("season_closes"))
    window = values.get("stay_window_months")
    if longest and window and not problems:
        excess = most_days_in_window([*earlier, (start, end)], window) - round(longest * 365.25 / 12)
        # A calendar month may have 31 days: the rule counts months, so a stay of exactly that many passes.
        if excess > 4:
            problems.append(
                _("With earlier stays this would be more than %(months)d months in %(window)d.")
                % {"months": longest, "window": window}
            )
    return problems


def _season_problems(start: date, end: date, opens: object, closes: object) -> list[str]:
    problems = []
    if opens and start < _day_of_year(start.year, str(opens)):
        problems.append(_("This programme does not allow stays before %(day)s.") % {"day": _shown(start.year, opens)})
    if closes and end > _day_of_year(start.year, str(closes)):
        problems.append(_("This programme does not allow stays after %(day)s.") % {"day": _shown(start.year, closes)})
    return problems


def _day_of_year(year: int, month_and_day: str) -> date:
    month, day = (int(part) for part in month_and_day.split("-"))
    return date(year, month, 1) + timedelta(days=day - 1)


def _shown(year: int, month_and_day: object) -> str:
    return date_format(_day_of_year(year, str(month_and_day)), "MONTH_DAY_FORMAT")


def most_days_in_window(stays: Iterable[tuple[date, date]], window_months: int) -> int:
    """The most days any window of `window_months` months holds, over all `stays` (first and last day included).

    It is enough to try the windows that begin with a stay or end with one.
    """
    stays = sorted(stays)
    starts = [start for start, _end in stays] + [
        months_later(end, -window_months) + timedelta(days=1) for _start, end in stays
    ]
    most = 0
    for first in starts:
        last = longest_end(first, window_months)
        most = max(most, sum(max(0, (min(end, last) - max(start, first)).days + 1) for start, end in stays))
    return most
