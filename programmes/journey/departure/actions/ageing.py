"""What time does to papers: a verified document expires, a clearance ends. Running it twice changes nothing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.models import Office
from programmes.journey.departure import rules
from programmes.journey.departure.models import Document, Medical
from programmes.journey.departure.states import MEDICAL, DocumentStatus, MedicalStatus
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

log = structlog.get_logger(__name__)
D = DocumentStatus
# Cases in which a document that ends soon still matters.
BEFORE_RETURN = sorted(
    {
        Status.ROSTERED,
        Status.SELECTED,
        Status.IN_DOCUMENTATION,
        Status.READY_TO_TRAVEL,
        Status.TRAVELLING,
        Status.ACTIVE,
    }
)


def age_everywhere(now: datetime) -> int:
    """Age the papers of every office by its own date. Returns how many changed."""
    zones: dict[str, list[int]] = {}
    for pk, zone in Office.objects.values_list("pk", "time_zone"):
        zones.setdefault(zone, []).append(pk)
    return sum(age_documents(now.astimezone(ZoneInfo(zone)).date(), offices=offices) for zone, offices in zones.items())


def age_documents(today: date, *, offices: Iterable[int] | None = None) -> int:
    """Verified → expiring 90 days before the last day → expired after it; a medical clearance likewise.

    Effects per paper, each in a transaction of its own, so that one bad row never stops the rest: the move with its
    diary line (by nobody), the requirements of the person's open cases judged anew, a step to renew what ends soon.
    Returns how many changed.
    """
    within = Q() if offices is None else Q(enrolment__office__in=list(offices))
    soon = today + timedelta(days=rules.EXPIRING_DAYS)
    ageing = Q(status=D.VERIFIED, expires_on__lte=soon) | Q(status=D.EXPIRING, expires_on__lt=today)
    documents = list(Document.objects.filter(within, ageing).order_by("pk").values_list("pk", "enrolment"))
    ended = Q(status__in=sorted(MEDICAL.groups["good"]), valid_until__lt=today)
    medicals = list(Medical.objects.filter(within, ended).order_by("pk").values_list("pk", "enrolment"))
    changed = 0
    for age, rows in ((_age_document, documents), (_age_medical, medicals)):
        for pk, enrolment in rows:
            try:
                with transaction.atomic():
                    changed += age(pk, enrolment, today)
            except Exception:
                log.exception("paper_not_aged", age=age.__name__, pk=pk)
    return changed


def _age_document(pk, enrolment_pk, today) -> int:
    enrolment_actions.locked(Enrolment(pk=enrolment_pk))
    document = Document.objects.locked().get(pk=pk)
    facts = {"what": "document_aged", "facts": {"document": document.type}}
    before = document.status
    if document.status == D.VERIFIED and document.expires_on <= today + timedelta(days=rules.EXPIRING_DAYS):
        document.move_to(D.EXPIRING, by=None, on=today, **facts)
    if document.status == D.EXPIRING and document.expires_on < today:
        document.move_to(D.EXPIRED, by=None, on=today, what="document_expired", facts={"document": document.type})
    if document.status == before:
        return 0
    cases = Enrolment.objects.filter(person=document.person_id).open().select_related("person", "programme", "season")
    for case in cases.order_by("pk"):
        steps.renew_requirements(case)
        if (
            case.status in BEFORE_RETURN
            and case.programme.requirements.filter(kind="document", code=document.type, active=True).exists()
        ):
            steps.open_step(case, "document_ends", max(today, document.expires_on - timedelta(days=rules.RENEW_DAYS)))
    return 1


def _age_medical(pk, enrolment_pk, today) -> int:
    case = enrolment_actions.locked(Enrolment(pk=enrolment_pk))
    medical = Medical.objects.locked().get(pk=pk)
    if medical.status not in MEDICAL.groups["good"] or medical.valid_until >= today:
        return 0
    medical.move_to(MedicalStatus.EXPIRED, by=None, on=today, what="medical_expired")
    steps.renew_requirements(case)
    return 1
