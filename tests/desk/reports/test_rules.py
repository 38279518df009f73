"""Months, clocks that change, and what must not be shown."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from programmes.desk.reports import rules
from programmes.desk.reports.export import csv_lines, safe
from programmes.desk.reports.present import Reader

GUATEMALA, MADRID, AUCKLAND = ZoneInfo("America/Guatemala"), ZoneInfo("Europe/Madrid"), ZoneInfo("Pacific/Auckland")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_month_ends_on_its_last_day():
    assert rules.month_of(dt.date(2028, 2, 10)) == (dt.date(2028, 2, 1), dt.date(2028, 2, 29))
    assert rules.month_before(dt.date(2026, 1, 31)) == (dt.date(2025, 12, 1), dt.date(2025, 12, 31))


def test_the_next_run_is_later_than_now():
    assert rules.next_run(utc("2026-10-01T11:59"), day=1, hour=6, zone=GUATEMALA) == utc("2026-10-01T12:00")
    assert rules.next_run(utc("2026-10-01T12:00"), day=1, hour=6, zone=GUATEMALA) == utc("2026-11-01T12:00")
    assert rules.next_run(utc("2026-12-02T00:00"), day=1, hour=6, zone=GUATEMALA) == utc("2027-01-01T12:00")


def test_the_hour_stays_on_the_wall_when_clocks_change():
    # Madrid: UTC+2 until 25 October 2026, UTC+1 after.
    assert rules.next_run(utc("2026-10-02T00:00"), day=28, hour=6, zone=MADRID) == utc("2026-10-28T05:00")
    assert rules.next_run(utc("2026-09-02T00:00"), day=28, hour=6, zone=MADRID) == utc("2026-09-28T04:00")


def test_an_hour_that_the_clocks_skip_is_taken_an_hour_later():
    # 28 March 2027 in Madrid: 02:00 becomes 03:00.
    assert rules.run_in_month(dt.date(2027, 3, 1), day=28, hour=2, zone=MADRID) == utc("2027-03-28T01:00")
    assert rules.next_run(utc("2027-03-28T01:00"), day=28, hour=2, zone=MADRID) == utc("2027-04-28T00:00")


def test_an_hour_that_comes_twice_is_taken_once_the_first_time():
    # 25 October 2026 in Madrid: 03:00 becomes 02:00 again.
    first = rules.run_in_month(dt.date(2026, 10, 1), day=25, hour=2, zone=MADRID)
    assert first == utc("2026-10-25T00:00")
    assert rules.next_run(first, day=25, hour=2, zone=MADRID) == utc("2026-11-25T01:00")


def test_the_period_is_the_month_before_on_the_calendar_of_the_place():
    # The first of November in Auckland begins on the last of October in UTC.
    run = rules.run_in_month(dt.date(2026, 11, 1), day=1, hour=6, zone=AUCKLAND)
    assert run == utc("2026-10-31T17:00")
    assert rules.period_of(run, AUCKLAND) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (10, True), (11, False), (None, False)])
def test_counts_from_one_to_ten_are_small(count, small):
    assert rules.is_small(count) is small


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ({"a": 20, "b": 30, "c": 0}, set()),
        ({"a": 4, "b": 30, "c": 50}, {"a", "b"}),
        ({"a": 4, "b": 5, "c": 50}, {"a", "b"}),
        ({"a": 4, "b": 0, "c": 50}, {"a", "c"}),
        ({"a": 4, "b": 3, "c": 0}, {"a", "b"}),
        ({"a": 0, "b": 0, "c": 0}, set()),
        ({"a": 5}, {"a"}),
        ({}, set()),
    ],
)
def test_no_hidden_part_can_be_worked_out_from_the_total(parts, hidden):
    assert rules.hidden_parts(parts) == hidden


def test_a_reader_of_cases_sees_every_count():
    reader = Reader(sees_all=True)
    assert str(reader.one(3)) == "3"
    assert {name: shown.value for name, shown in reader.parts({"a": 3, "b": 90}).items()} == {"a": 3, "b": 90}


def test_another_reader_sees_that_a_count_is_small_and_no_more():
    reader = Reader(sees_all=False)
    assert str(reader.one(3)) == "< 11"
    shown = reader.parts({"a": 3, "b": 40, "c": 90})
    assert [shown["a"].text, shown["b"].text, shown["c"].value] == ["< 11", "withheld", 90]
    assert reader.share(3, 90) == "< 11"
    # Of 90 all but 3: the share would say how many the others are.
    assert reader.share(87, 90) == "< 11"
    assert reader.share(45, 90).startswith("50.0")
    assert reader.share(0, 0) == "–"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_taken_for_a_formula(text):
    assert safe(text) == f"'{text}"


def test_numbers_and_words_stay_as_they_are():
    assert [safe(12), safe("Cobán"), safe("< 11")] == [12, "Cobán", "< 11"]
    assert "".join(csv_lines([["a", 1], ["=b", "ñ, x"]])) == '\ufeffa,1\r\n\'=b,"ñ, x"\r\n'
