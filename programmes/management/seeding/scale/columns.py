"""What a copied row holds: its own key, its own people's names and numbers, references inside its own copy.

Every value is an expression of SQL over the staged base row `b`, for the copy number `k`, from 1. Keys of copy k lie
`k` strides beyond those of the base, so a reference needs no look-up. Whatever has to differ between rows is drawn from
a hash of the row's number, so that the same numbers give the same data.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, models

from accounts.models import Office, User
from programmes.base.lifecycle.models import CaseEvent
from programmes.journey.demand.models import Authorisation, JobDemand
from programmes.journey.departure.models import Document, Permit, Trip
from programmes.journey.employers.models import Employer
from programmes.journey.enrolment.models import Enrolment, Step, TestResult, Tick
from programmes.journey.people.identity import HouseholdMember, Identity, PersonPhone
from programmes.journey.people.models import Person
from programmes.journey.placement.models import CheckIn
from programmes.management.seeding.market import LONGEST_GAP
from programmes.management.seeding.papers import BETWEEN_PASSPORTS, MOST_PASSPORTS

SCHEMA = "seeding"
# Moments of a copy lie so many seconds after those of the copy before, so that not all have the same ones.
SECONDS_APART = 1.7


@dataclass(frozen=True)
class Staged:
    """A table whose rows are multiplied: the base rows stand in `seeding.<table>`, thinned in `seeding.<table>_few`."""

    model: type[models.Model]
    columns: tuple[str, ...]
    types: dict[str, str]
    first: int
    stride: int
    thinned: bool = False

    @property
    def name(self) -> str:
        """The table's name."""
        return self.model._meta.db_table


@dataclass(frozen=True)
class Copying:
    """How many copies there are, of which tables."""

    copies: int
    tables: dict[type[models.Model], Staged]

    def insert(self, table: Staged, k: int) -> str:
        """The statement that writes copy `k` of a table; copy 0 is the base as it was, but for its running numbers."""
        source = f"{SCHEMA}.{table.name}{'_few' if table.thinned and k else ''}"
        writer = _Writer(self, table, k)
        values = ", ".join(writer.value(column) for column in table.columns)
        names = ", ".join(f'"{column}"' for column in table.columns)
        return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source} b{' '.join(writer.joins)}"


class _Writer:
    """The expressions of one statement, and the joins that they need."""

    def __init__(self, copying: Copying, table: Staged, k: int):
        self.copying, self.table, self.k = copying, table, k
        self.fields = {field.column: field for field in table.model._meta.local_concrete_fields}
        self.joins: list[str] = [""]
        # The row's number among those of all copies, from 0.
        self.n = f"(b.id - {table.first} + {k * table.stride})" if "id" in table.columns else "0"
        if k:
            self.joins += _naming(table.model, self.n)

    def value(self, column: str) -> str:
        field = self.fields.get(column)
        own = self._own(column, field)
        return f'b."{column}"' if own is None else f"({own})::{self.table.types[column]}"

    def _own(self, column: str, field: models.Field | None) -> str | None:
        model = self.table.model
        renumbered = RENUMBERED.get((model, column))
        if renumbered is not None:
            return renumbered.format(k=self.k, copies=self.copying.copies)
        if not self.k or field is None:
            return None
        if (model, column) in OWN:
            people = self.copying.tables[Person]
            return OWN[model, column].format(
                n=self.n, k=self.k, stride=self.table.stride, people=people.stride, first_person=people.first
            )
        if (model, column) == (CaseEvent, "subject_id"):
            return self._subject()
        if field.primary_key:
            return f'b."{column}" + {self.k * self.table.stride}'
        if field.remote_field is not None:
            return self._reference(column, field.remote_field.model)
        if isinstance(field, models.UUIDField) and field.unique:
            return f'{SCHEMA}.public_id(b."{column}", {self.k})'
        if isinstance(field, models.DateTimeField):
            return f"b.\"{column}\" + interval '{self.k * SECONDS_APART:.1f} seconds'"
        if field.unique and isinstance(field, models.CharField):
            return f"b.\"{column}\" || '-{self.k}'"
        return None

    def _reference(self, column: str, target: type[models.Model]) -> str | None:
        if target in self.copying.tables:
            return f'b."{column}" + {self.k * self.copying.tables[target].stride}'
        if target not in {User, Office}:
            return None
        alias = f"m{len(self.joins)}"
        place = f"{SCHEMA}.{'users' if target is User else 'offices'}"
        self.joins.append(f'LEFT JOIN {place} {alias} ON {alias}.k = {self.k} AND {alias}.old = b."{column}"')
        return f'coalesce({alias}.new, b."{column}")'

    def _subject(self) -> str:
        """The diary names its subject by the kind of record and its key."""
        strides = {
            getattr(getattr(model, "MACHINE", None), "name", model._meta.model_name): table.stride
            for model, table in self.copying.tables.items()
        }
        cases = " ".join(f"WHEN '{name}' THEN {self.k * stride}" for name, stride in sorted(strides.items()))
        return f"b.subject_id + CASE b.subject {cases} ELSE 0 END"


def _naming(model: type[models.Model], n: str) -> list[str]:
    """Joins that draw names for the rows of people and households."""
    sex = "CASE WHEN b.sex = 'female' THEN 'female ' ELSE 'male ' END"
    if model is HouseholdMember:
        return _drawing("given", f"{sex} || CASE WHEN b.id % 3 = 0 THEN 'COL' ELSE 'GTM' END", n, 1)
    if model is not Person:
        return []
    country = "CASE WHEN b.subdivision LIKE 'CO%' THEN 'COL' ELSE 'GTM' END"
    family = f"CASE WHEN {_chance(n, '{salt}')} < h.share THEN 'family ' ELSE 'surname ' END || b.subdivision"
    drawn = {
        "given": f"{sex} || {country}",
        "second": f"'second ' || {sex} || {country}",
        "surname1": family.format(salt=21),
        "surname2": family.format(salt=22),
        "other_given": f"'female ' || {country}",
        "other_surname": family.format(salt=23),
    }
    joins = [f"LEFT JOIN {SCHEMA}.homes h ON h.subdivision = b.subdivision"]
    for salt, (name, pool) in enumerate(drawn.items(), start=1):
        joins += _drawing(name, pool, n, salt)
    return joins


def _drawing(name: str, pool: str, n: str, salt: int) -> list[str]:
    """Joins that draw `name.word` from the pool of this name: from its short list or from its long one."""
    common, place = _chance(n, salt * 10 + 100), _chance(n, salt * 10 + 101)
    from_head = f"{common} < {name}_p.common"
    pool_of_word = f"CASE WHEN {from_head} THEN {name}_p.head ELSE {name}_p.tail END"
    place_of_word = f"CASE WHEN {from_head} THEN {name}_p.heads * {place} ^ 1.5 ELSE {name}_p.tails * {place} ^ 1.6 END"
    found = f"{name}.pool = {pool_of_word} AND {name}.place = floor({place_of_word})::int"
    return [
        f"LEFT JOIN {SCHEMA}.pools {name}_p ON {name}_p.name = {pool}",
        f"LEFT JOIN {SCHEMA}.words {name} ON {found}",
    ]


def _chance(n: str, salt: object) -> str:
    """A number from 0 to 1 for the row numbered `n`; another `salt` gives another number."""
    return f"{SCHEMA}.chance({n}, {salt})"


def _digits(salt: int, least: int, most: int) -> str:
    """An expression for a number of those limits, as text."""
    return f"({least} + floor({_chance('{n}', salt)} * {most - least + 1})::bigint)::text"


def _phone(salt: int, colombian: str = "b.subdivision LIKE 'CO%'") -> str:
    return (
        f"CASE WHEN {colombian} THEN '+573' || substr('00011011121314152021', 1 + 2 * floor("
        f"{_chance('{n}', salt + 100)} * 10)::int, 2) || {_digits(salt, 1_000_000, 9_999_999)}"
        f" ELSE '+502' || {_digits(salt, 30_000_000, 59_999_999)} END"
    )


def _unless_empty(column: str, expression: str) -> str:
    return f"CASE WHEN b.{column} = '' THEN '' ELSE {expression} END"


# The number, among those of all copies, of the person a row belongs to.
_PERSON = "(b.person_id - {first_person} + {k} * {people})"
_PASSPORT = f"(b.number::bigint + {{k}} * {{people}} * {MOST_PASSPORTS * BETWEEN_PASSPORTS})::text"


def _national_id(base: str, country: str, n: str) -> str:
    """As names.cui and people._national_id make them; the base number says in which department it was given."""
    return (
        f"CASE WHEN {base} = '' THEN '' WHEN {country} = 'COL' THEN (1005000007 + {n} * 7)::text"
        f" ELSE {SCHEMA}.cui({n} + 1, substr({base}, 10, 2), 1 + floor({_chance(n, 14)} * 5)::int,"
        f" 1 + floor({_chance(n, 15)} * 3)::int) END"
    )


# Running numbers keep the order of registration over all copies, so the base gets new ones too.
RENUMBERED: dict[tuple[type[models.Model], str], str] = {
    (Enrolment, "number"): f"{SCHEMA}.renumbered(b.number, {{copies}}, {{k}}, 5)",
    (JobDemand, "number"): f"{SCHEMA}.renumbered(b.number, {{copies}}, {{k}}, 4)",
    # The diary quotes them.
    (CaseEvent, "data"): (
        "CASE WHEN b.what = 'position_reserved' THEN jsonb_set(b.data, '{{demand}}',"
        f" to_jsonb({SCHEMA}.renumbered(b.data ->> 'demand', {{copies}}, {{k}}, 4)))"
        " WHEN b.what = 'recalled' THEN jsonb_set(b.data, '{{previous}}',"
        f" to_jsonb({SCHEMA}.renumbered(b.data ->> 'previous', {{copies}}, {{k}}, 5))) ELSE b.data END"
    ),
}
# What copies have of their own; `{n}` is the row's number, `{k}` that of the copy.
OWN: dict[tuple[type[models.Model], str], str] = {
    (Person, "given_names"): (
        "given.word || CASE WHEN "
        + _chance("{n}", 11)
        + " < CASE WHEN b.subdivision LIKE 'CO%' THEN 0.7 ELSE 0.55 END THEN ' ' || second.word ELSE '' END"
    ),
    (Person, "first_surname"): "surname1.word",
    (Person, "second_surname"): f"CASE WHEN {_chance('{n}', 12)} < 0.94 THEN surname2.word ELSE '' END",
    # Nobody gets younger than eighteen by it: the base was nineteen and a half when first registered.
    (Person, "birth_date"): (
        f"CASE WHEN b.birth_precision = 'day' THEN b.birth_date + 400 - floor({_chance('{n}', 13)} * 1200)::int"
        f" ELSE b.birth_date - make_interval(years => floor({_chance('{n}', 13)} * 3)::int) END"
    ),
    (Person, "national_id"): _national_id("b.national_id", "b.nationality", "{n}"),
    (Identity, "number"): (
        f"CASE WHEN b.kind = 'national_id' THEN {_national_id('b.number', 'b.country', _PERSON)}"
        f" WHEN b.kind = 'passport' THEN {_PASSPORT} ELSE {_digits(18, 10_000_000, 999_999_999)} END"
    ),
    (PersonPhone, "number"): _phone(16, "b.number LIKE '+57%'"),
    (HouseholdMember, "name"): "given.word || ' ' || regexp_replace(b.name, '^.* ', '')",
    (HouseholdMember, "birth_year"): f"b.birth_year - floor({_chance('{n}', 13)} * 3)::int",
    (Person, "phone"): _unless_empty("phone", _phone(16)),
    (Person, "email"): _unless_empty("email", "'persona' || {n} || '@example.org'"),
    (Person, "emergency_phone"): _unless_empty("emergency_phone", _phone(17)),
    (Person, "emergency_name"): "other_given.word || ' ' || other_surname.word",
    (Document, "number"): _unless_empty(
        "number", f"CASE WHEN b.type = 'passport' THEN {_PASSPORT} ELSE {_digits(18, 10_000_000, 999_999_999)} END"
    ),
    (Permit, "application_number"): _unless_empty(
        "application_number", "'V' || " + _digits(19, 100_000_000, 399_999_999)
    ),
    (Trip, "ticket_number"): _unless_empty(
        "ticket_number", _digits(18, 100, 999) + " || '-' || " + _digits(19, 1_000_000_000, 9_999_999_999)
    ),
    (Employer, "name"): f"{SCHEMA}.farm(b.country, {{n}})",
    (Employer, "registration"): "b.country || '-' || (100200 + {n} * 37)",
    (Employer, "contact_email"): "'granja' || {n} || '@example.org'",
    (Authorisation, "number"): f"(b.number::bigint + {{k}} * {LONGEST_GAP} * {{stride}})",
}


# Of a copied case only so much: all of every diary would be twice as large and tell nothing new.
_RANKED = (
    "SELECT r.*, e.is_open, row_number() OVER (PARTITION BY {group} ORDER BY {order}) AS back"
    " FROM {schema}.{name} r LEFT JOIN programmes_enrolment e ON e.id = r.enrolment_id"
)
_FEW = f"SELECT * FROM ({_RANKED}) r WHERE {{kept}} ORDER BY id"
# What the rows are counted by, from the latest back, and which are kept.
FEWER: dict[type[models.Model], dict[str, str]] = {
    CaseEvent: {
        "group": "r.enrolment_id, r.kind = 'move', r.what IN ('registered', 'recalled')",
        "order": "r.at DESC, r.id DESC",
        "kept": "enrolment_id IS NULL OR back <= 3 OR (kind = 'move' AND is_open)"
        " OR what IN ('registered', 'recalled')",
    },
    CheckIn: {"group": "r.placement_id", "order": 'r."on" DESC, r.id DESC', "kept": "back <= 3"},
    Step: {"group": "r.id", "order": "r.id", "kept": "is_open OR done_at IS NULL"},
    TestResult: {"group": "r.id", "order": "r.id", "kept": "is_open"},
    Tick: {"group": "r.id", "order": "r.id", "kept": "is_open"},
}


def writable(table: str) -> dict[str, str]:
    """The columns of a table with their types, without those that the database computes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        )
        return dict(cursor.fetchall())


def stage(models_: Iterable[type[models.Model]]) -> dict[type[models.Model], Staged]:
    """Copy the rows of these models aside; those without rows are left out."""
    found = {}
    with connection.cursor() as cursor:
        for model in models_:
            name = model._meta.db_table
            cursor.execute(f"SELECT min(id), max(id) FROM {name}")
            first, last = cursor.fetchone()
            if first is None:
                continue
            types = writable(name)
            cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.{name} AS SELECT * FROM {name} ORDER BY id")
            if model in FEWER:
                few = _FEW.format(schema=SCHEMA, name=name, **FEWER[model])
                cursor.execute(f"CREATE UNLOGGED TABLE {SCHEMA}.{name}_few AS {few}")
            found[model] = Staged(model, tuple(types), types, first, last - first + 1, model in FEWER)
    return found
