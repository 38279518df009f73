"""The story of one position: who held it, from when to when, why not any more, and every step it took."""

from django.utils.translation import gettext as _

from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.codes import label
from programmes.journey.demand.models import Position
from programmes.journey.demand.states import PositionStatus
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.selection.models import Selection

# Where the reasons why a position comes free are coded.
REASONS = ("release", "visa_refusal", "unfit", "no_show", "withdrawal", "closure", "suspension", "non_selection")
MOST = 60


def reason_in_words(code: str) -> str:
    """Why a position was given back: a code of one of the lists, or the state the case went to."""
    for name in REASONS:
        words = label(name, code)
        if words != code:
            return words
    return str(Status(code).label) if code in Status.values else code


def holders(position: Position, user) -> list[dict]:
    """Everybody who held the position, the latest first; two queries.

    A worker whose case the reader may not see is told of and not named.
    """
    held = list(
        Selection.objects.filter(position=position).select_related("created_by").order_by("-selected_on", "-pk")
    )
    seen = Enrolment.objects.visible_to(user).select_related("person").in_bulk([one.enrolment_id for one in held])
    return [
        {
            "case": seen.get(one.enrolment_id),
            "named": one.named,
            "since": one.selected_on,
            "until": one.released_on,
            "why": reason_in_words(one.release_reason) if one.released_on else "",
            "by": one.created_by,
        }
        for one in held
    ]


def story(position: Position) -> list[dict]:
    """Each step of the position in a sentence, newest first, as components/timeline.html shows it; one query."""
    events = (
        CaseEvent.objects.filter(subject="position", subject_id=position.pk)
        .select_related("by")
        .order_by("-at", "-id")[:MOST]
    )
    return [
        {
            "at": event.at,
            "icon_name": "next",
            "text": _("%(who)s: “%(from)s” became “%(to)s”")
            % {
                "who": event.by.full_name if event.by else _("The system"),
                "from": PositionStatus(event.from_status).label,
                "to": PositionStatus(event.to_status).label,
            },
            "note": reason_in_words(event.reason) if event.reason else "",
        }
        for event in events
    ]
