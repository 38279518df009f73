"""The shortlist, its results, and who follows when a position comes free: through the deeds, and by many at once."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.base.rulebook.codes import label
from programmes.journey.demand import actions as demands
from programmes.journey.enrolment import actions as cases
from programmes.journey.selection import actions, candidacies, replacing
from programmes.models import Candidacy, CaseEvent, Position, Proposal, Selection, Step
from tests.factories.demand import JobDemandFactory
from tests.factories.departure import DocumentFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import RequirementFactory
from tests.factories.selection import CandidacyFactory, SelectionFactory
from tests.fixtures.threads import at_once

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("liaison", language="en")


@pytest.fixture
def demand(by):
    return JobDemandFactory(status="open", positions=2)


def reserve(demand, count):
    return [CandidacyFactory(demand=demand, status="reserve", rank=n) for n in range(1, count + 1)]


def held(demand, status="accepted"):
    """A position that somebody holds who came from the shortlist."""
    selection = SelectionFactory(demand=demand, position_status=status, case_status="in_documentation")
    CandidacyFactory(demand=demand, enrolment=selection.enrolment, status="selected")
    return selection


def proposed(demand):
    open_ones = Proposal.objects.open().filter(position__demand=demand).order_by("position__number")
    return [(one.position.number, one.candidacy) for one in open_ones]


# --- The shortlist ------------------------------------------------------------------------------------------------


def test_candidates_are_put_forward_once_with_their_points(by, demand):
    listed = [EnrolmentFactory(season=demand.season, status="rostered") for _ in range(2)]
    assert len(candidacies.put_forward(demand, by=by, cases=listed)) == 2
    assert candidacies.put_forward(demand, by=by, cases=listed) == []
    assert {one.status for one in demand.candidacies.all()} == {"listed"}
    # No occupation in common and nothing else: only that it is the first season.
    assert {one.points for one in demand.candidacies.all()} == {5}
    assert CaseEvent.objects.filter(what="put_forward", enrolment__in=listed).count() == 2


def test_nobody_is_put_forward_who_left_the_roster_or_for_a_demand_that_takes_nobody(by, demand):
    gone = EnrolmentFactory(season=demand.season, status="suspended")
    with pytest.raises(RuleBroken, match=f"{gone.number} is not on the roster"):
        candidacies.put_forward(demand, by=by, cases=[gone])
    draft = JobDemandFactory(status="approved", season=demand.season)
    with pytest.raises(RuleBroken, match="takes no workers now"):
        candidacies.put_forward(draft, by=by, cases=[])


def test_a_result_selects_at_once_puts_on_reserve_or_says_why_not(by, demand):
    first, second, third = (CandidacyFactory(demand=demand) for _ in range(3))
    candidacies.decide(first, by=by, version=1, result="selected", on=TODAY, position=2)
    assert Selection.objects.get(enrolment=first.enrolment).position.number == 2
    candidacies.decide(second, by=by, version=1, result="reserve", on=TODAY)
    with pytest.raises(RuleBroken, match="Say why"):
        candidacies.decide(third, by=by, version=1, result="not_selected", on=TODAY)
    candidacies.decide(third, by=by, version=1, result="not_selected", on=TODAY, reason="documents")
    states = demand.candidacies.order_by("pk").values_list("status", "rank", "why")
    assert list(states) == [("selected", None, ""), ("reserve", 1, ""), ("not_selected", None, "documents")]
    with pytest.raises(Stale):
        candidacies.decide(second, by=by, version=1, result="not_selected", on=TODAY, reason="documents")
    again = candidacies.put_forward(demand, by=by, cases=[third.enrolment])
    assert [(one.status, one.why) for one in again] == [("listed", "")]


def test_the_reserve_list_is_ranked_by_hand(by, demand):
    one, two, three = reserve(demand, 3)
    candidacies.move_up(three, by=by)
    candidacies.move_up(three, by=by)
    candidacies.move_up(three, by=by)
    assert list(demand.candidacies.reserve()) == [three, one, two]
    with pytest.raises(IntegrityError, match="candidacy_rank_once"):
        give_the_first_place_to(two)


def give_the_first_place_to(candidacy):
    """By SQL; judged as it would be at the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE programmes_candidacy SET rank = 1 WHERE id = %s", [candidacy.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- A position comes free ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case_status", "position_status", "target"),
    [
        ("selected", "offered", "rostered"),
        ("in_documentation", "accepted", "refused"),
        ("in_documentation", "accepted", "unfit"),
        ("ready_to_travel", "accepted", "no_show"),
        ("in_documentation", "accepted", "withdrawn"),
    ],
)
def test_refusal_visa_unfit_no_show_and_withdrawal_free_the_seat_and_propose_the_next(
    by, demand, case_status, position_status, target
):
    selection = SelectionFactory(demand=demand, position_status=position_status, case_status=case_status)
    CandidacyFactory(demand=demand, enrolment=selection.enrolment, status="selected")
    first, _second = reserve(demand, 2)
    cases.move(selection.enrolment, target, by=by, on=TODAY, reason="health")
    assert proposed(demand) == [(1, first)]
    assert Position.objects.get(demand=demand, number=1).status == "vacant"
    released = Candidacy.objects.get(enrolment=selection.enrolment)
    assert (released.status, released.why) == ("released", "health")
    proposal = Proposal.objects.get()
    assert proposal.released == selection
    step = first.enrolment.steps.get(kind="replacement", done_at=None)
    assert (step.desk, step.due_on) == ("employer", TODAY)
    candidacies.give(proposal, by=by, version=first.version, on=TODAY)
    assert Selection.objects.live().get(position=selection.position).enrolment == first.enrolment
    proposal.refresh_from_db()
    first.refresh_from_db()
    assert (proposal.status, proposal.decided_by, first.status, first.rank) == ("accepted", by, "selected", None)
    assert not first.enrolment.steps.filter(kind="replacement", done_at=None).exists()


def test_only_a_ready_worker_is_proposed(by, demand):
    """Judged for the dates of the demand: the passport of the first ends on the way, the second is booked elsewhere."""
    programme = demand.season.programme
    RequirementFactory(programme=programme, kind="document", code="passport", stage="ready_to_travel", margin_months=6)
    # Nobody has a job offer before there is a job.
    RequirementFactory(
        programme=programme, kind="document", code="job_offer_letter", stage="ready_to_travel", waits_for="employer"
    )
    short, booked, gone, good = reserve(demand, 4)
    long_enough = demand.ends_on + timedelta(days=190)
    for one, last in ((short, demand.ends_on), (booked, long_enough), (gone, long_enough), (good, long_enough)):
        person = one.enrolment.person
        DocumentFactory(enrolment=one.enrolment, person=person, type="passport", status="verified", expires_on=last)
    EnrolmentFactory(
        person=booked.enrolment.person, status="active", planned_start=demand.starts_on - timedelta(9),
        planned_end=demand.starts_on,
    )  # fmt: skip
    cases.move(gone.enrolment, "suspended", by=by, on=TODAY, reason="health")
    replacing.given_back(held(demand), by=by, on=TODAY, reason="health")
    assert proposed(demand) == []
    cases.move(held(demand).enrolment, "unfit", by=by, on=TODAY, reason="health")
    assert proposed(demand) == [(2, good)]
    # One is proposed for one position only: nobody is left for the other.
    cases.move(Selection.objects.live().get().enrolment, "unfit", by=by, on=TODAY, reason="health")
    assert proposed(demand) == [(2, good)]
    assert replacing.propose_for_all(demand, by=by) == 0


def test_passing_over_or_losing_the_proposed_one_proposes_the_next(by, demand):
    first, second, third = reserve(demand, 3)
    cases.move(held(demand).enrolment, "unfit", by=by, on=TODAY, reason="health")
    candidacies.decide(first, by=by, version=first.version, result="not_selected", on=TODAY, reason="documents")
    assert proposed(demand) == [(1, second)]
    cases.move(second.enrolment, "withdrawn", by=by, on=TODAY, reason="family")
    assert proposed(demand) == [(1, third)]
    other = JobDemandFactory(status="open", season=demand.season, positions=1)
    actions.select(third.enrolment, by=by, demand=other, on=TODAY)
    assert proposed(demand) == []
    told = Proposal.objects.order_by("pk").values_list("status", flat=True)
    assert list(told) == ["passed", "lapsed", "lapsed"]


def test_a_position_that_somebody_else_took_is_proposed_no_more(by, demand):
    (first,) = reserve(demand, 1)
    cases.move(held(demand).enrolment, "unfit", by=by, on=TODAY, reason="health")
    proposal = Proposal.objects.get()
    actions.select(
        EnrolmentFactory(season=demand.season, status="rostered"), by=by, demand=demand, on=TODAY, position=1
    )
    with pytest.raises(RuleBroken, match="decided about position 1 just now: lapsed"):
        candidacies.give(proposal, by=by, version=first.version, on=TODAY)
    assert first.enrolment.selections.count() == 0


def test_without_a_reserve_list_a_position_just_comes_free(by, demand):
    cases.move(SelectionFactory(demand=demand).enrolment, "rostered", by=by, on=TODAY, reason="health")
    assert not Proposal.objects.exists()


# --- Who was first ------------------------------------------------------------------------------------------------


def test_the_second_hears_who_was_first_and_which_seat_is_free(by, demand):
    one, two = (EnrolmentFactory(season=demand.season, status="rostered") for _ in range(2))
    actions.select(one, by=by, demand=demand, on=TODAY, position=1)
    with pytest.raises(RuleBroken) as refusal:
        actions.select(two, by=by, demand=demand, on=TODAY, position=1)
    said = f"Position 1 was taken by {by.full_name} just now, for case {one.number}."
    assert refusal.value.message == f"{said} The next vacant one is position 2: choose it and send again."
    with pytest.raises(RuleBroken) as refusal:
        actions.select(one, by=by, version=one.version, demand=demand, on=TODAY)
    assert refusal.value.message.startswith(f"{by.full_name} selected {one.person.full_name} just now for position 1")
    actions.select(two, by=by, demand=demand, on=TODAY, position=2)
    three = EnrolmentFactory(season=demand.season, status="rostered")
    with pytest.raises(RuleBroken, match="No other is vacant"):
        actions.select(three, by=by, demand=demand, on=TODAY, position=1)


def test_the_end_of_a_demand_turns_down_who_waited_and_asks_each_owner_once_to_tell_the_worker(by):
    demand = JobDemandFactory(status="partly_filled", positions=2)
    named, gone = held(demand, "vacated"), CandidacyFactory(demand=demand)
    cases.move(gone.enrolment, "suspended", by=by, on=TODAY, reason="other")
    before = CandidacyFactory(demand=demand, status="not_selected", why="language")
    waited = [CandidacyFactory(demand=demand, status="reserve", rank=1), CandidacyFactory(demand=demand)]
    elsewhere = CandidacyFactory(status="reserve", rank=1)
    demands.close(demand, by=by, version=demand.version, reason="season_over")
    states = dict(demand.candidacies.values_list("pk", "status"))
    assert states.pop(demand.candidacies.get(enrolment=named.enrolment).pk) == "selected"
    assert set(states.values()) == {"not_selected"}
    assert {Candidacy.objects.get(pk=one.pk).why for one in waited} == {"other"}
    notes = dict(CaseEvent.objects.filter(what="tell_worker").values_list("enrolment", "note"))
    reason = label("demand_closing", "season_over")
    assert notes == {
        before.enrolment_id: f"Not selected for demand {demand.number}: {label('non_selection', 'language')}",
        **{one.enrolment_id: f"Not selected for demand {demand.number}: {reason}" for one in waited},
    }
    assert set(Step.objects.filter(kind="tell_worker", done_at=None).values_list("enrolment", flat=True)) == set(notes)
    waited[0].enrolment.refresh_from_db()
    assert waited[0].enrolment.next_step == "tell_worker"
    elsewhere.refresh_from_db()
    assert elsewhere.status == "reserve"


def test_when_all_positions_were_filled_the_reason_is_that_the_quota_is_full(by):
    demand = JobDemandFactory(status="filled", positions=1)
    held(demand, "vacated")
    (waits,) = reserve(demand, 1)
    demands.close(demand, by=by, version=demand.version)
    waits.refresh_from_db()
    assert (waits.status, waits.why, waits.rank) == ("not_selected", "quota_full", None)


# --- Interviews ---------------------------------------------------------------------------------------------------


def plan(demand, by, **more):
    terms = {
        "day": TODAY + timedelta(1), "channel": "in_person", "place": "Salón", "first_at": time(8), "minutes": 30,
        "slots": 2, "capacity": 1,
    } | more  # fmt: skip
    return candidacies.plan_day(demand, by=by, **terms)


def test_turns_go_to_those_with_most_points_and_are_taken_once(by, demand):
    low, high, more = (CandidacyFactory(demand=demand, points=points) for points in (1, 9, 5))
    day = plan(demand, by)
    assert candidacies.fill_day(day, by=by) == 2
    turns = {place.starts_at: place.candidacy for place in day.places.all()}
    assert turns == {time(8): high, time(8, 30): more}
    taken = day.places.first()
    with pytest.raises(RuleBroken, match="no other is free"):
        candidacies.invite(low, by=by, version=low.version, place=taken)
    high.refresh_from_db()
    candidacies.invite(high, by=by, version=high.version, place=None)
    candidacies.invite(low, by=by, version=low.version, place=taken)
    assert candidacies.fill_day(day, by=by) == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"place": " "}, "place"),
        ({"slots": 40}, "slots"),
        ({"first_at": time(23, 45)}, "slots"),
        ({"slots": 20, "minutes": 5, "capacity": 30}, "slots"),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_its_field(by, demand, more, field):
    with pytest.raises(RuleBroken) as refusal:
        plan(demand, by, **more)
    assert refusal.value.field == field
    assert demand.interview_days.count() == 0


# --- Many at once -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_seats_that_come_free_together_get_different_workers_and_each_is_given_once(user_for):
    by, other = user_for("liaison", language="en"), user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=4)
    selections = [held(demand) for _ in range(4)]
    waiting = reserve(demand, 3)
    moved, raised = at_once(
        4, lambda n: cases.move(selections[n].enrolment, "refused", by=by, on=TODAY, reason="documents")
    )
    assert (len(moved), raised) == (4, [])
    proposals = list(Proposal.objects.open())
    assert {proposal.candidacy_id for proposal in proposals} == {one.pk for one in waiting}
    assert len({proposal.position_id for proposal in proposals}) == 3
    versions = {one.pk: one.version for one in waiting}

    def give(n):
        proposal = proposals[n % 3]
        version = versions[proposal.candidacy_id]
        return candidacies.give(proposal, by=(by, other)[n % 2], version=version, on=TODAY)

    won, refused = at_once(12, give)
    assert (len(won), len(refused)) == (3, 9)
    assert all("decided about position" in refusal.message for refusal in refused), refused
    live = Selection.objects.live().filter(position__demand=demand)
    assert live.count() == live.values("position").distinct().count() == 3
    assert Position.objects.filter(demand=demand, status="vacant").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_want_one_seat_or_one_turn_get_one_each(user_for):
    by = user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=3)
    crowd = [EnrolmentFactory(season=demand.season, status="rostered") for _ in range(6)]
    won, refused = at_once(6, lambda n: actions.select(crowd[n], by=by, demand=demand, on=TODAY, position=2))
    assert (len(won), len(refused)) == (1, 5)
    assert all("Position 2 was taken by" in refusal.message for refusal in refused), refused
    listed = [CandidacyFactory(demand=demand) for _ in range(6)]
    place = plan(demand, by).places.first()
    won, refused = at_once(6, lambda n: candidacies.invite(listed[n], by=by, version=listed[n].version, place=place))
    assert (len(won), len(refused)) == (1, 5)
    assert all("The next free one is on" in refusal.message for refusal in refused), refused
