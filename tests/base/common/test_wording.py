"""Days, times, numbers and names as readers write them, in their language and on their day."""

import datetime as dt
from gettext import GNUTranslations
from pathlib import Path

import allauth
import django
import pytest
import time_machine
from django.template import Context, RequestContext, Template
from django.utils import timezone, translation

from programmes.base.common import wording
from programmes.base.common.borrowed_words import BORROWED

TODAY = dt.date(2026, 3, 12)
NOON = dt.datetime(2026, 3, 12, 18, 0, tzinfo=dt.UTC)  # noon in Guatemala


@pytest.fixture(autouse=True)
def _noon_in_guatemala():
    with time_machine.travel(NOON, tick=False), timezone.override("America/Guatemala"):
        yield


def show(source, **context):
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("day", "spanish", "english"),
    [
        (dt.date(2026, 3, 12), "12 mar", "12 Mar"),
        (dt.date(2026, 9, 4), "4 sept", "4 Sept"),
        (dt.date(2031, 1, 14), "14 ene 2031", "14 Jan 2031"),
    ],
)
def test_short_day_names_the_year_only_when_it_is_another(day, spanish, english):
    with translation.override("es"):
        assert wording.short_day(day) == spanish
    with translation.override("en"):
        assert wording.short_day(day) == english


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (4, "in 4 days"),
        (-2, "2 days ago"),
        (59, "in 59 days"),
        (75, "in 2 months"),
        (-400, "13 months ago"),
        (1096, "in 3 years"),
    ],
)
def test_relative_day_is_said_in_the_unit_people_use(days, words):
    with translation.override("en"):
        assert wording.relative_day(TODAY + dt.timedelta(days=days)) == words


def test_the_day_of_a_moment_is_the_readers_own():
    late_evening = dt.datetime(2026, 3, 13, 4, 30, tzinfo=dt.UTC)  # 22:30 on the 12th in Guatemala
    with translation.override("en"):
        assert wording.relative_day(late_evening) == "today"
        with timezone.override("Europe/Madrid"):
            assert wording.short_day(late_evening) == "13 Mar"


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (dt.timedelta(seconds=20), "just now"),
        (dt.timedelta(minutes=1), "1 minute ago"),
        (dt.timedelta(minutes=59), "59 minutes ago"),
        (dt.timedelta(hours=3), "3 hours ago"),
        (dt.timedelta(hours=20), "yesterday"),
        (dt.timedelta(days=9), "3 Mar"),
    ],
)
def test_past_moment_is_said_shortly(back, words):
    with translation.override("en"):
        assert wording.relative_moment(NOON - back) == words


def test_numbers_follow_the_language():
    with translation.override("es"):
        assert (wording.number(4850000), wording.share(0.284)) == ("4.850.000", "28,4 %")
        assert wording.money(16.6, "CAD").replace("\xa0", " ") == "CAD 16,60"
    with translation.override("en"):
        assert (wording.number(1519), wording.share(0.284)) == ("1,519", "28.4 %")
        assert wording.and_list(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("María Tzoc Caal", "MT"),
        ("Luz Dary Cárdenas Ospina", "LC"),
        ("Carla Méndez", "CM"),
        ("Ñusta", "Ñ"),
        ("  ", "?"),
    ],
)
def test_initials_take_the_first_family_name(name, letters):
    assert wording.initials_of(name) == letters


def test_due_marks_what_is_late_and_nothing_else():
    with translation.override("en"):
        late, today = show("{% due day %}", day=dt.date(2026, 3, 10)), show("{% due day %}", day=TODAY)
        assert "is-late" in late
        assert "<b>10 Mar</b> <span>2 days ago</span>" in late
        assert 'title="Tuesday, 10 March 2026"' in late
        assert "is-late" not in today
        assert "is-late" not in show("{% due day late=False %}", day=dt.date(2026, 3, 10))
        assert show("{% due day %}", day=None) == ""
        assert "16 Mar · in 4 days" in show("{% when day %}", day=dt.date(2026, 3, 16))


def test_tone_tag_says_the_state_with_icon_and_word():
    assert 'class="tag t-waiting"' in show('{% tone_tag "waiting" "Visa" %}')
    assert "#clock" in show('{% tone_tag "waiting" "Visa" %}')
    dash = show('{% tone_tag "dash" "Not needed" True %}')
    assert 'class="tag t-neutral filled"' in dash
    assert "#dash" in dash


def test_what_people_typed_is_escaped_in_every_tag():
    evil = "<script>\"'&"
    for source in ("{% person_name x %}", '{% tone_tag "done" x %}', "{% icon 'x' x %}", "{% bar 1 2 label=x %}"):
        shown = show(source, x=evil)
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown


@pytest.mark.parametrize(("value", "whole", "width"), [(3, 8, "75.0"), (9, 8, "200.0"), (-1, 8, "0.0"), (1, 0, "0.0")])
def test_bar_stays_inside_its_box(value, whole, width):
    with translation.override("es"):
        assert f'class="b-accent" y="1" width="{width}"' in show("{% bar v w %}", v=value, w=whole)


def test_tick_draws_one_box_for_each_thing():
    drawn = show("{% tick 4 7 %}")
    assert (drawn.count("b-accent"), drawn.count("b-rest")) == (4, 3)
    assert show("{% tick 0 0 %}") == ""


def test_sort_head_turns_round_and_forgets_the_page(rf):
    request = rf.get("/cases/?sort=due&after=x&office=c")

    def head_of(source):
        return Template(source).render(RequestContext(request))

    head = head_of('{% sort_head "due" "Due" "due" %}')
    assert 'aria-sort="ascending"' in head
    assert 'href="?sort=-due&amp;office=c"' in head
    assert "aria-sort" not in head_of('{% sort_head "name" "Name" "due" %}')


def test_borrowed_sentences_are_still_those_of_the_libraries():
    """A sentence that a library has reworded would silently fall back to the library's own translation."""
    catalogue = set()
    for package in (django, allauth):
        for path in Path(package.__file__).parent.rglob("es/LC_MESSAGES/django.mo"):
            with path.open("rb") as file:
                catalogue |= {key[0] if isinstance(key, tuple) else key for key in GNUTranslations(file)._catalog}
    assert [sentence for sentence in BORROWED if sentence not in catalogue] == []
