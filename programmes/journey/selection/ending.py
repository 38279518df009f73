"""When the selection for a demand is over: whoever still waited has a result, and each worker who was not selected is
told by the owner of the case."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.lifecycle.models import CaseEvent, record
from programmes.base.rulebook.codes import label
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import replacing
from programmes.journey.selection.models import Candidacy
from programmes.journey.selection.states import CANDIDACY, CandidacyStatus

C = CandidacyStatus
# Why nobody of the list is selected any more, in codes of the list “non_selection”.
FILLED, GIVEN_UP = "quota_full", "other"


def end(demand, *, by, on: date, given_up: str = "") -> int:
    """Turn down whoever is on the shortlist or the reserve list of a demand that is over; returns how many are to be
    told, those turned down before included.

    `given_up` says in words why the rest of the positions was given up; empty when all were filled. Effects: states
    with the coded reason and their diary lines, proposals lapse; on the case of each who is still on the roster a note
    with the reason, and a step for its owner.
    """
    why = GIVEN_UP if given_up else FILLED
    facts = {"demand": demand.number}
    waited = set()
    for candidacy in Candidacy.objects.locked().filter(demand=demand, status__in=sorted(CANDIDACY.groups["waiting"])):
        candidacy.move_to(
            C.NOT_SELECTED,
            by=by,
            on=on,
            what="not_selected",
            facts=facts,
            reason=why,
            why=why,
            rank=None,
            decided_on=on,
        )
        replacing.pass_over(candidacy, by=by)
        waited.add(candidacy.pk)
    turned_down = (
        Candidacy.objects.filter(demand=demand, status=C.NOT_SELECTED, enrolment__status=Status.ROSTERED)
        .select_related("enrolment")
        .order_by("enrolment")
    )
    for candidacy in turned_down:
        note = _("Not selected for demand %(number)s: %(reason)s") % {
            "number": demand.number,
            "reason": (candidacy.pk in waited and given_up) or label("non_selection", candidacy.why),
        }
        record(candidacy.enrolment, by=by, kind=CaseEvent.Kind.NOTE, what="tell_worker", on=on, note=note)
        steps.open_step(candidacy.enrolment, "tell_worker", timezone.localdate())
    return len(turned_down)
