"""Tables as files: CSV that is streamed, XLSX that opens as text; nothing in them is ever a formula."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

import xlsxwriter
from django.core.files import File
from django.utils.translation import gettext as _

from programmes.base.common.storage import RandomName, private_storage

# What a spreadsheet program takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST_CELL = 32_767
# A workbook is made in one piece; a longer list is given out as CSV.
MOST_XLSX_ROWS = 20_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class Written:
    """A file in the private storage: its stored name, what it is called, and until when it is kept."""

    stored: str
    name: str
    expires_on: date | None = None


class _Echo:
    def write(self, value: str) -> str:
        return value


def plain(value: Any) -> str:
    """A cell as text, without characters that no file format can hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return "".join(c for c in text if c >= " " or c in "\n\t") if not text.isprintable() else text


def inert(value: Any) -> str:
    """A cell of a CSV file that no program takes for a formula: an apostrophe stands before it.

    What we read again (sheets/csvs.py) takes that apostrophe away.
    """
    text = plain(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file for StreamingHttpResponse, with the mark by which Excel knows UTF-8."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([inert(cell) for cell in header])
    for row in rows:
        yield writer.writerow([inert(cell) for cell in row])


def write_xlsx(out: BinaryIO | str, header: Sequence[Any], rows: Iterable[Sequence[Any]], *, sheet: str = "") -> int:
    """Write a workbook of one sheet in constant memory; returns the number of rows.

    Everything is text but numbers that came as numbers. Raises ValueError for a text that would be cut.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options | {"strings_to_numbers": False})
    page = book.add_worksheet((sheet or _("List"))[:31])
    bold = book.add_format({"bold": True})
    for place, cell in enumerate(header):
        page.write_string(0, place, plain(cell), bold)
    page.freeze_panes(1, 0)
    count = 0
    for count, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                page.write_number(count, place, cell)
                continue
            text = plain(cell)
            if len(text) > LONGEST_CELL:
                raise ValueError(f"A text of {len(text)} characters does not fit into a cell.")
            page.write_string(count, place, text)
    book.close()
    return count


def write_book(out: BinaryIO, sheets: Iterable[tuple[str, Sequence[Any], Iterable[Sequence[Any]]]]) -> None:
    """Write a workbook of several small sheets (name, header, rows), all of it text."""
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, words = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    for name, header, rows in sheets:
        page = book.add_worksheet(str(name)[:31])
        page.freeze_panes(1, 0)
        for place, cell in enumerate(header):
            page.set_column(place, place, max(14, min(40, len(str(cell)) + 2)), words)
            page.write_string(0, place, plain(cell), bold)
        for line, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                page.write_string(line, place, plain(cell), words)
    book.close()


def shortened_cell(value: Any) -> Any:
    """The value, or as much of it as a cell holds and a word about the rest."""
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        note = _("[cut here: %(length)d characters; the whole text is in the uploaded file]") % {"length": len(value)}
        return value[: LONGEST_CELL - len(note) - 1] + " " + note
    return value


def store(name: str, lines: Iterable[str] | None = None, *, expires_on: date | None = None, path: str = "") -> Written:
    """Put a file into the private storage under a random name: text `lines`, or the file at `path`."""
    storage, random_name = private_storage(), RandomName("batches")
    if path:
        with open(path, "rb") as made:
            return Written(storage.save(random_name(None, name), File(made)), name, expires_on)
    with tempfile.NamedTemporaryFile("w+b") as made:
        for line in lines or ():
            made.write(line.encode())
        made.seek(0)
        return Written(storage.save(random_name(None, name), File(made)), name, expires_on)
