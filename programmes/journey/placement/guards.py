"""What this room judges and does whenever a case moves, and the sentences of its deeds."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.common.wording import short_day
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.placement import actions
from programmes.journey.placement.models import CheckIn, Placement
from programmes.journey.placement.states import Status

S = CaseStatus

sentences.register(
    {
        "checked_in": gettext_lazy("checked in with the worker ({check_in_mode})"),
        "check_in_tried": gettext_lazy("tried to reach the worker ({check_in_mode})"),
        "extended": gettext_lazy("extended the placement: last day {extended_to} instead of {extended_from}"),
    }
)
for _day in ("extended_from", "extended_to"):
    sentences.quote(_day, lambda day: short_day(date.fromisoformat(day)))
sentences.quote("check_in_mode", lambda mode: str(dict(CheckIn.Mode.choices).get(mode, mode)))


def _move_page(enrolment, target) -> str:
    return reverse("casefile:move", args=[enrolment.public_id, target])


@guard("enrolment", S.ACTIVE)
def at_work(enrolment, *, to, on, by=None):
    """Nobody is on placement without a placement: the arrival's own page makes it."""
    if enrolment.status in {S.ENDED, S.ENDED_EARLY}:
        yield Missing("transfer", _("A new placement with another employer"), waits_for="employer")
    elif not Placement.objects.filter(enrolment=enrolment, status=Status.STARTED).exists():
        yield Missing(
            "placement", _("A placement that has started"), _move_page(enrolment, S.ACTIVE), waits_for="employer"
        )


@guard("enrolment", S.ENDED, S.ENDED_EARLY)
def last_day_recorded(enrolment, *, to, on, by=None):
    """A season ends with its last day of work, which the page of the move asks for."""
    if Placement.objects.filter(enrolment=enrolment, status=Status.STARTED).exists():
        yield Missing("last_day", _("The last day of work"), _move_page(enrolment, to), waits_for="employer")


@consequence("enrolment", S.DECEASED, S.RETURNED, S.WHEREABOUTS_UNKNOWN, S.STATUS_CHANGED)
def nothing_runs_on(enrolment, *, event, by):
    """Whatever still runs of a placement ends with these moves: placement, position, contract."""
    actions.close_down(enrolment, by=by, on=event.on, cause=event.to_status)


@guard("merge", "done")
def one_placement_at_a_time(merge, *, to, on, by=None):
    """Two records of one person cannot have been at work in two places on the same days."""
    theirs = list(_worked(merge.absorbed))
    for one in _worked(merge.survivor):
        for other in theirs:
            if one.starts_on <= (other.ended_on or other.ends_on) and other.starts_on <= (one.ended_on or one.ends_on):
                yield Missing(
                    "one_placement",
                    _("The placements of the cases %(one)s and %(other)s overlap")
                    % {"one": one.enrolment.number, "other": other.enrolment.number},
                    reverse("placement:detail", args=[other.enrolment.public_id]),
                )


def _worked(person):
    return person.placements.exclude(status=Status.CANCELLED).select_related("enrolment").order_by("pk")
