"""What every page needs around its content, and what it costs."""

import pytest
from django.test import RequestFactory
from django.urls import resolve

from programmes.base.common import context
from tests.conventions.routes import ROWS


class Reader:
    """A signed-in user with some rights."""

    is_authenticated = True
    theme = "auto"

    def __init__(self, *rights):
        self.rights = rights

    def may(self, right):
        return not self.rights or right in self.rights


def ask_for(path, user=None, **cookies):
    request = RequestFactory().get(path)
    request.resolver_match = resolve(path)
    request.COOKIES.update(cookies)
    if user:
        request.user = user
    return request


def current(path):
    marked = [place for place in context.places_for(ask_for(path, Reader())) if place["current"]]
    return [(place["key"], place["current"]) for place in marked]


CASE = "/cases/3f2b8a52-0b6f-4a53-9d3a-0d6f8a1c2b3d/"


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", [("today", "page")]),
        ("/cases/", [("cases", "page")]),
        (CASE, [("cases", "true")]),
        (f"{CASE}return/", [("cases", "true")]),
        ("/people/", [("cases", "true")]),
        ("/employers/", [("placement", "true")]),
        ("/demands/", [("placement", "page")]),
        ("/flights/", [("placement", "true")]),
        ("/training/", [("placement", "true")]),
        ("/profile/", []),
    ],
)
def test_navigation_marks_where_the_page_belongs(path, marked):
    assert current(path) == marked


def test_navigation_shows_what_the_user_may_open_and_nothing_to_a_stranger():
    shown = context.places_for(ask_for("/", Reader("self", "case_view")))
    assert [place["key"] for place in shown] == ["today", "cases"]
    assert context.places_for(ask_for("/")) == []


def test_each_room_with_pages_belongs_to_a_place_or_to_all_of_them():
    rooms = {row.name.partition(":")[0] for row in ROWS if ":" in row.name and row.how in {"page", "form"}}
    of_all = {"accounts", "batches", "bulk", "lists", "notifications", "papers", "worklist"}
    assert rooms - of_all - frozenset().union(*(place.rooms for place in context.PLACES)) == set()


def test_each_place_has_a_key_of_its_own():
    letters = [place.letter for place in context.PLACES]
    assert len(set(letters)) == len(letters)


def test_unread_is_counted_once_and_only_when_asked(monkeypatch):
    request, counted = ask_for("/", Reader()), []
    monkeypatch.setattr(context, "_count_unread", [lambda user: counted.append(user) or 4])
    page = context.page(request)
    assert counted == []
    assert (page["unread"](), page["unread"]()) == (4, 4)
    assert len(counted) == 1


@pytest.mark.parametrize(
    ("own", "cookie", "shown"),
    [
        ("dark", "light", "dark"),
        ("auto", "dark", "auto"),
        (None, "dark", "dark"),
        (None, "pink", "auto"),
        (None, "", "auto"),
    ],
)
def test_theme_is_the_users_own_before_the_browsers(own, cookie, shown):
    user = None
    if own:
        user = Reader()
        user.theme = own
    assert context.theme_for(ask_for("/", user, theme=cookie)) == shown
