"""What somebody types in the one box, taken apart: words, numbers, phones, case numbers, dates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.journey.people import asked

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("Rosa Quej", {"words": ("Rosa", "Quej")}),
        ("rosa quej 1992", {"words": ("rosa", "quej"), "years": (1992,)}),
        ("Quej, Rosa 14/3/1992", {"words": ("Quej", "Rosa"), "days": (date(1992, 3, 14),)}),
        ("1992-03-14", {"days": (date(1992, 3, 14),)}),
        ("1992/3/14", {"days": (date(1992, 3, 14),)}),
        ("14/3/1992", {"days": (date(1992, 3, 14),)}),
        ("14-3-1992", {"days": (date(1992, 3, 14),)}),
        ("14.3.92", {"days": (date(1992, 3, 14),)}),
        ("14 3 1992", {"days": (date(1992, 3, 14),)}),
        ("3/14/1992", {"days": (date(1992, 3, 14),)}),
        ("14 de marzo de 1992", {"days": (date(1992, 3, 14),)}),
        ("14 mar 1992", {"days": (date(1992, 3, 14),)}),
        ("March 14, 1992", {"days": (date(1992, 3, 14),)}),
        ("١٤/٣/١٩٩٢", {"days": (date(1992, 3, 14),)}),
        ("3/4/1992", {"days": (date(1992, 4, 3), date(1992, 3, 4)), "notes": ("two_dates",)}),
        ("4/4/1992", {"days": (date(1992, 4, 4),)}),
        ("GT-2026-00369", {"cases": ("GT-2026-00369",), "numbers": ("GT202600369",)}),
        ("gt2026369", {"cases": ("GT-2026-00369",), "numbers": ("GT2026369",)}),
        ("GT 2026 369", {"cases": ("GT-2026-00369",), "numbers": ("GT2026369",)}),
        ("2026-369", {"endings": ("2026-00369",), "numbers": ("2026369",), "phones": ("2026369",)}),
        ("2345 67899 0101", {"numbers": ("2345678990101",), "phones": ("2345678990101",)}),
        ("X-1234567-L", {"numbers": ("X1234567L",)}),
        ("+502 5555-0142", {"numbers": ("50255550142",), "phones": ("50255550142",)}),
        ("00502 5555 0142", {"numbers": ("0050255550142",), "phones": ("50255550142",)}),
        ("14031992", {"numbers": ("14031992",), "phones": ("14031992",), "days": (date(1992, 3, 14),)}),
        (
            "Juan Pérez 2345 67899 0101",
            {"words": ("Juan", "Pérez"), "numbers": ("2345678990101",), "phones": ("2345678990101",)},
        ),
        ("Tz'oc Gonçalves", {"words": ("Tzoc", "Gonsalves")}),
        ("1992", {"years": (1992,)}),
        ("%", {}),
        ("'; DROP TABLE", {"words": ("DROP", "TABLE")}),
    ],
)
def test_what_was_typed_is_taken_apart(typed, means):
    read = asked.read(typed, TODAY)
    fields = ("words", "numbers", "phones", "cases", "endings", "days", "years", "notes")
    assert {name: getattr(read, name) for name in fields if getattr(read, name)} == means


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_the_reading(typed):
    read = asked.read(typed, TODAY)
    assert len(read.words) <= asked.MOST_WORDS
    assert all(date(1900, 1, 1) <= day <= date(2026, 12, 31) for day in read.days)


@pytest.mark.parametrize(
    ("typed", "facts"),
    [
        ("rosa quej", {"given_names": "Rosa", "first_surname": "Quej"}),
        ("Rosa Quej Xol", {"given_names": "Rosa", "first_surname": "Quej", "second_surname": "Xol"}),
        (
            "María José de la Cruz López 14/3/1992",
            {
                "given_names": "María José", "first_surname": "de la Cruz", "second_surname": "López",
                "birth_date": date(1992, 3, 14),
            },
        ),
        ("rosa", {"given_names": "Rosa"}),
        ("2345 67899 0101", {"national_id": "2345678990101"}),
        ("Rosa +502 5555-0142", {"given_names": "Rosa", "phone": "+502 5555-0142"}),
        ("Rosa 3/4/1992", {"given_names": "Rosa"}),
    ],
)  # fmt: skip
def test_what_was_typed_is_the_beginning_of_a_new_record(typed, facts):
    assert asked.guess(typed, TODAY) == facts
