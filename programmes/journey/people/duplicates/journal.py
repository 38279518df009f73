"""Rows as they were and as they became: written by a merge, read when it is undone.

A row's image is the text that PostgreSQL gives for `to_jsonb(row)`: exact for every type, compared as it stands, and
turned back into columns by `jsonb_populate_record`. Nothing here knows what the tables mean.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal

from django.apps import apps
from django.db import connection, models


@dataclass(frozen=True)
class Row:
    """One row that a merge touched. `before` is None for a row that the merge wrote."""

    model: str
    pk: int
    before: str | None
    after: str

    def as_data(self) -> dict:
        """For the journal."""
        return asdict(self)

    @property
    def table(self) -> str:
        """The table of the row."""
        return self._meta.db_table

    @property
    def _meta(self):
        return apps.get_model(self.model)._meta

    @property
    def key(self) -> str:
        """The column of the primary key."""
        return self._meta.pk.column

    def touched(self) -> list[str]:
        """Columns that the merge changed."""
        return differing(self.before or "{}", self.after)


def differing(one: str, other: str) -> list[str]:
    """Names of the columns in which two images differ."""
    first, second = (json.loads(image, parse_float=Decimal) for image in (one, other))
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def images(model: type[models.Model], condition: str, values: list, *, lock: bool = False) -> dict[int, str]:
    """The rows of a table under a condition, as text by primary key."""
    meta = model._meta
    order = f"ORDER BY t.{meta.pk.column}" + (" FOR NO KEY UPDATE OF t" if lock else "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.{meta.pk.column}, to_jsonb(t)::text FROM {meta.db_table} t WHERE {condition} {order}",  # noqa: S608 names of our own tables
            values,
        )
        return dict(cursor.fetchall())


def image(model: type[models.Model], pk: int) -> str | None:
    """One row as it stands, or None when it is gone."""
    return images(model, f"t.{model._meta.pk.column} = %s", [pk]).get(pk)


def restore(row: Row, columns: list[str]) -> None:
    """Write the named columns of a row back as they were."""
    stored = {field.column for field in row._meta.local_concrete_fields if not field.generated}
    names = ", ".join(f'"{name}"' for name in columns if name in stored)
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {row.table} SET ({names}) = "  # noqa: S608 -- names of our own tables
            f"(SELECT {names} FROM jsonb_populate_record(NULL::{row.table}, %s::jsonb)) WHERE {row.key} = %s",
            [row.before, row.pk],
        )


@contextmanager
def noting(rows: list[Row], model: type[models.Model], condition: str, values: list) -> Iterator[None]:
    """Note what this block does to the rows of a table under a condition: those it writes and those it changes."""
    before = images(model, condition, values)
    yield
    after = images(model, condition, values)
    label = model._meta.label_lower
    rows += [Row(label, pk, before.get(pk), now) for pk, now in after.items() if before.get(pk) != now]


def one_each(rows: list[Row]) -> list[Row]:
    """One entry for each row, from what it was at first to what it became at last, in the order of the first."""
    found: dict[tuple[str, int], Row] = {}
    for row in rows:
        first = found.setdefault((row.model, row.pk), row)
        found[row.model, row.pk] = Row(row.model, row.pk, first.before, row.after)
    return list(found.values())
