"""Kinds of rule: the functions that judge by the values of the rulebook.

A kind is a pure function in the `rules.py` of the room that judges. It registers here which values of the catalogue it
reads, so that no value is without a judge and docs/rules.md can say what each one does. The values are data: a
programme takes part in a kind by setting them.
"""

from collections.abc import Callable
from typing import TypeVar

from programmes.base.rulebook.catalogue import RULES

Judge = TypeVar("Judge", bound=Callable)
_JUDGES: dict[str, list[Callable]] = {}


def judges_rules(*keys: str) -> Callable[[Judge], Judge]:
    """Register a function as judge of these rules of the catalogue. It must say in its docstring what it answers.

    Raises LookupError for a key that the catalogue does not know, so that a slip stops the start.
    """
    unknown = [key for key in keys if key not in RULES]
    if unknown:
        raise LookupError(f"No such rule: {', '.join(unknown)}")

    def register(function: Judge) -> Judge:
        if not function.__doc__:
            raise LookupError(f"{function.__qualname__} does not say what it judges")
        for key in keys:
            _JUDGES.setdefault(key, []).append(function)
        return function

    return register


def judges_of(key: str) -> list[Callable]:
    """The functions that judge by a rule's value, in the order of their registration."""
    return list(_JUDGES.get(key, ()))
