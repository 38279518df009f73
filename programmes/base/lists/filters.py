"""Filters of a list. A page builds those that its address names; all of them only to draw the panel they stand in."""

from collections.abc import Iterable
from typing import ClassVar

import django_filters

from accounts.roles import Permission

# With more ranges than this, walking past other rows costs less than working so many walks out.
MOST_RANGES = 8


class ListFilter(django_filters.FilterSet):
    """The filters of one list, for one reader.

    `NEEDS` names the right without which a filter does not exist, as the list would tell by it what is not shown;
    `only`, when given, are the filters to build of those that do exist.
    """

    NEEDS: ClassVar[dict[str, Permission]] = {}
    base_filters: dict[str, django_filters.Filter]

    def __init__(self, *args, user, furniture, only: Iterable[str] | None = None, **kwargs):
        names = self.names_for(user)
        if only is not None:
            names &= set(only)
        # Taken before they are copied: copying filters that nobody asked for costs more than the rows of the page.
        self.base_filters = {name: found for name, found in type(self).base_filters.items() if name in names}
        super().__init__(*args, **kwargs)
        self.user, self.furniture = user, furniture
        self.narrowed: dict[str, set[str]] = {}

    def narrow(self, name: str, values: Iterable[str]) -> None:
        """Note that every row has one of these values in a field: the ranges of an index in which all rows stand."""
        self.narrowed[name] = self.narrowed.get(name, set(values)) & set(values)

    def ranges_in(self, name: str) -> tuple[str, list[str]] | None:
        """The field and the values that all rows have in it, when they are few. Asked after the rows were narrowed."""
        values = sorted(self.narrowed.get(name, ()))
        return (name, values) if 0 < len(values) <= MOST_RANGES else None

    @classmethod
    def names_for(cls, user) -> set[str]:
        """The filters that exist for a reader."""
        return {name for name in cls.base_filters if name not in cls.NEEDS or user.may(cls.NEEDS[name])}

    def choose(self, name: str, choices: list) -> None:
        """Give a filter its choices, if it was built."""
        if name in self.filters:
            self.filters[name].extra["choices"] = choices

    def said(self) -> str:
        """What is wrong with filters that contradict each other; empty when nothing is."""
        return ""
