"""How the requirements to travel stand: one function per kind, one query each, whatever their number."""

from django.utils.translation import gettext as _

from programmes.base.common.addresses import address_of
from programmes.base.common.wording import number, short_day
from programmes.base.rulebook.catalogue import RequirementKind, WaitsFor
from programmes.journey.departure import papers, rules
from programmes.journey.departure.states import (
    CONTRACT,
    MEDICAL,
    PERMIT,
    ContractStatus,
    DocumentStatus,
    MedicalStatus,
    PermitStatus,
)
from programmes.journey.enrolment.requirements import PLACE, State, deed_url, judges


def _page(name, enrolment, record=None):
    if record is None:
        return address_of(f"departure:{name}", enrolment.public_id)
    return address_of(f"departure:{name}", enrolment.public_id, PLACE).replace(str(PLACE), str(record.public_id))


def needed_until(enrolment, requirement):
    """Until when what is required must be valid: the planned end plus the requirement's or the programme's margin."""
    margin = requirement.margin_months
    if margin is None:
        margin = enrolment.programme.rules(enrolment.planned_start)["document_margin_months"] or 0
    return rules.holds_until(enrolment.planned_end, margin)


@judges(RequirementKind.DOCUMENT)
def documents(enrolment, requirements):
    """Verified, and valid through the planned end plus the margin (domain.md 2.4)."""
    read = papers.of(enrolment)
    return {
        requirement.pk: _document(
            enrolment, requirement, [d for d in read.documents if d.type == requirement.code], read.today
        )
        for requirement in requirements
    }


def _document(enrolment, requirement, candidates, today):
    needed = needed_until(enrolment, requirement)
    document, how = rules.best_document(candidates, needed, today)
    record = deed_url("departure:record", enrolment, requirement)
    if how == "none":
        return State.OPEN, _("Not recorded yet"), record, None
    if how == "covers":
        page = _page("documents", enrolment) + f"#document-{document.public_id}"
        if document.expires_on:
            return (
                State.DONE,
                _("Valid until %(day)s") % {"day": short_day(document.expires_on)},
                page,
                document.expires_on,
            )
        return State.DONE, _("Verified"), page, None
    if how == "awaited":
        if document.status == DocumentStatus.SUBMITTED:
            page = _page("verify", enrolment, document)
            return State.STARTED, _("Awaiting verification"), page, document.expires_on, WaitsFor.US
        return State.STARTED, _("Requested, not received yet"), record, None
    if how == "short":
        until = short_day(max(day for day in (needed, today) if day))
        detail = _("Expires too early, on %(day)s: must hold until %(until)s")
        return (
            State.STARTED,
            detail % {"day": short_day(document.expires_on), "until": until},
            record,
            document.expires_on,
        )
    if how == "expired":
        return (
            State.OPEN,
            _("Expired on %(day)s") % {"day": short_day(document.expires_on)},
            record,
            document.expires_on,
        )
    return (
        State.OPEN,
        _("%(state)s: record another one") % {"state": document.get_status_display().capitalize()},
        record,
        None,
    )


@judges(RequirementKind.MEDICAL)
def medicals(enrolment, requirements):
    """Fit, and valid through the planned end."""
    judged = _medical(enrolment, papers.of(enrolment))
    return {requirement.pk: judged for requirement in requirements}


def _medical(enrolment, read):
    schedule, needed = _page("medical", enrolment), enrolment.planned_end
    good = [m for m in read.medicals if m.status in MEDICAL.groups["good"] and m.valid_until >= read.today]
    for medical in good:
        if needed is None or medical.valid_until >= needed:
            text = (
                _("Fit; valid until %(day)s")
                if medical.status == MedicalStatus.FIT
                else _("Fit with conditions; valid until %(day)s")
            )
            page = _page("documents", enrolment) + "#medical"
            return State.DONE, text % {"day": short_day(medical.valid_until)}, page, medical.valid_until
    for medical in read.medicals:
        if medical.status in {MedicalStatus.SCHEDULED, MedicalStatus.DONE}:
            text = _("Appointment on %(day)s, %(clinic)s") % {
                "day": short_day(medical.scheduled_on),
                "clinic": medical.clinic,
            }
            return State.STARTED, text, _page("result", enrolment, medical), None
    for medical in good:
        text = _("Ends too early, on %(day)s: must hold until %(until)s")
        return (
            State.STARTED,
            text % {"day": short_day(medical.valid_until), "until": short_day(needed)},
            schedule,
            medical.valid_until,
        )
    if not read.medicals:
        return State.OPEN, _("No appointment yet"), schedule, None, WaitsFor.US
    last = read.medicals[0]
    texts = {
        MedicalStatus.TEMPORARILY_UNFIT: _("Temporarily unfit: repeat the exam"),
        MedicalStatus.UNFIT: _("Unfit"),
        MedicalStatus.MISSED: _("Missed the appointment of %(day)s") % {"day": short_day(last.scheduled_on)},
    }
    expired = _("Expired on %(day)s") % {"day": short_day(last.valid_until)} if last.valid_until else ""
    return State.OPEN, texts.get(last.status, expired), schedule, None, WaitsFor.US


@judges(RequirementKind.PERMIT)
def permits(enrolment, requirements):
    """Approved, and valid through the whole planned stay."""
    read = papers.of(enrolment)
    return {r.pk: _permit(enrolment, r, [p for p in read.permits if p.type == r.code]) for r in requirements}


def permit_gap(permit, start, end) -> str:
    """Why an approved permit does not cover a stay from `start` to `end`; empty when it does."""
    if end and permit.valid_until < end:
        return _("Ends too early, on %(day)s: must hold until %(until)s") % {
            "day": short_day(permit.valid_until),
            "until": short_day(end),
        }
    if start and permit.valid_from and permit.valid_from > start:
        return _("Valid only from %(day)s; the planned start is %(start)s") % {
            "day": short_day(permit.valid_from),
            "start": short_day(start),
        }
    return ""


PERMIT_TURNS = {PermitStatus.PREPARING: WaitsFor.US, PermitStatus.BIOMETRICS_DUE: WaitsFor.WORKER}


def _permit(enrolment, requirement, applications):
    start = deed_url("departure:permit", enrolment, requirement)
    approved = [p for p in applications if p.status == PermitStatus.APPROVED]
    end = needed_until(enrolment, requirement) if requirement.margin_months else enrolment.planned_end
    gaps = [permit_gap(permit, enrolment.planned_start, end) for permit in approved]
    for permit, gap in zip(approved, gaps, strict=True):
        if not gap:
            page = _page("documents", enrolment) + f"#permit-{permit.public_id}"
            return (
                State.DONE,
                _("Approved; valid until %(day)s") % {"day": short_day(permit.valid_until)},
                page,
                permit.valid_until,
            )
    for permit in applications:
        if permit.status in PERMIT.groups["pending"]:
            page = _page("permit_step", enrolment, permit)
            return State.STARTED, permit_words(permit), page, None, PERMIT_TURNS.get(permit.status, WaitsFor.CONSULATE)
    if gaps:
        return State.STARTED, gaps[0], start, approved[0].valid_until, WaitsFor.US
    if not applications:
        return State.OPEN, _("No application yet"), start, None, WaitsFor.US
    last = applications[0]
    page = _page("permit_step", enrolment, last) if last.status == PermitStatus.REFUSED else start
    return State.OPEN, last.get_status_display().capitalize(), page, None, WaitsFor.US


def permit_words(permit) -> str:
    """The last fact about an application."""
    if permit.status == PermitStatus.BIOMETRICS_DUE and permit.biometrics_on:
        return _("Biometrics on %(day)s") % {"day": short_day(permit.biometrics_on)}
    if permit.status == PermitStatus.LODGED and permit.lodged_on:
        return _("Lodged on %(day)s") % {"day": short_day(permit.lodged_on)}
    return permit.get_status_display().capitalize()


@judges(RequirementKind.CONTRACT)
def contracts(enrolment, requirements):
    """Signed by both; of the position the case holds now."""
    judged = _contract(enrolment, papers.of(enrolment))
    return {requirement.pk: judged for requirement in requirements}


CONTRACT_STEPS = {
    ContractStatus.DRAFT: "explain",
    ContractStatus.EXPLAINED: "worker_signs",
    ContractStatus.SIGNED_WORKER: "employer_signs",
}


CONTRACT_TURNS = {
    ContractStatus.DRAFT: WaitsFor.US,
    ContractStatus.EXPLAINED: WaitsFor.WORKER,
    ContractStatus.SIGNED_WORKER: WaitsFor.EMPLOYER,
}


def _contract(enrolment, read):
    texts = {
        ContractStatus.DRAFT: _("Version %(n)s drafted; not explained yet"),
        ContractStatus.EXPLAINED: _("Version %(n)s explained; the worker has not signed"),
        ContractStatus.SIGNED_WORKER: _("Version %(n)s signed by the worker; the employer has not signed"),
    }
    for contract in read.live_contracts:
        if contract.status in CONTRACT.groups["good"]:
            page = _page("documents", enrolment) + "#contract"
            return State.DONE, _("Version %(n)s signed by both") % {"n": contract.contract_version}, page, None
    for contract in read.live_contracts:
        if contract.status in texts:
            text = texts[contract.status] % {"n": contract.contract_version}
            page = _page(CONTRACT_STEPS[contract.status], enrolment, contract)
            return State.STARTED, text, page, None, CONTRACT_TURNS[contract.status]
    return State.OPEN, _("Not drafted yet"), _page("contract", enrolment), None, WaitsFor.US


@judges(RequirementKind.ORIENTATION)
def orientations(enrolment, requirements):
    """Attended in this case: with the module, or the hours, that the programme asks for."""
    read = papers.of(enrolment)
    if not read.orientations:
        judged = State.OPEN, _("Not attended yet"), _page("orientation", enrolment), None
        return {requirement.pk: judged for requirement in requirements}
    last, attended = read.orientations[0], [(one.modules, one.hours) for one in read.orientations]
    asked = enrolment.programme.rules(enrolment.planned_start)["orientation_hours"]
    facts = {"day": short_day(last.attended_on), "hours": number(sum(hours for _modules, hours in attended))}
    found = {}
    for requirement in requirements:
        if rules.is_oriented(requirement.code, attended, asked):
            text = _("Attended on %(day)s, %(hours)s hours") % facts
            found[requirement.pk] = State.DONE, text, _page("documents", enrolment) + "#orientation", None
        elif requirement.code.startswith(rules.MODULE):
            text = _("Not part of the orientation attended on %(day)s") % facts
            found[requirement.pk] = State.OPEN, text, _page("orientation", enrolment), None
        else:
            text = _("%(hours)s of %(asked)s hours attended") % {**facts, "asked": number(asked or 0)}
            found[requirement.pk] = State.OPEN, text, _page("orientation", enrolment), None
    return found


@judges(RequirementKind.TICKET)
def tickets(enrolment, requirements):
    """Booked, with a ticket number."""
    booked = next((t for t in papers.of(enrolment).trips if t.cancelled_on is None), None)
    if booked and booked.ticket_number:
        judged = State.DONE, trip_words(booked), _page("documents", enrolment) + "#trip", None
    elif booked:
        words = _("On flight %(flight)s, without a ticket number yet") % {"flight": booked.flight}
        judged = State.OPEN, words, _page("documents", enrolment) + "#trip", None
    else:
        judged = State.OPEN, _("Not booked yet"), _page("trip", enrolment), None
    return {requirement.pk: judged for requirement in requirements}


def trip_words(trip) -> str:
    """A booked trip in words; a ticket the worker paid stands out (domain.md 0.5: the employer pays)."""
    facts = {"from": trip.origin, "to": trip.destination, "day": short_day(trip.departs_on)}
    if trip.paid_by == trip.Payer.WORKER:
        return _("%(from)s – %(to)s, %(day)s; the worker paid it, check whether this is allowed") % facts
    facts["who"] = trip.get_paid_by_display()
    return _("%(from)s – %(to)s, %(day)s; paid by %(who)s") % facts
