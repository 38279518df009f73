"""Lists cut into pages by key: every row once, in order, forwards and backwards, wherever days are missing or equal."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from programmes.base.common.pages import COUNT_LIMIT, capped_count, keyset
from programmes.models import Enrolment
from tests.factories.enrolment import EnrolmentFactory

pytestmark = pytest.mark.django_db
STATES = ["registered", "eligible", "rostered"]
DAYS = [3, 1, None, 3, 3, None, 2, 1, None, 5, None, 3]
ORDERS = [
    ("next_due_on", "id"),
    ("-next_due_on", "-id"),
    ("-status_since", "-id"),
    ("number",),
    ("-number",),
    ("status_since", "next_due_on", "id"),
    ("person__first_surname", "person__second_surname", "id"),
    ("-person__first_surname", "-person__second_surname", "-id"),
    ("registered_on", "-id"),
]
COLUMNS = (
    "pk",
    "id",
    "next_due_on",
    "status_since",
    "number",
    "registered_on",
    "person__first_surname",
    "person__second_surname",
)


@pytest.fixture
def cases():
    """Twelve cases in three states, some due on the same day, some on none."""
    start = date.today()
    for place, day in enumerate(DAYS):
        due = None if day is None else start + timedelta(days=day)
        EnrolmentFactory(next_due_on=due, status=STATES[place % 3])
    return Enrolment.objects.all()


def turn(queryset, order, size, columns, how=None, **address):
    asked = RequestFactory().get("/", address)
    return keyset(asked, queryset, order=order, size=size, columns=columns, **how or {})


def keys(page):
    return [row["pk"] if isinstance(row, dict) else row.pk for row in page.rows]


# Every way to the rows of a page: along an index, its keys before the rest, one walk for each state, all of it sorted.
WAYS = [
    ((), {}),
    (COLUMNS, {}),
    (COLUMNS, {"keys_first": True}),
    (COLUMNS, {"ranges": ("status", STATES)}),
    (COLUMNS, {"along_index": False}),
]


@pytest.mark.parametrize(("columns", "how"), WAYS)
@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_row_once_and_lead_back(cases, order, columns, how):
    last = F(order[0].lstrip("-"))
    first = last.desc(nulls_last=True) if order[0].startswith("-") else last.asc(nulls_last=True)
    every = list(cases.order_by(first, *order[1:]).values_list("pk", flat=True))
    for size in (1, 2, 3, 12, 20):
        pages = [turn(cases, order, size, columns, how)]
        while pages[-1].after:
            pages.append(turn(cases, order, size, columns, how, after=pages[-1].after))
        assert [pk for page in pages for pk in keys(page)] == every
        assert pages[0].count == len(DAYS)
        back = [pages[-1]]
        while back[-1].before:
            back.append(turn(cases, order, size, columns, how, before=back[-1].before))
        assert [keys(page) for page in reversed(back)] == [keys(page) for page in pages]


@pytest.mark.parametrize("token", ["", "nonsense", "WyJhIl0:bent"])
def test_a_broken_token_shows_the_first_page(cases, token):
    assert keys(turn(cases, ORDERS[0], 3, (), after=token)) == keys(turn(cases, ORDERS[0], 3, ()))


def test_the_count_joins_nothing_that_only_the_rows_need(cases):
    with CaptureQueriesContext(connection) as queries:
        turn(cases, ORDERS[0], 3, ("id", "next_due_on", "person__given_names", "season__code"))
    count, rows = (query["sql"] for query in queries)
    assert "JOIN" not in count
    assert f"LIMIT {COUNT_LIMIT}" in count
    assert "JOIN" in rows


def test_a_count_goes_no_further_than_anybody_reads(cases, monkeypatch):
    monkeypatch.setattr("programmes.base.common.pages.COUNT_LIMIT", 5)
    assert capped_count(cases) == 5


@pytest.mark.parametrize(
    "order",
    [order for order in ORDERS if len({name[0] == "-" for name in order}) == 1 and order[1:2] != ("next_due_on",)],
)
def test_a_deep_page_begins_at_its_place_in_the_index(cases, order):
    page = turn(cases, order, 2, COLUMNS)
    with CaptureQueriesContext(connection) as queries:
        turn(cases, order, 2, COLUMNS, after=page.after)
    where = queries[1]["sql"].partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    assert (") > (" in where) != (") < (" in where)
    assert " OR " not in where
