"""What follows for the way home whenever a case moves, and the sentences of this room's deeds."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.common.wording import short_day
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence, guard
from programmes.journey.enrolment.states import Status as CaseStatus
from programmes.journey.returns import actions
from programmes.journey.returns.models import Return
from programmes.journey.returns.states import Status

S = CaseStatus

sentences.register(
    {
        "return_planned": gettext_lazy("planned the return for {planned_on}"),
        "return_booked": gettext_lazy("booked the journey home for {planned_on}"),
        "return_departed": gettext_lazy("recorded the departure for home"),
        "return_postponed": gettext_lazy("put the return off"),
        "return_missed": gettext_lazy("recorded that the journey home was missed"),
    }
)
sentences.quote("planned_on", lambda day: short_day(date.fromisoformat(day)))


@guard("enrolment", S.RETURNED)
def arrival_confirmed(enrolment, *, to, on, by=None):
    """Nobody has returned before somebody confirmed it: the page of the move asks how."""
    if not Return.objects.filter(enrolment=enrolment, status=Status.ARRIVED_CONFIRMED).exists():
        yield Missing(
            "return",
            _("The confirmation of the return"),
            reverse("casefile:move", args=[enrolment.public_id, S.RETURNED]),
        )


@consequence("enrolment", S.ENDED, S.ENDED_EARLY)
def plan_the_way_home(enrolment, *, event, by):
    """When the season is over the return is planned, on the day up to which the stay is planned now."""
    actions.open_return(enrolment, by=by, planned_on=enrolment.planned_end or event.on, on=event.on)
