"""The hall of tasks: Celery looks here, and only here, for what each room lets it do."""

from programmes.base.audit import tasks as audit
from programmes.base.batches import tasks as batches
from programmes.base.common import tasks as common
from programmes.base.files import tasks as files
from programmes.base.lists import tasks as lists
from programmes.base.notifications import tasks as notifications
from programmes.base.papers import tasks as papers
from programmes.desk.reports import tasks as reports
from programmes.journey.demand import tasks as demand
from programmes.journey.departure import tasks as departure
from programmes.journey.departure.readiness import tasks as readiness
from programmes.journey.people import tasks as people
from programmes.journey.people.duplicates import tasks as duplicates
from programmes.journey.reintegration import tasks as reintegration
from programmes.journey.returns import tasks as returns

__all__ = [
    "audit",
    "batches",
    "common",
    "demand",
    "departure",
    "duplicates",
    "files",
    "lists",
    "notifications",
    "papers",
    "people",
    "readiness",
    "reintegration",
    "reports",
    "returns",
]
