"""Rows on their way into the database: written with COPY, with the columns' defaults filled in.

COPY instead of the ORM: half a million rows in seconds, and every trigger and constraint still judges each of them.
Row history is written by the same triggers, under one context that says where the rows came from.
"""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

BLOCK = 2000
WRITE_AT = 20_000


class Rows:
    """Collects rows by table and writes them, in the order in which the tables were named."""

    def __init__(self, rng: Random, tables: Iterable[type[models.Model]], *, at: datetime):
        self.rng = rng
        self.counts: dict[str, int] = {}
        self._tables = {model: _Table(model, at) for model in tables}
        self._waiting = 0

    def add(self, model: type[models.Model], **values: Any) -> int:
        """Add a row by column names (`person_id`, not `person`); return its key."""
        table = self._tables[model]
        row = {**table.defaults, **values}
        if "public_id" in row and row["public_id"] is None:
            row["public_id"] = f"{self.rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62:032x}"
        if table.has_key:
            row["id"] = values.get("id") or table.next_key()
        if len(row) != len(table.columns):
            raise ValueError(f"{model.__name__} has no column {sorted(set(row) - set(table.columns))}")
        table.rows.append([Jsonb(row[c]) if c in table.json else row[c] for c in table.columns])
        self._waiting += 1
        if self._waiting >= WRITE_AT:
            self.write()
        return row.get("id", 0)

    def key(self, model: type[models.Model]) -> int:
        """Reserve the key of a row that is added later."""
        return self._tables[model].next_key()

    def open_context(self, **facts: Any) -> None:
        """Set, until the end of the transaction, what row history notes as the origin of the rows.

        Without these settings the triggers of pghistory and pgtrigger raise and catch two exceptions for each row, and
        so many aborted subtransactions slow a transaction down with every row (measured: 1 ms a row and rising). The
        context manager of pghistory cannot be used: it puts a statement before each other one, which breaks COPY.
        """
        key = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('pgtrigger.ignore', '{}', true), set_config('pghistory.context_id', %s, true),"
                " set_config('pghistory.context_metadata', %s, true)",
                [key, json.dumps(facts)],
            )

    def write(self) -> None:
        """Write all that waits. Foreign keys are judged at the end of the transaction, triggers at once."""
        for model, table in self._tables.items():
            self.counts[model.__name__] = self.counts.get(model.__name__, 0) + len(table.rows)
            table.write()
        self._waiting = 0


class _Table:
    """One table: its columns, their defaults, its reserved keys, its waiting rows."""

    def __init__(self, model: type[models.Model], at: datetime):
        fields = [f for f in model._meta.local_concrete_fields if not isinstance(f, models.GeneratedField)]
        self.name = model._meta.db_table
        self.columns = [f.attname for f in fields]
        self.json = {f.attname for f in fields if isinstance(f, models.JSONField)}
        self.has_key = isinstance(model._meta.pk, models.AutoField | models.BigAutoField)
        self.defaults = {f.attname: _default(f, at) for f in fields if not f.primary_key or not self.has_key}
        self.rows: list[list[Any]] = []
        self._keys: list[int] = []

    def next_key(self) -> int:
        if not self._keys:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [self.name, BLOCK]
                )
                self._keys = [key for (key,) in reversed(cursor.fetchall())]
        return self._keys.pop()

    def write(self) -> None:
        if not self.rows:
            return
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.name), sql.SQL(", ").join(map(sql.Identifier, self.columns))
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in self.rows:
                copy.write_row(row)
        self.rows = []


def _default(field: models.Field, at: datetime) -> Any:
    """What the column holds when nothing is said. The public identifier is drawn per row."""
    if field.name == "public_id":
        return None
    if isinstance(field, models.DateTimeField):
        return None if field.null else at
    value = field.get_default()
    return value if value is not None or field.null else ""
