"""The page of a list: one statement for what stands around it, one or two for its rows, one for how many."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from programmes.base.common.choices import is_identifier
from programmes.base.common.pages import PAGE_SIZE, Page
from programmes.base.lists import address, reading
from programmes.base.lists.address import Asked
from programmes.base.lists.listing import Listing
from programmes.base.lists.models import ListPreference, SavedView

# The parts that are swapped: the whole list when its panel opens or closes, else what stands beside the panel.
LIST, RESULTS = "list", "results"


class Furniture:
    """What stands around a list: the reader's views and columns, and what filters choose from. Read in one statement.

    `names` are the filters whose choices are needed: a page that draws no panel asks for those that its address names.
    """

    def __init__(self, listing: Listing, user, data=None, names: Iterable[str] = ()):
        self.listing, self.user, self.names = listing, user, set(names)
        own = ListPreference.objects.filter(user=user, listing=listing.code).order_by()
        views = SavedView.objects.visible_to(user).filter(listing=listing.code).order_by()
        facts = JSONObject(
            id="pk", query="query", mine="created_by", office="office", programme="programme", version="version"
        )
        around = [
            own.values_list(
                Value("own"),
                Cast("home", TextField()),
                Value(""),
                Cast(JSONObject(columns="columns", pinned="pinned"), TextField()),
            ),
            views.distinct().values_list(
                Value("view"), Cast("public_id", TextField()), "name", Cast(facts, TextField())
            ),
        ]
        self.rows: dict[str, list[tuple[str, str, Any]]] = {}
        self._read([*around, *listing.furniture(user, data, self.names)])
        self.rows.get("view", []).sort(key=lambda row: row[1].casefold())
        own_rows = self.rows.get("own")
        home, _words, preference = own_rows[0] if own_rows else ("", "", {})
        self.columns: list[str] = (preference or {}).get("columns", [])
        self.pinned: list[str] = (preference or {}).get("pinned", [])
        self.views = {key: Kept(key, name, **more) for key, name, more in self.rows.get("view", [])}
        self.home = next((view for view in self.views.values() if str(view.id) == home), None)

    def _read(self, querysets) -> None:
        first, *rest = querysets
        for kind, key, words, more in first.union(*rest, all=True) if rest else first:
            self.rows.setdefault(kind, []).append((key, words, json.loads(more) if more else None))

    def bring(self, names: Iterable[str], data) -> None:
        """Read the choices of further filters, such as those of a view that was just found here."""
        missing = set(names) - self.names
        self.names |= missing
        if querysets := self.listing.furniture(self.user, data, missing):
            self._read(querysets)

    def choices(self, kind: str) -> list[tuple[str, str]]:
        """(key, words) of one kind, by their words."""
        return sorted(
            ((key, words) for key, words, _more in self.rows.get(kind, [])), key=lambda row: row[1].casefold()
        )


@dataclass
class Kept:
    """A saved view as the page needs it."""

    key: str
    name: str
    id: int
    query: str
    mine: Any
    office: int | None
    programme: int | None
    version: int


@dataclass
class Shown:
    """A list as it was asked for: everything its template shows."""

    listing: Listing
    asked: Asked
    furniture: Furniture
    filters: Any
    page: Page
    rows: list[dict]
    valid: bool
    notes: list[str]
    panel: bool = False
    part: str = RESULTS


def ask(listing: Listing, data, user, *, panel: bool = False) -> tuple[Asked, Furniture, Any]:
    """Read an address: what is asked for, what stands around it, and the filter set that narrows the rows.

    The set holds the filters that are asked for; with `panel` all there are, with everything they choose from.
    """
    names = listing.filters.names_for(user)
    furniture = Furniture(listing, user, data, names if panel else names & set(data))
    wanted = data.get("saved")
    saved = furniture.views.get(wanted) if wanted and is_identifier(wanted) else None
    asked = address.read(listing, data, user, names=names, saved=saved, chosen=furniture.columns, home=furniture.home)
    furniture.bring(asked.filters, asked.filters)
    return asked, furniture, filters_of(listing, asked, furniture, only=None if panel else asked.filters)


def filters_of(listing: Listing, asked: Asked, furniture: Furniture, *, only: Iterable[str] | None) -> Any:
    """The filter set of a list as it is asked for, on the rows of its view."""
    rows = listing.views[asked.view].narrow(listing.rows(furniture.user), furniture.user)
    return listing.filters(asked.filters, queryset=rows, user=furniture.user, furniture=furniture, only=only)


def notes_on(asked: Asked, filters, wanted: str | None) -> list[str]:
    """Why a kept view does not show what it was made for; empty when it does."""
    if wanted and asked.saved is None:
        return [_("This view no longer exists, or is no longer shared with you. You see the usual list instead.")]
    if asked.saved is None:
        return []
    if address.hidden_words(asked.saved, asked.names):
        return [
            _("The view “%(name)s” filters by something you may not see, so it shows you nothing.")
            % {"name": asked.saved.name}
        ]
    if filters.form.is_valid():
        return []
    gone = [str(filters.form.fields[name].label) for name in filters.form.errors if name in filters.form.fields]
    return [
        _(
            "The view “%(name)s” asks for something that no longer exists or that you may not see: %(filters)s."
            " Change that filter, and save the view again."
        )
        % {"name": asked.saved.name, "filters": ", ".join(gone)}
    ]


def matching(asked: Asked, filters):
    """The rows that match; none while a filter is wrong, so that a slip never shows more than was asked for."""
    if not filters.form.is_valid() or (asked.saved and address.hidden_words(asked.saved, asked.names)):
        return filters.queryset.none()
    return filters.qs


def show(request, listing: Listing) -> Shown:
    """Everything about the list that this request asks for. Raises SuspiciousOperation for an unknown word (400)."""
    user = request.user
    # While the panel stays where it is, only the rows beside it are drawn again.
    panel = request.GET.get("panel") == "on" and request.htmx.target != RESULTS
    asked, furniture, filters = ask(listing, request.GET, user, panel=panel)
    if not panel and not filters.form.is_valid():
        panel = True  # what is wrong with a filter is said beside it
        asked, furniture, filters = ask(listing, request.GET, user, panel=True)
        asked.opened = True
    column, downwards = listing.sorts_for(user)[asked.sort]
    order = column.order(downwards=downwards)
    reads = dict.fromkeys([*listing.always, *order_fields(order)])
    adds: dict[str, Any] = {}
    for one in (*asked.columns, column):
        adds |= one.adds
    for one in asked.columns:
        reads |= dict.fromkeys(one.reads)
    page = reading.page_of(
        request,
        matching(asked, filters),
        order=order,
        columns=tuple(reads),
        adds=adds,
        size=PAGE_SIZE,
        searched=column.searched,
        keys_first=column.keys_first,
    )
    listing.prepare(page.rows, user)
    return Shown(
        listing=listing,
        asked=asked,
        furniture=furniture,
        filters=filters,
        page=page,
        rows=_drawn(page.rows, asked.columns),
        valid=filters.form.is_valid(),
        notes=notes_on(asked, filters, request.GET.get("saved")),
        panel=panel,
        part=LIST if request.htmx.target == LIST else RESULTS,
    )


def order_fields(order: tuple[str, ...]) -> list[str]:
    """The fields of an order without their directions."""
    return [name.lstrip("-") for name in order]


def _drawn(rows: list[dict], columns) -> list[dict]:
    """Rows as their cells, each in one piece of HTML: fifty templates inside each other cost more than the query."""
    opened = [(_opening(column), column.cell) for column in columns]
    return [
        {
            "key": row["public_id"],
            "name": row.get("say", ""),
            "cells": [format_html("{}{}</td>", opening, cell(row)) for opening, cell in opened],
        }
        for row in rows
    ]


def _opening(column) -> SafeString:
    label = format_html(' data-label="{}"', column.label) if not column.css or column.css == "num" else ""
    css = format_html(' class="{}"', column.css) if column.css else ""
    return format_html('<td role="cell"{}{}>', css, label)
