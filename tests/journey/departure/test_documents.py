"""Documents: asked for, recorded, verified, rejected, revoked; and how they answer what a programme requires."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.departure import actions
from programmes.journey.enrolment import requirements, steps
from programmes.journey.enrolment.rules import months_later
from programmes.models import CaseEvent, Document, Step
from tests.factories.departure import DocumentFactory
from tests.factories.enrolment import EnrolmentFactory

TODAY = date.today()
FUTURE = TODAY + timedelta(days=1)
LONG = TODAY + timedelta(days=3000)


def record(case, by, **typed):
    """Record a passport that holds."""
    return actions.record_document(case, by=by, **{"kind": "passport", "number": "P123", "expires_on": LONG, **typed})


def told(case):
    """The deeds in the diary of a case, oldest first."""
    return list(CaseEvent.objects.filter(enrolment=case).order_by("id").values_list("what", flat=True))


def standing(case, code="passport"):
    return next(s for s in requirements.standings(case) if s.requirement.code == code)


# --- Recording --------------------------------------------------------------------------------------------------


def test_recorded_document_awaits_verification(case, by):
    document = record(case, by, issuer="IGM", issued_on=TODAY)
    assert (document.status, document.person, document.created_by) == ("submitted", case.person, by)
    assert told(case) == ["document_recorded"]
    assert "P123" not in str(CaseEvent.objects.get().data)


def test_requested_document_is_the_one_that_is_recorded(case, by):
    asked = actions.request_document(case, by=by, kind="passport")
    assert asked.status == "requested"
    document = record(case, by)
    assert document.pk == asked.pk
    assert (document.status, document.number) == ("submitted", "P123")
    assert told(case) == ["document_requested", "document_recorded"]


def test_awaited_document_is_asked_for_only_once(case, by):
    actions.request_document(case, by=by, kind="passport")
    with pytest.raises(RuleBroken):
        actions.request_document(case, by=by, kind="passport")


def test_document_that_awaits_verification_is_not_recorded_twice(case, by):
    record(case, by)
    with pytest.raises(RuleBroken):
        record(case, by, number="P999")
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"issued_on": FUTURE}, "issued_on"),
        ({"issued_on": date(1992, 3, 13)}, "issued_on"),  # the day before the person was born
        ({"expires_on": None}, "expires_on"),  # a passport always ends
        ({"expires_on": TODAY - timedelta(days=1)}, "expires_on"),
        ({"issued_on": TODAY, "expires_on": TODAY}, "expires_on"),
        ({"number": "РА123B"}, "number"),  # two Cyrillic letters
    ],
)
def test_document_with_impossible_facts_is_refused_at_its_field(case, by, typed, field):
    with pytest.raises(RuleBroken) as refusal:
        record(case, by, **typed)
    assert refusal.value.field == field
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"issued_on": TODAY},
        {"issued_on": date(1992, 3, 14)},
        {"expires_on": TODAY},
        {"kind": "birth_certificate", "expires_on": None},
    ],
)
def test_document_on_the_edge_of_the_rules_is_taken(case, by, typed):
    assert record(case, by, **typed).status == "submitted"


@pytest.mark.parametrize("status", ["closed", "withdrawn", "expired", "void_duplicate", "ineligible"])
def test_case_that_is_over_takes_no_document(db, by, status):
    with pytest.raises(RuleBroken):
        record(EnrolmentFactory(status=status), by)


def test_document_is_corrected_until_it_is_verified(case, by):
    document = record(case, by)
    changed = actions.edit_document(document, by=by, version=document.version, number="P124", expires_on=LONG)
    assert (changed.number, told(case)[-1]) == ("P124", "document_corrected")
    actions.verify_document(changed, by=by, version=changed.version)
    with pytest.raises(RuleBroken):
        actions.edit_document(changed, by=by, version=changed.version + 1, number="P125", expires_on=LONG)


def test_stale_correction_is_refused(case, by):
    document = record(case, by)
    actions.edit_document(document, by=by, version=document.version, number="P124", expires_on=LONG)
    with pytest.raises(Stale):
        actions.edit_document(document, by=by, version=document.version, number="P125", expires_on=LONG)
    assert Document.objects.get().number == "P124"


# --- Judging ----------------------------------------------------------------------------------------------------


def test_verified_document_meets_the_requirement_and_finishes_its_step(case, by, require):
    require("document", "passport")
    steps.renew_requirements(case)
    assert Step.objects.filter(enrolment=case, done_at=None).count() == 1
    document = record(case, by)
    assert not standing(case).is_met
    actions.verify_document(document, by=by, version=document.version)
    assert standing(case).is_met
    assert not Step.objects.filter(enrolment=case, done_at=None).exists()
    assert told(case) == ["document_recorded", "document_verified"]


def test_rejected_document_opens_its_step_again(case, by, require):
    require("document", "passport")
    document = record(case, by)
    rejected = actions.reject_document(document, by=by, version=document.version, reason="page missing")
    assert rejected.status == "rejected"
    assert CaseEvent.objects.get(what="document_rejected").reason == "page missing"
    assert Step.objects.filter(enrolment=case, done_at=None).count() == 1
    assert record(case, by).pk != document.pk  # another row, the rejected one stays


def test_revoked_document_no_longer_counts(case, by, require):
    require("document", "passport")
    document = DocumentFactory(enrolment=case)
    assert standing(case).is_met
    actions.revoke_document(document, by=by, version=1, reason="reported as lost")
    assert not standing(case).is_met


@pytest.mark.parametrize("deed", [actions.reject_document, actions.revoke_document])
def test_rejecting_and_revoking_need_a_reason(case, by, deed):
    document = DocumentFactory(enrolment=case, status="submitted" if deed is actions.reject_document else "verified")
    with pytest.raises(RuleBroken) as refusal:
        deed(document, by=by, version=1, reason="  ")
    assert refusal.value.field == "reason"


def test_expired_document_is_not_verified(case, by):
    document = DocumentFactory(enrolment=case, status="submitted", expires_on=TODAY - timedelta(days=1))
    with pytest.raises(RuleBroken):
        actions.verify_document(document, by=by, version=1)


def test_document_of_an_earlier_season_counts_and_is_judged_from_the_present_case(case, by, require):
    require("document", "passport")
    last_year = EnrolmentFactory(person=case.person, status="closed")
    document = DocumentFactory(enrolment=last_year)
    assert standing(case).is_met
    with pytest.raises(RuleBroken):
        actions.revoke_document(document, by=by, version=1, reason="lost")  # that case is closed
    actions.revoke_document(document, by=by, version=1, reason="lost", case=case)
    assert not standing(case).is_met
    assert "document_revoked" in told(case)


def test_document_of_another_person_is_not_judged_from_this_case(case, by):
    with pytest.raises(RuleBroken):
        actions.verify_document(DocumentFactory(status="submitted"), by=by, version=1, case=case)


def test_verified_document_is_kept_as_it_was_seen(case):
    """Also by raw SQL: a correction is another row."""
    document = DocumentFactory(enrolment=case)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_document SET number = 'X' WHERE id = %s", [document.pk])
    waiting = DocumentFactory(enrolment=case, type="visa", status="submitted")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_document SET number = 'X' WHERE id = %s", [waiting.pk])


def test_one_document_of_a_type_is_awaited_in_a_case(case):
    DocumentFactory(enrolment=case, status="submitted")
    with pytest.raises(DatabaseError), transaction.atomic():
        DocumentFactory(enrolment=case, status="requested")
    DocumentFactory(enrolment=case, status="rejected")
    DocumentFactory(enrolment=EnrolmentFactory(person=case.person, status="registered"), status="requested")


# --- Standing ---------------------------------------------------------------------------------------------------


def test_requirement_says_the_last_fact(case, by, require):
    require("document", "passport")
    page = f"/cases/{case.public_id}/documents/"

    def fact():
        now = standing(case)
        return now.state, now.detail.split(":")[0].split(",")[0], now.href.removeprefix(page).split("/")[0]

    assert fact() == ("open", "Not recorded yet", "record")
    document = actions.request_document(case, by=by, kind="passport")
    assert fact() == ("started", "Requested", "record")
    document = record(case, by)
    assert (fact()[0], fact()[1]) == ("started", "Awaiting verification")
    assert standing(case).href == f"{page}{document.public_id}/verify/"
    document = actions.reject_document(document, by=by, version=document.version, reason="torn")
    assert fact() == ("open", "Rejected", "record")
    short = DocumentFactory(enrolment=case, expires_on=case.planned_end)
    assert fact() == ("started", "Expires too early", "record")
    Document.objects.filter(pk=short.pk).update(status="expiring")
    DocumentFactory(enrolment=case, expires_on=LONG)
    assert (fact()[0], standing(case).valid_until) == ("done", LONG)
    assert standing(case).detail.startswith("Valid until")


def test_document_that_was_handed_in_waits_for_us(case, by, require):
    """Whoever had to bring it: Today must show it to whoever verifies."""
    require("document", "passport", waits_for="worker")
    steps.renew_requirements(case)
    step = Step.objects.get(enrolment=case)
    assert (step.waits_for, standing(case).waits_for) == ("worker", "worker")
    document = record(case, by)
    step.refresh_from_db()
    assert (step.waits_for, standing(case).waits_for) == ("us", "us")
    assert standing(case).as_missing().waits_for == "us"
    actions.reject_document(document, by=by, version=document.version, reason="torn")
    step.refresh_from_db()
    assert step.waits_for == "worker"


def test_document_that_holds_for_ever_is_simply_verified(case, require):
    require("document", "birth_certificate")
    DocumentFactory(enrolment=case, type="birth_certificate", expires_on=None)
    assert standing(case, "birth_certificate").is_met


@pytest.mark.parametrize(("own", "months"), [(None, 6), (0, 0), (2, 2), (12, 12)])
def test_margin_is_the_requirements_own_or_the_programmes(case, require, own, months):
    """domain.md 2.4: valid through planned end plus margin; six months when the programme says nothing."""
    require("document", "passport", margin_months=own)
    needed = months_later(case.planned_end, months)
    document = DocumentFactory(enrolment=case, expires_on=needed - timedelta(days=1))
    assert not standing(case).is_met
    Document.objects.filter(pk=document.pk).delete()
    DocumentFactory(enrolment=case, expires_on=needed)
    assert standing(case).is_met


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.integers(1, 700), margin=st.integers(0, 24), off=st.integers(-40, 40))
def test_requirement_is_met_exactly_from_the_day_the_margin_ends(case, require, days, margin, off):
    with transaction.atomic():
        requirement = require("document", "passport", margin_months=margin)
        case.planned_end = case.planned_start + timedelta(days=days)
        document = DocumentFactory(
            enrolment=case, expires_on=months_later(case.planned_end, margin) + timedelta(days=off)
        )
        case.programme.__dict__.pop("_requirements", None)
        assert standing(case).is_met is (off >= 0)
        Document.objects.filter(pk=document.pk).delete()
        requirement.delete()


def test_all_document_requirements_cost_one_query(case, require, django_assert_num_queries):
    for code in ("passport", "visa", "birth_certificate"):
        require("document", code, margin_months=0)
    DocumentFactory(enrolment=case)
    requirements.of_programme(case.programme)
    with django_assert_num_queries(2):  # what was waived; documents
        requirements.standings(case)


# --- Two people at once -----------------------------------------------------------------------------------------


def test_two_people_verify_one_document_and_one_of_them_is_told(transactional_db, user_for):
    document = DocumentFactory(status="submitted")
    people, ready, outcomes = [user_for("caseworker"), user_for("protection")], Barrier(2), []

    def verify(user):
        try:
            ready.wait(10)
            actions.verify_document(document, by=user, version=1)
            outcomes.append("verified")
        except Stale:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [Thread(target=verify, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["stale", "verified"]
    assert CaseEvent.objects.filter(what="document_verified").count() == 1


def test_two_people_record_the_same_document_and_one_of_them_is_told(transactional_db, user_for):
    case = EnrolmentFactory(status="in_documentation")
    people, ready, outcomes = [user_for("caseworker"), user_for("caseworker")], Barrier(2), []

    def send(user):
        try:
            ready.wait(10)
            record(case, user)
            outcomes.append("recorded")
        except RuleBroken:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=send, args=(user,)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["recorded", "refused"]
    assert Document.objects.count() == 1
