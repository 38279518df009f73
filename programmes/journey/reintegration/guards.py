"""What this room judges and does whenever a case moves, and the sentences of its deeds."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.base.rulebook.codes import label
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.reintegration import actions
from programmes.journey.reintegration.models import PlanLine, Reintegration
from programmes.journey.reintegration.states import FollowUpStatus, Status

S = CaseStatus

sentences.register(
    {
        "assessed": gettext_lazy("assessed needs and wishes"),
        "plan_drafted": gettext_lazy("drafted the reintegration plan"),
        "plan_agreed": gettext_lazy("recorded that the reintegration plan was agreed"),
        "plan_started": gettext_lazy("started to carry out the reintegration plan"),
        "plan_completed": gettext_lazy("recorded that the reintegration plan was completed"),
        "monitoring_started": gettext_lazy("started the monitoring of the reintegration"),
        "reintegration_paused": gettext_lazy("paused the reintegration"),
        "reintegration_resumed": gettext_lazy("went on with the reintegration"),
        "follow_up_recorded": gettext_lazy(
            "recorded the follow-up after {follow_up_months} months: {follow_up_outcome}"
        ),
        "plan_changed": gettext_lazy("changed the reintegration plan"),
        "plan_line_added": gettext_lazy("added to the plan: {assistance}"),
        "plan_line_changed": gettext_lazy("changed in the plan: {assistance}"),
        "plan_line_removed": gettext_lazy("took out of the plan: {assistance}"),
        "plan_line_delivered": gettext_lazy("delivered: {assistance}"),
    }
)
sentences.quote("assistance", lambda code: label("assistance", code))
sentences.quote("follow_up_outcome", lambda code: str(dict(FollowUpStatus.choices).get(code, code)))


@guard("enrolment", S.IN_REINTEGRATION)
def reintegration_opened(enrolment, *, to, on, by=None):
    """A case is in reintegration when a reintegration was opened: the page of the move does it."""
    if not Reintegration.objects.filter(enrolment=enrolment).exists():
        yield Missing(
            "reintegration", _("An opened reintegration"), reverse("casefile:move", args=[enrolment.public_id, to])
        )


@guard("reintegration", Status.PLAN_AGREED)
def plan_says_something(reintegration, *, to, on, by=None):
    """A plan that is agreed says what the person wants and what is done for it; a paused one was judged before."""
    if reintegration.status == Status.PAUSED:
        return
    case = reintegration.enrolment.public_id
    if not reintegration.goals.strip():
        yield Missing("goals", _("The goals in the person's words"), reverse("reintegration:plan", args=[case]))
    if not PlanLine.objects.filter(reintegration=reintegration).exists():
        yield Missing("lines", _("At least one line of assistance"), reverse("reintegration:line_new", args=[case]))


@guard("reintegration", Status.COMPLETED)
def everything_delivered(reintegration, *, to, on, by=None):
    """A plan is complete when each line was delivered; what is not wanted any more is taken out of it."""
    if reintegration.status == Status.PAUSED:
        return
    case = reintegration.enrolment.public_id
    for line in PlanLine.objects.filter(reintegration=reintegration, done_on__isnull=True):
        yield Missing(
            f"line:{line.pk}",
            _("To deliver: %(assistance)s") % {"assistance": label("assistance", line.assistance)},
            reverse("reintegration:deliver", args=[case, line.public_id]),
        )


@consequence("enrolment", S.CLOSED)
def plan_closes(enrolment, *, event, by):
    """Closing the case closes its reintegration, for the same reason."""
    actions.close_with_case(enrolment, by=by, on=event.on, reason=enrolment.closure_reason or event.reason)


@consequence("enrolment", S.REOPENED)
def plan_opens_again(enrolment, *, event, by):
    """A case that was closed in its reintegration is monitored again when it is reopened."""
    if enrolment.closed_from == S.IN_REINTEGRATION:
        actions.reopen_with_case(enrolment, by=by, on=event.on)
