"""Pages that match candidates and positions: the shortlist of a demand, and selecting one of it."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.common.wording import short_day
from programmes.journey.demand import board
from programmes.journey.demand.states import DEMAND, PositionStatus
from programmes.journey.demand.views import demand_for
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions, shortlist
from programmes.journey.selection.forms import ChooseForm, FindForm, OfferForm
from programmes.journey.selection.models import Selection

FORMS = ["GET", "HEAD", "POST"]


@requires(Permission.CASE_MATCH)
@require_safe
def candidates(request, public_id):
    """The roster for one demand: whom the employer knows first, then who has waited longest."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    page = keyset(request, shortlist.candidates(request.user, demand), order=shortlist.ORDER)
    return page_or_part(
        request,
        "journey/selection/candidates.html",
        "results",
        _shown(demand, page=page, rows=page.rows, form=FindForm()),
    )


def _shown(demand, **context):
    counts = board.counts(demand)
    return {
        "demand": demand,
        "band": board.band(demand, counts),
        "vacant": counts.vacant,
        "takes": demand.status in DEMAND.groups["following"],
        "query": "",
        "page": None,
        "most": shortlist.MOST_FOUND,
        **context,
    }


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def find(request, public_id):
    """Search the roster by POST, so that no name ever stands in an address or a log."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    if request.method != "POST":
        return redirect("selection:candidates", demand.public_id)
    form = FindForm(request.POST)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    found = shortlist.matching(shortlist.candidates(request.user, demand), query).order_by(*shortlist.ORDER)
    rows = list(found[: shortlist.MOST_FOUND])
    context = _shown(demand, rows=rows, form=form, query=query)
    return page_or_part(request, "journey/selection/candidates.html", "results", context)


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def select(request, public_id, case_id):
    """Reserve a position of this demand for one candidate."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    visible = Enrolment.objects.visible_to(request.user).select_related("person", "programme", "season", "owner")
    enrolment = get_object_or_404(visible, public_id=case_id)
    if enrolment.season_id != demand.season_id:
        raise Http404
    form = ChooseForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.select(
                enrolment, by=request.user, version=form.version_token(), demand=demand, **form.deed()
            ),
            done=_("A position is reserved for %(name)s.") % {"name": enrolment.person.full_name},
            to=demand.get_absolute_url() + "#seats",
        )
        if done:
            return done
    counts = board.counts(demand)
    missing = [item for item in enrolment.missing_for(Status.SELECTED) if item.code not in ChooseForm.brings]
    return form_page(
        request,
        form,
        "journey/selection/select.html",
        title=_("Reserve a position for %(name)s") % {"name": enrolment.person.full_name},
        do=_("Reserve a position"),
        cancel=f"{demand.get_absolute_url()}candidates/",
        band=board.band(demand, counts),
        enrolment=enrolment,
        lacking=missing if enrolment.status == Status.ROSTERED else [],
        effects=[
            ngettext(
                "One of %(count)d vacant position is reserved.",
                "One of %(count)d vacant positions is reserved.",
                counts.vacant,
            )
            % {"count": counts.vacant},
            _("The planned stay becomes %(start)s – %(end)s.")
            % {"start": short_day(demand.starts_on), "end": short_day(demand.ends_on)},
        ],
    )


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def offer(request, public_id, number):
    """Record that a reserved position was offered to the worker who holds it."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    held = Selection.objects.live().filter(
        position__demand=demand, position__number=number, position__status=PositionStatus.RESERVED
    )
    visible = Enrolment.objects.visible_to(request.user).select_related("person")
    enrolment = get_object_or_404(visible, selections__in=held)
    form = OfferForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.offer(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The offer was recorded."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Position %(number)s: offered to %(name)s") % {"number": number, "name": enrolment.person.full_name},
        do=_("Record the offer"),
        cancel=demand.get_absolute_url() + "#seats",
        band=board.band(demand, board.counts(demand)),
    )
