"""What a ministry sends: each trouble gets the sentence a caseworker reads, and the good rows go in if she wants."""

import html
import re
from datetime import date

import pytest
from django.urls import reverse

from programmes.base.batches import runner, sheets
from programmes.base.rulebook import codes, shipped
from programmes.models import Batch, Code, Person
from tests.factories.rulebook import SeasonFactory
from tests.journey.people.sheets import HEADER, as_csv, as_xlsx, good_row
from tests.journey.people.test_import import batch_of, check, checked, columns, deed, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_for):
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    codes.forget()
    return client_for("data", language="en")


@pytest.fixture
def season(db):
    return SeasonFactory()


def words(answer) -> str:
    """The page as it is read: without tags, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.content.decode())).split())


def page(client, batch, state=""):
    return words(client.get(batch.get_absolute_url() + (f"?state={state}" if state else "")))


def goes_in(client, batch, people: int):
    """She wants the good rows: they are carried out, whatever the others are."""
    assert deed(client, batch, "start").outcomes == {"created": people}
    assert Person.objects.count() == people


# --- Files that cannot be read: said where the file is chosen ---------------------------------------------------------
PASSWORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9000 + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("personas.xlsx", PASSWORD,
         "The file is protected by a password. Save it without a password and send it again; it travels encrypted in any case."),
        ("personas.xlsx", b"%PDF-1.7 a letter of the ministry",
         "This is no sheet but a file of the type PDF, whatever its name says. Send a workbook (XLSX) or a CSV file."),
        ("personas.csv", b"", "The file is empty. Choose a file with a header and at least one row."),
        ("personas.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
         "This is a workbook of the old kind (XLS). Open it and save it as XLSX or CSV."),
        ("personas.xlsx", as_xlsx([["x"] * 201]), "The sheet has more than 200 columns. Remove the columns that are not needed."),
        ("personas.csv", as_csv([["x"] * 201]), "The sheet has more than 200 columns. Remove the columns that are not needed."),
        ("personas.csv", "nombre\nMaría\n".encode() + "José\n".encode("latin-1"),
         "Line 3 holds the byte 0xE9, which is no letter in the encoding of the rest. Save the file as CSV UTF-8 and send it again."),
    ],
    ids=["password", "renamed PDF", "empty", "old workbook", "201 columns", "201 columns as CSV", "two encodings in one"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_where_it_was_chosen(client, name, content, sentence):
    answer = send(client, content, name, title="Ministerio")
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'value="Ministerio"' in answer.content.decode(), "nothing typed is lost"
    assert not Batch.objects.exists()


def test_a_file_of_more_megabytes_than_fit_is_refused_with_both_numbers(client, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 2_000_000)
    answer = send(client, b"a,b\n" + b"x,y\n" * 600_000)
    assert "The file has 2.4 MB; 2 MB fit. Divide it into several files." in words(answer)


def test_a_million_rows_are_too_many_and_nothing_of_them_goes_in(client, season, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 10_000)
    content = as_csv([HEADER, good_row(1)]) + b"Ana,Tzoc,Caal,mujer,1/2/1990,GTM,\r\n" * 1_000_000
    monkeypatch.setattr(sheets, "MOST_BYTES", len(content))
    batch = check(client, batch_of(send(client, content)), season)
    assert batch.status == "failed"
    assert "The sheet has more than 10,000 rows. Divide it into several files." in page(client, batch)
    assert not Person.objects.exists()


# --- The wrong sheet, the header further down -------------------------------------------------------------------------
def test_the_wrong_sheet_says_which_columns_are_missing_and_another_can_be_chosen(client, season):
    def wrong_first(book, sheet):
        other = book.add_worksheet("Personas")
        for line, row in enumerate([HEADER, good_row(1), good_row(2)]):
            other.write_row(line, 0, row)

    content = as_xlsx([["Informe", "del mes"], ["Total", 2]], prepare=wrong_first)
    batch = batch_of(send(client, content, "informe.xlsx"))
    assert batch.params["sheet"] == "Personas", "the sheet with headers that are known is proposed"
    address = reverse("batches:columns", args=[batch.public_id])
    assert (
        "The workbook has several sheets. Each is taken in for itself: choose the one that is meant now." in words(client.get(address))
    )  # fmt: skip
    client.post(address, {"again": "1", "sheet": "0"})
    batch.refresh_from_db()
    refused = client.post(address, columns(batch, season))
    assert refused.status_code == 422
    assert (
        "These columns are needed and no column of the file stands for them: "
        "Given names, First surname / Both surnames in one column, Sex, Date of birth." in words(refused)
    )
    client.post(address, {"again": "1", "sheet": "1"})
    batch.refresh_from_db()
    goes_in(client, check(client, batch, season), 2)


def test_a_header_in_row_three_is_found_and_rows_keep_their_numbers(client, season):
    rows = [["Ministerio de Trabajo"], [], HEADER, good_row(1), ["Total", "", "", "", "", "", ""]]
    batch = checked(client, [], season, content=as_xlsx(rows), name="lista.xlsx")
    assert [row.number for row in batch.rows.order_by("number")] == [4, 5]
    assert "First surname: This cell must not be empty. Fill it in and send the row again." in page(client, batch)
    goes_in(client, batch, 1)


# --- Cells ------------------------------------------------------------------------------------------------------------
def test_merged_cells_and_formulas_stop_their_row_alone(client, season):
    def as_people_do(book, sheet):
        sheet.merge_range(2, 1, 3, 1, "Tzoc")
        sheet.write_formula(4, 0, "=A2", value="")
        sheet.write_formula(5, 2, '="Caal"', value="Caal")

    rows = [good_row(n) for n in range(6)]
    rows[5][4] = "#N/A"
    batch = checked(client, [], season, content=as_xlsx([HEADER, *rows], prepare=as_people_do), name="junto.xlsx")
    seen = page(client, batch, "refused")
    merged = "The row has merged cells, so nobody can tell what belongs to it. Undo the merging and fill in each row."
    assert merged in seen
    assert batch.count("refused") + batch.count("staged") == 6
    refused = set(batch.rows.filter(state="refused").values_list("number", flat=True))
    assert {3, 4, 7} <= refused
    assert 6 not in refused, "a formula with its value is read like text"
    assert "This cannot be read as a day. Write day, month and year, for example 27/03/1994 or 1994-03-27." in seen
    goes_in(client, batch, batch.count("staged"))


def test_a_formula_without_its_value_is_named_by_its_column(client, season):
    from tests.journey.people.test_import_files import sheet_xml

    def cell(place, value):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    columns_ = "ABCDEFG"
    lines = [
        "".join(cell(f"{letter}{line}", value) for letter, value in zip(columns_, row, strict=True))
        for line, row in ((1, HEADER), (2, good_row(1)), (3, good_row(2)))
    ]
    lines[2] = lines[2].replace(cell("E3", good_row(2)[4]), '<c r="E3"><f>TODAY()-9000</f></c>')
    body = "".join(f'<row r="{n}">{cells}</row>' for n, cells in enumerate(lines, start=1))
    batch = checked(client, [], season, content=sheet_xml(body), name="formulas.xlsx")
    assert (
        "Date of birth: “=TODAY()-9000” Here stands a formula whose value was not saved. "
        "Open the file in your spreadsheet program and save it, or type the value." in page(client, batch, "refused")
    )
    goes_in(client, batch, 1)


def test_days_as_text_in_three_styles_and_as_numbers_of_excel(client, season):
    def born(n, cell):
        return [*good_row(n)[:4], cell, *good_row(n)[5:]]

    rows = [
        born(1, "27/03/1994"), born(2, "1994-03-27"), born(3, "27 de marzo de 1994"), born(4, 34420), born(5, "03/27/1994"),
        born(6, "27/03/94"), born(7, "hace mucho"), born(8, 60.0),
    ]  # fmt: skip

    def as_dates(book, sheet):
        sheet.write_number(9, 4, 34420, book.add_format({"num_format": "dd/mm/yyyy"}))
        for place, value in enumerate(good_row(9)):
            if place != 4:
                sheet.write(9, place, value)

    batch = checked(client, [], season, content=as_xlsx([HEADER, *rows], prepare=as_dates), name="fechas.xlsx")
    seen = page(client, batch, "refused")
    unlike = "This day does not fit the order of day and month that was chosen for the file."
    unread = "This cannot be read as a day."
    for sentence in (
        f"“03/27/1994” {unlike} Write it in that order, or as 1994-03-27, which has only one reading.",
        "“27/03/94” The year has only two figures. Write four figures, or say on the page of columns that years have two.",
        f"“hace mucho” {unread} Write day, month and year, for example 27/03/1994 or 1994-03-27.",
        f"“60” {unread}",
    ):
        assert f"Date of birth: {sentence}" in seen
    goes_in(client, batch, 5)
    assert set(Person.objects.values_list("birth_date", flat=True)) == {date(1994, 3, 27)}


def test_the_word_of_a_country_in_spanish_is_understood_and_a_wrong_one_answered_with_the_nearest(client, season):
    said = ["guatemalteca", "Guatemalteco", "GUATEMALA", "colombiana", "guatemalteka", "marciano"]
    rows = [[*good_row(n)[:5], word, ""] for n, word in enumerate(said)]
    batch = checked(client, rows, season)
    seen = page(client, batch, "refused")
    assert (
        "Nationality: “guatemalteka” This word is not in the list. "
        "Use a word or code of the list in the template. The nearest is: guatemalteca." in seen
    )
    assert "“marciano” This word is not in the list. Use a word or code of the list in the template." in seen
    goes_in(client, batch, 4)
    assert set(Person.objects.values_list("nationality", flat=True)) == {"GTM", "COL"}


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8-sig", ","), ("latin-1", ";"), ("utf-16", "\t"), ("utf-8", "|")]
)
def test_marks_latin_letters_and_semicolons_lose_no_accent(client, season, encoding, separator):
    row = [*good_row(1)[:1], "Ñañez", *good_row(1)[2:]]
    batch = checked(client, [], season, content=as_csv([HEADER, row], separator=separator, encoding=encoding))
    goes_in(client, batch, 1)
    assert Person.objects.get().first_surname == "Ñañez"


def test_two_hundred_columns_and_empty_rows_harm_nothing(client, season):
    wide = [*HEADER, *[f"Extra {n}" for n in range(193)]]
    empty: list[list] = [[""] * 200, [None] * 200]
    rows = [[*good_row(1), *["x"] * 193], *empty, [*good_row(2), *[""] * 193], *empty]
    batch = checked(client, [], season, content=as_xlsx([wide, *rows]), name="ancho.xlsx")
    assert (batch.total, batch.counts) == (2, {"staged": 2})
    assert "Columns not read" in page(client, batch)
    goes_in(client, batch, 2)


def test_the_same_person_five_times_is_one_person_and_says_in_which_row(client, season):
    batch = checked(client, [good_row(1)] * 5, season)
    assert "The same person stands in row 2 already. Nothing more is needed." in page(client, batch, "skipped")
    assert batch.counts == {"staged": 1, "skipped": 4}
    goes_in(client, batch, 1)
    assert runner.sweep() == 0
