"""What was recorded about a person, also under records that were taken into this one: their diaries read as one."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from programmes.base.lifecycle import sentences
from programmes.base.lifecycle.models import CaseEvent
from programmes.journey.people.duplicates.unmerging import everyone_in
from programmes.journey.people.models import Person

MOST_SHOWN = 12


class Entry(NamedTuple):
    """One line as components/timeline.html shows it."""

    at: datetime
    text: str
    note: str
    icon_name: str


def of_person(person: Person) -> list[Entry]:
    """The newest lines about the person themselves; what happened in a case stands on its page."""
    lines = CaseEvent.objects.filter(person__in=everyone_in(person), enrolment__isnull=True)
    return [
        Entry(
            event.at,
            f"{event.by.full_name if event.by else _('The system')} {sentences.sentence(event)}",
            event.note,
            "done",
        )
        for event in lines.select_related("by").order_by("-at", "-id")[:MOST_SHOWN]
    ]
