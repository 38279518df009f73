"""Medical exams, visas and permits, contracts: their deeds, their rules, how they answer what a programme requires."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.departure import actions
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.states import Status
from programmes.models import CaseEvent, Contract, RuleValue, Step
from tests.factories.departure import ContractFactory, MedicalFactory, PermitFactory, hold_position
from tests.factories.enrolment import EnrolmentFactory

TODAY = date.today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
YEAR = TODAY + timedelta(days=364)


def standing(case, kind):
    return next(s for s in requirements.standings(case) if s.requirement.kind == kind)


def told(case):
    return list(CaseEvent.objects.filter(enrolment=case).order_by("id").values_list("what", flat=True))


def refused(deed, *args, field=None, **facts):
    """Do a deed that must be refused, at `field`; return its code."""
    with pytest.raises(RuleBroken) as refusal:
        deed(*args, **facts)
    assert refusal.value.field == field
    return refusal.value.code


# --- Medical ----------------------------------------------------------------------------------------------------


@pytest.fixture
def appointment(case, by):
    return actions.schedule_medical(case, by=by, clinic="Clínica", scheduled_on=YESTERDAY)


def test_fit_worker_meets_the_requirement(case, by, appointment, require):
    require("medical", "medical_clearance")
    assert (standing(case, "medical").state, standing(case, "medical").href.rsplit("/", 2)[1]) == ("started", "result")
    medical = actions.record_medical(appointment, by=by, version=1, result="fit", result_on=TODAY, valid_until=YEAR)
    assert (medical.status, medical.result_on, medical.valid_until) == ("fit", TODAY, YEAR)
    assert standing(case, "medical").is_met
    assert told(case) == ["medical_scheduled", "medical_done", "medical_result"]


def test_result_of_an_exam_does_not_stand_in_the_sentences_of_the_diary(case, by, appointment):
    actions.record_medical(appointment, by=by, version=1, result="unfit", result_on=TODAY)
    assert not CaseEvent.objects.filter(enrolment=case).exclude(data={}).exclude(what="medical_scheduled").exists()


def test_one_appointment_at_a_time(case, by, appointment):
    assert refused(actions.schedule_medical, case, by=by, clinic="Otra", scheduled_on=TOMORROW) == "scheduled"


def test_missed_appointment_makes_room_for_another(case, by, appointment, require):
    require("medical", "medical_clearance")
    actions.missed_medical(appointment, by=by, version=1)
    assert standing(case, "medical").detail.startswith("Missed")
    actions.schedule_medical(case, by=by, clinic="Clínica", scheduled_on=TOMORROW)
    assert standing(case, "medical").state == "started"


def test_appointment_that_lies_ahead_was_not_missed(case, by):
    medical = actions.schedule_medical(case, by=by, clinic="Clínica", scheduled_on=TOMORROW)
    refused(actions.missed_medical, medical, by=by, version=1, field="scheduled_on")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"result_on": TOMORROW}, "result_on"),
        ({"result_on": YESTERDAY - timedelta(days=1)}, "result_on"),  # before the appointment
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": TODAY}, "valid_until"),
        ({"result": "done"}, "result"),
    ],
)
def test_impossible_result_is_refused_at_its_field(by, appointment, typed, field):
    facts = {"result": "fit", "result_on": TODAY, "valid_until": YEAR, **typed}
    refused(actions.record_medical, appointment, by=by, version=1, field=field, **facts)


def test_temporarily_unfit_worker_is_seen_again_after_two_weeks(case, by, appointment, require):
    require("medical", "medical_clearance")
    actions.record_medical(appointment, by=by, version=1, result="temporarily_unfit", result_on=TODAY, valid_until=YEAR)
    step = Step.objects.get(enrolment=case, kind="medical_repeat")
    assert step.due_on == TODAY + timedelta(days=14)
    assert (standing(case, "medical").state, standing(case, "medical").is_met) == ("open", False)
    actions.schedule_medical(case, by=by, clinic="Clínica", scheduled_on=TODAY)
    step.refresh_from_db()
    assert step.done_at is not None


def test_unfit_worker_has_no_clearance(by, appointment, case, require):
    require("medical", "medical_clearance")
    medical = actions.record_medical(appointment, by=by, version=1, result="unfit", result_on=TODAY, valid_until=YEAR)
    assert medical.valid_until is None
    assert standing(case, "medical").detail == "Unfit"


@pytest.mark.parametrize(("days", "met"), [(0, True), (-1, False)])
def test_clearance_holds_through_the_planned_end(case, require, days, met):
    require("medical", "medical_clearance")
    MedicalFactory(enrolment=case, valid_until=case.planned_end + timedelta(days=days))
    assert standing(case, "medical").is_met is met


def test_fit_with_conditions_is_fit(case, require):
    require("medical", "medical_clearance")
    MedicalFactory(enrolment=case, status="fit_conditions")
    assert standing(case, "medical").is_met


def test_result_on_a_stale_page_is_refused(by, appointment):
    facts = {"by": by, "version": 1, "result": "fit", "result_on": TODAY, "valid_until": YEAR}
    actions.record_medical(appointment, **facts)
    with pytest.raises(Stale):
        actions.record_medical(appointment, **facts)


# --- Visa and permit --------------------------------------------------------------------------------------------


def begin(case, by):
    return actions.start_permit(case, by=by, kind="work_permit", application_number="W1")


def advance(permit, by, to, **facts):
    return actions.advance_permit(permit, by=by, version=permit.version, to=to, **{"on": YESTERDAY, **facts})


def in_process(case, by):
    permit = advance(begin(case, by), by, "lodged", application_number="W2")
    permit = advance(permit, by, "biometrics_due", biometrics_on=TODAY)
    return advance(permit, by, "in_process")


def test_application_from_beginning_to_approval(case, by, require):
    require("permit", "work_permit")
    assert standing(case, "permit").detail == "No application yet"
    permit = in_process(case, by)
    assert (permit.application_number, permit.lodged_on, permit.biometrics_on) == ("W2", YESTERDAY, TODAY)
    assert standing(case, "permit").state == "started"
    permit = actions.decide_permit(permit, by=by, version=permit.version, approved=True, on=TODAY, valid_until=YEAR)
    assert (permit.status, permit.decided_on) == ("approved", TODAY)
    assert standing(case, "permit").is_met
    assert told(case) == [
        "permit_started",
        "permit_lodged",
        "permit_biometrics_due",
        "permit_in_process",
        "permit_approved",
    ]


def test_refusal_keeps_its_reason_and_leaves_the_case_where_it_is(case, by, require):
    require("permit", "work_permit")
    permit = in_process(case, by)
    permit = actions.decide_permit(
        permit, by=by, version=permit.version, approved=False, on=TODAY, reason="incomplete", valid_until=YEAR
    )
    assert (permit.status, permit.refusal_reason, permit.valid_until) == ("refused", "incomplete", None)
    case.refresh_from_db()
    assert case.status == "in_documentation"
    assert not standing(case, "permit").is_met
    assert CaseEvent.objects.get(what="permit_refused").reason == "incomplete"


@pytest.mark.parametrize("again", [actions.appeal_permit, actions.relodge_permit])
def test_refused_application_goes_back_into_process(case, by, again):
    permit = PermitFactory(enrolment=case, status="refused", valid_until=None, decided_on=YESTERDAY)
    refused(again, permit, by=by, version=1, on=YESTERDAY - timedelta(days=1), field="on")
    permit = again(permit, by=by, version=1, on=TODAY)
    assert advance(permit, by, "in_process", on=TODAY).status == "in_process"


def test_withdrawn_application_leaves_room_for_another(case, by):
    permit = in_process(case, by)
    assert refused(actions.start_permit, case, by=by, kind="work_permit") == "pending"
    assert actions.start_permit(case, by=by, kind="visa").type == "visa"
    actions.withdraw_permit(permit, by=by, version=permit.version, on=TODAY)
    assert begin(case, by).status == "preparing"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"on": TOMORROW}, "on"),
        ({"on": YESTERDAY - timedelta(days=1)}, "on"),  # before it was lodged
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": TODAY}, "valid_until"),
        ({"valid_from": YEAR}, "valid_until"),
        ({"approved": False}, "reason"),
    ],
)
def test_impossible_decision_is_refused_at_its_field(case, by, facts, field):
    permit = in_process(case, by)
    facts = {"approved": True, "on": TODAY, "valid_until": YEAR, **facts}
    refused(actions.decide_permit, permit, by=by, version=permit.version, field=field, **facts)


def test_application_is_not_decided_through_the_page_of_its_steps(case, by):
    assert refused(advance, in_process(case, by), by, "approved") == "decision"


def test_biometrics_need_their_appointment(case, by):
    refused(advance, advance(begin(case, by), by, "lodged"), by, "biometrics_due", field="biometrics_on")


@pytest.mark.parametrize(
    ("first", "last", "met"),
    [(0, 0, True), (0, -1, False), (1, 0, False), (-1, 1, True)],
)
def test_permit_covers_the_planned_stay_to_the_day(case, require, first, last, met):
    require("permit", "work_permit")
    PermitFactory(
        enrolment=case,
        valid_from=case.planned_start + timedelta(days=first),
        valid_until=case.planned_end + timedelta(days=last),
    )
    assert standing(case, "permit").is_met is met


def test_permit_of_another_type_does_not_count(case, require):
    require("permit", "visa")
    PermitFactory(enrolment=case)
    assert not standing(case, "permit").is_met


# --- Contract ---------------------------------------------------------------------------------------------------


def test_contract_takes_its_terms_from_the_demand(case, by, selection):
    contract = actions.draft_contract(case, by=by)
    assert (contract.starts_on, contract.ends_on) == (case.planned_start, case.planned_end)
    assert (contract.wage, contract.wage_currency, contract.wage_unit) == (Decimal("17.20"), "CAD", "hour")
    assert (contract.hours_per_week, contract.contract_version, contract.selection) == (Decimal("45.0"), 1, selection)


def test_contract_needs_a_position(case, by):
    assert refused(actions.draft_contract, case, by=by) == "no_selection"


def test_contract_is_explained_then_signed_by_both(case, by, selection, require):
    require("contract", "employment_contract")
    contract = actions.draft_contract(case, by=by)
    contract = actions.explain_contract(contract, by=by, version=contract.version, language="kek", on=YESTERDAY)
    contract = actions.sign_contract_worker(contract, by=by, version=contract.version, on=YESTERDAY)
    assert not standing(case, "contract").is_met
    contract = actions.sign_contract_employer(contract, by=by, version=contract.version, on=TODAY)
    assert (contract.language, contract.explained_on) == ("kek", YESTERDAY)
    assert (contract.worker_signed_on, contract.employer_signed_on) == (YESTERDAY, TODAY)
    assert standing(case, "contract").is_met
    assert told(case) == ["contract_drafted", "contract_explained", "contract_signed_worker", "contract_signed_all"]


@pytest.mark.parametrize(
    ("status", "turn"), [("draft", "us"), ("explained", "worker"), ("signed_worker", "employer"), (None, "us")]
)
def test_contract_waits_for_whoever_acts_next(case, selection, require, status, turn):
    require("contract", "employment_contract", waits_for="employer")
    if status:
        ContractFactory(selection=selection, status=status, employer_signed_on=None)
    assert standing(case, "contract").waits_for == turn


@pytest.mark.parametrize(
    ("status", "turn"),
    [(None, "us"), ("preparing", "us"), ("lodged", "consulate"), ("biometrics_due", "worker"), ("refused", "us")],
)
def test_permit_waits_for_whoever_acts_next(case, require, status, turn):
    require("permit", "work_permit", waits_for="consulate")
    if status:
        PermitFactory(enrolment=case, status=status, valid_until=None, valid_from=None)
    assert standing(case, "permit").waits_for == turn


@pytest.mark.parametrize(
    ("status", "deed"), [("explained", actions.sign_contract_worker), ("signed_worker", actions.sign_contract_employer)]
)
def test_nobody_signs_before_the_explanation_or_in_the_future(selection, by, status, deed):
    contract = ContractFactory(selection=selection, status=status, employer_signed_on=None, explained_on=YESTERDAY)
    refused(deed, contract, by=by, version=1, on=YESTERDAY - timedelta(days=1), field="on")
    refused(deed, contract, by=by, version=1, on=TOMORROW, field="on")
    assert deed(contract, by=by, version=1, on=TODAY).status != status


@pytest.mark.parametrize(("starts", "signs"), [(TODAY, True), (YESTERDAY, False)])
def test_employer_signs_on_or_before_the_first_working_day(selection, by, starts, signs):
    """domain.md 2.2, stage 8."""
    contract = ContractFactory(
        selection=selection, status="signed_worker", employer_signed_on=None, starts_on=starts, explained_on=YESTERDAY
    )
    if signs:
        assert actions.sign_contract_employer(contract, by=by, version=1, on=TODAY).status == "signed_all"
    else:
        refused(actions.sign_contract_employer, contract, by=by, version=1, on=TODAY, field="on")


def test_wage_never_lies_below_the_programmes_minimum(case, by):
    hold_position(case, wage="16.59")
    refused(actions.draft_contract, case, by=by, field="wage")
    RuleValue.objects.filter(key="minimum_wage").update(value="CAD 16.59")
    assert actions.draft_contract(case, by=by).wage == Decimal("16.59")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"wage": Decimal("17.19")}, "wage"),
        ({"hours_per_week": Decimal("44.9")}, "hours_per_week"),
        ({"ends_on": TODAY}, "ends_on"),
    ],
)
def test_contract_is_never_worse_than_the_demand(case, by, selection, terms, field):
    refused(actions.draft_contract, case, by=by, field=field, **terms)


def test_later_version_may_be_better_but_not_worse(case, by, selection):
    """No contract substitution (domain.md 2.4)."""
    first = actions.draft_contract(case, by=by, wage=Decimal("18.00"), hours_per_week=Decimal(46))
    refused(actions.draft_contract, case, by=by, wage=Decimal("17.99"), field="wage")
    refused(actions.draft_contract, case, by=by, hours_per_week=Decimal("45.9"), field="hours_per_week")
    second = actions.draft_contract(case, by=by, wage=Decimal("18.50"))
    assert (second.contract_version, second.wage, second.hours_per_week) == (2, Decimal("18.50"), Decimal(46))
    assert first.contract_version == 1


def test_explained_terms_stay_by_sql_too(selection):
    contract = ContractFactory(selection=selection, status="explained", employer_signed_on=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_contract SET wage = 99 WHERE id = %s", [contract.pk])


def test_contract_belongs_to_the_case_of_its_position(selection):
    with pytest.raises(DatabaseError), transaction.atomic():
        ContractFactory(selection=selection, enrolment=EnrolmentFactory(status="in_documentation"))


def test_contract_of_a_position_that_was_given_back_no_longer_counts(case, by, selection, require):
    """Another employer needs another contract, which may have other terms."""
    require("contract", "employment_contract")
    old = ContractFactory(selection=selection)
    draft = ContractFactory(selection=selection, contract_version=2, status="draft")
    assert standing(case, "contract").is_met
    selection.released_on, selection.release_reason = TODAY, "the employer cancelled"
    selection.write("released_on", "release_reason")
    assert not standing(case, "contract").is_met
    refusal = refused(actions.explain_contract, draft, by=by, version=1, language="es", on=TODAY)
    assert refusal == "released"
    hold_position(case, wage="16.80", hours_per_week="40.0")
    new = actions.draft_contract(case, by=by)
    assert (new.contract_version, new.wage) == (3, Decimal("16.80"))
    assert Contract.objects.get(pk=old.pk).status == "signed_all"


def test_signed_version_counts_while_the_next_is_drafted(case, by, selection, require):
    require("contract", "employment_contract")
    ContractFactory(selection=selection)
    actions.draft_contract(case, by=by)
    assert standing(case, "contract").is_met
    assert standing(case, "contract").detail == "Version 1 signed by both"


@pytest.mark.parametrize(
    ("target", "status"), [("ended", "completed"), ("ended_early", "terminated"), ("deceased", "terminated")]
)
def test_contract_ends_with_the_work(db, by, season, target, status):
    case = EnrolmentFactory(season=season, status="active", arrived_on=YESTERDAY)
    contract = ContractFactory(selection=hold_position(case), status="in_force")
    with transaction.atomic():
        enrolments.locked(case).move_to(target, by=by, reason="harvest over", on=TODAY)
    contract.refresh_from_db()
    assert contract.status == status


def test_contract_comes_into_force_with_the_placement_and_is_superseded_by_a_later_one(by, season):
    case = EnrolmentFactory(season=season, status="travelling")
    selection = hold_position(case)
    first = ContractFactory(selection=selection)
    with transaction.atomic():
        enrolments.locked(case).move_to(Status.ACTIVE, by=by, on=TODAY, override=True)
    first.refresh_from_db()
    assert first.status == "in_force"
    second = ContractFactory(
        selection=selection, contract_version=2, status="signed_worker", employer_signed_on=None, starts_on=TODAY
    )
    actions.sign_contract_employer(second, by=by, version=1, on=TODAY)
    first.refresh_from_db()
    assert first.status == "superseded"
    assert CaseEvent.objects.get(what="contract_superseded").reason == "v2"
