"""A base population multiplied inside PostgreSQL, until there are as many people as were asked for."""

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

import psycopg
from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from programmes.base.common.errors import RuleBroken
from programmes.journey.demand.models import JobDemand
from programmes.journey.employers.models import Employer
from programmes.journey.enrolment.models import CaseNumber, Enrolment
from programmes.journey.people import dictionary
from programmes.journey.people.models import Person
from programmes.management.seeding import names, seed
from programmes.management.seeding.scale import structure, words
from programmes.management.seeding.scale.columns import SCHEMA, Copying, Staged, stage, writable
from programmes.management.seeding.scale.places import Places, make_places

BASE_PEOPLE = 10_000
# More come back than in small data, so that there are three cases to two people.
SHARE_RECALLED = 0.55
# Whose row history is kept for every copy; the others' history ends with the base.
WITH_HISTORY = (Person, Enrolment, JobDemand)
Say = Callable[[str], object]


def generate(
    *, people: int, seed_number: int, today: date, base: int = BASE_PEOPLE, say: Say = lambda words: None
) -> dict[str, int]:
    """Fill a database without people with `people` workers; returns the number of rows by table.

    The detailed generator makes `people / copies` of them, about `base`; the copies are made inside PostgreSQL with
    triggers off and without indexes, which are built at the end. Not one transaction: when it is interrupted, the
    database is of no use. The same numbers and day give the same content.
    """
    if Person.objects.exists():
        raise RuleBroken("So many people can only be added to a database without people.")
    copies = max(1, people // base)
    with transaction.atomic():
        made = seed.lay_out(people=people // copies, seed=seed_number, today=today, recalled=SHARE_RECALLED)
    say(f"{people // copies} people in detail")
    rng = Random(f"{people}:{seed_number}:{today.isoformat()}")  # noqa: S311 demo data, nothing secret
    counts = made.counts | multiply(rng, copies, make_places(rng, made.staff, copies=copies, today=today), say)
    with transaction.atomic():
        if rest := people - people // copies * copies:
            more = seed.lay_out(people=rest, seed=seed_number, today=today, recalled=SHARE_RECALLED)
            counts = {name: count + more.counts.get(name, 0) for name, count in counts.items()}
    with transaction.atomic():
        seed.finish(made, today)
    say("reports")
    return counts


def multiply(rng: Random, copies: int, places: Places, say: Say) -> dict[str, int]:
    """Fill every table that leads to people or employers with `copies` times its rows; returns how many there are."""
    prepare(rng, places)
    copying = Copying(copies, stage(followers(Person, Employer)))
    tables = list(copying.tables.values())
    events = [model for model in apps.get_models() if getattr(model, "pgh_tracked_model", None) in WITH_HISTORY]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_context_id FROM programmes_personevent LIMIT 1")
        (context,) = cursor.fetchone()
    away = structure.put_away([table.name for table in tables] + [event._meta.db_table for event in events])
    say("base rows aside")
    largest_first = sorted(tables, key=_staged_bytes, reverse=True)
    filled = structure.side_by_side([_filling(copying, table) for table in largest_first])
    counts = {table.model.__name__: count for table, count in zip(largest_first, filled, strict=True)}
    structure.side_by_side([_remembering(event, context) for event in events])
    say(f"{sum(filled)} rows")
    structure.bring_back(away)
    say("indexes and constraints")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {table.name}", [table.name])
        cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    for number in CaseNumber.objects.all():
        number.last *= copies
        number.save(update_fields=["last"])
    structure.side_by_side([_vacuum(table.name) for table in largest_first])
    structure.side_by_side([_vacuum(event._meta.db_table) for event in events])
    # Its trigger was off.
    dictionary.learn()
    say("figures for the planner")
    return counts


def followers(*roots: type[models.Model]) -> Iterator[type[models.Model]]:
    """The roots and every model that leads to one of them by foreign keys; what row history keeps is left out."""
    found = set(roots)
    everything = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and not hasattr(model, "pgh_tracked_model")
    ]
    while True:
        more = {
            model
            for model in everything
            if model not in found and any(f.related_model in found for f in model._meta.local_concrete_fields)
        }
        if not more:
            return iter([model for model in everything if model in found])
        found |= more


def _staged_bytes(table: Staged) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass)", [f"{SCHEMA}.{table.name}"])
        return cursor.fetchone()[0]


def _filling(copying: Copying, table: Staged) -> Callable[[psycopg.Connection], int]:
    """Empty the table and write every copy; what a transaction has emptied it may fill without a log (wal_level)."""

    def fill(server: psycopg.Connection) -> int:
        with server.transaction():
            server.execute(f"TRUNCATE {table.name}")
            server.execute(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
            count = sum(server.execute(copying.insert(table, k)).rowcount for k in range(copying.copies))
            server.execute(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")
        return count

    return fill


def _remembering(event: type[models.Model], context: object) -> Callable[[psycopg.Connection], object]:
    """Write the row history of a table anew: that each row was inserted when it was made."""
    table, tracked = event._meta.db_table, event.pgh_tracked_model._meta.db_table
    own = {"pgh_created_at": "created_at", "pgh_label": "'insert'", "pgh_obj_id": "id", "pgh_context_id": "%s"}
    columns = [column for column in writable(table) if column not in {*own, "pgh_id"}]
    names = ", ".join([*own, *(f'"{column}"' for column in columns)])
    values = ", ".join([*own.values(), *(f'"{column}"' for column in columns)])

    def remember(server: psycopg.Connection) -> None:
        with server.transaction():
            server.execute(f"TRUNCATE {table}")
            server.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {tracked}", [context])

    return remember


def _vacuum(table: str) -> Callable[[psycopg.Connection], object]:
    return lambda server: server.execute(f"VACUUM (FREEZE, ANALYZE) {table}")


# --- What the statements look up ------------------------------------------------------------------------------------

_FUNCTIONS = """
CREATE FUNCTION {schema}.chance(n bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT (hashint8extended(n, salt + {number}) & 9007199254740991)::float8 / 9007199254740992 $$;
CREATE FUNCTION {schema}.public_id(base uuid, k int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT overlay(overlay(md5(base::text || k) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid $$;
CREATE FUNCTION {schema}.counted(n int, width int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT lpad(n::text, greatest(width, length(n::text)), '0') $$;
CREATE FUNCTION {schema}.renumbered(number text, copies int, k int, width int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT split_part(number, '-', 1) || '-' || split_part(number, '-', 2) || '-'
    || {schema}.counted((split_part(number, '-', 3)::int - 1) * copies + k + 1, width) $$;
-- names.cui in SQL: of two numbers that differ in their first digit alone at most one has a check of ten.
CREATE FUNCTION {schema}.cui(serial bigint, department text, municipality int, first int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT f || lpad(serial::text, 7, '0') || (f * 2 + weight) % 11 || department || lpad(municipality::text, 2, '0')
  FROM (SELECT sum(substr(lpad(serial::text, 7, '0'), place, 1)::int * (place + 2)) AS weight
        FROM generate_series(1, 7) place) weights, (VALUES (first), (first % 3 + 1)) firsts(f)
  WHERE (f * 2 + weight) % 11 < 10 LIMIT 1 $$;
CREATE FUNCTION {schema}.farm(country text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT kinds[1 + n % array_length(kinds, 1)] || ' '
    || families[1 + n / array_length(kinds, 1) % array_length(families, 1)]
    || CASE WHEN n < array_length(kinds, 1) * array_length(families, 1) THEN ''
       ELSE ' ' || (1 + n / (array_length(kinds, 1) * array_length(families, 1))) END
  FROM (SELECT {kinds_can}::text[] AS kinds, {families_can}::text[] AS families WHERE country = 'CAN'
    UNION ALL SELECT {kinds_esp}::text[], {families_esp}::text[] WHERE country <> 'CAN') lists $$;
CREATE UNLOGGED TABLE {schema}.offices (k int, old bigint, new bigint);
CREATE UNLOGGED TABLE {schema}.users (k int, old bigint, new bigint);
CREATE UNLOGGED TABLE {schema}.homes (subdivision text, share float8);
CREATE UNLOGGED TABLE {schema}.pools (name text, common float8, head int, heads int, tail int, tails int);
CREATE UNLOGGED TABLE {schema}.words (pool int, place int, word text, PRIMARY KEY (pool, place));
"""


def prepare(rng: Random, places: Places) -> None:
    """Make the schema with all that the statements look up: functions, names, who stands for whom in which copy."""
    pools, tails = words.pools(), words.tails(rng)
    lists: list[tuple[str, ...] | list[str]] = [pool.head for pool in pools.values()]
    at = {name: len(lists) + place for place, name in enumerate(tails)}
    lists += tails.values()
    rows: dict[str, list[tuple]] = {
        "offices": places.offices,
        "users": places.users,
        "homes": sorted({(p.subdivision, p.share_of_families) for h in names.HOMES.values() for p, _weight in h}),
        "pools": [
            (name, pool.common, place, len(pool.head), at[pool.tail], len(tails[pool.tail]))
            for place, (name, pool) in enumerate(pools.items())
        ],
        "words": [(pool, place, word) for pool, listed in enumerate(lists) for place, word in enumerate(listed)],
    }
    farms = {name: sql.Literal(list(listed)) for name, listed in words.FARMS.items()}
    functions = sql.SQL(_FUNCTIONS).format(schema=sql.Identifier(SCHEMA), number=rng.getrandbits(40), **farms)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(functions)
        for table, lines in rows.items():
            with cursor.copy(f"COPY {SCHEMA}.{table} FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
            cursor.execute(f"ANALYZE {SCHEMA}.{table}")
