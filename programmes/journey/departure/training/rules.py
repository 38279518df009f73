"""Scores of a session: what was gained between the test before and the test after. Arguments in, answer out."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Gain:
    """Averages in points to one decimal, each with how many were counted; None where nobody was.

    `gain` compares only those who took both tests: who came late does not lower what the others learnt.
    """

    before: Decimal | None
    before_count: int
    after: Decimal | None
    after_count: int
    gain: Decimal | None
    both_count: int


def gain_of(scores: Iterable[tuple[Decimal | None, Decimal | None]]) -> Gain:
    """What the pairs (before, after) of a session say together."""
    pairs = list(scores)
    before = [one for one, _other in pairs if one is not None]
    after = [other for _one, other in pairs if other is not None]
    both = [other - one for one, other in pairs if one is not None and other is not None]
    return Gain(_mean(before), len(before), _mean(after), len(after), _mean(both), len(both))


def _mean(values: list[Decimal]) -> Decimal | None:
    if not values:
        return None
    return (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
