"""A case's stay, and what the database knows of the person's other ones: the facts that rules about stays judge by."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection
from django.db.models import Q

from programmes.base.rulebook.rules import counts_earlier_stays, stay_problems
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import ENROLMENT


def start_of(enrolment: Enrolment) -> date:
    """The day whose rules hold for a case, and on which age counts: the planned start, else the season's first day."""
    return enrolment.planned_start or enrolment.season.starts_on


def others(enrolment: Enrolment) -> list[tuple[date, date]]:
    """First and last day of the person's other stays in the same programme, past and booked.

    A stay begins with the departure. It ends with the return; while that is unknown, with the planned end. Where
    nobody has left yet, the plan of a case that is selected or on its way counts.
    """
    # Cases that are judged together share one reading (requirements.Facts).
    facts = getattr(enrolment, "facts", None)
    of_person = facts.stays(enrolment.person_id) if facts else of_people([enrolment.person_id])[enrolment.person_id]
    spans = [
        (left or planned, back or end)
        for pk, programme, left, planned, back, end in of_person
        if pk != enrolment.pk and programme == enrolment.programme_id
    ]
    return [(start, max(start, end)) for start, end in spans if start and end]


def of_people(people: Iterable[int]) -> dict[int, list[tuple]]:
    """The days of every stay of these people, by person: case, programme, departure, planned start, return, end."""
    rows = (
        Enrolment.objects.filter(person__in=people)
        .filter(Q(departed_on__isnull=False) | Q(status__in=ENROLMENT.groups["booked"]))
        .order_by()
        .values_list("person", "pk", "programme", "departed_on", "planned_start", "returned_on", "planned_end")
    )
    found: dict[int, list[tuple]] = defaultdict(list)
    for person, *days in rows:
        found[person].append(tuple(days))
    return found


_CHAINS = """
WITH RECURSIVE chain (of, id, previous_id) AS (
    SELECT id, id, previous_id FROM programmes_enrolment WHERE id = ANY(%s)
    UNION ALL
    SELECT c.of, e.id, e.previous_id FROM chain c JOIN programmes_enrolment e ON e.id = c.previous_id
)
SELECT of, id FROM chain
"""


def chain_of(enrolment: Enrolment) -> list[int]:
    """The case and all it was recalled from, season by season: a recalled worker is tested already (M08)."""
    if enrolment.previous_id and not hasattr(enrolment, "chain"):
        read_chains([enrolment])
    return getattr(enrolment, "chain", [enrolment.pk])


def read_chains(enrolments: Sequence[Enrolment]) -> None:
    """Let each of these cases know its chain; one statement, and none when nobody was recalled."""
    recalled = {case.pk: case for case in enrolments if case.previous_id and not hasattr(case, "chain")}
    if not recalled:
        return
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS, [list(recalled)])
        for of, pk in cursor.fetchall():
            found[of].append(pk)
    for pk, case in recalled.items():
        case.chain = found[pk]


def problems(enrolment: Enrolment, start: date, end: date) -> list[str]:
    """What the programme's rules of that day say against a stay of this person from `start` to `end`, in sentences."""
    values = enrolment.programme.rules(start, enrolment.person.nationality)
    return stay_problems(start, end, values, others(enrolment) if counts_earlier_stays(values) else ())
