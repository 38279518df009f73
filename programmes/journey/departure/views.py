"""Pages of everything a worker needs to travel: the checklist, and one small form for each deed."""

from functools import partial

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import typed
from programmes.base.rulebook.codes import label
from programmes.journey.departure import actions, checklist, forms, pages, papers
from programmes.journey.departure.deed_pages import deed_page, facts_of, paper_of, required, sent_files
from programmes.journey.departure.models import Document, Medical, Permit, Trip
from programmes.journey.departure.states import PermitStatus
from programmes.journey.enrolment.views import visible_case

form_methods = require_http_methods(["GET", "HEAD", "POST"])
CASE_EDIT, DOCUMENT_EDIT = Permission.CASE_EDIT, Permission.DOCUMENT_EDIT


@requires(Permission.DOCUMENT_VIEW)
@require_safe
def documents(request, public_id):
    """Everything required to travel, and the papers gathered so far."""
    enrolment = visible_case(request, public_id)
    enrolment.papers = papers.Papers(enrolment)
    tasks = checklist.tasks(enrolment, request.user)
    return render(
        request,
        "journey/departure/documents.html",
        {
            "enrolment": enrolment,
            "tab": "documents",
            "tasks": tasks,
            "done": sum(task["is_met"] for task in tasks),
            "sections": checklist.sections(enrolment, request.user),
            "exceptions": [task for task in tasks if not task["is_met"]]
            if request.user.may(Permission.CASE_REOPEN)
            else [],
            "over": enrolment.is_over,
        },
    )


# --- Documents --------------------------------------------------------------------------------------------------


@requires(DOCUMENT_EDIT)
@form_methods
def record(request, public_id, requirement_id):
    """Record a document the programme asks for."""
    enrolment = visible_case(request, public_id)
    requirement = required(enrolment, requirement_id, "document")
    sent = (typed(request), sent_files(request))
    form = forms.RecordForm(*sent, user=request.user, enrolment=enrolment, asked=requirement.code)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.record_document(enrolment, by=request.user, kind=requirement.code, **form.deed()),
        title=requirement.label,
        said=_("The document was recorded. It awaits verification."),
        anchor="papers",
        ask=reverse("departure:request", args=[enrolment.public_id, requirement.public_id]),
    )


@requires(DOCUMENT_EDIT)
@form_methods
def request_one(request, public_id, requirement_id):
    """Note that the worker was asked for a document."""
    enrolment = visible_case(request, public_id)
    requirement = required(enrolment, requirement_id, "document")
    form = forms.ConfirmForm(typed(request), user=request.user, enrolment=enrolment)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.request_document(enrolment, by=request.user, kind=requirement.code),
        title=_("Ask for: %(document)s") % {"document": requirement.label},
        do=_("Note that it was asked for"),
        intro=_("The document is then awaited, and the case shows it."),
        said=_("The document is awaited."),
        anchor="papers",
    )


@requires(DOCUMENT_EDIT)
@form_methods
def other(request, public_id):
    """Record a document of any type."""
    enrolment = visible_case(request, public_id)
    chosen = request.POST.get("kind", "")
    sent = (typed(request), sent_files(request))
    form = forms.OtherDocumentForm(*sent, user=request.user, enrolment=enrolment, asked=chosen)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.record_document(enrolment, by=request.user, **form.deed()),
        title=_("Another document"),
        said=_("The document was recorded. It awaits verification."),
        anchor="papers",
    )


@requires(DOCUMENT_EDIT)
@form_methods
def edit(request, public_id, paper_id):
    """Correct a document nobody has verified yet."""
    enrolment = visible_case(request, public_id)
    document = get_object_or_404(Document.objects.select_related("enrolment"), enrolment=enrolment, public_id=paper_id)
    fields = ("number", "issuer", "issued_on", "expires_on")
    form = forms.DocumentForm(
        typed(request),
        user=request.user,
        enrolment=enrolment,
        record=document,
        asked=document.type,
        initial={name: getattr(document, name) for name in fields},
    )
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.edit_document(document, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Correct: %(document)s") % {"document": label("document", document.type)},
        said=_("The document was corrected."),
        anchor="papers",
    )


def _judge(request, public_id, paper_id, form_class, deed, *, title, **words):
    enrolment = visible_case(request, public_id)
    document = paper_of(Document, enrolment, paper_id)
    form = form_class(typed(request), user=request.user, enrolment=enrolment, record=document)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: deed(document, by=request.user, version=form.version_token(), case=enrolment, **form.deed()),
        title=title % {"document": label("document", document.type)},
        anchor="papers",
        facts=facts_of(document),
        **words,
        others=checklist.document_links(enrolment, document),
        pages=pages.of_paper(enrolment, document, request.user),
    )


@requires(DOCUMENT_EDIT)
@form_methods
def verify(request, public_id, paper_id):
    """Say that a document was seen and is genuine."""
    return _judge(
        request,
        public_id,
        paper_id,
        forms.ConfirmForm,
        actions.verify_document,
        title=_("Verify: %(document)s"),
        do=_("Verified"),
        said=_("The document was verified."),
        intro=_("Compare with the document itself: name, number, last day."),
    )


@requires(DOCUMENT_EDIT)
@form_methods
def reject(request, public_id, paper_id):
    """Say why a document cannot be used."""
    return _judge(
        request,
        public_id,
        paper_id,
        forms.ReasonForm,
        actions.reject_document,
        title=_("Reject: %(document)s"),
        do=_("Reject"),
        danger=True,
        said=_("The document was rejected."),
    )


@requires(DOCUMENT_EDIT)
@form_methods
def revoke(request, public_id, paper_id):
    """Take back a verification."""
    return _judge(
        request,
        public_id,
        paper_id,
        forms.ReasonForm,
        actions.revoke_document,
        title=_("Take back the verification: %(document)s"),
        do=_("Take back"),
        danger=True,
        said=_("The verification was taken back."),
    )


# --- Medical ----------------------------------------------------------------------------------------------------


@requires(CASE_EDIT)
@form_methods
def medical(request, public_id):
    """Make an appointment for the medical exam."""
    enrolment = visible_case(request, public_id)
    form = forms.MedicalForm(typed(request), user=request.user, enrolment=enrolment)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.schedule_medical(enrolment, by=request.user, **form.deed()),
        title=_("Medical exam"),
        said=_("The appointment was saved."),
        anchor="medical",
    )


@requires(CASE_EDIT)
@form_methods
def result(request, public_id, paper_id):
    """Record the result of an exam."""
    enrolment = visible_case(request, public_id)
    exam = paper_of(Medical, enrolment, paper_id)
    form = forms.ResultForm(typed(request), user=request.user, enrolment=enrolment, record=exam)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.record_medical(exam, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Result of the medical exam"),
        said=_("The result was recorded."),
        anchor="medical",
        facts=facts_of(exam),
    )


@requires(CASE_EDIT)
@form_methods
def missed(request, public_id, paper_id):
    """Note that the worker did not come."""
    enrolment = visible_case(request, public_id)
    exam = paper_of(Medical, enrolment, paper_id)
    form = forms.ConfirmForm(typed(request), user=request.user, enrolment=enrolment, record=exam)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.missed_medical(exam, by=request.user, version=form.version_token()),
        title=_("The worker missed the medical exam"),
        do=_("Missed"),
        said=_("Noted. Make another appointment."),
        anchor="medical",
        facts=facts_of(exam),
    )


# --- Visa and permit --------------------------------------------------------------------------------------------


@requires(CASE_EDIT)
@form_methods
def permit(request, public_id, requirement_id):
    """Begin an application."""
    enrolment = visible_case(request, public_id)
    requirement = required(enrolment, requirement_id, "permit")
    form = forms.PermitForm(typed(request), user=request.user, enrolment=enrolment)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.start_permit(enrolment, by=request.user, kind=requirement.code, **form.deed()),
        title=requirement.label,
        do=_("Begin the application"),
        said=_("The application was begun."),
        anchor="permit",
    )


def _again(application, *, how, **facts):
    return (actions.appeal_permit if how == PermitStatus.APPEALED else actions.relodge_permit)(application, **facts)


V = PermitStatus
IN_PROCESS = (forms.StageForm, gettext_lazy("Application in process"), partial(actions.advance_permit, to=V.IN_PROCESS))
# Where an application stands → what is recorded next: form, words of the page, deed.
NEXT = {
    V.PREPARING: (forms.LodgeForm, gettext_lazy("Application lodged"), partial(actions.advance_permit, to=V.LODGED)),
    V.LODGED: (
        forms.BiometricsForm,
        gettext_lazy("Biometrics appointment"),
        partial(actions.advance_permit, to=V.BIOMETRICS_DUE),
    ),
    V.BIOMETRICS_DUE: IN_PROCESS,
    V.APPEALED: IN_PROCESS,
    V.RELODGED: IN_PROCESS,
    V.IN_PROCESS: (forms.DecisionForm, gettext_lazy("Decision"), actions.decide_permit),
    V.REFUSED: (forms.AgainForm, gettext_lazy("After the refusal"), _again),
}


@requires(CASE_EDIT)
@form_methods
def permit_step(request, public_id, paper_id):
    """Record what happened to an application: whichever step comes next.

    The form names the state it was opened in, so that a page that is old or sent twice is read as what it was.
    """
    enrolment = visible_case(request, public_id)
    application = paper_of(Permit, enrolment, paper_id)
    stage = request.POST.get("stage", application.status)
    if stage not in NEXT:
        raise Http404
    return _permit_page(request, enrolment, application, *NEXT[stage])


def _permit_page(request, enrolment, application, form_class, title, deed):
    form = form_class(typed(request), user=request.user, enrolment=enrolment, record=application)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: deed(application, by=request.user, version=form.version_token(), **form.deed()),
        title=f"{label('document', application.type)}: {title}",
        said=_("The application was updated."),
        anchor="permit",
        facts=facts_of(application),
    )


@requires(CASE_EDIT)
@form_methods
def permit_withdraw(request, public_id, paper_id):
    """Withdraw an application."""
    enrolment = visible_case(request, public_id)
    application = paper_of(Permit, enrolment, paper_id)
    words = (_("Application withdrawn"), actions.withdraw_permit)
    return _permit_page(request, enrolment, application, forms.WithdrawForm, *words)


# --- Orientation and trip ---------------------------------------------------------------------------------------


@requires(CASE_EDIT)
@form_methods
def orientation(request, public_id):
    """Record attendance at an orientation."""
    enrolment = visible_case(request, public_id)
    form = forms.OrientationForm(typed(request), user=request.user, enrolment=enrolment)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.record_orientation(enrolment, by=request.user, **form.deed()),
        title=_("Pre-departure orientation"),
        said=_("The attendance was recorded."),
        anchor="orientation",
    )


@requires(CASE_EDIT)
@form_methods
def trip(request, public_id):
    """Record a booked trip."""
    enrolment = visible_case(request, public_id)
    initial = {"departs_on": enrolment.planned_start, "currency": enrolment.programme.currency}
    form = forms.TripForm(typed(request), user=request.user, enrolment=enrolment, initial=initial)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.book_trip(enrolment, by=request.user, **form.deed()),
        title=_("Trip"),
        said=_("The trip was booked."),
        anchor="trip",
    )


@requires(CASE_EDIT)
@form_methods
def trip_cancel(request, public_id, paper_id):
    """Cancel a booked trip."""
    enrolment = visible_case(request, public_id)
    booked = paper_of(Trip, enrolment, paper_id)
    form = forms.CancelTripForm(typed(request), user=request.user, enrolment=enrolment, record=booked)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.cancel_trip(booked, by=request.user, version=form.version_token(), **form.deed()),
        title=_("Cancel the trip"),
        do=_("Cancel the trip"),
        danger=True,
        said=_("The trip was cancelled."),
        anchor="trip",
        facts=facts_of(booked),
    )
