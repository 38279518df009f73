"""The page of a list: one statement for what stands around it, one or two for its rows, one for how many."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.statements import Standing
from programmes.base.common.choices import is_identifier
from programmes.base.common.markup import escaped, markup
from programmes.base.common.pages import PAGE_SIZE, Page
from programmes.base.lists import address, reading
from programmes.base.lists.address import Asked
from programmes.base.lists.listing import BULK, Listing
from programmes.base.lists.models import ListPreference, SavedView

# The parts that are swapped: the whole list when its panel opens or closes, else what stands beside the panel.
LIST, RESULTS = "list", "results"


_OWN = Standing(
    lambda user, code: (
        ListPreference.objects.filter(user=user, listing=code).order_by().values_list("columns", "pinned", "home")
    ),
    -7301,
    "code of a list",
)


class Furniture:
    """What stands around a list: how the reader wants it, their views, and what filters choose from.

    `names` are the filters whose choices are needed: a page that draws no panel asks for those that its address names.
    Views are read when some are on the reader's tabs, open the list, or stand in the address.
    """

    def __init__(self, listing: Listing, user, data=None, names: Iterable[str] = ()):
        self.listing, self.user, self.names = listing, user, set(names)
        self.columns, pinned, home = next(iter(_OWN.rows(user.pk, listing.code)), ([], [], None))
        self.pinned = [str(key) for key in pinned]
        asked = (data or {}).get("saved")
        wanted = [*self.pinned, asked] if asked and is_identifier(asked) else self.pinned
        self.rows: dict[str, list[tuple[str, str, Any]]] = {}
        querysets = listing.furniture(user, data, self.names)
        if wanted or home:
            querysets.append(self._views_among(wanted, home))
        if querysets:
            self._read(querysets)
        self.rows.get("view", []).sort(key=lambda row: row[1].casefold())
        self.views = {key: Kept(key, name, **more) for key, name, more in self.rows.get("view", [])}
        self.home = next((view for view in self.views.values() if view.id == home), None)

    def _views_among(self, keys: list[str], home: int | None):
        facts = JSONObject(
            id="pk", query="query", mine="created_by", office="office", programme="programme", version="version"
        )
        mine = SavedView.objects.visible_to(self.user).filter(listing=self.listing.code)
        named = mine.filter(Q(public_id__in=keys) | Q(pk=home)).order_by().distinct()
        return named.values_list(Value("view"), Cast("public_id", TextField()), "name", Cast(facts, TextField()))

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
    rows: SafeString
    valid: bool
    notes: list[str]
    bulk: list[dict] = field(default_factory=list)
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
        asked=f"{listing.code} {user.pk} {asked.question()}",
        searched=column.searched,
        keys_first=column.keys_first,
        ranges=filters.ranges_in(column.ranged_by),
    )
    listing.prepare(page.rows, user)
    deeds = BULK[listing.code](user) if listing.code in BULK else []
    return Shown(
        listing=listing,
        asked=asked,
        furniture=furniture,
        filters=filters,
        page=page,
        rows=_drawn(page.rows, asked.columns, picked=bool(deeds)),
        bulk=deeds,
        valid=filters.form.is_valid(),
        notes=notes_on(asked, filters, request.GET.get("saved")),
        panel=panel,
        part=LIST if request.htmx.target == LIST else RESULTS,
    )


def order_fields(order: tuple[str, ...]) -> list[str]:
    """The fields of an order without their directions."""
    return [name.lstrip("-") for name in order]


def _drawn(rows: list[dict], columns, *, picked: bool) -> SafeString:
    """The rows of the table in one piece of HTML: fifty templates inside each other cost more than the query.

    With `picked` each begins with a box to tick.
    """
    opened = [(_opening(column), column.cell) for column in columns]
    found = []
    for row in rows:
        cells = "".join([f"{opening}{escaped(cell(row))}</td>" for opening, cell in opened])
        found.append(f'<tr role="row" class="plain">{_box(row) if picked else ""}{cells}</tr>')
    return SafeString("\n".join(found))


def _box(row: dict) -> SafeString:
    said = _("Select %(name)s") % {"name": row.get("say", "")}
    return markup(
        '<td class="pick" role="cell"><input class="form-check-input" type="checkbox" name="pick" value="{}"'
        ' form="bulk" aria-label="{}"></td>',
        row["public_id"],
        said,
    )


def _opening(column) -> SafeString:
    label = markup(' data-label="{}"', column.label) if not column.css or column.css == "num" else ""
    css = markup(' class="{}"', column.css) if column.css else ""
    return markup('<td role="cell"{}{}>', css, label)
