"""Who may be the people of many rows: what `duplicates.check` asks for one, asked for hundreds in a few statements.

The same people are found (`duplicates.candidates`: document, phone, name and birth) and the same scores are given, so
that a sheet proposes whom the intake would propose; a test holds both together. Only what lies outside the reader's
reach is told less of: the intake names an office to ask, thirty times an hour; a file of thousands could ask for
everybody, so that here nothing is said but that an identity number is taken, which no registration can hide.
"""

import json
import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Max, QuerySet

from programmes.journey.people import rules
from programmes.journey.people.dictionary import NameToken, like
from programmes.journey.people.duplicates.candidates import MOST_BY_NAME, REACH, days_like, one_figure_from
from programmes.journey.people.duplicates.facts import COMPARED, Facts, of_values, with_facts
from programmes.journey.people.duplicates.scoring import Comparison, compare
from programmes.journey.people.identity import Identity
from programmes.journey.people.models import Person

# As many as the intake shows.
MOST_SHOWN = 5
KEPT_SECONDS = 60

_NUMBERS = """
SELECT v.place, p.id FROM unnest(%(places)s::int[], %(numbers)s::text[]) v (place, number)
JOIN programmes_person p ON p.national_id = v.number AND p.national_id <> ''
UNION SELECT v.place, i.person_id FROM unnest(%(places)s::int[], %(numbers)s::text[]) v (place, number)
JOIN programmes_identity i ON i.number_key = v.number
"""
# A range of the index of last digits: ':' is the sign behind '9'. A pattern that is no constant would not use it.
_PHONES = """
SELECT v.place, p.id FROM unnest(%(places)s::int[], %(ends)s::text[]) v (place, ending)
JOIN programmes_person p
    ON p.phone <> '' AND reverse(p.phone) ~>=~ v.ending AND reverse(p.phone) ~<~ (v.ending || ':')
UNION SELECT v.place, f.person_id FROM unnest(%(places)s::int[], %(ends)s::text[]) v (place, ending)
JOIN programmes_personphone f ON reverse(f.number) ~>=~ v.ending AND reverse(f.number) ~<~ (v.ending || ':')
"""
# The keys of `alike` are the words that the typed words may be. Asking whether any word of a person is among them takes
# a tenth of the time of comparing two arrays; few people are left to count.
_BORN = """
SELECT v.place, p.id FROM jsonb_to_recordset(%(rows)s::jsonb) AS v (place int, days date[], alike jsonb)
CROSS JOIN unnest(v.days) day (born)
JOIN programmes_person p ON p.birth_date = day.born AND v.alike ?| p.name_tokens
WHERE (SELECT count(*) FROM unnest(p.name_tokens) word WHERE v.alike ? word) >= 2
"""
# Few people have no exact date: their words are looked up in those of all rows at once.
_ABOUT = """
SELECT v.place, p.id
FROM programmes_person p CROSS JOIN unnest(p.name_tokens) name (word)
JOIN (
    SELECT v.place, v.year, key AS word
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS v (place int, year int, alike jsonb), jsonb_object_keys(v.alike) key
) v ON v.word = name.word AND v.year = extract(year FROM p.birth_date)::int
WHERE p.birth_precision <> 'day' AND p.birth_date BETWEEN %(first)s AND %(last)s
GROUP BY v.place, p.id HAVING count(*) >= 2
"""
# All words alike: three of them by the index, the others, and the birth date, by what is left.
_NAMED = """
SELECT v.place, p.id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS v (
    place int, three jsonb, alike jsonb, wanted int, born date, since date, until date, figures date[]
)
CROSS JOIN LATERAL (
    SELECT
        ARRAY(SELECT jsonb_array_elements_text(v.three -> 0)) AS one,
        ARRAY(SELECT jsonb_array_elements_text(v.three -> 1)) AS two,
        ARRAY(SELECT jsonb_array_elements_text(v.three -> 2)) AS three
    OFFSET 0
) w
CROSS JOIN LATERAL (
    SELECT id FROM programmes_person
    WHERE name_tokens && w.one AND name_tokens && w.two AND name_tokens && w.three
        AND (
            (birth_date + 0) = ANY(v.figures)
            OR ((v.figures IS NULL OR birth_precision <> 'day') AND (birth_date + 0) BETWEEN v.since AND v.until)
        )
        AND (SELECT bit_or((v.alike ->> word)::int) FROM unnest(name_tokens) word) = v.wanted
    ORDER BY abs(birth_date - v.born), id LIMIT %(most)s
) p
"""


class Known:
    """People who may be those of some rows: found for all of them in a few statements, compared one by one."""

    def __init__(self, people: Sequence[dict[str, Any]], by):
        self.people = people
        self.typed = [of_values(facts) for facts in people]
        self.near = find_many(self.typed)
        self.holders = self._holders()
        keys = {key for found in (*self.near.values(), *self.holders.values()) for key in found}
        self.facts = _facts_of(Person.objects.visible_to(by).filter(pk__in=keys)) if keys else {}

    def _holders(self) -> dict[int, set[int]]:
        """For each row with an identity number, who holds it in the same country."""
        wanted: dict[tuple[str, str], list[int]] = {}
        for place, facts in enumerate(self.people):
            number = rules.plain_number(facts.get("national_id") or "")
            if number:
                wanted.setdefault((facts["nationality"], number), []).append(place)
        found: dict[int, set[int]] = {}
        if not wanted:
            return found
        numbers = {number for _country, number in wanted}
        held = [
            *Person.objects.filter(national_id__in=numbers, merged_into__isnull=True).values_list(
                "nationality", "national_id", "pk"
            ),
            *Identity.objects.filter(number_key__in=numbers, kind="national_id", person__merged_into__isnull=True)
            .values_list("country", "number_key", "person"),
        ]  # fmt: skip
        for country, number, key in held:
            for place in wanted.get((country, number), ()):
                found.setdefault(place, set()).add(key)
        return found

    def compared(self, place: int) -> list[tuple[int, Comparison]]:
        """The keys of visible people who are like this one, best first."""
        keys = (self.near.get(place, set()) | self.holders.get(place, set())) & self.facts.keys()
        alike = [(key, compare(self.typed[place], self.facts[key])) for key in keys]
        found = [(key, comparison) for key, comparison in alike if comparison.level]
        return sorted(found, key=lambda pair: (-pair[1].score, pair[0]))

    def holder(self, place: int) -> int | None:
        """Who holds the identity number of this one, as far as the reader may see them."""
        return min(self.holders.get(place, set()) & self.facts.keys(), default=None)

    def is_held_elsewhere(self, place: int) -> bool:
        """Whether the identity number is that of somebody the reader may not see."""
        return bool(self.holders.get(place, set()) - self.facts.keys())


def _facts_of(people: QuerySet[Person]) -> dict[int, Facts]:
    """The facts of records that are in use, without the records themselves: a third of the time."""
    further = ("pk", "paper_numbers", "phone_numbers")
    rows = with_facts(people.filter(merged_into__isnull=True)).values(*COMPARED, *further)
    return {
        row["pk"]: of_values(
            row, papers=[(kind, country, number) for kind, country, number in row["paper_numbers"]],
            phones=row["phone_numbers"],
        )
        for row in rows
    }  # fmt: skip


def find_many(people: Sequence[Facts]) -> dict[int, set[int]]:
    """For the place of each of these people, the keys of those worth comparing with them.

    The conditions are those of `candidates.find`, for people whose birth date, or its year, is known. Joined once for
    all rows they take a fourth of the time. Scope is for the caller to judge.
    """
    found: dict[int, set[int]] = {}
    _ask(found, _NUMBERS, _pairs("numbers", ((n, {number for *_k, number in p.papers}) for n, p in enumerate(people))))
    ends = ((n, {phone[::-1] for phone in p.phones}) for n, p in enumerate(people))
    _ask(found, _PHONES, _pairs("ends", ends))
    words = _words([p.words or next(iter(p.names), ()) for p in people])
    rows = [
        _row(place, facts, facts.born, words[place])
        for place, facts in enumerate(people)
        if facts.born and len(words[place]) >= 2
    ]
    if not rows:
        return found
    asked = {"rows": json.dumps(rows), "most": MOST_BY_NAME, "places": rows}
    _ask(found, _BORN, asked)
    first, last = date(min(row["year"] for row in rows), 1, 1), date(max(row["year"] for row in rows), 12, 31)
    if Person.objects.exclude(birth_precision="day").filter(birth_date__range=(first, last)).exists():
        _ask(found, _ABOUT, {**asked, "first": first, "last": last})
    _ask(found, _NAMED, asked)
    return found


def _row(place: int, facts: Facts, born: date, words: Sequence[frozenset[str]]) -> dict[str, Any]:
    """What is asked about one name and birth: days like it, days one figure from it, words that are alike."""
    exact, three = facts.precision == "day", [sorted(alike) for alike in sorted(words, key=len)[:3]]
    return {
        "place": place, "born": str(born), "year": born.year, "alike": _bits(words), "wanted": (1 << len(words)) - 1,
        "three": [*three, *three, *three][:3], "days": [str(day) for day in days_like(born)] if exact else [],
        "figures": [str(day) for day in one_figure_from(born)] if exact else None,
        "since": f"{born.year - REACH:04d}-01-01", "until": f"{born.year + REACH:04d}-12-31",
    }  # fmt: skip


def _ask(found: dict[int, set[int]], statement: str, values: dict[str, Any]) -> None:
    if not values["places"]:
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, {name: value for name, value in values.items() if f"%({name})s" in statement})
        for place, key in cursor.fetchall():
            found.setdefault(place, set()).add(key)


def _pairs(name: str, values: Iterable[tuple[int, Iterable[Any]]]) -> dict[str, list]:
    flat = [(place, value) for place, several in values for value in sorted(several)]
    return {"places": [place for place, _value in flat], name: [value for _place, value in flat]}


def _bits(words: Sequence[frozenset[str]]) -> dict[str, int]:
    """Each word that one of the typed words may be, with a bit for each of these."""
    bits: dict[str, int] = {}
    for n, alike in enumerate(words):
        for word in alike:
            bits[word] = bits.get(word, 0) | 1 << n
    return bits


_alike: dict[str, list[frozenset[str]]] = {}
_kept_for: list[Any] = [None, 0.0]


def _words(names: Sequence[Sequence[str]]) -> list[list[frozenset[str]]]:
    """For each name, for each of its words, every word of the dictionary that it may be.

    Kept by the process while the dictionary has no new word, at most for a minute: the rows of a file have few words.
    """
    newest = NameToken.objects.aggregate(Max("pk"))["pk__max"]
    if _kept_for[0] != newest or time.monotonic() - _kept_for[1] > KEPT_SECONDS:
        _alike.clear()
        _kept_for[:] = newest, time.monotonic()
    missing = sorted({word for name in names for word in name} - _alike.keys())
    known = {match.word: match.all for match in like(missing)}
    for word in missing:
        # A letter that is folded here and in the database in two ways (ł, æ): such a word is looked up alone.
        _alike[word] = [known[word]] if word in known else [match.all for match in like([word])]
    # As many as there are bits; nobody has more.
    return [[alike for word in dict.fromkeys(name) for alike in _alike[word]][:31] for name in names]
