"""Judging many cases at once, by the very guards and requirements that the move itself asks."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation

from programmes.base.common.errors import Missing
from programmes.journey.departure import papers
from programmes.journey.departure.readiness import rules
from programmes.journey.departure.readiness.models import Readiness
from programmes.journey.enrolment import requirements
from programmes.journey.enrolment.models import Enrolment

# What the guards read of a case beside the facts that they share.
RELATED = ("person", "programme", "season", "office")
# Cases that share one reading of their facts: enough that the queries cost nothing, few enough for the memory.
CHUNK = 1000


def blockers(enrolment) -> list[Missing]:
    """Everything between this case and travel: what the move says that is asked next. The one definition."""
    return rules.each_once(enrolment.missing_for(rules.asked_move(enrolment.status)))


def judge(pks: Iterable[int]) -> list[Readiness]:
    """The rows, unsaved, of those of these cases in which travel is prepared; each by the date of its office."""
    found = Enrolment.objects.filter(pk__in=list(pks), status__in=rules.PREPARED).select_related(*RELATED)
    cases = sorted(found, key=lambda case: (case.office.time_zone, case.pk))
    rows: list[Readiness] = []
    # The words of what is missing are kept for the rare thing without words of its own: in the main language.
    with translation.override(settings.LANGUAGE_CODE):
        for zone, there in groupby(cases, key=lambda case: case.office.time_zone):
            with timezone.override(ZoneInfo(zone)):
                rows += _judged(list(there))
    return rows


def _judged(cases: Sequence[Enrolment]) -> list[Readiness]:
    requirements.read_together(cases)
    today, now = timezone.localdate(), timezone.now()
    return [_row(case, today, now) for case in cases]


def _row(case, today, now) -> Readiness:
    standings = requirements.standings(case, stages=rules.stages_before(rules.asked_move(case.status)))
    # The guards ask for parts of the same.
    case.judged = standings
    missing = blockers(case)
    first = missing[0] if missing else None
    ends = rules.expiries(case, standings, today)
    address = case.get_absolute_url()
    read = papers.of(case)
    trip = next((trip for trip in read.trips if trip.cancelled_on is None), None)
    selection = read.selection
    return Readiness(
        enrolment=case,
        ready=not missing,
        blockers=len(missing),
        blocker=first.code if first else "",
        waits_for=first.waits_for if first else "",
        # Until a row says otherwise: the present answer is as old as the state of the case.
        since=case.status_since,
        standings=[rules.kept(standing).as_data(address) for standing in standings],
        others=_others(missing, {rules.code_of(standing.requirement) for standing in standings}, address),
        papers=rules.papers_missing(standings),
        demand=selection.position.demand if selection else None,
        named=bool(selection and selection.named),
        departs_on=trip.departs_on if trip else case.planned_start,
        flight=trip.flight if trip else "",
        expires_on=ends[0][0] if ends else None,
        expires=ends[0][1] if ends else "",
        changes_on=rules.changes_on(standings, today),
        judged_at=now,
    )


def _others(missing: Iterable[Missing], required: set[str], address: str) -> list[Any]:
    """What is missing and is no requirement of the programme: code, who acts, address, words."""
    return [
        [item.code, item.waits_for, rules.shortened(item.href, address), str(item.label)]
        for item in missing
        if item.code not in required
    ]
