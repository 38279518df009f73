"""Filters of a list. A page builds those that its address names; all of them only to draw the panel they stand in."""

from collections.abc import Iterable
from typing import ClassVar

import django_filters

from accounts.roles import Permission


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
