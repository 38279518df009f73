"""Who of some candidates is ready for a demand, and what the others lack: the judgement of the move itself."""

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programmes.base.common.errors import Missing
from programmes.base.rulebook.catalogue import RequirementKind, WaitsFor
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import ENROLMENT, Status

# Of what is asked for before travelling, that which takes weeks and is the worker's own. A job offer or a visa follows
# the selection.
IN_HAND = frozenset({RequirementKind.DOCUMENT, RequirementKind.MEDICAL})
OF_OTHERS = frozenset({WaitsFor.EMPLOYER, WaitsFor.CONSULATE})
STAGES = {str(Status.IN_DOCUMENTATION), str(Status.READY_TO_TRAVEL)}
# Missing things that the selection itself brings along.
BROUGHT = frozenset({"position", "dates"})


def in_hand(requirement) -> bool:
    """Whether a worker can have this before being selected."""
    return requirement.kind in IN_HAND and requirement.waits_for not in OF_OTHERS


def lacking(cases: Sequence[Enrolment], demand) -> dict[int, list[Missing]]:
    """For each case what still stands between it and a position of this demand; an empty list: it is ready.

    Judged as if it were selected for the dates of the demand: everything the move to “selected” asks for, valid papers
    and a medical exam that hold as long as the work, and no other booking at that time. `cases` come with person,
    programme and season; they are only read. As many queries for many cases as for one.
    """
    cases = list(cases)
    requirements.read_together(cases)
    booked = _booked(cases, demand)
    return {case.pk: _of(case, demand, booked.get(case.person_id)) for case in cases}


def _of(case, demand, other) -> list[Missing]:
    if case.status != Status.ROSTERED:
        words = _("Not on the roster: %(state)s") % {"state": case.get_status_display()}
        return [Missing("status", words, case.get_absolute_url())]
    kept = case.planned_start, case.planned_end
    case.planned_start, case.planned_end = demand.starts_on, demand.ends_on
    try:
        missing = [item for item in case.missing_for(Status.SELECTED) if item.code not in BROUGHT]
        standings = requirements.standings(case, stages=STAGES)
        missing += [one.as_missing() for one in standings if in_hand(one.requirement) and not one.is_met]
    finally:
        case.planned_start, case.planned_end = kept
    if other is not None:
        words = _("Already selected or abroad in case %(number)s until %(end)s") % {
            "number": other.number,
            "end": date_format(other.planned_end),
        }
        missing.append(Missing("overlap", words, other.get_absolute_url()))
    return missing


def _booked(cases, demand) -> dict[int, Enrolment]:
    """Other cases of these people that take up the dates of the demand, by person."""
    others = Enrolment.objects.filter(
        person__in=[case.person_id for case in cases],
        status__in=ENROLMENT.groups["booked"],
        planned_start__lte=demand.ends_on,
        planned_end__gte=demand.starts_on,
    ).exclude(pk__in=[case.pk for case in cases])
    return {other.person_id: other for other in others}
