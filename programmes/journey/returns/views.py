"""Pages of the way home: who is awaited, and the return of one worker."""

from zoneinfo import ZoneInfo

from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.catalogue import DEADLINES
from programmes.base.rulebook.codes import label
from programmes.base.rulebook.models import Deadline
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import TONES
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.enrolment.views import visible_case
from programmes.journey.placement.models import Placement
from programmes.journey.returns import actions, rules
from programmes.journey.returns.forms import BookForm, DelayForm, DepartForm, PlanForm
from programmes.journey.returns.models import Return
from programmes.journey.returns.states import Status

S = CaseStatus
COLUMNS = (
    "id", "public_id", "number", "status", "home_on", "programme_id", "programme__names", "programme__code",
    "office__time_zone", "person__given_names", "person__first_surname", "person__second_surname",
    "owner__full_name", "returns__status",
)  # fmt: skip


@requires(Permission.DEMAND_VIEW)
@require_safe
def awaited(request):
    """Workers whose season is over and who are not home yet; the longest overdue first."""
    cases = Enrolment.objects.visible_to(request.user).filter(status__in=actions.AWAY)
    only_overdue = request.GET.get("view") == "overdue"
    if only_overdue:
        cases = cases.filter(status=S.RETURN_OVERDUE)
    rows = cases.annotate(home_on=Coalesce("returns__planned_on", "planned_end", "registered_on")).values(*COLUMNS)
    page = keyset(request, rows, order=("home_on", "id"))
    limits = dict(Deadline.objects.filter(key="return_overdue").values_list("programme", "days"))
    for row in page.rows:
        _in_words(row, limits.get(row["programme_id"], DEADLINES["return_overdue"].default))
    return page_or_part(
        request,
        "journey/returns/list.html",
        "results",
        {"page": page, "views": list_views(request.user, "overdue" if only_overdue else "returns")},
    )


def _in_words(row, days) -> None:
    today = timezone.now().astimezone(ZoneInfo(row["office__time_zone"])).date()
    parts = (row["person__given_names"], row["person__first_surname"], row["person__second_surname"])
    row["name"] = " ".join(part for part in parts if part)
    row["late"] = row["status"] == S.RETURN_OVERDUE or rules.is_overdue(row["home_on"], days, today=today)
    row["state"] = CaseStatus(row["status"]).label
    row["tone"] = TONES[row["status"]]
    row["way"] = Status(row["returns__status"]).label if row["returns__status"] else ""


def list_views(user, current: str) -> list[dict]:
    """The lists of this place of the navigation, for components/subnav.html."""
    returns = reverse("returns:list")
    views = [
        {"label": _("Awaited returns"), "href": returns, "current": current == "returns"},
        {"label": _("Overdue"), "href": f"{returns}?view=overdue", "current": current == "overdue"},
    ]
    if user.may(Permission.REINTEGRATION_VIEW):
        # This list stands in a later room, so it is named by its address alone.
        address = reverse("reintegration:list")
        views.append({"label": _("Reintegration"), "href": address, "current": current == "reintegration"})
    return views


@requires(Permission.DEMAND_VIEW)
@require_safe
def detail(request, public_id):
    """The section "Return" of a case: the way home step by step, the recall, what comes next."""
    enrolment = visible_case(request, public_id)
    trip = Return.objects.filter(enrolment=enrolment).first()
    following = Enrolment.objects.visible_to(request.user).filter(previous=enrolment).select_related("season").first()
    may = request.user.may(Permission.RETURN_EDIT) and not enrolment.is_over
    return render(
        request,
        "journey/returns/detail.html",
        {
            "enrolment": enrolment,
            "tab": "return",
            "trip": trip,
            "way": _way(trip),
            "facts": _facts(trip) if trip else [],
            "next": _next(request.user, enrolment, trip) if may else {},
            "overdue_since": _overdue_since(enrolment, trip),
            "may_plan": may and enrolment.status in actions.AWAY and (trip is None or trip.status in _REPLANNED),
            "recall": _recall(enrolment),
            "following": following,
        },
    )


_REPLANNED = {Status.PLANNED, Status.POSTPONED, Status.MISSED}


def _overdue_since(enrolment, trip):
    planned = trip.planned_on if trip else enrolment.planned_end
    if planned is None or enrolment.status not in actions.AWAY:
        return None
    since = rules.overdue_since(planned, enrolment.programme.deadlines()["return_overdue"])
    return since if since <= enrolment.office.today() else None


def _way(trip) -> list[dict]:
    """The four steps of the way home as a task list."""
    if trip is None:
        return []
    order = [Status.PLANNED, Status.BOOKED, Status.DEPARTED, Status.ARRIVED_CONFIRMED]
    reached = order.index(trip.status) if trip.status in order else 0
    words = [_("The return is planned"), _("The journey is booked"), _("The worker has left"), _("The worker is home")]
    days = [None, None, trip.departed_on, trip.arrived_on]
    notes = [
        trip.get_status_display().capitalize() if trip.status not in order else "",
        trip.port if reached >= 1 else "",
        "",
        label("return_proof", trip.confirmed_by_means),
    ]
    steps = [
        {
            "tone": "done" if place <= reached else "neutral",
            "state": _("Done") if place <= reached else _("Not started"),
            "title": title,
            "note": notes[place],
            "done_on": days[place],
            "due_on": trip.planned_on if place == 2 > reached and trip.status in order else None,
            "waits_for": "",
        }
        for place, title in enumerate(words)
    ]
    if trip.status not in order:
        steps[0] |= {"tone": trip.status_tone, "state": trip.get_status_display().capitalize()}
    return steps


def _facts(trip) -> list[dict]:
    rows = [
        {"label": _("Type of return"), "value": label("return_type", trip.type)},
        {"label": _("Planned on"), "value": wording.short_day(trip.planned_on)},
    ]
    for words, day in ((_("Left on"), trip.departed_on), (_("Arrived home on"), trip.arrived_on)):
        if day:
            rows.append({"label": words, "value": wording.short_day(day)})
    if trip.port:
        rows.append({"label": _("Port of arrival"), "value": trip.port})
    if trip.confirmed_by_means:
        rows.append({"label": _("How it was confirmed"), "value": label("return_proof", trip.confirmed_by_means)})
    return rows


def _next(user, enrolment, trip) -> dict:
    """The outlined box: the next deed of the way home and the other ones, or of what follows the return."""
    if enrolment.status in actions.AWAY:
        return _next_on_the_way(enrolment, trip)
    start = _link(_("Start reintegration"), _move(enrolment, S.IN_REINTEGRATION))
    others = [start] if user.may(Permission.REINTEGRATION_EDIT) else []
    if not user.may(Permission.CASE_MATCH):
        return {}
    if enrolment.status == S.RETURNED:
        return _box(S.RECALL_OFFERED.label, _link(_("Offer a recall"), _move(enrolment, S.RECALL_OFFERED)), others)
    if enrolment.status == S.RECALL_OFFERED and _is_answered(enrolment):
        close = _link(_("Close the case"), _move(enrolment, S.CLOSED))
        return _box(S.IN_REINTEGRATION.label, start, [close]) if others else _box(S.CLOSED.label, close, [])
    if enrolment.status == S.RECALL_OFFERED:
        decline = _link(_("The worker declines"), reverse("recall:decline", args=[enrolment.public_id]))
        accept = _link(_("The worker accepts"), reverse("recall:accept", args=[enrolment.public_id]))
        return _box(_("The worker's answer to the recall"), accept, [decline])
    return {}


def _next_on_the_way(enrolment, trip) -> dict:
    def deed(words, name):
        return _link(words, reverse(f"returns:{name}", args=[enrolment.public_id]))

    confirm = _link(_("Confirm the return"), _move(enrolment, S.RETURNED))
    if trip is None or trip.status in {Status.POSTPONED, Status.MISSED}:
        title, do, others = _("The return is planned"), deed(_("Plan the return"), "plan"), []
    elif trip.status == Status.PLANNED:
        others = [deed(_("Put off"), "postpone")]
        title, do = _("The journey is booked"), deed(_("Record the booking"), "book")
    elif trip.status == Status.BOOKED:
        others = [deed(_("Journey missed"), "miss")]
        title, do = _("The worker has left"), deed(_("Record the departure"), "depart")
    else:
        return _box(S.RETURNED.label, confirm, [])
    if enrolment.status in actions.ENDED:
        return _box(title, do, [confirm, *others])
    # Overdue or lost: what counts now is whether the worker is home.
    return _box(S.RETURNED.label, confirm, [do, *others])


def _is_answered(enrolment) -> bool:
    return not Step.objects.open().filter(enrolment=enrolment, kind="recall").exists()


def _link(words, href) -> dict:
    return {"label": words, "href": href}


def _box(title, do, others) -> dict:
    return {"title": title, "do": do["label"], "href": do["href"], "others": others}


def _move(enrolment, target) -> str:
    return reverse("casefile:move", args=[enrolment.public_id, target])


def _recall(enrolment) -> str:
    """Where the recall stands, in one sentence."""
    if enrolment.status == S.RETURNED:
        return _("No recall has been offered yet.")
    if enrolment.status == S.RECALL_OFFERED:
        return _("A place in the next season was offered on %(day)s.") % {
            "day": wording.short_day(enrolment.status_since)
        }
    return ""


def _trip_of(enrolment) -> Return:
    return get_object_or_404(Return, enrolment=enrolment)


def _deed(request, public_id, form_class, deed, *, title, do, done, effects=()):
    """One deed on a standing return: form, version of the return, back to the section."""
    enrolment = visible_case(request, public_id)
    trip = _trip_of(enrolment)
    form = form_class(typed(request), user=request.user, record=trip)
    back = reverse("returns:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        answer = attempt(
            request,
            form,
            lambda: deed(trip, by=request.user, version=form.version_token(), **form.deed()),
            done=done,
            to=back,
        )
        if answer:
            return answer
    return form_page(request, form, title=title, do=do, band=enrolment.band, cancel=back, effects=list(effects))


@requires(Permission.RETURN_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request, public_id):
    """Plan the way home, the first time or anew."""
    enrolment = visible_case(request, public_id)
    trip = Return.objects.filter(enrolment=enrolment).first()
    if trip is None and enrolment.status not in actions.AWAY:
        raise Http404
    last = Placement.objects.filter(enrolment=enrolment).first()
    expected = rules.return_type(enrolment.status, last.end_cause if last else "")
    # A page that was opened before there was a return carries no version; sending it twice still has one effect.
    opened_on = None if request.method == "POST" and "version" not in request.POST else trip
    form = PlanForm(typed(request), user=request.user, record=opened_on, expected_type=expected)
    back = reverse("returns:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        form.record = trip
        done = attempt(
            request,
            form,
            lambda: actions.plan(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The return was planned."),
            to=back,
        )
        if done:
            return done
    return form_page(request, form, title=_("Plan the return"), band=enrolment.band, cancel=back)


@requires(Permission.RETURN_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def book(request, public_id):
    """The journey home is booked."""
    return _deed(
        request, public_id, BookForm, actions.book,
        title=_("Booked journey home"), do=_("Record the booking"), done=_("The booking was recorded."),
    )  # fmt: skip


@requires(Permission.RETURN_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def depart(request, public_id):
    """The worker has left."""
    return _deed(
        request, public_id, DepartForm, actions.depart,
        title=_("Departure for home"), do=_("Record the departure"), done=_("The departure was recorded."),
    )  # fmt: skip


@requires(Permission.RETURN_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def postpone(request, public_id):
    """The way home is put off."""
    return _deed(
        request, public_id, DelayForm, actions.postpone,
        title=_("Put the return off"), do=_("Put off"), done=_("The return was put off."),
    )  # fmt: skip


@requires(Permission.RETURN_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def miss(request, public_id):
    """The worker was not on the booked journey."""
    return _deed(
        request, public_id, DelayForm, actions.miss,
        title=_("Journey missed"), do=_("Record"), done=_("The missed journey was recorded."),
    )  # fmt: skip
