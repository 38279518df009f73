"""Pages about named positions and deductions of one demand."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.errors import RuleBroken
from programmes.base.common.limits import at_most
from programmes.journey.demand import board, lines, naming
from programmes.journey.demand.models import Deduction, Position
from programmes.journey.demand.position_forms import DeductionForm, NameForm
from programmes.journey.demand.states import DEMAND
from programmes.journey.demand.views import FORMS, demand_for


def _name_page(request, form, deed, demand, *, done, template="journey/demand/form.html", **context):
    """The two steps of naming: what was typed comes back with whom it may mean, then the deed."""
    if request.method == "POST":
        if form.is_asking:
            # Nothing is judged yet: the second step asks who is meant.
            form.judge_later()
        elif form.is_valid():
            answer = attempt(request, form, deed, done=done, to=demand.get_absolute_url() + "#seats")
            if answer:
                return answer
    return form_page(
        request,
        form,
        template,
        band=board.band(demand, board.counts(demand)),
        cancel=demand.get_absolute_url() + "#seats",
        note=None,
        demand=demand,
        **context,
    )


@requires(Permission.DEMAND_EDIT)
@at_most(60, what="search")
@require_http_methods(FORMS)
def name(request, public_id):
    """Ask for one worker by name."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    form = NameForm(typed(request), user=request.user)
    return _name_page(
        request,
        form,
        lambda: naming.name_worker(demand, by=request.user, **form.deed()),
        demand,
        done=_("The worker is asked for by name."),
        title=_("Ask for a worker by name"),
        do=_("Ask for this worker") if form.is_asking else _("Continue"),
        intro=_("A named position is for this worker alone, until you open it to others."),
    )


def _position(demand, number) -> Position:
    place = Position.objects.filter(demand=demand, number=number, named=True).select_related("demand").first()
    if place is None:
        raise Http404
    return place


@requires(Permission.DEMAND_EDIT)
@at_most(60, what="search")
@require_http_methods(FORMS)
def position(request, public_id, number):
    """One named position: match or correct the name, open it to others, or make it generic."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    place = _position(demand, number)
    form = NameForm(typed(request), user=request.user, record=place)
    return _name_page(
        request,
        form,
        lambda: naming.match(place, by=request.user, version=form.version_token(), **form.deed()),
        demand,
        done=_("The changes were saved."),
        template="journey/demand/position.html",
        title=_("Position %(number)s: asked for by name") % {"number": number},
        do=_("Save") if form.is_asking else _("Continue"),
        place=place,
    )


def _on_position(request, public_id, number, deed, done):
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    place, token = _position(demand, number), request.POST.get("version", "")
    version = int(token) if token.isdecimal() else None
    return _done(
        request, lambda: deed(place, by=request.user, version=version), f"{demand.get_absolute_url()}#seats", done
    )


def _done(request, deed, back, done):
    """A deed of one button: back where it stands, with what came of it."""
    try:
        deed()
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(back)


@requires(Permission.DEMAND_EDIT)
@require_POST
def open_to_others(request, public_id, number):
    """Let others take a named position."""
    return _on_position(request, public_id, number, naming.open_to_others, _("Others may take this position now."))


@requires(Permission.DEMAND_EDIT)
@require_POST
def make_generic(request, public_id, number):
    """Name nobody any more for this position."""
    return _on_position(request, public_id, number, naming.make_generic, _("The position is generic now."))


@requires(Permission.DEMAND_EDIT)
@require_http_methods(FORMS)
def deductions(request, public_id):
    """What is taken off the wage: the lines there are, and one more."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    form = DeductionForm(typed(request), user=request.user)
    back = request.path
    if request.method == "POST" and form.is_valid():
        answer = attempt(
            request,
            form,
            lambda: lines.add_deduction(demand, by=request.user, **form.deed()),
            done=_("The deduction was written down."),
            to=back,
        )
        if answer:
            return answer
    return form_page(
        request,
        form,
        "journey/demand/deductions.html",
        title=_("Deductions"),
        do=_("Add"),
        cancel=demand.get_absolute_url(),
        band=board.band(demand, board.counts(demand)),
        note=None,
        demand=demand,
        rows=board.deductions(demand),
        can_change=demand.status in DEMAND.groups["editable"],
    )


@requires(Permission.DEMAND_EDIT)
@require_POST
def remove_deduction(request, public_id, line_id):
    """Take a deduction away."""
    demand = demand_for(request, public_id, Permission.DEMAND_EDIT)
    line = Deduction.objects.filter(demand=demand, public_id=line_id).first()
    if line is None:
        raise Http404
    back = reverse("demand:deductions", args=[demand.public_id])
    return _done(
        request, lambda: lines.remove_deduction(line, by=request.user), back, _("The deduction was taken away.")
    )
