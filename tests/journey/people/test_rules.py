"""Identity numbers, with the worked numbers of domain.md M17, and dates of birth."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.common import text
from programmes.journey.people import rules


@pytest.mark.parametrize("number", ["2345 67899 0101", "1987 65436 1404", "2345-67899-0101"])
def test_cui_accepts_published_examples(number):
    assert rules.cui_problem(number) is None


def test_cui_names_what_is_wrong():
    assert "check digit" in rules.cui_problem("2345 67898 0101")
    assert "department" in rules.cui_problem("2345 67899 2301")
    assert "13 digits" in rules.cui_problem("2345")
    assert "municipality" in rules.cui_problem("2345 67899 0199")


@pytest.mark.parametrize("number", ["X1234567L", "Y7654321G", "x-1234567-l"])
def test_nie_accepts_published_examples(number):
    assert rules.nie_problem(number) is None


@pytest.mark.parametrize("number", ["X1234567A", "1234567L", "W1234567L"])
def test_nie_refuses_others(number):
    assert rules.nie_problem(number)


@pytest.mark.parametrize(("field", "digit"), [("L898902C3", 6), ("740812", 2), ("120415", 9)])
def test_mrz_check_digit_of_the_standards_own_sample(field, digit):
    assert rules.mrz_check_digit(field) == digit


def test_a_failed_check_is_a_warning_of_one_country_only():
    assert rules.national_id_warning("GTM", "123")
    assert rules.national_id_warning("COL", "123") is None
    assert rules.national_id_warning("GTM", "") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("ab 12\u201134", "AB 12-34"), ("  p  123 ", "P 123"), ("1\u20132\u22123", "1-2-3"), ("A1", "A1")],
)
def test_number_is_kept_in_one_form(typed, kept):
    assert rules.printed_number(typed) == kept


@given(st.text(max_size=60))
def test_number_in_its_form_stays_as_it_is(typed):
    once = rules.printed_number(typed)
    assert rules.printed_number(once) == once


@pytest.mark.parametrize(("number", "mixed"), [("АB123", True), ("AB123", False), ("123-4", False), ("ÑB1", False)])
def test_letters_of_two_alphabets_are_noticed(number, mixed):
    assert rules.mixes_scripts(number) is mixed


@pytest.mark.parametrize(("number", "shown"), [("P1234567", "•••567"), ("12", "•••"), ("123", "•••"), ("", "")])
def test_masked_number_shows_its_last_three(number, shown):
    assert rules.masked(number) == shown


@pytest.mark.parametrize(
    ("born", "words"),
    [(date(2030, 1, 1), "future"), (date(1899, 12, 31), "Check the year"), (date(1910, 1, 1), "Check the year")],
)
def test_birth_problem(born, words):
    assert words in rules.birth_problem(born, date(2026, 11, 22))


@given(st.text(max_size=60))
def test_fold_is_stable_and_bare(value):
    folded = text.fold(value)
    assert text.fold(folded) == folded
    assert folded == folded.strip()
    assert "  " not in folded


@given(st.text(max_size=60))
def test_normalise_is_stable(value):
    once = text.normalise(value)
    assert text.normalise(once) == once
    assert not set(once) & set("\u200b\u202e\ufeff")


def test_a_consent_holds_for_the_months_of_the_programme():
    assert rules.consent_until(date(2024, 2, 29), 24) == date(2026, 2, 28)
