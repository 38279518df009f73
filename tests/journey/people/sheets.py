"""Files as offices send them, made for tests."""

import csv
import io

import xlsxwriter

HEADER = ["Nombres", "Primer apellido", "Segundo apellido", "Sexo", "Fecha de nacimiento", "Nacionalidad", "CUI"]
FIRST, SECOND = ["María", "José", "Elena", "Luis", "Rosa"], ["Tzoc", "Caal", "Ixcoy", "Quej", "Chub", "Pop", "Xol"]


def cui(number: int) -> str:
    """A CUI whose check digit is right."""
    digits = f"{number:08d}"
    check = sum(int(d) * (place + 2) for place, d in enumerate(digits)) % 11
    return f"{digits}{check}0101" if check < 10 else cui(number + 50_000_000)


def good_row(number: int) -> list:
    """The row of somebody nobody else is like."""
    return [
        f"{FIRST[number % 5]} {_word(number)}", SECOND[number % 7], SECOND[number // 7 % 7], "mujer" if number % 2 else "H",
        f"{number % 28 + 1:02d}/{number // 28 % 12 + 1:02d}/{1960 + number % 40}", "guatemalteca", cui(10_000_000 + number),
    ]  # fmt: skip


def _word(number: int) -> str:
    letters = ""
    while True:
        letters += "abcdefghijklmnopqrstuvwxyz"[number % 26]
        number //= 26
        if not number:
            return f"Z{letters}"


def as_csv(rows, *, separator=",", encoding="utf-8", end="\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows, *, before=(), prepare=None, **options) -> bytes:
    """A workbook; `prepare(book, page)` may do to it what people do."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, **options})
    page = book.add_worksheet("Hoja1")
    for line, row in enumerate([*before, *rows]):
        for place, cell in enumerate(row):
            if cell is not None:
                page.write(line, place, cell)
    if prepare:
        prepare(book, page)
    book.close()
    return out.getvalue()
