"""Pages of a shortlist: who was put forward for a demand, their interviews and results, and who comes next."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.errors import RuleBroken
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.common.wording import short_day
from programmes.journey.demand import board
from programmes.journey.demand.states import DEMAND
from programmes.journey.demand.views import demand_for
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.selection import candidacies, replacing, shortlist
from programmes.journey.selection.forms import GiveForm, InterviewDayForm, InviteForm, ResultForm
from programmes.journey.selection.models import CANDIDACIES_IN_ORDER, Candidacy, InterviewDay, Proposal
from programmes.journey.selection.states import CANDIDACY
from programmes.journey.selection.views import tabs

FORMS = ["GET", "HEAD", "POST"]
LISTED = ("enrolment__person", "place__day")


@requires(Permission.CASE_MATCH)
@require_safe
def page(request, public_id):
    """The shortlist of a demand: free positions with who is proposed, candidates to decide, the reserve list."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    found = Candidacy.objects.filter(demand=demand).in_turn().select_related("place__day")
    page = keyset(request, found, order=CANDIDACIES_IN_ORDER, size=50)
    rows = shortlist.rows(page.rows, demand, request.user)
    for row in rows:
        row.can_be_decided = row.case is not None and row.status in CANDIDACY.groups["waiting"]
    free = shortlist.free_positions(demand, request.user)
    for one in free:
        if one["candidate"]:
            one["form"] = GiveForm(user=request.user, record=one["proposal"].candidacy)
    counts = board.counts(demand)
    context = {
        "demand": demand,
        "band": board.band(demand, counts),
        "tabs": tabs(demand, "shortlist"),
        "takes": demand.status in DEMAND.groups["following"],
        "vacant": counts.vacant,
        "page": page,
        "rows": rows,
        "free": free,
        "unproposed": any(one["proposal"] is None for one in free),
        "today": timezone.localdate(),
        "days": list(demand.interview_days.all()),
    }
    return page_or_part(request, "journey/selection/shortlist.html", "results", context)


def _candidacy(request, public_id, candidacy_id) -> Candidacy:
    """The candidacy of this demand, with its case; 404 when the user may not see one of them."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    visible = Enrolment.objects.visible_to(request.user)
    candidacy = get_object_or_404(
        Candidacy.objects.filter(demand=demand, enrolment__in=visible).select_related(*LISTED), public_id=candidacy_id
    )
    candidacy.demand = demand
    return candidacy


def _form(request, form, deed, candidacy, *, done, **context):
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, deed, done=done, to=candidacy.get_absolute_url())
        if answer:
            return answer
    demand = candidacy.demand
    return form_page(
        request, form, cancel=candidacy.get_absolute_url(), band=board.band(demand, board.counts(demand)), **context
    )


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def decide(request, public_id, candidacy_id):
    """Record the result for a candidate: selected, reserve list, or not selected and why."""
    candidacy = _candidacy(request, public_id, candidacy_id)
    if not CANDIDACY.moves[candidacy.status] - {"listed", "released"}:
        raise Http404
    form = ResultForm(typed(request), user=request.user, record=candidacy)
    return _form(
        request,
        form,
        lambda: candidacies.decide(candidacy, by=request.user, version=form.version_token(), **form.deed()),
        candidacy,
        done=_("The result was recorded."),
        title=_("Result for %(name)s") % {"name": candidacy.enrolment.person.full_name},
        do=_("Record the result"),
    )


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def invite(request, public_id, candidacy_id):
    """Give a candidate a turn at the interviews, another one, or none."""
    candidacy = _candidacy(request, public_id, candidacy_id)
    form = InviteForm(typed(request), user=request.user, record=candidacy)
    return _form(
        request,
        form,
        lambda: candidacies.invite(candidacy, by=request.user, version=form.version_token(), **form.deed()),
        candidacy,
        done=_("The interview was recorded."),
        title=_("Interview of %(name)s") % {"name": candidacy.enrolment.person.full_name},
        do=_("Record the interview"),
    )


@requires(Permission.CASE_MATCH)
@require_POST
def move_up(request, public_id, candidacy_id):
    """Put a candidate one place further up on the reserve list."""
    candidacy = _candidacy(request, public_id, candidacy_id)
    _at_once(request, lambda: candidacies.move_up(candidacy, by=request.user))
    return redirect(candidacy)


def _at_once(request, deed):
    """Do what needs no form; a refusal is said on the page that follows, and None comes back."""
    try:
        return deed()
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    return None


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def give(request, public_id, proposal_id):
    """Give a free position to the worker who is proposed for it."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    proposal = get_object_or_404(
        Proposal.objects.filter(
            position__demand=demand, candidacy__enrolment__in=Enrolment.objects.visible_to(request.user)
        ).select_related("position", "candidacy__enrolment__person"),
        public_id=proposal_id,
    )
    candidacy = proposal.candidacy
    candidacy.demand = demand
    form = GiveForm(typed(request), user=request.user, record=candidacy)
    name = candidacy.enrolment.person.full_name
    return _form(
        request,
        form,
        lambda: candidacies.give(proposal, by=request.user, version=form.version_token(), **form.deed()),
        candidacy,
        done=_("Position %(number)s is reserved for %(name)s.") % {"number": proposal.position.number, "name": name},
        title=_("Give position %(number)s to %(name)s") % {"number": proposal.position.number, "name": name},
        do=_("Give the position"),
    )


@requires(Permission.CASE_MATCH)
@require_POST
def propose(request, public_id):
    """Look once more for ready workers for the free positions."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    made = replacing.propose_for_all(demand, by=request.user)
    if made:
        words = ngettext("%(count)d worker is proposed.", "%(count)d workers are proposed.", made) % {"count": made}
        messages.success(request, words)
    else:
        messages.info(request, _("Nobody on the reserve list is ready; what each lacks stands beside the name."))
    return redirect("selection:shortlist", demand.public_id)


# --- Interview days -----------------------------------------------------------------------------------------------


@requires(Permission.CASE_MATCH)
@require_http_methods(FORMS)
def plan_day(request, public_id):
    """Plan a day of interviews."""
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    form = InterviewDayForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: candidacies.plan_day(demand, by=request.user, **form.deed()),
            done=_("The day was planned. Give its turns to the candidates now."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Plan a day of interviews"),
        do=_("Plan the day"),
        cancel=_shortlist(demand),
        band=board.band(demand, board.counts(demand)),
    )


def _shortlist(demand) -> str:
    return Candidacy(demand=demand).get_absolute_url()


def _day(request, public_id, day_id) -> InterviewDay:
    demand = demand_for(request, public_id, Permission.CASE_MATCH)
    day = get_object_or_404(InterviewDay, demand=demand, public_id=day_id)
    day.demand = demand
    return day


@requires(Permission.CASE_MATCH)
@require_safe
def day(request, public_id, day_id):
    """The list of an interview day, to be printed: who comes at what time."""
    found = _day(request, public_id, day_id)
    places = list(found.places.select_related("candidacy"))
    for place in places:
        place.held = getattr(place, "candidacy", None)
    cases = Enrolment.objects.visible_to(request.user).select_related("person")
    seen = cases.in_bulk([place.held.enrolment_id for place in places if place.held])
    for place in places:
        place.case = seen.get(place.held.enrolment_id) if place.held else None
    demand = found.demand
    context = {
        "demand": demand,
        "band": board.band(demand, board.counts(demand)),
        "tabs": tabs(demand, ""),
        "day": found,
        "title": _("Interviews on %(day)s") % {"day": short_day(found.day)},
        "places": places,
        "free": sum(place.held is None for place in places),
        "can_fill": found.day >= timezone.localdate() and demand.status in DEMAND.groups["following"],
    }
    return page_or_part(request, "journey/selection/day.html", "results", context)


@requires(Permission.CASE_MATCH)
@require_POST
def fill_day(request, public_id, day_id):
    """Give the free turns to those on the shortlist who have none, most points first."""
    found = _day(request, public_id, day_id)
    given = _at_once(request, lambda: candidacies.fill_day(found, by=request.user))
    if given is not None:
        words = ngettext("%(count)d turn was given.", "%(count)d turns were given.", given) % {"count": given}
        messages.success(request, words)
    return redirect(found)
