"""The hourly job that finds overdue returns: by each office's day, once, one bad case never stopping the others."""

from datetime import UTC, date, datetime, timedelta

import pytest

from programmes.journey.enrolment import actions as cases
from programmes.journey.returns import actions, tasks
from programmes.models import CaseEvent, Return, Step
from tests.factories.placement import PlacementFactory
from tests.factories.returns import ReturnFactory
from tests.factories.rulebook import DeadlineFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TODAY = date.today()


def status_of(trip):
    trip.enrolment.refresh_from_db()
    return trip.enrolment.status


def test_only_what_is_overdue_is_marked_and_only_once():
    late, waiting = ReturnFactory(planned=-8), ReturnFactory(planned=-7)
    early_end = ReturnFactory(planned=-30, case={"status": "ended_early"})
    home = ReturnFactory(planned=-30, case={"status": "returned"}, status="planned")
    assert actions.mark_overdue() == 2
    assert (status_of(late), status_of(early_end)) == ("return_overdue", "return_overdue")
    assert (status_of(waiting), status_of(home)) == ("ended", "returned")
    assert actions.mark_overdue() == 0
    event = CaseEvent.objects.get(enrolment=late.enrolment, to_status="return_overdue")
    assert event.by is None
    assert Step.objects.open().get(enrolment=late.enrolment).kind == "whereabouts"


def test_the_programme_sets_after_how_many_days():
    trip = ReturnFactory(planned=-3)
    assert actions.mark_overdue() == 0
    DeadlineFactory(programme=trip.enrolment.programme, key="return_overdue", days=2)
    assert actions.mark_overdue() == 1


def test_a_case_without_a_return_counts_from_its_planned_end():
    trip = ReturnFactory(planned=-9)
    Return.objects.all().delete()
    assert actions.mark_overdue() == 1
    assert status_of(trip) == "return_overdue"


def test_a_return_planned_again_is_not_overdue():
    trip = ReturnFactory(planned=-20)
    Return.objects.filter(pk=trip.pk).update(planned_on=TODAY)
    assert actions.mark_overdue() == 0


def test_a_running_placement_is_none_of_its_business():
    PlacementFactory(first=-200, last=-100)
    assert actions.mark_overdue() == 0


@pytest.mark.parametrize(
    ("code", "zone", "hour", "marked"),
    [
        # Planned on 1 November, seven days allowed: overdue from 9 November, where the office is.
        ("GT-CHM", "America/Guatemala", datetime(2026, 11, 9, 5, 59, tzinfo=UTC), 0),
        ("GT-CHM", "America/Guatemala", datetime(2026, 11, 9, 6, 0, tzinfo=UTC), 1),
        ("NZ-HAS", "Pacific/Auckland", datetime(2026, 11, 8, 10, 59, tzinfo=UTC), 0),
        ("NZ-HAS", "Pacific/Auckland", datetime(2026, 11, 8, 11, 0, tzinfo=UTC), 1),
    ],
)
def test_the_day_begins_with_the_clock_of_the_office(monkeypatch, code, zone, hour, marked):
    monkeypatch.setattr("django.utils.timezone.now", lambda: hour)
    office = make_office(code, time_zone=zone)
    planned = date(2026, 11, 1)
    began = dict.fromkeys(("registered_on", "planned_start", "departed_on", "arrived_on"), date(2026, 5, 1))
    trip = ReturnFactory(planned_on=planned, case={"office": office, "planned_end": planned, **began})
    assert actions.mark_overdue() == marked
    if marked:
        assert status_of(trip) == "return_overdue"
        assert CaseEvent.objects.get(to_status="return_overdue").on == date(2026, 11, 9)


def test_one_bad_record_never_stops_the_rest(monkeypatch, caplog):
    trips = [ReturnFactory(planned=-10) for _ in range(3)]
    usual = cases.move

    def move(enrolment, *args, **kwargs):
        if enrolment.pk == trips[1].enrolment_id:
            raise ValueError("broken")
        return usual(enrolment, *args, **kwargs)

    monkeypatch.setattr(cases, "move", move)
    assert actions.mark_overdue() == 2
    assert [status_of(trip) for trip in trips] == ["return_overdue", "ended", "return_overdue"]
    monkeypatch.setattr(cases, "move", usual)
    assert actions.mark_overdue() == 1


def test_the_task_is_known_to_the_clock():
    from iomcase.celery import BEAT, app

    assert BEAT["returns.mark_overdue"] == timedelta(hours=1).total_seconds()
    assert "returns.mark_overdue" in app.tasks
    ReturnFactory(planned=-10)
    assert tasks.mark_overdue() == 1
