"""Pure judgement about reintegration: when interviews are due, whether a plan came in time, what a plan costs."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from programmes.base.rulebook.rules import months_later

# domain.md 2.5: follow-up interviews 3, 6 and 12 months after return.
FOLLOW_UP_MONTHS = (3, 6, 12)


def follow_up_days(returned_on: date) -> list[tuple[int, date]]:
    """(months, day) of each follow-up; a day that a shorter month does not have becomes its last one."""
    return [(months, months_later(returned_on, months)) for months in FOLLOW_UP_MONTHS]


def plan_deadline(returned_on: date, days: int) -> date:
    """The last day on which the plan is agreed in time: `days` (30 by default) after the return (domain.md 2.5)."""
    return returned_on + timedelta(days=days)


def totals(costs: Iterable[tuple[Decimal | None, str]]) -> dict[str, Decimal]:
    """What the lines cost together, for each currency apart; lines without a cost count for nothing."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for cost, currency in costs:
        if cost is not None:
            sums[currency] += cost
    return dict(sorted(sums.items()))
