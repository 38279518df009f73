"""What has to be done next in a case: rows that Today, the digest and the reminders all read.

Each state has its own next step; a case in documentation also has one step per open requirement; a placement and a
reintegration bring theirs. Every change of steps keeps `next_step` and `next_due_on` on the case in the same
transaction, so that lists need no subquery (docs/architecture.md).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.bulk import insert_many
from programmes.base.rulebook.catalogue import DEADLINES, WaitsFor
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import Status

S = Status
# state → (deadline of the rulebook, whose desk). The step's kind is the deadline's key.
STATE_STEPS: dict[str, tuple[str, str]] = {
    S.REGISTERED: ("screening", Step.Desk.CASE),
    S.WAITLISTED: ("waitlist_review", Step.Desk.CASE),
    S.ELIGIBLE: ("testing", Step.Desk.CASE),
    S.ROSTERED: ("roster_expiry", Step.Desk.CASE),
    S.SUSPENDED: ("suspension_review", Step.Desk.CASE),
    S.SELECTED: ("offer", Step.Desk.EMPLOYER),
    S.IN_DOCUMENTATION: ("documents", Step.Desk.CASE),
    S.REFUSED: ("refusal", Step.Desk.CASE),
    S.UNFIT: ("refusal", Step.Desk.CASE),
    S.READY_TO_TRAVEL: ("departure", Step.Desk.CASE),
    S.NO_SHOW: ("refusal", Step.Desk.CASE),
    S.TRAVELLING: ("arrival", Step.Desk.EMPLOYER),
    S.TURNED_BACK: ("refusal", Step.Desk.CASE),
    S.ACTIVE: ("contract_ending", Step.Desk.EMPLOYER),
    S.LEFT_EMPLOYMENT: ("whereabouts", Step.Desk.EMPLOYER),
    S.WHEREABOUTS_UNKNOWN: ("whereabouts", Step.Desk.CASE),
    S.STATUS_CHANGED: ("closure", Step.Desk.CASE),
    S.ENDED: ("return", Step.Desk.CASE),
    S.ENDED_EARLY: ("return", Step.Desk.CASE),
    S.RETURN_OVERDUE: ("whereabouts", Step.Desk.CASE),
    S.RETURNED: ("after_return", Step.Desk.CASE),
    S.RECALL_OFFERED: ("recall", Step.Desk.EMPLOYER),
    S.IN_REINTEGRATION: ("plan", Step.Desk.CASE),
    S.DECEASED: ("closure", Step.Desk.CASE),
}
REQUIREMENT = "requirement"
# Steps that belong to a placement or a reintegration and not to the state alone; opened by those rooms.
OWN_LABELS = {
    "first_call": DEADLINES["first_call"].label,
    "check_in": DEADLINES["check_in"].label,
    "follow_up": gettext_lazy("Follow-up interview"),
    "medical_repeat": gettext_lazy("Repeat the medical exam"),
    "document_ends": gettext_lazy("Renew a document that ends soon"),
    "permit_ends": gettext_lazy("Extend the visa or permit, or end the stay before it ends"),
    "replacement": gettext_lazy("Give a free position to this worker, or pass on"),
    "tell_worker": gettext_lazy("Tell the worker what the note says"),
}
_WAITS = {"offer": WaitsFor.EMPLOYER, "arrival": WaitsFor.EMPLOYER, "recall": WaitsFor.WORKER}


def label(kind: str, requirement=None) -> str:
    """The step in words, a verb first; for a requirement, what is required."""
    return in_words(kind, requirement.label if requirement is not None else "")


def in_words(kind: str, required: str = "") -> str:
    """The same of a row that was read without its requirement: `required` is the requirement's label."""
    if required:
        return _("Complete: %(what)s") % {"what": required}
    if kind in DEADLINES:
        return str(DEADLINES[kind].label)
    return str(OWN_LABELS.get(kind, lazystr(kind)))


def open_step(enrolment, kind: str, due_on: date, *, desk=Step.Desk.CASE, requirement=None, waits_for=None) -> Step:
    """Open a step, or move the day of the same one that is open already. Keeps the case's next step in line."""
    step, created = Step.objects.get_or_create(
        enrolment=enrolment,
        kind=kind,
        requirement=requirement,
        done_at=None,
        defaults={
            "due_on": due_on,
            "desk": desk,
            "waits_for": waits_for or (requirement.waits_for if requirement else _WAITS.get(kind, WaitsFor.US)),
        },
    )
    if not created and step.due_on != due_on:
        step.due_on = due_on
        step.save(update_fields=["due_on"])
    keep_next(enrolment)
    return step


def finish(enrolment, *kinds: str, by=None, requirement=None) -> int:
    """Mark the open steps of these kinds as done; all open steps when no kind is named. Returns how many."""
    steps = Step.objects.filter(enrolment=enrolment, done_at__isnull=True)
    if kinds:
        steps = steps.filter(kind__in=kinds)
    if requirement is not None:
        steps = steps.filter(requirement=requirement)
    done = steps.update(done_at=timezone.now(), done_by=by)
    keep_next(enrolment)
    return done


def keep_next(enrolment) -> None:
    """Write the earliest open step onto the case. A snoozed step counts from the day it wakes."""
    keep_next_many([enrolment])


def keep_next_many(enrolments: Sequence[Enrolment]) -> None:
    """The same for many cases, in two statements."""
    opened = Step.objects.filter(enrolment__in=[enrolment.pk for enrolment in enrolments], done_at__isnull=True)
    earliest: dict[int, Step] = {}
    for step in opened.order_by("due_on", "-requirement", "id"):
        earliest.setdefault(step.enrolment_id, step)
    changed = []
    for enrolment in enrolments:
        first = earliest.get(enrolment.pk)
        kind = first.kind if first else ""
        day = first.due_on if first else None
        if first is not None and first.requirement_id:
            kind = f"{REQUIREMENT}:{first.requirement_id}"
        if (enrolment.next_step, enrolment.next_due_on) != (kind, day):
            enrolment.next_step, enrolment.next_due_on = kind, day
            changed.append(enrolment)
    if len(changed) == 1:
        (one,) = changed
        Enrolment.objects.filter(pk=one.pk).update(next_step=one.next_step, next_due_on=one.next_due_on)
    elif changed:
        Enrolment.objects.bulk_update(changed, ["next_step", "next_due_on"])


def due_day(enrolment, kind: str, *, on: date) -> date:
    """The day by which the step of the present state is due, counted as the rulebook says."""
    days = enrolment.programme.deadlines()[kind]
    if kind == "documents":
        return max(on, (enrolment.planned_start or on) - timedelta(days=days))
    if kind == "departure":
        return max(on, (enrolment.planned_start or on) + timedelta(days=days))
    if kind == "contract_ending":
        return max(on, (enrolment.planned_end or on) - timedelta(days=days))
    if kind == "return":
        return max(on, (enrolment.planned_end or on) + timedelta(days=days))
    if kind == "plan":
        return (enrolment.returned_on or on) + timedelta(days=days)
    return on + timedelta(days=days)


def renew(enrolment, *, on: date, by=None) -> None:
    """After a move: everything open before is done, the new state's step is open."""
    renew_many([enrolment], on=on, by=by)


def renew_many(enrolments: Sequence[Enrolment], *, on: date, by=None) -> None:
    """The same for many cases, in a few statements."""
    pks = [enrolment.pk for enrolment in enrolments]
    Step.objects.filter(enrolment__in=pks, done_at__isnull=True).update(done_at=timezone.now(), done_by=by)
    new = []
    for enrolment in enrolments:
        if enrolment.status in STATE_STEPS:
            kind, desk = STATE_STEPS[enrolment.status]
            new.append(
                Step(
                    enrolment=enrolment,
                    kind=kind,
                    desk=desk,
                    due_on=due_day(enrolment, kind, on=on),
                    waits_for=_WAITS.get(kind, WaitsFor.US),
                )
            )
        new += [_for_requirement(enrolment, standing, on=on) for standing in _unmet(enrolment)]
    insert_many(new)
    keep_next_many(enrolments)


def first_steps(enrolments: Sequence[Enrolment], *, on: date) -> list[Step]:
    """The first step of each of these new cases, not saved yet; the cases carry it as their next one already."""
    opened = []
    for enrolment in enrolments:
        kind, desk = STATE_STEPS[enrolment.status]
        step = Step(
            enrolment=enrolment, kind=kind, desk=desk, due_on=due_day(enrolment, kind, on=on),
            waits_for=_WAITS.get(kind, WaitsFor.US),
        )  # fmt: skip
        enrolment.next_step, enrolment.next_due_on = step.kind, step.due_on
        opened.append(step)
    return opened


def open_first(steps: Sequence[Step]) -> None:
    """Save the first steps of cases that have been saved meanwhile."""
    for step in steps:
        step.enrolment_id = step.enrolment.pk
    insert_many(steps)


def _asked_next(enrolment) -> set[str] | None:
    """The stage whose requirements have steps of their own in the present state; None where none has."""
    stage = {S.ELIGIBLE: S.ROSTERED, S.IN_DOCUMENTATION: S.READY_TO_TRAVEL}.get(enrolment.status)
    return {str(stage)} if stage else None


def _unmet(enrolment) -> list[requirements.Standing]:
    stages = _asked_next(enrolment)
    return [one for one in requirements.standings(enrolment, stages=stages) if not one.is_met] if stages else []


def _for_requirement(enrolment, standing: requirements.Standing, *, on: date) -> Step:
    return Step(
        enrolment=enrolment,
        kind=REQUIREMENT,
        requirement=standing.requirement,
        due_on=max(on, standing.due_on or due_day(enrolment, "testing", on=on)),
        waits_for=standing.waits_for,
    )


def renew_requirements(enrolment, *, by=None, on: date | None = None) -> None:
    """Open a step for each unmet requirement of the next stage, finish the met ones, note whose turn it is."""
    stages = _asked_next(enrolment)
    if stages is None:
        return
    on = on or timezone.localdate()
    already = {
        s.requirement_id: s for s in Step.objects.filter(enrolment=enrolment, done_at__isnull=True, kind=REQUIREMENT)
    }
    new = []
    for standing in requirements.standings(enrolment, stages=stages):
        step = already.get(standing.requirement.pk)
        if standing.is_met and step:
            Step.objects.filter(pk=step.pk).update(done_at=timezone.now(), done_by=by)
        elif not standing.is_met and step is None:
            new.append(_for_requirement(enrolment, standing, on=on))
        elif step is not None and not standing.is_met and step.waits_for != standing.waits_for:
            Step.objects.filter(pk=step.pk).update(waits_for=standing.waits_for)
    Step.objects.bulk_create(new)
    keep_next(enrolment)
