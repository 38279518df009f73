"""What one row of a sheet means for a person: judged by the form that people fill in."""

import difflib
import functools
import json
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from programmes.base.batches.problems import from_refusal, problem, register
from programmes.base.batches.sheets import Cell
from programmes.base.batches.sheets.meaning import Wrong, as_day, as_number_of_document, as_text, shown
from programmes.base.common import text
from programmes.journey.people import places, rules, words
from programmes.journey.people.forms import PersonForm

COLUMNS = {
    "given_names": _("Given names"),
    "first_surname": _("First surname"),
    "second_surname": _("Second surname"),
    "surnames": _("Both surnames in one column"),
    "married_name": _("Married name"),
    "sex": _("Sex"),
    "birth_date": _("Date of birth"),
    "nationality": _("Nationality"),
    "national_id": _("National identity number"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "subdivision": _("Department"),
    "municipality": _("Municipality"),
    "community": _("Community"),
    "languages": _("Languages"),
    "education": _("Education"),
    "occupation": _("Occupation"),
    "occupation_words": _("Work the person knows, in their own words"),
    "experience_years": _("Years of experience"),
    "dependants": _("Dependants"),
    "emergency_name": _("Emergency contact"),
    "emergency_relation": _("Relation"),
    "emergency_phone": _("Phone of the emergency contact"),
}
REQUIRED = ("given_names", ("first_surname", "surnames"), "sex", "birth_date")
KEPT_SECONDS = 60
# Words that join the parts of a surname and stay with what follows them.
_JOINING = frozenset(
    ("de", "del", "la", "las", "los", "y", "e", "da", "do", "dos", "das", "san", "santa", "van", "von")
)

register(
    {
        "birth_future": (_("The date of birth lies in the future."), _("Check the year.")),
        "birth_long_ago": (
            _("The date of birth lies more than %(years)s years back."),
            _("Check the year."),
        ),
        "number_elsewhere": (
            _("This identity number stands in a record that you may not see."),
            _("Ask your programme manager to compare the two with the document."),
        ),
        "same_as_row": (_("The same person stands in row %(row)s already."), _("Nothing more is needed.")),
        "too_young": (
            _("The person would be %(age)s at the start; this programme takes nobody under %(minimum)s."),
            _("Check the date of birth, or leave the row out."),
        ),
        "may_be_known": (
            _("This may be a person who is known already."),
            _("Decide whether it is the same person."),
        ),
    }
)


class RowForm(PersonForm):
    """The form of a person, filled in by a row: the same fields, the same cleaning, the same words."""

    creates = False

    def ask_only(self, columns: Iterable[str]) -> None:
        """Leave out fields of columns that the file does not have: empty and not asked is the same."""
        asked = {*columns, "birth_date", "birth_precision", "sex", "nationality", "given_names", "first_surname"}
        for name in self.fields.keys() - asked:
            if not self.fields[name].required:
                del self.fields[name]

    def _normalised(self, data):
        # What stands in a cell was normalised when it was read (sheets/meaning.py).
        return data

    def judge(self, values: MultiValueDict) -> tuple[dict[str, Any], dict[str, list]]:
        """The cleaned facts and the refusals by field. May be asked again and again."""
        for name in {"phone", "emergency_phone"} & self.fields.keys():
            self.fields[name].region = places.REGION.get(values.get("nationality", ""))  # type: ignore[attr-defined]
        self.data = self._normalised(values)
        self._errors = None  # type: ignore[assignment]
        self.full_clean()
        return self.deed(), self.errors.as_data()


class Reader:
    """Reads rows of one file, with the words and choices that its rows need."""

    def __init__(self, by, options: dict[str, Any], columns: Iterable[str]):
        self.options, self.today = options, timezone.localdate()
        # What is refused is kept in the source language and said in the reader's.
        with override(None):
            self.form = RowForm(MultiValueDict(), user=by)
        self.form.ask_only([*columns, *(["second_surname"] if "surnames" in columns else [])])
        self.lists: dict[str, Callable[[], dict[str, str]]] = {
            "nationality": words.countries,
            "sex": functools.partial(words.sexes, m_is_woman=bool(options.get("m_is_woman"))),
            "subdivision": words.subdivisions,
            "education": words.levels,
            "occupation": words.occupations,
            "languages": words.languages,
        }
        self._known: dict[str, dict[str, str]] = {}

    def person(self, cells: dict[str, Cell]) -> tuple[dict[str, Any], list[dict]]:
        """The facts of a person in these cells, and what is wrong with them (or only worth a look: `warning`)."""
        problems: list[dict] = []
        values: MultiValueDict = MultiValueDict({"birth_precision": ["day"], "sex": [""]})
        if default := self.options.get("nationality"):
            values["nationality"] = default
        for code, cell in cells.items():
            try:
                self._take(values, code, cell, problems)
            except Wrong as wrong:
                problems.append(wrong.at(code, cell))
        wrong_columns = {one.get("column") for one in problems if not one.get("warning")}
        with override(None):
            facts, refusals = self.form.judge(values)
            for name, errors in refusals.items():
                column = "surnames" if name == "first_surname" and "surnames" in cells else name
                if column not in wrong_columns:
                    problems += [self._refusal(error, column, cells.get(column)) for error in errors]
        number = facts.get("national_id")
        if number and (self.form.cleaned_data.get("nationality") == "GTM") and rules.cui_problem(number):
            problems.append(problem("id_check", column="national_id", value=number, warning=True))
        return facts, problems

    def _take(self, values: MultiValueDict, code: str, cell: Cell, problems: list[dict]) -> None:
        if code == "birth_date":
            style, short = self.options.get("date_style", "dmy"), bool(self.options.get("short_years"))
            boxes = as_day(cell, style, short_years=short, today=self.today)
            for place, box in enumerate(boxes):
                values[f"birth_date_{place}"] = box
        elif code == "national_id":
            number, was_number = as_number_of_document(cell)
            values[code] = number
            if was_number and len(number) != 13:
                problems.append(problem("id_zeros_lost", column=code, value=number, warning=True))
        elif code == "languages":
            spoken = [one for one in _cut(as_text(cell)) if one]
            values.setlist(code, [self._code(code, one) for one in spoken])
        elif code == "surnames":
            first, second = split_surnames(as_text(cell))
            values["first_surname"] = first
            if second:
                values["second_surname"] = second
        elif code in self.lists:
            word = as_text(cell)
            values[code] = self._code(code, word) if word else values.get(code, "")
        else:
            value = as_text(cell)
            values[code] = text.plain_digits(value) if code in {"experience_years", "dependants"} else value

    def _code(self, column: str, word: str) -> str:
        """The code of a word; raises Wrong with the nearest word of the list."""
        if column not in self._known:
            self._known[column] = self.lists[column]()
        known, folded = self._known[column], text.fold(word)
        if folded in known:
            return known[folded]
        nearest = difflib.get_close_matches(folded, known, n=1, cutoff=0.75)
        if nearest:
            raise Wrong("word_unknown", nearest=nearest[0])
        raise Wrong("word_unknown_alone")

    def _refusal(self, error, column: str, cell: Cell) -> dict:
        if column == "birth_date" and not error.code:
            born = self.form.fields["birth_date"].to_python(self.form["birth_date"].data)
            if born and born > self.today:
                return problem("birth_future", column=column, value=shown(cell))
            return problem("birth_long_ago", column=column, value=shown(cell), years=rules.OLDEST_YEARS)
        return from_refusal(error, column="" if column == "__all__" else column, value=shown(cell))


_readers: dict[str, tuple[float, Reader]] = {}


def reader_for(by, options: dict[str, Any], columns: Iterable[str]) -> Reader:
    """A reader for these choices; kept by the process for a minute, because the lists of codes take long to read."""
    key = json.dumps([by.pk, options, sorted(columns), str(timezone.localdate())], sort_keys=True)
    made, reader = _readers.get(key, (0.0, None))
    if reader is None or time.monotonic() - made > KEPT_SECONDS:
        _readers.clear()
        reader = Reader(by, options, columns)
        _readers[key] = (time.monotonic(), reader)
    return reader


def _cut(value: str) -> Iterable[str]:
    for sign in (";", "/", "|", " y ", " and ", " et ", " e "):
        value = value.replace(sign, ",")
    return (part.strip() for part in value.split(","))


def split_surnames(value: str) -> tuple[str, str]:
    """The first and the second surname of both in one cell: "De León Tzoc" is De León and Tzoc."""
    parts: list[str] = []
    joining = ""
    for word in value.split():
        joining = f"{joining} {word}".strip()
        if word.lower() not in _JOINING:
            parts.append(joining)
            joining = ""
    if joining:
        parts.append(joining)
    return (parts[0], " ".join(parts[1:])) if parts else ("", "")


def kept(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as they are kept with a row: without what is empty."""
    return {
        name: str(value) if name in {"phone", "emergency_phone"} else value
        for name, value in facts.items()
        if value not in ("", None, [], {})
    }


def facts_of(stored: dict[str, Any]) -> dict[str, Any]:
    """The facts of a kept row, as `actions.register_many` takes them."""
    return {**stored, "birth_date": date.fromisoformat(stored["birth_date"])}


def keys_of(facts: dict[str, Any]) -> dict[str, str]:
    """What rows of the same person have in common: folded name and date of birth, and the number as it is compared."""
    name = " ".join(facts.get(part) or "" for part in ("given_names", "first_surname", "second_surname"))
    return {
        "key": f"{text.fold(name)}|{facts['birth_date']}",
        "paper": rules.plain_number(facts.get("national_id") or ""),
    }
