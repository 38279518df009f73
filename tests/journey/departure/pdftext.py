"""The words of a PDF as a reader copies them: enough of the format for what Typst writes, and no package for it."""

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d+)")
_STREAM = re.compile(rb"stream\r?\n")
_FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
_LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
# One piece of text: its font, and its letters in strings.
_PIECE = re.compile(rb"BT .*?/(f\d+) [\d.]+ Tf.*?\[(.*?)\]TJ\nET", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def words_of(content: bytes) -> str:
    """All words of all pages, in the order in which they are drawn."""
    parts = dict(_OBJECT.findall(content))
    fonts = {}
    for body in parts.values():
        for name, font in _FONT.findall(body):
            letters = re.search(rb"/ToUnicode (\d+) 0 R", parts.get(font, b""))
            if letters:
                fonts[name] = dict(_LETTER.findall(_unpacked(parts[letters[1]])))
    drawn = [_drawn(page, fonts) for body in parts.values() if (page := _unpacked(body)) and b" Tf" in page]
    return re.sub(r"\s+", " ", " ".join(drawn))


def _unpacked(body: bytes) -> bytes:
    stream, length = _STREAM.search(body), _LENGTH.search(body)
    if stream is None or length is None:
        return b""
    # By its length: what is packed may end like the end of a line.
    packed = body[stream.end() : stream.end() + int(length[1])]
    return zlib.decompress(packed) if b"FlateDecode" in body[: stream.start()] else packed


def _drawn(page: bytes, fonts: dict[bytes, dict[bytes, bytes]]) -> str:
    found = []
    for font, array in _PIECE.findall(page):
        codes = b"".join(_ESCAPED.sub(_plain, run) for run in _strings(array))
        # A sign without a letter is one that the layout added: a hyphen at the end of a line.
        letters = [fonts[font].get(codes[at : at + 2].hex().upper().encode(), b"") for at in range(0, len(codes), 2)]
        found.append(bytes.fromhex(b"".join(letters).decode()).decode("utf-16-be"))
    return " ".join(found)


def _strings(array: bytes) -> Iterator[bytes]:
    """The strings of an array: brackets that come in pairs stand in them as they are."""
    begins = depth = at = 0
    while at < len(array):
        sign = array[at : at + 1]
        if sign == b"(":
            begins = at + 1 if not depth else begins
            depth += 1
        elif sign == b")":
            depth -= 1
            if not depth:
                yield array[begins:at]
        at += 2 if sign == b"\\" else 1


def _plain(escaped: re.Match) -> bytes:
    sign = escaped[1]
    return bytes([int(sign, 8)]) if len(sign) == 3 else _SIGNS.get(sign, sign)
