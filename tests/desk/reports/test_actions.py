"""Reports are made on their day, once, also when days were missed, and their managers hear of it."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from programmes.base.common.errors import RuleBroken
from programmes.base.notifications.models import Letter
from programmes.desk.reports import actions, indicators, letters, rules, tasks
from programmes.models import ReportRun, ReportSchedule
from tests.factories.rulebook import ProgrammeFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def schedule(programme):
    """Each month on the first at six in Guatemala, which is noon in UTC; the next time on 1 November 2026."""
    return ReportSchedule.objects.create(
        programme=programme, day=1, hour=6, time_zone="America/Guatemala", next_run_at=utc("2026-11-01T12:00")
    )


def run_at(text: str) -> int:
    with time_machine.travel(utc(text), tick=False):
        return actions.run_due()


def periods():
    return list(ReportRun.objects.order_by("period_from").values_list("period_from", flat=True))


def test_a_report_is_made_when_its_minute_has_come(schedule):
    assert run_at("2026-11-01T11:59") == 0
    assert run_at("2026-11-01T12:00") == 1
    run = ReportRun.objects.get()
    assert (run.period_from, run.period_to) == (dt.date(2026, 10, 1), dt.date(2026, 10, 31))
    assert (run.asked_by, run.method) == (None, rules.METHOD)
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2026-12-01T12:00")


def test_running_again_makes_nothing(schedule):
    assert run_at("2026-11-01T12:00") == 1
    assert run_at("2026-11-01T12:00") == 0
    ReportSchedule.objects.update(next_run_at=utc("2026-11-01T12:00"))
    assert run_at("2026-11-01T12:01") == 0
    assert ReportRun.objects.count() == 1


def test_missed_months_are_made_up_for_in_their_order(schedule):
    assert run_at("2027-02-15T00:00") == 4
    assert periods() == [dt.date(2026, 10, 1), dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)]
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2027-03-01T12:00")


def test_a_schedule_that_was_dead_for_years_does_not_make_hundreds(schedule):
    ReportSchedule.objects.update(next_run_at=utc("2010-01-01T12:00"))
    assert run_at("2026-11-01T12:30") == rules.MOST_MONTHS_BEHIND
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2026-12-01T12:00")


def test_a_new_schedule_waits_for_its_next_day(schedule):
    ReportSchedule.objects.update(next_run_at=None)
    assert run_at("2026-11-05T00:00") == 0
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2026-12-01T12:00")


def test_a_schedule_that_is_switched_off_makes_nothing(schedule):
    ReportSchedule.objects.update(active=False)
    assert run_at("2026-12-01T12:00") == 0


def test_one_that_fails_does_not_stop_the_others(schedule, monkeypatch):
    other = ReportSchedule.objects.create(
        programme=ProgrammeFactory(), time_zone="America/Guatemala", next_run_at=utc("2026-11-01T12:00")
    )
    real = indicators.monthly_operations

    def fails_for_the_first(programme, *args, **kwargs):
        if programme.pk == schedule.programme_id:
            raise ZeroDivisionError
        return real(programme, *args, **kwargs)

    monkeypatch.setitem(actions._FIGURES, "monthly_operations", fails_for_the_first)
    assert run_at("2026-11-01T12:00") == 1
    assert ReportRun.objects.get().programme_id == other.programme_id
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2026-11-01T12:00")


def test_the_month_is_that_of_the_place_and_its_hour_that_of_the_wall(programme):
    schedule = ReportSchedule.objects.create(programme=programme, day=1, hour=6, time_zone="Pacific/Auckland")
    actions.reschedule(schedule, utc("2026-10-30T00:00"))
    # The first of November, six in the morning in Auckland, is still October in UTC.
    assert schedule.next_run_at == utc("2026-10-31T17:00")
    assert run_at("2026-10-31T17:00") == 1
    assert periods() == [dt.date(2026, 10, 1)]


def test_a_changed_hour_counts_from_now_on(schedule):
    schedule.hour, schedule.day = 9, 5
    actions.reschedule(schedule, utc("2026-11-01T11:00"))
    schedule.refresh_from_db()
    assert schedule.next_run_at == utc("2026-11-05T15:00")


def test_the_database_keeps_one_scheduled_report_of_a_month(schedule, user_for):
    with time_machine.travel(utc("2026-11-03T00:00")):
        actions.make(schedule.programme, month=dt.date(2026, 10, 1))
        with pytest.raises(IntegrityError), transaction.atomic():
            actions.make(schedule.programme, month=dt.date(2026, 10, 9))
        asked = actions.make(schedule.programme, month=dt.date(2026, 10, 1), by=user_for("manager"))
    assert asked.period_to == dt.date(2026, 10, 31)
    assert ReportRun.objects.count() == 2


def test_a_month_that_is_not_over_is_refused(programme):
    # One in the morning of the first in UTC is the evening before in Guatemala.
    with time_machine.travel(utc("2026-11-01T01:00")), pytest.raises(RuleBroken, match="not over"):
        actions.make(programme, month=dt.date(2026, 10, 1))
    with time_machine.travel(utc("2026-11-01T06:00")):
        actions.make(programme, month=dt.date(2026, 10, 1))


def test_the_figures_are_kept_as_they_were(schedule, went):
    went("10-01 travelling")
    with time_machine.travel(utc("2026-11-01T12:00")):
        actions.run_due()
    went("10-02 travelling")
    assert ReportRun.objects.get().figures["totals"]["travelling"] == 1


def test_each_manager_of_the_programme_hears_of_it_once(schedule, user_for, django_capture_on_commit_callbacks):
    wanted = {
        user_for("manager", office="GT-CHM"),
        user_for("manager", office="GT"),  # the mission above
        user_for("manager", office="GT-COB", programmes=[schedule.programme], language="en"),
    }
    user_for("manager", office="CO-BOG")
    user_for("manager", office="GT-CHM", programmes=[ProgrammeFactory()])
    user_for("manager", office="GT-CHM", is_active=False)
    user_for("caseworker", office="GT-CHM")
    with django_capture_on_commit_callbacks():
        run_at("2026-11-01T12:00")
    found = Letter.objects.filter(kind="report_ready")
    assert {letter.to for letter in found} == wanted
    run = ReportRun.objects.get()
    assert {letter.path for letter in found} == {f"/reports/{run.public_id}/"}
    assert letters.queue_ready(run) == 0


def test_the_letter_speaks_its_reader_s_language(schedule, user_for):
    user_for("manager", language="es")
    user_for("manager", language="en")
    run_at("2026-11-01T12:00")
    subjects = dict(Letter.objects.values_list("language", "subject"))
    assert "Programa gt-ca" in subjects["es"]
    assert "octubre" in subjects["es"]
    assert "Programme gt-ca" in subjects["en"]
    assert "October" in subjects["en"]


def test_the_task_is_known_to_celery_and_on_its_schedule(schedule):
    from iomcase.celery import BEAT, app

    app.loader.import_default_modules()
    assert "reports.run_due" in app.tasks
    assert BEAT["reports.run_due"] == 60
    with time_machine.travel(utc("2026-11-01T12:00")):
        assert tasks.run_due() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_runners_at_the_same_moment_make_one_report(schedule):
    make_office("GT-CHM")
    made, barrier = [], threading.Barrier(10)

    def run():
        try:
            barrier.wait()
            made.append(actions.run_due(utc("2026-11-01T12:00")))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 1
    assert ReportRun.objects.count() == 1
