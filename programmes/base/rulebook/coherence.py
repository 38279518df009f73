"""Whether the values of a programme's rules fit together: each may be right alone and the whole impossible."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Protocol

from django.utils.translation import gettext as _

from programmes.base.rulebook.catalogue import RULES

# A value is told apart by rule, nationality (empty: everybody's) and first day (None: since ever).
What = tuple[str, str, date | None]
# A value of the first rule says nothing without one of the second.
PAIRS = (
    ("stay_window_months", "max_stay_months"),
    ("authorisation_years", "authorisation_year_months"),
    ("guarantee_block_hours", "guarantee_block_weeks"),
    ("guarantee_block_weeks", "guarantee_block_hours"),
    ("guarantee_contract_hours", "guarantee_contract_weeks"),
    ("guarantee_contract_weeks", "guarantee_contract_hours"),
)
# The first may not be more than the second.
ORDERS = (
    ("min_stay_months", "max_stay_months"),
    ("max_stay_months", "stay_window_months"),
    ("sick_leave_start_days", "sick_leave_most_days"),
)


class Value(Protocol):
    """What is asked of a row of the rulebook."""

    value: Any

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""


def incoherences(values: Mapping[What, Value]) -> Iterator[tuple[What, str]]:
    """What does not fit together on some day for somebody: the value to look at, and a sentence with the remedy.

    Every day on which a value begins is looked at, for everybody and for each nationality with values of its own. A
    value is named once.
    """
    days = {first or date.min for _key, _who, first in values}
    named = set()
    for nationality in sorted({who for _key, who, _first in values} | {""}):
        for day in sorted(days):
            in_force = _in_force(values, day, nationality)
            for key, message in _misfits({key: values[what].value for key, what in in_force.items()}):
                if in_force[key] not in named:
                    named.add(in_force[key])
                    yield in_force[key], message


def _in_force(values: Mapping[What, Value], day: date, nationality: str) -> dict[str, What]:
    """The same choice as `Programme.rules`."""
    order = sorted(values, key=lambda what: (bool(what[1]), what[2] or date.min))
    return {what[0]: what for what in order if what[1] in ("", nationality) and values[what].holds_on(day)}


def _misfits(held: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, needed in PAIRS:
        if held.get(key) and not held.get(needed):
            yield key, _("This needs “%(other)s” too, on the same days.") % {"other": _name(needed)}
    for less, more in ORDERS:
        if held.get(less) and held.get(more) and held[less] > held[more]:
            message = _("This is more than “%(other)s”, which is %(value)d. Change one of the two.")
            yield less, message % {"other": _name(more), "value": held[more]}


def _name(key: str) -> str:
    return str(RULES[key].label).removeprefix("… ")
