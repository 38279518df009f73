"""The desk's own eyes: pairs among people who were written or changed since, looked for in the background.

Two ways, both in chunks that end with a commit and can be repeated: the lines of the people's history that came since
the last run, and a slow round through everybody, which finds what the first way missed (rows loaded past the history,
a rule of comparison that changed). What is known of a pair already is never undone: only an undecided pair follows the
facts.
"""

import time
from collections.abc import Iterable
from datetime import timedelta

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from programmes.journey.people.duplicates import candidates
from programmes.journey.people.duplicates.facts import Facts, of_person, with_facts
from programmes.journey.people.duplicates.models import DuplicatePair, DuplicateSearch
from programmes.journey.people.duplicates.scoring import Comparison, compare
from programmes.journey.people.models import Person

CHUNK = 500
MOST_PAIRS_EACH = 10
# Lines of history are numbered when they are written and seen when their transaction ends: the newest ones wait.
SETTLED_SECONDS = 60
State = DuplicatePair.State


def look(*, seconds: float = 90, rounds: int = 1) -> int:
    """Look for pairs until there is nothing new or the time is over; then a few chunks of the slow round.

    Effects: new pairs, newer scores of undecided ones, undecided ones gone that are no longer alike. Returns how many
    people were looked at. Whoever comes second while one runs does nothing.
    """
    until, seen = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        count = _chunk(_changed)
        seen += count or 0
        if not count:
            break
    for _round in range(rounds):
        if time.monotonic() < until:
            seen += _chunk(_in_turn) or 0
    return seen


def _chunk(take) -> int | None:
    with transaction.atomic():
        DuplicateSearch.objects.bulk_create([DuplicateSearch(pk=1)], ignore_conflicts=True)
        place = DuplicateSearch.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if place is None:
            return None
        keys = take(place)
        if keys is None:
            return None
        look_at(keys)
        place.ran_at = timezone.now()
        place.save()
        return len(keys)


def _changed(place: DuplicateSearch) -> list[int] | None:
    """The people of the next lines of history; None at its end."""
    events = apps.get_model("programmes", "PersonEvent").objects
    settled = timezone.now() - timedelta(seconds=SETTLED_SECONDS)
    lines = list(
        events.filter(pgh_id__gt=place.done_event, pgh_created_at__lt=settled)
        .order_by("pgh_id")
        .values_list("pgh_id", "id")[:CHUNK]
    )
    if not lines:
        return None
    place.done_event = lines[-1][0]
    return sorted({pk for _line, pk in lines})


def _in_turn(place: DuplicateSearch) -> list[int] | None:
    """The next people of the round; it begins again at the end."""
    keys = list(Person.objects.filter(pk__gt=place.done_pk).order_by("pk").values_list("pk", flat=True)[:CHUNK])
    place.done_pk = keys[-1] if keys else 0
    return keys


@transaction.atomic
def look_at(keys: Iterable[int]) -> int:
    """Compare these people with whoever is like them and bring their undecided pairs in step; return how many."""
    people = {p.pk: p for p in with_facts(Person.objects.filter(pk__in=list(keys), merged_into__isnull=True))}
    facts: dict[int, Facts] = {pk: of_person(person) for pk, person in people.items()}
    near = candidates.find_many(facts)
    missing = {pk for found in near.values() for pk in found} - facts.keys()
    facts |= {p.pk: of_person(p) for p in with_facts(Person.objects.filter(pk__in=missing))}
    found: dict[tuple[int, int], Comparison] = {}
    for pk, others in near.items():
        alike = [(other, compare(facts[pk], facts[other])) for other in others if other in facts]
        alike = sorted(((o, c) for o, c in alike if c.level), key=lambda pair: (-pair[1].score, pair[0]))
        for other, comparison in alike[:MOST_PAIRS_EACH]:
            found[min(pk, other), max(pk, other)] = comparison
    _write(found, set(people))
    return len(found)


def _write(found: dict[tuple[int, int], Comparison], looked_at: set[int]) -> None:
    known = {
        (pair.first_id, pair.second_id): pair
        for pair in DuplicatePair.objects.filter(Q(first__in=looked_at) | Q(second__in=looked_at)).order_by("pk")
    }
    apart = _told_apart(found)
    fresh = [
        DuplicatePair(
            first_id=first, second_id=second, score=c.score, level=c.level, reasons=[r.as_data() for r in c.reasons]
        )
        for (first, second), c in sorted(found.items())
        if (first, second) not in known and (first, second) not in apart
    ]
    DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)
    for names, pair in known.items():
        if pair.is_undecided:
            _follow(pair, found.get(names))


def _follow(pair: DuplicatePair, comparison: Comparison | None) -> None:
    if comparison is None:
        # Not among the nearest any more. Somebody's proposal waits for its answer all the same.
        if pair.state == State.OPEN and pair.level and not _still_alike(pair):
            pair.delete()
        return
    reasons = [reason.as_data() for reason in comparison.reasons]
    if (pair.score, pair.level, pair.reasons) != (comparison.score, comparison.level, reasons):
        pair.score, pair.level, pair.reasons = comparison.score, comparison.level, reasons
        pair.write("score", "level", "reasons")


def _still_alike(pair: DuplicatePair) -> bool:
    people = {p.pk: p for p in with_facts(Person.objects.filter(pk__in=[pair.first_id, pair.second_id]))}
    both = [people[pk] for pk in (pair.first_id, pair.second_id) if people[pk].merged_into_id is None]
    # A pair with a record that was taken in sleeps: taking it apart brings it back as it was.
    return (
        len(both) < 2 or bool(compare(of_person(both[0]), of_person(both[1])).level) or pair.created_by_id is not None
    )


def _told_apart(found: dict[tuple[int, int], Comparison]) -> set[tuple[int, int]]:
    """Pairs of which somebody said that they differ, also of a record that one of them has taken in since."""
    keys = {key for names in found for key in names}
    absorbed = Person.objects.filter(merged_into__in=keys).values_list("pk", "merged_into")
    inside = {pk: int(kept or pk) for pk, kept in absorbed}
    everyone = keys | inside.keys()
    decided = DuplicatePair.objects.filter(state=State.DIFFERENT, first__in=everyone, second__in=everyone)
    result = set()
    for first, second in decided.values_list("first", "second"):
        one, other = inside.get(first, first), inside.get(second, second)
        result.add((min(one, other), max(one, other)))
    return result
