"""Pages that record facts of a case itself: open it, its dates, tests and checks."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.journey.enrolment import actions, steps
from programmes.journey.enrolment.forms import DatesForm, OpenCaseForm, SnoozeForm, TestForm, TickForm, WaiveForm
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.people import photos
from programmes.journey.people.views import changeable_person


def visible_case(request, public_id) -> Enrolment:
    """The case with what its frame shows, or 404: unseen and missing cannot be told apart.

    The right that the page declares must reach the case too, or 403: a caseworker of one office who is an auditor of
    another reads there and changes nothing.
    """
    cases = Enrolment.objects.visible_to(request.user).select_related(
        "person", "programme", "season", "owner", "office"
    )
    if request.user.may(Permission.PERSON_VIEW):
        cases = cases.annotate(shows_photo=photos.is_shown("person", on=timezone.localdate()))
    enrolment = get_object_or_404(cases, public_id=public_id)
    right = request.resolver_match.func.access.permission
    if right != Permission.CASE_VIEW and not enrolment.is_reached_by(request.user, right):
        raise PermissionDenied
    return enrolment


@requires(Permission.CASE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, person_id):
    """Open a case for a person."""
    person = changeable_person(request, person_id, Permission.CASE_EDIT)
    form = OpenCaseForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        facts = form.deed()
        done = attempt(
            request,
            form,
            lambda: actions.register(person, by=request.user, programme=facts["season"].programme, **facts),
            done=_("The case was opened."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Open a case for %(name)s") % {"name": person.full_name},
        do=_("Open the case"),
        cancel=person.get_absolute_url(),
    )


@requires(Permission.CASE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def dates(request, public_id):
    """Set the planned stay."""
    enrolment = visible_case(request, public_id)
    form = DatesForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.set_dates(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The planned stay was saved."),
        )
        if done:
            return done
    return _page(request, form, enrolment, _("Planned stay"))


def _page(request, form, enrolment, title, **context):
    return form_page(request, form, title=title, band=enrolment.band, cancel=enrolment.get_absolute_url(), **context)


def _requirement(enrolment, requirement_id, kind=None):
    found = enrolment.programme.requirements.filter(active=True)
    return get_object_or_404(found.filter(kind=kind) if kind else found, public_id=requirement_id)


@requires(Permission.CASE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def test(request, public_id, requirement_id):
    """Record the result of a test."""
    enrolment = visible_case(request, public_id)
    requirement = _requirement(enrolment, requirement_id, "test")
    form = TestForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.record_test(enrolment, requirement, by=request.user, **form.deed()),
            done=_("The test was recorded."),
        )
        if done:
            return done
    return _page(request, form, enrolment, requirement.label)


@requires(Permission.CASE_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def tick(request, public_id, requirement_id):
    """Tick something that is checked by hand."""
    enrolment = visible_case(request, public_id)
    requirement = _requirement(enrolment, requirement_id, "check")
    form = TickForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.tick(enrolment, requirement, by=request.user, **form.deed()),
            done=_("Ticked."),
        )
        if done:
            return done
    return _page(request, form, enrolment, requirement.label, do=_("Tick"))


@requires(Permission.CASE_REOPEN)
@require_http_methods(["GET", "HEAD", "POST"])
def waive(request, public_id, requirement_id):
    """A manager's word that this case does not need something."""
    enrolment = visible_case(request, public_id)
    requirement = _requirement(enrolment, requirement_id)
    form = WaiveForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.waive(enrolment, requirement, by=request.user, **form.deed()),
            done=_("Marked as not needed."),
        )
        if done:
            return done
    return _page(request, form, enrolment, _("Not needed: %(what)s") % {"what": requirement.label})


@requires(Permission.NOTE_WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def snooze(request, step_id):
    """Put a step off until a day."""
    step = get_object_or_404(
        Step.objects.visible_to(request.user).open().select_related("enrolment", "requirement"), pk=step_id
    )
    enrolment = visible_case(request, step.enrolment.public_id)
    form = SnoozeForm(typed(request), user=request.user, initial={"until": timezone.localdate() + timedelta(days=7)})
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.snooze(step, by=request.user, **form.deed()),
            done=_("Put off."),
            to="/",
        )
        if done:
            return done
    words = steps.label(step.kind, step.requirement)
    return _page(request, form, enrolment, _("Put off: %(step)s") % {"step": words}, do=_("Put off"))
