"""One case on one page: where it stands, what is next, what is missing, what happened."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.chips import chips_of
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.codes import label
from programmes.desk.casefile import moves, presence, timeline
from programmes.desk.casefile.forms import AssignForm, NoteForm, TagsForm
from programmes.journey.departure.readiness.models import Readiness
from programmes.journey.departure.readiness.rules import PREPARED, code_of
from programmes.journey.departure.readiness.wording import words
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.requirements import State
from programmes.journey.enrolment.states import Status
from programmes.journey.enrolment.views import visible_case

LATEST = 8
WORKING = (Permission.CASE_EDIT, Permission.CASE_MATCH, Permission.DOCUMENT_EDIT)
# What stands in the task list while a case is in a state: the requirements of the stages ahead of it.
AHEAD = {
    Status.REGISTERED: {Status.ELIGIBLE},
    Status.WAITLISTED: {Status.ELIGIBLE},
    Status.ELIGIBLE: {Status.ROSTERED},
    Status.ROSTERED: {Status.SELECTED},
    Status.SELECTED: {Status.IN_DOCUMENTATION, Status.READY_TO_TRAVEL},
    Status.IN_DOCUMENTATION: {Status.READY_TO_TRAVEL},
    Status.READY_TO_TRAVEL: {Status.READY_TO_TRAVEL, Status.TRAVELLING},
}


@requires(Permission.CASE_VIEW)
@require_safe
def overview(request, public_id):
    """The case file's first page."""
    enrolment = visible_case(request, public_id)
    user = request.user
    if not user.may(Permission.PERSON_VIEW):
        return render(request, "desk/casefile/shared.html", {"enrolment": enrolment})
    others = presence.others_at(enrolment, user)
    standings = requirements.standings(enrolment, stages={str(s) for s in AHEAD.get(enrolment.status, ())})
    if not any(user.may(right) for right in WORKING):
        # Whoever only reads figures sees no medical fact of a person (domain.md 6).
        standings = [s for s in standings if s.requirement.kind != RequirementKind.MEDICAL]
    offered = moves.offered(enrolment, user)
    first = offered[0] if offered else None
    events = list(timeline.lines(enrolment)[: LATEST + 1])
    return render(
        request,
        "desk/casefile/overview.html",
        {
            "enrolment": enrolment,
            "tab": "overview",
            "here_too": wording.and_list(others),
            "next": _next_step(enrolment, first, standings) if first else None,
            "others": [
                {"label": move.do, "href": reverse("casefile:move", args=[enrolment.public_id, target])}
                for target, move in offered[1:]
            ],
            "tasks": [_task(standing, user) for standing in sorted(standings, key=lambda s: s.is_met)],
            "done": sum(standing.is_met for standing in standings),
            "entries": [timeline.told(event) for event in events[:LATEST]],
            "more": len(events) > LATEST,
            "facts": [*_travel(enrolment, user), *_facts(enrolment)],
            "can_note": user.may(Permission.NOTE_WRITE),
            "can_assign": user.may(Permission.CASE_ASSIGN),
        },
    )


def _next_step(enrolment, first, standings) -> dict:
    target, move = first
    missing = moves.still_missing(enrolment, target, move)
    return {
        "title": Status(target).label,
        "do": move.do,
        "href": reverse("casefile:move", args=[enrolment.public_id, target]),
        "missing": missing,
        "total": len(standings) if missing and len(standings) >= len(missing) else None,
    }


def _task(standing, user) -> dict:
    words = {"open": _("Not started"), "started": _("Started"), "done": _("Done"), "not_needed": _("Not needed")}
    may = user.may(Permission.CASE_EDIT) or user.may(Permission.DOCUMENT_EDIT) or user.may(Permission.CASE_MATCH)
    return {
        "id": f"r{standing.requirement.pk}",
        "tone": "dash" if standing.state == State.NOT_NEEDED else standing.tone,
        "state": words[standing.state],
        "title": standing.requirement.label,
        "note": standing.detail,
        "waits_for": "" if standing.is_met else standing.waits_for,
        "due_on": None if standing.is_met else standing.due_on,
        "href": standing.href if may else "",
        "do": _("See") if standing.is_met else _("Record"),
    }


def _travel(enrolment, user) -> list[dict]:
    """The same answer as on the board: whether the worker can travel, the first thing missing, who acts, since when."""
    if enrolment.status not in PREPARED:
        return []
    row = Readiness.objects.filter(enrolment=enrolment).first()
    if row is None:
        return []
    labels = {code_of(one): one.label for one in requirements.of_programme(enrolment.programme)}
    since = _("since %(day)s") % {"day": wording.short_day(row.since)}
    if row.ready:
        return [{"label": _("Can travel"), "value": _("Yes, %(since)s") % {"since": since}}]
    # Whoever only reads figures sees no medical fact of a person (domain.md 6).
    hidden = row.blocker.startswith("medical:") and not any(user.may(right) for right in WORKING)
    who = wording.who_has_it(row.waits_for) if row.waits_for else ""
    facts = ["" if hidden else words(row.blocker, labels), who, since]
    return [{"label": _("Cannot travel yet"), "value": " · ".join(filter(None, facts)), "late": True}]


def _facts(enrolment) -> list[dict]:
    stay = ""
    if enrolment.planned_start and enrolment.planned_end:
        stay = f"{wording.short_day(enrolment.planned_start)} – {wording.short_day(enrolment.planned_end)}"
    rows = [
        {"label": _("Programme"), "value": enrolment.programme.name},
        {"label": _("Season"), "value": enrolment.season.code},
        {"label": _("Office"), "value": enrolment.office.name},
        {"label": _("Registered on"), "value": wording.short_day(enrolment.registered_on)},
        {"label": _("Planned stay"), "value": stay},
    ]
    for name, day in (
        (_("Departed on"), enrolment.departed_on),
        (_("Arrived on"), enrolment.arrived_on),
        (_("Returned on"), enrolment.returned_on),
    ):
        if day:
            rows.append({"label": name, "value": wording.short_day(day)})
    if enrolment.status == Status.CLOSED:
        rows.append({"label": _("Closed because"), "value": label("closure", enrolment.closure_reason)})
        rows.append({"label": _("Outcome"), "value": enrolment.outcome})
    return rows


@requires(Permission.PERSON_VIEW)
@require_safe
def history(request, public_id):
    """The whole story, page by page; one kind of lines, or up to a day."""
    enrolment = visible_case(request, public_id)
    lines = timeline.lines(enrolment)
    filtered = timeline.DiaryFilter(request.GET, queryset=lines)
    found = filtered.qs if filtered.form.is_valid() else lines.none()
    page = keyset(request, found, order=("-at", "-id"), size=50)
    return page_or_part(
        request,
        "desk/casefile/history.html",
        "results",
        {
            "enrolment": enrolment,
            "tab": "history",
            "page": page,
            "filters": filtered.form,
            "chips": chips_of(request, filtered.form),
            "here": request.path,
            "entries": [timeline.told(event) for event in page.rows],
        },
    )


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request, public_id, target):
    """Make one move: the form asks only what this move needs."""
    enrolment = visible_case(request, public_id)
    if target not in Status.values or (target == Status.REOPENED and enrolment.status != Status.CLOSED):
        raise Http404
    door = moves.move_for(enrolment.status, target) if _has_door(enrolment.status, target) else None
    if door is None:
        raise Http404
    if not door.allowed_to(request.user, enrolment):
        raise PermissionDenied
    form = door.form(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: door.deed(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The case moved to “%(state)s”.") % {"state": Status(target).label},
            to=enrolment.get_absolute_url(),
        )
        if done:
            return done
        enrolment.refresh_from_db()
    legal = enrolment.MACHINE.allows(enrolment.status, target)
    return form_page(
        request,
        form,
        "desk/casefile/move.html",
        title=door.do,
        do=door.do,
        band=enrolment.band,
        cancel=enrolment.get_absolute_url(),
        enrolment=enrolment,
        not_yet=moves.still_missing(enrolment, target, door) if legal and not form.is_bound else [],
        illegal=not legal,
        state=Status(target).label,
    )


def _has_door(source, target):
    return target in moves.MOVES or (source, target) in moves.MOVES


@requires(Permission.NOTE_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def note(request, public_id):
    """Write a note into the diary."""
    enrolment = visible_case(request, public_id)
    form = NoteForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: enrolments.write_note(enrolment, by=request.user, **form.deed()),
            done=_("The note was saved."),
            to=enrolment.get_absolute_url(),
        )
        if done:
            return done
    return form_page(request, form, title=_("Note"), band=enrolment.band, cancel=enrolment.get_absolute_url())


@requires(Permission.CASE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request, public_id):
    """Give the case to a colleague."""
    enrolment = visible_case(request, public_id)
    form = AssignForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: enrolments.assign(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The case was assigned."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Assign the case"),
        do=_("Assign"),
        band=enrolment.band,
        cancel=enrolment.get_absolute_url(),
    )


@requires(Permission.CASE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def tags(request, public_id):
    """Put tags on the case, take tags off."""
    enrolment = visible_case(request, public_id)
    form = TagsForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: enrolments.tag(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The tags were saved."),
        )
        if done:
            return done
    return form_page(request, form, title=_("Tags"), band=enrolment.band, cancel=enrolment.get_absolute_url())
