"""What an address asks of a list: view, filters, sort, columns. The same words are the definition of a saved view."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict

from programmes.base.lists.columns import Column
from programmes.base.lists.listing import Listing

# Says in an address that the panel of filters is open.
OPENED = "panel=on"
# Words of an address that are no filters.
PLACES = ("after", "before")
WORDS = ("view", "sort", "columns", "saved", "panel", *PLACES)


@dataclass
class Asked:
    """What is asked for: filters and what they are set to, and how the list is to look.

    `names` are all filters there are for this reader; `opened` says that the panel they stand in is open.
    """

    view: str
    filters: QueryDict
    sort: str
    columns: list[Column]
    names: set[str]
    opened: bool = False
    saved: Any = None

    def _question(self) -> QueryDict:
        words = QueryDict(mutable=True)
        words["view"] = self.view
        for name in sorted(self.filters):
            words.setlist(name, [value for value in self.filters.getlist(name) if value])
        return words

    def question(self) -> str:
        """Which rows are asked for, whatever their order and columns: view and filters as the query of an address."""
        return self._question().urlencode()

    def definition(self) -> str:
        """All of it as the query of an address, always in the same order, without the place in the list."""
        words = self._question()
        words["sort"] = self.sort
        words["columns"] = ".".join(column.code for column in self.columns)
        return words.urlencode()

    def with_panel(self, query: str) -> str:
        """A query under which the panel stays open when it is."""
        return f"{query}&{OPENED}" if self.opened else query


def read(listing: Listing, data: QueryDict, user, *, names: set[str], saved=None, chosen=(), home=None) -> Asked:
    """Read an address.

    `names` are the filters that exist for this reader, `saved` the view that the address names, `home` the one that
    opens when it says nothing, `chosen` the columns that the reader chose. A word that this list does not know, or not
    for this reader, is refused (400): a filter or a sort by what one may not see would tell it.
    """
    unknown = set(data) - names - set(WORDS)
    if unknown:
        raise SuspiciousOperation("Unknown filter.")
    says_what = any(data.get(name) for name in names) or "view" in data
    saved = saved or (home if not says_what and not ("sort" in data or "columns" in data) else None)
    kept = QueryDict(saved.query) if saved is not None else QueryDict()
    source = data if says_what or saved is None else kept
    filters = QueryDict(mutable=True)
    for name in names & set(source):
        filters.setlist(name, [value for value in source.getlist(name) if value])
    # A kept view may name what its reader may not see: then it says so, and shows nothing (page.py).
    view = source.get("view") or listing.start(user)
    sort = data.get("sort") or kept.get("sort") or listing.sort
    return Asked(
        view=_one_of(
            view, {code for code, tab in listing.views.items() if tab.is_for(user)}, listing.start(user), source is kept
        ),
        filters=filters,
        sort=_one_of(sort, listing.sorts_for(user), listing.sort, "sort" not in data),
        columns=_columns(listing, data.get("columns"), kept.get("columns") or ".".join(chosen), user),
        names=names,
        opened=data.get("panel") == "on",
        saved=saved,
    )


def _one_of(word, known, otherwise, is_kept) -> str:
    if word in known:
        return word
    if is_kept:
        return otherwise
    raise SuspiciousOperation("Unknown view or sort.")


def _columns(listing: Listing, asked: str | None, kept: str, user) -> list[Column]:
    """The columns in their order: of the address, else of the view or the reader, else the usual ones."""
    available = {column.code: column for column in listing.columns_for(user)}
    codes = (asked or kept).split(".") if asked or kept else list(listing.shown)
    if asked and not set(codes) <= set(available):
        raise SuspiciousOperation("Unknown column.")
    fixed = [code for code, column in available.items() if column.fixed]
    order = dict.fromkeys([*fixed, *(code for code in codes if code in available)])
    return [available[code] for code in order]


def hidden_words(saved, names: set[str]) -> list[str]:
    """Filters of a kept view that do not exist for this reader: without them it would show more than it means."""
    return sorted(set(QueryDict(saved.query)) - names - set(WORDS))
