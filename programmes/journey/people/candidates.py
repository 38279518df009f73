"""What the database offers to a search: people inside the reader's scope whom a name, a number or a date may mean.

SQL by hand, because a search asks up to four times within the same scope: compiled once, it is used in each of them.
Every statement finds by an index first (words of names, ends of phones, numbers, dates of birth) and judges the scope
of what it found. docs/performance.md has the times.
"""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from programmes.journey.people.asked import Asked
from programmes.journey.people.dictionary import WordMatch
from programmes.journey.people.models import Person
from programmes.journey.people.ranking import Known, Words

# Of the people whom all words fit the database looks at so many, and hands so many on for a close look. Only a name
# that thousands bear reaches the first number; the answer then says that a word more is needed.
MOST_LOOKED_AT = 1500
MOST_SCORED = 200
_COLUMNS = (
    "id", "given_names", "first_surname", "second_surname", "married_name", "native_name", "aliases", "name_tokens",
    "birth_date", "birth_precision",
)  # fmt: skip

# A condition on programmes_person and its parameters.
Condition = tuple[str, list]

_IS_IN = "id IN (SELECT person_id FROM {table} WHERE {condition})"
_NUMBERS: dict[str, tuple[str, ...]] = {
    "cases": (_IS_IN.format(table="programmes_enrolment", condition="number = ANY(%s::text[])"),),
    # Few beginnings of numbers (country and year) have been given; the number itself is then found by its index.
    "endings": (
        _IS_IN.format(
            table="programmes_enrolment",
            condition="number IN (SELECT prefix || substr(ending, 5)"
            " FROM programmes_casenumber, unnest(%s::text[]) ending"
            " WHERE split_part(prefix, '-', 2) = left(ending, 4))",
        ),
    ),
    "numbers": (
        "national_id = ANY(%s::text[]) AND NOT national_id = ''",
        _IS_IN.format(table="programmes_identity", condition="number_key = ANY(%s::text[])"),
        _IS_IN.format(table="programmes_document", condition="number = ANY(%s::text[]) AND NOT number = ''"),
    ),
    "phones": (
        "reverse(phone) LIKE %s AND NOT phone = ''",
        _IS_IN.format(table="programmes_personphone", condition="reverse(number) LIKE %s"),
    ),
}
_CODES = {"cases": "case", "endings": "case", "numbers": "document", "phones": "phone"}


class Candidates:
    """The people whom `user` may see, as a place to look people up in. Costs nothing until it is asked."""

    def __init__(self, user):
        people = Person.objects.visible_to(user, one_by_one=True).order_by().values_list(*_COLUMNS)
        try:
            self._sql, self._scope = people.query.sql_with_params()
        except EmptyResultSet:
            self._sql = ""

    def by_number(self, asked: Asked) -> list[tuple[int, str]]:
        """Who has one of the numbers, with what it is: "case", "document", "phone", "born". One statement."""
        branches: list[tuple[str, str, list[Any]]] = []
        for kind, conditions in _NUMBERS.items():
            values = list(getattr(asked, kind))
            if kind == "phones":
                branches += [("phone", one, [f"{digits[::-1]}%"]) for digits in values for one in conditions]
            elif values:
                branches += [(_CODES[kind], one, [values]) for one in conditions]
        if asked.days and not asked.words:
            branches.append(("born", "birth_date = ANY(%s::date[])", [list(asked.days)]))
        if not branches or not self._sql:
            return []
        parts = [
            f"(SELECT id, '{code}' FROM ({self._sql} AND {one} LIMIT %s) one)"  # noqa: S608 -- values are parameters
            for code, one, _values in branches
        ]
        params = [each for _c, _o, values in branches for each in (*self._scope, *values, MOST_SCORED)]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            return cursor.fetchall()

    def by_name(self, condition: Condition, words: Words) -> list[Known]:
        """Whom the condition fits; of too many those with most words as typed and fewest others. One statement."""
        if not self._sql:
            return []
        sql, params = condition
        typed = [match.word for match in (*words.heavy, *words.light)]
        exact = " + ".join(["(name_tokens @> ARRAY[%s::text])::int"] * len(typed))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT * FROM ({self._sql} AND ({sql}) LIMIT %s) fits"  # noqa: S608 -- values are parameters
                f" ORDER BY {exact} DESC, cardinality(name_tokens), id LIMIT %s",
                [*self._scope, *params, MOST_LOOKED_AT, *typed, MOST_SCORED],
            )
            rows = cursor.fetchall()
        return [
            Known(
                pk, given, first, second, tuple(filter(None, (married, native, *aliases))), frozenset(has), day, exact
            )
            for pk, given, first, second, married, native, aliases, has, day, exact in rows
        ]


# --- Conditions -----------------------------------------------------------------------------------------------------


def exactly(words: Iterable[WordMatch]) -> Condition:
    """All the words as they were typed."""
    return "programmes_person.name_tokens @> %s::text[]", [[match.word for match in words]]


def alike(match: WordMatch) -> Condition:
    """The word, or one like it."""
    return "programmes_person.name_tokens && %s::text[]", [sorted(match.all)]


def born(asked: Asked) -> Condition | None:
    """On one of the days (where only the year is known, in its year), or in one of the years; None when not asked."""
    terms: list[str] = []
    params: list[Any] = []
    if asked.days:
        terms.append("birth_date = ANY(%s::date[])")
        params.append(list(asked.days))
    for year in {day.year for day in asked.days}:
        terms.append("birth_date BETWEEN make_date(%s, 1, 1) AND make_date(%s, 12, 31) AND NOT birth_precision = 'day'")
        params += [year, year]
    for year in asked.years:
        terms.append("birth_date BETWEEN make_date(%s, 1, 1) AND make_date(%s, 12, 31)")
        params += [year, year]
    return (f"({' OR '.join(terms)})", params) if terms else None


def all_of(terms: Iterable[Condition]) -> Condition:
    """Every one of the conditions."""
    terms = list(terms)
    return " AND ".join(sql for sql, _params in terms), [value for _sql, params in terms for value in params]


def all_but_one(terms: list[Condition]) -> Condition:
    """Every one of the conditions but any one."""
    ways = [all_of(kept) for kept in combinations(terms, len(terms) - 1)]
    return " OR ".join(f"({sql})" for sql, _params in ways), [value for _sql, params in ways for value in params]
