"""What a file really is, judged by its content and never by its name; hostile packages are refused unopened."""

import re
import stat
import zipfile
import zlib
from typing import BinaryIO

import puremagic

from programmes.base.batches.problems import Unreadable

# A genuine sheet of a hundred thousand rows unpacks to about a hundred megabytes, ten to thirty times its packed size.
MOST_ENTRIES = 200
MOST_UNPACKED = 400_000_000
MOST_RATIO = 100
# Below this size a high ratio harms nobody: a small sheet of equal cells packs very well.
RATIO_COUNTS_FROM = 10_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 65_536
_PROLOGUE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_WIDE = re.compile(rb"<\0!\0D|\0<\0!\0D")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_KNOWN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3", "SQLite"),
)


def kind_of(file: BinaryIO, size: int) -> str:
    """ "xlsx" or "csv"; raises Unreadable with the type that was found, or with what is hostile about it."""
    if not size:
        raise Unreadable("file_empty")
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_OLE):
        raise Unreadable("file_password" if _ENCRYPTED in head or _has(file, _ENCRYPTED) else "file_xls")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        refuse_hostile_package(file, size)
        return "xlsx"
    for beginning, name in _KNOWN:
        if head.startswith(beginning):
            raise Unreadable("file_other_type", type=name)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise Unreadable("file_other_type", type="HTML")
    if start.startswith(b"<?xml"):
        raise Unreadable("file_other_type", type="XML")
    if _is_binary(head):
        raise Unreadable("file_other_type", type=_named(head))
    return "csv"


def _has(file: BinaryIO, words: bytes) -> bool:
    file.seek(0)
    kept = b""
    while part := file.read(1_000_000):
        if words in kept + part:
            return True
        kept = part[-len(words) :]
    return False


def is_wide(head: bytes) -> bool:
    """Whether the bytes read like UTF-16 without its mark: a NUL in every other place."""
    places = [place % 2 for place, byte in enumerate(head[:2000]) if byte == 0]
    return len(set(places)) == 1 and len(places) >= len(head[:2000]) // 4


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or is_wide(head):
        return False
    # A stray one comes from a damaged export, and is shown at its row.
    control = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1a" for byte in head)
    return control > max(3, len(head) // 50)


def _named(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return "?"
    return (found[0].extension or found[0].name or "?").lstrip(".").upper() if found else "?"


def refuse_hostile_package(file: BinaryIO, size: int) -> None:
    """Judge a zip by its directory: nothing is unpacked but the first bytes of its XML parts."""
    file.seek(0)
    try:
        package = zipfile.ZipFile(file)
        entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise Unreadable("file_damaged") from error
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MOST_ENTRIES
        or unpacked > MOST_UNPACKED
        or (unpacked > RATIO_COUNTS_FROM and unpacked > size * MOST_RATIO)
    ):
        raise Unreadable("file_bomb")
    names = {entry.filename for entry in entries}
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise Unreadable("file_password")
        parts = entry.filename.replace("\\", "/").split("/")
        if ".." in parts or entry.filename.startswith(("/", "\\")) or stat.S_ISLNK(entry.external_attr >> 16):
            raise Unreadable("file_damaged")
    if "mimetype" in names and "content.xml" in names:
        raise Unreadable("file_ods")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable("file_macros")
    if "xl/workbook.bin" in names:
        raise Unreadable("file_xlsb")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        inside = "DOCX" if "word/document.xml" in names else "PPTX" if "ppt/presentation.xml" in names else "ZIP"
        raise Unreadable("file_other_type", type=inside)
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            try:
                with package.open(entry) as part:
                    head = part.read(_HEAD)
            except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError, zlib.error) as error:
                raise Unreadable("file_damaged") from error
            if _PROLOGUE.search(head) or _WIDE.search(head):
                raise Unreadable("file_bomb")
