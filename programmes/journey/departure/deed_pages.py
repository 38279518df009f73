"""What the pages of one deed share: the case and the paper they are about, the form, the way back."""

from contextlib import nullcontext

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from programmes.base.common.deeds import attempt, form_page
from programmes.base.common.errors import Stale
from programmes.base.common.wording import number, short_day
from programmes.base.files.forms import TakesFiles
from programmes.journey.departure import terms
from programmes.journey.departure.models import Contract, Document, Medical, Permit


def paper_of(model, enrolment, public_id):
    """A paper of this case; a document of this person, wherever it was recorded."""
    owner = {"person": enrolment.person_id} if model is Document else {"enrolment": enrolment}
    return get_object_or_404(model.objects.select_related("enrolment"), public_id=public_id, **owner)


def sent_files(request):
    """What a form with files is bound to beside its text."""
    return request.FILES if request.method == "POST" else None


def required(enrolment, public_id, kind):
    """A requirement of this kind of the case's programme, or 404."""
    return get_object_or_404(enrolment.programme.requirements.filter(active=True, kind=kind), public_id=public_id)


def deed_page(request, enrolment, form, deed, *, title, said, anchor="", **context):
    """One form page: do the deed when it is sent and good, and lead back to the papers."""
    back = reverse("departure:documents", args=[enrolment.public_id])
    if request.method == "POST":
        good = form.is_valid()
        # Files are judged and stored before the transaction, and held when something else was wrong.
        with form.keeping() if isinstance(form, TakesFiles) else nullcontext(good) as good:
            done = good and attempt(request, form, deed, done=said, to=back + (f"#{anchor}" if anchor else ""))
        if done:
            return done
    if getattr(form, "status", 0) == Stale.status and form.record is not None:
        context["facts"] = facts_of(form.record)
    return form_page(
        request,
        form,
        "journey/departure/deed.html",
        title=title,
        band=enrolment.band,
        cancel=back,
        enrolment=enrolment,
        **context,
    )


def facts_of(paper):
    """What a page says about the paper it is about."""
    if isinstance(paper, Document):
        rows = [
            (_("Number"), paper.number),
            (_("Issued by"), paper.issuer),
            (_("Issued on"), paper.issued_on and short_day(paper.issued_on)),
            (_("Expires on"), paper.expires_on and short_day(paper.expires_on)),
        ]
    elif isinstance(paper, Medical):
        rows = [(_("Clinic"), paper.clinic), (_("Appointment on"), short_day(paper.scheduled_on))]
    elif isinstance(paper, Permit):
        rows = [
            (_("Application number"), paper.application_number),
            (_("Lodged on"), paper.lodged_on and short_day(paper.lodged_on)),
            (_("Biometrics on"), paper.biometrics_on and short_day(paper.biometrics_on)),
        ]
    elif isinstance(paper, Contract):
        rows = [
            (_("Version"), paper.contract_version),
            (_("Stay"), f"{short_day(paper.starts_on)} – {short_day(paper.ends_on)}"),
            (_("Wage"), terms.value_of("wage", paper)),
            (_("Hours per week"), number(paper.hours_per_week)),
        ]
    else:
        rows = [(_("Trip"), str(paper)), (_("Ticket number"), paper.ticket_number)]
    rows.append((_("State"), paper.get_status_display().capitalize() if hasattr(paper, "status") else ""))
    return [{"label": words, "value": value} for words, value in rows if value]
