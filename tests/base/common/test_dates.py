"""The three boxes of a remembered day: what they take, and what they say to what they do not take."""

import datetime as dt

import pytest
import time_machine
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.common.dates import DayMonthYearField
from programmes.base.common.tags import error_target, refusals


class BirthForm(forms.Form):
    """A form with a birth date and the last day of a document."""

    born_on = DayMonthYearField(label="Born", past_only=True)
    ends_on = DayMonthYearField(label="Ends", required=False, future_only=True)


def birth(day="", month="", year="", **more):
    return BirthForm({"born_on_0": day, "born_on_1": month, "born_on_2": year, **more})


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (("7", "3", "1994"), dt.date(1994, 3, 7)),
        (("07", "03", " 1994 "), dt.date(1994, 3, 7)),
        (("29", "2", "2000"), dt.date(2000, 2, 29)),
        (("٧", "٣", "١٩٩٤"), dt.date(1994, 3, 7)),
        (("۷", "۳", "۱۹۹۴"), dt.date(1994, 3, 7)),
    ],
)
def test_boxes_are_read(typed, day):
    form = birth(*typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["born_on"] == day


def test_one_iso_day_is_read_too():
    form = BirthForm({"born_on": "1994-03-07"})
    assert form.is_valid()
    assert form.cleaned_data["born_on"] == dt.date(1994, 3, 7)


@pytest.mark.parametrize(
    ("typed", "code", "box"),
    [
        (("", "", ""), "required", 0),
        (("7", "", "1994"), "incomplete", 0),
        (("7", "3", "94"), "year", 2),
        (("7", "3", "0994"), "range", 2),
        (("7", "13", "1994"), "month", 1),
        (("0", "3", "1994"), "day", 0),
        (("29", "2", "1900"), "day", 0),
        (("31", "12", "2199"), "past", 2),
        (("siete", "3", "1994"), "digits", 0),
        (("-7", "3", "1994"), "digits", 0),
        (("1_0", "3", "1994"), "digits", 0),
        (("²", "3", "1994"), "digits", 0),
    ],
)
def test_each_refusal_names_the_remedy_and_leads_to_its_box(typed, code, box):
    form = birth(*typed)
    assert not form.is_valid()
    (error,) = form.errors.as_data()["born_on"]
    assert error.code == code
    assert error_target(form["born_on"]) == f"id_born_on_{box}"
    assert refusals(form)[0][0] == f"#id_born_on_{box}"


@pytest.mark.parametrize("typed", ["01/02/2026", "1994-03", "7 March", "<b>"])
def test_free_text_is_refused_not_guessed(typed):
    assert not BirthForm({"born_on": typed}).is_valid()


def test_days_on_the_wrong_side_of_today_are_refused():
    with time_machine.travel(dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC), tick=False):
        assert not birth("12", "3", "2026").is_valid()
        assert birth("11", "3", "2026").is_valid()
        assert not birth("11", "3", "2000", ends_on="2026-03-12").is_valid()
        assert birth("11", "3", "2000", ends_on="2026-03-13").is_valid()


def test_boxes_show_what_was_typed_or_what_is_known():
    shown = str(birth("7", "3", "94")["born_on"])
    assert 'value="94"' in shown
    known = str(BirthForm(initial={"born_on": dt.date(1994, 3, 7)})["born_on"])
    for value in ("7", "3", "1994"):
        assert f'value="{value}"' in known


def test_the_same_day_typed_otherwise_is_no_change():
    initial = {"born_on": dt.date(1994, 3, 7)}
    data = {"born_on_0": "07", "born_on_1": "03", "born_on_2": "1994"}
    assert not BirthForm(data, initial=initial).has_changed()
    assert BirthForm({**data, "born_on_0": "8"}, initial=initial).has_changed()


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2020, 12, 31)))
def test_every_day_survives_its_boxes(day):
    form = birth(str(day.day), str(day.month), str(day.year))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["born_on"] == day


@given(st.lists(st.text(max_size=6), min_size=3, max_size=3))
def test_no_text_whatever_breaks_the_boxes(typed):
    birth(*typed).is_valid()
