"""Work on many rows, next to the same by hand: what can be measured at this state of the application."""

import importlib
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

from scripts import bench_duplicates
from scripts.bench.visits import p95

CHECKS = 200
Measured = dict[str, Any]


def measured(people: int, only: set[str]) -> tuple[list[Measured], list[str]]:
    """Every piece of work that exists (or those named), and the words for what does not."""
    entries, left_out = [], []
    for name, (measure, least, missing) in WORK.items():
        if (only and name not in only) or people < least:
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
    """What the intake asks before it creates anybody, for labelled pairs of which one is among the people."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from programmes.journey.people import duplicates

    typed = [pair.other for pair in bench_duplicates.pairs(CHECKS, seed=11)]
    user = User.objects.get(email="manager@example.org")
    with CaptureQueriesContext(connection) as queries:
        duplicates.check(user, typed[0])

    def by_hand(facts: dict[str, Any]) -> None:
        name = f"{facts['given_names']} {facts['first_surname']} {facts['second_surname']}"
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN, {"phone": "", "national_id": ""} | facts | {"name": name})
            cursor.fetchall()

    by_hand_p50, by_hand_p95 = times_of(by_hand, typed)
    found = bench_duplicates.checks()
    quality = bench_duplicates.quality(bench_duplicates.levels())
    return {
        "p50_ms": round(found["p50_ms"], 2),
        "p95_ms": round(found["p95_ms"], 2),
        "reference_p50_ms": by_hand_p50,
        "reference_p95_ms": by_hand_p95,
        "queries": len(queries),
        "bytes": 0,
        "extra": {
            "recall": round(found["recall"], 4),
            "false_strong_per_1000": round(found["false_strong_per_1000"], 2),
            "pairs": quality,
            "said": f"the check itself; {found['recall']:.1%} of the known pointed out, of 1,000 others"
            f" {found['false_strong_per_1000']:.1f} strongly",
        },
    }


def _import(people: int) -> Measured:
    """A workbook of 50,000 rows, one in a hundred wrong, by two workers, and taken back."""
    from scripts import bench_import

    found = bench_import.measure(note=lambda words: None)
    milliseconds, by_hand = round(found["seconds"] * 1000), round(found["reference_seconds"] * 1000)
    return {
        "p50_ms": milliseconds,
        "p95_ms": milliseconds,
        "reference_p50_ms": by_hand,
        "reference_p95_ms": by_hand,
        "queries": 0,
        "bytes": 0,
        "extra": {
            "rows": found["total"],
            "rows_per_second": round(found["total"] / found["seconds"]),
            "staged_seconds": round(found["staged"], 1),
            "undo_seconds": round(found["undo_seconds"], 1),
            "memory_mb": round(found["memory_mb"]),
            "status": 200 if found["status"] == "done" else 500,
            "outcomes": found["outcomes"],
            "said": f"once; {found['total']:,} rows, checked after {found['staged']:.0f} s, {found['memory_mb']:.0f} MB"
            f" a worker, taken back in {found['undo_seconds']:.0f} s",
        },
    }


def _lists(name: str) -> Callable[[int], Measured] | None:
    """What the lists measure of themselves: scripts/bench_lists.py has one function for each entry."""
    if importlib.util.find_spec("scripts.bench_lists") is None:
        return None
    return getattr(importlib.import_module("scripts.bench_lists"), name, None)


# Entry → how it is measured, the least people it is measured with, why it is left out where it does not exist.
WORK: dict[str, tuple[Callable[[int], Measured] | None, int, str]] = {
    "duplicate_check": (_duplicate_check, 0, ""),
    "import_50k": (_import, 100_000, ""),
    "bulk_10k_preview": (_lists("bulk_10k_preview"), 100_000, "bulk deeds on the case list do not exist yet"),
    "export_100k_csv": (_lists("export_100k_csv"), 100_000, "the export of the case list does not exist yet"),
}
