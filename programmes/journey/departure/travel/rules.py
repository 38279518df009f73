"""Times and places of flights: on a ticket stands the clock of a place, what is kept is a moment."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(clock: datetime, zone: str) -> datetime | None:
    """The moment at which the clocks of `zone` show `clock` (naive); None when they never do.

    In the hour that the clocks show twice, the first time is meant.
    """
    there = clock.replace(tzinfo=ZoneInfo(zone), fold=0)
    found = there.astimezone(UTC)
    return found if found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock else None


def joins(arrives_in: str, leaves_from: str) -> bool:
    """Whether a leg that arrives in one place can be followed by one that leaves from the other: the same words."""
    return " ".join(arrives_in.casefold().split()) == " ".join(leaves_from.casefold().split())
