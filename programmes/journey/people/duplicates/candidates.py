"""Who may be the person in question: a few look-ups in indexes, whatever the number of people.

Found are people with the same document or phone; people of whose names two words are alike, born on that day, the day
beside it or the day with its month swapped, or, where a birth date is not exact, in that year; and people all of whose
name words are alike, born on a day that one figure makes of the day, or in a year that fits where a date is not exact.

The same conditions serve one question (the intake's) and hundreds at once (the search for pairs), so both find the same
people: a value stands in the text as a parameter there and as a column here.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from programmes.base.common.planning import along_indexes
from programmes.journey.people.dictionary import like
from programmes.journey.people.duplicates.facts import Facts

MOST_OF_NUMBERS, MOST_BY_BIRTH, MOST_BY_NAME = 60, 240, 60
EARLIEST_YEAR = 1900
REACH = 3  # years between which two dates that are not exact may mean one birth (scoring.py)

# In braces what is asked: a parameter, or a column of `asked`; {two} and {all}: so many words of the name are alike.
# The order is by an expression, so that no index is walked in its order until something fits.
_WAYS = {
    "numbers": [
        """(SELECT id FROM programmes_person WHERE national_id = ANY({numbers}) AND NOT national_id = ''
            ORDER BY -id LIMIT {most_of_numbers})""",
        """(SELECT person_id FROM programmes_identity WHERE number_key = ANY({numbers})
            ORDER BY -id LIMIT {most_of_numbers})""",
    ],
    "phones": [
        """(SELECT id FROM programmes_person WHERE NOT phone = '' AND ({ends_of_phone})
            ORDER BY -id LIMIT {most_of_numbers})""",
        """(SELECT person_id FROM programmes_personphone WHERE {ends_of_number}
            ORDER BY -id LIMIT {most_of_numbers})""",
    ],
    "days": [
        """(SELECT id FROM programmes_person WHERE birth_date = ANY({days}) AND {two}
            ORDER BY -id LIMIT {most_by_birth})""",
    ],
    "about": [
        """(SELECT id FROM programmes_person
            WHERE NOT birth_precision = 'day' AND birth_date BETWEEN {first} AND {last} AND {two}
            ORDER BY -id LIMIT {most_by_birth})""",
    ],
    # Found by the index of the words: what is asked of the birth date is an expression, for which there is none.
    "figures": [
        """(SELECT id FROM programmes_person WHERE {all} AND ((birth_date + 0) = ANY({figures})
            OR (NOT birth_precision = 'day' AND (birth_date + 0) BETWEEN {since} AND {until}))
            ORDER BY abs(birth_date - {born}), id LIMIT {most_by_name})""",
    ],
    "years": [
        """(SELECT id FROM programmes_person WHERE {all} AND (birth_date + 0) BETWEEN {since} AND {until}
            ORDER BY abs(birth_date - {born}), id LIMIT {most_by_name})""",
    ],
    "named": ["(SELECT id FROM programmes_person WHERE {all} ORDER BY -id LIMIT {most_by_name})"],
}
_MOST = {"most_of_numbers": MOST_OF_NUMBERS, "most_by_birth": MOST_BY_BIRTH, "most_by_name": MOST_BY_NAME}
# A phone is found by its end, as a range and not by LIKE, whose pattern no index can wait for. A colon follows the 9.
_ENDS = "(reverse({column}) ~>=~ {end} AND reverse({column}) ~<~ ({end} || ':'))"
# Two words of the person's name are among those that the words in question may be. A look-up for each word of the name
# costs a third of comparing two lists of words.
_TWO = "(SELECT count(*) FROM unnest(name_tokens) word WHERE {alike} ? word) >= 2"
_TYPES = {
    "numbers": "text[]", "days": "date[]", "figures": "date[]", "since": "date", "until": "date",
    "first": "date", "last": "date", "born": "date", "alike": "jsonb",
}  # fmt: skip
_ONE = """
SELECT p.id FROM programmes_person p
WHERE p.id IN ({ways}) AND p.merged_into_id IS NULL AND p.id <> %(but)s
"""
_MANY = """
SELECT asked.pk, p.id FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked(pk bigint, {columns})
CROSS JOIN LATERAL ({ways}) found(id)
JOIN programmes_person p ON p.id = found.id AND p.merged_into_id IS NULL AND p.id <> asked.pk
"""

Question = dict[str, Any]


def find(facts: Facts, *, but: int | None = None) -> list[int]:
    """Keys of people worth comparing with `facts`, `but` one; two statements. Scope is for the caller to judge."""
    question = _question(facts, [match.all for match in like(_words(facts))])
    ways = _ways(question, {name: f"%({name})s::{_type(name)}" for name in question})
    if not ways:
        return []
    with connection.cursor() as cursor:
        asked = question | {"but": but or 0, "alike": json.dumps(question.get("alike"))}
        cursor.execute(_ONE.format(ways=" UNION ".join(ways)), asked)
        return [pk for (pk,) in cursor.fetchall()]


def find_many(facts: Mapping[int, Facts]) -> dict[int, list[int]]:
    """`find` for many registered people at once, by their keys: a statement for each kind of question."""
    alike = _alike(dict.fromkeys(word for one in facts.values() for word in _words(one)))
    kinds: dict[frozenset[str], list[Question]] = defaultdict(list)
    for pk, one in facts.items():
        question = _question(one, [words for word in _words(one) for words in alike[word]])
        kinds[frozenset(question)].append(question | {"pk": pk})
    found: dict[int, list[int]] = {pk: [] for pk in facts}
    for names, questions in kinds.items():
        ways = _ways(questions[0], {name: f"asked.{name}" for name in names})
        if not ways:
            continue
        columns = ", ".join(f"{name} {_type(name)}" for name in sorted(names))
        statement = _MANY.format(columns=columns, ways=" UNION ".join(ways))
        # What is asked is not known when the way is chosen, and a guess would read all people for each question.
        with along_indexes(), connection.cursor() as cursor:
            cursor.execute(statement, {"asked": json.dumps(questions, default=str)})
            for pk, other in cursor.fetchall():
                found[pk].append(other)
    return found


def _words(facts: Facts) -> list[str]:
    return list(dict.fromkeys(facts.words or next(iter(facts.names), ())))


def _alike(words: Iterable[str]) -> dict[str, list[frozenset[str]]]:
    """For each word the words that it may be; several where the database takes it apart."""
    found = {match.word: [match.all] for match in like(words)}
    # A letter that is folded here and in the database in two ways (ł, æ): such a word is looked up alone.
    return {word: found.get(word) or [match.all for match in like([word])] for word in words}


def _type(name: str) -> str:
    return _TYPES.get(name) or ("text[]" if name.startswith("word") else "text")


def _question(facts: Facts, alike: Sequence[frozenset[str]]) -> Question:
    """What is asked of the database; `alike` are, for each word of the name, the words that it may be."""
    asked: Question = {}
    if facts.papers:
        asked["numbers"] = sorted({number for _kind, _country, number in facts.papers})
    asked |= {f"phone{n}": digits[::-1] for n, digits in enumerate(sorted(facts.phones))}
    if len(alike) >= 2:
        asked |= {f"word{n}": sorted(words) for n, words in enumerate(alike)}
        if facts.born:
            asked |= {"alike": dict.fromkeys(frozenset().union(*alike), 1), "born": facts.born, **_years(facts.born)}
        if facts.born and facts.precision == "day":
            asked |= {"days": days_like(facts.born), "figures": one_figure_from(facts.born)}
    return asked


def _ways(question: Question, values: dict[str, str]) -> list[str]:
    """The ways in which this question finds people, with its values put in."""
    alike = [f"name_tokens && {values[name]}" for name in sorted(question) if name.startswith("word")]
    wanted: list[str] = [name for name in ("numbers", "days", "figures") if name in question]
    if alike:
        wanted += ["about"] if "born" in question else ["named"]
        wanted += ["years"] if "born" in question and "days" not in question else []
    several = {"two": _TWO.format(alike=values.get("alike")), "all": " AND ".join(alike)}
    phones = [values[name] for name in sorted(question) if name.startswith("phone")]
    if phones:
        wanted.append("phones")
        for column in ("phone", "number"):
            several[f"ends_of_{column}"] = " OR ".join(_ENDS.format(column=column, end=end) for end in phones)
    return [way.format(**values, **several, **_MOST) for name in wanted for way in _WAYS[name]]


def days_like(born: date) -> Sequence[date]:
    """The day, its neighbours, and the day with its month swapped."""
    found = {born, born - timedelta(days=1), born + timedelta(days=1)}
    if born.day <= 12:
        found.add(born.replace(day=born.month, month=born.day))
    return sorted(found)


def one_figure_from(born: date) -> Sequence[date]:
    """Days written with one figure other, or with two neighbouring figures changed about."""
    written = f"{born:%d%m%Y}"
    ways = {f"{written[:n]}{figure}{written[n + 1 :]}" for n in range(8) for figure in "0123456789"}
    ways |= {f"{written[:n]}{written[n + 1]}{written[n]}{written[n + 2 :]}" for n in range(7)}
    found = set()
    for way in ways - {written}:
        try:
            found.add(date(int(way[4:]), int(way[2:4]), int(way[:2])))
        except ValueError:
            continue  # there is no such day
    return sorted(day for day in found if day.year >= EARLIEST_YEAR)


def _years(born: date) -> dict[str, date]:
    return {
        "first": date(born.year, 1, 1), "last": date(born.year, 12, 31),
        "since": date(born.year - REACH, 1, 1), "until": date(born.year + REACH, 12, 31),
    }  # fmt: skip
