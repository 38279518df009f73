"""The hourly job that makes follow-ups due: by each office's day, once, one bad case never stopping the others."""

from datetime import UTC, date, datetime

import pytest

from programmes.desk.casefile import actions as casefile
from programmes.journey.reintegration import actions, tasks
from programmes.models import CaseEvent, FollowUp, Step
from tests.factories.reintegration import FollowUpFactory, ReintegrationFactory, ago
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TODAY = date.today()


def follow_up(days_ago=0, status="in_reintegration", **fields):
    plan = ReintegrationFactory(returned=120, status="in_monitoring", case={"status": status})
    return FollowUpFactory(reintegration=plan, **{"due_on": ago(days_ago), **fields})


def statuses():
    return list(FollowUp.objects.order_by("pk").values_list("status", flat=True))


def test_what_is_due_is_marked_once_and_awaited():
    due, coming = follow_up(), follow_up(-1)
    follow_up(3, status="closed")
    assert actions.mark_due() == 1
    assert statuses() == ["due", "scheduled", "scheduled"]
    assert actions.mark_due() == 0
    event = CaseEvent.objects.get(subject="follow_up", subject_id=due.pk)
    assert (event.to_status, event.by) == ("due", None)
    steps = dict(Step.objects.open().filter(kind="follow_up").values_list("enrolment", "due_on"))
    assert steps == {due.enrolment_id: due.due_on, coming.enrolment_id: coming.due_on}


@pytest.mark.parametrize(
    ("code", "zone", "hour", "marked"),
    [
        ("GT-CHM", "America/Guatemala", datetime(2027, 2, 28, 5, 59, tzinfo=UTC), 0),
        ("GT-CHM", "America/Guatemala", datetime(2027, 2, 28, 6, 0, tzinfo=UTC), 1),
        ("NZ-HAS", "Pacific/Auckland", datetime(2027, 2, 27, 10, 59, tzinfo=UTC), 0),
        ("NZ-HAS", "Pacific/Auckland", datetime(2027, 2, 27, 11, 0, tzinfo=UTC), 1),
    ],
)
def test_the_day_begins_with_the_clock_of_the_office(monkeypatch, code, zone, hour, marked):
    one = follow_up(due_on=date(2027, 2, 28))
    one.enrolment.office = make_office(code, time_zone=zone)
    one.enrolment.save()
    monkeypatch.setattr("django.utils.timezone.now", lambda: hour)
    assert actions.mark_due() == marked


def test_a_reopened_case_awaits_its_follow_up_again(user_for):
    one = follow_up()
    manager = user_for("manager")
    actions.mark_due()
    casefile.close(one.enrolment, by=manager, reason="chose_to_stop", outcome="…", on=TODAY)
    casefile.reopen(one.enrolment, by=manager, reason="new_facts")
    assert not Step.objects.open().filter(kind="follow_up").exists()
    assert actions.mark_due() == 0
    # The plan was agreed long ago: only the follow-up is awaited.
    assert list(Step.objects.open().values_list("kind", "due_on")) == [("follow_up", one.due_on)]
    one.enrolment.refresh_from_db()
    assert (one.enrolment.next_step, one.enrolment.next_due_on) == ("follow_up", one.due_on)


def test_one_bad_record_never_stops_the_rest(monkeypatch):
    ones = [follow_up() for _ in range(3)]
    usual = FollowUp.move_to

    def move_to(self, *args, **kwargs):
        if self.pk == ones[1].pk:
            raise ValueError("broken")
        return usual(self, *args, **kwargs)

    monkeypatch.setattr(FollowUp, "move_to", move_to)
    assert actions.mark_due() == 2
    assert statuses() == ["due", "scheduled", "due"]


def test_the_task_is_known_to_the_clock():
    from iomcase.celery import BEAT, app

    assert BEAT["reintegration.mark_due"] == 3600
    assert "reintegration.mark_due" in app.tasks
    follow_up()
    assert tasks.mark_due() == 1
