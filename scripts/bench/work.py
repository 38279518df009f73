"""Work on many rows, next to the same by hand: what can be measured at this state of the application."""

import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

from scripts.bench.visits import p95

CHECKS = 200
Measured = dict[str, Any]


def measured(people: int, only: set[str]) -> tuple[list[Measured], list[str]]:
    """Every piece of work that exists (or those named), and the words for what does not."""
    entries, left_out = [], []
    for name, (measure, missing) in WORK.items():
        if only and name not in only:
            continue
        if measure is None:
            left_out.append(f"{name}: {missing}")
            continue
        entries.append({"name": name, "people": people} | measure(people))
    return entries, left_out


def times_of(deed: Callable[[Any], object], subjects: list[Any]) -> tuple[float, float]:
    """p50 and p95 in milliseconds of the deed done to each of the subjects."""
    found = []
    for subject in subjects:
        began = time.perf_counter()
        deed(subject)
        found.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(found), 2), round(p95(found), 2)


# The hard facts by hand: the same number, the same birthday with a common name word, the same phone.
_KNOWN = """
SELECT id FROM programmes_person WHERE national_id = %(national_id)s AND national_id <> ''
UNION SELECT id FROM programmes_person WHERE phone = %(phone)s AND phone <> ''
UNION SELECT person_id FROM programmes_identity WHERE number_key = %(national_id)s
UNION SELECT id FROM programmes_person WHERE birth_date = %(birth_date)s AND name_tokens && iomcase_tokens(%(name)s)
LIMIT 50
"""


def _duplicate_check(people: int) -> Measured:
    """A caseworker types the facts of people who are known, some with a slip: what is found, and how fast."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from programmes.journey.people.duplicates import checking
    from programmes.models import Person

    user = User.objects.get(email="caseworker@example.org")
    rng = Random(2)  # noqa: S311 chooses who is typed
    keys = list(Person.objects.visible_to(user).order_by("id").values_list("id", flat=True)[:200_000])
    typed = []
    for person in Person.objects.filter(pk__in=rng.sample(keys, min(CHECKS, len(keys)))).order_by("id"):
        surname = person.first_surname
        typed.append(
            {
                "given_names": person.given_names,
                "first_surname": surname[:2] + surname[3:] if len(surname) > 4 and rng.random() < 0.5 else surname,
                "second_surname": person.second_surname,
                "sex": person.sex,
                "birth_date": person.birth_date,
                "birth_precision": person.birth_precision,
                "nationality": person.nationality,
                "national_id": person.national_id if rng.random() < 0.3 else "",
                "phone": "",
            }
        )
    found = [checking.check(user, facts) for facts in typed[:20]]
    with CaptureQueriesContext(connection) as queries:
        checking.check(user, typed[0])
    p50, slowest = times_of(lambda facts: checking.check(user, facts), typed)

    def by_hand(facts: dict[str, Any]) -> None:
        name = f"{facts['given_names']} {facts['first_surname']} {facts['second_surname']}"
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, facts | {"name": name})
            cursor.fetchall()

    by_hand_p50, by_hand_p95 = times_of(by_hand, typed)
    return {
        "p50_ms": p50,
        "p95_ms": slowest,
        "reference_p50_ms": by_hand_p50,
        "reference_p95_ms": by_hand_p95,
        "queries": len(queries),
        "bytes": 0,
        "extra": {"said": f"the check itself; {sum(map(bool, found))} of {len(found)} known people were pointed out"},
    }


WORK: dict[str, tuple[Callable[[int], Measured] | None, str]] = {
    "duplicate_check": (_duplicate_check, ""),
    "import_50k": (None, "the import of spreadsheets does not exist yet"),
    "bulk_10k_preview": (None, "bulk deeds on the case list do not exist yet"),
    "export_100k_csv": (None, "the export of the case list does not exist yet"),
}
