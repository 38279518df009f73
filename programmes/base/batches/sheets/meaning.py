"""What a received cell means: text, a day in one declared style, a number that is a name. Nothing is guessed."""

import datetime as dt
import re
from typing import Any

from programmes.base.batches.problems import problem
from programmes.base.batches.sheets import Cell
from programmes.base.batches.sheets.xlsx import from_serial
from programmes.base.common import text

# The order of day, month and year in dates that are text; a month in letters or an ISO day can be read in one way only.
STYLES = ("dmy", "mdy", "ymd")
_MONTHS = (
    ("ene", "enero", "jan", "january", "janvier", "janeiro", "janv"),
    ("feb", "febrero", "february", "fevrier", "fev", "fevereiro", "fevr"),
    ("mar", "marzo", "march", "mars", "marco"),
    ("abr", "abril", "apr", "april", "avr", "avril"),
    ("may", "mayo", "mai", "maio"),
    ("jun", "junio", "june", "juin", "junho"),
    ("jul", "julio", "july", "juillet", "juil", "julho"),
    ("ago", "agosto", "aug", "august", "aout"),
    ("sep", "sept", "septiembre", "setiembre", "september", "septembre", "setembro", "set"),
    ("oct", "octubre", "october", "octobre", "out", "outubro"),
    ("nov", "noviembre", "november", "novembre", "novembro"),
    ("dic", "diciembre", "dec", "december", "decembre", "dez", "dezembro"),
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.0+)?)?")
_FIGURES = re.compile(r"(\d{1,4})\s*[-/.\s]\s*(\d{1,2})\s*[-/.\s]\s*(\d{1,4})(?:\s+0{1,2}:00(?::00)?)?")
_LETTERS = re.compile(
    r"(\d{1,2})(?:\s*(?:de|of|er|st|nd|rd|th|º)\b)?[\s\-./]*([^\W\d_]+)\.?[\s\-./,]*(?:(?:de|del|of)\s+)?(\d{4}|\d{2})"
)
_LETTERS_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
# Serials of days on which somebody alive can have been born; smaller numbers are years or ages.
_SERIALS = range(3_000, 60_000)


class Wrong(Exception):
    """A cell that cannot be read; `problem` says why."""

    def __init__(self, code: str, **facts: Any):
        super().__init__(code)
        self.code, self.facts = code, facts

    def at(self, column: str, cell: Cell) -> dict:
        """The problem as it is kept."""
        return problem(self.code, column=column, value=shown(cell), **self.facts)


def shown(cell: Cell) -> str:
    """The cell as people see it in a message."""
    if isinstance(cell, dict):
        return str(next(iter(cell.values()), ""))
    return "" if cell is None else str(cell)


def refuse_broken(cell: Cell) -> None:
    """Raise Wrong for an error value, a formula without a stored value, a day that never was, a text too long."""
    if isinstance(cell, dict):
        if "error" in cell:
            raise Wrong("cell_error")
        if "formula" in cell:
            raise Wrong("cell_formula")
        if "serial" in cell:
            raise Wrong("cell_no_day")
        if "long" in cell:
            raise Wrong("cell_long", length=cell["long"])


def as_text(cell: Cell) -> str:
    """The text of a cell; whole numbers without a decimal point."""
    refuse_broken(cell)
    if cell is None:
        return ""
    if isinstance(cell, dict):
        return str(cell.get("date", ""))
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return text.normalise(str(cell))


def as_number_of_document(cell: Cell) -> tuple[str, bool]:
    """A document number, and whether it came as a number, so that zeros at its beginning may be lost."""
    refuse_broken(cell)
    if isinstance(cell, float) or (isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 10**15):
        # A spreadsheet keeps fifteen figures.
        raise Wrong("id_figures_lost")
    value = as_text(cell)
    if _SHORTENED.fullmatch(value):
        raise Wrong("id_shortened")
    return value, isinstance(cell, int) and not isinstance(cell, bool)


def as_day(cell: Cell, style: str, *, short_years: bool = False, today: dt.date) -> tuple[str, str, str]:
    """Day, month and year as three texts, for the boxes of the form; only the year when no more is known.

    Raises Wrong for what has two readings or none in the declared style.
    """
    refuse_broken(cell)
    if isinstance(cell, dict):
        found = _ISO.fullmatch(str(cell.get("date", "")))
        if not found:
            raise Wrong("date_unreadable")
        return _boxes(int(found[3]), int(found[2]), int(found[1]))
    if isinstance(cell, bool):
        raise Wrong("date_unreadable")
    if isinstance(cell, int | float):
        return _from_number(cell, today)
    value = text.plain_digits(text.normalise(str(cell or "")))
    if not value:
        return "", "", ""
    if re.fullmatch(r"\d{4}", value):
        return "", "", value
    if found := _ISO.fullmatch(value):
        return _boxes(int(found[3]), int(found[2]), int(found[1]))
    if found := _LETTERS.fullmatch(value):
        return _boxes(int(found[1]), _month(found[2]), _year(found[3], short_years, today))
    if found := _LETTERS_FIRST.fullmatch(value):
        return _boxes(int(found[2]), _month(found[1]), int(found[3]))
    found = _FIGURES.fullmatch(value)
    if not found:
        raise Wrong("date_unreadable")
    places = dict(zip(style, found.groups(), strict=True))
    if len(found[1]) > 2 and style != "ymd":
        # The year stands first, so the order is year, month, day whatever was declared.
        places = dict(zip("ymd", found.groups(), strict=True))
    day, month = int(places["d"]), int(places["m"])
    if month > 12 >= day and style != "ymd":
        raise Wrong("date_other_style")
    return _boxes(day, month, _year(places["y"], short_years, today))


def _boxes(day: int, month: int, year: int) -> tuple[str, str, str]:
    return str(day), str(month), f"{year:04d}"


def _from_number(number: float, today: dt.date) -> tuple[str, str, str]:
    if float(number).is_integer() and 1900 <= number <= today.year:
        return "", "", str(int(number))
    if int(number) in _SERIALS:
        day = from_serial(float(int(number)), from_1904=False)
        found = _ISO.fullmatch(day.get("date", ""))
        if found:
            return _boxes(int(found[3]), int(found[2]), int(found[1]))
    raise Wrong("date_unreadable")


def _month(word: str) -> int:
    number = MONTHS.get(text.fold(word))
    if number is None:
        raise Wrong("date_unreadable")
    return number


def _year(figures: str, short_years: bool, today: dt.date) -> int:
    if len(figures) == 4:
        return int(figures)
    if len(figures) != 2 or not short_years:
        raise Wrong("date_short_year")
    year = today.year // 100 * 100 + int(figures)
    return year if year <= today.year else year - 100
