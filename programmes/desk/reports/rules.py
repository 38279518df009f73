"""Pure judgement about periodic reports: which month, when the next run is due, what must not be shown."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

# Which way of counting made the figures; a change of a definition or of the query needs a new one.
METHOD = "2026-2"
# Counts below this are not shown to readers who may not read cases (IOM's own data hub uses k = 11).
SMALLEST_SHOWN = 11
# A dead schedule is not caught up for ever.
MOST_MONTHS_BEHIND = 24


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of `day`."""
    first = day.replace(day=1)
    return first, first + relativedelta(months=1) - timedelta(days=1)


def month_before(day: date) -> tuple[date, date]:
    """The first and the last day of the month before that of `day`."""
    return month_of(day.replace(day=1) - timedelta(days=1))


def run_in_month(first: date, *, day: int, hour: int, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which the report is made in the month that begins on `first`.

    An hour that the clocks skip in spring is taken an hour later; one that comes twice in autumn, the first time.
    """
    return datetime.combine(first.replace(day=day), time(hour), zone).astimezone(UTC)


def next_run(after: datetime, *, day: int, hour: int, zone: ZoneInfo) -> datetime:
    """The first moment later than `after` at which the report is made."""
    first = after.astimezone(zone).date().replace(day=1)
    moment = run_in_month(first, day=day, hour=hour, zone=zone)
    return moment if moment > after else run_in_month(first + relativedelta(months=1), day=day, hour=hour, zone=zone)


def period_of(run_at: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """The month a run is about: the one before, on the calendar of the schedule's place."""
    return month_before(run_at.astimezone(zone).date())


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which `day` is over in a zone."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def is_small(count: int | None) -> bool:
    """Whether a count could point at single persons."""
    return count is not None and 0 < count < SMALLEST_SHOWN


def hidden_parts(parts: Mapping[str, int]) -> set[str]:
    """Which parts of a shown total are hidden: the small ones, and one more where a single one could be worked out.

    The further one is the smallest that is not nothing. A total that is small itself hides all its parts.
    """
    hidden = {name for name, count in parts.items() if is_small(count)}
    if is_small(sum(parts.values())):
        return {name for name, count in parts.items() if count}
    if len(hidden) == 1:
        others = sorted((count, name) for name, count in parts.items() if name not in hidden and count)
        hidden |= {name for _count, name in others[:1]}
    return hidden
