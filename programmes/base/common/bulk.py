"""Thousands of new rows at once, by COPY: triggers and constraints judge each of them as ever."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

_ENCODER = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))
Row = TypeVar("Row", bound=models.Model)
# Below this number Django's own INSERT is as quick, and one statement less.
WORTH_COPYING = 20


def insert_many(rows: Iterable[Row]) -> list[Row]:
    """Insert new instances of one model and give them their keys; a third of the time of `bulk_create`.

    As with `bulk_create`, `save()` and signals are passed over. Nothing is read back: what the database computes
    (generated columns, versions) is not on the instances.
    """
    found = list(rows)
    if len(found) < WORTH_COPYING:
        if found:
            type(found[0])._base_manager.bulk_create(found)
        return found
    model = type(found[0])
    columns = _columns(model)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, len(found)],
        )
        keys = [key for (key,) in cursor.fetchall()]
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(sql.Identifier(column) for _n, column, _k in columns),
        )
        with cursor.copy(statement) as copy:
            for row, key in zip(found, keys, strict=True):
                row.pk = key
                copy.write_row([_value(row, name, kind) for name, _column, kind in columns])
    for row in found:
        row._state.adding, row._state.db = False, connection.alias
    return found


@cache
def _columns(model: type[models.Model]) -> Sequence[tuple[str, str, str]]:
    found = []
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.GeneratedField):
            continue
        kind = "json" if isinstance(field, models.JSONField) else "text" if isinstance(field, models.CharField) else ""
        found.append((field.attname, str(field.column), kind))
    return tuple(found)


def _value(row: models.Model, name: str, kind: str) -> Any:
    value = getattr(row, name)
    if kind == "json":
        return Jsonb(value, dumps=_ENCODER.encode)
    # A phone is an object of its own, and an empty one is no text yet.
    return value if not kind or value is None or type(value) is str else str(value or "")
