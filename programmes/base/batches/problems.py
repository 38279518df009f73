"""What is wrong with a row, kept as a code with facts and said in the reader's language when somebody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, override

from programmes.base.common import wording
from programmes.base.common.errors import RuleBroken, in_words

LONGEST_VALUE = 80
_SENTENCES: dict[str, tuple[str | Promise, str | Promise]] = {}
# A sentence that was said by a form or a rule is kept in the source language and translated when it is read.
SAID = "said"


class Unreadable(Exception):
    """A file cannot be read at all; `code` and `facts` say why, in words registered here."""

    def __init__(self, code: str, **facts: Any):
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Said:
    """One problem in the reader's language: which column, the value as it stood there, what is wrong, what to do."""

    column: str
    value: str
    sentence: str
    remedy: str
    warning: bool


def register(sentences: Mapping[str, tuple[str | Promise, str | Promise]]) -> None:
    """Add sentences: code → (what is wrong, what to do), lazy texts with `%(name)s` for the problem's facts."""
    _SENTENCES.update(sentences)


def problem(code: str, *, column: str = "", value: Any = "", warning: bool = False, **facts: Any) -> dict:
    """A problem as it is kept with its row; `value` is shortened, `facts` are what the sentence quotes."""
    kept: dict[str, Any] = {"code": code}
    if column:
        kept["column"] = column
    if value not in (None, ""):
        kept["value"] = shortened(str(value))
    if warning:
        kept["warning"] = True
    if facts:
        kept["facts"] = facts
    return kept


def shortened(value: str) -> str:
    """The value as it can be shown in a line; what cannot be stored is shown as a box."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in value[: LONGEST_VALUE + 1])
    return clean if len(clean) <= LONGEST_VALUE else clean[: LONGEST_VALUE - 1] + "…"


def from_refusal(error: ValidationError, *, column: str = "", value: Any = "") -> dict:
    """The problem that a form field's refusal stands for: by its code where we have a better sentence, else as said.

    Call it while the source language is active, so that what is kept can be translated later.
    """
    code = f"field_{error.code}" if error.code else ""
    facts = {name: _plain(fact) for name, fact in (error.params or {}).items() if name != "value"}
    if code in _SENTENCES:
        return problem(code, column=column, value=value, **facts)
    return problem(SAID, column=column, value=value, text=str(error.message), **facts)


def _plain(fact: Any) -> Any:
    return fact if isinstance(fact, str | int | float | bool) or fact is None else str(fact)


def from_error(error: Exception) -> dict | None:
    """The problem that a broken rule or a refusal of the database stands for; None when it is an error of ours."""
    with override(None):
        broken = error if isinstance(error, RuleBroken) else None
        if broken is None and isinstance(error, DatabaseError):
            broken = in_words(error)
    if broken is None:
        return None
    return problem(SAID, column=broken.field or "", text=broken.message)


def say(kept: Mapping[str, Any], columns: Mapping[str, Any]) -> Said:
    """One kept problem in the reader's language; `columns` names the columns of the kind."""
    facts = dict(kept.get("facts", {}))
    code = kept.get("code", "")
    if code == SAID:
        sentence, remedy = gettext(facts.pop("text", "")), ""
    else:
        texts = _SENTENCES.get(code, (code.replace("_", " "), ""))
        sentence, remedy = str(texts[0]), str(texts[1])
    return Said(
        column=str(columns.get(kept.get("column", ""), kept.get("column", ""))),
        value=kept.get("value", ""),
        sentence=_filled(sentence, facts),
        remedy=_filled(remedy, facts),
        warning=bool(kept.get("warning")),
    )


def _filled(text: str, facts: dict) -> str:
    if "%" not in text:
        return text
    try:
        return text % {name: _shown(fact) for name, fact in facts.items()}
    except (KeyError, TypeError, ValueError):
        # A sentence that was changed since must not hide the row it is about.
        return text


def _shown(fact: Any) -> Any:
    """A fact in a sentence: a word in the reader's language, a number that is no year with its separators."""
    if isinstance(fact, str) and fact:
        return gettext(fact)
    return wording.number(fact) if isinstance(fact, int) and fact >= 10_000 else fact


register(
    {
        "unexpected": (
            gettext_lazy("This row could not be carried out because of an error of the system."),
            gettext_lazy("Nothing of it was saved. Tell your administrator, then try it again."),
        ),
        "unseen": (
            gettext_lazy("You have no right to change this record, or it no longer exists."),
            gettext_lazy("Ask a colleague of its office."),
        ),
        "changed_since": (
            gettext_lazy("It was changed after this batch."),
            gettext_lazy("Put it right by hand on its own page, if that is still needed."),
        ),
        "worked_on": (
            gettext_lazy("Somebody has worked on it since."),
            gettext_lazy("Look at its history and decide there."),
        ),
        "used_elsewhere": (
            gettext_lazy("Other records refer to it by now."),
            gettext_lazy("Look at its page and decide there."),
        ),
        "not_undoable": (
            gettext_lazy("This kind of work cannot be undone."),
            "",
        ),
        "left_out": (gettext_lazy("Left out by decision."), ""),
        "undecided": (
            gettext_lazy("Nobody decided this row before the batch was started."),
            gettext_lazy("Download the rows that were not carried out and send them again."),
        ),
        "ended_early": (gettext_lazy("The batch was ended before its turn came."), ""),
        "unknown_kind": (gettext_lazy("This kind of work is no longer offered."), ""),
        "stopped": (
            gettext_lazy("It stopped because of an error of the system. What was done is done, nothing is half done."),
            gettext_lazy("Tell your administrator; then let it go on."),
        ),
        "file_gone": (
            gettext_lazy("The uploaded file is no longer in its place."),
            gettext_lazy("Tell your administrator, or cancel this and upload the file again."),
        ),
        "no_right": (
            gettext_lazy("Whoever asked for this no longer has the right to do it in this office."),
            gettext_lazy("Somebody with the right can upload it again."),
        ),
    }
)

# What is said about files and cells (sheets/), and about fields of forms by the code of their refusal.
_T = gettext_lazy
register(
    {
        "file_empty": (_T("The file is empty."), _T("Choose a file with a header and at least one row.")),
        "file_no_rows": (
            _T("No row was found below the header."),
            _T("Check that you chose the right file and sheet."),
        ),
        "file_damaged": (
            _T("The file is damaged or is no real workbook."),
            _T("Open it in your spreadsheet program, save it again as XLSX and send that."),
        ),
        "file_password": (
            _T("The file is protected by a password."),
            _T("Save it without a password and send it again; it travels encrypted in any case."),
        ),
        "file_xls": (
            _T("This is a workbook of the old kind (XLS)."),
            _T("Open it and save it as XLSX or CSV."),
        ),
        "file_xlsb": (_T("This is a binary workbook (XLSB)."), _T("Open it and save it as XLSX or CSV.")),
        "file_ods": (_T("This is an OpenDocument sheet (ODS)."), _T("Open it and save it as XLSX or CSV.")),
        "file_macros": (
            _T("The workbook contains macros, which are programs."),
            _T("Save it as XLSX, the kind without macros, and send that."),
        ),
        "file_other_type": (
            _T("This is no sheet but a file of the type %(type)s, whatever its name says."),
            _T("Send a workbook (XLSX) or a CSV file."),
        ),
        "file_bomb": (
            _T("The file is packed in a way that no spreadsheet program packs; it was not opened."),
            _T("Open it in your spreadsheet program, save it again as XLSX and send that."),
        ),
        "file_too_large": (
            _T("The file has %(size)s MB; %(limit)s MB fit."),
            _T("Divide it into several files."),
        ),
        "file_too_long": (
            _T("The sheet has more than %(rows)s rows."),
            _T("Divide it into several files."),
        ),
        "file_too_wide": (
            _T("The sheet has more than %(columns)s columns."),
            _T("Remove the columns that are not needed."),
        ),
        "file_merged": (
            _T("Merged cells reach over the whole sheet."),
            _T("Undo the merging and send the file again."),
        ),
        "csv_undecodable": (
            _T("Line %(line)s holds the byte %(byte)s, which is no letter in the encoding of the rest."),
            _T("Save the file as CSV UTF-8 and send it again."),
        ),
        "csv_quote": (
            _T("In line %(line)s a quotation mark is opened and not closed properly."),
            _T("Correct that line; everything behind it cannot be read before."),
        ),
        "row_merged": (
            _T("The row has merged cells, so nobody can tell what belongs to it."),
            _T("Undo the merging and fill in each row."),
        ),
        "row_longer": (
            _T("The row has %(cells)s cells and the header %(header)s."),
            _T("A separator inside a text may have cut it: put that text between quotation marks."),
        ),
        "row_shorter": (
            _T("The row has only %(cells)s cells and the header %(header)s."),
            _T("A line break inside a text may have cut it: put that text between quotation marks."),
        ),
        "cell_error": (_T("The spreadsheet program put an error here."), _T("Type the value instead of the formula.")),
        "cell_formula": (
            _T("Here stands a formula whose value was not saved."),
            _T("Open the file in your spreadsheet program and save it, or type the value."),
        ),
        "cell_long": (_T("This text has %(length)s characters."), _T("Shorten it.")),
        "cell_no_day": (_T("This number is no day of the calendar."), _T("Type the day, for example 27/03/1994.")),
        "date_unreadable": (
            _T("This cannot be read as a day."),
            _T("Write day, month and year, for example 27/03/1994 or 1994-03-27."),
        ),
        "date_other_style": (
            _T("This day does not fit the order of day and month that was chosen for the file."),
            _T("Write it in that order, or as 1994-03-27, which has only one reading."),
        ),
        "date_short_year": (
            _T("The year has only two figures."),
            _T("Write four figures, or say on the page of columns that years have two."),
        ),
        "id_figures_lost": (
            _T("The spreadsheet program kept only fifteen figures of this number; the last ones are lost."),
            _T("Format the column as text, type the number again and send the row."),
        ),
        "id_shortened": (
            _T("The spreadsheet program shortened this number."),
            _T("Format the column as text, type the number again and send the row."),
        ),
        "id_zeros_lost": (
            _T("This number came as a number, so zeros at its beginning may be lost."),
            _T("Compare it with the document."),
        ),
        "id_check": (_T("The check of this number fails."), _T("Compare it with the document.")),
        "word_unknown": (
            _T("This word is not in the list."),
            _T("Use a word or code of the list in the template. The nearest is: %(nearest)s."),
        ),
        "word_unknown_alone": (
            _T("This word is not in the list."),
            _T("Use a word or code of the list in the template."),
        ),
        "field_required": (_T("This cell must not be empty."), _T("Fill it in and send the row again.")),
        "field_max_length": (
            _T("This text has %(show_value)s characters; %(limit_value)s fit."),
            _T("Shorten it."),
        ),
        "field_invalid_choice": (_T("This value is not in the list."), _T("Use a value of the list in the template.")),
        "field_control": (
            _T("Character %(place)s cannot be stored (control character)."),
            _T("Type the text again instead of copying it."),
        ),
    }
)
