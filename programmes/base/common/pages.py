"""Lists: a whole page or its part, and keyset pages without a count of everything."""

from dataclasses import dataclass

from django.core import signing
from django.db.models import Q
from django.shortcuts import render

PAGE_SIZE = 25
COUNT_LIMIT = 1001
# Sorting fields that may be null; see `keyset`.
NULLS_LAST = frozenset({"next_due_on", "due_on"})


def page_or_part(request, template, part, context, *, status=200):
    """The same view answers a whole page or, for htmx, only the named partial of it."""
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render(request, f"{template}#{part}", context, status=status)
    return render(request, template, context, status=status)


@dataclass(frozen=True)
class Page:
    """One page of a list. `count` is capped: 1001 means "more than a thousand"."""

    rows: list
    count: int | None
    after: str
    before: str

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)

    @property
    def count_is_capped(self) -> bool:
        """More rows match than anybody will count by hand."""
        return self.count is not None and self.count >= COUNT_LIMIT


def capped_count(queryset) -> int:
    """How many rows match, counting no further than a thousand and one."""
    return queryset.order_by().values("pk")[:COUNT_LIMIT].count()


def keyset(
    request,
    queryset,
    *,
    order: tuple[str, ...],
    size: int = PAGE_SIZE,
    count: bool = True,
    columns: tuple[str, ...] = (),
) -> Page:
    """Cut one page out of `queryset` by key, not by offset.

    With `columns` the rows are dicts of these, and the count does without the tables that only they need.
    `order` names the sorting fields, `-` for descending, the last one unique. A field may be null when it sorts
    upwards: nulls stand last, as PostgreSQL puts them. The position travels in `after=` or `before=` as a signed token,
    so that it can be neither guessed nor bent; a broken token shows the first page.
    """
    fields = [name.lstrip("-") for name in order]
    token, backwards = request.GET.get("after"), False
    if not token and request.GET.get("before"):
        token, backwards = request.GET["before"], True
    position = _read(token, len(fields))
    total = capped_count(queryset) if count else None
    ordering = [_turned(name) if backwards else name for name in order]
    rows = (queryset.values(*columns) if columns else queryset).order_by(*ordering)
    if position is None:
        found = list(rows[: size + 1])
    else:
        found = list(rows.filter(_beyond(order, position, backwards))[: size + 1])
        first = ordering[0]
        if first in NULLS_LAST and position[0] is not None and len(found) <= size:
            # The rows without a day come after the last one with a day, in a query of their own: a condition that
            # allows for both would begin at the first row of the index, however deep the page.
            found += rows.filter(**{f"{first}__isnull": True})[: size + 1 - len(found)]
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    after = _token(found[-1], fields) if found and (more or backwards) else ""
    before = (
        _token(found[0], fields) if found and ((position is not None and not backwards) or (backwards and more)) else ""
    )
    return Page(rows=found, count=total, after=after, before=before)


def _turned(name):
    return name[1:] if name.startswith("-") else f"-{name}"


def _token(row, fields):
    values = [row[f] if isinstance(row, dict) else _attribute(row, f) for f in fields]
    return signing.dumps(
        [v.isoformat() if hasattr(v, "isoformat") else v for v in values], salt="keyset", compress=True
    )


def _attribute(row, path):
    for part in path.split("__"):
        row = getattr(row, part)
    return row


def _read(token, length):
    if not token:
        return None
    try:
        values = signing.loads(token, salt="keyset")
    except signing.BadSignature:
        return None
    return values if isinstance(values, list) and len(values) == length else None


def _beyond(order, position, backwards):
    """What lies behind the position; rows whose first field is null while that of the position is not are left out."""
    condition = Q()
    equal = Q()
    first, downwards = order[0].lstrip("-"), order[0].startswith("-") != backwards
    # Says nothing new, but lets PostgreSQL begin at the position in the index.
    bound = Q() if position[0] is None else Q(**{f"{first}__{'lte' if downwards else 'gte'}": position[0]})
    for name, value in zip(order, position, strict=True):
        field = name.lstrip("-")
        downwards = name.startswith("-") != backwards
        if value is None:
            # Nulls stand last: going up nothing lies beyond one, going down everything that is not null does.
            condition |= equal & Q(**{f"{field}__isnull": False}) if downwards else Q()
            equal &= Q(**{f"{field}__isnull": True})
            continue
        beyond = Q(**{f"{field}__{'lt' if downwards else 'gt'}": value})
        if not downwards and field != first and field in NULLS_LAST:
            beyond |= Q(**{f"{field}__isnull": True})
        condition |= equal & beyond
        equal &= Q(**{field: value})
    return bound & condition
