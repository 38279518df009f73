"""Indexes and constraints of tables that are filled anew: put away before, built again by several connections."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

CONNECTIONS = 2
_FOREIGN = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
ORDER BY 1, 2
"""
_OWN = """
SELECT c.conrelid::regclass::text, quote_ident(c.conname), c.contype::text, pg_get_constraintdef(c.oid),
    pg_get_indexdef(c.conindid) FROM pg_constraint c
WHERE c.contype IN ('p', 'u', 'x') AND c.conrelid = ANY(%(tables)s::regclass[]) ORDER BY 1, 2
"""
_INDEXES = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%(tables)s::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY 1, 2
"""
_KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE"}


@dataclass(frozen=True)
class Structure:
    """What was put away, as the statements that bring it back; the order of the fields is that of building.

    `indexes` and `exclusions` hold (table, statement), `keys` turn built indexes into keys, `foreign_keys` are added
    without a look at the rows and judged last, by `checks`.
    """

    indexes: list[tuple[str, str]]
    keys: list[str]
    exclusions: list[tuple[str, str]]
    foreign_keys: list[str]
    checks: list[tuple[str, str]]


def connect() -> psycopg.Connection:
    """Another connection to the same database, each statement of which is its own transaction."""
    values = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    found = psycopg.connect(**{name: values[name] for name in names if values.get(name)}, autocommit=True)
    found.execute("SET synchronous_commit = off")
    found.execute("SET maintenance_work_mem = '512MB'")
    found.execute("SET work_mem = '256MB'")
    found.execute("SET max_parallel_maintenance_workers = 0")
    found.execute("SET max_parallel_workers_per_gather = 0")
    return found


def put_away(tables: Iterable[str]) -> Structure:
    """Drop indexes, keys and foreign keys of `tables`, and the foreign keys that lead to them; say what they were.

    Check constraints and NOT NULL stay: they judge a row while it is written, at no price worth saving.
    """
    with connect() as server:
        names = {"tables": list(tables)}
        foreign = server.execute(_FOREIGN, names).fetchall()
        own = server.execute(_OWN, names).fetchall()
        indexes = server.execute(_INDEXES, names).fetchall()
        for table, name, _definition in foreign:
            server.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table, name, *_rest in own:
            server.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for _table, name, _definition in indexes:
            server.execute(f"DROP INDEX {name}")
    checks: dict[str, list[str]] = {}
    for table, name, _definition in foreign:
        checks.setdefault(table, []).append(f"VALIDATE CONSTRAINT {name}")
    return Structure(
        indexes=[(table, index) for table, _name, kind, _definition, index in own if kind != "x"]
        + [(table, definition) for table, _name, definition in indexes],
        keys=[
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {_KINDS[kind]} USING INDEX {name}{_deferring(definition)}"
            for table, name, kind, definition, _index in own
            if kind != "x"
        ],
        exclusions=[
            (table, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            for table, name, kind, definition, _index in own
            if kind == "x"
        ],
        foreign_keys=[
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID" for table, name, definition in foreign
        ],
        checks=[(table, f"ALTER TABLE {table} {', '.join(words)}") for table, words in checks.items()],
    )


def _deferring(definition: str) -> str:
    at = definition.find(" DEFERRABLE")
    return definition[at:] if at >= 0 else ""


def bring_back(structure: Structure) -> None:
    """Build and judge all that was put away, then tell the planner what the tables hold."""
    side_by_side(_statements(structure.indexes))
    with connect() as server:
        for statement in structure.keys:
            server.execute(statement)
    side_by_side(_statements(structure.exclusions))
    with connect() as server:
        for statement in structure.foreign_keys:
            server.execute(statement)
    side_by_side(_statements(structure.checks))


def _statements(found: list[tuple[str, str]]) -> list[Callable[[psycopg.Connection], Any]]:
    """The statements as deeds, those of the largest tables first, so that both connections end at the same time."""
    with connect() as server:
        size = {
            table: server.execute("SELECT pg_relation_size(%s::regclass)", [table]).fetchone()[0]
            for table in {table for table, _statement in found}
        }
    largest_first = sorted(found, key=lambda pair: -size[pair[0]])
    return [lambda server, words=statement: server.execute(words) for _table, statement in largest_first]


def side_by_side(deeds: Iterable[Callable[[psycopg.Connection], Any]]) -> list[Any]:
    """Do the deeds in this order, `CONNECTIONS` at a time, each connection taking the next one when it is free."""
    waiting = iter(list(enumerate(deeds)))
    results: dict[int, Any] = {}

    def work() -> None:
        with connect() as server:
            for place, deed in waiting:
                results[place] = deed(server)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for done in [pool.submit(work) for _ in range(CONNECTIONS)]:
            done.result()
    return [results[place] for place in sorted(results)]
