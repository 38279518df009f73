"""Moving many cases at once does to each what its own page does, and costs as many statements for many as for one."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programmes.base.batches import runner
from programmes.base.batches.states import RowState, Status
from programmes.base.common.errors import RuleBroken
from programmes.base.rulebook import codes
from programmes.desk.bulk.kinds import DEEDS
from programmes.journey.enrolment import actions as enrolments
from programmes.models import Batch, CaseEvent, Enrolment
from tests.desk.bulk.deeds import preview, run
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory, RequirementFactory, SeasonFactory
from tests.factories.selection import SelectionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_lists_of_codes")]
TODAY = date.today()
ASKED = [
    ("test", "rostered", "literacy"),
    ("check", "rostered", "talk"),
    ("consent", "rostered", "case_management"),
    ("document", "ready_to_travel", "passport"),
]


@pytest.fixture
def season(db):
    """A season whose programme asks for something of several kinds."""
    CodeFactory(list="withdrawal", code="family")
    codes.forget()
    season = SeasonFactory()
    for kind, stage, code in ASKED:
        RequirementFactory(programme=season.programme, kind=kind, stage=stage, code=code)
    return season


def standing(case):
    """What a move leaves behind in a case, without keys and times."""
    case = Enrolment.objects.get(pk=case.pk)
    steps = case.steps.order_by("kind", "requirement", "due_on", "pk")
    events = CaseEvent.objects.filter(enrolment=case, kind="move", subject="enrolment").order_by("pk")
    return (
        (case.status, case.version, case.next_step, case.next_due_on, case.planned_start),
        [(s.kind, s.requirement_id, s.due_on, s.waits_for, s.desk, s.done_at is None, s.done_by_id) for s in steps],
        [(e.from_status, e.to_status, e.reason, e.note, e.on, e.by_id, e.data) for e in events],
        list(case.selections.order_by("pk").values_list("released_on", "release_reason", "position__status")),
    )


def fulfil(case, by):
    """Record the test and tick the check that the roster asks for."""
    for requirement in case.season.programme.requirements.filter(stage="rostered"):
        if requirement.kind == "test":
            enrolments.record_test(case, requirement, by=by, taken_on=TODAY, passed=True)
        elif requirement.kind == "check":
            enrolments.tick(case, requirement, by=by, done_on=TODAY)


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [("registered", "eligible", ""), ("eligible", "rostered", ""), ("selected", "withdrawn", "family")],
)
def test_many_cases_are_moved_like_one(client_for, season, source, target, reason):
    client = client_for("manager")
    if source == "selected":
        held = [SelectionFactory(demand__season=season) for _n in range(6)]
        cases = [selection.enrolment for selection in held]
    else:
        cases = EnrolmentFactory.create_batch(6, status=source, season=season)
    for case in (cases[0], cases[3]):
        fulfil(case, client.user)
    alone, together = cases[:3], cases[3:]
    refused = []
    for case in alone:
        try:
            enrolments.move(case, target, by=client.user, on=TODAY, reason=reason)
        except RuleBroken as refusal:
            refused.append(len(refusal.missing))
    batch = run(preview(client, "move", together, target=target, on=TODAY.isoformat(), reason=reason, note=""))
    assert batch.status == Status.DONE
    assert [standing(case) for case in together] == [standing(case) for case in alone]
    left = batch.rows.filter(state=RowState.SKIPPED)
    assert [len(row.problems) for row in left] == refused
    assert refused == ([2, 2] if target == "rostered" else [])


def test_a_chunk_asks_as_often_for_many_as_for_few(client_for, season, django_assert_num_queries):
    client = client_for("caseworker")
    typed = {"target": "eligible", "on": TODAY.isoformat(), "reason": "", "note": ""}

    def chunk(count):
        cases = EnrolmentFactory.create_batch(count, season=season)
        batch = preview(client, "move", cases, **typed)
        Batch.objects.filter(pk=batch.pk).update(status=Status.RUNNING)
        return Batch.objects.get(pk=batch.pk)

    def moved(batch):
        assert runner._step(DEEDS["move"], batch, client.user)

    def taken_back(batch):
        Batch.objects.filter(pk=batch.pk).update(status=Status.DONE)
        Batch.objects.filter(pk=batch.pk).update(status=Status.UNDOING)
        assert runner._step(DEEDS["move"], Batch.objects.get(pk=batch.pk), client.user)

    few, many = chunk(2), chunk(9)
    for deed in (moved, taken_back):
        with CaptureQueriesContext(connection) as asked:
            deed(few)
        with django_assert_num_queries(len(asked)):
            deed(many)
    assert Enrolment.objects.filter(status="registered").count() == 11
