"""Pages of the time abroad: where the worker is, the check-ins, the extension."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.rulebook.codes import label
from programmes.journey.employers import fair, fair_actions
from programmes.journey.enrolment.models import Step
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.enrolment.views import visible_case
from programmes.journey.placement import actions
from programmes.journey.placement.forms import CheckInForm, ExtendForm, FairPlacementForm
from programmes.journey.placement.models import Placement
from programmes.journey.placement.states import Status

S = CaseStatus
WITH_PLACE = ("position__demand__employer", "position__demand__site")
# The moves that belong to this section; the case file makes them. The first one is the next step.
MOVES = {
    S.TRAVELLING: [(S.ACTIVE, gettext_lazy("Confirm the arrival"))],
    S.ACTIVE: [
        (S.ENDED, gettext_lazy("End the season")),
        (S.ENDED_EARLY, gettext_lazy("End early")),
        (S.LEFT_EMPLOYMENT, gettext_lazy("Left the employer")),
    ],
    S.LEFT_EMPLOYMENT: [(S.ACTIVE, gettext_lazy("Back at work"))],
}
LONGEST_LIST = 100


@requires(Permission.DEMAND_VIEW)
@require_safe
def detail(request, public_id):
    """The section "Placement" of a case: employer, days, check-ins, what comes next."""
    enrolment = visible_case(request, public_id)
    placements = list(Placement.objects.filter(enrolment=enrolment).select_related(*WITH_PLACE))
    current = placements[0] if placements else None
    contacts = list(enrolment.check_ins.select_related("created_by")[:LONGEST_LIST]) if current else []
    may = request.user.may(Permission.PLACEMENT_EDIT) and not enrolment.is_over
    next_step = _next(enrolment, current)
    return render(
        request,
        "journey/placement/detail.html",
        {
            "enrolment": enrolment,
            "tab": "placement",
            "placement": current,
            "earlier": placements[1:],
            "contacts": contacts,
            "facts": _facts(current) if current else [],
            "fair": fair.checklist(fair.OF_PLACEMENT, current.answers.select_related("by")) if current else None,
            "next": next_step,
            "others": _others(enrolment, current) if may else [],
            "may": may,
            "can_check_in": may
            and current is not None
            and current.status == Status.STARTED
            and not next_step.get("say"),
        },
    )


def _next(enrolment, placement) -> dict:
    """What the outlined box says, for each state of the case in which something is to do here."""
    moves = MOVES.get(enrolment.status, [])
    if enrolment.status == S.ACTIVE and placement:
        step = Step.objects.open().filter(enrolment=enrolment, kind__in=actions.CHECK_INS).order_by("due_on").first()
        if step:
            first = step.kind == "first_call"
            return {
                "title": _("First wellbeing call") if first else _("Check-in with the worker"),
                "do": _("Record a check-in"),
                "href": reverse("placement:check_in", args=[enrolment.public_id]),
                "say": _("Due on %(day)s, %(relative)s.")
                % {"day": wording.short_day(step.due_on), "relative": wording.relative_day(step.due_on)},
            }
    if not moves:
        return {}
    target, words = moves[0]
    return {"title": CaseStatus(target).label, "do": words, "href": _move(enrolment, target), "say": ""}


def _others(enrolment, placement) -> list[dict]:
    moves = MOVES.get(enrolment.status, [])
    others = [{"label": words, "href": _move(enrolment, target)} for target, words in moves]
    if enrolment.status == S.ACTIVE and placement:
        others.insert(0, {"label": _("Extend"), "href": reverse("placement:extend", args=[enrolment.public_id])})
        return others
    return others[1:]


def _move(enrolment, target) -> str:
    return reverse("casefile:move", args=[enrolment.public_id, target])


def _facts(placement) -> list[dict]:
    demand = placement.position.demand
    late = placement.status == Status.STARTED and placement.ends_on < timezone.localdate()
    rows = [
        {"label": _("Employer"), "value": demand.employer.name},
        {"label": _("Site"), "value": demand.site.name},
        {"label": _("Job demand"), "value": demand.number, "href": demand.get_absolute_url()},
        {"label": _("Occupation"), "value": label("isco", demand.occupation)},
        {"label": _("First day of work"), "value": wording.short_day(placement.starts_on)},
        {"label": _("Planned last day"), "value": wording.short_day(placement.ends_on), "late": late},
    ]
    if placement.ended_on:
        rows.append({"label": _("Actual last day"), "value": wording.short_day(placement.ended_on)})
    if placement.end_cause:
        rows.append({"label": _("Cause of the end"), "value": cause_in_words(placement.end_cause)})
    if placement.hours_worked is not None:
        rows.append({"label": _("Hours worked"), "value": wording.number(placement.hours_worked)})
    if placement.status in {Status.COMPLETED, Status.TERMINATED_EARLY}:
        rows.append({"label": _("Employer about the worker"), "value": _rating(placement.employer_rating)})
        rows.append({"label": _("Worker about the employer"), "value": _rating(placement.worker_rating)})
    return rows


def cause_in_words(cause: str) -> str:
    """A placement's cause of end, from whichever list it was chosen, or the state of the case that ended it."""
    for name in ("early_end", "left_employment"):
        words = label(name, cause)
        if words != cause:
            return words
    return str(CaseStatus(cause).label) if cause in CaseStatus.values else cause


def _rating(value) -> str:
    return _("%(value)d of 5") % {"value": value} if value else _("not given")


@requires(Permission.PLACEMENT_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request, public_id):
    """Record a contact with the worker."""
    enrolment = visible_case(request, public_id)
    form = CheckInForm(typed(request), user=request.user)
    back = reverse("placement:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.check_in(enrolment, by=request.user, **form.deed()),
            done=_("The check-in was recorded."),
            to=back,
        )
        if done:
            return done
    return form_page(request, form, title=_("Check-in"), band=enrolment.band, cancel=back)


@requires(Permission.PLACEMENT_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def extend(request, public_id):
    """Move the last day of work to a later day."""
    enrolment = visible_case(request, public_id)
    form = ExtendForm(typed(request), user=request.user, record=enrolment)
    back = reverse("placement:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.extend(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The placement was extended."),
            to=back,
        )
        if done:
            return done
    current = Placement.objects.filter(enrolment=enrolment, status=Status.STARTED).first()
    intro = ""
    if current:
        intro = _("The last day of work is %(day)s now.") % {"day": wording.full_day(current.ends_on)}
    return form_page(
        request, form, title=_("Extend"), intro=intro, do=_("Extend"), band=enrolment.band, cancel=back,
        effects=[_("The check-ins go on and the end of season is prepared later.")],
    )  # fmt: skip


@requires(Permission.PLACEMENT_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fair_recruitment(request, public_id):
    """Answer the questions of fair recruitment about the latest placement of a case."""
    enrolment = visible_case(request, public_id)
    latest = Placement.objects.filter(enrolment=enrolment).order_by("-starts_on", "-pk").values("pk")[:1]
    placement = get_object_or_404(Placement, pk__in=latest)
    form = FairPlacementForm(typed(request), user=request.user, record=placement)
    back = reverse("placement:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form,
            lambda: fair_actions.answer(placement, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The answers were recorded."), to=back,
        )  # fmt: skip
        if done:
            return done
    return form_page(request, form, title=_("Fair recruitment"), band=enrolment.band, cancel=back)
