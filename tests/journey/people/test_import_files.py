"""Every file that offices send gets read right, or a sentence that a caseworker understands (assurance.md I1-I22)."""

import io
import struct
import tempfile
import time
import zipfile
from datetime import date

import pytest
from django.utils import translation

from programmes.base.batches import problems
from programmes.base.batches.problems import Unreadable
from programmes.base.batches.sheets import MOST_COLUMNS, content, csvs, reading, xlsx
from programmes.base.batches.sheets.meaning import Wrong, as_day, as_number_of_document
from programmes.journey.people import words
from tests.journey.people.sheets import HEADER, as_csv, as_xlsx, good_row


def shape(data: bytes, **how):
    return reading.shape_of(io.BytesIO(data), len(data), **how)


def rows(data: bytes):
    found = shape(data)
    params = {
        "file_kind": found.kind,
        "sheet": found.sheet,
        "encoding": found.encoding,
        "separator": found.separator,
    }
    return list(reading.rows_of(io.BytesIO(data), params))


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        rows(data)
    said = problems.say(problems.problem(caught.value.code, **caught.value.facts), {})
    assert said.sentence, "it is said in a sentence"
    assert said.sentence != caught.value.code
    assert "%(" not in said.sentence + said.remedy
    return caught.value.code


def packed(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in entries.items():
            package.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


def sheet_xml(body: str, *, shared: str = "", extra: str = "", names=("Hoja1",), date1904=False) -> bytes:
    """A workbook written by hand, for what no library writes."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    sheets = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        system = '<workbookPr date1904="1"/>' if date1904 else ""
        book.writestr("xl/workbook.xml", f"<workbook {main} {rel}>{system}<sheets>{sheets}</sheets></workbook>")
        relations = "".join(
            f'<Relationship Id="rId{n}" Target="worksheets/sheet1.xml"/>' for n in range(1, len(names) + 1)
        )
        book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet {main}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        if shared:
            book.writestr("xl/sharedStrings.xml", f"<sst {main}>{shared}</sst>")
        book.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {main}><dimension ref="A1:A1"/><sheetData>{body}</sheetData>{extra}</worksheet>',
        )
    return out.getvalue()


# --- What a file is ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n \n", "file_no_rows"),
        (b"%PDF-1.7 renamed", "file_other_type"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "file_other_type"),
        (b"<html><table><tr><td>Nombres</td></tr></table>", "file_other_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9000 + "EncryptedPackage".encode("utf-16-le"), "file_password"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_dot_xml=b"<a/>"), "file_ods"),
        (packed(a_dot_txt=b"hello"), "file_other_type"),
        (packed(**{"[Content_Types]_dot_xml": b"<a/>", "xl__workbook_dot_xml": b"<a/>", "xl__vbaProject_dot_bin": b"x"}), "file_macros"),
        (packed(**{"[Content_Types]_dot_xml": b"<a/>", "xl__workbook_dot_bin": b"x"}), "file_xlsb"),
        (packed(**{"[Content_Types]_dot_xml": b"<a/>", "xl__workbook_dot_xml": b"no xml"}), "file_damaged"),
        (packed(**{"..__evil": b"x", "[Content_Types]_dot_xml": b"<a/>", "xl__a": b"x"}), "file_damaged"),
        (packed(**{f"xl__f{n}": b"x" for n in range(300)}), "file_bomb"),
        (packed(xl__zeros=b"\0" * 60_000_000), "file_bomb"),
        (b"PK\x03\x04 cut off", "file_damaged"),
        (bytes(range(256)) * 40, "file_other_type"),
    ],
)  # fmt: skip
def test_what_is_no_sheet_is_refused_by_its_content(data, code):
    before = time.monotonic()
    assert refusal(data) == code
    assert time.monotonic() - before < 5


def test_an_entity_bomb_is_refused_unopened():
    evil = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>'
    assert refusal(packed(**{"[Content_Types]_dot_xml": b"<a/>", "xl__workbook_dot_xml": evil})) == "file_bomb"


def test_an_encrypted_zip_is_refused():
    data = bytearray(sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'))
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        flags = struct.unpack_from("<H", data, place + 8)[0]
        struct.pack_into("<H", data, place + 8, flags | 1)
        place = data.find(b"PK\x01\x02", place + 4)
    assert refusal(bytes(data)) == "file_password"


def test_a_csv_named_xlsx_is_read_as_what_it_is():
    assert shape(as_csv([HEADER, good_row(1)])).kind == "csv"


# --- CSV --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_encoding_separator_and_line_end_is_found(encoding, separator, end):
    table = [["Nombres", "Año"], ["María Ñuñez", "1990"], ["José", "1991"]]
    found = rows(as_csv(table, separator=separator, encoding=encoding, end=end))
    assert [cells for _line, cells in found] == table
    assert [line for line, _cells in found] == [1, 2, 3]


def test_a_first_line_that_names_the_separator_is_no_row():
    assert rows(b"sep=;\r\na;b\r\n1;2\r\n") == [(2, ["a", "b"]), (3, ["1", "2"])]


def test_decimal_commas_do_not_make_commas_the_separator():
    assert shape(b"nombre;peso\nAna;61,5\nEva;58,2\n").separator == ";"


def test_mixed_encodings_are_refused_with_line_and_byte():
    with pytest.raises(Unreadable) as caught:
        rows("nombre\nMaría\n".encode() + "José\n".encode("cp1252"))
    assert (caught.value.code, caught.value.facts["line"], caught.value.facts["byte"]) == ("csv_undecodable", 3, "0xE9")


@pytest.mark.parametrize("bad", ['"abierto,x', '"abierto,x\n"otro",y'])
def test_a_quote_that_is_never_closed_is_named_by_its_line(bad):
    lines = [f"n{n},v{n}" for n in range(11)] + [bad] + [f"n{n},v{n}" for n in range(5000)]
    with pytest.raises(Unreadable) as caught:
        rows("\n".join(lines).encode())
    assert (caught.value.code, caught.value.facts["line"]) == ("csv_quote", 12)


def test_line_breaks_in_cells_keep_the_line_numbers_right():
    assert rows(b'a,b\n"one\ntwo",x\nlast,y') == [(1, ["a", "b"]), (2, ["one\ntwo", "x"]), (4, ["last", "y"])]


def test_our_own_guard_before_formulas_is_taken_away_again():
    assert rows(b"a,b\n'=cmd|x,'+502\n")[1] == (2, ["=cmd|x", "+502"])


def test_a_huge_cell_is_noted_by_its_length():
    assert rows(b"a,b\n" + b"x" * 200_000 + b",1\n")[1] == (2, [{"long": 200_000}, "1"])


def test_what_the_database_cannot_hold_is_made_visible():
    assert rows(b"a,b\nx\0y,1\nz,2\n")[1] == (2, ["x\u2400y", "1"])


def test_two_hundred_columns_fit_and_one_more_does_not():
    assert len(rows(as_csv([["x"] * MOST_COLUMNS]))[0][1]) == MOST_COLUMNS
    assert refusal(as_csv([["x"] * (MOST_COLUMNS + 1)])) == "file_too_wide"
    assert refusal(as_xlsx([["x"] * (MOST_COLUMNS + 1)])) == "file_too_wide"


# --- XLSX -------------------------------------------------------------------------------------------------------------
def test_values_of_every_kind_are_kept_as_they_are():
    body = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c></row>'
        '<row r="3" hidden="1"><c r="A3"><v>12</v></c><c r="B3" t="b"><v>1</v></c><c r="C3" t="e"><v>#N/A</v></c>'
        '<c r="D3"><f>A1+1</f></c><c r="E3" t="str"><f>A1</f><v>text</v></c><c r="F3"><v>2345678990101</v></c>'
        '<c r="G3"><v>1.5</v></c><c r="H3" s="1"><v>34420</v></c><c r="I3" s="1"><v>60</v></c></row>'
    )  # fmt: skip
    found = rows(sheet_xml(body, shared="<si><t>Nombres</t><rPh><t>x</t></rPh></si>"))
    assert found[0] == (1, ["Nombres", None, "inline"])
    assert found[1] == (
        3, [12, True, {"error": "#N/A"}, {"formula": "=A1+1"}, "text", 2345678990101, 1.5, {"date": "1994-03-27"}, {"serial": 60.0}],
    )  # fmt: skip


def test_a_wrong_dimension_loses_no_row_and_the_last_cell_of_all_is_found():
    body = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 101))
    body += '<row r="1048576"><c r="A1048576"><v>7</v></c></row>'
    found = rows(sheet_xml(body))
    assert len(found) == 101
    assert found[-1] == (1_048_576, [7])


def test_a_million_blank_formatted_rows_are_passed_over_quickly():
    body = '<row r="1"><c r="A1"><v>1</v></c></row>' + "".join(
        f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(2, 300_000)
    )
    before = time.process_time()
    assert rows(sheet_xml(body)) == [(1, [1])]
    assert time.process_time() - before < 10


def test_days_of_both_systems():
    assert xlsx.from_serial(34420, from_1904=False) == {"date": "1994-03-27"}
    assert xlsx.from_serial(34420 - 1462, from_1904=True) == {"date": "1994-03-27"}
    assert xlsx.from_serial(59, from_1904=False) == {"date": "1900-02-28"}
    assert xlsx.from_serial(61, from_1904=False) == {"date": "1900-03-01"}
    assert xlsx.from_serial(60, from_1904=False) == {"serial": 60}
    assert xlsx.from_serial(1e300, from_1904=False) == {"serial": 1e300}
    assert rows(sheet_xml('<row r="1"><c r="A1" s="1"><v>32958</v></c></row>', date1904=True)) == [
        (1, [{"date": "1994-03-27"}])
    ]


def test_hidden_sheets_are_named_and_the_first_shown_one_is_read():
    def prepare(book, page):
        page.hide()
        other = book.add_worksheet("Personas")
        other.activate()
        other.set_first_sheet()
        other.write(0, 0, "Nombres")

    found = shape(as_xlsx([["secret"]], prepare=prepare))
    assert (found.sheet, found.hidden, found.first) == ("Personas", ["Hoja1"], [(1, ["Nombres"])])


def test_merged_rows_are_found_wherever_they_stand():
    def prepare(book, page):
        page.merge_range(4, 0, 6, 2, "junto")

    data = as_xlsx([HEADER, *[good_row(n) for n in range(3)]], prepare=prepare)
    assert xlsx.Workbook(io.BytesIO(data)).merged_rows("Hoja1") == [(5, 7)]


def test_bytes_of_a_workbook_that_was_cut_are_refused():
    data = as_xlsx([HEADER, *[good_row(n) for n in range(200)]])
    with tempfile.TemporaryFile() as file:
        file.write(data[: len(data) // 2])
        with pytest.raises(Unreadable):
            content.kind_of(file, len(data) // 2)


# --- What cells mean --------------------------------------------------------------------------------------------------
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("cell", "style", "expected"),
    [
        ("27/03/1994", "dmy", ("27", "3", "1994")),
        ("27-3-1994", "dmy", ("27", "3", "1994")),
        ("27.03.1994", "dmy", ("27", "3", "1994")),
        ("03/27/1994", "mdy", ("27", "3", "1994")),
        ("1994/03/27", "ymd", ("27", "3", "1994")),
        ("1994/03/27", "dmy", ("27", "3", "1994")),
        ("1994-03-27", "mdy", ("27", "3", "1994")),
        ("1994-03-27T00:00:00", "dmy", ("27", "3", "1994")),
        ("27 de marzo de 1994", "dmy", ("27", "3", "1994")),
        ("27 mars 1994", "mdy", ("27", "3", "1994")),
        ("27-Mar-1994", "ymd", ("27", "3", "1994")),
        ("27 de março de 1994", "dmy", ("27", "3", "1994")),
        ("March 27, 1994", "dmy", ("27", "3", "1994")),
        ("٢٧/٠٣/١٩٩٤", "dmy", ("27", "3", "1994")),
        ("1994", "dmy", ("", "", "1994")),
        (1994, "dmy", ("", "", "1994")),
        (34420, "dmy", ("27", "3", "1994")),
        ({"date": "1994-03-27"}, "mdy", ("27", "3", "1994")),
        ("31/02/1990", "dmy", ("31", "2", "1990")),
    ],
)
def test_a_day_is_read_in_the_declared_style_or_in_the_only_way_there_is(cell, style, expected):
    assert as_day(cell, style, today=TODAY) == expected


@pytest.mark.parametrize(
    ("cell", "style", "code"),
    [
        ("03/27/1994", "dmy", "date_other_style"),
        ("27/03/94", "dmy", "date_short_year"),
        ("ayer", "dmy", "date_unreadable"),
        ("27 de lluvia de 1994", "dmy", "date_unreadable"),
        (99, "dmy", "date_unreadable"),
        (True, "dmy", "date_unreadable"),
        ({"serial": 60}, "dmy", "cell_no_day"),
        ({"formula": "=A1"}, "dmy", "cell_formula"),
        ({"error": "#REF!"}, "dmy", "cell_error"),
    ],
)
def test_a_day_with_two_readings_or_none_is_refused(cell, style, code):
    with pytest.raises(Wrong) as caught:
        as_day(cell, style, today=TODAY)
    assert caught.value.code == code


def test_years_of_two_figures_are_read_when_that_was_said():
    assert as_day("27/03/94", "dmy", short_years=True, today=TODAY) == ("27", "3", "1994")
    assert as_day("27/03/05", "dmy", short_years=True, today=TODAY) == ("27", "3", "2005")


def test_numbers_of_documents_lose_nothing_unseen():
    assert as_number_of_document("00123") == ("00123", False)
    assert as_number_of_document(2345678990101) == ("2345678990101", True)
    for cell, code in ((1.23e20, "id_figures_lost"), ("1.23E+11", "id_shortened"), ("1,23E+11", "id_shortened")):
        with pytest.raises(Wrong) as caught:
            as_number_of_document(cell)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Nombres", "given_names"), ("  NOMBRES\u00a0* ", "given_names"), ("First name", "given_names"), ("Prénoms", "given_names"),
        ("Primer Apellido", "first_surname"), ("Apellidos", "surnames"), ("Sobrenome", "first_surname"),
        ("Fecha de Nacimiento (dd/mm/aaaa)", "birth_date"), ("Date de naissance", "birth_date"), ("DOB", "birth_date"),
        ("Data de nascimento", "birth_date"), ("CUI/DPI", "national_id"), ("No. de DPI", "national_id"),
        ("Teléfono", "phone"), ("Tel. emergencia", "emergency_phone"), ("Departamento", "subdivision"), ("xyz", ""), ("", ""),
    ],
)  # fmt: skip
def test_headers_are_known_in_four_languages(header, column):
    assert words.column_for(header) == column


def test_every_sentence_about_files_and_cells_can_be_said_in_every_language():
    for language in ("es", "en"):
        with translation.override(language):
            for code, (sentence, remedy) in problems._SENTENCES.items():
                assert str(sentence), code
                assert str(remedy) is not None
    assert csvs.SEPARATORS
