"""Registered at start-up: judges of requirements, guards, what follows a move, sentences of the diary."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.common.wording import short_day
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.codes import label
from programmes.journey.departure import judges, papers
from programmes.journey.departure.actions import contracts
from programmes.journey.departure.states import PermitStatus
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.states import Status

S = Status

sentences.quote("document", lambda code: label("document", code))
sentences.quote("language", lambda code: label("language", code))
sentences.register(
    {
        "document_requested": gettext_lazy("asked the worker for a document: {document}"),
        "document_recorded": gettext_lazy("recorded a document: {document}"),
        "document_corrected": gettext_lazy("corrected a document: {document}"),
        "document_verified": gettext_lazy("verified a document: {document}"),
        "document_rejected": gettext_lazy("rejected a document: {document}"),
        "document_revoked": gettext_lazy("took back the verification of a document: {document}"),
        "file_attached": gettext_lazy("added a file to: {document}"),
        "file_removed": gettext_lazy("removed a file from: {document}"),
        "file_infected": gettext_lazy("noted that the virus scanner found something in a file; nobody can open it"),
        "document_aged": gettext_lazy("noted that a document expires soon: {document}"),
        "document_expired": gettext_lazy("noted that a document has expired: {document}"),
        "medical_scheduled": gettext_lazy("made an appointment for the medical exam at {clinic}"),
        "medical_done": gettext_lazy("noted that the medical exam took place"),
        "medical_result": gettext_lazy("recorded the result of the medical exam"),
        "medical_missed": gettext_lazy("noted that the worker missed the medical exam"),
        "medical_expired": gettext_lazy("noted that the medical clearance has expired"),
        "permit_started": gettext_lazy("began an application: {document}"),
        "permit_lodged": gettext_lazy("lodged an application: {document}"),
        "permit_biometrics_due": gettext_lazy("recorded the biometrics appointment: {document}"),
        "permit_in_process": gettext_lazy("noted that an application is in process: {document}"),
        "permit_approved": gettext_lazy("recorded an approval: {document}"),
        "permit_refused": gettext_lazy("recorded a refusal: {document}"),
        "permit_withdrawn": gettext_lazy("withdrew an application: {document}"),
        "permit_appealed": gettext_lazy("recorded an appeal: {document}"),
        "permit_relodged": gettext_lazy("lodged an application again: {document}"),
        "contract_drafted": gettext_lazy("drafted the contract, version {number}"),
        "contract_explained": gettext_lazy("explained the contract, version {number}, in {language}"),
        "contract_late": gettext_lazy("noted a breach: contract version {number} came to the worker after departure"),
        "contract_signed_worker": gettext_lazy("recorded the worker's signature on the contract, version {number}"),
        "contract_signed_all": gettext_lazy("recorded the employer's signature on the contract, version {number}"),
        "contract_in_force": gettext_lazy("put the contract, version {number}, in force"),
        "contract_completed": gettext_lazy("marked the contract, version {number}, as completed"),
        "contract_terminated": gettext_lazy("ended the contract, version {number}"),
        "contract_superseded": gettext_lazy("replaced the contract, version {number}, by a later one"),
        "orientation_attended": gettext_lazy("recorded the pre-departure orientation in {place}"),
        "trip_booked": gettext_lazy("booked the trip: {flight}"),
        "trip_cancelled": gettext_lazy("cancelled the trip: {flight}"),
    }
)


@guard("enrolment", S.READY_TO_TRAVEL, S.TRAVELLING)
def inside_the_authorisation(enrolment, *, to, on, by=None):
    """The planned stay lies inside the employer's authorisation, and it carries work today (domain.md 2.4)."""
    selection = papers.of(enrolment).selection
    authorisation = selection.position.demand.authorisation if selection else None
    if authorisation and authorisation.lapsed_by(timezone.localdate()):
        yield Missing(
            "authorisation_lapsed",
            _("The employer's authorisation has lapsed: nobody travels until it is renewed"),
            reverse("demand:detail", args=[selection.position.demand.public_id]),
            waits_for="employer",
            hint=_("It carried work until %(day)s.") % {"day": short_day(authorisation.last_day)},
        )
        return
    if authorisation is None or not enrolment.planned_start or not enrolment.planned_end:
        return
    if enrolment.planned_start < authorisation.valid_from or enrolment.planned_end > authorisation.valid_until:
        yield Missing(
            "authorisation",
            _("The employer's authorisation must cover the whole stay"),
            reverse("demand:detail", args=[selection.position.demand.public_id]),
            waits_for="employer",
            hint=_("It is valid from %(start)s to %(end)s.")
            % {"start": short_day(authorisation.valid_from), "end": short_day(authorisation.valid_until)},
        )


@guard("enrolment", S.READY_TO_TRAVEL, S.TRAVELLING)
def inside_the_permit(enrolment, *, to, on, by=None):
    """The planned stay lies inside the permit (domain.md 2.4), also where the programme asks for no permit by name."""
    if any(r.kind == RequirementKind.PERMIT for r in requirements.of_case(enrolment)):
        return  # judged with the requirements, under their own names
    approved = [p for p in papers.of(enrolment).permits if p.status == PermitStatus.APPROVED]
    gaps = [judges.permit_gap(permit, enrolment.planned_start, enrolment.planned_end) for permit in approved]
    if gaps and all(gaps):
        href = reverse("departure:documents", args=[enrolment.public_id]) + f"#permit-{approved[0].public_id}"
        yield Missing("permit", label("document", approved[0].type), href, waits_for="consulate", hint=gaps[0])


consequence("enrolment", S.ACTIVE)(contracts.put_in_force)
consequence("enrolment", S.ENDED)(contracts.complete)
consequence("enrolment", S.ENDED_EARLY, S.DECEASED, S.RETURNED, S.STATUS_CHANGED, S.WHEREABOUTS_UNKNOWN)(
    contracts.terminate
)
