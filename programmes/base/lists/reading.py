"""Reading one page of a large list without letting the planner guess.

Two ways lead to the rows of a page: go along an index in the order of the list until the page is full, or find all
that matches and sort it. The first is quick when much matches, the second when little does, and PostgreSQL has to
guess how much that is; where filters depend on each other (an office and those one may see, a tag and what is open)
it guesses wrong by a factor of thousands, and the page takes seconds. So we look first, no further than a thousand
and one, which also is the number that the page shows. docs/performance.md has the figures.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.cache import caches
from django.db import OperationalError, connection
from django.db.models import BooleanField, Func, Value

from programmes.base.common.pages import COUNT_LIMIT, Page, keyset

# Longer than this nobody waits for a number: the list then stands without one.
COUNT_MS = 100
# After this the way along the index was the wrong one, and all that matches is sorted instead.
WALK_MS = 400
# The first thousand are soon met in the table or through an index of offices. An index that holds everything, in the
# order of something else, looks cheaper to the planner and is passed by the hundred thousand (measured: 47 ms, not 1).
NOT_ALONG = "enable_indexonlyscan = off"
# In a list sorted by what stands in another table each step costs more, so more rows are still better sorted.
MOST_SORTED = 6001
# So long a process remembers that more matches than anybody counts: page after page of the list need not look again.
REMEMBERED_SECONDS = 60


class IsOneOf(Func):
    """`id = ANY('{…}')`: thousands of keys in one value, which no field prepares one by one."""

    output_field = BooleanField()
    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY("

    def __init__(self, name: str, keys: list[int]):
        super().__init__(name, Value(f"{{{','.join(map(str, keys))}}}"))


@contextmanager
def no_longer_than(milliseconds: int, *settings: str) -> Iterator[None]:
    """Let PostgreSQL give up statements in this block after so long; they then raise OperationalError.

    The limit and further `settings` ("name = value") travel with each statement, so that they cost no way to the server
    of their own. Inside somebody else's transaction nothing is limited: giving up would break it.
    """
    told = [f"statement_timeout = {int(milliseconds)}", *settings]

    def limited(execute, sql, params, many, context):
        done = execute("; ".join([*(f"SET LOCAL {words}" for words in told), sql]), params, many, context)
        for _ in told:
            context["cursor"].nextset()
        return done

    if connection.in_atomic_block:
        yield
        return
    with connection.execute_wrapper(limited):
        yield


def gave_up(error: OperationalError) -> bool:
    """Whether PostgreSQL stopped because of the time limit."""
    return getattr(error.__cause__, "sqlstate", "") == "57014"


@dataclass(frozen=True)
class Hits:
    """What matches: how many as far as counted (None: counting took too long), and which when they are few."""

    count: int | None
    few: list[int] | None


def look(queryset, most: int = COUNT_LIMIT, *, milliseconds: int = COUNT_MS) -> Hits:
    """Find what matches, no further than `most`."""
    try:
        with no_longer_than(milliseconds, NOT_ALONG):
            keys = list(queryset.order_by().values_list("pk", flat=True)[:most])
    except OperationalError as error:
        if not gave_up(error):
            raise
        return Hits(None, None)
    return Hits(min(len(keys), COUNT_LIMIT), keys if len(keys) < most else None)


def look_once(queryset, most: int, asked: str) -> Hits:
    """What `look` finds, or what it found for the same question less than a minute ago when that was a great many."""
    key = hashlib.sha256(f"{asked} {most}".encode()).hexdigest()
    hits = caches["memory"].get(key)
    if hits is None:
        hits = look(queryset, most)
        if hits.few is None:
            caches["memory"].set(key, hits, REMEMBERED_SECONDS)
    return hits


def page_of(
    request, queryset, *, order, columns, adds, size, asked, searched=False, keys_first=False, ranges=None
) -> Page:
    """One page of `queryset` as dicts of `columns`, in one to three statements whatever matches and however much.

    `adds` are expressions that columns need; `asked` says in words what this reader asks for, whatever the order and
    the page; `searched` says that the order stands in another table; `keys_first` and `ranges` are handed to keyset.
    """
    hits = look_once(queryset, MOST_SORTED if searched else COUNT_LIMIT, asked)
    how = {"order": order, "size": size, "columns": columns, "count": hits.count, "adds": adds}
    if hits.few is not None:
        few = queryset.model.objects.filter(IsOneOf("pk", hits.few))
        return keyset(request, few, along_index=False, **how)
    try:
        with no_longer_than(WALK_MS):
            return keyset(request, queryset, keys_first=keys_first, ranges=ranges, **how)
    except OperationalError as error:
        if not gave_up(error):
            raise
    return keyset(request, queryset, along_index=False, **how)
