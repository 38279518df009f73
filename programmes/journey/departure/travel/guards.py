"""What follows when somebody will not travel, and the sentences of this room's deeds."""

from django.utils.translation import gettext_lazy

from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence
from programmes.base.rulebook.codes import label
from programmes.journey.departure.travel import actions
from programmes.journey.enrolment.states import Status

sentences.register(
    {
        "joined_group": gettext_lazy("put the booked trip into a flight group: {flight}"),
        "ticket_given": gettext_lazy("recorded the ticket number for {flight}"),
        "leads_group": gettext_lazy("made this worker the leader of the flight group: {flight}"),
        "flight_called_off": gettext_lazy("called the flight off, {called_off}: the seat on {flight} is given up"),
        "flight_leg_removed": gettext_lazy("removed a leg of the journey: {flight}"),
        "flight_delayed": gettext_lazy("noted new times of flight {flight}: {flight_now} instead of {flight_was}"),
    }
)

sentences.quote("called_off", lambda code: label("flight_called_off", code))

consequence("enrolment", Status.NO_SHOW, Status.WITHDRAWN, Status.UNFIT)(actions.free_the_seat)
