"""Reading tables that people send: what a file really is, its sheets, its rows as they were received.

A cell is what JSON can hold: text, a number, yes or no, nothing, or one of `{"date": "1994-03-27"}`,
`{"serial": 60}` (a day that never was), `{"error": "#N/A"}`, `{"formula": "=A1"}` (without a stored value),
`{"long": 200000}` (a text too long to keep). Every row comes with the line on which it stands in the file.
"""

from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 25_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_CELL = 32_767

Cell = Any
Row = tuple[int, list[Cell]]


@dataclass
class Shape:
    """What is known of a file before its rows are read.

    `kind` is "xlsx" or "csv". `sheet` is the one that was looked at, of the names `sheets` with `hidden` among them;
    `encoding` and `separator` are those of a CSV file. `first` are the first rows that hold anything, for people to
    look at; `looks` the same of each sheet that may be meant.
    """

    kind: str
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    encoding: str = ""
    separator: str = ""
    looks: dict[str, list[Row]] = field(default_factory=dict)
    first: list[Row] = field(default_factory=list)


def is_blank(cells: list[Cell]) -> bool:
    """Whether nothing stands in the row."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def storable(text: str) -> str:
    """The text as the database can hold it: what it cannot is replaced by a visible mark."""
    if text.isprintable():
        return text
    return "".join("\u2400" if c == "\0" else "\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
