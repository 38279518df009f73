"""Pages about demands: the list, one demand with its positions, and each step it takes."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.chips import chips_of
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.journey.demand import actions, board, clock, moves, naming
from programmes.journey.demand.filters import DemandFilter
from programmes.journey.demand.forms import (
    AuthorisationForm,
    CancelForm,
    ChooseEmployerForm,
    CloseForm,
    DemandForm,
    MoveForm,
    RejectForm,
    RenewForm,
    ReturnForm,
)
from programmes.journey.demand.models import Authorisation, JobDemand
from programmes.journey.demand.states import DEMAND
from programmes.journey.employers.story import story_of
from programmes.journey.employers.views import editable_employer

FORMS = ["GET", "HEAD", "POST"]
RIGHTS = (Permission.DEMAND_EDIT, Permission.DEMAND_APPROVE, Permission.CASE_MATCH)
SHOWN = ("season__programme", "employer", "site", "authorisation")


@requires(Permission.DEMAND_VIEW)
@require_safe
def listing(request):
    """Demands the user may see, newest request first; narrowed by status and season in the address."""
    visible = JobDemand.objects.visible_to(request.user).select_related(
        "season__programme", "employer", "site", "authorisation"
    )
    filtered = DemandFilter(request.GET, queryset=visible, user=request.user)
    form = filtered.form
    found = filtered.qs if form.is_valid() else visible.none()
    page = keyset(request, found, order=("-requested_on", "-id"))
    rows = clock.beside(page.rows, today=timezone.localdate())
    context = {"page": page, "rows": rows, "filters": form, "chips": chips_of(request, form)}
    return page_or_part(request, "journey/demand/list.html", "results", context)


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def new(request):
    """Write down a demand: first for which employer, then the terms."""
    chosen = request.GET.get("employer")
    if not chosen:
        form = ChooseEmployerForm(user=request.user)
        return render(request, "journey/demand/choose_employer.html", {"form": form})
    choice = ChooseEmployerForm(request.GET, user=request.user)
    if not choice.is_valid():
        raise Http404
    employer = choice.cleaned_data["employer"]
    form = DemandForm(typed(request), user=request.user, employer=employer)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.draft(employer, by=request.user, **form.deed()),
            done=_("The demand was written down as a draft."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        "journey/demand/form.html",
        title=_("New demand of %(name)s") % {"name": employer.name},
        do=_("Save the draft"),
        cancel=employer.get_absolute_url(),
        note=_first_needed(employer),
    )


def _first_needed(employer) -> dict | None:
    """What has to be recorded on the employer before its demand can be written or handed in, as a note with a link."""
    if not employer.sites.exists():
        return {
            "text": _("The demand needs a site, and this employer has none yet."),
            "href": reverse("employers:add_site", args=[employer.public_id]),
            "label": _("Add a site"),
        }
    if employer.programmes.exclude(authorisation_kind="").exists() and not employer.authorisations.exists():
        return {
            "text": _("The demand needs an authorisation before it is handed in, and this employer has none yet."),
            "href": reverse("demand:add_authorisation", args=[employer.public_id]),
            "label": _("Add an authorisation"),
        }
    return None


def visible_demand(request, public_id) -> JobDemand:
    """The demand, or 404 when the user may not see it."""
    return get_object_or_404(JobDemand.objects.visible_to(request.user).select_related(*SHOWN), public_id=public_id)


def demand_for(request, public_id, permission) -> JobDemand:
    """The demand; 404 when the user may not see it, 403 when the right is held only in other programmes."""
    allowed = JobDemand.objects.reachable_by(request.user, permission).select_related(*SHOWN)
    demand = allowed.filter(public_id=public_id).first()
    if demand is None:
        visible_demand(request, public_id)
        raise PermissionDenied
    return demand


@requires(Permission.DEMAND_VIEW)
@require_safe
def detail(request, public_id):
    """One demand: terms, positions by status, who holds what, the next step."""
    demand = visible_demand(request, public_id)
    figures = board.figures(demand, request.user, RIGHTS, today=timezone.localdate())
    rights, counts = figures.rights, board.counts(demand)
    gives = Permission.CASE_MATCH in rights and demand.status in DEMAND.groups["following"]
    page = keyset(request, board.told_positions(demand), order=("number",), size=50, count=False)
    context = {
        "demand": demand,
        "clock": figures.clock,
        "band": board.band(demand, counts),
        "step": moves.next_step(demand, rights),
        "can_edit": Permission.DEMAND_EDIT in rights and demand.status in DEMAND.groups["editable"],
        "can_match": Permission.CASE_MATCH in rights and demand.status in DEMAND.groups["taking"],
        "can_name": Permission.DEMAND_EDIT in rights and naming.can_name(demand),
        "is_numbered": counts.total >= demand.positions,
        "notes": board.notes(
            demand,
            counts,
            proposed=figures.proposed if gives else 0,
            can_renew=Permission.DEMAND_EDIT in rights,
        ),
        "counts": counts,
        "page": page,
        "seats": board.seats(page.rows, request.user),
        "terms": board.terms(demand),
        "deductions": board.deductions(demand),
        "fair": board.fair_recruitment(demand, counts),
        "ground": board.ground(demand, claimed=figures.claimed),
        "entries": story_of(demand),
    }
    return page_or_part(request, "journey/demand/detail.html", "seats", context)


def _deed(request, form, deed, demand, *, done, **context):
    """One form about a demand: do it, or show the page with what was refused."""
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, deed, done=done, to=demand.get_absolute_url())
        if answer:
            return answer
    band = board.band(demand, board.counts(demand))
    context = {"note": None, **context}
    return form_page(request, form, "journey/demand/form.html", band=band, cancel=demand.get_absolute_url(), **context)


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def edit(request, public_id):
    """Change the terms of a draft or a returned demand."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    form = DemandForm(typed(request), user=request.user, record=demand, employer=demand.employer)
    return _deed(
        request,
        form,
        lambda: actions.edit(demand, by=request.user, version=form.version_token(), **form.deed()),
        demand,
        done=_("The changes were saved."),
        title=_("Change the terms"),
        note=_first_needed(demand.employer),
    )


def _step(request, public_id, target, deed, *, done, form_class=MoveForm, **context):
    """One step of a demand, as moves.py names it."""
    move = moves.MOVES[target]
    demand = demand_for(request, public_id, move.permission)
    form = form_class(typed(request), user=request.user, record=demand)
    return _deed(
        request,
        form,
        lambda: deed(demand, by=request.user, version=form.version_token(), **form.deed()),
        demand,
        done=done,
        title=move.do,
        do=move.do,
        **context,
    )


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def submit(request, public_id):
    """Hand a draft in for review."""
    return _step(
        request,
        public_id,
        moves.D.SUBMITTED,
        actions.submit,
        done=_("The demand was handed in."),
        intro=_("A programme manager reviews it next. Until it is returned, its terms stay as they are."),
    )


@requires(Permission.DEMAND_APPROVE)
@require_http_methods(FORMS)
def review(request, public_id):
    """Begin the review."""
    return _step(
        request,
        public_id,
        moves.D.UNDER_REVIEW,
        actions.take_up,
        done=_("The demand is under review."),
        intro=_("From now on it is seen that somebody is at it."),
    )


@requires(Permission.DEMAND_APPROVE)
@require_http_methods(FORMS)
def approve(request, public_id):
    """Approve a demand, which numbers its positions."""
    return _step(
        request,
        public_id,
        moves.D.APPROVED,
        actions.approve,
        done=_("The demand is approved."),
        intro=_("As many positions are numbered as were asked for. Its terms no longer change."),
    )


@requires(Permission.DEMAND_APPROVE)
@require_http_methods(FORMS)
def return_for_correction(request, public_id):
    """Give a demand back to be corrected."""
    return _step(
        request,
        public_id,
        moves.D.RETURNED,
        actions.return_for_correction,
        form_class=ReturnForm,
        done=_("The demand was returned for correction."),
    )


@requires(Permission.DEMAND_APPROVE)
@require_http_methods(FORMS)
def reject(request, public_id):
    """Refuse a demand for good."""
    return _step(
        request,
        public_id,
        moves.D.REJECTED,
        actions.reject,
        form_class=RejectForm,
        done=_("The demand was rejected."),
        danger=True,
    )


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def open_for_candidates(request, public_id):
    """Open an approved demand."""
    return _step(
        request,
        public_id,
        moves.D.OPEN,
        actions.open_demand,
        done=_("The demand is open: candidates can be selected."),
        intro=_("From now on its positions can be reserved for candidates on the roster."),
    )


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def cancel(request, public_id):
    """Give a demand up before it is filled."""
    return _step(
        request,
        public_id,
        moves.D.CANCELLED,
        actions.cancel,
        form_class=CancelForm,
        done=_("The demand was cancelled."),
        danger=True,
    )


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def close(request, public_id):
    """Close a demand when its workers have gone home, filled or not."""
    return _step(
        request, public_id, moves.D.CLOSED, actions.close, form_class=CloseForm, done=_("The demand was closed.")
    )


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def renew(request, public_id):
    """Put an open demand on another authorisation."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    form = RenewForm(typed(request), user=request.user, record=demand)
    return _deed(
        request,
        form,
        lambda: actions.renew(demand, by=request.user, version=form.version_token(), **form.deed()),
        demand,
        done=_("The demand stands on another authorisation now."),
        title=_("Put the demand on another authorisation"),
        do=_("Put it there"),
        note=None
        if form.fields["authorisation"].queryset.exists()
        else {
            "text": _(
                "This employer has no other authorisation that is valid now. Record it first, or extend this one."
            ),
            "href": reverse("demand:add_authorisation", args=[demand.employer.public_id]),
            "label": _("Add an authorisation"),
        },
    )


# --- Authorisations -----------------------------------------------------------------------------------------------


def _authorisation(request, form, deed, employer, **context):
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, deed, done=_("The authorisation was saved."), to=employer.get_absolute_url())
        if answer:
            return answer
    return form_page(request, form, cancel=employer.get_absolute_url(), **context)


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def add_authorisation(request, employer_id):
    """Record a permission to hire abroad."""
    employer = editable_employer(request, employer_id)
    form = AuthorisationForm(typed(request), user=request.user, employer=employer)
    return _authorisation(
        request,
        form,
        lambda: actions.add_authorisation(employer, by=request.user, **form.deed()),
        employer,
        title=_("New authorisation of %(name)s") % {"name": employer.name},
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit_authorisation(request, employer_id, public_id):
    """Correct an authorisation, or record its extension."""
    employer = editable_employer(request, employer_id)
    held = Authorisation.objects.filter(employer=employer, public_id=public_id).first()
    if held is None:
        raise Http404
    form = AuthorisationForm(typed(request), user=request.user, record=held, employer=employer)
    return _authorisation(
        request,
        form,
        lambda: actions.edit_authorisation(held, by=request.user, version=form.version_token(), **form.deed()),
        employer,
        title=_("Change the authorisation %(number)s") % {"number": held.number},
    )
