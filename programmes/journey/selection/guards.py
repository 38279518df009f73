"""What selection adds to the moves of a case: a held position before, and giving it back after."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.common.wording import short_day
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.base.rulebook.codes import label
from programmes.journey.demand.states import DemandStatus
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions, ending, replacing

S = Status
# Whoever comes back to the roster from these gave a position back on the way there.
GAVE_BACK = frozenset({S.REFUSED, S.NO_SHOW, S.SUSPENDED})

sentences.register(
    {
        "position_reserved": gettext_lazy("reserved position {position} of demand {demand}"),
        "position_offered": gettext_lazy("offered the position to the worker"),
        "position_proposed": gettext_lazy("next in line: position {position} of demand {demand} came free"),
        "put_forward": gettext_lazy("put on the shortlist of demand {demand}"),
        "put_on_reserve": gettext_lazy("put on the reserve list of demand {demand}"),
        "not_selected": gettext_lazy("not selected for demand {demand}"),
        "reserve_moved_up": gettext_lazy("moved up on the reserve list"),
        "interviews_planned": gettext_lazy("planned interviews on {interviews_on}"),
        "invited": gettext_lazy("gave an interview on {interviews_on} at {time}"),
    }
)
sentences.quote("interviews_on", lambda day: short_day(date.fromisoformat(day)))


@guard("enrolment", S.SELECTED)
def holds_a_position(enrolment, *, to, on, by=None):
    """Nobody is selected without a position; the deed that selects reserves it first."""
    if actions.live_of(enrolment) is None:
        yield Missing(
            "position", _("A vacant position of a demand"), reverse("casefile:move", args=[enrolment.public_id, to])
        )


@guard("enrolment", S.IN_DOCUMENTATION)
def still_holds_a_position(enrolment, *, to, on, by=None):
    """A refused visa gives the position back at once: who applies again is selected again first."""
    if enrolment.status == S.REFUSED and actions.live_of(enrolment) is None:
        yield Missing(
            "position",
            _("A position: the one held before was given back. Put the case on the roster and select it again"),
            reverse("casefile:move", args=[enrolment.public_id, S.ROSTERED]),
        )


@consequence("enrolment", S.WITHDRAWN, S.ROSTERED, S.REFUSED, S.UNFIT, S.NO_SHOW, S.CLOSED, S.SUSPENDED)
def free_the_position(enrolment, *, event, by):
    """Whoever leaves the way abroad, through whichever door, leaves the position to others."""
    given = actions.give_back(enrolment, by=by, on=event.on, reason=event.reason or event.to_status)
    if enrolment.status == S.ROSTERED and (given or event.from_status in GAVE_BACK):
        # The stay was that of the demand; the next selection brings its own.
        enrolment.planned_start = enrolment.planned_end = None
        enrolment.write("planned_start", "planned_end")


@consequence("enrolment", *[state for state in S if state != S.ROSTERED])
def leave_the_reserve(enrolment, *, event, by):
    """Who is on the roster no more cannot take a position: the next of the reserve list is proposed instead."""
    if event.from_status == S.ROSTERED and actions.is_proposed(enrolment):
        replacing.let_go(enrolment, by=by, on=event.on)


@consequence("demand", DemandStatus.CLOSED, DemandStatus.CANCELLED)
def end_the_selection(demand, *, event, by):
    """Nobody waits for a demand that is over, and whoever was not selected is told."""
    reasons = "demand_cancellation" if event.to_status == DemandStatus.CANCELLED else "demand_closing"
    ending.end(demand, by=by, on=event.on, given_up=label(reasons, event.reason) if event.reason else "")
