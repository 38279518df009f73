"""Lists: a whole page or its part, and keyset pages without a count of everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import BooleanField, F, Func, Q, Value
from django.shortcuts import render

PAGE_SIZE = 25
COUNT_LIMIT = 1001
# Sorting fields that may be null; see `keyset`.
NULLS_LAST = frozenset(
    {"next_due_on", "due_on", "planned_start", "planned_end", "departed_on", "arrived_on", "returned_on", "closed_on"}
)


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
    count: bool | int | None = True,
    columns: tuple[str, ...] = (),
    along_index: bool = True,
    keys_first: bool = False,
    ranges: tuple[str, Sequence[str]] | None = None,
    adds: Mapping[str, Any] | None = None,
) -> Page:
    """Cut one page out of `queryset` by key, not by offset.

    With `columns` the rows are dicts of these, and the count does without the tables that only they need; `count` may
    also be the number itself, or None, when somebody else has counted.
    `order` names the sorting fields, `-` for descending, the last one unique. The first field may be one of those that
    can be null: these rows stand last, whichever way the list is sorted. The position travels in `after=` or `before=`
    as a signed token, so that it can be neither guessed nor bent; a broken token shows the first page.
    `along_index=False` has all that matches sorted instead of walking along an index until the page is full.
    `keys_first` is for an index that holds all that rows are chosen by: the table is read for the rows of the page
    only, however many others the walk passes. `ranges` names a field and the few values that all rows have in it: an
    index that begins with the field is then walked once for each value, and no further than a page.
    `adds` are expressions among the columns or in the order.
    """
    fields = [name.lstrip("-") for name in order]
    token, backwards = request.GET.get("after"), False
    if not token and request.GET.get("before"):
        token, backwards = request.GET["before"], True
    position = _read(token, len(fields))
    backwards = backwards and position is not None
    total = (capped_count(queryset) if count else None) if isinstance(count, bool) else count
    found = _walk(
        queryset.annotate(**adds or {}),
        order,
        position,
        backwards=backwards,
        most=size + 1,
        along_index=along_index,
        keys_first=keys_first,
        ranges=ranges,
        columns=columns,
        adds=adds or {},
    )
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    after = _token(found[-1], fields) if found and (more or backwards) else ""
    before = (
        _token(found[0], fields) if found and ((position is not None and not backwards) or (backwards and more)) else ""
    )
    return Page(rows=found, count=total, after=after, before=before)


def _walk(rows, order, position, *, backwards, most, along_index, keys_first, ranges, columns, adds) -> list:
    """At most `most` rows from the position on, nearest first.

    The rows without a value in the first field are a part of their own behind the others, read by a query of its own:
    a condition that allows for both would begin at the first row of the index, however deep the page.
    """

    def part(rows, by, at, most):
        if at is not None:
            rows = rows.filter(_beyond(by, at, backwards))
        turned = [_turned(name) if backwards else name for name in order]
        if not along_index:
            chosen = rows.order_by(*map(_hidden, turned)).values("pk")[:most]
        elif ranges:
            field, values = ranges
            ways = [rows.filter(**{field: value}).order_by(*turned).values("pk")[:most] for value in values]
            chosen = ways[0].union(*ways[1:], all=True) if len(ways) > 1 else ways[0]
        elif keys_first:
            chosen = rows.order_by(*turned).values("pk")[:most]
        else:
            chosen = None
        if chosen is not None:
            # Whatever else is read is read of the rows of the page alone.
            rows = rows.model.objects.annotate(**adds).filter(pk__in=chosen)
        return list((rows.values(*columns) if columns else rows).order_by(*turned)[:most])

    first = order[0].lstrip("-")
    if first not in NULLS_LAST or (position is None and not order[0].startswith("-")):
        return part(rows, order, position, most)
    # Both are sorted by all of the order, though the second has nothing in the first field: so the index is found.
    valued = (rows.filter(**{f"{first}__isnull": False}), order, position)
    empty = (rows.filter(**{f"{first}__isnull": True}), order[1:], position and position[1:])
    if position is None:
        parts = [valued, empty]
    elif backwards:
        parts = [(*empty[:2], position[1:]), (*valued[:2], None)] if position[0] is None else [valued]
    else:
        parts = [empty] if position[0] is None else [valued, (*empty[:2], None)]
    found: list = []
    for rows_of_part, by, at in parts:
        if len(found) < most:
            found += part(rows_of_part, by, at, most - len(found))
    return found


class _Hidden(Func):
    """The same value, which no index offers in order: everything that matches is sorted."""

    def as_sql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        return f"GREATEST({inner}, {inner})", [*params, *params]


def _hidden(name):
    value = _Hidden(F(name.lstrip("-")))
    return value.desc() if name.startswith("-") else value.asc()


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


class _Further(Func):
    """`(a, b) > (x, y)`: one comparison of rows, which PostgreSQL answers by going to the place in the index."""

    output_field = BooleanField()

    def __init__(self, names, values, *, downwards):
        super().__init__(*map(F, names), *map(Value, values))
        self.downwards = downwards

    def as_sql(self, compiler, connection, **context):
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(parts) // 2
        names, values = (", ".join(sql for sql, _params in part) for part in (parts[:half], parts[half:]))
        sign = "<" if self.downwards else ">"
        return f"({names}) {sign} ({values})", [value for _sql, params in parts for value in params]


def _beyond(order, position, backwards):
    """What lies behind the position in a part where the first field has a value."""
    ways = {name.startswith("-") != backwards for name in order}
    fields = [name.lstrip("-") for name in order]
    if len(ways) == 1 and not NULLS_LAST.intersection(fields[1:]):
        return _Further(fields, position, downwards=ways.pop())
    condition = Q()
    equal = Q()
    first, downwards = fields[0], order[0].startswith("-") != backwards
    # Says nothing new, but lets PostgreSQL begin at the position in the index.
    bound = Q(**{f"{first}__{'lte' if downwards else 'gte'}": position[0]})
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
