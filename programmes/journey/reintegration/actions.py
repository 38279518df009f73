"""Deeds of a reintegration: start, assess, plan, agree, carry out, monitor, pause, and the follow-up interviews."""

from datetime import date, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent, record
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.placement.actions import refuse_impossible
from programmes.journey.reintegration import rules
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.reintegration.states import FOLLOW_UP, FollowUpStatus, Status

log = structlog.get_logger(__name__)

# The plan is written from the assessment on, and changed while it is carried out.
PLAN_OPEN = (Status.ASSESSED, Status.PLAN_DRAFTED, Status.PLAN_AGREED, Status.IN_IMPLEMENTATION)


@transaction.atomic
def start(enrolment, *, by, version=None, on: date, note: str = "") -> Reintegration:
    """Open the reintegration of a returnee: returned or recall_offered → in_reintegration.

    Effects: the reintegration case, follow-ups 3, 6 and 12 months after the return, the steps of the plan and of the
    first follow-up.
    """
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, CaseStatus.IN_REINTEGRATION)
    if enrolment.returned_on is None:
        raise RuleBroken(_("Confirm the return first."), code="not_returned")
    if on < enrolment.returned_on:
        raise RuleBroken(_("The day lies before the return."), field="on")
    reintegration = Reintegration.objects.create(enrolment=enrolment, opened_on=on, created_by=by)
    for months, due_on in rules.follow_up_days(enrolment.returned_on):
        FollowUp.objects.create(enrolment=enrolment, months=months, due_on=due_on, created_by=by)
    cases.move(enrolment, CaseStatus.IN_REINTEGRATION, by=by, on=on, note=note)
    enrolment = cases.locked(enrolment)
    _mark_due(enrolment, by=by, today=timezone.localdate())
    keep_follow_up_step(enrolment)
    return reintegration


@transaction.atomic
def assess(reintegration, *, by, version=None, on: date) -> Reintegration:
    """Record the day on which needs and wishes were assessed: opened → assessed."""
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.opened_on)
    reintegration.move_to(Status.ASSESSED, by=by, on=on, assessed_on=on, what="assessed")
    return reintegration


@transaction.atomic
def draft(reintegration, *, by, version=None, goals: str, economic="", social="", psychosocial="") -> Reintegration:
    """Write the goals in the person's words and the three summaries (Handbook, Annex 3); assessed → plan_drafted.

    An agreed plan may still be changed while it is carried out; the row history keeps what was agreed.
    """
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_settled(reintegration)
    facts = {"goals": goals, "economic": economic, "social": social, "psychosocial": psychosocial}
    if reintegration.status == Status.ASSESSED:
        reintegration.move_to(Status.PLAN_DRAFTED, by=by, what="plan_drafted", **facts)
    else:
        for name, value in facts.items():
            setattr(reintegration, name, value)
        reintegration.write(*facts)
        record(reintegration, by=by, what="plan_changed")
    return reintegration


@transaction.atomic
def agree(reintegration, *, by, version=None, on: date) -> Reintegration:
    """The person agrees to the plan: plan_drafted → plan_agreed. Needs goals and a line; finishes the step "plan"."""
    enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.assessed_on or reintegration.opened_on)
    reintegration.move_to(Status.PLAN_AGREED, by=by, on=on, agreed_on=on, what="plan_agreed")
    steps.finish(enrolment, "plan", by=by)
    return reintegration


@transaction.atomic
def implement(reintegration, *, by, version=None, on: date) -> Reintegration:
    """The plan is being carried out: plan_agreed → in_implementation."""
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.agreed_on)
    reintegration.move_to(Status.IN_IMPLEMENTATION, by=by, on=on, what="plan_started")
    return reintegration


@transaction.atomic
def complete(reintegration, *, by, version=None, on: date) -> Reintegration:
    """Everything planned was delivered: in_implementation → completed."""
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.agreed_on)
    reintegration.move_to(Status.COMPLETED, by=by, on=on, what="plan_completed")
    return reintegration


@transaction.atomic
def monitor(reintegration, *, by, version=None, on: date) -> Reintegration:
    """Only the follow-ups are left: completed → in_monitoring."""
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.opened_on)
    reintegration.move_to(Status.IN_MONITORING, by=by, on=on, what="monitoring_started")
    return reintegration


@transaction.atomic
def pause(reintegration, *, by, version=None, on: date, reason: str, note: str = "") -> Reintegration:
    """Pause with a reason (code list "reintegration_pause"); `resume` goes on where it stood."""
    _enrolment, reintegration = _locked(reintegration, version)
    _refuse_wrong_day(on, reintegration.opened_on)
    reintegration.move_to(Status.PAUSED, by=by, on=on, reason=reason, note=note, what="reintegration_paused")
    return reintegration


@transaction.atomic
def resume(reintegration, *, by, version=None, on: date, note: str = "") -> Reintegration:
    """Go on in the state in which the reintegration was paused, as the diary knows it."""
    _enrolment, reintegration = _locked(reintegration, version)
    if reintegration.status != Status.PAUSED:
        raise RuleBroken(_("This reintegration is not paused."), code="not_paused")
    _refuse_wrong_day(on, reintegration.opened_on)
    reintegration.move_to(stood_before_pause(reintegration), by=by, on=on, note=note, what="reintegration_resumed")
    return reintegration


def stood_before_pause(reintegration) -> str:
    """The state in which a paused reintegration was paused, read from the diary."""
    paused = CaseEvent.objects.filter(subject="reintegration", subject_id=reintegration.pk, to_status=Status.PAUSED)
    return paused.order_by("-id").values_list("from_status", flat=True).first() or Status.OPENED


@transaction.atomic
def add_line(
    reintegration, *, by, dimension, assistance, description="", referral_needed=False, cost=None, currency=""
):
    """Add a kind of assistance to the plan. Needs a currency when a cost is given."""
    _enrolment, reintegration = _locked(reintegration)
    _refuse_settled(reintegration)
    line = PlanLine.objects.create(
        reintegration=reintegration, enrolment_id=reintegration.enrolment_id, created_by=by, dimension=dimension,
        assistance=assistance, description=description, referral_needed=referral_needed,
        cost=cost, currency=currency if cost is not None else "",
    )  # fmt: skip
    record(reintegration, by=by, what="plan_line_added", assistance=assistance)
    return line


@transaction.atomic
def change_line(
    line, *, by, version=None, dimension, assistance, description="", referral_needed=False, cost=None, currency=""
):
    """Change a line that was not delivered yet."""
    reintegration, line = _locked_line(line, version)
    facts = {
        "dimension": dimension, "assistance": assistance, "description": description,
        "referral_needed": referral_needed, "cost": cost, "currency": currency if cost is not None else "",
    }  # fmt: skip
    for name, value in facts.items():
        setattr(line, name, value)
    line.write(*facts)
    record(reintegration, by=by, what="plan_line_changed", assistance=assistance)
    return line


@transaction.atomic
def remove_line(line, *, by, version=None) -> Reintegration:
    """Take a line out of the plan that was not delivered; the row history keeps it."""
    reintegration, line = _locked_line(line, version)
    line.delete()
    record(reintegration, by=by, what="plan_line_removed", assistance=line.assistance)
    return reintegration


@transaction.atomic
def deliver_line(line, *, by, version=None, on: date) -> PlanLine:
    """Record that a line of an agreed plan was delivered on `on`."""
    reintegration, line = _locked_line(line, version)
    if reintegration.status not in {Status.PLAN_AGREED, Status.IN_IMPLEMENTATION}:
        raise RuleBroken(_("Only an agreed plan is carried out."), code="not_agreed")
    _refuse_wrong_day(on, reintegration.agreed_on)
    line.done_on = on
    line.write("done_on")
    record(reintegration, by=by, what="plan_line_delivered", on=on, assistance=line.assistance)
    return line


@transaction.atomic
def record_follow_up(
    follow_up, *, by, version=None, outcome: str, on: date, in_work=None, able_to_stay=None, summary: str = ""
) -> FollowUp:
    """Record how a follow-up interview went: done, or missed, refused, unreachable.

    Answers are kept only of an interview that took place. Effects: the follow-up moved (one that was not due yet
    becomes due on the way), its step finished, the step of the next one opened.
    """
    enrolment = cases.locked(follow_up.enrolment)
    cases.refuse_when_over(enrolment)
    follow_up = FollowUp.objects.locked().get(pk=follow_up.pk)
    if version is not None:
        follow_up.expect_version(version)
    if outcome not in FOLLOW_UP.groups["answered"]:
        raise RuleBroken(_("Choose how the interview went."), field="outcome")
    _refuse_wrong_day(on, enrolment.returned_on)
    done = outcome == FollowUpStatus.DONE
    if follow_up.status == FollowUpStatus.SCHEDULED:
        follow_up.move_to(FollowUpStatus.DUE, by=by, on=on)
    follow_up.move_to(
        outcome,
        by=by,
        on=on,
        what="follow_up_recorded",
        facts={"follow_up_months": follow_up.months, "follow_up_outcome": outcome},
        done_on=on,
        summary=summary,
        in_work=in_work if done else None,
        able_to_stay=able_to_stay if done else None,
    )
    steps.finish(enrolment, "follow_up", by=by)
    keep_follow_up_step(enrolment)
    return follow_up


def close_with_case(enrolment, *, by, on: date, reason: str) -> None:
    """A closed case closes its reintegration with the same reason; the follow-ups stay as they are."""
    reintegration = Reintegration.objects.locked().filter(enrolment=enrolment).exclude(status=Status.CLOSED).first()
    if reintegration is not None:
        reintegration.move_to(Status.CLOSED, by=by, on=on, reason=reason)


def reopen_with_case(enrolment, *, by, on: date) -> None:
    """A case reopened into its reintegration is monitored again."""
    reintegration = Reintegration.objects.locked().filter(enrolment=enrolment, status=Status.CLOSED).first()
    if reintegration is not None:
        reintegration.move_to(Status.IN_MONITORING, by=by, on=on)


def keep_follow_up_step(enrolment) -> None:
    """Open the step of the earliest follow-up that has no answer yet."""
    if enrolment.status != CaseStatus.IN_REINTEGRATION:
        return
    waiting = FollowUp.objects.filter(enrolment=enrolment).exclude(status__in=FOLLOW_UP.groups["answered"])
    first = waiting.order_by("months").first()
    if first is not None:
        steps.open_step(enrolment, "follow_up", first.due_on)


def mark_due(now=None) -> int:
    """Mark the follow-ups whose day has come by the calendar of each case's office. Returns how many were marked.

    Only in cases that are in reintegration. A case that was reopened gets its steps back in line on the way: the one of
    its next follow-up is open, the one of a plan that is agreed is not. Running it twice, or twice at once, changes
    nothing more; a case that fails is logged, the others go on.
    """
    now = now or timezone.now()
    scheduled = FollowUp.objects.filter(
        enrolment=OuterRef("pk"), status=FollowUpStatus.SCHEDULED, due_on__lte=now.date() + timedelta(days=1)
    )
    unanswered = FollowUp.objects.filter(enrolment=OuterRef("pk")).exclude(status__in=FOLLOW_UP.groups["answered"])
    agreed = Reintegration.objects.filter(enrolment=OuterRef("pk"), agreed_on__isnull=False)
    step = Step.objects.open().filter(enrolment=OuterRef("pk"))
    waiting = (
        Enrolment.objects.filter(status=CaseStatus.IN_REINTEGRATION)
        .filter(
            Exists(scheduled)
            | (Exists(unanswered) & ~Exists(step.filter(kind="follow_up")))
            | (Exists(agreed) & Exists(step.filter(kind="plan")))
        )
        .select_related("office")
        .order_by("pk")
    )
    marked = 0
    for enrolment in waiting.iterator(500):
        try:
            with timezone.override(enrolment.office.zone), transaction.atomic():
                fresh = cases.locked(enrolment)
                marked += _mark_due(fresh, by=None, today=now.astimezone(enrolment.office.zone).date())
                _keep_steps(fresh)
        except Exception:
            log.exception("follow_up_not_marked_due", case=enrolment.number)
    return marked


def _keep_steps(enrolment) -> None:
    if Reintegration.objects.filter(enrolment=enrolment, agreed_on__isnull=False).exists():
        steps.finish(enrolment, "plan")
    keep_follow_up_step(enrolment)


def _mark_due(enrolment, *, by, today) -> int:
    if enrolment.status != CaseStatus.IN_REINTEGRATION:
        return 0
    due = FollowUp.objects.locked().filter(enrolment=enrolment, status=FollowUpStatus.SCHEDULED, due_on__lte=today)
    marked = 0
    for follow_up in due.order_by("months"):
        follow_up.move_to(FollowUpStatus.DUE, by=by, on=today)
        marked += 1
    return marked


def _locked(reintegration, version=None):
    enrolment = cases.locked(reintegration.enrolment)
    cases.refuse_when_over(enrolment)
    fresh = Reintegration.objects.locked().get(pk=reintegration.pk)
    if version is not None:
        fresh.expect_version(version)
    return enrolment, fresh


def _locked_line(line, version):
    _enrolment, reintegration = _locked(line.reintegration)
    _refuse_settled(reintegration)
    fresh = PlanLine.objects.locked().filter(pk=line.pk).first()
    if fresh is None:
        raise RuleBroken(_("This line was taken out of the plan meanwhile."), code="gone")
    if version is not None:
        fresh.expect_version(version)
    if fresh.done_on:
        raise RuleBroken(_("This line was delivered and stays as it is."), code="delivered")
    return reintegration, fresh


def _refuse_settled(reintegration):
    if reintegration.status not in PLAN_OPEN:
        raise RuleBroken(
            _("The plan cannot be changed now: the reintegration is “%(state)s”.")
            % {"state": reintegration.get_status_display()},
            code="settled",
        )


def _refuse_wrong_day(on, earliest):
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    if earliest and on < earliest:
        raise RuleBroken(_("The day lies before the step that comes first."), field="on")
