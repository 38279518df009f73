"""What a list can show: columns, each with how it is read, drawn, sorted and written into a file."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Expression, Func, TextField, Value
from django.utils.functional import Promise

from accounts.roles import Permission


@dataclass(frozen=True)
class Column:
    """One column of a list.

    Attributes:
        code: its word in addresses and in what people have chosen.
        label: its heading.
        reads: the values it needs of a row, by the names of the ORM; a name of `adds` is an expression.
        cell: draws the cell of a row (a dict of everything that was read and prepared) as safe HTML.
        text: gives the same as an expression for files, in the language that is spoken: a text, a number or a day.
        typed: the text was typed by people, so a file must not let a spreadsheet run it as a formula.
        sort: the fields a list sorted by it is sorted by, the last one unique; empty when it cannot be.
        needs: the right without which it does not exist for a reader.
        identifies: it tells who a person is: left out of files unless they are asked for with names.
        css: classes of the cell (person, st, num; no: left out on phones).
        fixed: stands first and cannot be left out.
        searched: sorting by it goes through another table, row by row (see reading.py).
        keys_first: an index in its order holds all that decides who sees a row (see keyset).
        ranged_by: a field by which an index is divided, in its order within each value.
    """

    code: str
    label: str | Promise
    reads: tuple[str, ...]
    cell: Callable[[dict], Any]
    text: Callable[[], Any]
    typed: bool = False
    sort: tuple[str, ...] = ()
    needs: Permission | None = None
    identifies: bool = False
    css: str = ""
    fixed: bool = False
    searched: bool = False
    keys_first: bool = False
    ranged_by: str = ""
    adds: Mapping[str, Any] = field(default_factory=dict)

    def is_for(self, user) -> bool:
        """Whether this column exists for a reader."""
        return self.needs is None or user.may(self.needs)

    def order(self, *, downwards: bool = False) -> tuple[str, ...]:
        """The fields to sort by, one way or the other."""
        if not downwards:
            return self.sort
        return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in self.sort)


class Worded(Func):
    """A code as its label in one language; a code without a label as itself. PostgreSQL looks it up, row by row."""

    output_field = TextField()
    template = "COALESCE(%(words)s::jsonb ->> (%(expressions)s)::text, (%(expressions)s)::text)"

    def __init__(self, expression, words: Mapping[str, Any]):
        super().__init__(expression)
        self.words = {str(code): str(label) for code, label in words.items()}

    def as_sql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        words, said = compiler.compile(Value(_json(self.words)))
        return f"COALESCE({words}::jsonb ->> ({inner})::text, ({inner})::text)", [*said, *params, *params]


class WordedList(Worded):
    """A list of codes as their labels, with commas between them."""

    def as_sql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        words, said = compiler.compile(Value(_json(self.words)))
        label = f"COALESCE({words}::jsonb ->> code, code)"
        return f"(SELECT string_agg({label}, ', ') FROM unnest({inner}) AS code)", [*said, *params]  # noqa: S608 -- compiled by Django


class Joined(Func):
    """Texts with a space between those that are not empty."""

    output_field = TextField()

    def as_sql(self, compiler, connection, **context):
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        inner = ", ".join(f"NULLIF({sql}, '')" for sql, _params in parts)
        return f"concat_ws(' ', {inner})", [value for _sql, params in parts for value in params]


# A text that begins with one of these, perhaps after spaces, is run as a formula by common spreadsheet programs.
FORMULA = "=+-@\t\r\n＝＋－＠"


class Inert(Func):
    """A text with an apostrophe in front when a spreadsheet program could run it; others as they are."""

    output_field = TextField()

    def as_sql(self, compiler, connection, **context):
        inner, params = compiler.compile(self.source_expressions[0])
        if "SELECT" in inner:
            # Named once, so that what it looks up is looked up once.
            sql, said = compiler.compile(Value(f"^( *[{FORMULA.replace('-', '')}-])"))
            return f"regexp_replace({inner}, {sql}, '''\\1')", [*params, *said]
        # Three times as quick. The space at the first place stands for an empty text.
        sql, said = compiler.compile(Value(f" {FORMULA}"))
        found = f"strpos({sql}, left(ltrim({inner}, ' '), 1)) > 1"
        return f"CASE WHEN {found} THEN '''' || {inner} ELSE {inner} END", [*said, *params, *params, *params]


def _json(words: Mapping[str, str]) -> str:
    return json.dumps(words, ensure_ascii=False, sort_keys=True)


def expression_of(column: Column, *, inert: bool) -> Expression | Any:
    """What a file holds in this column; for CSV a typed text is made inert, other files know texts as texts."""
    text = column.text()
    return Inert(text) if inert and column.typed else text
