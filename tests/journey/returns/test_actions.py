"""The way home: planned, booked, departed, confirmed, put off, missed."""

from datetime import date, timedelta

import pytest

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.placement import actions as placements
from programmes.journey.returns import actions
from programmes.models import CaseEvent, Return, Step
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.placement import PlacementFactory
from tests.factories.returns import ReturnFactory

pytestmark = pytest.mark.django_db
TODAY = date.today()


def days(n):
    return TODAY + timedelta(days=n)


@pytest.fixture
def by(user_for):
    return user_for("caseworker")


def test_book_depart_confirm(by):
    trip = ReturnFactory()
    case = trip.enrolment
    actions.book(trip, by=by, version=trip.version, planned_on=days(-2), port="GUA")
    trip.refresh_from_db()
    actions.depart(trip, by=by, version=trip.version, on=days(-2))
    actions.confirm_return(case, by=by, on=days(-1), confirmed_by_means="in_person")
    trip.refresh_from_db()
    case.refresh_from_db()
    assert (trip.status, trip.planned_on, trip.departed_on, trip.arrived_on, trip.port, trip.confirmed_by_means) == (
        "arrived_confirmed", days(-2), days(-2), days(-1), "GUA", "in_person",
    )  # fmt: skip
    assert (case.status, case.returned_on) == (CaseStatus.RETURNED, days(-1))
    assert [s.kind for s in Step.objects.open().filter(enrolment=case)] == ["after_return"]
    told = list(case.diary.exclude(what="").order_by("id").values_list("what", flat=True))
    assert told == ["return_booked", "return_departed"]


def test_a_return_nobody_prepared_is_confirmed_in_one_go_and_says_so(by):
    trip = ReturnFactory()
    actions.confirm_return(trip.enrolment, by=by, on=TODAY, port="GUA", confirmed_by_means="phone")
    trip.refresh_from_db()
    assert (trip.status, trip.departed_on, trip.arrived_on) == ("arrived_confirmed", None, TODAY)
    walked = CaseEvent.objects.filter(subject="return", subject_id=trip.pk).order_by("id")
    assert list(walked.values_list("to_status", flat=True)) == ["booked", "departed", "arrived_confirmed"]
    assert [bool(event.note) for event in walked] == [True, True, False]


@pytest.mark.parametrize("status", ["postponed", "missed"])
def test_a_worker_who_came_home_after_a_delay_is_confirmed_too(by, status):
    trip = ReturnFactory(status=status)
    actions.confirm_return(trip.enrolment, by=by, on=TODAY, confirmed_by_means="phone")
    trip.refresh_from_db()
    assert trip.status == "arrived_confirmed"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("left_employment", "spontaneous"), ("whereabouts_unknown", "spontaneous"), ("turned_back", "refused_at_border")],
)
def test_a_worker_without_a_plan_gets_a_return_when_it_is_confirmed(by, status, kind):
    case = EnrolmentFactory(status=status)
    actions.confirm_return(case, by=by, on=TODAY, confirmed_by_means="authority")
    assert (Return.objects.get(enrolment=case).type, case.status) == (kind, status)
    case.refresh_from_db()
    assert case.status == CaseStatus.RETURNED


def test_a_worker_who_left_ends_the_placement_by_returning(by):
    placement = PlacementFactory()
    placements.leave(placement.enrolment, by=by, on=days(-4), reason="personal")
    actions.confirm_return(placement.enrolment, by=by, on=TODAY, confirmed_by_means="phone")
    placement.refresh_from_db()
    assert (placement.status, placement.ended_on) == ("terminated_early", days(-4))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"on": days(1)}, "future"),
        ({"on": days(-153)}, "before the departure"),
        ({"on": days(-152)}, "before the arrival abroad"),
        ({"on": days(-3), "departed_on": days(-2)}, "arrival lies before the departure"),
    ],
)
def test_confirm_refuses_days_in_the_wrong_order(by, facts, words):
    trip = ReturnFactory()
    with pytest.raises(RuleBroken, match=words) as refused:
        actions.confirm_return(trip.enrolment, by=by, confirmed_by_means="phone", **facts)
    assert refused.value.field == "on"
    trip.refresh_from_db()
    assert trip.status == "planned"


def test_confirm_refuses_a_day_before_the_last_day_of_work(by):
    placement = PlacementFactory()
    placements.end_season(placement.enrolment, by=by, on=days(-3))
    with pytest.raises(RuleBroken, match="before the last day of work"):
        actions.confirm_return(placement.enrolment, by=by, on=days(-4), confirmed_by_means="phone")


def test_no_other_door_returns_a_case(by):
    case = ReturnFactory().enrolment
    with pytest.raises(RuleBroken, match="The confirmation of the return"):
        cases.move(case, CaseStatus.RETURNED, by=by, on=TODAY)


def test_confirm_is_for_those_who_are_away(by):
    with pytest.raises(RuleBroken, match="cannot become"):
        actions.confirm_return(PlacementFactory().enrolment, by=by, on=TODAY, confirmed_by_means="phone")


@pytest.mark.parametrize(
    ("deed", "source", "target"), [("postpone", "planned", "postponed"), ("miss", "booked", "missed")]
)
def test_a_delay_needs_a_reason_and_is_planned_again_at_once_or_later(by, deed, source, target):
    act = getattr(actions, deed)
    trip = ReturnFactory(status=source)
    with pytest.raises(RuleBroken, match="Give the reason"):
        act(trip, by=by, on=TODAY, reason="")
    act(trip, by=by, on=TODAY, reason="health")
    trip.refresh_from_db()
    assert (trip.status, trip.planned_on) == (target, days(3))
    actions.plan(trip.enrolment, by=by, version=trip.version, planned_on=days(9))
    trip.refresh_from_db()
    assert (trip.status, trip.planned_on) == ("planned", days(9))
    assert Step.objects.open().get(enrolment=trip.enrolment, kind="return").due_on == days(12)
    other = ReturnFactory(status=source)
    act(other, by=by, on=TODAY, reason="health", planned_on=days(5))
    other.refresh_from_db()
    assert (other.status, other.planned_on) == ("planned", days(5))


def test_plan_changes_day_and_type_against_its_version(by):
    trip = ReturnFactory()
    with pytest.raises(Stale):
        actions.plan(trip.enrolment, by=by, version=None, planned_on=days(6))
    actions.plan(trip.enrolment, by=by, version=trip.version, planned_on=days(6), return_type="avr")
    trip.refresh_from_db()
    assert (trip.planned_on, trip.type) == (days(6), "avr")
    assert trip.enrolment.diary.filter(what="return_planned").count() == 1


def test_plan_refuses_a_booked_return_and_a_case_that_is_not_away(by):
    trip = ReturnFactory(status="booked")
    with pytest.raises(RuleBroken, match="booked"):
        actions.plan(trip.enrolment, by=by, version=trip.version, planned_on=days(6))
    with pytest.raises(RuleBroken, match="season is over"):
        actions.plan(PlacementFactory().enrolment, by=by, planned_on=days(6))


def test_deeds_on_a_return_need_its_present_version(by):
    trip = ReturnFactory()
    with pytest.raises(Stale):
        actions.book(trip, by=by, version=trip.version + 1, planned_on=days(2))
    with pytest.raises(RuleBroken, match="cannot become"):
        actions.depart(trip, by=by, on=TODAY)


def test_the_return_of_a_closed_case_stays_as_it_is(by):
    trip = ReturnFactory(case={"status": "closed"})
    with pytest.raises(RuleBroken, match="closed"):
        actions.book(trip, by=by, planned_on=days(2))


def test_a_case_has_one_return():
    trip = ReturnFactory()
    with pytest.raises(Exception, match="return_one_per_case"):
        Return.objects.create(enrolment=trip.enrolment, type="avr", planned_on=TODAY)
