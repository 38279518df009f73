"""Files of lists: CSV copied out of PostgreSQL, workbooks written in the background; the same rows and columns."""

from collections.abc import Callable, Iterator
from typing import Any

import xlsxwriter
from django.core.exceptions import SuspiciousOperation
from django.db import connection, transaction
from django.db.models import F
from django.http import QueryDict
from django.utils.translation import gettext as _

from programmes.base.batches.problems import Unreadable
from programmes.base.lists import actions, page
from programmes.base.lists.around import described
from programmes.base.lists.columns import Column, expression_of
from programmes.base.lists.listing import LISTINGS, Listing
from programmes.base.lists.models import Export
from programmes.base.rulebook.codes import label

BOM = "\ufeff".encode()
# Parts of a file as they are sent: one row at a time would cost more than the rows.
PART_BYTES = 64 * 1024
# More rows than this are written in the background.
MOST_STREAMED = 100_000
# The last row of a workbook, less the one with the heads.
MOST_IN_WORKBOOK = 1_048_575
LONGEST_CELL = 32_767


def columns_of(listing: Listing, codes: list[str], user, *, identified: bool) -> list[Column]:
    """The columns of a file: those asked for that this reader may have, the case number first."""
    allowed = {column.code: column for column in listing.columns_for(user) if identified or not column.identifies}
    first = [code for code in listing.always_in_files if code in allowed]
    return [allowed[code] for code in dict.fromkeys([*first, *codes]) if code in allowed]


def asked_for(export: Export, user):
    """The list that was asked for, read anew with the rights of this moment: (listing, asked, filters)."""
    listing = LISTINGS[export.listing]
    asked, _furniture, filters = page.ask(listing, QueryDict(export.query), user)
    return listing, asked, filters


def described_to_all(export: Export) -> list[dict]:
    """What was taken, in words: as whoever took it saw it, or what is left to say once they may not see it any more."""
    listing, user = LISTINGS[export.listing], export.created_by
    try:
        _listing, asked, filters = asked_for(export, user)
    except SuspiciousOperation:
        facts, known = [], [listing.by_code[code] for code in export.columns if code in listing.by_code]
    else:
        filters.form.is_valid()
        facts = described(listing, asked, filters)
        known = columns_of(listing, export.columns, user, identified=export.identified)
    return [*facts, {"label": _("Columns"), "value": ", ".join(str(column.label) for column in known)}]


def rows_of(export: Export, user) -> tuple[Any, list[Column]]:
    """The rows of a file in their order, as tuples of its columns, and these columns."""
    listing, asked, filters = asked_for(export, user)
    columns = columns_of(listing, export.columns, user, identified=export.identified)
    by, downwards = listing.sorts_for(user)[asked.sort]
    inert = export.format == Export.Format.CSV
    named = {f"cell_{place}": expression_of(column, inert=inert) for place, column in enumerate(columns)}
    rows = page.matching(asked, filters).annotate(**by.adds)
    order = []
    for name in by.order(downwards=downwards):
        field = F(name.lstrip("-"))
        order.append(field.desc(nulls_last=True) if name.startswith("-") else field.asc(nulls_last=True))
    return rows.order_by(*order).annotate(**named).values_list(*named), columns


def csv_counted(export: Export, user) -> tuple[Iterator[bytes], Callable[[], int]]:
    """The file in parts, straight out of PostgreSQL, and how many rows it had once they were all read.

    Call it while the reader's language is spoken. The parts end with an error when the rows could not all be read.
    """
    rows, columns = rows_of(export, user)
    statement, values = rows.query.sql_with_params()
    head = ",".join(_quoted(str(column.label)) for column in columns) + "\r\n"
    written: list[int] = []

    def parts() -> Iterator[bytes]:
        yield (BOM if export.mark else b"") + head.encode()
        with transaction.atomic(), connection.cursor() as cursor:
            # However slowly the reader takes it.
            cursor.execute("SET LOCAL statement_timeout = 0")
            with cursor.copy(f"COPY ({statement}) TO STDOUT WITH (FORMAT csv)", values) as copy:
                held: list[bytes] = []
                size = 0
                for line in copy:
                    held.append(bytes(line))
                    size += len(line)
                    if size >= PART_BYTES:
                        yield b"".join(held)
                        held, size = [], 0
                if held:
                    yield b"".join(held)
            written.append(cursor.rowcount)

    return parts(), lambda: written[0]


def csv_parts(export: Export, user) -> Iterator[bytes]:
    """The file for a browser. Effect at its end: how many rows left the system, or that it broke off (actions.finish);
    then the answer ends with an error, so that the browser says that the file is not whole."""
    parts, written = csv_counted(export, user)

    def logged() -> Iterator[bytes]:
        rows: int | None = None
        try:
            yield from parts
            rows = written()
        finally:
            actions.finish(export, rows=rows)

    return logged()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def file_name(export: Export) -> str:
    """A name that says what and when, and of nobody."""
    return f"{export.listing}-{export.created_at:%Y-%m-%d-%H%M}.{export.format}"


def write_workbook(export: Export, user, target, *, going) -> int:
    """Write the workbook to `target` (a path), a row at a time; return how many rows. Texts stay texts.

    Call it while the reader's language is spoken. The second sheet says who took it, when and why. Raises Unreadable
    when it would be longer than a sheet can be.
    """
    rows, columns = rows_of(export, user)
    written = 0
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(str(_("List"))[:31])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 22)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, str(column.label), bold)
        with transaction.atomic():
            for row in rows.iterator(chunk_size=2000):
                written += 1
                if written > MOST_IN_WORKBOOK:
                    raise Unreadable("workbook_full", most=MOST_IN_WORKBOOK)
                if written % 2000 == 0 and not going(written):
                    raise Unreadable("ended_early")
                for place, value in enumerate(row):
                    _write(sheet, written, place, value, day)
        about = book.add_worksheet(str(_("About this file"))[:31])
        about.set_column(0, 0, 24)
        about.set_column(1, 1, 80)
        for place, (label, value) in enumerate(about_lines(export, user, written)):
            about.write_string(place, 0, label, bold)
            about.write_string(place, 1, value)
    return written


def _write(sheet, row: int, place: int, value: Any, day) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | float):
        sheet.write_number(row, place, value)
    elif hasattr(value, "isoformat"):
        sheet.write_datetime(row, place, value, day)
    else:
        text = str(value)
        if len(text) > LONGEST_CELL:
            # Said in the cell: a spreadsheet holds no more, and a silent cut would be a lie.
            text = text[: LONGEST_CELL - 60] + " … " + str(_("(cut here; the CSV has all of it)"))
        sheet.write_string(row, place, text)


def about_lines(export: Export, user, rows: int) -> list[tuple[str, str]]:
    """Who took the file, when, of what and why: the watermark of a table."""
    listing, asked, filters = asked_for(export, user)
    filters.form.is_valid()
    lines = [(str(_("List")), str(listing.label))]
    lines += [(str(fact["label"]), str(fact["value"])) for fact in described(listing, asked, filters)]
    lines += [
        (str(_("Rows")), str(rows)),
        (str(_("Taken by")), user.full_name),
        (str(_("Asked for on")), f"{export.created_at:%Y-%m-%d %H:%M} UTC"),
        (str(_("Purpose")), f"{label('export_purpose', export.purpose)}: {export.why}"),
    ]
    return lines
