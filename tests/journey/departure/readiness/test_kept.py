"""The rows follow the facts, whoever writes them and however; nobody who writes a fact has to think of them."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from programmes.journey.departure import actions as departure
from programmes.journey.departure.readiness import actions, judging
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.people.duplicates import merging
from programmes.models import Consent, Document, Enrolment, Readiness, ReadinessDue, Requirement, Selection
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
from tests.factories.people import ConsentFactory
from tests.factories.rulebook import RequirementFactory, RuleValueFactory
from tests.journey.departure.readiness.comparing import stale

TODAY = date.today()
# Read beside the facts and judged by nobody: words, addresses and what changes only together with a watched row.
JUDGED_BY_NOBODY = {
    "programmes_programme": "its name; requirements and rules are tables of their own",
    "accounts_office": "its time zone says which day it is",
    "programmes_position": "a selection never changes its position, a position never its demand",
    "programmes_employer": "its name",
    "programmes_site": "its name",
    "programmes_readiness": "the row itself",
    "programmes_readinessdue": "the notes",
}


@pytest.fixture
def full(case, five, require, by):
    """A case with a fact of every kind, and one requirement of every kind."""
    for kind, code, stage in (
        ("consent", "case_management", "eligible"), ("test", "literacy", "rostered"), ("check", "call", "selected"),
        ("ticket", "ticket", "ready_to_travel"),
    ):  # fmt: skip
        require(kind, code, stage=stage)
    RuleValueFactory(programme=case.programme, key="stay_window_months", value=11)
    RuleValueFactory(programme=case.programme, key="max_stay_months", value=9)
    selection = hold_position(case, authorised=(TODAY - timedelta(days=9), TODAY + timedelta(days=900)))
    for factory in (DocumentFactory, MedicalFactory, PermitFactory, OrientationFactory, TripFactory):
        factory(enrolment=case)
    ContractFactory(selection=selection)
    Consent.objects.filter(person=case.person).update(withdrawn_at=timezone.now(), withdrawn_by=by)
    return case


def row_of(case) -> Readiness | None:
    actions.keep_all()
    return Readiness.objects.filter(enrolment=case).first()


def test_every_table_the_judgement_reads_notes_whose_facts_changed(full):
    with CaptureQueriesContext(connection) as queries:
        (row,) = judging.judge([full.pk])
    assert row.blocker
    read = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname LIKE 'pgtrigger_judged_for_travel%'"
        )
        watched = {name for (name,) in cursor.fetchall()}
    assert {"programmes_document", "programmes_consent", "programmes_rulevalue"} <= read
    assert read - watched - JUDGED_BY_NOBODY.keys() == set(), "facts that nobody watches: add them to models._watch"


def test_a_change_of_any_fact_is_noted_and_judged(full, by, django_assert_num_queries):
    row = row_of(full)
    assert not row.ready
    assert (row.blocker, row.departs_on, row.flight) == ("consent:case_management", full.planned_start, "AV640")
    assert row.demand_id == Selection.objects.get().position.demand_id
    assert row.since == full.status_since
    # Nothing to do costs one question.
    with django_assert_num_queries(1):
        assert actions.keep() == 0

    ConsentFactory(person=full.person)
    assert row_of(full).blocker == "test:literacy"
    assert row_of(full).since > full.status_since
    # Raw SQL and bulk changes are noted as well.
    Requirement.objects.filter(kind__in=["test", "check"]).update(active=False)
    assert row_of(full).ready
    # What expires before the planned return and its margin, and the first day that changes something by itself.
    soon = TODAY + timedelta(days=40)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_consent SET expires_on = %s", [soon])
    row = row_of(full)
    assert (row.ready, row.expires_on, row.expires) == (True, soon, "consent:case_management")
    assert row.changes_on == soon + timedelta(days=1)

    selection = Selection.objects.get()
    authorisation = selection.position.demand.authorisation
    authorisation.valid_until = full.planned_end - timedelta(days=1)
    authorisation.write("valid_until")
    row = row_of(full)
    assert (row.blocker, row.waits_for, row.blockers) == ("authorisation", "employer", 1)
    full.person.birth_date = full.planned_start - timedelta(days=17 * 365)
    full.person.write("birth_date")
    assert (row_of(full).blocker, row_of(full).blockers) == ("age", 2)
    assert stale() == set()

    # Whoever leaves the way has no row any more, at once.
    enrolments.move(Enrolment.objects.get(pk=full.pk), "withdrawn", by=by, on=TODAY, reason="family")
    assert not Readiness.objects.exists()
    assert row_of(full) is None


def test_deeds_merges_and_moves_leave_true_rows(full, by, user_for):
    ConsentFactory(person=full.person)
    enrolments.waive(full, Requirement.objects.get(kind="test"), by=user_for("manager"), reason="Habla bien")
    enrolments.tick(full, Requirement.objects.get(kind="check"), by=by, done_on=TODAY)
    assert row_of(full).ready
    document = Document.objects.get()
    departure.revoke_document(document, by=by, version=document.version, reason="lost")
    assert row_of(full).blocker == "document:passport"

    # A second record of the same person holds the passport: the merge brings it.
    other = EnrolmentFactory(season=full.season, status="withdrawn")
    DocumentFactory(enrolment=other)
    merge = merging.merge(full.person, other.person, by=user_for("manager"))
    assert row_of(full).ready
    assert merge.survivor_id == full.person_id
    assert stale() == set()

    enrolments.move(full, "ready_to_travel", by=by, on=TODAY)
    assert row_of(full).ready
    RequirementFactory(programme=full.programme, kind="check", stage="travelling", code="seen_off")
    assert row_of(full).blocker == "check:seen_off"
    departure.cancel_trip(full.trips.get(), by=by, version=full.trips.get().version, on=TODAY)
    row = row_of(full)
    assert (row.blockers, row.flight, row.departs_on) == (2, "", full.planned_start)
    assert stale() == set()


def test_days_that_pass_touch_only_rows_they_can_change(full):
    actions.keep_all()
    others = [EnrolmentFactory(season=full.season, status="selected") for _n in range(3)]
    actions.keep_all()
    tomorrow = timezone.make_aware(datetime.combine(TODAY + timedelta(days=1), datetime.min.time()))
    assert actions.note_what_time_changes(tomorrow) == 0
    Readiness.objects.filter(enrolment=full).update(changes_on=TODAY)
    assert actions.note_what_time_changes(tomorrow) == 1
    # Once: what is noted already is not noted again.
    assert actions.note_what_time_changes(tomorrow) == 0
    actions.keep_all()
    Readiness.objects.filter(enrolment=others[0]).delete()
    Readiness.objects.filter(enrolment=others[1]).update(judged_at=timezone.now() - timedelta(days=8))
    assert actions.note_what_time_changes(tomorrow) == 2
    actions.keep_all()
    assert Readiness.objects.count() == 4
    assert not ReadinessDue.objects.exists()
