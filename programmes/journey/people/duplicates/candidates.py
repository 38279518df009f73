"""Who may be the person in question: a few look-ups in indexes, whatever the number of people.

Found are people with the same document or phone; people born on that day, the day beside it or the day with its month
swapped, of whose names two words are alike; people whose birth date is not exact and lies in a year that fits, the same
way; and people all of whose name words are alike, whatever their birth date.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from programmes.journey.people.dictionary import like
from programmes.journey.people.duplicates.facts import Facts

MOST_OF_NUMBERS, MOST_BY_BIRTH, MOST_BY_NAME = 60, 240, 60

_NUMBERS = """
(SELECT id FROM programmes_person WHERE national_id = ANY(%(numbers)s) AND national_id <> '' LIMIT %(most)s)
UNION (SELECT person_id FROM programmes_identity WHERE number_key = ANY(%(numbers)s) LIMIT %(most)s)
"""
_PHONES = """
(SELECT id FROM programmes_person WHERE phone <> '' AND ({ends}) LIMIT %(most)s)
UNION (SELECT person_id FROM programmes_personphone WHERE {further} LIMIT %(most)s)
"""
_BORN = """
(SELECT id FROM programmes_person WHERE birth_date = ANY(%(days)s) AND {two_alike} LIMIT %(most_born)s)
"""
_ABOUT = """
(SELECT id FROM programmes_person WHERE birth_precision <> 'day' AND birth_date BETWEEN %(from)s AND %(to)s
    AND {two_alike} LIMIT %(most_born)s)
"""
# All words alike, those born closest first. The order is by an expression, so that the index of the words is used.
_NAMED = """
(SELECT id FROM programmes_person WHERE {all_alike} ORDER BY abs(birth_date - %(born)s), id LIMIT %(most_named)s)
"""


def find(facts: Facts, *, but: int | None = None) -> list[int]:
    """Keys of people worth comparing with `facts`, `but` one; two statements. Scope is for the caller to judge."""
    words = _alike(facts)
    parts: list[str] = []
    values: dict[str, Any] = {
        "most": MOST_OF_NUMBERS, "most_born": MOST_BY_BIRTH, "most_named": MOST_BY_NAME, "but": but or 0,
        "born": facts.born or date(1990, 1, 1),
    }  # fmt: skip
    if facts.papers:
        parts.append(_NUMBERS)
        values["numbers"] = sorted({number for _kind, _country, number in facts.papers})
    if facts.phones:
        ends = []
        for n, digits in enumerate(sorted(facts.phones)):
            values[f"phone{n}"] = digits[::-1] + "%"
            ends.append(f"%(phone{n})s")
        parts.append(
            _PHONES.format(
                ends=" OR ".join(f"reverse(phone) LIKE {end}" for end in ends),
                further=" OR ".join(f"reverse(number) LIKE {end}" for end in ends),
            )
        )
    alike = []
    for n, word in enumerate(words):
        values[f"word{n}"] = sorted(word)
        alike.append(f"name_tokens && %(word{n})s::text[]")
    if len(alike) >= 2:
        two = "(" + " + ".join(f"({one})::int" for one in alike) + ") >= 2"
        if facts.born:
            values |= {"days": days_like(facts.born), **_years(facts)}
            if facts.precision != "year":
                parts.append(_BORN.format(two_alike=two))
            parts.append(_ABOUT.format(two_alike=two))
        if len(alike) >= 3 or not facts.born or facts.precision != "day":
            parts.append(_NAMED.format(all_alike=" AND ".join(alike)))
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id FROM programmes_person p WHERE p.id IN ({' UNION '.join(parts)}) "  # noqa: S608 our own texts
            "AND p.merged_into_id IS NULL AND p.id <> %(but)s",
            values,
        )
        return [pk for (pk,) in cursor.fetchall()]


def _alike(facts: Facts) -> list[frozenset[str]]:
    """For each word of the name, every word of the dictionary that it may be."""
    typed = facts.words or next(iter(facts.names), ())
    return [match.all for match in like(typed)]


def days_like(born: date) -> Sequence[date]:
    """The day, its neighbours, and the day with its month swapped."""
    found = {born, born - timedelta(days=1), born + timedelta(days=1)}
    if born.day <= 12:
        found.add(born.replace(day=born.month, month=born.day))
    return sorted(found)


def _years(facts: Facts) -> dict[str, date]:
    assert facts.born is not None
    reach = 3
    return {"from": date(facts.born.year - reach, 1, 1), "to": date(facts.born.year + reach, 12, 31)}
