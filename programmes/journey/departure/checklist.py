"""What the documents page shows: the checklist of what travel requires, and each kind of paper with its moves."""

from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.roles import Permission
from programmes.base.common.wording import clock, money, number, short_day
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.codes import label
from programmes.journey.departure import judges, pages, papers, terms
from programmes.journey.departure.rules import WITHOUT_SCANS
from programmes.journey.departure.states import DOCUMENT, ContractStatus, DocumentStatus, MedicalStatus, PermitStatus
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.requirements import State
from programmes.journey.enrolment.states import Status
from programmes.journey.people.rules import masked

STAGES = frozenset({str(Status.IN_DOCUMENTATION), str(Status.READY_TO_TRAVEL), str(Status.TRAVELLING)})
K = RequirementKind
# States of an application that say all there is to say.
UNDATED = frozenset(PermitStatus) - {PermitStatus.LODGED, PermitStatus.BIOMETRICS_DUE}
# Which right records each kind; the rest is the caseworker's.
RIGHTS = {K.DOCUMENT: Permission.DOCUMENT_EDIT, K.CONTRACT: Permission.CASE_MATCH}


@dataclass
class Row:
    """One paper: what it is, the facts about it, its state as a tag, the moves the reader may make.

    `do` is the move that leads on, shown as a button; `links` are the others. Both are address and words.
    """

    id: str
    title: str
    facts: list[str]
    tone: str = "neutral"
    state: str = ""
    do: tuple[str, str] | None = None
    links: list[tuple[str, str]] = field(default_factory=list)
    until: date | None = None
    files: list[pages.Page] = field(default_factory=list)

    @property
    def until_words(self) -> str:
        """What the day in the margin means."""
        return _("Valid until")

    @property
    def sub(self) -> str:
        """The facts in one line."""
        return " · ".join(fact for fact in self.facts if fact)


@dataclass
class Section:
    """One kind of paper."""

    id: str
    title: str
    rows: list[Row]
    empty: str
    add: tuple[str, str] | None = None
    earlier: list[Row] = field(default_factory=list)


def may_record(user, kind: str) -> bool:
    """Whether the user records requirements of this kind."""
    return user.may(RIGHTS.get(kind, Permission.CASE_EDIT))


def works_with_papers(user) -> bool:
    """Whether the user reads numbers and medical results, or only what there is (domain.md 6: an auditor's list)."""
    return user.may(Permission.DOCUMENT_EDIT) or user.may(Permission.CASE_MATCH)


def tasks(enrolment, user) -> list[dict]:
    """The checklist as the component shows it: open things first, one button each."""
    words = {
        State.OPEN: _("Not started"),
        State.STARTED: _("Started"),
        State.DONE: _("Done"),
        State.NOT_NEEDED: _("Not needed"),
    }
    shown = []
    standings = requirements.standings(enrolment, stages=set(STAGES))
    enrolment.lacks_orientation = any(s.requirement.kind == K.ORIENTATION and not s.is_met for s in standings)
    for standing in sorted(standings, key=lambda s: s.is_met):
        kind = standing.requirement.kind
        hidden = kind == K.MEDICAL and not works_with_papers(user)
        offered = (not enrolment.is_over and may_record(user, kind)) or standing.is_met
        shown.append(
            {
                "id": f"r{standing.requirement.pk}",
                "tone": "dash" if standing.state == State.NOT_NEEDED else standing.tone,
                "state": words[standing.state],
                "title": standing.requirement.label,
                "note": "" if hidden else standing.detail,
                "waits_for": "" if standing.is_met else standing.waits_for,
                "due_on": None if standing.is_met else standing.due_on,
                "href": standing.href if offered else "",
                "do": verb(standing),
                "is_met": standing.is_met,
                "waive": reverse("enrolment:waive", args=[enrolment.public_id, standing.requirement.public_id]),
            }
        )
    return shown


def verb(standing) -> str:
    """What the button of a requirement says: the deed its page does."""
    if standing.is_met:
        return _("See")
    last = standing.href.rstrip("/").rsplit("/", 1)[-1]
    by_page = {
        "verify": _("Verify"),
        "result": _("Record the result"),
        "explain": _("Explain"),
        "worker": _("Worker signs"),
        "employer": _("Employer signs"),
    }
    by_kind = {
        K.MEDICAL: _("Make an appointment"),
        K.PERMIT: _("Continue") if standing.state == State.STARTED else _("Begin"),
        K.CONTRACT: _("Draft"),
        K.TICKET: _("Book"),
        K.CHECK: _("Tick"),
    }
    return by_page.get(last) or by_kind.get(standing.requirement.kind) or _("Record")


def sections(enrolment, user) -> list[Section]:
    """Every kind of paper the reader may see, in the order of the way to departure. Reads `enrolment.papers`."""
    enrolment.pages = pages.of_case(enrolment, user)
    build = [_documents, _permits, _contracts, _orientations, _trips]
    if works_with_papers(user):
        build.insert(1, _medicals)
    return [make(enrolment, user) for make in build]


def _at(name, enrolment, record=None):
    return reverse(f"departure:{name}", args=[enrolment.public_id, *([record.public_id] if record else [])])


def _open_to(enrolment, user, permission) -> bool:
    return not enrolment.is_over and user.may(permission)


def _documents(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.DOCUMENT_EDIT)
    rows: list[Row] = []
    earlier: list[Row] = []
    shown = set()
    for document in enrolment.papers.documents:
        seen = document.number if works_with_papers(user) else masked(document.number)
        issued = _("Issued on %(day)s") % {"day": short_day(document.issued_on)} if document.issued_on else ""
        row = Row(
            id=f"document-{document.public_id}",
            title=label("document", document.type),
            facts=[seen, document.issuer, issued],
            until=document.expires_on,
            tone=document.status_tone,
            state=document.get_status_display().capitalize(),
            files=enrolment.pages.get(("document", document.pk), []),
        )
        if may:
            row.links = document_links(enrolment, document)
            row.do = row.links.pop(0) if document.status == DocumentStatus.SUBMITTED else None
        settled = document.status in {DocumentStatus.REJECTED, DocumentStatus.EXPIRED, DocumentStatus.REVOKED}
        (earlier if settled or document.type in shown else rows).append(row)
        if not settled:
            shown.add(document.type)
    add = (_at("other", enrolment), _("Record another document")) if may else None
    return Section("papers", _("Documents"), rows, _("No document is recorded."), add, earlier)


def document_links(enrolment, document) -> list[tuple[str, str]]:
    """The moves of a document: address and words."""
    if document.status == DocumentStatus.SUBMITTED:
        names = [("verify", _("Verify")), ("reject", _("Reject"))]
        if document.enrolment_id == enrolment.pk:
            names.append(("edit", _("Correct")))
    elif document.status == DocumentStatus.VERIFIED:
        names = [("revoke", _("Take back"))]
    else:
        names = []
    takes = DOCUMENT.groups["good"] | {DocumentStatus.SUBMITTED}
    if document.status in takes and document.type not in WITHOUT_SCANS:
        names.append(("attach", _("Add files")))
    return [(_at(name, enrolment, document), words) for name, words in names]


def _medicals(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.CASE_EDIT)
    rows = []
    for medical in enrolment.papers.medicals:
        waiting = medical.status == MedicalStatus.SCHEDULED
        rows.append(
            Row(
                id=f"medical-{medical.public_id}",
                title=medical.clinic,
                facts=[_("Appointment on %(day)s") % {"day": short_day(medical.scheduled_on)}],
                until=medical.valid_until,
                tone=medical.status_tone,
                state=medical.get_status_display().capitalize(),
                do=(_at("result", enrolment, medical), _("Record the result")) if may and waiting else None,
                links=[(_at("missed", enrolment, medical), _("Missed"))] if may and waiting else [],
            )
        )
    busy = any(m.status in {MedicalStatus.SCHEDULED, MedicalStatus.DONE} for m in enrolment.papers.medicals)
    add = (_at("medical", enrolment), _("Make an appointment")) if may and not busy else None
    return Section("medical", _("Medical exam"), rows[:1], _("No appointment yet."), add, rows[1:])


def _permits(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.CASE_EDIT)
    files = _open_to(enrolment, user, Permission.DOCUMENT_EDIT)
    rows = []
    for permit in enrolment.papers.permits:
        ended = permit.status in {PermitStatus.APPROVED, PermitStatus.WITHDRAWN}
        running = permit.status == PermitStatus.IN_PROCESS
        seen = permit.application_number if works_with_papers(user) else masked(permit.application_number)
        reason = label("visa_refusal", permit.refusal_reason) if permit.status == PermitStatus.REFUSED else ""
        rows.append(
            Row(
                id=f"permit-{permit.public_id}",
                title=label("document", permit.type),
                facts=[seen, "" if permit.status in UNDATED else judges.permit_words(permit), reason],
                until=permit.valid_until,
                tone=permit.status_tone,
                state=permit.get_status_display().capitalize(),
                do=(_at("permit_step", enrolment, permit), _("Continue")) if may and not ended else None,
                links=[
                    *([(_at("permit_withdraw", enrolment, permit), _("Withdraw"))] if may and running else []),
                    *([(_at("attach_permit", enrolment, permit), _("Add files"))] if files else []),
                ],
                files=enrolment.pages.get(("permit", permit.pk), []),
            )
        )
    return Section("permit", _("Visa and permit"), rows, _("No application yet."))


def _contracts(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.CASE_MATCH)
    rows: list[Row] = []
    earlier: list[Row] = []
    for contract in enrolment.papers.contracts:
        live = contract.selection.released_on is None
        step = judges.CONTRACT_STEPS.get(contract.status)
        words = {"explain": _("Explain"), "worker_signs": _("Worker signs"), "employer_signs": _("Employer signs")}
        late = papers.is_late(enrolment, contract)
        row = Row(
            id=f"contract-{contract.public_id}",
            title=_("Version %(n)s") % {"n": contract.contract_version}
            + f", {contract.selection.position.demand.employer.name}",
            facts=[
                _("Given to the worker after departure: a breach") if late else "",
                f"{short_day(contract.starts_on)} – {short_day(contract.ends_on)}",
                terms.value_of("wage", contract),
                _("%(hours)s hours per week") % {"hours": number(contract.hours_per_week)},
            ],
            tone="problem" if late else contract.status_tone if live else "neutral",
            state=contract.get_status_display().capitalize() if live else _("Position given back"),
            do=(_at(step, enrolment, contract), words[step]) if may and live and step else None,
            links=[(_at("terms", enrolment, contract), _("All terms"))],
        )
        over = contract.status in {ContractStatus.SUPERSEDED, ContractStatus.TERMINATED} or not live
        (earlier if over else rows).append(row)
    add = (
        (_at("contract", enrolment), _("Draft the next version") if rows else _("Draft the contract")) if may else None
    )
    return Section("contract", _("Contract"), rows, _("No contract is drafted."), add, earlier)


def _sessions_ahead(enrolment, user) -> list[Row]:
    # Through the reverse relation: the sessions stand above this module.
    ahead = enrolment.trainingseats.ahead().select_related("session").order_by("session__starts_at")
    return [
        Row(
            id=f"seat-{seat.public_id}",
            title=seat.session.title,
            facts=[f"{short_day(seat.session.day)}, {clock(seat.session.begins)}", seat.session.place],
            tone="waiting",
            state=_("Has a place"),
            links=[(seat.session.get_absolute_url(), _("Open the session"))] if user.may(Permission.CASE_MATCH) else [],
        )
        for seat in ahead
    ]


def _orientations(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.CASE_EDIT)
    rows = [
        Row(
            id=f"orientation-{attended.public_id}",
            title=attended.place,
            facts=[
                _("Attended on %(day)s, %(hours)s hours")
                % {"day": short_day(attended.attended_on), "hours": number(attended.hours)},
                label("language", attended.language),
                ", ".join(label("orientation_module", code) for code in attended.modules),
            ],
            tone="done",
            state=_("Attended"),
        )
        for attended in enrolment.papers.orientations
    ]
    if getattr(enrolment, "lacks_orientation", True):
        rows = _sessions_ahead(enrolment, user) + rows
    add = (_at("orientation", enrolment), _("Record attendance")) if may else None
    return Section("orientation", _("Orientation"), rows, _("Not attended yet."), add)


def _trips(enrolment, user) -> Section:
    may = _open_to(enrolment, user, Permission.CASE_EDIT) and not enrolment.departed_on
    rows: list[Row] = []
    earlier: list[Row] = []
    for trip in enrolment.papers.trips:
        booked = trip.cancelled_on is None
        row = Row(
            id=f"trip-{trip.public_id}",
            title=f"{trip.carrier} {trip.flight}",
            facts=[
                judges.trip_words(trip),
                _("Ticket %(number)s")
                % {"number": trip.ticket_number if works_with_papers(user) else masked(trip.ticket_number)}
                if trip.ticket_number
                else _("no ticket number yet"),
                money(trip.cost, trip.currency) if trip.cost is not None else "",
            ],
            tone="done" if booked else "neutral",
            state=_("Booked") if booked else _("Cancelled"),
            links=[(_at("trip_cancel", enrolment, trip), _("Cancel the trip"))] if booked and may else [],
        )
        (rows if booked else earlier).append(row)
    add = (_at("trip", enrolment), _("Book the trip")) if may and not rows else None
    return Section("trip", _("Trip"), rows, _("No trip is booked."), add, earlier)
