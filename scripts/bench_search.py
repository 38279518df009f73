"""A thousand searches by name as people type them, against the database that DATABASE_URL or IOMCASE_VAR names.

For the benchmark (scripts/bench.py) and by hand: `python -m scripts.bench_search manager@example.org`. The queries are
made from the people whom the user may see, the same ones for the same database and seed; each knows the person who is
meant. Where more than ten people bear the words exactly, the date of birth is added, as the page asks: nobody, and no
engine, could tell them apart.
"""

import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("exact", "no accents", "one edit", "sound-alike", "swapped order", "missing surname")
FIRST = 10
# What Spanish and English ears do not tell apart, as pairs of spellings; written apart from the rules that undo it.
SOUNDS = [
    ("b", "v"), ("v", "b"), ("z", "s"), ("s", "z"), ("ce", "se"), ("ci", "si"), ("se", "ce"), ("si", "ci"), ("ll", "y"),
    ("y", "ll"), ("ge", "je"), ("gi", "ji"), ("je", "ge"), ("ji", "gi"), ("que", "ke"), ("qui", "ki"), ("ca", "ka"),
    ("co", "ko"), ("cu", "ku"), ("gue", "ge"), ("gui", "gi"), ("rr", "r"), ("nn", "n"), ("f", "ph"), ("w", "v"),
]  # fmt: skip


@dataclass(frozen=True)
class Query:
    """What somebody types, in which way it differs from the name, and the person who is meant."""

    kind: str
    typed: str
    person: int
    dated: bool


def queries(user, count: int = 1000, seed: int = 1) -> list[Query]:
    """Make `count` queries, the same number of each kind, from people of `user`'s scope."""
    from programmes.models import Person

    rng = random.Random(seed)  # noqa: S311 -- no secret
    people = Person.objects.visible_to(user, one_by_one=True).order_by()
    last = people.order_by("-pk").values_list("pk", flat=True)[0]
    made: list[Query] = []
    tried: set[int] = set()
    while len(made) < count:
        person = people.filter(pk__gte=rng.randint(1, last)).order_by("pk").first()
        kind = KINDS[len(made) % len(KINDS)]
        if person is None or person.pk in tried:
            continue
        tried.add(person.pk)
        words = _words(person, kind)
        typed = _typed(rng, kind, words) if words else None
        if typed is None:
            continue
        namesakes = people.filter(name_tokens__contains=_tokens(words)).values("pk")[: FIRST + 1].count()
        dated = namesakes > FIRST
        made.append(Query(kind, f"{typed} {person.birth_date:%d/%m/%Y}" if dated else typed, person.pk, dated))
    return made


def _words(person, kind: str) -> list[str] | None:
    """The words of the name that the query is made of; None when this kind cannot be made of them."""
    if kind == "missing surname":
        return f"{person.given_names} {person.first_surname}".split() if person.second_surname else None
    words = person.full_name.split()
    return words if kind != "no accents" or any(not word.isascii() for word in words) else None


def _typed(rng: random.Random, kind: str, words: list[str]) -> str | None:
    words = list(words)
    if kind == "no accents":
        from programmes.base.common import text

        return text.fold(" ".join(words))
    if kind == "swapped order":
        rng.shuffle(words)
    if kind in ("one edit", "sound-alike"):
        places = [place for place, word in enumerate(words) if len(word) >= 3]
        changed = None
        while places and changed is None:
            place = places.pop(rng.randrange(len(places)))
            changed = _edited(rng, words[place]) if kind == "one edit" else _misheard(rng, words[place])
            if changed is not None:
                words[place] = changed
        if changed is None:
            return None
    return " ".join(words)


def _edited(rng: random.Random, word: str) -> str:
    """The word with one letter more, less, other, or two neighbours changed about."""
    while True:
        place, letter = rng.randrange(len(word)), rng.choice("abcdefghijlmnopqrstuvxyz")
        changed = {
            "more": word[:place] + letter + word[place:],
            "less": word[:place] + word[place + 1 :],
            "other": word[:place] + letter + word[place + 1 :],
            "turned": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
        }[rng.choice(["more", "less", "other", "turned"])]
        if changed.lower() != word.lower():
            return changed


def _misheard(rng: random.Random, word: str) -> str | None:
    """The word as somebody else might spell it who heard it; None when there is only one way."""
    lower = word.lower()
    ways = [lower.replace(one, other, 1) for one, other in SOUNDS if one in lower]
    ways += [lower[1:]] if re.match("h[aeioué]", lower) else [f"h{lower}"] if re.match("[aeou]", lower) else []
    return rng.choice(sorted(ways)).capitalize() if ways else None


def _tokens(words: list[str]) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT iomcase_tokens(%s)", [" ".join(words)])
        return cursor.fetchone()[0]


# --- Measuring ------------------------------------------------------------------------------------------------------


def measure(user, asked: list[Query]) -> dict[str, dict[str, float]]:
    """Ask each query through people.search and in SQL by hand, in turns; figures per kind and for all of them.

    `recall`: share whose person stands among the first ten (`reference_recall`: of the SQL by hand). Times are
    milliseconds; `queries` the most statements that one search took.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from programmes.journey.people import search

    results = []
    for _warm in range(2):
        search.find(user, asked[0].typed)
    for query in asked:
        began = time.perf_counter()
        found = search.find(user, query.typed)
        took = time.perf_counter() - began
        began = time.perf_counter()
        by_hand = list(reference(user, query.typed))
        took_by_hand = time.perf_counter() - began
        hit = query.person in [one.person.pk for one in found[:FIRST]]
        results.append((query.kind, hit, took * 1000, query.person in by_hand[:FIRST], took_by_hand * 1000))
    figures = {}
    for kind in (*KINDS, "all"):
        rows = [row for row in results if kind in ("all", row[0])]
        if not rows:
            continue
        _kinds, hits, times, hits_by_hand, times_by_hand = zip(*rows, strict=True)
        figures[kind] = {
            "asked": len(rows),
            "dated": sum(query.dated for query in asked if kind in ("all", query.kind)),
            "recall": round(statistics.mean(hits), 4),
            **_quantiles("", times),
            "reference_recall": round(statistics.mean(hits_by_hand), 4),
            **_quantiles("reference_", times_by_hand),
        }
    most = 0
    for query in asked[:: max(1, len(asked) // 60)]:
        with CaptureQueriesContext(connection) as statements:
            search.find(user, query.typed)
        most = max(most, len(statements))
    figures["all"]["queries"] = most
    return figures


def _quantiles(name: str, times) -> dict[str, float]:
    ordered = sorted(times)
    return {
        f"{name}p50_ms": round(statistics.median(ordered), 2),
        f"{name}p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
    }


def reference(user, typed: str) -> Iterator[int]:
    """The same search as somebody would write it in SQL for one occasion: no ranking beside the count of words.

    The words as typed first; when fewer than ten people bear them, each word with its dictionary neighbours; when
    there is nobody, any word may be missing. The scope is that of an office, without the cases that others share.
    """
    from django.db import connection

    from accounts.roles import Permission

    offices = sorted({pk for reach in user.reach(Permission.PERSON_EDIT) for pk in reach.office_ids})
    date = re.search(r"(\d\d)/(\d\d)/(\d{4})$", typed)
    born = "-".join(reversed(date.groups())) if date else None
    scope = "office_id = ANY(%s) AND merged_into_id IS NULL"
    given = [offices]
    if born:
        scope, given = f"{scope} AND birth_date = %s", [offices, born]
    found: dict[int, None] = {}
    select = f"SELECT id FROM programmes_person WHERE {scope} AND "  # noqa: S608 -- our own words
    with connection.cursor() as cursor:
        cursor.execute("SELECT iomcase_tokens(%s)", [re.sub(r"\d\d/\d\d/\d{4}$", "", typed)])
        tokens = cursor.fetchone()[0]
        cursor.execute(f"{select} name_tokens @> %s LIMIT 200", [*given, tokens])
        found |= dict.fromkeys(pk for (pk,) in cursor.fetchall())
        if len(found) < FIRST:
            cursor.execute(
                "SELECT word, array(SELECT text FROM programmes_nametoken WHERE slips && iomcase_slips(word)"
                " UNION SELECT text FROM programmes_nametoken WHERE sound = iomcase_sound(word))"
                " FROM unnest(%s::text[]) word",
                [tokens],
            )
            near = [[word, *words] for word, words in cursor.fetchall()]
            every = " AND ".join(["name_tokens && %s"] * len(near))
            cursor.execute(f"{select} {every} LIMIT 200", [*given, *near])
            found |= dict.fromkeys(pk for (pk,) in cursor.fetchall())
        if not found and len(near) > 2:
            ways = [near[:place] + near[place + 1 :] for place in range(len(near))]
            one = " AND ".join(["name_tokens && %s"] * (len(near) - 1))
            count = " + ".join(["(name_tokens && %s)::int"] * len(near))
            cursor.execute(
                f"{select} ({' OR '.join([f'({one})'] * len(ways))}) ORDER BY {count} DESC LIMIT 200",
                [*given, *(words for way in ways for words in way), *near],
            )
            found |= dict.fromkeys(pk for (pk,) in cursor.fetchall())
    yield from found


def main() -> None:
    """Measure for the user whose e-mail address is given, and print the figures."""
    import django

    django.setup()
    from accounts.models import User

    user = User.objects.get(email=sys.argv[1])
    asked = queries(user, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
    print(json.dumps(measure(user, asked), indent=1))


if __name__ == "__main__":
    main()
