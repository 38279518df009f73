"""Rows of a CSV file, streamed: its encoding and separator found, its line numbers those of the file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from programmes.base.batches.problems import Unreadable
from programmes.base.batches.sheets import LONGEST_CELL, MOST_BYTES, MOST_COLUMNS, Cell, Row, storable
from programmes.base.batches.sheets.content import is_wide

SEPARATORS = (",", ";", "\t", "|")
_PART = 1_000_000
_SEP_LINE = re.compile(r"^\ufeff?\"?sep=(.)\"?\s*$", re.IGNORECASE)
# An apostrophe that our own files put before what could be taken for a formula (files.inert).
_GUARDED = re.compile(r"^'(?=[=+\-@\t\r])")
# One unclosed quote must not end the reading: where it stands is said instead.
csv.field_size_limit(MOST_BYTES + 1)


def encoding_of(file: BinaryIO) -> str:
    """How the bytes are to be read; raises Unreadable with line and byte for bytes of no known encoding.

    Marks decide; without one UTF-8 when all of it is UTF-8, else Windows-1252, which also reads Latin-1.
    """
    file.seek(0)
    head = file.read(4000)
    if head.startswith(codecs.BOM_UTF8):
        return _checked(file, "utf-8-sig")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(file, "utf-16")
    if is_wide(head):
        odd = head[1::2].count(0) > head[0::2].count(0)
        return _checked(file, "utf-16-le" if odd else "utf-16-be")
    try:
        return _checked(file, "utf-8")
    except Unreadable as refusal:
        if refusal.facts.get("multibyte"):
            # Some of it is UTF-8 and some is not: two files were put together, or one was cut.
            raise
    return _checked(file, "cp1252")


def _checked(file: BinaryIO, encoding: str) -> str:
    """`encoding`, once every byte was read by it."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, multibyte = 1, False
    while True:
        part = file.read(_PART)
        try:
            text = decoder.decode(part, final=not part)
        except UnicodeDecodeError as error:
            good = error.object[: error.start]
            line = lines + good.count(b"\n")
            byte = f"0x{error.object[error.start]:02X}"
            multibyte = multibyte or (encoding == "utf-8" and not good.isascii())
            raise Unreadable("csv_undecodable", line=line, byte=byte, multibyte=multibyte) from error
        multibyte = multibyte or not text.isascii()
        lines += part.count(b"\n")
        if not part:
            return encoding


def separator_of(file: BinaryIO, encoding: str) -> str:
    """The separator: what `sep=;` says, else the one that cuts the first lines into the most equal pieces."""
    file.seek(0)
    reader = codecs.getreader(encoding)(file)
    text = reader.read(64_000, 64_000)
    lines = [line for line in text.splitlines() if line.strip()][:50]
    if lines and (named := _SEP_LINE.match(lines[0])):
        return named[1]
    best, best_score = ",", (0, 0)
    for separator in SEPARATORS:
        counts = [_outside_quotes(line, separator) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 0
        score = (counts.count(usual) if usual else 0, usual)
        if score > best_score:
            best, best_score = separator, score
    return best


def _outside_quotes(line: str, separator: str) -> int:
    return sum(part.count(separator) for part in line.split('"')[::2])


def rows(file: BinaryIO, encoding: str, separator: str) -> Iterator[Row]:
    """Every row with the line on which it begins; blank lines are not given.

    Raises Unreadable for a quote that is never closed, naming the line where it was opened.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline=None)
    try:
        reader = csv.reader(text, delimiter=separator, strict=True)
        begins = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Unreadable("csv_quote", line=begins) from error
            line, begins = begins, reader.line_num + 1
            if line == 1 and len(cells) <= 2 and _SEP_LINE.match(separator.join(cells)):
                continue
            if len(cells) > MOST_COLUMNS and any(cell.strip() for cell in cells[MOST_COLUMNS:]):
                raise Unreadable("file_too_wide", columns=MOST_COLUMNS)
            found = [_cell(cell) for cell in cells[:MOST_COLUMNS]]
            if any(cell is not None for cell in found):
                # Empty cells at the end count: a row with fewer than the header is refused, one with empty ones not.
                yield line, found
    finally:
        text.detach()


def _cell(text: str) -> Cell:
    if len(text) > LONGEST_CELL:
        return {"long": len(text)}
    return (_GUARDED.sub("", storable(text)) or None) if text.strip() else None
