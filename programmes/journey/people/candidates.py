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

from programmes.base.common.planning import along_indexes
from programmes.journey.people.asked import Asked
from programmes.journey.people.dictionary import WordMatch
from programmes.journey.people.models import Person
from programmes.journey.people.ranking import Known, Words

# Of the people whom all words fit the database takes so many, and hands so many on for a close look. Only a name that
# thousands bear reaches the first number; the answer then says that a word more is needed.
MOST_TAKEN = 1500
MOST_SCORED = 200
# Whether a person is seen because of a case is asked for each one: of people of other offices no more are looked at.
MOST_LOOKED_AT = 3000
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


# The first thousands whom the words fit; of these, who is seen; and where there are more, the reader's own people, who
# have an index.
_BY_NAME = """
WITH looked AS MATERIALIZED (SELECT {columns} FROM programmes_person WHERE ({condition}) LIMIT {most_looked_at} + 1),
many AS MATERIALIZED (SELECT count(*) > {most_looked_at} AS many FROM looked),
seen AS MATERIALIZED (({seen} LIMIT {most_taken}) {own})
SELECT many, seen.* FROM many LEFT JOIN seen ON true
ORDER BY {exact} DESC, cardinality(name_tokens), id LIMIT {most_scored}
"""
_OWN = "UNION ({own} AND ({condition}) AND (SELECT many FROM many) LIMIT {most_taken})"


class Candidates:
    """The people whom `user` may see, as a place to look people up in. Costs nothing until it is asked."""

    def __init__(self, user):
        people = Person.objects.order_by().values_list(*_COLUMNS)
        self._sql, self._scope = _compiled(people.visible_to(user, one_by_one=True))
        self._own, self._offices = _compiled(people.registered_with(user))

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

    def by_name(self, condition: Condition, words: Words) -> tuple[list[Known], bool]:
        """Whom the condition fits; of too many those with most words as typed and fewest others. One statement.

        Also whether so many bear these words that not all of them were looked at: people of the reader's own offices
        always are; people who are seen by a case, which is asked for one by one, are among the first thousands only.
        """
        if not self._sql:
            return [], False
        sql, params = condition
        typed = [[match.word] for match in (*words.heavy, *words.light)]
        typed += [list(way) for match in words.heavy for way in match.apart]
        most = {"most_taken": MOST_TAKEN, "most_looked_at": MOST_LOOKED_AT, "most_scored": MOST_SCORED}
        statement = _BY_NAME.format(
            columns=", ".join((*_COLUMNS, "office_id", "merged_into_id")),
            condition=sql,
            seen=self._sql.replace('FROM "programmes_person"', 'FROM looked "programmes_person"', 1),
            own=_OWN.format(own=self._own, condition=sql, **most) if self._own else "",
            exact=" + ".join(["(name_tokens @> %s::text[])::int"] * len(typed)),
            **most,
        )
        own = [*self._offices, *params] if self._own else []
        with along_indexes(), connection.cursor() as cursor:
            cursor.execute(statement, [*params, *self._scope, *own, *typed])
            rows = cursor.fetchall()
        return [
            Known(
                pk, given, first, second, tuple(filter(None, (married, native, *aliases))), frozenset(has), day, exact
            )
            for _many, pk, given, first, second, married, native, aliases, has, day, exact in rows
            if pk is not None
        ], rows[0][0]


def _compiled(people) -> Condition:
    """A query as text with its parameters; the text is empty where nobody can be found."""
    try:
        return people.query.sql_with_params()
    except EmptyResultSet:
        return "", []


# --- Conditions -----------------------------------------------------------------------------------------------------


def exactly(words: Iterable[WordMatch]) -> Condition:
    """All the words as they were typed."""
    return "programmes_person.name_tokens @> %s::text[]", [[match.word for match in words]]


def alike(match: WordMatch) -> Condition:
    """The word, one like it, one that it makes with its neighbour, or all the words that it is made of."""
    condition, params = "programmes_person.name_tokens && %s::text[]", [sorted(match.all | match.joined)]
    for way in match.apart:
        condition, params = f"{condition} OR programmes_person.name_tokens @> %s::text[]", [*params, list(way)]
    return (f"({condition})" if match.apart else condition), params


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
