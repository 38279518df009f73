"""What is wrong with a row, kept as a code with facts and said in the reader's language when somebody reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, override

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
        return text % {name: gettext(fact) if isinstance(fact, str) and fact else fact for name, fact in facts.items()}
    except (KeyError, TypeError, ValueError):
        # A sentence that was changed since must not hide the row it is about.
        return text


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
        "no_right": (
            gettext_lazy("Whoever asked for this no longer has the right to do it in this office."),
            gettext_lazy("Somebody with the right can upload it again."),
        ),
    }
)
