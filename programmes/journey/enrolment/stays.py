"""A case's stay, and what the database knows of the person's other ones: the facts that rules about stays judge by."""

from datetime import date

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
    rows = (
        Enrolment.objects.filter(person=enrolment.person_id, programme=enrolment.programme_id)
        .filter(Q(departed_on__isnull=False) | Q(status__in=ENROLMENT.groups["booked"]))
        .exclude(pk=enrolment.pk)
        .values_list("departed_on", "planned_start", "returned_on", "planned_end")
    )
    spans = [(left or planned, back or end) for left, planned, back, end in rows]
    return [(start, max(start, end)) for start, end in spans if start and end]


def problems(enrolment: Enrolment, start: date, end: date) -> list[str]:
    """What the programme's rules of that day say against a stay of this person from `start` to `end`, in sentences."""
    values = enrolment.programme.rules(start, enrolment.person.nationality)
    return stay_problems(start, end, values, others(enrolment) if counts_earlier_stays(values) else ())
