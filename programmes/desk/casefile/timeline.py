"""The story of a case: its diary in sentences, newest first."""

from dataclasses import dataclass
from datetime import datetime

import django_filters
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common import wording
from programmes.base.common.forms import DayField, NearDate
from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.codes import label
from programmes.journey.enrolment.states import Status

# Machines whose moves are told by a deed of their own or by their own sentence; a bare one would only repeat it.
TOLD = (
    "position",
    "document",
    "medical",
    "permit",
    "contract",
    "placement",
    "return",
    "reintegration",
    "follow_up",
    "candidacy",
)
# Where the reason of a move is coded, by the state it leads to.
REASONS = {
    Status.INELIGIBLE: "ineligibility", Status.WITHDRAWN: "withdrawal", Status.SUSPENDED: "suspension",
    Status.REFUSED: "visa_refusal", Status.UNFIT: "unfit", Status.NO_SHOW: "no_show", Status.TURNED_BACK: "turned_back",
    Status.ENDED_EARLY: "early_end", Status.LEFT_EMPLOYMENT: "left_employment", Status.DECEASED: "death",
    Status.CLOSED: "closure", Status.REOPENED: "reopening", Status.VOID_DUPLICATE: "void", Status.ROSTERED: "release",
    Status.IN_DOCUMENTATION: "back_to_documents",
    "not_selected": "non_selection",
    "postponed": "return_delay", "missed": "return_delay", "paused": "reintegration_pause",
}  # fmt: skip
ICONS = {CaseEvent.Kind.MOVE: "case", CaseEvent.Kind.NOTE: "pen"}
KINDS = [
    (CaseEvent.Kind.MOVE, gettext_lazy("Steps of the case")),
    (CaseEvent.Kind.DEED, gettext_lazy("What was recorded")),
    (CaseEvent.Kind.NOTE, gettext_lazy("Notes")),
]


@dataclass(frozen=True)
class Entry:
    """One line as the timeline shows it."""

    at: datetime
    text: str
    note: str
    icon_name: str


def lines(enrolment, *, moves_only: bool = False):
    """The diary lines of a case that its reader sees, with who wrote them; newest first, not yet cut into pages."""
    seen = CaseEvent.objects.filter(enrolment=enrolment).exclude(
        Q(kind=CaseEvent.Kind.MOVE) & Q(subject__in=TOLD, what="")
    )
    if moves_only:
        seen = seen.filter(kind=CaseEvent.Kind.MOVE)
    return seen.select_related("by").order_by("-at", "-id")


class DayFilter(django_filters.DateFilter):
    """A day in ISO form; anything else is said beside the filter."""

    field_class = DayField


class DiaryFilter(django_filters.FilterSet):
    """The lines of one kind, and the story as it stood at the end of a day."""

    kind = django_filters.ChoiceFilter(label=gettext_lazy("Show"), choices=KINDS, empty_label=gettext_lazy("All"))
    until = DayFilter(label=gettext_lazy("Until"), field_name="at", lookup_expr="date__lte", widget=NearDate())

    class Meta:
        model = CaseEvent
        fields: list[str] = []


def told(event: CaseEvent) -> Entry:
    """One line in a sentence: who did what, the reason and the note as they were given."""
    who = event.by.full_name if event.by else _("The system")
    if event.kind == CaseEvent.Kind.MOVE and not event.what:
        states = Status if event.subject == "enrolment" else None
        state = str(states(event.to_status).label) if states else event.to_status
        text = _("%(who)s moved the case to “%(state)s”") % {"who": who, "state": state}
        if event.data.get("override"):
            text = _("%(text)s, as an exception") % {"text": text}
    else:
        text = f"{who} {sentences.sentence(event)}"
    if event.on != event.at.date():
        text = _("%(text)s (happened on %(day)s)") % {"text": text, "day": wording.short_day(event.on)}
    return Entry(at=event.at, text=text, note=_quoted(event), icon_name=ICONS.get(event.kind, "done"))


def _quoted(event: CaseEvent) -> str:
    coded = REASONS.get(event.to_status)
    reason = label(coded, event.reason) if coded else event.reason
    return " · ".join(part for part in (reason, event.note) if part)
