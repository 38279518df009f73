"""What time does to papers: a verified document expires, a clearance ends. Running it twice changes nothing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Office
from programmes.journey.departure import rules
from programmes.journey.departure.models import Document, Medical, Permit
from programmes.journey.departure.states import MEDICAL, PERMIT, DocumentStatus, MedicalStatus, PermitStatus
from programmes.journey.enrolment import actions as enrolment_actions
from programmes.journey.enrolment import requirements, steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import Status

log = structlog.get_logger(__name__)
D, S = DocumentStatus, Status
# Cases in which a document that ends soon still matters.
BEFORE_RETURN = frozenset({S.ROSTERED, S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL, S.TRAVELLING, S.ACTIVE})


def age_everywhere(now: datetime) -> int:
    """Age the papers of every office by its own date. Returns how many changed."""
    zones: dict[str, list[int]] = {}
    for pk, zone in Office.objects.values_list("pk", "time_zone"):
        zones.setdefault(zone, []).append(pk)
    return sum(age_documents(now.astimezone(ZoneInfo(zone)).date(), offices=offices) for zone, offices in zones.items())


def age_documents(today: date, *, offices: Iterable[int] | None = None) -> int:
    """Verified → expiring 90 days before the last day → expired after it; a medical clearance ends after its own.

    `offices` limits it to papers recorded there. Effects per paper, each in a transaction of its own, so that one bad
    row never stops the rest: the move with its diary line (by nobody), the requirements of the person's open cases
    judged anew, a step to renew a required document; a step to extend a permit that ends while its worker is abroad.
    Returns how many papers changed or are to be extended.
    """
    within = Q() if offices is None else Q(enrolment__office__in=list(offices))
    soon = Q(status=D.VERIFIED, expires_on__lte=today + timedelta(days=rules.EXPIRING_DAYS))
    documents = Document.objects.filter(within, soon | Q(status=D.EXPIRING, expires_on__lt=today))
    medicals = Medical.objects.filter(within, status__in=sorted(MEDICAL.groups["good"]), valid_until__lt=today)
    work = [(age_document, pk) for pk in documents.order_by("pk").values_list("pk", flat=True)]
    work += [(age_medical, pk) for pk in medicals.order_by("pk").values_list("pk", flat=True)]
    work += [(ask_to_extend, pk) for pk in permits_to_extend(today).filter(within).values_list("pk", flat=True)]
    changed = 0
    for age, pk in work:
        try:
            with transaction.atomic():
                changed += age(pk, today)
        except Exception:
            log.exception("paper_not_aged", pk=pk)
    return changed


def age_document(pk: int, today: date) -> bool:
    """Move one document to where it belongs on `today`; whether it moved."""
    owner = Document.objects.select_related("enrolment").get(pk=pk).enrolment
    enrolment_actions.locked(owner)
    document = Document.objects.locked().get(pk=pk)
    before, facts = document.status, {"document": document.type}
    if document.status == D.VERIFIED and document.expires_on <= today + timedelta(days=rules.EXPIRING_DAYS):
        document.move_to(D.EXPIRING, by=None, on=today, what="document_aged", facts=facts)
    if document.status == D.EXPIRING and document.expires_on < today:
        document.move_to(D.EXPIRED, by=None, on=today, what="document_expired", facts=facts)
    if document.status == before:
        return False
    for case in Enrolment.objects.filter(person=document.person_id, is_open=True).order_by("pk"):
        _look_again(enrolment_actions.locked(case), document, today)
    return True


def _look_again(case, document, today):
    steps.renew_requirements(case, on=today)
    required = any(r.kind == "document" and r.code == document.type for r in requirements.of_case(case))
    if required and case.status in BEFORE_RETURN:
        steps.open_step(case, "document_ends", max(today, document.expires_on - timedelta(days=rules.RENEW_DAYS)))


def age_medical(pk: int, today: date) -> bool:
    """End one medical clearance whose last day has passed; whether it moved."""
    case = enrolment_actions.locked(Medical.objects.select_related("enrolment").get(pk=pk).enrolment)
    medical = Medical.objects.locked().get(pk=pk)
    if medical.status not in MEDICAL.groups["good"] or medical.valid_until >= today:
        return False
    medical.move_to(MedicalStatus.EXPIRED, by=None, on=today, what="medical_expired")
    steps.renew_requirements(case, on=today)
    return True


def permits_to_extend(today: date):
    """Permits that end within 60 days and before the planned end of a stay, with no other one held or applied for."""
    other = Permit.objects.filter(enrolment=OuterRef("enrolment"), type=OuterRef("type"))
    later = Q(status=PermitStatus.APPROVED, valid_until__gt=OuterRef("valid_until"))
    asked = Step.objects.filter(enrolment=OuterRef("enrolment"), kind="permit_ends", done_at=None)
    return Permit.objects.filter(
        ~Exists(other.filter(later | Q(status__in=sorted(PERMIT.groups["pending"])))),
        ~Exists(asked),
        status=PermitStatus.APPROVED,
        valid_until__range=(today, today + timedelta(days=rules.RENEW_DAYS)),
        enrolment__status__in=[S.TRAVELLING, S.ACTIVE],
        enrolment__planned_end__gt=F("valid_until"),
    ).order_by("pk")


def ask_to_extend(pk: int, today: date) -> bool:
    """Open the step to extend one permit, 30 days before it ends or today; whether there was reason to."""
    case = enrolment_actions.locked(Permit.objects.select_related("enrolment").get(pk=pk).enrolment)
    permit = permits_to_extend(today).filter(pk=pk).first()
    if permit is None:
        return False
    due = max(today, permit.valid_until - timedelta(days=rules.EXTEND_DAYS))
    steps.open_step(case, "permit_ends", due, desk=Step.Desk.CASE)
    return True
