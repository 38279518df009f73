"""What selection adds to the moves of a case: a held position before, and giving it back after."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.journey.enrolment.states import Status
from programmes.journey.selection import actions
from programmes.journey.selection.models import Selection

S = Status

sentences.register(
    {
        "position_reserved": gettext_lazy("reserved position {position} of demand {demand}"),
        "position_offered": gettext_lazy("offered the position to the worker"),
    }
)


@guard("enrolment", S.SELECTED)
def holds_a_position(enrolment, *, to, on, by=None):
    """Nobody is selected without a position; the deed that selects reserves it first."""
    if not Selection.objects.live().filter(enrolment=enrolment).exists():
        yield Missing(
            "position", _("A vacant position of a demand"), reverse("casefile:move", args=[enrolment.public_id, to])
        )


@consequence("enrolment", S.WITHDRAWN, S.ROSTERED, S.UNFIT, S.NO_SHOW, S.CLOSED, S.SUSPENDED)
def free_the_position(enrolment, *, event, by):
    """Whoever leaves the way abroad, through whichever door, leaves the position to others."""
    given = actions.give_back(enrolment, by=by, on=event.on, reason=event.reason or event.to_status)
    if given and enrolment.status == S.ROSTERED:
        # The stay was that of the demand; the next selection brings its own.
        enrolment.planned_start = enrolment.planned_end = None
        enrolment.write("planned_start", "planned_end")
