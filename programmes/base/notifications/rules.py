"""Pure judgements about letters and digests: moments in, answers out. No clock is read here."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from programmes.base.notifications.sources import Group

# Growing pauses after the first, second … failed attempt, up to a day; the sixth failure is left to a person.
PAUSES = (
    dt.timedelta(minutes=1),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=15),
    dt.timedelta(hours=1),
    dt.timedelta(hours=24),
)
# Retries are spread over this share of the pause, so that a server which was down is not met by all at once.
SPREAD = 0.2
# A digest that comes this much later than its hour says so.
LATE_AFTER = dt.timedelta(hours=1)
# How far "this week" reaches on Today and in the digest, in days after today.
WEEK = 7
DIGEST_KEY = "digest"

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a list into pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def pause_after(attempts: int, seed: int = 0) -> dt.timedelta:
    """How long to wait after this many failed attempts (1 or more). `seed` spreads the letters of one failure."""
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return pause * (1 + SPREAD * (seed % 97) / 97)


def local_time(now: dt.datetime, zone: str) -> dt.datetime:
    """The moment on the wall clock of an IANA zone; UTC when the name is unknown.

    A wrong zone in one record must not stop everybody's digest, hence no error.
    """
    try:
        return now.astimezone(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return now.astimezone(dt.UTC)


def zones_by_wall_clock(now: dt.datetime, zones: Iterable[str]) -> dict[tuple[dt.date, int], list[str]]:
    """Zones grouped by what their wall clocks show now: (local date, local hour) -> names."""
    groups: dict[tuple[dt.date, int], list[str]] = {}
    for zone in zones:
        local = local_time(now, zone)
        groups.setdefault((local.date(), local.hour), []).append(zone)
    return groups


def is_digest_hour(now: dt.datetime, zone: str, hour: int) -> bool:
    """Whether the person's hour has come on the local date.

    "At or after" and never "exactly at": an hour that a clock change skips still counts, and an hour that comes
    twice is settled by the key of the local date.
    """
    return local_time(now, zone).hour >= hour


def quiet_until(now: dt.datetime, zone: str, start: int | None, end: int | None) -> dt.datetime | None:
    """When the quiet hours end in which this moment lies; None when it lies in none.

    `start` and `end` are hours of the wall clock in `zone`, and the quiet may reach over midnight (22 to 6). An end
    that a clock change skips is the moment after it.
    """
    if start is None or end is None:
        return None
    local = local_time(now, zone)
    over_midnight = start > end
    if not (start <= local.hour or local.hour < end if over_midnight else start <= local.hour < end):
        return None
    day = local.date() + dt.timedelta(days=over_midnight and local.hour >= start)
    return dt.datetime.combine(day, dt.time(end), tzinfo=local.tzinfo).astimezone(dt.UTC)


def digest_day(today: dt.date, weekday: int | None) -> dt.date:
    """The latest day up to today on which a digest is meant to come: today, or the last such day of the week."""
    return today if weekday is None else today - dt.timedelta(days=(today.weekday() - weekday) % 7)


def is_digest_day(today: dt.date, weekday: int | None, last: dt.date | None) -> bool:
    """Whether today's local date asks for a digest, the last one being of the day `last`.

    A weekly digest that nobody made on its day, because the scheduler stood still, is made up for on a later day of
    that week; somebody who has just chosen a weekly digest waits for the day.
    """
    meant_for = digest_day(today, weekday)
    if last is not None and last >= meant_for:
        return False
    return meant_for == today or (last is not None and last >= meant_for - dt.timedelta(days=7))


def digest_key(user_pk: int, day: dt.date) -> str:
    """The key that makes a digest the only one of its local date."""
    return f"{DIGEST_KEY}:{user_pk}:{day.isoformat()}"


def day_of_digest(key: str) -> dt.date | None:
    """The local date a digest's key stands for; None for any other key."""
    try:
        name, _user, day = key.split(":")
        return dt.date.fromisoformat(day) if name == DIGEST_KEY else None
    except ValueError:
        return None


def missed_days(last: dt.date | None, today: dt.date) -> list[dt.date]:
    """The local dates between the last digest and today on which none was made, oldest first; seven at most."""
    if last is None:
        return []
    gap = min((today - last).days - 1, 7)
    return [today - dt.timedelta(days=back) for back in range(gap, 0, -1)]


def is_late(now: dt.datetime, zone: str, hour: int) -> bool:
    """Whether the digest of the local date comes more than an hour after its own hour."""
    local = local_time(now, zone)
    start = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    return local.astimezone(dt.UTC) - start.astimezone(dt.UTC) >= LATE_AFTER


def group_of(due_on: dt.date, today: dt.date) -> Group | None:
    """The group of Today and digest a due date belongs to; None when it lies beyond this week."""
    if due_on < today:
        return Group.OVERDUE
    if due_on == today:
        return Group.TODAY
    return Group.WEEK if (due_on - today).days <= WEEK else None
