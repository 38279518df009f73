"""Selecting, releasing, offering, accepting: effects, refusals, and what follows from other moves of a case."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.enrolment import actions as cases
from programmes.journey.selection import actions
from programmes.models import CaseEvent, Position, Selection
from tests.factories.demand import JobDemandFactory
from tests.factories.employers import EmployerFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import RuleValueFactory, SeasonFactory
from tests.factories.selection import SelectionFactory

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("liaison", language="en")


@pytest.fixture
def demand(by):
    return JobDemandFactory(status="open")


@pytest.fixture
def case(demand):
    return EnrolmentFactory(season=demand.season, status="rostered")


def statuses(demand):
    return list(Position.objects.filter(demand=demand).order_by("number").values_list("status", flat=True))


def test_select_reserves_the_first_vacant_position_and_plans_the_stay(by, demand, case):
    selection = actions.select(case, by=by, version=case.version, demand=demand, on=TODAY, named=True)
    case.refresh_from_db()
    assert (case.status, case.planned_start, case.planned_end) == ("selected", demand.starts_on, demand.ends_on)
    assert (selection.position.number, selection.named, selection.selected_on) == (1, True, TODAY)
    assert selection.created_by == by
    assert statuses(demand) == ["reserved", "vacant", "vacant"]
    assert case.steps.get(done_at=None).kind == "offer"
    told = CaseEvent.objects.filter(enrolment=case).order_by("id").values_list("what", "to_status")
    assert list(told) == [("", "selected"), ("position_reserved", "")]
    demand.refresh_from_db()
    assert demand.status == "open"


@pytest.mark.parametrize("status", ["registered", "eligible", "suspended", "selected", "active", "closed"])
def test_select_refuses_a_case_that_is_not_on_the_roster(by, demand, status):
    case = EnrolmentFactory(season=demand.season, status=status)
    with pytest.raises(RuleBroken, match="Only a candidate on the roster"):
        actions.select(case, by=by, demand=demand, on=TODAY)
    assert not Selection.objects.exists()


@pytest.mark.parametrize("status", ["draft", "submitted", "approved", "closed", "cancelled", "expired"])
def test_select_refuses_a_demand_that_takes_nobody(by, case, status):
    other = JobDemandFactory(status=status, season=case.season)
    with pytest.raises(RuleBroken, match="takes no workers now") as refusal:
        actions.select(case, by=by, demand=other, on=TODAY)
    assert refusal.value.field == "demand"


def test_select_refuses_when_no_position_is_left(by, demand, case):
    Position.objects.filter(demand=demand).update(status="reserved")
    with pytest.raises(RuleBroken, match="no vacant position left") as refusal:
        actions.select(case, by=by, demand=demand, on=TODAY)
    assert (refusal.value.field, refusal.value.code) == ("demand", "no_vacancy")


def test_select_refuses_a_demand_of_another_season(by, case):
    with pytest.raises(RuleBroken, match="another season"):
        actions.select(case, by=by, demand=JobDemandFactory(status="open"), on=TODAY)


def test_select_refuses_a_suspended_employer(by, case):
    employer = EmployerFactory(status="suspended", programmes=[case.programme])
    with pytest.raises(RuleBroken, match="employer is suspended"):
        actions.select(
            case, by=by, demand=JobDemandFactory(status="open", season=case.season, employer=employer), on=TODAY
        )


def test_select_names_the_other_case_that_overlaps(by, demand):
    person = PersonFactory()
    other = EnrolmentFactory(
        person=person, status="active", planned_start=demand.starts_on - timedelta(60), planned_end=demand.starts_on
    )
    case = EnrolmentFactory(person=person, season=demand.season, status="rostered")
    with pytest.raises(RuleBroken, match=f"already selected or abroad in case {other.number}"):
        actions.select(case, by=by, demand=demand, on=TODAY)
    assert statuses(demand) == ["vacant"] * 3


def test_select_allows_a_stay_that_ends_the_day_before(by, demand):
    person = PersonFactory()
    EnrolmentFactory(
        person=person, status="active", planned_start=TODAY - timedelta(90), planned_end=demand.starts_on - timedelta(1)
    )
    case = EnrolmentFactory(person=person, season=demand.season, status="rostered")
    actions.select(case, by=by, demand=demand, on=TODAY)


def test_select_judges_age_and_stay_and_leaves_nothing_behind(by, demand):
    RuleValueFactory(programme=demand.season.programme, key="max_stay_months", value=2)
    case = EnrolmentFactory(
        season=demand.season, status="rostered", person=PersonFactory(birth_date=TODAY - timedelta(days=17 * 365))
    )
    with pytest.raises(RuleBroken) as refusal:
        actions.select(case, by=by, demand=demand, on=TODAY)
    assert {item.code for item in refusal.value.missing} == {"age", "stay"}
    assert statuses(demand) == ["vacant"] * 3
    case.refresh_from_db()
    assert case.planned_start is None


def test_select_refuses_an_old_version(by, demand, case):
    with pytest.raises(Stale):
        actions.select(case, by=by, version=case.version + 1, demand=demand, on=TODAY)


def test_the_case_is_not_selected_through_another_door_without_a_position(by, case):
    with pytest.raises(RuleBroken) as refusal:
        cases.move(case, "selected", by=by, on=TODAY)
    assert "position" in {item.code for item in refusal.value.missing}


def test_accept_fills_the_position_and_the_demand_follows(by, case):
    demand = JobDemandFactory(status="open", season=case.season, positions=2)
    actions.select(case, by=by, demand=demand, on=TODAY)
    actions.accept(case, by=by, on=TODAY)
    case.refresh_from_db()
    demand.refresh_from_db()
    assert (case.status, demand.status, statuses(demand)) == (
        "in_documentation",
        "partly_filled",
        ["accepted", "vacant"],
    )
    second = EnrolmentFactory(season=demand.season, status="rostered")
    actions.select(second, by=by, demand=demand, on=TODAY)
    actions.offer(second, by=by, on=TODAY)
    assert statuses(demand) == ["accepted", "offered"]
    actions.accept(second, by=by, on=TODAY)
    demand.refresh_from_db()
    assert demand.status == "filled"


def test_accept_needs_a_held_position(by, demand):
    case = EnrolmentFactory(season=demand.season, status="selected")
    with pytest.raises(RuleBroken, match="holds no position"):
        actions.accept(case, by=by, on=TODAY)


def test_release_puts_back_on_the_roster_and_needs_a_reason(by, demand, case):
    actions.select(case, by=by, demand=demand, on=TODAY)
    with pytest.raises(RuleBroken, match="reason"):
        actions.release(case, by=by, on=TODAY, reason=" ")
    actions.release(case, by=by, on=TODAY, reason="employer_cancelled", note="Frost.")
    case.refresh_from_db()
    selection = Selection.objects.get()
    assert (case.status, case.planned_start, case.planned_end) == ("rostered", None, None)
    assert (selection.released_on, selection.release_reason) == (TODAY, "employer_cancelled")
    assert statuses(demand) == ["vacant"] * 3
    actions.select(case, by=by, demand=demand, on=TODAY)


@pytest.mark.parametrize(
    ("case_status", "position_status", "target", "way"),
    [
        ("selected", "reserved", "withdrawn", ["vacant"]),
        ("selected", "offered", "rostered", ["declined", "vacant"]),
        ("in_documentation", "accepted", "withdrawn", ["lost", "vacant"]),
        ("in_documentation", "accepted", "unfit", ["lost", "vacant"]),
        ("ready_to_travel", "accepted", "no_show", ["lost", "vacant"]),
        ("refused", "accepted", "rostered", ["lost", "vacant"]),
        ("refused", "accepted", "closed", ["lost", "vacant"]),
    ],
)
def test_leaving_the_way_abroad_frees_the_position(by, case_status, position_status, target, way):
    demand = JobDemandFactory(status="filled" if position_status == "accepted" else "open", positions=1)
    held = SelectionFactory(demand=demand, case_status=case_status, position_status=position_status)
    closing = (
        {"closed_from": case_status, "closed_on": TODAY, "closure_reason": "lost_contact"} if target == "closed" else {}
    )
    cases.move(held.enrolment, target, by=by, on=TODAY, reason="health", **closing)
    moves = CaseEvent.objects.filter(subject="position", subject_id=held.position_id).order_by("id")
    assert list(moves.values_list("to_status", flat=True)) == way
    held.refresh_from_db()
    demand.refresh_from_db()
    assert (held.released_on, held.release_reason, demand.status) == (TODAY, "health", "open")


def test_a_refused_visa_gives_the_position_back_and_the_way_on_leads_over_the_roster(by):
    held = SelectionFactory(case_status="in_documentation", position_status="accepted")
    case = held.enrolment
    cases.move(case, "refused", by=by, on=TODAY, reason="documents")
    held.refresh_from_db()
    held.position.refresh_from_db()
    assert (held.released_on, held.release_reason, held.position.status) == (TODAY, "documents", "vacant")
    with pytest.raises(RuleBroken, match="the one held before was given back"):
        cases.move(case, "in_documentation", by=by, on=TODAY)
    cases.move(case, "rostered", by=by, on=TODAY)
    case.refresh_from_db()
    assert (case.status, case.planned_start) == ("rostered", None)


def test_closing_after_the_season_ends_the_selection_and_leaves_the_position_vacated(by):
    demand = JobDemandFactory(status="filled", positions=1)
    held = SelectionFactory(demand=demand, case_status="returned", position_status="vacated")
    cases.move(
        held.enrolment, "closed", by=by, on=TODAY, reason="season_completed",
        closed_from="returned", closed_on=TODAY, closure_reason="season_completed",
    )  # fmt: skip
    held.refresh_from_db()
    demand.refresh_from_db()
    assert (held.released_on, held.position.status, demand.status) == (TODAY, "vacated", "filled")


# --- The database behind the rules --------------------------------------------------------------------------------


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_the_database_refuses_two_live_selections_on_one_position_or_case():
    held = SelectionFactory()
    insert = """
        INSERT INTO programmes_selection
            (public_id, created_at, version, enrolment_id, position_id, named, selected_on, release_reason, released_on)
        VALUES (gen_random_uuid(), now(), 1, %s, %s, false, current_date, %s, %s)
    """
    free = Position.objects.filter(demand=held.position.demand, status="vacant").first()
    other = EnrolmentFactory(season=held.enrolment.season, status="rostered")
    with pytest.raises(IntegrityError, match="selection_one_per_position"):
        sql(insert, other.pk, held.position_id, "", None)
    with pytest.raises(IntegrityError, match="selection_one_per_case"):
        sql(insert, held.enrolment_id, free.pk, "", None)
    with pytest.raises(IntegrityError, match="selection_released_with_reason"):
        sql(insert, other.pk, free.pk, "", TODAY)
    sql(insert, other.pk, held.position_id, "mistake", TODAY)
    sql(insert, other.pk, free.pk, "", None)


def test_the_exclusion_behind_one_selection_per_period_holds_against_sql():
    person, season = PersonFactory(), SeasonFactory()
    first = EnrolmentFactory(person=person, status="selected")
    second = EnrolmentFactory(
        person=person,
        season=season,
        status="rostered",
        planned_start=first.planned_start,
        planned_end=first.planned_end,
    )
    with pytest.raises(IntegrityError, match="case_one_booked_per_person_and_date"):
        sql("UPDATE programmes_enrolment SET status = 'selected' WHERE id = %s", second.pk)
