"""What follows when somebody will not travel, and the sentences of this room's deeds."""

from django.utils.translation import gettext_lazy

from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import consequence
from programmes.journey.departure.training import actions
from programmes.journey.enrolment.states import Status

sentences.register(
    {
        "training_seated": gettext_lazy("gave the worker a place in a session: {session}, {day}"),
        "training_left": gettext_lazy("took the worker off a session: {session}"),
        "training_missed": gettext_lazy("noted that the worker did not come to the session: {session}"),
        "orientation_taken_back": gettext_lazy("took back the attendance at the orientation in {place}"),
    }
)

consequence("enrolment", Status.NO_SHOW, Status.WITHDRAWN, Status.UNFIT, Status.REFUSED, Status.ROSTERED)(
    actions.free_the_seat
)
