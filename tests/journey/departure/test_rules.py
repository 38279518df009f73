"""Pure judgement: margins, which document speaks, numbers, wages."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.departure import rules
from programmes.journey.departure.states import DOCUMENT, DocumentStatus

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
MARGINS = st.integers(0, 36)


@dataclass
class Paper:
    """A document as the rules see it."""

    status: str
    expires_on: date | None = None


@pytest.mark.parametrize(
    ("end", "months", "until"),
    [
        (date(2026, 11, 13), 6, date(2027, 5, 13)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),  # no 31 February
        (date(2027, 8, 31), 6, date(2028, 2, 29)),  # a leap year
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 11, 13), 0, date(2026, 11, 13)),
    ],
)
def test_document_must_hold_the_margin_beyond_the_planned_end(end, months, until):
    assert rules.holds_until(end, months) == until


def test_without_a_planned_end_nothing_is_known_of_the_margin():
    assert rules.holds_until(None, 6) is None


@given(DAYS, MARGINS)
def test_margin_stays_in_the_month_it_names(end, months):
    """Months are counted as months: the day stays, or is the last of a shorter month."""
    until = rules.holds_until(end, months)
    assert (until.year * 12 + until.month) - (end.year * 12 + end.month) == months
    assert until.day == end.day or (until + timedelta(days=1)).day == 1


@given(DAYS, DAYS, MARGINS)
def test_margin_keeps_the_order_of_ends(first, second, months):
    earlier, later = sorted((first, second))
    assert rules.holds_until(earlier, months) <= rules.holds_until(later, months)


@given(DAYS, MARGINS, DAYS)
def test_document_covers_on_its_very_last_day_and_not_a_day_less(end, months, today):
    needed = max(rules.holds_until(end, months), today)
    assert rules.covers(needed, rules.holds_until(end, months), today)
    assert not rules.covers(needed - timedelta(days=1), rules.holds_until(end, months), today)


@given(st.none() | DAYS, DAYS)
def test_document_without_a_last_day_always_covers(needed, today):
    assert rules.covers(None, needed, today)


TODAY = date(2026, 3, 12)
NEEDED = date(2027, 5, 13)
GOOD, SHORT, PAST = date(2031, 1, 14), date(2027, 5, 12), date(2026, 3, 11)


@pytest.mark.parametrize(
    ("papers", "how", "which"),
    [
        ([], "none", None),
        ([Paper("verified", GOOD)], "covers", 0),
        ([Paper("expiring", NEEDED)], "covers", 0),
        ([Paper("verified", None)], "covers", 0),
        ([Paper("submitted", GOOD), Paper("verified", GOOD)], "covers", 1),
        ([Paper("requested"), Paper("verified", SHORT)], "awaited", 0),
        ([Paper("verified", SHORT), Paper("submitted", GOOD)], "awaited", 1),
        ([Paper("verified", SHORT)], "short", 0),
        # The daily job has not come by yet: a document past its day is expired all the same.
        ([Paper("verified", PAST)], "expired", 0),
        ([Paper("expired", PAST)], "expired", 0),
        ([Paper("rejected", GOOD)], "bad", 0),
        ([Paper("revoked", GOOD), Paper("rejected", GOOD)], "bad", 0),
        ([Paper("rejected", GOOD), Paper("verified", SHORT)], "short", 1),
    ],
)
def test_best_document_speaks_for_its_type(papers, how, which):
    document, said = rules.best_document(papers, NEEDED, TODAY)
    assert said == how
    assert document is (None if which is None else papers[which])


PAPERS = st.lists(
    st.builds(Paper, st.sampled_from(DocumentStatus.values), DAYS),
    max_size=6,
)


@given(PAPERS, DAYS, DAYS)
def test_a_requirement_is_met_exactly_when_one_good_document_covers(papers, needed, today):
    _document, how = rules.best_document(papers, needed, today)
    covering = [p for p in papers if p.status in DOCUMENT.groups["good"] and p.expires_on >= max(needed, today)]
    assert (how == "covers") is bool(covering)


@given(PAPERS, DAYS, DAYS, st.builds(Paper, st.sampled_from(["rejected", "revoked", "expired"]), DAYS))
def test_a_bad_document_more_never_opens_a_requirement_that_was_met(papers, needed, today, bad):
    if rules.best_document(papers, needed, today)[1] == "covers":
        assert rules.best_document([bad, *papers], needed, today)[1] == "covers"


@pytest.mark.parametrize(
    ("wage", "currency", "unit", "below"),
    [
        ("16.60", "CAD", "hour", False),
        ("16.59", "CAD", "hour", True),
        ("16.59", "USD", "hour", False),  # another currency cannot be compared
        ("747.00", "CAD", "week", False),  # 45 hours of 16.60
        ("746.99", "CAD", "week", True),
        ("3237.00", "CAD", "month", False),
        ("3236.99", "CAD", "month", True),
        ("1.00", "CAD", "piece", False),
        ("100.00", "CAD", "day", False),
    ],
)
def test_wage_below_the_programmes_minimum(wage, currency, unit, below):
    assert rules.below_minimum(Decimal(wage), currency, unit, Decimal(45), "CAD 16.60") is below


def test_programme_without_a_minimum_takes_every_wage():
    assert not rules.below_minimum(Decimal("0.01"), "CAD", "hour", Decimal(45), None)


def test_a_return_commitment_is_signed_before_the_worker_leaves():
    leaves = date(2026, 3, 1)
    assert rules.commitment_is_missing(None, True, leaves)
    assert rules.commitment_is_missing(date(2026, 3, 2), True, leaves)
    assert not rules.commitment_is_missing(leaves, True, leaves)
    assert not rules.commitment_is_missing(None, False, leaves)


def test_where_two_people_are_asked_for_nobody_verifies_what_they_recorded():
    assert rules.needs_another(1, {1, 2}, True)
    assert not rules.needs_another(3, {1, 2}, True)
    assert not rules.needs_another(1, {1, 2}, False)
