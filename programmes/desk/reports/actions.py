"""Making reports: by schedule, and at somebody's wish."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.desk.reports import indicators, letters, rules
from programmes.desk.reports.models import Kind, ReportRun, ReportSchedule

log = structlog.get_logger(__name__)

_FIGURES = {Kind.MONTHLY_OPERATIONS: indicators.monthly_operations}


def zone_of(programme) -> ZoneInfo:
    """On whose calendar the programme's months begin and end: its schedule's, else its first office's."""
    named = programme.report_schedules.values_list("time_zone", flat=True).first()
    office = programme.offices.order_by("pk").values_list("time_zone", flat=True).first()
    return ZoneInfo(named or office or "UTC")


def make(programme, *, month: date, by=None, kind: str = Kind.MONTHLY_OPERATIONS) -> ReportRun:
    """Count the figures of the month that `month` lies in and keep them.

    `by` asked for it; None is the schedule, of which there is one run per programme and month: a second one is
    refused by the database. Raises RuleBroken for a month that is not over.
    """
    zone = zone_of(programme)
    first, last = rules.month_of(month)
    if rules.end_of(last, zone) > timezone.now():
        raise RuleBroken(_("This month is not over yet."), field="month")
    figures = _FIGURES[Kind(kind)](programme, first, last, zone=zone)
    return ReportRun.objects.create(
        programme=programme,
        kind=kind,
        period_from=first,
        period_to=last,
        method=rules.METHOD,
        figures=figures,
        asked_by=by,
        created_by=by,
    )


def run_due(now: datetime | None = None) -> int:
    """Make every report whose time has come, also of months that were missed; returns how many were made.

    Run each minute by Celery. Harmless to run twice or twice at once: each schedule is locked while it is worked
    on, another runner passes it over, and a month is made once. A schedule that fails is logged, and the others go on.
    """
    now = now or timezone.now()
    made = 0
    due = ReportSchedule.objects.filter(active=True).exclude(next_run_at__gt=now)
    for pk in due.order_by("pk").values_list("pk", flat=True):
        try:
            made += _run_schedule(pk, now)
        except Exception:
            log.exception("report_not_made", schedule=pk)
    return made


@transaction.atomic
def _run_schedule(pk: int, now: datetime) -> int:
    rows = ReportSchedule.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    schedule = rows.select_related("programme").filter(pk=pk, active=True).exclude(next_run_at__gt=now).first()
    if schedule is None:
        return 0
    zone = ZoneInfo(schedule.time_zone)
    made = 0
    run_at = schedule.next_run_at
    for _month in range(rules.MOST_MONTHS_BEHIND):
        if run_at is None or run_at > now:
            break
        made += _make_once(schedule, rules.period_of(run_at, zone)[0])
        run_at = rules.next_run(run_at, day=schedule.day, hour=schedule.hour, zone=zone)
    reschedule(schedule, now if run_at is None or run_at <= now else None, run_at=run_at)
    return made


def _make_once(schedule: ReportSchedule, month: date) -> int:
    first, last = rules.month_of(month)
    there = ReportRun.objects.filter(
        programme=schedule.programme, kind=schedule.kind, period_from=first, period_to=last, asked_by__isnull=True
    )
    if there.exists():
        return 0
    run = make(schedule.programme, month=first, kind=schedule.kind)
    letters.queue_ready(run)
    return 1


def reschedule(schedule: ReportSchedule, now: datetime | None = None, *, run_at: datetime | None = None) -> None:
    """Write down when the report is made next: `run_at`, or the first time after `now` that the row describes.

    For a schedule that is new or was changed, call it with the present moment: the past is not made up for.
    """
    if now is not None:
        zone = ZoneInfo(schedule.time_zone)
        run_at = rules.next_run(now, day=schedule.day, hour=schedule.hour, zone=zone)
    schedule.next_run_at = run_at
    ReportSchedule.objects.filter(pk=schedule.pk).update(next_run_at=run_at)
