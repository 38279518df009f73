"""What stands around the rows of a list: tabs, chips of the filters in force, heads that sort, links to the tools."""

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.roles import Permission
from programmes.base.common.pages import COUNT_LIMIT
from programmes.base.lists.address import OPENED
from programmes.base.lists.listing import Listing
from programmes.base.lists.page import Shown


def context_of(request, shown: Shown) -> dict:
    """The context of a list's template (templates/base/lists/)."""
    asked, listing, user = shown.asked, shown.listing, request.user
    definition = asked.definition()
    hidden = [("view", asked.view), ("sort", asked.sort), ("panel", "on")]
    if request.GET.get("columns"):
        hidden.append(("columns", request.GET["columns"]))
    words = asked.with_panel(definition)
    switched = definition if asked.opened else f"{definition}&{OPENED}"
    return {
        "page": shown.page,
        "rows": shown.rows,
        "heads": heads(shown, words),
        "form": None,
        "filters": shown.filters.form,
        "panel": shown.panel,
        "switch": {"opened": asked.opened, "href": listing.url(switched)},
        "filters_set": sum(bool(asked.filters.getlist(name)) for name in asked.filters),
        "notes": shown.notes,
        "said": "",
        "count": count_in_words(listing, shown.page.count),
        "here": listing.url(),
        "hidden": hidden if asked.opened else [],
        "view": asked.view,
        "sort": asked.sort,
        "views": tabs(shown),
        "chips": chips(shown, words) if shown.valid else [],
        "clear": listing.url(asked.with_panel(f"view={asked.view}")),
        "definition": definition,
        "list": listing.code,
        "label": listing.label,
        "bulk": shown.bulk,
        "all_words": all_in_words(listing, shown.page.count),
        "tools": tools(shown, definition, user),
        "counts_url": f"{reverse('lists:counts', args=[listing.code])}?{words}",
    }


def count_in_words(listing: Listing, count: int | None) -> str:
    """How many match, in words; empty when counting took too long."""
    if count is None:
        return ""
    return _("More than 1,000") if count >= COUNT_LIMIT else listing.count(count)


def all_in_words(listing: Listing, count: int | None) -> str:
    """The words of the box that takes the whole list."""
    if count is None or count >= COUNT_LIMIT:
        return _("All of this list, also what is not on this page")
    return _("All of this list: %(count)s") % {"count": listing.count(count)}


def heads(shown: Shown, definition: str) -> list[dict]:
    """The heads of the columns; those that sort are links, the one in force says which way."""
    found = []
    for column in shown.asked.columns:
        head = {"label": column.label, "css": "num" if column.css == "num" else "", "href": "", "way": ""}
        if column.sort:
            up = shown.asked.sort == column.code
            head["way"] = "ascending" if up else "descending" if shown.asked.sort == f"-{column.code}" else ""
            head["href"] = shown.listing.url(changed(definition, sort=f"-{column.code}" if up else column.code))
        found.append(head)
    return found


def changed(definition: str, **words: str | None) -> str:
    """The definition with some of its words changed; None takes a word away."""
    data = QueryDict(definition, mutable=True)
    for name, value in words.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return data.urlencode()


def tabs(shown: Shown) -> list[dict]:
    """The tabs that come with the list, then those that the reader pinned; the others wait on a page of their own."""
    asked, listing, user = shown.asked, shown.listing, shown.furniture.user
    saved = asked.saved.key if asked.saved else ""
    found = [
        {
            "label": tab.label,
            "href": listing.url(asked.with_panel(f"view={code}")),
            "current": not saved and code == asked.view,
            "key": code,
        }
        for code, tab in listing.views.items()
        if tab.is_for(user)
    ]
    kept = [shown.furniture.views[key] for key in shown.furniture.pinned if key in shown.furniture.views]
    if asked.saved and asked.saved not in kept:
        kept.append(asked.saved)
    found += [
        {
            "label": view.name,
            "href": listing.url(asked.with_panel(f"saved={view.key}")),
            "current": view.key == saved,
            "key": view.key,
        }
        for view in kept
    ]
    return found


def chips(shown: Shown, definition: str) -> list[dict]:
    """One removable chip for each filter in force."""
    found = []
    for name, value in shown.filters.form.cleaned_data.items():
        if value in (None, "", [], False):
            continue
        field = shown.filters.form.fields[name]
        words = {str(key): label for key, label in getattr(field, "choices", [])}
        values = value if isinstance(value, list) else [value]
        for one in values:
            rest = QueryDict(definition, mutable=True)
            rest.setlist(name, [kept for kept in rest.getlist(name) if len(values) > 1 and kept != str(one)])
            said = words.get(one, one) if isinstance(one, str) else one
            label = (
                str(field.label) if one is True else _("%(field)s: %(value)s") % {"field": field.label, "value": said}
            )
            found.append({"label": label, "href": shown.listing.url(rest.urlencode())})
    return found


def tools(shown: Shown, definition: str, user) -> list[dict]:
    """What can be done with the list as it is: keep it, choose its columns, take it out."""
    code = shown.listing.code
    found = [
        {
            "label": _("Save this view"),
            "icon": "plus",
            "href": f"{reverse('lists:save', args=[code])}?{definition}",
            "letter": "s",
        },
        {
            "label": _("Columns"),
            "icon": "gear",
            "href": f"{reverse('lists:columns', args=[code])}?{definition}",
            "letter": "",
        },
        {"label": _("All views"), "icon": "flag", "href": reverse("lists:views", args=[code]), "letter": ""},
    ]
    if user.may(Permission.CASE_EXPORT):
        found.append(
            {
                "label": _("Export"),
                "icon": "get",
                "href": f"{reverse('lists:take', args=[code])}?{definition}",
                "letter": "",
            }
        )
    return found


def described(listing, asked, filters) -> list[dict]:
    """A list in words, for pages about it: its tab, each filter, its sort."""
    rows = [{"label": _("View"), "value": str(listing.views[asked.view].label)}]
    for name, value in getattr(filters.form, "cleaned_data", {}).items():
        if value in (None, "", [], False):
            continue
        field = filters.form.fields[name]
        words = {str(key): label for key, label in getattr(field, "choices", [])}
        values = [str(words.get(str(one), one)) for one in (value if isinstance(value, list) else [value])]
        rows.append({"label": str(field.label), "value": _("yes") if value is True else ", ".join(values)})
    column = listing.by_code[asked.sort.lstrip("-")]
    way = _("downwards") if asked.sort.startswith("-") else _("upwards")
    rows.append({"label": _("Sorted by"), "value": format_html("{}, {}", column.label, way)})
    return rows
