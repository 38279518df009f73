"""What the system has said by itself: reports of the past months, letters to the demo users."""

from contextlib import suppress
from datetime import date

from dateutil.relativedelta import relativedelta
from django.utils import timezone

from accounts.models import User
from programmes.base.common.errors import RuleBroken
from programmes.base.papers import actions as papers
from programmes.base.papers.models import LetterTemplate
from programmes.base.rulebook.models import Programme
from programmes.desk.reports import actions, letters, rules
from programmes.desk.reports.models import ReportRun, ReportSchedule
from programmes.journey.enrolment.letters import queue_assigned
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status

MONTHS_OF_REPORTS = 3
LETTERS = 3
PAPERS = ("consulate-letter", "contract-summary", "travel-sheet")


def make_reports(programmes: list[Programme], today: date) -> None:
    """A monthly schedule for each programme, and the reports of the last months that are over by now."""
    now = timezone.now()
    for programme in programmes:
        zone = programme.offices.order_by("pk").values_list("time_zone", flat=True)[0]
        schedule, _new = ReportSchedule.objects.get_or_create(programme=programme, defaults={"time_zone": zone})
        actions.reschedule(schedule, now)
        for back in range(MONTHS_OF_REPORTS, 0, -1):
            first, last = rules.month_of(today - relativedelta(months=back))
            known = ReportRun.objects.filter(programme=programme, period_from=first, asked_by__isnull=True)
            if rules.end_of(last, actions.zone_of(programme)) <= now and not known.exists():
                run = actions.make(programme, month=first)
                if back == 1:
                    letters.queue_ready(run)


def issue_letters(caseworker: User, today: date) -> None:
    """A few letters on paper about workers who are ready to travel; the worker makes their files when it starts."""
    ready = Enrolment.objects.owned_by(caseworker).filter(status=Status.READY_TO_TRAVEL).order_by("id")
    for enrolment, code in zip(ready, PAPERS, strict=False):
        languages = ["es", "fr" if enrolment.programme.destination == "CAN" else "en"]
        template = LetterTemplate.objects.get(code=code)
        with suppress(RuleBroken):  # a fact that this template names is missing in an invented case
            papers.issue(enrolment, by=caseworker, template=template, languages=languages, on=today)


def write_letters(caseworker: User, manager: User) -> None:
    """A few letters of cases that the manager gave to the caseworker, so that the mailbox is not empty."""
    newest = Enrolment.objects.open().owned_by(caseworker).select_related("owner").order_by("-registered_on", "-id")
    for enrolment in newest[:LETTERS]:
        queue_assigned(enrolment, by=manager)
