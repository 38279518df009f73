"""Documents: asked for, recorded, verified or rejected, revoked."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.files.storing import Stored
from programmes.base.lifecycle.models import CaseEvent, record
from programmes.journey.departure import rules
from programmes.journey.departure.actions.files import attach
from programmes.journey.departure.actions.ground import locked, open_case, refuse_future
from programmes.journey.departure.models import Document
from programmes.journey.departure.states import DOCUMENT, DocumentStatus
from programmes.journey.enrolment import steps
from programmes.journey.people.known import learn
from programmes.journey.people.rules import IDENTITY_KINDS, mixes_scripts

D = DocumentStatus


def _check(person, *, kind, number, issued_on, expires_on):
    if mixes_scripts(number):
        raise RuleBroken(
            _("This number mixes letters of two alphabets. Type it again as it is printed."), field="number"
        )
    refuse_future(issued_on, "issued_on")
    if issued_on and issued_on < person.birth_date:
        raise RuleBroken(_("The document would have been issued before the person was born."), field="issued_on")
    if kind in rules.ALWAYS_EXPIRE and expires_on is None:
        raise RuleBroken(_("Enter the day this document expires."), field="expires_on")
    if expires_on and issued_on and expires_on <= issued_on:
        raise RuleBroken(_("The document would expire before it was issued."), field="expires_on")
    if expires_on and expires_on < timezone.localdate():
        raise RuleBroken(_("This document has expired already. Record the new one."), field="expires_on")


def _awaited(enrolment, kind):
    return (
        Document.objects.locked()
        .filter(enrolment=enrolment, type=kind, status__in=sorted(DOCUMENT.groups["awaited"]))
        .first()
    )


@transaction.atomic
def request_document(enrolment, *, by, kind: str) -> Document:
    """Note that the worker was asked for a document. Effects: an awaited document, a diary line."""
    enrolment = open_case(enrolment)
    document = _awaited(enrolment, kind)
    if document is None:
        document = Document.objects.create(enrolment=enrolment, person_id=enrolment.person_id, type=kind, created_by=by)
    elif document.status != D.REQUIRED:
        raise RuleBroken(_("This document is already awaited."), code="awaited")
    document.move_to(D.REQUESTED, by=by, what="document_requested", facts={"document": kind})
    steps.renew_requirements(enrolment, by=by)
    return document


@transaction.atomic
def record_document(
    enrolment,
    *,
    by,
    kind: str,
    number: str,
    issuer: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
    files: Sequence[Stored] = (),
) -> Document:
    """Record a document that was shown, with the files of its pages; somebody verifies it next.

    Uses the row that was awaited in this case, if any. A number that says who somebody is becomes known with the person
    too (people.identity.Identity). Checks: issued in the past and not before birth, expires after
    its issue and after today, and at all when its type always does. Effects: a submitted document, a diary line
    without the number, the step that asked for it goes on waiting for the verification.
    """
    enrolment = open_case(enrolment)
    _check(enrolment.person, kind=kind, number=number, issued_on=issued_on, expires_on=expires_on)
    values = {"number": number, "issuer": issuer, "issued_on": issued_on, "expires_on": expires_on}
    facts = {"what": "document_recorded", "facts": {"document": kind}}
    document = _awaited(enrolment, kind)
    if document is None:
        document = Document.objects.create(
            enrolment=enrolment, person_id=enrolment.person_id, type=kind, status=D.SUBMITTED, created_by=by, **values
        )
        record(document, by=by, what="document_recorded", document=kind)
    elif document.status == D.SUBMITTED:
        raise RuleBroken(_("This document is recorded already and awaits verification."), code="awaited")
    else:
        if document.status == D.REQUIRED:
            document.move_to(D.REQUESTED, by=by, what="document_requested", facts={"document": kind})
        document.move_to(D.SUBMITTED, by=by, **facts, **values)
    attach(document, files, by=by, case=enrolment)
    _make_known(document, by)
    steps.renew_requirements(enrolment, by=by)
    return document


def _make_known(document, by, instead_of=""):
    """A number that says who somebody is belongs to the person too, so that nobody types it twice.

    A number that another person holds refuses nothing here: the duplicate check finds the two.
    """
    if document.type not in IDENTITY_KINDS:
        return
    person, programme = document.person, document.enrolment.programme
    learn(
        person,
        by=by,
        kind=document.type,
        country=programme.destination if document.type == "residence_permit" else person.nationality,
        number=document.number,
        instead_of=instead_of,
        issuer=document.issuer,
        issued_on=document.issued_on,
        expires_on=document.expires_on,
    )


@transaction.atomic
def edit_document(
    document,
    *,
    by,
    version: int,
    number: str,
    issuer: str = "",
    issued_on: date | None = None,
    expires_on: date | None = None,
) -> Document:
    """Correct a document that nobody has verified yet. Effects: the row and its history, a diary line."""
    enrolment = open_case(document.enrolment)
    document = locked(document, version)
    if document.status != D.SUBMITTED:
        raise RuleBroken(
            _("Only a document that awaits verification can be changed. Record another one."), code="settled"
        )
    _check(enrolment.person, kind=document.type, number=number, issued_on=issued_on, expires_on=expires_on)
    before = document.number
    document.number, document.issuer, document.issued_on, document.expires_on = number, issuer, issued_on, expires_on
    document.write("number", "issuer", "issued_on", "expires_on")
    record(document, by=by, what="document_corrected", document=document.type)
    _make_known(document, by, instead_of=before)
    steps.renew_requirements(enrolment, by=by)
    return document


def _judge(document, to, *, by, version, case, what, reason=""):
    """Move a document; `case` is the one the reader has open, perhaps a later one than that it was recorded in."""
    case = open_case(case or document.enrolment)
    document = locked(document, version)
    if document.person_id != case.person_id:
        raise RuleBroken(_("This document belongs to another person."), code="other_person")
    document.move_to(to, by=by, reason=reason, what=what, facts={"document": document.type})
    if case.pk != document.enrolment_id:
        record(case, by=by, what=what, reason=reason, document=document.type)
    steps.renew_requirements(case, by=by)
    return document


def _recorders(document) -> set[int | None]:
    """Who recorded or corrected a document, and who uploaded its pages. The diary knows; without a line, its maker."""
    told = CaseEvent.objects.filter(
        subject=DOCUMENT.name, subject_id=document.pk, what__in=["document_recorded", "document_corrected"]
    )
    recorded = {line.by_id for line in told} or {document.created_by_id}
    return recorded | {scan.file.created_by_id for scan in document.scans.select_related("file")}


@transaction.atomic
def verify_document(document, *, by, version: int, case=None) -> Document:
    """Say that the document was seen and is genuine.

    Where the programme says so, by somebody else than whoever recorded, corrected or uploaded it. Effects: diary line;
    the steps it answers are finished, also that to renew when no other document ends soon.
    """
    if document.expires_on and document.expires_on < timezone.localdate():
        raise RuleBroken(_("This document has expired already. Record the new one."), code="expired")
    two_people = document.enrolment.programme.rules()["document_second_person"]
    if by is not None and rules.needs_another(by.pk, _recorders(document), two_people):
        raise RuleBroken(
            _("You recorded this document, so somebody else must verify it: this programme asks for two people."),
            code="second_person",
        )
    document = _judge(document, D.VERIFIED, by=by, version=version, case=case, what="document_verified")
    held = Document.objects.filter(person=document.person_id)
    renewed = held.filter(status=D.VERIFIED).values("type")
    if not held.filter(status=D.EXPIRING).exclude(type__in=renewed).exists():
        steps.finish(case or document.enrolment, "document_ends", by=by)
    return document


@transaction.atomic
def reject_document(document, *, by, version: int, reason: str, case=None) -> Document:
    """Say why a document cannot be used. Effects: diary line with the reason; its step opens again."""
    return _judge(document, D.REJECTED, by=by, version=version, case=case, what="document_rejected", reason=reason)


@transaction.atomic
def revoke_document(document, *, by, version: int, reason: str, case=None) -> Document:
    """Take back a verification (lost, stolen, found false). Effects: diary line with the reason; its step opens."""
    return _judge(document, D.REVOKED, by=by, version=version, case=case, what="document_revoked", reason=reason)
