"""The lists there are. A room registers each of its own: what it shows, how it is narrowed, what stands on its tabs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from accounts.roles import Permission
from programmes.base.lists.columns import Column
from programmes.base.lists.filters import ListFilter


@dataclass(frozen=True)
class View:
    """A tab that comes with the list: its words, how it narrows the rows, and for whom it is there."""

    label: str | Promise
    narrow: Callable[[Any, Any], Any]
    is_for: Callable[[Any], bool] = lambda user: True


@dataclass(frozen=True)
class Listing:
    """One list.

    Attributes:
        code: its word in the tables of saved views and exports.
        label: what stands over it.
        route: the route of its page.
        permission: the right to open it.
        rows: the rows that a user may see, nothing else.
        columns: all there are; the fixed ones first.
        shown: codes of those that somebody sees who has chosen none.
        sort: what it is sorted by unless the address says otherwise.
        views: the tabs that come with it; `start` says which one opens for a user.
        filters: its filter set.
        furniture: querysets of (kind, key, words, more) that the named filters choose from (page.py reads all at once).
        prepare: puts words to what was read, once for a page.
        count: how many rows in words.
        person: the path from a row to the person it is about ("pk" when it is the person).
        always, always_in_files: what is read of every row; columns that every file begins with.
    """

    code: str
    label: str | Promise
    route: str
    permission: Permission
    rows: Callable[[Any], Any]
    columns: tuple[Column, ...]
    shown: tuple[str, ...]
    sort: str
    views: Mapping[str, View]
    start: Callable[[Any], str]
    filters: type[ListFilter]
    furniture: Callable[[Any, Any, set[str]], list]
    prepare: Callable[[list[dict], Any], None]
    count: Callable[[int], str]
    person: str
    always: tuple[str, ...] = ("id", "public_id")
    always_in_files: tuple[str, ...] = ()
    by_code: dict[str, Column] = field(init=False, default_factory=dict)

    def __post_init__(self):
        self.by_code.update({column.code: column for column in self.columns})

    def url(self, query: str = "") -> str:
        """The address of the list, with a query."""
        address = reverse(self.route)
        return f"{address}?{query}" if query else address

    def columns_for(self, user) -> list[Column]:
        """The columns that exist for a reader."""
        return [column for column in self.columns if column.is_for(user)]

    def sorts_for(self, user) -> dict[str, tuple[Column, bool]]:
        """The words of an address that sort this list for a reader: word → column, and whether downwards."""
        found = {}
        for column in self.columns_for(user):
            if column.sort:
                found[column.code] = (column, False)
                found[f"-{column.code}"] = (column, True)
        return found


LISTINGS: dict[str, Listing] = {}
# What can be done with many rows of a list at once: registered by the room that does it, as dicts of label and href.
BULK: dict[str, Callable[[Any], list[dict]]] = {}


def register(listing: Listing) -> Listing:
    """Add a list to the table."""
    LISTINGS[listing.code] = listing
    return listing
