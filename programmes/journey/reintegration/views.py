"""Pages of reintegration: the list, the plan of one returnee, its lines and follow-ups."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.codes import label
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.enrolment.views import visible_case
from programmes.journey.reintegration import actions, page
from programmes.journey.reintegration.forms import (
    DayForm,
    FollowUpForm,
    LineForm,
    PauseForm,
    PlanForm,
    RemoveLineForm,
    ResumeForm,
)
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.reintegration.states import Status
from programmes.journey.returns.views import list_views

COLUMNS = (
    "id", "opened_on", "status", "agreed_on", "due", "enrolment__public_id", "enrolment__number",
    "enrolment__next_step", "enrolment__next_due_on", "enrolment__returned_on",
    "enrolment__programme__names", "enrolment__programme__code",
    "enrolment__person__given_names", "enrolment__person__first_surname", "enrolment__person__second_surname",
    "enrolment__owner__full_name",
)  # fmt: skip
# Where a case without a next step stands in the list: at its end.
NEVER = Value(date(9999, 12, 31), output_field=DateField())


@requires(Permission.REINTEGRATION_VIEW)
@require_safe
def reintegrations(request):
    """Returnees in reintegration, what is due soonest first."""
    rows = (
        Reintegration.objects.visible_to(request.user)
        .exclude(status=Status.CLOSED)
        .filter(enrolment__status=CaseStatus.IN_REINTEGRATION)
        .annotate(due=Coalesce("enrolment__next_due_on", NEVER))
        .values(*COLUMNS)
    )
    found = keyset(request, rows, order=("due", "id"))
    for row in found.rows:
        names = (row[f"enrolment__person__{part}"] for part in ("given_names", "first_surname", "second_surname"))
        row["name"] = " ".join(part for part in names if part)
        row["state"] = Status(row["status"]).label
        row["tone"] = Reintegration(status=row["status"]).status_tone
        row["step"] = steps.label(row["enrolment__next_step"])
    return page_or_part(
        request,
        "journey/reintegration/list.html",
        "results",
        {"page": found, "views": list_views(request.user, "reintegration")},
    )


def _of(enrolment: Enrolment) -> Reintegration:
    found = get_object_or_404(Reintegration, enrolment=enrolment)
    found.enrolment = enrolment  # read already, with what the frame shows
    return found


@requires(Permission.REINTEGRATION_VIEW)
@require_safe
def detail(request, public_id):
    """The section "Reintegration" of a case: goals, plan, budget, follow-ups."""
    enrolment = visible_case(request, public_id)
    found = Reintegration.objects.filter(enrolment=enrolment).first()
    context: dict[str, Any] = {"enrolment": enrolment, "tab": "reintegration", "reintegration": found}
    may = request.user.may(Permission.REINTEGRATION_EDIT) and not enrolment.is_over
    if found is None:
        startable = enrolment.MACHINE.allows(enrolment.status, CaseStatus.IN_REINTEGRATION)
        context["start"] = (
            reverse("casefile:move", args=[public_id, CaseStatus.IN_REINTEGRATION]) if may and startable else ""
        )
        return render(request, "journey/reintegration/detail.html", context)
    found.enrolment = enrolment
    today = enrolment.office.today()
    follow_ups = list(FollowUp.objects.filter(enrolment=enrolment))
    lines = page.lines(found, may=may)
    context |= {
        "stages": page.stages(found),
        "next": page.next_step(found, follow_ups) if may else {},
        "lines": lines,
        "budget": page.budget(lines),
        "facts": page.facts(found, today=today),
        "calendar": page.calendar(found, follow_ups, may=may, today=today),
        "may_add": may and found.status in actions.PLAN_OPEN,
        "summaries": [
            (_("Economic"), found.economic), (_("Social"), found.social), (_("Psychosocial"), found.psychosocial),
        ],
    }  # fmt: skip
    return render(request, "journey/reintegration/detail.html", context)


@dataclass(frozen=True)
class Deed:
    """A step of the reintegration that is one small form."""

    form: type
    act: Callable[..., Any]
    title: Promise
    do: Promise
    done: Promise


DEEDS = {
    "assess": Deed(
        DayForm,
        actions.assess,
        gettext_lazy("Assessment"),
        gettext_lazy("Record the assessment"),
        gettext_lazy("The assessment was recorded."),
    ),
    "agree": Deed(
        DayForm,
        actions.agree,
        gettext_lazy("Agreement on the plan"),
        gettext_lazy("Record the agreement"),
        gettext_lazy("The agreement was recorded."),
    ),
    "implement": Deed(
        DayForm,
        actions.implement,
        gettext_lazy("Start to carry out the plan"),
        gettext_lazy("Start"),
        gettext_lazy("The plan is being carried out."),
    ),
    "complete": Deed(
        DayForm,
        actions.complete,
        gettext_lazy("Plan completed"),
        gettext_lazy("Mark as completed"),
        gettext_lazy("The plan is completed."),
    ),
    "monitor": Deed(
        DayForm,
        actions.monitor,
        gettext_lazy("Start the monitoring"),
        gettext_lazy("Start"),
        gettext_lazy("The monitoring has started."),
    ),
    "pause": Deed(
        PauseForm,
        actions.pause,
        gettext_lazy("Pause the reintegration"),
        gettext_lazy("Pause"),
        gettext_lazy("The reintegration is paused."),
    ),
    "resume": Deed(
        ResumeForm,
        actions.resume,
        gettext_lazy("Go on with the reintegration"),
        gettext_lazy("Go on"),
        gettext_lazy("The reintegration goes on."),
    ),
}


def _form_of(request, enrolment, form, act, *, title, done, do=None, **context):
    """Show a form of this room, do its deed, go back to the section."""
    back = reverse("reintegration:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, act, done=done, to=back)
        if answer:
            return answer
    return form_page(request, form, title=title, do=do, band=enrolment.band, cancel=back, **context)


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request, public_id, deed):
    """One of the steps that need little more than a day."""
    chosen = DEEDS.get(deed)
    if chosen is None:
        raise Http404
    enrolment = visible_case(request, public_id)
    record = _of(enrolment)
    form = chosen.form(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: chosen.act(record, by=request.user, version=form.version_token(), **form.deed()),
        title=chosen.title, do=chosen.do, done=chosen.done,
    )  # fmt: skip


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request, public_id):
    """Write the goals and the three summaries."""
    enrolment = visible_case(request, public_id)
    record = _of(enrolment)
    form = PlanForm(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: actions.draft(record, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Reintegration plan"), done=_("The plan was saved."),
    )  # fmt: skip


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def line_new(request, public_id):
    """Add a kind of assistance to the plan."""
    enrolment = visible_case(request, public_id)
    record = _of(enrolment)
    last = PlanLine.objects.filter(reintegration=record).exclude(currency="").order_by("-id").first()
    form = LineForm(typed(request), user=request.user, currency=last.currency if last else "")
    return _form_of(
        request, enrolment, form,
        lambda: actions.add_line(record, by=request.user, **form.deed()),
        title=_("Add assistance"), do=_("Add"), done=_("Added to the plan."),
    )  # fmt: skip


def _line(enrolment, line_id) -> PlanLine:
    return get_object_or_404(PlanLine.objects.select_related("reintegration"), enrolment=enrolment, public_id=line_id)


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def line(request, public_id, line_id):
    """Change a line of the plan."""
    enrolment = visible_case(request, public_id)
    record = _line(enrolment, line_id)
    form = LineForm(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: actions.change_line(record, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Change assistance"), done=_("The line was saved."),
        remove=reverse("reintegration:remove", args=[public_id, line_id]),
        template="journey/reintegration/line.html",
    )  # fmt: skip


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def deliver(request, public_id, line_id):
    """Record that a line was delivered."""
    enrolment = visible_case(request, public_id)
    record = _line(enrolment, line_id)
    form = DayForm(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: actions.deliver_line(record, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Delivered: %(assistance)s") % {"assistance": label("assistance", record.assistance)},
        intro=record.description, do=_("Mark as delivered"), done=_("The delivery was recorded."),
    )  # fmt: skip


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request, public_id, line_id):
    """Take a line out of the plan."""
    enrolment = visible_case(request, public_id)
    record = _line(enrolment, line_id)
    form = RemoveLineForm(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: actions.remove_line(record, by=request.user, version=form.version_token()),
        title=_("Take out of the plan: %(assistance)s") % {"assistance": label("assistance", record.assistance)},
        intro=record.description, do=_("Take out"), danger=True, done=_("Taken out of the plan."),
    )  # fmt: skip


@requires(Permission.REINTEGRATION_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def follow_up(request, public_id, follow_up_id):
    """Record how a follow-up interview went."""
    enrolment = visible_case(request, public_id)
    record = get_object_or_404(
        FollowUp.objects.select_related("enrolment"), enrolment=enrolment, public_id=follow_up_id
    )
    form = FollowUpForm(typed(request), user=request.user, record=record)
    return _form_of(
        request, enrolment, form,
        lambda: actions.record_follow_up(record, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Follow-up after %(months)d months") % {"months": record.months}, done=_("The follow-up was recorded."),
    )  # fmt: skip
