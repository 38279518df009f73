"""The workbook that people fill in for an import: in the reader's language, with examples and the lists of codes."""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from programmes.base.rulebook.models import Code
from programmes.journey.people.imports import COLUMNS, REQUIRED

# Invented people; every number is marked as an example by its figures.
_EXAMPLES = (
    {
        "given_names": "María Elena", "first_surname": "Tzoc", "second_surname": "Caal", "sex": "female",
        "birth_date": "27/03/1994", "nationality": "GTM", "national_id": "2345678990101", "phone": "+50255550142",
        "subdivision": "GT-04", "municipality": "Patzún", "languages": "es, cak", "education": "1",
        "experience_years": "4", "dependants": "2",
    },
    {
        "given_names": "José", "first_surname": "De León", "second_surname": "Ixcoy", "sex": "male",
        "birth_date": "1990", "nationality": "GTM", "subdivision": "GT-07", "languages": "es, quc",
    },
)  # fmt: skip
_LISTS = {
    "nationality": "country",
    "subdivision": "subdivision",
    "languages": "language",
    "education": "isced",
    "occupation": "isco",
}


def sheets_of_template() -> Iterable[tuple[str, Sequence[Any], Iterable[Sequence[Any]]]]:
    """The sheets in their order: the one to fill in, examples, what each column asks for, the lists."""
    columns = [code for code in COLUMNS if code != "surnames"]
    header = [str(COLUMNS[code]) for code in columns]
    yield _("People"), header, []
    yield _("Examples"), header, [[example.get(code, "") for code in columns] for example in _EXAMPLES]
    needed = {code for wanted in REQUIRED for code in ([wanted] if isinstance(wanted, str) else wanted)}
    yield (
        _("Columns"),
        [_("Column"), _("Needed"), _("What to write")],
        [[str(COLUMNS[code]), _("yes") if code in needed else "", _hint(code)] for code in columns],
    )
    rows = []
    for code, name in _LISTS.items():
        for entry in Code.objects.filter(list=name, active=True).order_by("order", "code"):
            rows.append([str(COLUMNS[code]), entry.code, entry.label])
    yield _("Lists"), [_("Column"), _("Code"), _("Word")], rows


@functools.cache
def names_of_aids() -> frozenset[str]:
    """What the sheets beside the one to fill in are called, in every language the template is given out in."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {_("Examples"), _("Columns"), _("Lists")}
    return frozenset(found)


def _hint(code: str) -> str:
    if code == "birth_date":
        return _("Day, month and year, for example 27/03/1994; only the year when nothing else is known.")
    if code == "national_id":
        return _("Format the column as text, so that no figure is lost.")
    if code == "sex":
        return _("Female, male or other, in words.")
    if code == "languages":
        return _("Several with commas between them; codes or words of the list.")
    if code in _LISTS:
        return _("A code or a word of the list.")
    if code in {"phone", "emergency_phone"}:
        return _("With the country code, for example +502 5555 0142.")
    return ""
