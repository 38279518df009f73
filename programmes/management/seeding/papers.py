"""What a case needed to travel: documents, medical, permit, contract, orientation, ticket."""

from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from programmes.base.rulebook.models import Requirement
from programmes.journey.departure.models import Contract, Document, Medical, Orientation, Permit, Trip
from programmes.journey.departure.rules import EXPIRING_DAYS
from programmes.journey.departure.states import ContractStatus, DocumentStatus, MedicalStatus, PermitStatus
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.states import Status
from programmes.journey.people.identity import Identity
from programmes.management.seeding.cases import Case

S = Status
ISSUERS = {
    "passport": {"GTM": "Instituto Guatemalteco de Migración", "COL": "Cancillería de Colombia"},
    "police_certificate": {"GTM": "Policía Nacional Civil", "COL": "Policía Nacional de Colombia"},
    "carencia_de_arraigo": {"GTM": "Instituto Guatemalteco de Migración"},
}
CLINICS = {
    "GTM": ("Clínica Santa Elena, Chimaltenango", "Centro Médico Los Altos"),
    "COL": ("Clínica del Valle", "IPS San Rafael"),
}
VENUES = {
    "GTM": ("Salón municipal de Chimaltenango", "Oficina de Quetzaltenango"),
    "COL": ("Casa de la Cultura, Palmira", "Oficina de Bogotá"),
}
FLIGHTS = {
    "CAN": ("Air Transat", "TS", "Guatemala", "Montréal", 980, "CAD"),
    "ESP": ("Avianca", "AV", "Bogotá", "Barcelona", 720, "EUR"),
}
FIRST_PASSPORT, BETWEEN_PASSPORTS, MOST_PASSPORTS = 200_000_000, 37, 8
MODULES = ["rights", "contract", "safety", "money", "culture", "complaints"]
# In which order things get done, as a share of the way from acceptance to departure.
PROGRESS = {
    "document": (0.1, 0.7),
    "medical": (0.3, 0.7),
    "contract": (0.4, 0.8),
    "permit": (0.6, 0.9),
    "orientation": (0.6, 0.95),
    "ticket": (0.7, 1.0),
}


def write_papers(case: Case) -> None:
    """Everything of a case from acceptance on; complete when it became ready to travel, partly before."""
    course = case.course
    began = course.entered(S.IN_DOCUMENTATION)
    if began is None or course.demand is None or not case.selection:
        return
    first_began = course.days[course.route.index(S.IN_DOCUMENTATION)]
    ready = course.entered(S.READY_TO_TRAVEL)
    maker = _Papers(case, first_began, ready)
    for requirement in course.facts["requirements"]:
        if requirement.stage == S.READY_TO_TRAVEL:
            maker.write(requirement)


class _Papers:
    def __init__(self, case: Case, began: date, ready: date | None):
        self.case, self.rows, self.rng = case, case.rows, case.rng
        self.course, self.demand = case.course, case.course.demand
        self.began, self.ready = began, ready
        stood_until = ready or self._last_day()
        self.until = max(began, stood_until)
        # How far a case has come that is not ready: the time it has stood there against the usual six weeks.
        self.share = 1.0 if ready else min(0.95, (self.until - began).days / 42 + self.rng.uniform(-0.1, 0.2))
        self.country = case.worker.office.country

    def _last_day(self) -> date:
        status = self.course.status
        if status == S.IN_DOCUMENTATION:
            return self.case.today
        before = {S.REGISTERED, S.ELIGIBLE, S.ROSTERED, S.SELECTED, S.IN_DOCUMENTATION}
        states = zip(self.course.route, self.course.days, strict=True)
        return next(day for state, day in states if day >= self.began and state not in before)

    def write(self, requirement: Requirement) -> None:
        low, high = PROGRESS[requirement.kind]
        done = self.ready is not None or self.share > self.rng.uniform(low, high)
        if self.course.status == S.REFUSED or self.course.passed(S.REFUSED):
            done = done if requirement.kind != "permit" or self.ready else False
        if self.course.passed(S.UNFIT) and requirement.kind == "medical":
            done = False
        if requirement.kind == "document" and self._held(requirement):
            return
        day = self.began + timedelta(days=int((self.until - self.began).days * self.rng.uniform(low, high)))
        getattr(self, f"_{requirement.kind}")(requirement, done, min(day, self.case.today))
        if not done and self.course.status == S.IN_DOCUMENTATION:
            due = max(self.course.days[-1], self.demand.starts_on - timedelta(days=requirement.lead_days))
            self.case.open_step(steps.REQUIREMENT, due, requirement=requirement, opened=self.course.days[-1])

    def _tell(self, what: str, day: date, row: int, subject: str, **facts) -> None:
        if not self.course.is_history:
            self.case.deed(what, day, subject=subject, subject_id=row, **facts)

    def _record(self, model, day, **values) -> int:
        return self.rows.add(
            model,
            enrolment_id=self.course.pk,
            created_at=self.case.clock.moment(day),
            created_by_id=self.case.owner.pk,
            **values,
        )

    def _document(self, requirement: Requirement, done: bool, day: date) -> None:
        case, code, worker = self.case, requirement.code, self.case.worker
        facts = {"person_id": worker.pk, "type": code, "issuer": ISSUERS.get(code, {}).get(self.country, "")}
        if not done:
            state = self.rng.choice((DocumentStatus.REQUESTED, DocumentStatus.REQUESTED, DocumentStatus.SUBMITTED, ""))
            if state and self.course.status == S.IN_DOCUMENTATION:
                submitted = state == DocumentStatus.SUBMITTED
                row = self._record(
                    Document,
                    day,
                    status=state,
                    number=self._number(code) if submitted else "",
                    issued_on=day - timedelta(days=9) if submitted else None,
                    expires_on=self._expiry(code, day) if submitted else None,
                    **facts,
                )
                self._tell(
                    "document_recorded" if submitted else "document_requested", day, row, "document", document=code
                )
            return
        issued = min(day - timedelta(days=self.rng.randint(2, 25)), case.today)
        expires = self._expiry(code, issued)
        state = DocumentStatus.VERIFIED
        if expires <= case.today + timedelta(days=EXPIRING_DAYS):
            state = DocumentStatus.EXPIRED if expires < case.today else DocumentStatus.EXPIRING
        number = self._number(code)
        row = self._record(Document, day, status=state, number=number, issued_on=issued, expires_on=expires, **facts)
        worker.papers[code] = expires
        if code == "passport":
            self._make_known(worker, number, facts["issuer"], day, issued, expires)
        self._tell("document_verified", day, row, "document", document=code)

    def _held(self, requirement: Requirement) -> bool:
        """Whether a document of an earlier season still does."""
        rules = self.course.programme.rules(self.demand.starts_on)
        margin = rules["document_margin_months"] if requirement.margin_months is None else requirement.margin_months
        needed = self.demand.ends_on + relativedelta(months=margin)
        until = self.case.worker.papers.get(requirement.code)
        return until is not None and until >= max(needed, self.case.today)

    def _expiry(self, code: str, issued: date) -> date:
        """A passport holds five years, a certificate one, what is about this season as long as the season."""
        if code == "passport":
            return issued + relativedelta(years=5)
        if code in {"job_offer_letter", "return_declaration"}:
            return self.demand.ends_on + timedelta(days=15)
        return issued + relativedelta(years=1)

    def _number(self, code: str) -> str:
        if code == "passport":
            # One holder to a number, at any size.
            self.case.worker.passports += 1
            place = self.case.worker.serial * MOST_PASSPORTS + self.case.worker.passports
            return str(FIRST_PASSPORT + place * BETWEEN_PASSPORTS)
        return str(self.rng.randint(10_000_000, 999_999_999))

    def _make_known(self, worker, number, issuer, day, issued, expires) -> None:
        """A passport is an identity document of the person beyond the case."""
        self.rows.add(
            Identity,
            person_id=worker.pk,
            kind="passport",
            country=self.country,
            number=number,
            issuer=issuer,
            issued_on=issued,
            expires_on=expires,
            created_at=self.case.clock.moment(day),
            created_by_id=self.case.owner.pk,
        )

    def _medical(self, requirement: Requirement, done: bool, day: date) -> None:
        clinic = self.rng.choice(CLINICS[self.country])
        if self.course.passed(S.UNFIT):
            unfit = self.course.entered(S.UNFIT)
            self._record(
                Medical,
                unfit - timedelta(days=2),
                clinic=clinic,
                scheduled_on=unfit - timedelta(days=2),
                result_on=unfit,
                status=MedicalStatus.UNFIT,
            )
            return
        if not done:
            if self.share > 0.3 and self.course.status == S.IN_DOCUMENTATION:
                later = self.case.today + timedelta(days=self.rng.randint(1, 9))
                row = self._record(Medical, day, clinic=clinic, scheduled_on=later)
                self._tell("medical_scheduled", day, row, "medical", clinic=clinic)
            return
        valid_until = day + relativedelta(months=12)
        over = valid_until < self.case.today
        good = MedicalStatus.FIT if self.rng.random() < 0.93 else MedicalStatus.FIT_CONDITIONS
        row = self._record(
            Medical,
            day,
            clinic=clinic,
            scheduled_on=day - timedelta(days=2),
            result_on=day,
            valid_until=valid_until,
            status=MedicalStatus.EXPIRED if over else good,
        )
        self._tell("medical_result", day, row, "medical")

    def _permit(self, requirement: Requirement, done: bool, day: date) -> None:
        lodged = self.began + timedelta(days=(day - self.began).days // 3)
        facts = {"type": requirement.code, "application_number": f"V{self.rng.randint(100000000, 399999999)}"}
        refused = self.course.entered(S.REFUSED)
        if refused and (not self.ready or refused < self.ready):
            self._record(
                Permit,
                lodged,
                lodged_on=min(lodged, refused),
                biometrics_on=min(lodged, refused),
                decided_on=refused,
                refusal_reason=self.case.reason_of.get(S.REFUSED, "other"),
                status=PermitStatus.REFUSED,
                **facts,
            )
            if not self.ready:
                return
        if done:
            row = self._record(
                Permit,
                lodged,
                lodged_on=lodged,
                biometrics_on=min(lodged + timedelta(days=3), day),
                decided_on=day,
                valid_from=min(day, self.demand.starts_on - timedelta(days=8)),
                valid_until=self.demand.ends_on + timedelta(days=30),
                status=PermitStatus.APPROVED,
                **facts,
            )
            self._tell("permit_approved", day, row, "permit", document=requirement.code)
            return
        if self.course.status != S.IN_DOCUMENTATION or self.share < 0.3:
            return
        state = self.rng.choice(
            (PermitStatus.PREPARING, PermitStatus.LODGED, PermitStatus.BIOMETRICS_DUE, PermitStatus.IN_PROCESS)
        )
        known = state != PermitStatus.PREPARING
        row = self._record(
            Permit,
            lodged,
            lodged_on=lodged if known else None,
            status=state,
            type=facts["type"],
            application_number=facts["application_number"] if known else "",
            biometrics_on=lodged if state == PermitStatus.IN_PROCESS else None,
        )
        self._tell("permit_lodged" if known else "permit_started", lodged, row, "permit", document=requirement.code)

    def _contract(self, requirement: Requirement, done: bool, day: date) -> None:
        course, demand = self.course, self.demand
        explained = max(self.began, day - timedelta(days=4))
        if done:
            if course.status in {S.ACTIVE, S.LEFT_EMPLOYMENT}:
                state = ContractStatus.IN_FORCE
            elif course.passed(S.ACTIVE):
                state = ContractStatus.COMPLETED if course.passed(S.ENDED) else ContractStatus.TERMINATED
            else:
                state = ContractStatus.SIGNED_ALL
        else:
            state = (
                self.rng.choice((ContractStatus.DRAFT, ContractStatus.EXPLAINED, ContractStatus.SIGNED_WORKER))
                if self.share > 0.3
                else None
            )
        if state is None:
            return
        heard, signed = state != ContractStatus.DRAFT, state not in {ContractStatus.DRAFT, ContractStatus.EXPLAINED}
        language = self.case.worker.languages[-1]
        row = self._record(
            Contract,
            explained,
            selection_id=self.case.selection,
            language=language if heard else "",
            explained_on=explained if heard else None,
            explained_by=self.case.owner.full_name if heard else "",
            given_on=explained if heard else None,
            worker_signed_on=day if signed else None,
            employer_signed_on=day if done else None,
            starts_on=demand.starts_on,
            ends_on=demand.ends_on,
            wage=demand.wage,
            wage_currency=course.programme.currency,
            wage_unit="hour",
            hours_per_week=demand.hours,
            longest_week=demand.hours + 15,
            longest_day=Decimal(12),
            overtime_percent=150,
            deduct_housing=Decimal(30),
            gives_housing=True,
            gives_transport=True,
            gives_insurance=True,
            gives_return=course.programme.destination == "CAN",
            status=state,
        )
        if done:
            self._tell("contract_signed_all", day, row, "contract", number=1)
        elif heard:
            self._tell("contract_explained", explained, row, "contract", number=1, language=language)

    def _orientation(self, requirement: Requirement, done: bool, day: date) -> None:
        if not done:
            return
        place = self.rng.choice(VENUES[self.country])
        row = self._record(
            Orientation,
            day,
            attended_on=day,
            place=place,
            hours=Decimal(8),
            language=self.case.worker.languages[-1],
            modules=MODULES,
        )
        self._tell("orientation_attended", day, row, "orientation", place=place)

    def _ticket(self, requirement: Requirement, done: bool, day: date) -> None:
        if not done:
            return
        carrier, prefix, origin, destination, cost, currency = FLIGHTS[self.course.programme.destination]
        course = self.course
        departs = course.entered(S.TRAVELLING) or course.entered(S.NO_SHOW) or self.demand.starts_on - timedelta(days=2)
        flight = f"{prefix}{self.rng.randint(100, 899)}"
        states = zip(course.route, course.days, strict=True)
        stopped = next((day for state, day in states if state in {S.NO_SHOW, S.WITHDRAWN, S.UNFIT}), None)
        row = self._record(
            Trip,
            day,
            carrier=carrier,
            flight=flight,
            origin=origin,
            destination=destination,
            departs_on=departs,
            ticket_number=f"{self.rng.randint(100, 999)}-{self.rng.randint(1000000000, 9999999999)}",
            cost=Decimal(cost),
            currency=currency,
            paid_by="employer",
            cancelled_on=stopped,
        )
        self._tell("trip_booked", day, row, "trip", flight=flight)
