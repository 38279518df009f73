"""The row says what the move says: two thousand random cases are judged together and then moved one by one."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from programmes.base.common.bulk import insert_many
from programmes.journey.departure.readiness import actions, judging, rules
from programmes.journey.enrolment import requirements
from programmes.models import (
    Authorisation,
    Consent,
    Contract,
    Document,
    Employer,
    Enrolment,
    JobDemand,
    Medical,
    Orientation,
    Permit,
    Person,
    Position,
    Readiness,
    ReadinessDue,
    Requirement,
    RuleValue,
    Season,
    Selection,
    Site,
    TestResult,
    Tick,
    Trip,
)
from tests.factories.rulebook import ProgrammeFactory
from tests.fixtures.accounts import make_office, make_user

TODAY = date.today()
FACTS = (Consent, TestResult, Tick, Document, Medical, Permit, Contract, Orientation, Trip)
ASKED = [
    ("eligible", "consent", "case_management"),
    ("rostered", "test", "literacy"),
    ("selected", "check", "call"),
    ("ready_to_travel", "document", "passport"),
    ("ready_to_travel", "document", "birth_certificate"),
    ("ready_to_travel", "medical", "medical"),
    ("ready_to_travel", "permit", "work_permit"),
    ("ready_to_travel", "contract", "contract"),
    ("ready_to_travel", "orientation", "pdo"),
    ("ready_to_travel", "ticket", "ticket"),
    ("travelling", "check", "seen_off"),
]


class Crowd:
    """Random cases in all that a readiness can depend on, written in a few statements."""

    def __init__(self, count: int, seed: int):
        self.rng = random.Random(seed)
        self.office = make_office("GT-CHM")
        self.by = make_user("manager", office="GT")
        self.seasons = [self._programme(n) for n in range(3)]
        self.requirements = {
            season.pk: list(Requirement.objects.filter(programme=season.programme)) for season in self.seasons
        }
        self.cases = self._cases(count)
        self._facts()

    def maybe(self, share=0.9) -> bool:
        return self.rng.random() < share

    def day(self, low, high) -> date:
        return TODAY + timedelta(days=self.rng.randint(low, high))

    def _programme(self, number):
        programme = ProgrammeFactory(code=f"random-{number}")
        asked = ASKED if number < 2 else [one for one in ASKED if one[1] != "permit"]
        Requirement.objects.bulk_create(
            Requirement(
                programme=programme, stage=stage, kind=kind, code=code, order=order, labels={"es": code, "en": code},
                margin_months=[None, 0, 6][number],
            )
            for order, (stage, kind, code) in enumerate(asked)
        )  # fmt: skip
        values = {"max_stay_months": 7, "stay_window_months": 11} if number == 1 else {"minimum_age": 20}
        RuleValue.objects.bulk_create(RuleValue(programme=programme, key=k, value=v) for k, v in values.items())
        return Season.objects.create(
            programme=programme, code="2031", starts_on=TODAY - timedelta(days=30), ends_on=TODAY + timedelta(days=700)
        )

    def _cases(self, count):
        people = insert_many(
            Person(
                given_names=f"Persona {n}", first_surname="Prueba", sex="F", nationality="GTM", office=self.office,
                birth_date=date(self.rng.choice([1990, 1990, 1990, TODAY.year - 19]), 1, 2),
            )
            for n in range(count)
        )  # fmt: skip
        cases = []
        for n, person in enumerate(people):
            season, start = self.rng.choice(self.seasons), self.day(5, 90)
            cases.append(
                Enrolment(
                    person=person, programme=season.programme, season=season, office=self.office, number=f"R-{n}",
                    registered_on=TODAY - timedelta(days=300), planned_start=start,
                    planned_end=start + timedelta(days=self.rng.randint(100, 230)),
                    status=self.rng.choice(rules.PREPARED),
                )
            )  # fmt: skip
        return insert_many(cases)

    def _facts(self):
        demands = [self._demand(season, n) for n, season in enumerate(self.seasons * 2)]
        rows = {model: [] for model in FACTS}
        positions, held = [], []
        for case in self.cases:
            demand = self.rng.choice([one for one in demands if one.season_id == case.season_id])
            number = sum(one.demand_id == demand.pk for one in positions) + 1
            positions.append(Position(demand=demand, number=number, status="accepted"))
            held.append(case)
            self._papers(case, rows)
        insert_many(positions)
        selections = insert_many(
            Selection(enrolment=case, position=place, selected_on=TODAY, named=self.maybe(0.3))
            for case, place in zip(held, positions, strict=True)
        )
        for selection in selections:
            if self.maybe(0.95):
                status = "signed_all" if self.maybe() else "explained"
                rows[Contract].append(self._contract(selection, status))
        for found in rows.values():
            insert_many(found)

    def _demand(self, season, number):
        employer = Employer.objects.create(office=self.office, name=f"Granja {number}", country="CAN", sector="A")
        authorisation = Authorisation.objects.create(
            employer=employer, kind="lmia_approval", number=f"R{number}", positions=5000,
            valid_from=TODAY - timedelta(days=90), valid_until=TODAY + timedelta(days=180 if number == 0 else 900),
        )  # fmt: skip
        return JobDemand.objects.create(
            number=f"R-{number}", season=season, employer=employer, authorisation=authorisation, occupation="9211",
            site=Site.objects.create(employer=employer, name="Campo", place="Saint-Rémi"), positions=2000,
            starts_on=TODAY, ends_on=TODAY + timedelta(days=200), wage=17, wage_currency="CAD", hours_per_week=45,
            requested_on=TODAY, status="open",
        )  # fmt: skip

    def _contract(self, selection, status):
        signed = TODAY - timedelta(days=3) if status == "signed_all" else None
        case = selection.enrolment
        return Contract(
            enrolment=case, selection=selection, status=status, language="es", explained_on=TODAY - timedelta(days=4),
            worker_signed_on=signed, employer_signed_on=signed, starts_on=case.planned_start, ends_on=case.planned_end,
            wage=17, wage_currency="CAD", wage_unit="hour", hours_per_week=45,
        )  # fmt: skip

    def _papers(self, case, rows):
        for requirement in self.requirements[case.season_id]:
            kind = requirement.kind
            if self.maybe(0.02):
                waived = Tick(enrolment=case, requirement=requirement, done_on=TODAY, waived=True, reason="Exención")
                rows[Tick].append(waived)
            elif kind == "check" and self.maybe():
                rows[Tick].append(Tick(enrolment=case, requirement=requirement, done_on=TODAY))
            elif kind == "test" and self.maybe(0.97):
                rows[TestResult].append(
                    TestResult(enrolment=case, requirement=requirement, taken_on=TODAY, passed=self.maybe(0.97))
                )
            elif kind == "document" and self.maybe(0.97):
                for _n in range(self.rng.choice([1, 1, 2])):
                    rows[Document].append(
                        Document(
                            enrolment=case, person=case.person, type=requirement.code, number="1",
                            status=self.rng.choice(["verified"] * 6 + ["expiring", "rejected", "expired"]),
                            expires_on=self.day(-60, 300) if self.maybe(0.2) else self.day(700, 3000),
                        )
                    )  # fmt: skip
        self._once(case, rows)

    def _once(self, case, rows):
        if self.maybe(0.98):
            withdrawn = self.maybe(0.03)
            rows[Consent].append(
                Consent(
                    person=case.person, purposes=["case_management"], mode="written", language="es", notice="1",
                    given_on=TODAY - timedelta(days=300),
                    expires_on=self.day(-30, 100) if self.maybe(0.1) else None,
                    withdrawn_at=timezone.now() if withdrawn else None, withdrawn_by=self.by if withdrawn else None,
                )
            )  # fmt: skip
        if self.maybe(0.97):
            status = self.rng.choice(["fit"] * 8 + ["fit_conditions", "temporarily_unfit"])
            until = self.day(-30, 200) if self.maybe(0.15) else self.day(350, 700)
            rows[Medical].append(
                Medical(
                    enrolment=case, clinic="Clínica", scheduled_on=TODAY - timedelta(days=60), status=status,
                    result_on=TODAY - timedelta(days=50), valid_until=None if status == "temporarily_unfit" else until,
                )
            )  # fmt: skip
        if self.maybe(0.97):
            status = self.rng.choice(["approved"] * 9 + ["lodged"])
            until = self.day(100, 200) if self.maybe(0.15) else self.day(350, 700)
            rows[Permit].append(
                Permit(
                    enrolment=case, type="work_permit", status=status, valid_from=self.day(-90, 3),
                    valid_until=until if status == "approved" else None, lodged_on=TODAY - timedelta(days=100),
                )
            )  # fmt: skip
        if self.maybe(0.97):
            rows[Orientation].append(
                Orientation(enrolment=case, attended_on=TODAY, place="Cobán", hours=6, language="es")
            )
        if self.maybe(0.97):
            rows[Trip].append(
                Trip(
                    enrolment=case, carrier="Avianca", flight="AV640", origin="GUA", destination="YUL",
                    departs_on=case.planned_start, ticket_number="134" if self.maybe(0.98) else "", paid_by="employer",
                    cancelled_on=TODAY if self.maybe(0.03) else None,
                )
            )  # fmt: skip


@pytest.fixture
def crowd(db):
    # Twenty thousand rows whose history is nobody's business here: no trigger sees them, nobody notes them.
    models = (Person, Enrolment, Position, Selection, *FACTS)
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER USER")
        crowd = Crowd(2000, seed=1)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in models:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ENABLE TRIGGER USER")
    return crowd


def test_two_thousand_random_cases_are_judged_as_their_moves_judge_them(crowd):
    # As after a first start: prepared cases without a row.
    assert actions.note_what_time_changes(timezone.now()) == 2000
    with CaptureQueriesContext(connection) as queries:
        actions.keep_all()
    assert not ReadinessDue.objects.exists()
    # Set-based: two chunks of a thousand, not two thousand cases.
    assert len(queries) < 80

    kept = {row.enrolment_id: row for row in Readiness.objects.all()}
    assert kept.keys() == {case.pk for case in crowd.cases}
    ready = 0
    fresh = Enrolment.objects.select_related(*judging.RELATED).in_bulk([case.pk for case in crowd.cases])
    alone = crowd.rng.sample(sorted(fresh), 40)
    requirements.read_together([case for pk, case in fresh.items() if pk not in alone])
    with timezone.override("America/Guatemala"):
        for case in fresh.values():
            # The question as the move itself asks it; of forty cases read alone, as the page of one case would.
            target = "travelling" if case.status == "ready_to_travel" else "ready_to_travel"
            codes = list(dict.fromkeys(item.code for item in case.missing_for(target)))
            row = kept[case.pk]
            assert (row.ready, row.blockers, row.blocker) == (not codes, len(codes), codes[0] if codes else ""), case
            url = case.get_absolute_url()
            standings = [one for one in (rules.read(data, url) for data in row.standings) if not one.is_met]
            by_key = {requirement.pk: requirement for requirement in crowd.requirements[case.season_id]}
            unmet = {rules.code_of(by_key[one.requirement]) for one in standings}
            assert unmet | {code for code, *_rest in row.others} == set(codes)
            ready += row.ready
    # A test that finds everybody ready, or nobody, would prove nothing.
    assert 200 < ready < 1800
    assert len({row.blocker for row in kept.values()}) >= 10
