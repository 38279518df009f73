"""The one door to a received file, whatever it is: its shape first, then its rows."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from programmes.base.batches.problems import Unreadable
from programmes.base.batches.sheets import Row, Shape, content, csvs, xlsx

LOOKED_AT = 30


def shape_of(file: BinaryIO, size: int, *, sheet: str = "", encoding: str = "", separator: str = "") -> Shape:
    """What the file is, and its first rows. Raises Unreadable, in words for the person who sent it.

    Without `sheet` the first sheet that is shown and holds anything is taken, and the first rows of the others that do
    stand beside it (`looks`).
    """
    kind = content.kind_of(file, size)
    if kind == "xlsx":
        book = xlsx.Workbook(file)
        shown = [name for name in book.sheets if name not in book.hidden] or book.sheets
        looked_at = [sheet] if sheet in book.sheets else shown
        looks = {name: list(islice(book.rows(name, texts_as_needed=True), LOOKED_AT)) for name in looked_at}
        looks = {name: first for name, first in looks.items() if first} or {looked_at[0]: []}
        name = next(iter(looks))
        shape = Shape(kind, name, book.sheets, book.hidden, looks=looks, first=looks[name])
    else:
        encoding = encoding or csvs.encoding_of(file)
        separator = separator or csvs.separator_of(file, encoding)
        shape = Shape(kind, encoding=encoding, separator=separator)
        shape.first = list(islice(csvs.rows(file, encoding, separator), LOOKED_AT))
    if not shape.first:
        raise Unreadable("file_no_rows")
    return shape


def rows_of(file: BinaryIO, params: dict[str, Any]) -> Iterator[Row]:
    """Every row of the sheet that was chosen, header and all, with its line."""
    if params["file_kind"] == "xlsx":
        return xlsx.Workbook(file).rows(params["sheet"])
    return csvs.rows(file, params["encoding"], params["separator"])
