"""Spreadsheets that stay tables when they are opened: no cell is ever taken for a formula."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# A text that begins with one of these is run as a formula by common spreadsheet programs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
BOM = "\ufeff"


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        """Return the line."""
        return value


def safe(value: Any) -> Any:
    """A cell as it may be written: texts that a program could run get an apostrophe in front; numbers stay numbers."""
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The rows as CSV, line by line, with the mark by which spreadsheet programs know UTF-8."""
    writer = csv.writer(_Echo())
    yield BOM
    for row in rows:
        yield writer.writerow([safe(cell) for cell in row])
