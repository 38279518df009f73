"""The page of an arrival list."""

from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.journey.departure.travel import seats
from programmes.journey.departure.travel.views import TICKS, group_for, heading
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.placement import arrivals
from programmes.journey.placement.forms import ArrivalListForm


@requires(Permission.CASE_MATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def arrival_list(request, public_id):
    """Confirm the arrival of all who are ticked: everybody on the way, unless somebody is unticked."""
    group = group_for(request, public_id, Permission.CASE_MATCH)
    rows = [trip.enrolment for trip in seats.seats(group, request.user, live=True)]
    rows = seats.reached(
        [case for case in rows if case.status == Status.TRAVELLING],
        request.user,
        Permission.CASE_EDIT,
        Permission.CASE_MATCH,
    )
    for case in rows:
        case.can_be_ticked = True
    offered = Enrolment.objects.filter(pk__in=[case.pk for case in rows]).select_related("person")
    last = group.legs.order_by("number").last()
    form = ArrivalListForm(
        typed(request), user=request.user, record=group, offered=offered, lands_on=last.arrives_there.date()
    )
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: arrivals.confirm_list(group, by=request.user, **form.deed()),
            done=_("The arrivals were confirmed: the placements have begun."),
        )
        if done:
            return done
    return form_page(
        request, form, TICKS,
        title=_("Confirm arrivals"), do=_("Confirm the arrival of the ticked workers"),
        cancel=group.get_absolute_url(), band=heading(group), rows=rows, can_tick=bool(rows),
        ticked=request.POST.getlist("cases") if request.method == "POST" else [str(case.public_id) for case in rows],
        nobody=_("Nobody of this flight is on the way."),
    )  # fmt: skip
