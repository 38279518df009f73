"""The diary of an employer or a demand in sentences, newest first, as components/timeline.html shows it."""

from django.utils.translation import gettext as _

from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.codes import label

REASONS = ("employer_suspension", "demand_return", "demand_rejection", "demand_cancellation", "demand_closing")


def story_of(record, *, most: int = 12) -> list[dict]:
    """The latest lines about a record with a lifecycle: who did what, the reason and the note as given. One query."""
    events = (
        CaseEvent.objects.filter(subject=record.MACHINE.name, subject_id=record.pk)
        .select_related("by")
        .order_by("-at", "-id")[:most]
    )
    return [_told(event, record.MACHINE.states) for event in events]


def _told(event: CaseEvent, states) -> dict:
    who = event.by.full_name if event.by else _("The system")
    moved = event.kind == CaseEvent.Kind.MOVE
    if moved:
        text = _("%(who)s: “%(from)s” became “%(to)s”") % {
            "who": who,
            "from": states(event.from_status).label,
            "to": states(event.to_status).label,
        }
    else:
        text = f"{who} {sentences.sentence(event)}"
    reason = next((words for name in REASONS if (words := label(name, event.reason)) != event.reason), event.reason)
    return {
        "at": event.at,
        "icon_name": "next" if moved else "pen",
        "text": text,
        "note": " · ".join(part for part in (reason, event.note) if part),
    }
