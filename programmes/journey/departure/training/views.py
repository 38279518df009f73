"""Pages of training sessions: the list, one session, its places, attendance, invitations, certificates, the end."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.chips import chips_of
from programmes.base.common.choices import is_identifier
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.common.wording import number
from programmes.base.papers import pdf
from programmes.base.papers.rules import code_typed
from programmes.journey.departure.training import actions, filters, forms, rules, seats
from programmes.journey.departure.training.models import TrainingSeat, TrainingSession
from programmes.journey.enrolment.models import Enrolment

FORMS = ["GET", "HEAD", "POST"]
EDIT, SEE = Permission.CASE_EDIT, Permission.CASE_MATCH
PAGES = "journey/departure/training/"
# What a button of the attendance list says of its worker.
TAPS = {"present": True, "absent": False, "unknown": None}


def session_for(request, public_id, permission=SEE) -> TrainingSession:
    """The session; 404 when the user may not see it, 403 when the right is held only in other programmes."""
    sessions = TrainingSession.objects.select_related("programme", "season", "office")
    found = get_object_or_404(sessions.visible_to(request.user), public_id=public_id)
    if permission != SEE and not sessions.reachable_by(request.user, permission).filter(pk=found.pk).exists():
        raise PermissionDenied
    return found


def run_by(request, public_id) -> TrainingSession:
    """The session of an office where the user works on cases; 403 for one that they only put workers into."""
    found = session_for(request, public_id, EDIT)
    if not TrainingSession.objects.run_by(request.user).filter(pk=found.pk).exists():
        raise PermissionDenied
    return found


def heading(found) -> dict:
    """The identity bar of a session."""
    return {
        "label": _("Training session"),
        "name": found.title,
        "number": f"{found.programme.name} · {found.season.code}" if found.season else found.programme.name,
        "href": found.get_absolute_url(),
    }


@requires(SEE)
@require_safe
def sessions(request):
    """Sessions, those to come first; narrowed in the address."""
    visible = TrainingSession.objects.visible_to(request.user).select_related("programme", "season", "office")
    filtered = filters.TrainingFilter(request.GET, queryset=visible.with_taken(), user=request.user)
    form = filtered.form
    found = filtered.qs if form.is_valid() else visible.none()
    ahead = request.GET.get("when") == filters.COMING
    page = keyset(request, found, order=("starts_at", "id") if ahead else ("-starts_at", "-id"), count=False)
    context = {"page": page, "filters": form, "chips": chips_of(request, form)}
    return page_or_part(request, f"{PAGES}list.html", "results", context)


@requires(EDIT)
@require_http_methods(FORMS)
def new(request):
    """Plan a session."""
    form = forms.SessionForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.plan(by=request.user, **form.deed()),
            done=_("The session was planned. Give the workers their places now."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, title=_("Plan a session"), do=_("Plan the session"), cancel=reverse("training:list")
    )


@requires(EDIT)
@require_http_methods(FORMS)
def change(request, public_id):
    """Change a session."""
    found = run_by(request, public_id)
    form = forms.SessionForm(typed(request), user=request.user, record=found)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.change(found, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The session was changed."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, title=_("Change the session"), cancel=found.get_absolute_url(), band=heading(found),
        effects=[_("When day, hour or place change, the owners are asked to tell the workers.")],
    )  # fmt: skip


@requires(SEE)
@require_safe
def session(request, public_id):
    """One session: what it is, who has a place and came, what the tests say, what comes next."""
    found = session_for(request, public_id)
    rows = seats.shown(found, request.user, live=False)
    live = [seat for seat in rows if seat.left_on is None]
    taken = found.seats.live().count()
    works = TrainingSession.objects.reachable_by(request.user, EDIT).filter(pk=found.pk).exists()
    context = {
        "session": found,
        "band": heading(found),
        "rows": rows,
        "taken": taken,
        "hidden": taken - len(live),
        "works": works,
        "runs": works and TrainingSession.objects.run_by(request.user).filter(pk=found.pk).exists(),
        "present": sum(bool(seat.present) for seat in live),
        "certifiable": any(seat.orientation_id for seat in live),
        "gain": rules.gain_of(found.seats.live().values_list("before", "after")),
    }
    return render(request, f"{PAGES}session.html", context)


@requires(EDIT)
@require_http_methods(FORMS)
def join(request, public_id):
    """Give workers a place: those who lack the orientation, of one office or of all; others by case number."""
    found = session_for(request, public_id, EDIT)
    lacking = seats.in_need(found, request.user)
    offices = list(Office.objects.filter(pk__in=lacking.order_by().values("office")).order_by("name"))
    asked = request.GET.get("office", "")
    if is_identifier(asked):
        lacking = lacking.filter(office__public_id=asked)
    rows = list(lacking.select_related("person", "office")[: seats.MOST_OFFERED + 1])
    more, rows = len(rows) > seats.MOST_OFFERED, rows[: seats.MOST_OFFERED]
    offered = Enrolment.objects.filter(pk__in=[case.pk for case in rows])
    form = forms.JoinForm(typed(request), user=request.user, offered=offered)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.seat(found, by=request.user, **form.deed()),
            done=_("The workers have their places."),
        )  # fmt: skip
        if done:
            return done
    free = actions.left_in(found)
    return form_page(
        request, form, f"{PAGES}join.html",
        title=_("Give workers a place"), do=_("Give the chosen workers a place"),
        intro=ngettext("%(count)s place is free.", "%(count)s places are free.", free) % {"count": number(free)},
        cancel=found.get_absolute_url(), band=heading(found), rows=rows, offices=offices, asked=asked,
        most=seats.MOST_OFFERED if more else 0, ticked=request.POST.getlist("cases"),
    )  # fmt: skip


def _seat(request, found, seat_id) -> TrainingSeat:
    mine = TrainingSeat.objects.visible_to(request.user).live().filter(session=found)
    seat = get_object_or_404(mine.select_related("enrolment__person", "session"), public_id=seat_id)
    if not seat.enrolment.is_reached_by(request.user, EDIT):
        raise PermissionDenied
    return seat


@requires(EDIT)
@require_http_methods(FORMS)
def take_off(request, public_id, seat_id):
    """Take a worker off the session, with the reason."""
    found = session_for(request, public_id, EDIT)
    seat = _seat(request, found, seat_id)
    form = forms.TakeOffForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.take_off(seat, by=request.user, **form.deed()),
            done=_("Done. The place is free."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form,
        title=_("Take %(name)s off the session") % {"name": seat.enrolment.person.full_name},
        do=_("Take off"), danger=True, cancel=found.get_absolute_url(), band=heading(found),
    )  # fmt: skip


@requires(EDIT)
@require_http_methods(FORMS)
def attendance(request, public_id):
    """Who came, one tap each, and what the tests said: one list for a phone. A tap keeps the scores typed so far."""
    found = session_for(request, public_id, EDIT)
    mine = [seat for seat in seats.shown(found, request.user) if seat.may]
    form = forms.AttendanceForm(typed(request), user=request.user, seats=mine, session=found)
    here = reverse("training:attendance", args=[found.public_id])
    if request.method == "POST" and form.is_valid():
        tapped = _tapped(request, mine)
        marks = {seat.pk: mark for seat, mark in tapped}
        to = here + (f"#seat-{tapped[0][0].public_id}" if tapped else "")
        done = attempt(
            request, form, lambda: actions.mark(found, by=request.user, marks=marks, scores=form.scores),
            to=to, done=None if tapped else _("The scores were saved."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, f"{PAGES}attendance.html",
        title=_("Attendance"), session=found, band=heading(found), rows=list(form.rows()),
        present=sum(bool(seat.present) for seat in mine), cancel=found.get_absolute_url(),
    )  # fmt: skip


def _tapped(request, mine) -> list[tuple[TrainingSeat, bool | None]]:
    """The seat whose button was pressed, with what the button says."""
    keys = {str(seat.public_id): seat for seat in mine}
    return [(keys[key], mark) for tap, mark in TAPS.items() if (key := request.POST.get(tap, "")) in keys]


def _invited(request, code) -> TrainingSeat:
    """The seat of an invitation; a code that nobody has, and one of a case that the user may not see, are nothing."""
    mine = TrainingSeat.objects.visible_to(request.user).live().filter(code=code_typed(code))
    return get_object_or_404(
        mine.select_related("enrolment__person", "session__programme", "session__season", "session__office")
    )


@requires(EDIT)
@require_http_methods(FORMS)
def here(request, code):
    """Where the QR of an invitation leads: who this is, and one button that says that they came."""
    seat = _invited(request, code)
    if not seat.enrolment.is_reached_by(request.user, EDIT):
        raise PermissionDenied
    form = forms.PresentForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        said = _("%(name)s is present.") % {"name": seat.enrolment.person.full_name}
        back = reverse("training:attendance", args=[seat.session.public_id])
        done = attempt(
            request, form, lambda: actions.mark(seat.session, by=request.user, marks={seat.pk: True}),
            to=back, done=said,
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form,
        title=seat.enrolment.person.full_name,
        intro=_("Was marked present already.") if seat.present else _("Holds an invitation to this session."),
        do=_("Is present"), cancel=seat.session.get_absolute_url(), band=heading(seat.session),
    )  # fmt: skip


@requires(SEE)
@require_safe
def qr(request, code):
    """The QR of an invitation, as a picture for the sheet that is printed."""
    seat = _invited(request, code)
    address = settings.SITE_URL + reverse("training:here", args=[seat.code])
    answer = HttpResponse(pdf.qr_svg(address), content_type="image/svg+xml")
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@requires(SEE)
@require_safe
def invitations(request, public_id):
    """A sheet to print: an invitation for each worker whom the reader may see, with the QR for the door."""
    found = session_for(request, public_id)
    context = {"session": found, "band": heading(found), "rows": seats.shown(found, request.user)}
    return render(request, f"{PAGES}invitations.html", context)


@requires(EDIT)
@require_http_methods(FORMS)
def certificates(request, public_id):
    """The certificate of the orientation for everybody who attended and whom the user works with, in one go."""
    found = session_for(request, public_id, EDIT)
    attended = [seat for seat in seats.shown(found, request.user) if seat.may and seat.orientation_id]
    form = forms.CertificatesForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        said: list[str] = []

        def deed():
            issued, left = actions.certify(
                found, by=request.user, seats=attended, on=timezone.localdate(), **form.deed()
            )
            said[:] = [_certified(issued, len(left))]
            return found

        if done := attempt(request, form, deed):
            for words in said:
                messages.success(request, words)
            return done
    intro = ngettext("%(count)s worker attended.", "%(count)s workers attended.", len(attended))
    return form_page(
        request, form, title=_("Certificates"), do=_("Issue the certificates"),
        intro=intro % {"count": number(len(attended))}, cancel=found.get_absolute_url(), band=heading(found),
        effects=[_("The files are made in a moment; each stands with the letters of its case.")],
    )  # fmt: skip


def _certified(issued: int, left: int) -> str:
    """How many, and how many not: names stand on the page alone."""
    words = ngettext("%(count)s certificate is being made.", "%(count)s certificates are being made.", issued)
    words %= {"count": number(issued)}
    if not left:
        return words
    other = ngettext(
        "%(count)s worker has one already, or lacks a fact that it names.",
        "%(count)s workers have one already, or lack a fact that it names.",
        left,
    )
    return f"{words} {other % {'count': number(left)}}"


@requires(EDIT)
@require_http_methods(FORMS)
def end(request, public_id):
    """Close a session, or call it off."""
    found = run_by(request, public_id)
    form = forms.EndForm(typed(request), user=request.user, record=found)
    form.initial.setdefault("how", "close" if found.has_come else "call_off")
    if request.method == "POST" and form.is_valid():
        how = form.cleaned_data["how"]

        def deed():
            token = form.version_token()
            if how == "close":
                return actions.close(found, by=request.user, version=token)
            return actions.call_off(found, by=request.user, version=token, reason=form.cleaned_data["reason"])

        said = _("The session is closed.") if how == "close" else _("The session was called off.")
        if done := attempt(request, form, deed, done=said):
            return done
    unmarked = found.seats.live().filter(present=None).count()
    effects = [_("Called off: every place is free, and the owners are asked to tell the workers.")]
    if unmarked:
        said = ngettext(
            "Closed: %(count)s worker who was not marked counts as absent, and needs another session.",
            "Closed: %(count)s workers who were not marked count as absent, and need another session.",
            unmarked,
        )
        effects.insert(0, said % {"count": number(unmarked)})
    return form_page(
        request, form, title=_("End the session"), do=_("End the session"), cancel=found.get_absolute_url(),
        band=heading(found), effects=effects,
    )  # fmt: skip
