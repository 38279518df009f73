"""Moving one case of many, so that the way back is known."""

from datetime import date, datetime

import pgtrigger

from programmes.base.lifecycle.models import CaseEvent, record
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import ENROLMENT

# From these a step touches positions, placements or journeys, which do not come back with the case.
ENTANGLED = ENROLMENT.groups["booked"] | ENROLMENT.groups["moved"]


def move(case: Enrolment, target: str, *, by, on: date, reason: str, note: str) -> dict:
    """Move a locked case; returns what the way back needs: where it stood, which steps were open."""
    before = {
        "status": case.status,
        "since": case.status_since.isoformat(),
        "open": list(case.steps.filter(done_at__isnull=True).values_list("pk", flat=True)),
    }
    event = enrolments.move(case, target, by=by, on=on, reason=reason, note=note)
    case.refresh_from_db(fields=["status", "version"])
    opened = case.steps.filter(done_at__isnull=True).exclude(pk__in=before["open"])
    return {**before, "event": event.pk, "opened": list(opened.values_list("pk", flat=True)), "target": str(target)}


def why_not_back(case: Enrolment, before: dict, *, version: int | None) -> str:
    """The code of the reason why a case cannot be put back; empty when it can."""
    if not before or case.status != before.get("target") or case.version != version:
        return "changed_since"
    if before["status"] in ENTANGLED or case.status in ENTANGLED:
        return "case_entangled"
    if CaseEvent.objects.filter(enrolment=case, pk__gt=before["event"]).exists():
        return "worked_on"
    if Step.objects.filter(pk__in=before["opened"], done_at__isnull=False).exists():
        return "worked_on"
    return ""


def back(case: Enrolment, before: dict, *, by, on: date) -> None:
    """Put a locked case back to where it stood. Effects: status, its steps as they were, a diary line.

    The table of the machine knows no way back, so its trigger is passed over for this one statement.
    """
    with pgtrigger.ignore("programmes.Enrolment:legal_moves"):
        Enrolment.objects.filter(pk=case.pk).update(
            status=before["status"],
            status_since=datetime.fromisoformat(before["since"]),
            version=case.version + 1,
        )
    case.refresh_from_db()
    Step.objects.filter(pk__in=before["opened"]).delete()
    Step.objects.filter(pk__in=before["open"]).update(done_at=None, done_by=None)
    steps.keep_next(case)
    record(case, by=by, what="move_undone", on=on, case_state=before["status"])
