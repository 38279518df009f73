"""Where letters learn what is due, from rooms that this one may not import.

A room above registers itself once, at start-up:

* `register(name, lines)`: `lines(users, days)` is asked once for each chunk of up to 500 recipients and answers
  `{user_pk: [Line, …]}` in as few statements as it can. `days` is `{user_pk: the person's local date}`; each
  `Line.label` is in that person's language. A person without lines may be left out.
* `register_reminders(name, reminders)`: `reminders(now)` yields a `Reminder` for each step whose date has come
  (within the last few days is enough: a key that exists is never written again).
* `register_access(still_seen)`: `still_seen(pairs)` gets `(User, enrolment_pk)` pairs and answers the set of
  `(user_pk, enrolment_pk)` whose user may see the enrolment now. Asked right before a letter goes out.
* `register_workers(address_of)`: `address_of(enrolment_pk)` answers the e-mail address of the worker of a case, or ""
  when the worker may not be written to now. Asked right before a message goes out.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.core.exceptions import ImproperlyConfigured


class Group(StrEnum):
    """The groups of Today and of the digest, in their order."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to do, as a digest says it: generic words, a case number, one link. Never a name.

    `label` is in the recipient's language, `path` is the page's address without the host.
    """

    group: Group
    due_on: dt.date | None
    label: str
    case_number: str
    path: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """One letter that is due: the arguments of `actions.queue`."""

    key: str
    to: Any
    kind: str
    context: Mapping[str, Any]
    path: str
    enrolment: Any = None


Lines = Callable[[Sequence[Any], Mapping[int, dt.date]], Mapping[int, Sequence[Line]]]
Reminders = Callable[[dt.datetime], Iterable[Reminder]]
StillSeen = Callable[[Sequence[tuple[Any, int]]], set[tuple[int, int]]]

AddressOfWorker = Callable[[int], str]

_lines: dict[str, Lines] = {}
_reminders: dict[str, Reminders] = {}
_access: dict[str, StillSeen] = {}
_workers: dict[str, AddressOfWorker] = {}


def register(name: str, lines: Lines) -> None:
    """Let a room add lines to every digest. A second call with the same name replaces the first."""
    _lines[name] = lines


def register_reminders(name: str, reminders: Reminders) -> None:
    """Let a room announce what is due now."""
    _reminders[name] = reminders


def register_access(still_seen: StillSeen) -> None:
    """Name the one judge of who may see which enrolment."""
    _access["enrolment"] = still_seen


def register_workers(address_of: AddressOfWorker) -> None:
    """Name the one judge of whether and where a worker is written to about a case."""
    _workers["enrolment"] = address_of


def address_of_worker(enrolment_pk: int) -> str:
    """The address of the worker of a case; "" when the worker may not be written to, or nobody can tell."""
    return _workers["enrolment"](enrolment_pk) if "enrolment" in _workers else ""


def lines_for(users: Sequence[Any], days: Mapping[int, dt.date]) -> dict[int, list[Line]]:
    """Ask every source once for all of these users. Errors of a source come through."""
    found: dict[int, list[Line]] = {user.pk: [] for user in users}
    for lines in _lines.values():
        for user_pk, own in lines(users, days).items():
            if user_pk in found:
                found[user_pk].extend(own)
    return found


def reminder_sources() -> list[tuple[str, Reminders]]:
    """The registered sources of reminders with their names."""
    return list(_reminders.items())


def still_seen(pairs: Sequence[tuple[Any, int]]) -> set[tuple[int, int]]:
    """Which (user, enrolment) pairs still hold. Without a judge nothing may be assumed: ImproperlyConfigured."""
    if not pairs:
        return set()
    if "enrolment" not in _access:
        raise ImproperlyConfigured("No access check is registered: see notifications.sources.register_access.")
    return _access["enrolment"](pairs)


def may_still_see(user: Any, enrolment_pk: int | None) -> bool:
    """Whether this person may see this enrolment now; a letter about no enrolment is always theirs."""
    return enrolment_pk is None or (user.pk, enrolment_pk) in still_seen([(user, enrolment_pk)])
