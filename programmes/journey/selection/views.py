"""Pages that match candidates and positions: the roster ranked for a demand, selecting from it, a position's story."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import page_or_part
from programmes.base.common.wording import short_day
from programmes.journey.demand import board
from programmes.journey.demand.states import DEMAND, PositionStatus
from programmes.journey.demand.views import demand_for, visible_demand
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions, candidacies, ranking, seats
from programmes.journey.selection.forms import ChooseForm, FindForm, OfferForm, PutForwardForm
from programmes.journey.selection.models import Candidacy, Selection
from programmes.journey.selection.states import CANDIDACY

FORMS = ["GET", "HEAD", "POST"]


@requires(Permission.CASE_MATCH)
@require_safe
def candidates(request, public_id):
    """The roster for one demand, best first, each with what speaks for it."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    return _candidates(request, demand)


def _candidates(request, demand, *, form=None):
    ranked = ranking.Ranking.of(demand)
    roster = ranking.candidates(request.user, demand)
    page = ranking.best(request, ranked.ranked(roster))
    rows = ranked.told(page.rows)
    context = _shown(request, demand, page=page, rows=rows, form=FindForm(), ticked=form)
    status = 422 if form is not None else 200
    return page_or_part(request, "journey/selection/candidates.html", "results", context, status=status)


def _shown(request, demand, *, ticked=None, **context):
    counts = board.counts(demand)
    for case in context["rows"]:
        # Whoever was turned down or gave a position back may be put forward again.
        case.can_be_ticked = case.candidacy is None or case.candidacy in CANDIDACY.groups["away"]
        case.stands = Candidacy(status=case.candidacy) if case.candidacy else None
    return {
        "demand": demand,
        "band": board.band(demand, counts),
        "tabs": tabs(demand, "candidates"),
        "vacant": counts.vacant,
        "takes": demand.status in DEMAND.groups["following"],
        "ticked": ticked or PutForwardForm(user=request.user, demand=demand),
        "query": "",
        "page": None,
        "most": ranking.MOST_FOUND,
        "ranked": ranking.MOST_RANKED,
        **context,
    }


def tabs(demand, here: str) -> list[dict]:
    """The pages about who fills a demand."""
    pages = [
        ("detail", _("Positions"), demand.get_absolute_url()),
        ("candidates", _("Candidates"), reverse("selection:candidates", args=[demand.public_id])),
        ("shortlist", _("Shortlist"), reverse("selection:shortlist", args=[demand.public_id])),
    ]
    return [{"label": label, "href": href, "current": name == here} for name, label, href in pages]


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def find(request, public_id):
    """Search the roster by POST, so that no name ever stands in an address or a log."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    if request.method != "POST":
        return redirect("selection:candidates", demand.public_id)
    form = FindForm(request.POST)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    ranked = ranking.Ranking.of(demand)
    found = ranked.ranked(ranking.matching(ranking.candidates(request.user, demand), query))
    keys = found.order_by(*ranking.ORDER).values_list("pk", flat=True)[: ranking.MOST_FOUND]
    context = _shown(request, demand, rows=ranked.told(keys), form=form, query=query)
    return page_or_part(request, "journey/selection/candidates.html", "results", context)


@requires(Permission.CASE_MATCH)
@require_POST
def put_forward(request, public_id):
    """Put the ticked candidates on the shortlist; refused, the roster is shown again with the reason."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    form = PutForwardForm(request.POST, user=request.user, demand=demand)
    if form.is_valid():
        done = attempt(
            request,
            form,
            lambda: _listed(demand, candidacies.put_forward(demand, by=request.user, **form.deed())),
            done=_("They are on the shortlist."),
        )
        if done:
            return done
    return _candidates(request, demand, form=form)


def _listed(demand, _candidacies) -> str:
    return reverse("selection:shortlist", args=[demand.public_id])


@requires(Permission.DEMAND_VIEW)
@require_safe
def seat(request, public_id, number):
    """The story of one position: who held it, from when to when, and why not any more."""
    demand = visible_demand(request, public_id)
    position = get_object_or_404(demand.places, number=number)
    position.demand = demand
    return render(
        request,
        "journey/selection/seat.html",
        {
            "demand": demand,
            "band": board.band(demand, board.counts(demand)),
            "position": position,
            "tone": board.TONES[position.status],
            "holders": seats.holders(position, request.user),
            "proposal": position.proposals.open().select_related("candidacy").first(),
            "entries": seats.story(position),
            "before": number - 1,
            "after": number + 1 if number < demand.positions else 0,
            "can_match": Permission.CASE_MATCH in board.rights_over(demand, request.user, [Permission.CASE_MATCH]),
        },
    )


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def select(request, public_id, case_id):
    """Reserve a position of this demand for one candidate."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    visible = Enrolment.objects.visible_to(request.user).select_related("person", "programme", "season", "owner")
    enrolment = get_object_or_404(visible, public_id=case_id)
    if enrolment.season_id != demand.season_id:
        raise Http404
    form = ChooseForm(typed(request), user=request.user, record=enrolment, demand=demand)
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
        if "position" in form.errors:
            form.offer_the_next()
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
