"""What the desk judges before a case closes, and the sentences it writes."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Missing
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.guards import guard
from programmes.journey.placement.states import Status as PlacementStatus

sentences.register(
    {
        "note_call": gettext_lazy("noted a call"),
        "note_visit": gettext_lazy("noted a visit"),
        "note_office": gettext_lazy("noted a talk at the office"),
        "note_other": gettext_lazy("wrote a note"),
    }
)


@guard("enrolment", "closed")
def nothing_runs(enrolment, *, to, on, by=None):
    """A case is not closed while a placement still runs (domain.md 2.2, stage 22: open items zero)."""
    if enrolment.placements.filter(status=PlacementStatus.STARTED).exists():
        yield Missing(
            "placement", _("The placement still runs"), reverse("placement:detail", args=[enrolment.public_id])
        )
