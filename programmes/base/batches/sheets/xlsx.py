"""Rows of an XLSX workbook, streamed: stored values and formulas without one, whatever size the sheet claims.

Our own reader, because openpyxl gives either formulas or their values but not "a formula without a value", holds every
text of the workbook in memory even for a look at ten rows, and takes three times as long (docs/adr).
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, BinaryIO
from xml.etree import ElementTree as Xml

from programmes.base.batches.problems import Unreadable
from programmes.base.batches.sheets import LONGEST_CELL, MOST_COLUMNS, Cell, Row, storable

_DAMAGED = (zipfile.BadZipFile, zlib.error, Xml.ParseError, KeyError, ValueError, IndexError, EOFError, OSError)
# Number formats that the standard itself defines as dates (ECMA-376 part 1, 18.8.30).
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)}
_NOT_DATE_PART = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.|\*.', re.IGNORECASE)
_DATE_PART = re.compile(r"[dmyhs]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile(r"[A-Z]+")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_SHEET_DATA = re.compile(rb"<((?:\w+:)?)sheetData[^>]*?(/?)>")
_PIECE = 400_000
_LAST_SERIAL = 2_958_465


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


class Workbook:
    """An opened workbook; `sheets` are its names in order, `hidden` those that are not shown."""

    def __init__(self, file: BinaryIO):
        try:
            self.package = zipfile.ZipFile(file)
            book = Xml.fromstring(self.package.read(self._main()))  # noqa: S314 -- entities are refused before
            targets = self._relations()
            self.sheets: list[str] = []
            self.hidden: list[str] = []
            self._paths: dict[str, str] = {}
            self.from_1904 = False
            for element in book.iter():
                name = _local(element.tag)
                if name == "workbookPr":
                    self.from_1904 = element.get("date1904") in {"1", "true"}
                elif name == "sheet":
                    self._add_sheet(element, targets)
            self._dates = self._date_styles()
        except _DAMAGED as error:
            raise Unreadable("file_damaged") from error
        if not self.sheets:
            raise Unreadable("file_damaged")

    def _main(self) -> str:
        names = self.package.namelist()
        return "xl/workbook.xml" if "xl/workbook.xml" in names else next(n for n in names if n.endswith("workbook.xml"))

    def _relations(self) -> dict[str, str]:
        main = self._main()
        folder, _slash, name = main.rpartition("/")
        root = Xml.fromstring(self.package.read(f"{folder}/_rels/{name}.rels"))  # noqa: S314 -- entities are refused before
        found = {}
        for relation in root:
            target = relation.get("Target", "")
            found[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
        return found

    def _add_sheet(self, element: Xml.Element, targets: dict[str, str]) -> None:
        key = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
        path = targets.get(key, "")
        if path not in self.package.namelist():
            return
        name = storable(element.get("name", ""))
        self.sheets.append(name)
        self._paths[name] = path
        if element.get("state", "visible") != "visible":
            self.hidden.append(name)

    def _date_styles(self) -> set[str]:
        if "xl/styles.xml" not in self.package.namelist():
            return set()
        root = Xml.fromstring(self.package.read("xl/styles.xml"))  # noqa: S314 -- entities are refused before
        own = {
            format_.get("numFmtId"): format_.get("formatCode", "")
            for format_ in root.iter()
            if _local(format_.tag) == "numFmt"
        }
        cell_formats: Iterable[Xml.Element] = next((part for part in root if _local(part.tag) == "cellXfs"), ())
        dates = set()
        for place, format_ in enumerate(cell_formats):
            number = format_.get("numFmtId", "0")
            code = own.get(number)
            if _says_date(code) if code is not None else number.isdigit() and int(number) in _BUILT_IN_DATES:
                dates.add(str(place))
        return dates

    def merged_rows(self, sheet: str) -> list[tuple[int, int]]:
        """First and last line of each merged range. Reads the part through without parsing it."""
        found, kept = [], b""
        try:
            with self.package.open(self._paths[sheet]) as part:
                while data := part.read(1_000_000):
                    text = kept + data
                    found += [(int(a), int(b)) for _c, a, _d, b in _MERGED.findall(text[: len(text) - 200])]
                    kept = text[-200:]
                found += [(int(a), int(b)) for _c, a, _d, b in _MERGED.findall(kept)]
        except _DAMAGED as error:
            raise Unreadable("file_damaged") from error
        return sorted(set(found))

    def rows(self, sheet: str, *, texts_as_needed: bool = False) -> Iterator[Row]:
        """Every stored row with its line; blank rows are not given. `texts_as_needed` for a look at the first few."""
        try:
            texts = _Texts(self.package, as_needed=texts_as_needed)
            with self.package.open(self._paths[sheet]) as part:
                for element, line in _rows(part):
                    cells = self._cells(element, texts)
                    if any(cell is not None for cell in cells):
                        yield line, cells
        except _DAMAGED as error:
            raise Unreadable("file_damaged") from error

    def _cells(self, row: Xml.Element, texts: "_Texts") -> list[Cell]:
        cells: list[Cell] = []
        columns, digits = _COLUMNS, len(row.get("r", ""))
        for element in row:
            place = element.get("r")
            column = len(cells) + 1
            if place is not None and digits:
                column = columns.get(place[:-digits]) or _column(place)
            # Most cells are one value: everything else takes the long way.
            if len(element) == 1 and element.get("t") == "s":
                value = texts[int(element[0].text or 0)]
            else:
                value = self._value(element, texts)
            if column > MOST_COLUMNS:
                if value not in (None, ""):
                    raise Unreadable("file_too_wide", columns=MOST_COLUMNS)
                continue
            if column == len(cells) + 1:
                cells.append(value)
                continue
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = value
        return cells

    def _value(self, cell: Xml.Element, texts: "_Texts") -> Cell:
        kind, value, formula, inline = cell.get("t", "n"), None, None, None
        for child in cell:
            name = _local(child.tag)
            if name == "v":
                value = child.text or ""
            elif name == "f":
                formula = child.text or ""
            elif name == "is":
                inline = _text_of(child)
        if kind == "inlineStr":
            return _kept(inline or "") or None
        if value is None:
            return {"formula": storable(f"={formula}"[:100])} if formula is not None else None
        if kind == "s":
            return texts[int(value)]
        if kind == "str":
            return _kept(_unescaped(value)) or None
        if kind == "b":
            return value.strip() in {"1", "true"}
        if kind == "e":
            return {"error": storable(value[:20])}
        if kind == "d":
            return {"date": storable(value[:19])}
        if not value.strip():
            return None
        return self._number(value, cell.get("s", "0") in self._dates)

    def _number(self, value: str, is_date: bool) -> Cell:
        number = float(value)
        if is_date:
            return from_serial(number, self.from_1904)
        if number.is_integer() and abs(number) < 1e15:
            return int(number)
        # Longer numbers lost their last digits when they were stored.
        return number if number == number and abs(number) != float("inf") else storable(value)


def from_serial(number: float, from_1904: bool) -> Cell:
    """The day that a spreadsheet's number stands for; `{"serial": …}` for one that is no day.

    Day 60 of the system of 1900 is 29 February 1900, which never was.
    """
    if not 0 <= number <= _LAST_SERIAL or (not from_1904 and (int(number) == 60 or number < 1)):
        return {"serial": number}
    year, month, day = (1904, 1, 1) if from_1904 else (1899, 12, 30 if number > 60 else 31)
    moment = datetime(year, month, day) + timedelta(days=int(number), seconds=round((number % 1) * 86_400))  # noqa: DTZ001 -- a sheet knows no zones
    if moment.time() == time.min:
        return {"date": date.isoformat(moment.date())}
    return {"date": moment.isoformat(timespec="seconds")}


def _says_date(code: str) -> bool:
    return bool(_DATE_PART.search(_NOT_DATE_PART.sub("", code.split(";")[0])))


def _column(place: str) -> int:
    """The number of the column of a cell such as AB12; kept, because there are few columns and many cells."""
    letters = _LETTERS.match(place)
    if letters is None:
        raise ValueError(place)
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    if number <= MOST_COLUMNS:
        _COLUMNS[letters[0]] = number
    return number


_COLUMNS: dict[str, int] = {}


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _kept(text: str) -> Cell:
    return {"long": len(text)} if len(text) > LONGEST_CELL else storable(text)


def _text_of(element: Xml.Element) -> str:
    """The text of a rich or plain string; the phonetic reading that East Asian sheets add is not part of it."""
    found = []
    for child in element:
        name = _local(child.tag)
        if name == "t":
            found.append(child.text or "")
        elif name == "r":
            found += [part.text or "" for part in child if _local(part.tag) == "t"]
    return _unescaped("".join(found))


def _rows(part: IO[bytes]) -> Iterator[tuple[Xml.Element, int]]:
    """Each row element with its line, a few hundred at a time.

    The text is cut before a `<row` and each piece parsed by itself: half the time of waiting for two events per cell.
    """
    head, text = b"", b""
    while not (begins := _SHEET_DATA.search(text)):
        more = part.read(_PIECE)
        if not more:
            return
        text += more
    head, text = text[: begins.end()], text[begins.end() :]
    if begins[2]:
        return
    tail = b"</%ssheetData></%sworksheet>" % (begins[1] or b"", begins[1] or b"")
    line, over = 0, False
    while not over:
        more = part.read(_PIECE)
        text += more
        ends = text.find(b"</%ssheetData>" % (begins[1] or b""))
        over = ends >= 0 or not more
        if ends < 0 and over:
            raise ValueError("The sheet is cut off.")
        cut = ends if over else text.rfind(b"<%srow" % (begins[1] or b""))
        if cut <= 0:
            continue
        for data in Xml.fromstring(head + text[:cut] + tail):  # noqa: S314 -- entities are refused before
            if _local(data.tag) != "sheetData":
                continue
            for element in data:
                line = int(element.get("r") or line + 1)
                yield element, line
        text = text[cut:]


class _Texts:
    """The texts that cells refer to by number: all of them, or only as many as a look at the first rows needs."""

    def __init__(self, package: zipfile.ZipFile, *, as_needed: bool):
        self._known: list[Cell] = []
        self._more = self._read(package)
        if not as_needed:
            self._known.extend(self._more)

    def __getitem__(self, number: int) -> Cell:
        while number >= len(self._known):
            following = next(self._more, None)
            if following is None:
                raise IndexError(number)
            self._known.append(following)
        return self._known[number]

    @staticmethod
    def _read(package: zipfile.ZipFile) -> Iterator[Cell]:
        if "xl/sharedStrings.xml" not in package.namelist():
            return
        root: Xml.Element | None = None
        with package.open("xl/sharedStrings.xml") as part:
            for event, element in Xml.iterparse(part, events=("start", "end")):  # noqa: S314 -- entities are refused before
                if event == "start":
                    root = element if root is None else root
                elif _local(element.tag) == "si":
                    yield _kept(_text_of(element)) or None
                    if root is not None:
                        root.clear()
