"""One record of every kind that an address can name, in one's own hands, a colleague's, and in another office."""

import uuid
from datetime import date, time, timedelta
from functools import cached_property

from accounts.models import ParkedText
from accounts.roles import Permission
from programmes.base.batches import actions as batches
from programmes.base.batches import files, kinds
from programmes.base.notifications import actions as letters
from programmes.base.notifications.letters import stop_token
from programmes.base.papers import actions as papers
from programmes.desk.reports import actions as reports
from programmes.journey.people.duplicates import actions as duplicates
from programmes.journey.people.duplicates import merging
from programmes.models import (
    Batch,
    Enrolment,
    Export,
    InterviewDay,
    InterviewPlace,
    LetterTemplate,
    MutedCase,
    Proposal,
    ReportRun,
    SavedView,
    Scan,
    TemplateEdition,
)
from tests.conventions.routes import ROWS, Row
from tests.factories.demand import AuthorisationFactory, DeductionFactory, JobDemandFactory
from tests.factories.departure import (
    ContractFactory,
    DocumentFactory,
    FlightGroupFactory,
    MedicalFactory,
    PermitFactory,
    TrainingSeatFactory,
    TripFactory,
    hold_position,
)
from tests.factories.employers import AssociationFactory, EmployerFactory, LicenceFactory, RecruiterFactory
from tests.factories.enrolment import EnrolmentFactory, StepFactory
from tests.factories.factors import add_application, add_passkey
from tests.factories.files import keep_file
from tests.factories.people import (
    ConsentFactory,
    HouseholdMemberFactory,
    IdentityFactory,
    PersonAddressFactory,
    PersonFactory,
    PersonPhoneFactory,
    picture,
    take_photo,
)
from tests.factories.placement import PlacementFactory
from tests.factories.reintegration import FollowUpFactory, PlanLineFactory, ReintegrationFactory
from tests.factories.returns import ReturnFactory
from tests.factories.rulebook import ProgrammeFactory, RequirementFactory, SeasonFactory
from tests.factories.selection import CandidacyFactory, SelectionFactory
from tests.fixtures.accounts import make_office, make_user

OWN_OFFICE, OTHER_OFFICE = "GT-CHM", "CO-BOG"
# What is one's own alone: a colleague's is as little there as nobody's.
PERSONAL = {"passkey", "kept text", "muted case", "view", "export"}
# What is seen wherever it belongs: the demonstration's mailbox shows every invented letter.
EVERYBODYS = {"list", "demo letter", "stop link", "password link", "letter code"}
ASKED_FOR = {"test": "rostered", "check": "eligible", "document": "ready_to_travel", "permit": "ready_to_travel"}


class _Anybodys(kinds.Kind):
    """Work that everybody may ask for, and see when it is done in their office."""

    code = "test_anybodys"
    title = "Trabajo de todas"
    permission = overseen_with = Permission.SELF


kinds.register(_Anybodys())


class Place:
    """The records of one owner in one office; `args(record)` are the parts of an address that name one of them."""

    def __init__(self, office: str, owner, season):
        self.office, self.owner, self.season = make_office(office), owner, season
        programme = season.programme
        self.asked = {
            kind: programme.requirements.filter(kind=kind).first()
            or RequirementFactory(programme=programme, kind=kind, stage=stage, code="passport")
            for kind, stage in ASKED_FOR.items()
        }
        self._cases: dict[str, Enrolment] = {}

    def case(self, status: str = "in_documentation") -> Enrolment:
        """A case in a state, with the facts that state brings along."""
        if status not in self._cases:
            case = self._new_case(status)
            Enrolment.objects.filter(pk=case.pk).update(owner=self.owner)
            case.shared_with.add(self.office)
            self._cases[status] = case
        return self._cases[status]

    def _new_case(self, status: str) -> Enrolment:
        fields = {"office": self.office, "season": self.season, "person": PersonFactory(office=self.office)}
        if status == "active":
            return PlacementFactory(case=fields).enrolment
        if status == "ended":
            return ReturnFactory(case=fields).enrolment
        if status == "in_reintegration":
            return ReintegrationFactory(case=fields, status="plan_drafted").enrolment
        return EnrolmentFactory(status=status, **fields)

    def _like(self) -> list:
        """Two people with a case each in this office, who look alike."""
        return [
            EnrolmentFactory(season=self.season, office=self.office, person=PersonFactory(office=self.office)).person
            for _n in range(2)
        ]

    @cached_property
    def pair(self):
        """Two records that may be one person."""
        return duplicates.pair_up(*self._like(), by=self.owner)

    @cached_property
    def merge(self):
        """Two records that were joined."""
        one, other = self._like()
        other.enrolments.update(status="void_duplicate")
        return merging.merge(one, other, by=self.owner)

    @cached_property
    def employer(self):
        """An employer with a site, kept by this office."""
        return EmployerFactory(office=self.office, programmes=[self.season.programme])

    @cached_property
    def demand(self):
        """An open demand of that employer."""
        return JobDemandFactory(season=self.season, employer=self.employer, status="open")

    @cached_property
    def passkey(self):
        """A passkey of the owner."""
        return add_passkey(self.owner)

    @cached_property
    def report(self):
        """The report of last month about this programme; owners of one office share it."""
        made = ReportRun.objects.filter(programme=self.season.programme).first()
        return made or reports.make(self.season.programme, month=date.today().replace(day=1) - timedelta(days=1))

    @cached_property
    def letter(self):
        """A letter to the owner."""
        case = self.case()
        context = {"case_number": case.number}
        return letters.queue(
            key=f"world:{case.pk}", to=self.owner, kind="case_assigned", context=context, enrolment=case, path="/"
        )

    @cached_property
    def batch(self):
        """Work on many rows that the owner asked for in this office, with a file that came and one that was made."""
        return batches.open_batch(
            "test_anybodys", by=self.owner, office=self.office, rows=[],
            file=files.store("came.csv", ["a"]).stored, result=files.store("made.csv", ["b"]).stored,
        )  # fmt: skip

    @cached_property
    def sheet_of_people(self):
        """An import of people that was checked, with a row to decide about, whoever it was that began it."""
        params = {
            "file_kind": "csv", "sheet": "", "sheets": [], "hidden": [], "encoding": "utf-8", "separator": ",",
            "header_line": 1, "header": ["CUI"], "mapping": ["national_id"], "samples": [[]],
        }  # fmt: skip
        made = Batch.objects.create(
            kind="people_import", office=self.office, created_by=self.owner, status="staged", params=params,
            total=1, counts={"doubtful": 1},
        )  # fmt: skip
        known = self.case().person
        facts = {name: getattr(known, name) for name in ("given_names", "first_surname", "second_surname")}
        found = {"person": known.pk, "level": "probable", "reasons": [["name_same", "same"]]}
        made.rows.create(number=2, state="doubtful", values={"facts": facts}, found=[found])
        return made

    def args(self, record: str) -> list:
        """What stands in the address of a record of this kind: the main record first, the piece of it last."""
        kind, _at, status = record.partition("@")
        return list(self._known[kind, status] if (kind, status) in self._known else self._make(kind, status))

    @cached_property
    def _known(self) -> dict[tuple[str, str], list]:
        return {}

    def _make(self, kind: str, status: str) -> list:
        self._known[kind, status] = found = [
            getattr(part, "public_id", part) for part in self._parts(kind, status or "in_documentation")
        ]
        return found

    def _parts(self, kind: str, status: str) -> list:
        case = self.case(status)
        papers = {
            "document": DocumentFactory,
            "medical exam": MedicalFactory,
            "permit": PermitFactory,
            "trip": TripFactory,
        }
        if kind in papers:
            # Submitted, scheduled, in preparation: where most can still be done with it.
            return [case, papers[kind](enrolment=case, **EARLY.get(kind, {}))]
        made = {
            "case": lambda: [case],
            "person": lambda: [case.person],
            "consent": lambda: [case.person, case.person.consents.get()],
            "identity": lambda: [case.person, IdentityFactory(person=case.person)],
            "phone": lambda: [case.person, PersonPhoneFactory(person=case.person)],
            "address": lambda: [case.person, PersonAddressFactory(person=case.person)],
            "household member": lambda: [case.person, HouseholdMemberFactory(person=case.person)],
            "photo": lambda: [self._photographed(case.person)],
            "pair": lambda: [self.pair],
            "merge": lambda: [self.merge],
            "employer": lambda: [self.employer],
            "association": lambda: [AssociationFactory(office=self.office, employers=[self.employer])],
            "recruiter": lambda: [RecruiterFactory(office=self.office)],
            "licence": lambda: [self.employer, LicenceFactory(employer=self.employer)],
            "site itself": lambda: [self.demand.site],
            "site": lambda: [self.employer, self.demand.site],
            "authorisation": lambda: [self.employer, AuthorisationFactory(employer=self.employer)],
            "demand": lambda: [self.demand],
            "candidate": lambda: [self.demand, self.case("rostered")],
            "position": lambda: [self.demand, self._reserved().number],
            "named position": lambda: [self.demand, self._named().number],
            "deduction": lambda: [self.demand, DeductionFactory(demand=self.demand)],
            "candidacy": lambda: [self.demand, self.on_reserve],
            "proposal": lambda: [self.demand, self._proposal()],
            "interview day": lambda: [self.demand, self._interview_day()],
            "flight group": lambda: [self.flight],
            "leg": lambda: [self.flight, self.flight.legs.first()],
            "session": lambda: [self.session().session],
            "place in session": lambda: [(seat := self.session()).session, seat],
            "invitation": lambda: [self.session().code],
            "seat": lambda: [self.flight, TripFactory(enrolment=self.case("ready_to_travel"), group=self.flight)],
            "test": lambda: [case, self.asked["test"]],
            "check": lambda: [case, self.asked["check"]],
            "document asked for": lambda: [case, self.asked["document"]],
            "permit asked for": lambda: [case, self.asked["permit"]],
            "page of a document": lambda: [case, self._scan(case).file],
            "step": lambda: [StepFactory(enrolment=case).pk],
            "contract": lambda: [case, ContractFactory(selection=hold_position(case))],
            "issued letter": lambda: [case, self._issued(case)],
            "letter code": lambda: [self._issued(case).code],
            "plan line": lambda: self._of_plan(lambda plan: PlanLineFactory(reintegration=plan)),
            "follow-up": lambda: self._of_plan(lambda plan: FollowUpFactory(reintegration=plan)),
            "report": lambda: [self.report],
            "passkey": lambda: [self.passkey.pk],
            "list": lambda: ["cases"],
            "view": lambda: [
                SavedView.objects.create(
                    listing="cases", name="Casos abiertos", query="view=open", created_by=self.owner
                )
            ],
            "export": lambda: [self._export(self.owner, make_office("GT-ZZZ"), "ready")],
            "request": lambda: [self._export(make_user("data", office=self.office), self.office, "asked")],
            "batch": lambda: [self.batch],
            "sheet of people": lambda: [self.sheet_of_people],
            "kept text": lambda: [ParkedText.objects.create(user=self.owner, path="/people/new/", body="note=x").pk],
            "muted case": lambda: [MutedCase.objects.create(user=self.owner, enrolment=case).pk],
            "demo letter": lambda: [self.letter],
            "stop link": lambda: [stop_token(self.letter)],
            "password link": lambda: ["1", "set-password"],
        }
        return made[kind]()

    def _photographed(self, person):
        ConsentFactory(person=person, purposes=["photo"])
        take_photo(person)
        return person

    def _scan(self, case):
        """A photographed page of a document that awaits verification."""
        document = DocumentFactory(enrolment=case, type="visa", **EARLY["document"])
        return Scan.objects.create(document=document, file=keep_file(case, upload=picture()))

    def _export(self, who, office, state):
        """A file with names; seen by whoever asked for it, and by those who watch over the office."""
        return Export.objects.create(
            listing="cases", query="view=open&sort=due", columns=["name"], format="csv", purpose="audit", why="A reason.",
            identified=state == "asked", office=office, state=state, created_by=who,
        )  # fmt: skip

    def _issued(self, case):
        """A letter in force, with its file."""
        template, new = LetterTemplate.objects.get_or_create(
            code="world", kind="consulate_letter", names={"es": "Carta", "en": "Letter"}
        )
        if new:
            texts = {"es": {"title": "Carta", "body": "{case_number}"}}
            TemplateEdition.objects.create(template=template, number=1, texts=texts)
        letter = papers.issue(case, by=self.owner, template=template, languages=["es"], on=date.today())
        papers.make(letter.pk)
        letter.refresh_from_db()
        return letter

    def _reserved(self):
        case = self.case("selected")
        return SelectionFactory(demand=self.demand, enrolment=case, position_status="reserved").position

    def _named(self):
        """The last position of the demand: reserving takes the first ones."""
        place = self.demand.places.order_by("number").last()
        place.named, place.wanted_name = True, "Juana Pérez"
        place.save(update_fields=["named", "wanted_name"])
        return place

    @cached_property
    def on_reserve(self):
        """A candidate of the demand who is on its reserve list."""
        return CandidacyFactory(demand=self.demand, enrolment=self.case("rostered"), status="reserve", rank=1)

    def _proposal(self):
        """The reserve, proposed for the second position, which somebody gave back."""
        position = self.demand.places.get(number=2)
        gone = self.case("withdrawn")
        released = SelectionFactory(
            demand=self.demand, position=position, enrolment=gone, released_on=date.today(), release_reason="health"
        )
        return Proposal.objects.create(position=position, candidacy=self.on_reserve, released=released)

    def session(self):
        """A place in a training session of this office, today."""
        return TrainingSeatFactory(enrolment=self.case(), session__office=self.office)

    @cached_property
    def flight(self):
        """A flight group of the season."""
        return FlightGroupFactory(season=self.case().season)

    def _interview_day(self):
        day = InterviewDay.objects.create(demand=self.demand, day=date.today(), place="Salón comunal")
        InterviewPlace.objects.create(day=day, starts_at=time(8), number=1)
        return day

    def _of_plan(self, make) -> list:
        case = self.case("in_reintegration")
        return [case, make(case.reintegrations.get())]


EARLY = {
    "document": {"status": "submitted"},
    "medical exam": {"status": "scheduled", "result_on": None, "valid_until": None},
    "permit": {
        "status": "preparing", "application_number": "", "lodged_on": None, "decided_on": None, "valid_from": None,
        "valid_until": None,
    },
}  # fmt: skip


class World:
    """Two offices with a programme each; a user of a role in the first one, a colleague there, a stranger in the other.

    `here` is the season in which the first office works; without it, one of a programme that asks for little.
    """

    def __init__(self, role: str, *, here=None, **fields):
        here = here or SeasonFactory(programme=ProgrammeFactory(offices=[make_office(OWN_OFFICE)]))
        there = SeasonFactory(programme=ProgrammeFactory(offices=[make_office(OTHER_OFFICE)]))
        self.user = make_user(role, office=OWN_OFFICE, **fields)
        add_application(self.user)
        self.turn = 0
        self.colleague = make_user("caseworker", office=OWN_OFFICE)
        self.stranger = make_user("caseworker", office=OTHER_OFFICE)
        self.own = Place(OWN_OFFICE, self.user, here)
        self.colleagues = Place(OWN_OFFICE, self.colleague, here)
        self.other = Place(OTHER_OFFICE, self.stranger, there)

    def build(self) -> "World":
        """Make every record now, so that a page that is opened later is not blamed for it."""
        for place in (self.own, self.colleagues, self.other):
            for record in sorted({row.record for row in ROWS if row.record}):
                place.args(record)
        return self

    def unreachable(self, row: Row) -> dict[str, list]:
        """Addresses of this row that must look as if nothing stood there, each with what is wrong about it."""
        kind = row.record
        if not kind or kind in EVERYBODYS:
            return {}
        own, other = self.own.args(kind), self.other.args(kind)
        nobodys = 2**31 - 1 if isinstance(own[-1], int) else uuid.uuid4()
        found = {"missing": [*own[:-1], nobodys], "other office": other}
        if kind in PERSONAL:
            found["colleague's"] = self.colleagues.args(kind)
        if len(own) > 1 and own[-1] != other[-1]:
            found |= {"foreign piece": [*own[:-1], other[-1]], "foreign whole": [*other[:-1], own[-1]]}
        return found

    def reachable(self, row: Row) -> dict[str, list]:
        """Addresses of this row that a role on its list may open."""
        if not row.record:
            return {"": []}
        found = {"own": self.own.args(row.record)}
        if row.record not in PERSONAL | {"password link"}:
            found["colleague's"] = self.colleagues.args(row.record)
        return found
