"""How well duplicates are told from people who only look alike: precision and recall on labelled pairs.

`pairs(5000)` makes them, always the same ones: one person written twice with slips, accents, swapped or missing
surnames, b for v, a married name, day and month swapped, one figure wrong, only the year; and two persons who share
much: twins, siblings, homonyms, father and son, strangers with common names. `levels()` compares the two of each pair.

    python scripts/bench_duplicates.py            the table for docs/performance.md
    python scripts/bench_duplicates.py time       times in the database that DATABASE_URL or IOMCASE_VAR names
"""

import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from programmes.management.seeding import names  # noqa: E402 -- after the path

Row = dict[str, Any]
FAMILIES = tuple(
    dict.fromkeys((*names.LADINO, *names.KAQCHIKEL, *names.KICHE, *names.QEQCHI, *names.COLOMBIAN, *names.NASA))
)
PLACES = [
    (place.subdivision, town, village)
    for place in (names.CHIMALTENANGO, names.ALTA_VERAPAZ, names.QUETZALTENANGO, names.VALLE)
    for town, villages in place.municipalities.items()
    for village in villages
]


@dataclass(frozen=True)
class Pair:
    """Two records: `kind` says how they were made, `same` whether they are one person."""

    kind: str
    same: bool
    one: Row
    other: Row


def person(random: Random, **fixed: Any) -> Row:
    """One person, as a form would hold them."""
    sex = fixed.get("sex") or random.choice(("female", "male"))
    first, second = (names.WOMEN, names.WOMEN_SECOND) if sex == "female" else (names.MEN, names.MEN_SECOND)
    subdivision, municipality, community = random.choice(PLACES)
    row = {
        "given_names": random.choice(first) + (f" {random.choice(second)}" if random.random() < 0.6 else ""),
        "first_surname": random.choice(FAMILIES),
        "second_surname": random.choice(FAMILIES) if random.random() < 0.95 else "",
        "sex": sex,
        "birth_date": date(1965, 1, 1) + timedelta(days=random.randrange(14_600)),
        "birth_precision": "day",
        "nationality": "GTM",
        "national_id": f"{random.randrange(10**12, 10**13)}" if random.random() < 0.7 else "",
        "phone": f"+502{random.randrange(3 * 10**7, 6 * 10**7)}" if random.random() < 0.7 else "",
        "subdivision": subdivision,
        "municipality": municipality,
        "community": community,
    }
    return row | fixed


# --- One person, written twice ----------------------------------------------------------------------------------------
def _without_accents(random: Random, row: Row) -> Row:
    def bare(value: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))

    return {name: bare(row[name]).upper() for name in ("given_names", "first_surname", "second_surname")}


def _slip(random: Random, row: Row) -> Row:
    name = random.choice(("given_names", "first_surname"))
    words = row[name].split()
    place = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[place]
    at = random.randrange(1, len(word))
    words[place] = random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + random.choice("aeioulnrst") + word[at:],
            word[:at] + random.choice("aeioulnrst") + word[at + 1 :],
            word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :],
        )
    )
    return {name: " ".join(words)}


_SOUNDS = (("v", "b"), ("b", "v"), ("z", "s"), ("ll", "y"), ("j", "g"), ("c", "s"), ("H", ""), ("é", "hé"), ("X", "J"))


def _sound(random: Random, row: Row) -> Row:
    for name in random.sample(("given_names", "first_surname", "second_surname"), 3):
        for old, new in random.sample(_SOUNDS, len(_SOUNDS)):
            if old == "c" and not any(pair in row[name] for pair in ("ce", "ci", "cé", "cí")):
                continue
            if old == "j" and not any(pair in row[name] for pair in ("je", "ji", "jé", "jí")):
                continue
            if old in row[name]:
                at = row[name].index(old)
                if old == "c":
                    at = min(row[name].index(pair) for pair in ("ce", "ci", "cé", "cí") if pair in row[name])
                if old == "j":
                    at = min(row[name].index(pair) for pair in ("je", "ji", "jé", "jí") if pair in row[name])
                written = row[name][:at] + new + row[name][at + len(old) :]
                return {name: written[:1].upper() + written[1:]}
    return _without_accents(random, row)


def _swapped_surnames(random: Random, row: Row) -> Row:
    if not row["second_surname"]:
        return {"given_names": row["first_surname"], "first_surname": row["given_names"]}
    return {"first_surname": row["second_surname"], "second_surname": row["first_surname"]}


def _day_month(random: Random, row: Row) -> Row:
    born = row["birth_date"]
    return {"birth_date": born.replace(day=born.month, month=born.day) if born.day <= 12 else born + timedelta(days=1)}


def _one_figure(random: Random, row: Row) -> Row:
    number = row["national_id"] or "1234567890101"
    at = random.randrange(len(number))
    return {"national_id": number[:at] + str((int(number[at]) + random.randrange(1, 10)) % 10) + number[at + 1 :]}


def _year_only(random: Random, row: Row) -> Row:
    return {"birth_date": date(row["birth_date"].year, 1, 1), "birth_precision": "year"}


def _wrong_year(random: Random, row: Row) -> Row:
    born = row["birth_date"]
    year = born.year + random.choice((-10, 10, -1, 1))
    return {"birth_date": born.replace(year=min(max(year, 1950), 2006), day=min(born.day, 28))}


SLIPS: dict[str, Callable[[Random, Row], Row]] = {
    "accents": _without_accents,
    "slip": _slip,
    "sound": _sound,
    "surnames swapped": _swapped_surnames,
    "second surname missing": lambda random, row: {"second_surname": ""},
    "second given name missing": lambda random, row: {"given_names": row["given_names"].split()[0]},
    # Registered first as single, later as "de" her husband, whose name stands where the second surname was.
    "married name": lambda random, row: {"second_surname": f"de {random.choice(FAMILIES)}"},
    "day and month": _day_month,
    "one figure of the number": _one_figure,
    "one figure of the date": _wrong_year,
    "year only": _year_only,
    "twice the same": lambda random, row: {},
}


def _same(random: Random, kind: str) -> Pair:
    fixed: Row = {}
    if kind == "one figure of the number":
        fixed["national_id"] = f"{random.randrange(10**12, 10**13)}"
    if kind == "married name":
        fixed["sex"], fixed["second_surname"] = "female", random.choice(FAMILIES)
    one = person(random, **fixed)
    other = one | SLIPS[kind](random, one)
    if kind != "one figure of the number":
        other["national_id"] = one["national_id"] if random.random() < 0.25 else ""
    if random.random() < 0.5:
        other["phone"] = f"+502{random.randrange(3 * 10**7, 6 * 10**7)}" if random.random() < 0.5 else ""
    if random.random() < 0.3:
        other["community"] = ""
    return Pair(kind, True, one, other)


# --- Two persons who share much -------------------------------------------------------------------------------------
def _relative(random: Random, one: Row, **fixed: Any) -> Row:
    """Somebody of the same family and house: same surnames, place and telephone."""
    shared = ("first_surname", "second_surname", "phone", "subdivision", "municipality", "community")
    return person(random, **{name: one[name] for name in shared}, **fixed)


def _twins(random: Random) -> Pair:
    one = person(random)
    while True:
        other = _relative(random, one, birth_date=one["birth_date"])
        if other["given_names"].split()[0] != one["given_names"].split()[0]:
            return Pair("twins", False, one, other)


def _siblings(random: Random) -> Pair:
    one = person(random)
    while True:
        born = one["birth_date"] + timedelta(days=random.randrange(330, 2500))
        other = _relative(random, one, birth_date=born)
        if other["given_names"].split()[0] != one["given_names"].split()[0]:
            return Pair("siblings", False, one, other)


def _homonyms(random: Random) -> Pair:
    one = person(random)
    name = {part: one[part] for part in ("given_names", "first_surname", "second_surname", "sex")}
    return Pair("homonyms", False, one, person(random, **name))


def _father_and_son(random: Random) -> Pair:
    one = person(random, sex="male", second_surname=random.choice(FAMILIES), birth_date=date(1965, 5, 1))
    born = one["birth_date"] + timedelta(days=random.randrange(7_000, 12_000))
    one["birth_date"] += timedelta(days=random.randrange(3_000))
    son = _relative(random, one, sex="male", given_names=one["given_names"], birth_date=born)
    son["second_surname"] = random.choice(FAMILIES)
    return Pair("father and son", False, one, son)


def _strangers(random: Random) -> Pair:
    one = person(random, first_surname="López", given_names="María Elena", sex="female")
    return Pair("strangers", False, one, person(random, first_surname="López", given_names="María", sex="female"))


OTHERS: dict[str, Callable[[Random], Pair]] = {
    "twins": _twins,
    "siblings": _siblings,
    "homonyms": _homonyms,
    "father and son": _father_and_son,
    "strangers": _strangers,
}


def pairs(count: int = 5000, *, seed: int = 20261122) -> list[Pair]:
    """`count` labelled pairs, three of five of them one person; the same ones for the same seed."""
    random = Random(seed)  # noqa: S311 nothing here is a secret
    same, different = list(SLIPS), list(OTHERS)
    found: list[Pair] = []
    for n in range(count):
        block, place = divmod(n, 5)
        if place < 3:
            found.append(_same(random, same[(3 * block + place) % len(same)]))
        else:
            found.append(OTHERS[different[(2 * block + place - 3) % len(different)]](random))
    return found


# --- Measuring ------------------------------------------------------------------------------------------------------
def levels(count: int = 5000, *, seed: int = 20261122) -> dict[str, Counter]:
    """For each kind of pair, how many came out at which level ("" is none)."""
    from programmes.journey.people.duplicates.facts import of_values
    from programmes.journey.people.duplicates.scoring import compare

    found: dict[str, Counter] = {}
    for pair in pairs(count, seed=seed):
        level = compare(of_values(pair.one), of_values(pair.other)).level
        found.setdefault(pair.kind, Counter())[level] += 1
    return found


def quality(found: dict[str, Counter]) -> dict[str, float]:
    """Precision and recall of each level and everything stronger, and false strong warnings per 1,000."""
    result = {}
    same = sum(sum(found[kind].values()) for kind in SLIPS if kind in found)
    different = sum(sum(found[kind].values()) for kind in OTHERS if kind in found)
    order = ("certain", "probable", "possible")
    for n, level in enumerate(order):
        right = sum(found[kind][one] for kind in SLIPS if kind in found for one in order[: n + 1])
        wrong = sum(found[kind][one] for kind in OTHERS if kind in found for one in order[: n + 1])
        result[f"precision {level}"] = right / (right + wrong) if right + wrong else 1.0
        result[f"recall {level}"] = right / same
        if level == "probable":
            result["false strong per 1000"] = 1000 * wrong / different
    return result


def checks(count: int = 500, *, seed: int = 11) -> dict[str, float]:
    """Time and recall of the intake's check on the database this process is connected to: `duplicate_check`.

    The first of each pair joins whoever is there, in a transaction that is rolled back; the second is typed. Gives
    p50_ms, p95_ms, the share found among the five shown, and false strong warnings per 1,000.
    """
    from django.db import transaction
    from django.db.models import Count
    from django.utils import timezone

    from accounts.models import Membership, Office, User
    from programmes.journey.people import duplicates
    from programmes.models import Person

    labelled, times, hits, false = pairs(count, seed=seed), [], 0, 0
    with transaction.atomic():
        # The office with the most people; its manager is made for the occasion.
        office = Office.objects.annotate(count=Count("people")).order_by("-count", "pk")[0]
        user = User.objects.create_user("duplicates@bench.invalid", None, full_name="Bench")
        Membership.objects.create(user=user, office=office, role="manager", valid_from=timezone.localdate())
        rows = []
        for n, pair in enumerate(labelled):
            # Numbers of their own, so that nobody there has one already.
            for row in (pair.one, pair.other):
                row["national_id"] = f"99{n:06d}{row['national_id'][8:]}" if row["national_id"] else ""
            rows.append(Person(office=office, **pair.one))
        people = Person.objects.bulk_create(rows)
        duplicates.check(user, labelled[0].other)
        for pair, known in zip(labelled, people, strict=True):
            began = time.perf_counter()
            possible = duplicates.check(user, pair.other)
            times.append(1000 * (time.perf_counter() - began))
            hits += pair.same and known.pk in [one.person.pk for one in possible.visible]
            false += not pair.same and known.pk in [one.person.pk for one in possible.strong]
        transaction.set_rollback(True)
    times.sort()
    same = sum(pair.same for pair in labelled)
    return {
        "p50_ms": times[len(times) // 2],
        "p95_ms": times[int(len(times) * 0.95)],
        "recall": hits / same,
        "false_strong_per_1000": 1000 * false / (len(labelled) - same),
    }


def checks_of_known(count: int = 300, *, seed: int = 12) -> dict[str, float]:
    """Time and recall of the check when somebody whom the database holds is registered once more, with a slip.

    Their names are as common as the names there are. Nothing is written.
    """
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import Membership, Office, User
    from programmes.journey.people import duplicates
    from programmes.journey.people.duplicates.facts import COMPARED
    from programmes.models import Person

    random, times, hits = Random(seed), [], 0  # noqa: S311 nothing here is a secret
    last = Person.objects.order_by("-pk").values_list("pk", flat=True)[0]
    kinds = [kind for kind in SLIPS if kind != "one figure of the number"]
    with transaction.atomic():
        user = User.objects.create_user("known@bench.invalid", None, full_name="Bench")
        for office in Office.objects.filter(parent__isnull=True):
            Membership.objects.create(user=user, office=office, role="manager", valid_from=timezone.localdate())
        seen = Person.objects.visible_to(user, one_by_one=True).order_by("pk")
        known = [seen.filter(pk__gte=random.randrange(last)).first() or seen[0] for _n in range(count)]
        for n, person in enumerate(known):
            facts = {name: getattr(person, name) for name in COMPARED}
            facts |= SLIPS[kinds[n % len(kinds)]](random, facts) | {"national_id": "", "phone": ""}
            began = time.perf_counter()
            possible = duplicates.check(user, facts)
            times.append(1000 * (time.perf_counter() - began))
            hits += person.pk in [one.person.pk for one in possible.visible]
        transaction.set_rollback(True)
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p95_ms": times[int(len(times) * 0.95)], "recall": hits / count}


def search_for_pairs(count: int = 500, *, seed: int = 13) -> dict[str, float]:
    """How many people a minute the background search compares with everybody: by the clock. Nothing is kept."""
    from django.db import transaction

    from programmes.journey.people.duplicates import finding
    from programmes.models import Person

    random = Random(seed)  # noqa: S311 nothing here is a secret
    last = Person.objects.order_by("-pk").values_list("pk", flat=True)[0]
    with transaction.atomic():
        keys = random.sample(range(1, last + 1), min(count, last))
        began = time.perf_counter()
        found = finding.look_at(keys)
        took = time.perf_counter() - began
        transaction.set_rollback(True)
    return {"people_a_minute": round(60 * len(keys) / took), "pairs": found}


def table(found: dict[str, Counter]) -> str:
    """The lines of docs/performance.md."""
    lines = ["| pair | pairs | certain | probable | possible | none |", "|---|---:|---:|---:|---:|---:|"]
    for kind, counts in found.items():
        cells = [sum(counts.values()), *(counts[level] for level in ("certain", "probable", "possible", ""))]
        lines.append(f"| {kind} | " + " | ".join(map(str, cells)) + " |")
    lines += ["", "| level and stronger | precision | recall |", "|---|---:|---:|"]
    figures = quality(found)
    lines += [
        f"| {level} | {figures[f'precision {level}']:.1%} | {figures[f'recall {level}']:.1%} |"
        for level in ("certain", "probable", "possible")
    ]
    lines.append(f"\nFalse strong warnings: {figures['false strong per 1000']:.1f} per 1,000 different persons.")
    return "\n".join(lines)


def main() -> None:
    """Print the table, or the times."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
    import django

    django.setup()
    if sys.argv[1:] == ["time"]:
        print("made-up people:", checks())
        print("people of the database, with a slip:", checks_of_known())
        print("search for pairs:", search_for_pairs())
        return
    started = time.perf_counter()
    found = levels()
    print(table(found))
    print(f"\n{sum(sum(c.values()) for c in found.values())} pairs in {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
