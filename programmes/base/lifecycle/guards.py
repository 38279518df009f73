"""What must be true before a move, said by the rooms that can judge it.

A guard stands in the room that owns the facts (documents, contracts, placements) and is asked by every door through
which the case may move: page, admin site, import, shell. The case's own room never imports the rooms above it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from programmes.base.common.errors import Missing

Guard = Callable[..., Iterable[Missing]]
_GUARDS: dict[tuple[str, str], list[Guard]] = defaultdict(list)


def guard(machine: str, *targets: str) -> Callable[[Guard], Guard]:
    """Register a function `(record, *, to, on, by) -> iterable of Missing` for moves of `machine` to `targets`."""

    def register(function: Guard) -> Guard:
        for target in targets:
            if function not in _GUARDS[machine, str(target)]:
                _GUARDS[machine, str(target)].append(function)
        return function

    return register


def missing_for(machine: str, record: Any, target: str, *, on, by=None) -> list[Missing]:
    """Everything that stands between the record and the move, in the order the guards were registered."""
    return [item for judge in _GUARDS[machine, str(target)] for item in judge(record, to=str(target), on=on, by=by)]


Consequence = Callable[..., None]
_CONSEQUENCES: dict[tuple[str, str], list[Consequence]] = defaultdict(list)


def consequence(machine: str, *targets: str) -> Callable[[Consequence], Consequence]:
    """Register a function `(record, *, event, by)` that runs after such a move, in its transaction.

    For what a later room must do whenever an earlier record moves, through whichever door: give a position back,
    close a plan. `event` is the diary line of the move.
    """

    def register(function: Consequence) -> Consequence:
        for target in targets:
            if function not in _CONSEQUENCES[machine, str(target)]:
                _CONSEQUENCES[machine, str(target)].append(function)
        return function

    return register


def follow(machine: str, record: Any, target: str, *, event, by) -> None:
    """Run the consequences of a move that was made."""
    for act in _CONSEQUENCES[machine, str(target)]:
        act(record, event=event, by=by)
