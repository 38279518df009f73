"""A state machine is data: which states, which moves, which need a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pgtrigger
from django.db import models


@dataclass(frozen=True)
class Machine:
    """The table of one state machine (domain.md 2.3).

    `name` is how the diary calls it. `moves` maps each state to the states it may move to. `reasons` holds the
    targets that always need a reason, or pairs (from, to) that do. `groups` are named sets of states.
    """

    name: str
    states: type[models.TextChoices]
    moves: Mapping[Any, frozenset[Any]]
    reasons: frozenset = frozenset()
    groups: Mapping[str, frozenset[Any]] = field(default_factory=dict)

    def allows(self, source: str, target: str) -> bool:
        """Whether the table knows this move."""
        return target in self.moves.get(source, ())

    def needs_reason(self, source: str, target: str) -> bool:
        """Whether this move is only made with a reason."""
        return target in self.reasons or (source, target) in self.reasons

    def pairs(self) -> list[tuple[str, str]]:
        """Every legal move, in a stable order."""
        return sorted((str(source), str(target)) for source, targets in self.moves.items() for target in targets)

    def trigger(self, column: str = "status") -> pgtrigger.FSM:
        """The same table compiled into a database trigger, so that SQL, admin and bulk updates obey it too."""
        return pgtrigger.FSM(name="legal_moves", field=column, transitions=self.pairs())
