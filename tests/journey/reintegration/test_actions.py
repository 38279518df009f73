"""A reintegration from its start to the follow-ups: what changes, what is due next, what is refused."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.desk.casefile import actions as casefile
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.reintegration import actions
from programmes.models import FollowUp, PlanLine, Reintegration, Step
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.reintegration import FollowUpFactory, PlanLineFactory, ReintegrationFactory, ago

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("caseworker")


def open_steps(case):
    return dict(Step.objects.open().filter(enrolment=case).values_list("kind", "due_on"))


def test_start_opens_the_plan_and_three_follow_ups(by):
    case = EnrolmentFactory(status="returned", returned_on=ago(5))
    reintegration = actions.start(case, by=by, on=TODAY)
    case.refresh_from_db()
    assert (case.status, reintegration.status, reintegration.opened_on) == ("in_reintegration", "opened", TODAY)
    found = list(FollowUp.objects.filter(enrolment=case).values_list("months", "status"))
    assert found == [(3, "scheduled"), (6, "scheduled"), (12, "scheduled")]
    first = FollowUp.objects.get(enrolment=case, months=3).due_on
    assert open_steps(case) == {"plan": ago(5) + timedelta(days=30), "follow_up": first}
    assert case.next_step == "plan"


def test_start_after_a_recall_that_came_to_nothing(by):
    case = EnrolmentFactory(status="recall_offered", returned_on=ago(5))
    assert actions.start(case, by=by, on=TODAY).pk


def test_a_late_start_makes_follow_ups_due_at_once(by):
    case = EnrolmentFactory(status="returned", departed_on=ago(500), returned_on=ago(200), registered_on=ago(600))
    actions.start(case, by=by, on=TODAY)
    assert list(FollowUp.objects.filter(enrolment=case).values_list("status", flat=True)) == ["due", "due", "scheduled"]


@pytest.mark.parametrize(
    ("fields", "on", "words"),
    [
        ({"status": "returned", "returned_on": None}, TODAY, "Confirm the return first"),
        ({"status": "returned", "returned_on": ago(5)}, ago(6), "before the return"),
        ({"status": "ended"}, TODAY, "cannot become"),
    ],
)
def test_start_refuses(by, fields, on, words):
    with pytest.raises(RuleBroken, match=words):
        actions.start(EnrolmentFactory(**fields), by=by, on=on)
    assert not Reintegration.objects.exists()


def test_no_other_door_starts_a_reintegration(by):
    case = EnrolmentFactory(status="returned")
    with pytest.raises(RuleBroken, match="An opened reintegration"):
        cases.move(case, CaseStatus.IN_REINTEGRATION, by=by, on=TODAY)


def test_from_the_assessment_to_the_monitoring(by):
    case = EnrolmentFactory(status="returned", returned_on=ago(5))
    plan = actions.start(case, by=by, on=ago(4))
    actions.assess(plan, by=by, on=ago(3))
    plan = actions.draft(plan, by=by, goals="Una panadería.", economic="Horno")
    line = actions.add_line(
        plan, by=by, dimension="economic", assistance="micro_business", cost=Decimal("10"), currency="GTQ"
    )
    plan = actions.agree(plan, by=by, on=ago(2))
    assert (plan.status, plan.agreed_on, plan.economic) == ("plan_agreed", ago(2), "Horno")
    assert open_steps(case).keys() == {"follow_up"}
    actions.implement(plan, by=by, on=ago(2))
    actions.deliver_line(line, by=by, on=ago(1))
    actions.complete(plan, by=by, on=TODAY)
    plan = actions.monitor(plan, by=by, on=TODAY)
    assert plan.status == "in_monitoring"
    told = set(case.diary.values_list("what", flat=True))
    assert told >= {
        "assessed", "plan_drafted", "plan_line_added", "plan_agreed", "plan_started", "plan_line_delivered",
        "plan_completed", "monitoring_started",
    }  # fmt: skip


def test_an_agreed_plan_says_what_is_wanted_and_what_is_done(by):
    plan = ReintegrationFactory(status="plan_drafted", goals=" ")
    with pytest.raises(RuleBroken, match="2 things") as refused:
        actions.agree(plan, by=by, on=TODAY)
    assert [missing.code for missing in refused.value.missing] == ["goals", "lines"]
    assert all(str(plan.enrolment.public_id) in missing.href for missing in refused.value.missing)


def test_a_completed_plan_has_nothing_left_to_deliver(by):
    plan = ReintegrationFactory(status="in_implementation")
    done, open_line = (PlanLineFactory(reintegration=plan, done_on=day) for day in (TODAY, None))
    with pytest.raises(RuleBroken, match="1 thing") as refused:
        actions.complete(plan, by=by, on=TODAY)
    assert [missing.code for missing in refused.value.missing] == [f"line:{open_line.pk}"]
    actions.remove_line(open_line, by=by)
    assert actions.complete(plan, by=by, on=TODAY).status == "completed"
    assert done.pk


@pytest.mark.parametrize(
    ("deed", "source", "facts"),
    [
        ("assess", "opened", {}), ("agree", "plan_drafted", {}), ("implement", "plan_agreed", {}),
        ("monitor", "completed", {}), ("pause", "opened", {"reason": "health"}),
    ],
)  # fmt: skip
def test_steps_lie_between_the_one_before_and_today(by, deed, source, facts):
    plan = ReintegrationFactory(status=source)
    PlanLineFactory(reintegration=plan)
    with pytest.raises(RuleBroken, match="future"):
        getattr(actions, deed)(plan, by=by, on=TODAY + timedelta(days=1), **facts)
    with pytest.raises(RuleBroken, match="comes first"):
        getattr(actions, deed)(plan, by=by, on=ago(300), **facts)


def test_steps_come_in_their_order_and_on_the_present_version(by):
    plan = ReintegrationFactory(status="opened")
    for deed in (actions.agree, actions.implement, actions.complete, actions.monitor):
        with pytest.raises(RuleBroken, match="cannot become"):
            deed(plan, by=by, on=TODAY)
    with pytest.raises(Stale):
        actions.assess(plan, by=by, version=plan.version + 1, on=TODAY)


@pytest.mark.parametrize(
    "status", ["opened", "assessed", "plan_drafted", "plan_agreed", "in_implementation", "completed", "in_monitoring"]
)
def test_a_pause_goes_on_where_it_stood(by, status):
    plan = ReintegrationFactory(status=status)
    with pytest.raises(RuleBroken, match="Give the reason"):
        actions.pause(plan, by=by, on=TODAY, reason=" ")
    actions.pause(plan, by=by, on=TODAY, reason="absence")
    assert actions.resume(plan, by=by, on=TODAY).status == status
    with pytest.raises(RuleBroken, match="not paused"):
        actions.resume(plan, by=by, on=TODAY)


def test_a_second_pause_goes_on_where_the_second_began(by):
    plan = ReintegrationFactory(status="opened")
    actions.pause(plan, by=by, on=TODAY, reason="absence")
    actions.resume(plan, by=by, on=TODAY)
    actions.assess(plan, by=by, on=TODAY)
    actions.pause(plan, by=by, on=TODAY, reason="health")
    assert actions.resume(plan, by=by, on=TODAY).status == "assessed"


# --- Lines -----------------------------------------------------------------------------------------------------


def test_a_line_is_changed_until_it_is_delivered(by):
    line = PlanLineFactory(reintegration__status="plan_agreed")
    facts = {"dimension": "social", "assistance": "childcare", "cost": None, "currency": "GTQ"}
    actions.change_line(line, by=by, version=line.version, **facts)
    line.refresh_from_db()
    assert (line.assistance, line.cost, line.currency) == ("childcare", None, "")
    with pytest.raises(Stale):
        actions.change_line(line, by=by, version=1, **facts)
    actions.deliver_line(line, by=by, on=TODAY)
    for deed in (
        lambda: actions.change_line(line, by=by, **facts),
        lambda: actions.remove_line(line, by=by),
        lambda: actions.deliver_line(line, by=by, on=TODAY),
    ):
        with pytest.raises(RuleBroken, match="was delivered"):
            deed()


def test_only_an_agreed_plan_is_carried_out(by):
    line = PlanLineFactory()
    with pytest.raises(RuleBroken, match="Only an agreed plan"):
        actions.deliver_line(line, by=by, on=TODAY)


@pytest.mark.parametrize("status", ["opened", "completed", "in_monitoring", "paused", "closed"])
def test_lines_and_goals_are_written_only_while_the_plan_is_open(by, status):
    plan = ReintegrationFactory(status=status)
    with pytest.raises(RuleBroken, match="cannot be changed now"):
        actions.add_line(plan, by=by, dimension="social", assistance="childcare")
    with pytest.raises(RuleBroken, match="cannot be changed now"):
        actions.draft(plan, by=by, goals="x")


def test_a_line_taken_out_meanwhile_says_so(by):
    line = PlanLineFactory()
    actions.remove_line(PlanLine.objects.get(pk=line.pk), by=by)
    with pytest.raises(RuleBroken, match="taken out"):
        actions.deliver_line(line, by=by, on=TODAY)


def test_a_cost_without_a_currency_is_refused_by_the_database():
    for cost, currency in (("5", ""), ("-1", "GTQ")):
        with pytest.raises(IntegrityError, match="plan_line_cost_has_a_currency"), transaction.atomic():
            PlanLineFactory(cost=cost, currency=currency)
    PlanLineFactory(cost=None, currency="")


# --- Follow-ups ------------------------------------------------------------------------------------------------


def follow_ups(**fields):
    plan = ReintegrationFactory(returned=100, status="in_monitoring", **fields)
    return [FollowUpFactory(reintegration=plan, months=n, due_on=ago(100 - 30 * n)) for n in (3, 6, 12)]


def test_an_interview_is_kept_with_its_answers_and_the_next_is_awaited(by):
    first, second, _third = follow_ups()
    actions.record_follow_up(
        first, by=by, version=first.version, outcome="done", on=TODAY, in_work=True, able_to_stay=False, summary="Bien"
    )
    first.refresh_from_db()
    assert (first.status, first.done_on, first.in_work, first.able_to_stay, first.summary) == (
        "done", TODAY, True, False, "Bien",
    )  # fmt: skip
    assert open_steps(first.enrolment) == {"follow_up": second.due_on}
    assert first.enrolment.diary.get(what="follow_up_recorded").data == {
        "follow_up_months": 3, "follow_up_outcome": "done",
    }  # fmt: skip


@pytest.mark.parametrize("outcome", ["missed", "refused", "unreachable"])
def test_an_interview_that_did_not_take_place_keeps_no_answers(by, outcome):
    first, *_others = follow_ups()
    actions.record_follow_up(first, by=by, outcome=outcome, on=TODAY, in_work=True, able_to_stay=True)
    first.refresh_from_db()
    assert (first.status, first.in_work, first.able_to_stay) == (outcome, None, None)


def test_after_the_last_interview_nothing_is_awaited(by):
    for one in follow_ups():
        actions.record_follow_up(one, by=by, outcome="refused", on=TODAY)
    assert open_steps(one.enrolment) == {}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"outcome": "due", "on": TODAY}, "Choose how"),
        ({"outcome": "done", "on": TODAY + timedelta(days=1)}, "future"),
        ({"outcome": "done", "on": ago(101)}, "comes first"),
    ],
)
def test_a_wrong_interview_is_refused(by, facts, words):
    first, *_others = follow_ups()
    with pytest.raises(RuleBroken, match=words):
        actions.record_follow_up(first, by=by, **facts)
    first.refresh_from_db()
    assert first.status == "scheduled"


def test_an_interview_is_recorded_once(by):
    first, *_others = follow_ups()
    actions.record_follow_up(first, by=by, outcome="done", on=TODAY)
    with pytest.raises(RuleBroken, match="cannot become"):
        actions.record_follow_up(first, by=by, outcome="refused", on=TODAY)


def test_raw_sql_obeys_the_same_table():
    first, *_others = follow_ups()
    with pytest.raises(DatabaseError, match="Invalid transition"), connection.cursor() as cursor, transaction.atomic():
        cursor.execute("UPDATE programmes_followup SET status = 'done' WHERE id = %s", [first.pk])


# --- With the case ---------------------------------------------------------------------------------------------


def test_closing_the_case_closes_the_reintegration_with_the_same_reason(by):
    first, *_others = follow_ups()
    case = first.enrolment
    casefile.close(case, by=by, reason="chose_to_stop", outcome="…", on=TODAY)
    plan = Reintegration.objects.get(enrolment=case)
    assert plan.status == "closed"
    assert case.diary.get(subject="reintegration", to_status="closed").reason == "chose_to_stop"
    first.refresh_from_db()
    assert first.status == "scheduled"
    with pytest.raises(RuleBroken, match="closed"):
        actions.record_follow_up(first, by=by, outcome="done", on=TODAY)


def test_reopening_the_case_monitors_it_again(by, user_for):
    first, *_others = follow_ups()
    case = first.enrolment
    casefile.close(case, by=by, reason="chose_to_stop", outcome="…", on=TODAY)
    casefile.reopen(case, by=user_for("manager"), reason="new_facts")
    case.refresh_from_db()
    assert (case.status, Reintegration.objects.get(enrolment=case).status) == ("in_reintegration", "in_monitoring")


def test_a_case_has_one_reintegration_and_each_follow_up_once():
    plan = ReintegrationFactory()
    with pytest.raises(IntegrityError, match="reintegration_one_per_case"), transaction.atomic():
        ReintegrationFactory(enrolment=plan.enrolment)
    FollowUpFactory(reintegration=plan)
    with pytest.raises(IntegrityError, match="follow_up_once_per_month"), transaction.atomic():
        FollowUpFactory(reintegration=plan)
