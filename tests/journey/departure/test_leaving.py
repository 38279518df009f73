"""Orientation, trip, the moves out of this stage, what lapses meanwhile, and what time does to papers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.departure import actions
from programmes.journey.departure.actions import ageing
from programmes.journey.enrolment import requirements, steps
from programmes.journey.enrolment.actions import waive
from programmes.models import CaseEvent, Document, Medical, Step
from tests.factories.departure import (
    ContractFactory,
    DocumentFactory,
    MedicalFactory,
    OrientationFactory,
    PermitFactory,
    TripFactory,
    hold_position,
)
from tests.factories.enrolment import EnrolmentFactory
from tests.fixtures.accounts import make_office

TODAY = date.today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
TRIP = {
    "carrier": "Avianca",
    "flight": "AV640",
    "origin": "GUA",
    "destination": "YUL",
    "ticket_number": "134-1",
    "paid_by": "employer",
}


def standing(case, kind):
    return next(s for s in requirements.standings(case) if s.requirement.kind == kind)


def refused(deed, *args, field=None, **facts):
    with pytest.raises(RuleBroken) as refusal:
        deed(*args, **facts)
    assert refusal.value.field == field
    return refusal.value


def book(case, by, **facts):
    return actions.book_trip(case, by=by, **{**TRIP, "departs_on": case.planned_start, **facts})


# --- Orientation and trip ---------------------------------------------------------------------------------------


def test_attended_orientation_meets_the_requirement(case, by, require):
    require("orientation", "pdo")
    assert not standing(case, "orientation").is_met
    actions.record_orientation(
        case, by=by, attended_on=TODAY, place="Cobán", hours=Decimal(6), language="kek", modules=["rights"]
    )
    assert standing(case, "orientation").is_met
    assert CaseEvent.objects.get(what="orientation_attended").data == {"place": "Cobán"}


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"attended_on": TOMORROW}, "attended_on"), ({"hours": Decimal(0)}, "hours"), ({"hours": Decimal(101)}, "hours")],
)
def test_impossible_orientation_is_refused(case, by, facts, field):
    facts = {"attended_on": TODAY, "place": "Cobán", "hours": Decimal(6), "language": "es", **facts}
    refused(actions.record_orientation, case, by=by, field=field, **facts)


def test_booked_trip_meets_the_requirement_until_it_is_cancelled(case, by, require):
    require("ticket", "air_ticket")
    trip = book(case, by, cost=Decimal("480.00"), currency="CAD")
    assert standing(case, "ticket").is_met
    assert "paid by the employer" in standing(case, "ticket").detail
    refused(book, case, by)  # one at a time
    actions.cancel_trip(trip, by=by, version=1, on=TODAY)
    assert not standing(case, "ticket").is_met
    assert book(case, by).pk != trip.pk


def test_ticket_paid_by_the_worker_is_allowed_and_stands_out(case, by, require):
    require("ticket", "air_ticket")
    book(case, by, paid_by="worker")
    assert standing(case, "ticket").is_met
    assert "the worker paid it" in standing(case, "ticket").detail


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"cost": Decimal(480)}, "currency"),
        ({"departs_on": TODAY + timedelta(days=300)}, "departs_on"),
        ({"departs_on": TODAY - timedelta(days=61)}, "departs_on"),
    ],
)
def test_impossible_trip_is_refused(case, by, facts, field):
    refused(book, case, by, field=field, **facts)


def test_trip_is_cancelled_once_and_on_a_fresh_page(case, by):
    trip = book(case, by)
    refused(actions.cancel_trip, trip, by=by, version=1, on=TOMORROW, field="on")
    actions.cancel_trip(trip, by=by, version=1, on=TODAY)
    with pytest.raises(Stale):
        actions.cancel_trip(trip, by=by, version=1, on=TODAY)
    refused(actions.cancel_trip, trip, by=by, version=2, on=TODAY)


def test_one_trip_is_booked_also_for_sql(case):
    TripFactory(enrolment=case)
    with pytest.raises(IntegrityError), transaction.atomic():
        TripFactory(enrolment=case)
    TripFactory(enrolment=case, cancelled_on=TODAY)


# --- The moves --------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(season, require):
    """A case that is ready to travel, with everything that is required."""
    for kind, code in (
        ("document", "passport"),
        ("medical", "medical_clearance"),
        ("permit", "work_permit"),
        ("contract", "employment_contract"),
        ("orientation", "pdo"),
        ("ticket", "air_ticket"),
    ):
        require(kind, code)
    case = EnrolmentFactory(season=season, status="ready_to_travel")
    for factory in (DocumentFactory, MedicalFactory, PermitFactory, OrientationFactory, TripFactory):
        factory(enrolment=case)
    ContractFactory(selection=hold_position(case))
    return case


def test_departure_is_recorded_with_its_day(ready, by):
    """The day may differ from the booked one: flights move."""
    actions.depart(ready, by=by, on=YESTERDAY, version=ready.version)
    ready.refresh_from_db()
    assert (ready.status, ready.departed_on) == ("travelling", YESTERDAY)
    assert Step.objects.get(enrolment=ready, done_at=None).kind == "arrival"


def test_departure_does_not_lie_in_the_future(ready, by):
    refused(actions.depart, ready, by=by, on=TOMORROW, field="on")


def _lost_passport(case, by):
    actions.revoke_document(Document.objects.get(), by=by, version=1, reason="stolen")


def _cancelled_trip(case, by):
    actions.cancel_trip(case.trips.get(), by=by, version=1, on=TODAY)


def _ended_clearance(case, by):
    Medical.objects.update(
        scheduled_on=TODAY - timedelta(days=400), result_on=TODAY - timedelta(days=390), valid_until=YESTERDAY
    )


@pytest.mark.parametrize(
    ("lapse", "kind"), [(_lost_passport, "document"), (_cancelled_trip, "ticket"), (_ended_clearance, "medical")]
)
def test_what_lapsed_after_the_case_was_ready_stops_the_departure(ready, by, lapse, kind):
    lapse(ready, by)
    refusal = refused(actions.depart, ready, by=by, on=TODAY)
    assert [item.code.split(":")[0] for item in refusal.missing] == [kind]


def test_visa_refusal_and_unfitness_end_the_preparation_with_their_reason(by, season):
    refused_case, unfit = (EnrolmentFactory(season=season, status="in_documentation") for _ in range(2))
    actions.refuse(refused_case, by=by, on=TODAY, reason="incomplete", version=refused_case.version)
    actions.declare_unfit(unfit, by=by, on=TODAY, reason="not fit for this work")
    refused_case.refresh_from_db()
    unfit.refresh_from_db()
    assert (refused_case.status, unfit.status) == ("refused", "unfit")
    assert CaseEvent.objects.get(to_status="refused").reason == "incomplete"


@pytest.mark.parametrize("deed", [actions.refuse, actions.declare_unfit])
def test_refusal_and_unfitness_need_a_reason(case, by, deed):
    refused(deed, case, by=by, on=TODAY, reason=" ", field="reason")


@pytest.mark.parametrize("deed", [actions.depart, actions.refuse, actions.declare_unfit])
def test_moves_refuse_a_stale_page(ready, by, deed):
    facts = {} if deed is actions.depart else {"reason": "incomplete"}
    with pytest.raises(Stale):
        deed(ready, by=by, on=TODAY, version=ready.version + 1, **facts)


@pytest.mark.parametrize(("first", "last", "missing"), [(0, 0, False), (1, 0, True), (0, -1, True), (-30, 30, False)])
def test_stay_lies_inside_the_employers_authorisation(case, by, first, last, missing):
    """domain.md 2.4."""
    valid = (case.planned_start + timedelta(days=first), case.planned_end + timedelta(days=last))
    hold_position(case, authorised=valid)
    codes = [item.code for item in case.missing_for("ready_to_travel", by=by)]
    assert codes == (["authorisation"] if missing else [])


@pytest.mark.parametrize(("last", "missing"), [(0, False), (-1, True)])
def test_stay_lies_inside_the_permit_also_when_none_is_required_by_name(case, by, last, missing):
    PermitFactory(enrolment=case, valid_until=case.planned_end + timedelta(days=last))
    codes = [item.code for item in case.missing_for("ready_to_travel", by=by)]
    assert codes == (["permit"] if missing else [])


def test_waived_requirement_does_not_stand_in_the_way(case, user_for, require):
    requirement = require("document", "passport")
    waive(case, requirement, by=user_for("manager"), reason="travels with an emergency passport")
    assert case.missing_for("ready_to_travel") == []


# --- What time does ---------------------------------------------------------------------------------------------


def age(today=TODAY, **words):
    return actions.age_documents(today, **words)


@pytest.mark.parametrize(
    ("status", "days", "becomes"),
    [
        ("verified", 91, "verified"),
        ("verified", 90, "expiring"),
        ("verified", 0, "expiring"),
        ("verified", -1, "expired"),
        ("expiring", 0, "expiring"),
        ("expiring", -1, "expired"),
        ("submitted", -1, "submitted"),
        ("revoked", -1, "revoked"),
    ],
)
def test_document_ages(case, status, days, becomes):
    document = DocumentFactory(enrolment=case, status=status, expires_on=TODAY + timedelta(days=days))
    age()
    document.refresh_from_db()
    assert document.status == becomes


def test_document_without_a_last_day_never_ages(case):
    DocumentFactory(enrolment=case, expires_on=None)
    assert age() == 0


@pytest.mark.parametrize(
    ("status", "days", "becomes"), [("fit", 0, "fit"), ("fit", -1, "expired"), ("fit_conditions", -1, "expired")]
)
def test_clearance_ends_after_its_last_day(case, status, days, becomes):
    until = TODAY + timedelta(days=days)
    medical = MedicalFactory(enrolment=case, status=status, result_on=until - timedelta(days=365), valid_until=until)
    age()
    medical.refresh_from_db()
    assert medical.status == becomes


def test_ageing_twice_changes_nothing(case):
    DocumentFactory(enrolment=case, expires_on=TODAY)
    assert (age(), age()) == (1, 0)
    assert CaseEvent.objects.filter(what="document_aged", by=None).count() == 1


def test_ageing_opens_the_requirement_and_a_step_to_renew(case, require):
    require("document", "passport", margin_months=0)
    document = DocumentFactory(enrolment=case, expires_on=TODAY + timedelta(days=80))
    steps.renew_requirements(case)
    Step.objects.filter(enrolment=case).delete()
    age()
    kinds = {step.kind: step.due_on for step in Step.objects.filter(enrolment=case, done_at=None)}
    assert kinds["document_ends"] == document.expires_on - timedelta(days=60)
    assert "requirement" in kinds
    case.refresh_from_db()
    assert case.next_step


def test_step_to_renew_is_finished_by_the_last_document_renewed(case, by, require):
    for code in ("passport", "visa"):
        require("document", code, margin_months=0)
        DocumentFactory(enrolment=case, type=code, expires_on=TODAY + timedelta(days=10))
    age()
    for code, waiting in (("passport", True), ("visa", False)):
        new = DocumentFactory(enrolment=case, type=code, status="submitted")
        actions.verify_document(new, by=by, version=1)
        assert Step.objects.filter(enrolment=case, kind="document_ends", done_at=None).exists() is waiting


def test_ageing_opens_no_step_for_a_document_nobody_requires(case):
    DocumentFactory(enrolment=case, expires_on=TODAY)
    age()
    assert not Step.objects.exists()


def test_a_permit_that_ends_before_the_planned_end_abroad_is_to_be_extended(season, by):
    stay = {"planned_start": TODAY - timedelta(days=90), "planned_end": TODAY + timedelta(days=70)}
    cases = [
        EnrolmentFactory(season=season, status=status, **stay) for status in ("active", "active", "active", "ended")
    ]
    ends = [TODAY + timedelta(days=days) for days in (50, 61, 70, 50)]  # soon, not yet, with the stay, nobody is there
    for case, day in zip(cases, ends, strict=True):
        PermitFactory(enrolment=case, valid_until=day)
    assert (age(), age()) == (1, 0)
    step = Step.objects.get(kind="permit_ends")
    assert (step.enrolment, step.due_on) == (cases[0], TODAY + timedelta(days=20))
    actions.start_permit(cases[0], by=by, kind="work_permit")
    assert age() == 0
    assert not Step.objects.filter(kind="permit_ends", done_at=None).exists()


def test_ageing_goes_by_the_date_of_each_office(season):
    """At 23:00 in Guatemala it is the next day in Auckland already."""
    here = EnrolmentFactory(season=season, status="in_documentation")
    there = EnrolmentFactory(season=season, status="in_documentation", office=make_office("NZ-AKL"))
    day = date(2026, 5, 1)
    for case in (here, there):
        DocumentFactory(enrolment=case, status="expiring", issued_on=None, expires_on=day)
    actions.age_everywhere(datetime(2026, 5, 2, 5, 0, tzinfo=UTC))
    assert Document.objects.get(enrolment=here).status == "expiring"
    assert Document.objects.get(enrolment=there).status == "expired"
    actions.age_everywhere(datetime(2026, 5, 2, 6, 0, tzinfo=UTC))
    assert Document.objects.get(enrolment=here).status == "expired"


def test_one_bad_row_does_not_stop_the_rest(season, monkeypatch):
    first, second = (DocumentFactory(expires_on=TODAY) for _ in range(2))
    real = ageing.age_document

    def fail_once(pk, *args):
        if pk == first.pk:
            raise ValueError("a bad row")
        return real(pk, *args)

    monkeypatch.setattr(ageing, "age_document", fail_once)
    assert age() == 1
    second.refresh_from_db()
    assert second.status == "expiring"
