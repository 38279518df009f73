"""Arrival, check-ins, extension and the ways a placement ends: what changes, what is due next, what is refused."""

from datetime import timedelta

import pytest

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.placement import actions
from programmes.models import CaseEvent, CheckIn, Contract, Placement, Position, Return, Step
from tests.factories.demand import AuthorisationFactory
from tests.factories.departure import ContractFactory, PermitFactory
from tests.factories.placement import TODAY, CheckInFactory, PlacementFactory, days, travelling_case
from tests.factories.rulebook import DeadlineFactory, RuleValueFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(user_for):
    return user_for("liaison")


def open_steps(case):
    return dict(Step.objects.open().filter(enrolment=case).values_list("kind", "due_on"))


def contract_of(case, status):
    return ContractFactory(selection=case.selections.get(), status=status)


def test_arrival_makes_a_started_placement_on_an_occupied_position(by):
    case = travelling_case()
    contract = contract_of(case, "signed_all")
    placement = actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    case.refresh_from_db()
    contract.refresh_from_db()
    assert (case.status, case.arrived_on, case.planned_end) == (CaseStatus.ACTIVE, days(-11), days(170))
    assert (placement.status, placement.starts_on, placement.ends_on) == ("started", days(-10), days(170))
    assert placement.person == case.person
    assert Position.objects.get(pk=placement.position_id).status == "occupied"
    assert contract.status == "in_force"
    assert open_steps(case) == {"contract_ending": days(170 - 14), "first_call": days(-11 + 5)}
    assert (case.next_step, case.next_due_on) == ("first_call", days(-6))
    assert CaseEvent.objects.filter(enrolment=case, to_status="active", subject="enrolment", on=days(-11)).count() == 1


def test_first_call_is_due_when_the_programme_says(by):
    case = travelling_case()
    DeadlineFactory(programme=case.programme, key="first_call", days=3)
    actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    assert open_steps(case)["first_call"] == days(-8)


@pytest.mark.parametrize(
    ("facts", "field", "words"),
    [
        ({"on": days(-13), "starts_on": days(-10)}, "on", "before the departure"),
        ({"on": days(-9), "starts_on": days(-10)}, "starts_on", "before the arrival"),
        ({"on": days(1), "starts_on": days(2)}, "on", "future"),
    ],
)
def test_arrival_refuses_days_in_the_wrong_order(by, facts, field, words):
    case = travelling_case()
    with pytest.raises(RuleBroken, match=words) as refused:
        actions.confirm_arrival(case, by=by, **facts)
    assert refused.value.field == field
    case.refresh_from_db()
    assert case.status == CaseStatus.TRAVELLING
    assert not Placement.objects.exists()
    assert case.selections.get().position.status == "accepted"


def test_arrival_refuses_dates_outside_the_permit(by):
    case = travelling_case()
    permit = PermitFactory(enrolment=case, valid_from=days(-20), valid_until=days(169))
    with pytest.raises(RuleBroken, match="permit is valid only until"):
        actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    permit.valid_until = days(170)
    permit.save()
    assert actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10)).pk


def test_a_permit_that_was_refused_covers_nothing(by):
    case = travelling_case()
    PermitFactory(enrolment=case, valid_from=days(-20), valid_until=days(169))
    PermitFactory(enrolment=case, valid_from=days(-20), valid_until=days(300), status="refused")
    with pytest.raises(RuleBroken, match="permit"):
        actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))


def test_arrival_refuses_dates_outside_the_authorisation(by):
    case = travelling_case(authorisation=AuthorisationFactory(valid_from=days(-5), valid_until=days(400)))
    with pytest.raises(RuleBroken, match="authorisation holds"):
        actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    assert actions.confirm_arrival(case, by=by, on=days(-5), starts_on=days(-5)).pk


def test_arrival_refuses_a_stay_longer_than_the_programme_allows(by):
    case = travelling_case()
    RuleValueFactory(programme=case.programme, key="max_stay_months", value=5)
    with pytest.raises(RuleBroken, match="longer than 5 months"):
        actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))


def test_arrival_needs_a_position(by):
    case = travelling_case()
    case.selections.update(released_on=TODAY, release_reason="mistake")
    with pytest.raises(RuleBroken, match="no position"):
        actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))


def test_arrival_is_for_those_who_travel(by):
    case = PlacementFactory().enrolment
    with pytest.raises(RuleBroken, match="cannot become"):
        actions.confirm_arrival(case, by=by, on=TODAY, starts_on=TODAY)


def test_no_other_door_makes_a_case_active(by):
    case = travelling_case()
    with pytest.raises(RuleBroken, match="1 thing is missing: A placement"):
        cases.move(case, CaseStatus.ACTIVE, by=by, on=TODAY)


def test_no_other_door_ends_a_season(by):
    case = PlacementFactory().enrolment
    for target in (CaseStatus.ENDED, CaseStatus.ENDED_EARLY):
        with pytest.raises(RuleBroken, match="The last day of work"):
            cases.move(case, target, by=by, on=TODAY, reason="injury")


def test_a_stale_page_changes_nothing(by):
    case = PlacementFactory().enrolment
    with pytest.raises(Stale):
        actions.end_season(case, by=by, version=case.version + 5, on=TODAY)
    case.refresh_from_db()
    assert case.status == CaseStatus.ACTIVE


# --- Check-ins -------------------------------------------------------------------------------------------------


def test_a_check_in_finishes_the_first_call_and_opens_the_next(by):
    case = travelling_case()
    actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    actions.check_in(case, by=by, on=days(-7), mode="phone", wellbeing="good", alone=True)
    assert open_steps(case) == {"contract_ending": days(156), "check_in": days(-7 + 14)}
    step = Step.objects.get(enrolment=case, kind="first_call")
    assert step.done_by == by
    assert case.diary.filter(what="checked_in", on=days(-7)).exists()


def test_an_attempt_that_reached_nobody_leaves_the_step_open(by):
    case = travelling_case()
    actions.confirm_arrival(case, by=by, on=days(-11), starts_on=days(-10))
    before = open_steps(case)
    actions.check_in(case, by=by, on=days(-7), mode="phone", wellbeing="unreached")
    assert open_steps(case) == before
    assert CheckIn.objects.get().wellbeing == "unreached"


def test_a_check_in_recorded_late_does_not_move_the_next_one_back(by):
    placement = PlacementFactory()
    CheckInFactory(placement=placement, on=days(-3))
    actions.check_in(placement.enrolment, by=by, on=days(-20), mode="phone", wellbeing="fair")
    assert open_steps(placement.enrolment) == {"check_in": days(-3 + 14)}


def test_no_check_in_is_due_after_the_last_day(by):
    placement = PlacementFactory(last=10)
    actions.check_in(placement.enrolment, by=by, on=TODAY, mode="phone", wellbeing="good")
    assert open_steps(placement.enrolment) == {}


@pytest.mark.parametrize(("on", "words"), [(days(1), "future"), (days(-70), "before the arrival")])
def test_a_check_in_lies_between_arrival_and_today(by, on, words):
    case = PlacementFactory().enrolment
    with pytest.raises(RuleBroken, match=words):
        actions.check_in(case, by=by, on=on, mode="phone", wellbeing="good")


def test_a_check_in_needs_a_running_placement(by):
    case = travelling_case()
    with pytest.raises(RuleBroken, match="no running placement"):
        actions.check_in(case, by=by, on=TODAY, mode="phone", wellbeing="good")


# --- Extension -------------------------------------------------------------------------------------------------


def test_extension_moves_the_end_and_its_preparation(by):
    placement = PlacementFactory()
    case = placement.enrolment
    actions.extend(case, by=by, version=case.version, ends_on=days(90), reason="Harvest goes on")
    placement.refresh_from_db()
    case.refresh_from_db()
    assert (placement.ends_on, case.planned_end, case.status) == (days(90), days(90), CaseStatus.ACTIVE)
    assert open_steps(case)["contract_ending"] == days(76)
    line = case.diary.get(what="extended")
    assert (line.note, line.data["extended_to"]) == ("Harvest goes on", days(90).isoformat())


def test_extension_lies_after_the_present_end(by):
    case = PlacementFactory().enrolment
    for ends_on in (days(60), days(59)):
        with pytest.raises(RuleBroken, match="must lie after"):
            actions.extend(case, by=by, ends_on=ends_on)


def test_extension_stays_inside_permit_authorisation_and_programme(by):
    placement = PlacementFactory()
    case = placement.enrolment
    permit = PermitFactory(enrolment=case, valid_from=days(-70), valid_until=days(80))
    with pytest.raises(RuleBroken, match="permit"):
        actions.extend(case, by=by, ends_on=days(81))
    permit.valid_until = days(500)
    permit.save()
    demand = placement.position.demand
    demand.authorisation = AuthorisationFactory(valid_from=days(-100), valid_until=days(80))
    demand.save()
    with pytest.raises(RuleBroken, match="authorisation"):
        actions.extend(case, by=by, ends_on=days(81))
    demand.authorisation.valid_until = days(500)
    demand.authorisation.save()
    RuleValueFactory(programme=case.programme, key="max_stay_months", value=4)
    with pytest.raises(RuleBroken, match="longer than 4 months"):
        actions.extend(case, by=by, ends_on=days(81))
    case.programme.rule_values.all().delete()
    assert actions.extend(case, by=by, ends_on=days(81)).ends_on == days(81)


# --- Ends ------------------------------------------------------------------------------------------------------


def test_end_of_season_completes_everything_and_plans_the_return(by):
    placement = PlacementFactory()
    case = placement.enrolment
    contract = contract_of(case, "in_force")
    actions.end_season(
        case, by=by, on=TODAY, hours_worked="1040.5", employer_rating=5, worker_rating=4, planned_return_on=days(2)
    )
    placement.refresh_from_db()
    case.refresh_from_db()
    assert (placement.status, placement.ended_on, str(placement.hours_worked)) == ("completed", TODAY, "1040.5")
    assert (placement.employer_rating, placement.worker_rating) == (5, 4)
    assert Position.objects.get(pk=placement.position_id).status == "vacated"
    assert Contract.objects.get(pk=contract.pk).status == "completed"
    assert (case.status, case.planned_end) == (CaseStatus.ENDED, days(2))
    trip = Return.objects.get(enrolment=case)
    assert (trip.status, trip.planned_on, trip.type, trip.created_by) == ("planned", days(2), "end_of_contract", by)
    assert open_steps(case) == {"return": days(2 + 3)}


def test_end_of_season_refuses_a_day_before_work_began_and_a_return_before_the_end(by):
    case = PlacementFactory().enrolment
    with pytest.raises(RuleBroken, match="before the first day of work"):
        actions.end_season(case, by=by, on=days(-61))
    with pytest.raises(RuleBroken, match="return lies before"):
        actions.end_season(case, by=by, on=TODAY, planned_return_on=days(-1))
    with pytest.raises(RuleBroken, match="future"):
        actions.end_season(case, by=by, on=days(1))


def test_a_season_that_ran_over_its_end_still_lies_inside_the_permit(by):
    case = PlacementFactory(last=-5).enrolment
    permit = PermitFactory(enrolment=case, valid_from=days(-70), valid_until=days(-3))
    with pytest.raises(RuleBroken, match="permit"):
        actions.end_season(case, by=by, on=days(-2))
    permit.valid_until = days(-2)
    permit.save()
    assert actions.end_season(case, by=by, on=days(-2)).ended_on == days(-2)


def test_early_end_keeps_its_cause_everywhere(by):
    placement = PlacementFactory()
    case = placement.enrolment
    contract = contract_of(case, "in_force")
    actions.end_early(case, by=by, on=TODAY, cause="injury", note="Hand")
    placement.refresh_from_db()
    case.refresh_from_db()
    assert (placement.status, placement.end_cause) == ("terminated_early", "injury")
    assert case.status == CaseStatus.ENDED_EARLY
    assert Contract.objects.get(pk=contract.pk).status == "terminated"
    assert Return.objects.get(enrolment=case).type == "early_medical"
    event = case.diary.get(kind="move", subject="enrolment", to_status="ended_early")
    assert (event.reason, event.note) == ("injury", "Hand")


def test_early_end_needs_its_cause(by):
    case = PlacementFactory().enrolment
    with pytest.raises(RuleBroken, match="Give the reason") as refused:
        actions.end_early(case, by=by, on=TODAY, cause="  ")
    assert refused.value.field == "cause"


def test_a_worker_who_left_and_comes_back_goes_on_in_the_same_placement(by):
    placement = PlacementFactory()
    case = placement.enrolment
    actions.leave(case, by=by, on=days(-4), reason="personal")
    placement.refresh_from_db()
    assert (placement.status, placement.ended_on, placement.end_cause) == ("started", days(-4), "personal")
    assert open_steps(case).keys() == {"whereabouts"}
    actions.resume(case, by=by, on=days(-1))
    placement.refresh_from_db()
    case.refresh_from_db()
    assert (placement.ended_on, placement.end_cause, case.status) == (None, "", CaseStatus.ACTIVE)
    assert Position.objects.get(pk=placement.position_id).status == "occupied"
    assert "check_in" in open_steps(case)


def test_resume_refuses_a_day_before_the_worker_left_and_a_case_that_ended(by):
    placement = PlacementFactory()
    case = placement.enrolment
    actions.leave(case, by=by, on=days(-4), reason="personal")
    with pytest.raises(RuleBroken, match="before the day the worker left"):
        actions.resume(case, by=by, on=days(-5))
    ended = PlacementFactory().enrolment
    actions.end_season(ended, by=by, on=TODAY)
    with pytest.raises(RuleBroken, match="new position"):
        actions.resume(ended, by=by, on=TODAY)


@pytest.mark.parametrize("target", [CaseStatus.WHEREABOUTS_UNKNOWN, CaseStatus.STATUS_CHANGED])
def test_a_worker_who_stays_away_ends_the_placement_on_the_day_of_leaving(by, target):
    placement = PlacementFactory()
    case = placement.enrolment
    contract = contract_of(case, "in_force")
    actions.leave(case, by=by, on=days(-4), reason="personal")
    cases.move(case, target, by=by, on=TODAY)
    placement.refresh_from_db()
    assert (placement.status, placement.ended_on, placement.end_cause) == ("terminated_early", days(-4), "personal")
    assert Position.objects.get(pk=placement.position_id).status == "vacated"
    assert Contract.objects.get(pk=contract.pk).status == "terminated"


def test_a_death_ends_the_placement_that_day(by):
    placement = PlacementFactory()
    cases.move(placement.enrolment, CaseStatus.DECEASED, by=by, on=days(-1), reason="work_accident")
    placement.refresh_from_db()
    assert (placement.status, placement.ended_on, placement.end_cause) == ("terminated_early", days(-1), "deceased")
    assert Position.objects.get(pk=placement.position_id).status == "vacated"


def test_leaving_needs_a_reason_and_a_day_of_work(by):
    case = PlacementFactory().enrolment
    with pytest.raises(RuleBroken, match="Give the reason"):
        actions.leave(case, by=by, on=TODAY, reason="")
    with pytest.raises(RuleBroken, match="before the first day of work"):
        actions.leave(case, by=by, on=days(-61), reason="personal")
    case.refresh_from_db()
    assert case.status == CaseStatus.ACTIVE
    assert case.placements.get().ended_on is None


def test_ended_and_planned_days_are_dates_of_the_case_too(by):
    placement = PlacementFactory(first=-60, last=60)
    case = placement.enrolment
    case.planned_start = days(-50)  # work began ahead of the plan
    case.save()
    actions.end_early(case, by=by, on=days(-55), cause="early_family")
    case.refresh_from_db()
    assert (case.planned_start, case.planned_end) == (days(-60), days(-55))
    assert case.planned_end - case.planned_start == timedelta(days=5)
