"""Moving some cases of many at once, so that the way back of each is known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pgtrigger
from django.db.models import Max

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent, record_many
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import ENROLMENT

# From these a step touches positions, placements or journeys, which do not come back with the case.
ENTANGLED = ENROLMENT.groups["booked"] | ENROLMENT.groups["moved"]


def _open_steps(cases: Sequence[Enrolment]) -> dict[int, list[int]]:
    found = defaultdict(list)
    opened = Step.objects.filter(enrolment__in=[case.pk for case in cases], done_at__isnull=True).order_by("pk")
    for case, step in opened.values_list("enrolment_id", "pk"):
        found[case].append(step)
    return found


def move(
    cases: Sequence[Enrolment], target: str, *, by, on: date, reason: str, note: str
) -> dict[int, dict[str, Any] | RuleBroken]:
    """Move locked cases; for each what the way back needs (where it stood, which steps were open), or why it stays."""
    stood = {case.pk: (case.status, case.status_since.isoformat()) for case in cases}
    open_before = _open_steps(cases)
    said = enrolments.move_many(cases, target, by=by, on=on, reason=reason, note=note)
    open_after = _open_steps([case for case in cases if not isinstance(said[case.pk], RuleBroken)])
    found: dict[int, dict[str, Any] | RuleBroken] = {}
    for case in cases:
        event = said[case.pk]
        if isinstance(event, RuleBroken):
            found[case.pk] = event
            continue
        status, since = stood[case.pk]
        found[case.pk] = {
            "status": status,
            "since": since,
            "open": open_before[case.pk],
            "event": event.pk,
            "opened": [pk for pk in open_after[case.pk] if pk not in open_before[case.pk]],
            "target": str(target),
        }
    return found


def why_not_back(cases: Mapping[int, tuple[Enrolment, dict, int | None]]) -> dict[int, str]:
    """For each case, with what its way back needs and the version it had: the code of what stands in the way, or ""."""
    events = CaseEvent.objects.filter(enrolment__in=cases).order_by().values_list("enrolment")
    last = dict(events.annotate(last=Max("pk")))
    opened = [pk for _case, before, _version in cases.values() for pk in before.get("opened", ())]
    worked_on = set(Step.objects.filter(pk__in=opened, done_at__isnull=False).values_list("pk", flat=True))
    found = {}
    for pk, (case, before, version) in cases.items():
        if not before or case.status != before.get("target") or case.version != version:
            found[pk] = "changed_since"
        elif before["status"] in ENTANGLED or case.status in ENTANGLED:
            found[pk] = "case_entangled"
        elif last[pk] > before["event"] or worked_on.intersection(before["opened"]):
            found[pk] = "worked_on"
        else:
            found[pk] = ""
    return found


def back(pairs: Sequence[tuple[Enrolment, dict]], *, by, on: date) -> None:
    """Put locked cases back to where they stood. Effects: status, their steps as they were, a diary line each.

    The table of the machine knows no way back, so its trigger is passed over for this one statement.
    """
    for case, before in pairs:
        case.status, case.status_since = before["status"], datetime.fromisoformat(before["since"])
        case.version += 1
    cases = [case for case, _before in pairs]
    with pgtrigger.ignore("programmes.Enrolment:legal_moves"):
        Enrolment.objects.bulk_update(cases, ["status", "status_since", "version"])
    Step.objects.filter(pk__in=[pk for _case, before in pairs for pk in before["opened"]]).delete()
    opened_again = [pk for _case, before in pairs for pk in before["open"]]
    Step.objects.filter(pk__in=opened_again).update(done_at=None, done_by=None)
    steps.keep_next_many(cases)
    for status in sorted({case.status for case in cases}):
        same = [case for case in cases if case.status == status]
        record_many(same, by=by, what="move_undone", on=on, case_state=status)
