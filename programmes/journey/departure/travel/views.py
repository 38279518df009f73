"""Pages of flight groups: the list, one group, its legs, who gets a seat, tickets, the manifest, departure, no-show."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.places import time_zones
from accounts.roles import Permission
from programmes.base.common.choices import is_identifier
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.forms import WorkForm
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.common.wording import number
from programmes.base.rulebook.codes import label
from programmes.journey.departure.models import Trip
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.travel import actions, forms, listing, seats
from programmes.journey.departure.travel.models import FlightGroup, FlightLeg
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

FORMS = ["GET", "HEAD", "POST"]
EDIT, SEE = Permission.CASE_EDIT, Permission.CASE_MATCH
TICKS = "journey/departure/travel/ticks.html"


def group_for(request, public_id, permission) -> FlightGroup:
    """The group; 404 when the user may not see it, 403 when the right is held only in other programmes."""
    groups = FlightGroup.objects.select_related("season__programme", "leader")
    group = get_object_or_404(groups.visible_to(request.user), public_id=public_id)
    if permission != SEE and not groups.reachable_by(request.user, permission).filter(pk=group.pk).exists():
        raise PermissionDenied
    return group


def heading(group) -> dict:
    """The identity bar of a group."""
    return {
        "label": _("Flight group"),
        "name": group.name,
        "number": f"{group.season.programme.name} · {group.season.code}",
        "href": group.get_absolute_url(),
    }


@requires(SEE)
@require_safe
def groups(request):
    """Flight groups, the latest departure first."""
    return _list(request, _("Flights"))


def _list(request, title):
    found = FlightGroup.objects.visible_to(request.user).select_related("season__programme")
    found = found.annotate(
        seated=Count("trips", filter=Q(trips__cancelled_on__isnull=True)),
        waiting=Count(
            "trips",
            filter=Q(trips__cancelled_on__isnull=True, trips__enrolment__readiness__ready=False),
        ),
    )
    page = keyset(request, found, order=("-first_day", "-id"), count=False)
    return page_or_part(request, "journey/departure/travel/list.html", "results", {"page": page, "title": title})


@requires(EDIT)
@require_http_methods(FORMS)
def new(request):
    """Plan a flight group with its first leg."""
    form = forms.GroupForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.plan(by=request.user, **form.deed()),
            done=_("The flight group was planned. Put the workers into it now."),
        )  # fmt: skip
        if done:
            return done
    return _leg_page(
        request, form, title=_("Plan a flight group"), do=_("Plan the flight group"), cancel=reverse("travel:list")
    )


def _leg_page(request, form, **context):
    return form_page(request, form, "journey/departure/travel/leg.html", zones=time_zones(), **context)


@requires(SEE)
@require_safe
def group(request, public_id):
    """One group: its legs, who has a seat, what each still lacks, what comes next."""
    found = group_for(request, public_id, SEE)
    rows = seats.shown(found, request.user)
    live = [trip for trip in rows if trip.cancelled_on is None]
    held = [trip for trip in live if trip.lack]
    hidden = found.trips.filter(cancelled_on__isnull=True).count() - len(live)
    may = not found.called_off_on and (
        FlightGroup.objects.reachable_by(request.user, EDIT).filter(pk=found.pk).exists()
    )
    waits = [trip for trip in live if trip.enrolment.status in PREPARED]
    context = {
        "group": found,
        "band": heading(found),
        "legs": list(found.legs.order_by("number")),
        "rows": rows,
        "live": len(live),
        "held": len(held),
        "hidden": hidden,
        "may": may,
        "may_call_off": may and not found.departed_on,
        "why_off": found.called_off_on and label("flight_called_off", found.called_off_reason),
        "may_depart": may and bool(waits),
        "may_arrive": any(trip.enrolment.status == Status.TRAVELLING for trip in live),
        "without_ticket": sum(not trip.ticket_number for trip in live),
        "workbook": f"{reverse('lists:take', args=[listing.MANIFEST.code])}?{urlencode({'group': found.public_id})}",
    }
    return page_or_part(request, "journey/departure/travel/group.html", "results", context)


@requires(SEE)
@require_safe
def travellers(request):
    """The way back from the pages of the manifest's file: to the group, or to the choice of one."""
    asked = request.GET.get("group", "")
    if not is_identifier(asked):
        return _list(request, _("Choose a flight"))
    return redirect(group_for(request, asked, SEE))


@requires(SEE)
@require_safe
def manifest(request, public_id):
    """The manifest, made to be printed: who is on board, with which passport and ticket."""
    found = group_for(request, public_id, SEE)
    live = Trip.objects.visible_to(request.user).filter(group=found, cancelled_on__isnull=True)
    rows = live.select_related("enrolment__person").annotate(
        passport=listing.passport("number"), passport_until=listing.passport("expires_on")
    )
    context = {
        "group": found,
        "band": heading(found),
        "legs": list(found.legs.order_by("number")),
        "rows": list(rows.order_by(*listing.IN_ORDER)),
        "hidden": found.trips.filter(cancelled_on__isnull=True).count(),
        "sees_papers": request.user.may(Permission.DOCUMENT_VIEW),
    }
    context["hidden"] -= len(context["rows"])
    return render(request, "journey/departure/travel/manifest.html", context)


@requires(EDIT)
@require_http_methods(FORMS)
def add_leg(request, public_id):
    """Add a leg at the end."""
    found = group_for(request, public_id, EDIT)
    last = found.legs.order_by("number").last()
    initial = {"origin": last.destination, "departs_zone": last.arrives_zone, "carrier": last.carrier}
    form = forms.LegForm(typed(request), user=request.user, record=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.add_leg(found, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The leg was added."),
        )  # fmt: skip
        if done:
            return done
    return _leg_page(
        request, form, title=_("Add a leg"), do=_("Add the leg"), cancel=found.get_absolute_url(), band=heading(found)
    )


@requires(EDIT)
@require_http_methods(FORMS)
def change(request, public_id):
    """What the group is called, and who of the staff leads it or goes along."""
    found = group_for(request, public_id, EDIT)
    form = forms.ChangeForm(typed(request), user=request.user, record=found)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.change(found, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The flight group was changed."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, title=_("Change the flight group"), cancel=found.get_absolute_url(), band=heading(found)
    )


@requires(EDIT)
@require_http_methods(FORMS)
def call_off(request, public_id):
    """Call the group off: every seat is given up."""
    found = group_for(request, public_id, EDIT)
    form = forms.CallOffForm(typed(request), user=request.user, record=found)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form,
            lambda: actions.call_off(found, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The flight group was called off."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form,
        title=_("Call the flight group off"),
        effects=[
            _("Every seat is given up; the workers keep their positions and need another flight."),
            _("The diary of each case says so."),
            _("The owners of the cases, the liaisons of the destination and the leader get a letter."),
        ],
        do=_("Call it off"), danger=True, cancel=found.get_absolute_url(), band=heading(found),
    )  # fmt: skip


def _leg(found, leg_id) -> FlightLeg:
    return get_object_or_404(
        FlightLeg.objects.select_related("group__season__programme"), group=found, public_id=leg_id
    )


@requires(EDIT)
@require_http_methods(FORMS)
def remove_leg(request, public_id, leg_id):
    """Remove a leg that has not been flown."""
    found = group_for(request, public_id, EDIT)
    leg = _leg(found, leg_id)
    form = WorkForm(typed(request), user=request.user, record=leg)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.remove_leg(leg, by=request.user, version=form.version_token()),
            done=_("The leg was removed."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form,
        title=_("Remove the leg %(flight)s") % {"flight": leg.flight},
        effects=[
            _("The trips of the group lead where the other legs lead. Ticket numbers stay: check that they hold."),
            _("The diary of each case with a seat says so."),
        ],
        do=_("Remove the leg"), danger=True, cancel=found.get_absolute_url(), band=heading(found),
    )  # fmt: skip


@requires(EDIT)
@require_http_methods(FORMS)
def delay(request, public_id, leg_id):
    """Record new times of a leg."""
    found = group_for(request, public_id, EDIT)
    leg = _leg(found, leg_id)
    form = forms.DelayForm(typed(request), user=request.user, record=leg)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.delay(leg, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The new times were recorded and noted in each case. Whoever is concerned gets a letter."),
        )  # fmt: skip
        if done:
            return done
    places = {"from": leg.origin, "to": leg.destination, "here": leg.departs_zone, "there": leg.arrives_zone}
    return form_page(
        request, form,
        title=_("New times of %(flight)s") % {"flight": leg.flight},
        intro=_("%(from)s (%(here)s) – %(to)s (%(there)s). Each time is on the clock of its place.") % places,
        do=_("Record the new times"), cancel=found.get_absolute_url(), band=heading(found),
    )  # fmt: skip


@requires(EDIT)
@require_http_methods(FORMS)
def join(request, public_id):
    """Put workers of a demand into the group: choose the demand, tick them, say who pays."""
    found = group_for(request, public_id, EDIT)
    chosen = forms.ChooseDemandForm(request.GET if request.GET.get("demand") else None, user=request.user, group=found)
    demand = chosen.cleaned_data["demand"] if chosen.is_valid() else None
    rows = seats.candidates(found, demand, request.user) if demand else []
    offered = Enrolment.objects.filter(pk__in=[case.pk for case in rows if case.can_be_ticked])
    initial = {"currency": found.season.programme.currency, "paid_by": Trip.Payer.EMPLOYER}
    form = forms.JoinForm(typed(request), user=request.user, offered=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.join(found, by=request.user, **form.deed()),
            done=_("The workers have seats. Give their ticket numbers next."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, TICKS,
        title=_("Put workers into the group"), do=_("Give the ticked workers a seat"),
        cancel=found.get_absolute_url(), band=heading(found), chosen=chosen, demand=demand,
        rows=rows, ticked=request.POST.getlist("cases"), can_tick=any(case.can_be_ticked for case in rows),
        nobody=_("Nobody holds a position of this demand and prepares for travel.") if demand else "",
    )  # fmt: skip


@requires(EDIT)
@require_http_methods(FORMS)
def tickets(request, public_id):
    """The ticket numbers of all seats on one page."""
    found = group_for(request, public_id, EDIT)
    mine = [
        trip for trip in seats.seats(found, request.user, live=True) if trip.enrolment.is_reached_by(request.user, EDIT)
    ]
    form = forms.TicketsForm(typed(request), user=request.user, seats=mine)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.give_tickets(found, by=request.user, **form.deed()),
            done=_("The ticket numbers were recorded."),
        )  # fmt: skip
        if done:
            return done
    return form_page(request, form, title=_("Ticket numbers"), cancel=found.get_absolute_url(), band=heading(found))


@requires(EDIT)
@require_http_methods(FORMS)
def depart(request, public_id):
    """Record the departure of all who may leave; whoever is not ready is named with the first thing missing."""
    found = group_for(request, public_id, EDIT)
    labels = seats.Labels(found.season.programme_id)
    rows = [trip.enrolment for trip in seats.seats(found, request.user, live=True)]
    rows = seats.reached([case for case in rows if case.status in PREPARED], request.user, EDIT)
    for case in rows:
        case.lack = labels.lack(case)
        case.can_be_ticked = True
    offered = Enrolment.objects.filter(pk__in=[case.pk for case in rows])
    form = forms.LeaveForm(typed(request), user=request.user, record=found, offered=offered)
    if request.method == "POST" and form.is_valid():
        said: list[str] = []

        def deed():
            left, held = actions.depart(found, by=request.user, **form.deed())
            said[:] = [_departed(len(left), len(held))]
            return found

        if done := attempt(request, form, deed):
            for words in said:
                messages.success(request, words)
            return done
    ready = [str(case.public_id) for case in rows if case.lack is None]
    return form_page(
        request, form, TICKS,
        title=_("Record the departure"), do=_("Record the departure of the ticked workers"),
        intro=_("Whoever is not ready stays, also when ticked: the first thing missing stands beside the name."),
        cancel=found.get_absolute_url(), band=heading(found), rows=rows, can_tick=bool(rows),
        ticked=request.POST.getlist("cases") if request.method == "POST" else ready,
        nobody=_("Everybody with a seat has left already."),
    )  # fmt: skip


def _departed(left: int, held: int) -> str:
    """How many left, and how many not: names stand on the page alone."""
    words = ngettext("%(count)s worker left.", "%(count)s workers left.", left) % {"count": number(left)}
    if not held:
        return words
    stays = ngettext(
        "%(count)s is held back; what is missing stands beside the name.",
        "%(count)s are held back; what is missing stands beside each name.",
        held,
    )
    return f"{words} {stays % {'count': number(held)}}"


def _seat(request, found, trip_id) -> Trip:
    trips = Trip.objects.visible_to(request.user).filter(group=found, cancelled_on__isnull=True)
    trip = get_object_or_404(trips.select_related("enrolment__person", "group"), public_id=trip_id)
    if not trip.enrolment.is_reached_by(request.user, EDIT):
        raise PermissionDenied
    return trip


@requires(EDIT)
@require_http_methods(FORMS)
def no_show(request, public_id, trip_id):
    """Record that a worker did not come; the seat and the position are free at once."""
    found = group_for(request, public_id, EDIT)
    trip = _seat(request, found, trip_id)
    if trip.enrolment.status != Status.READY_TO_TRAVEL:
        raise Http404
    form = forms.NoShowForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.no_show(trip, by=request.user, **form.deed()),
            done=_("Recorded. The seat and the position are free."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form,
        title=_("%(name)s did not come") % {"name": trip.enrolment.person.full_name},
        effects=[_("The seat on the flight is free."), _("The position is free for somebody else.")],
        do=_("Record the no-show"), danger=True, cancel=found.get_absolute_url(), band=heading(found),
    )  # fmt: skip


@requires(EDIT)
@require_POST
def lead(request, public_id, trip_id):
    """Make a worker the leader of the group."""
    found = group_for(request, public_id, EDIT)
    actions.lead(_seat(request, found, trip_id), by=request.user)
    return redirect(found)
