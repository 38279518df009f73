"""The hall of configuration pages: Django looks here, and only here, for those of each room."""

from programmes.base.notifications import admin as notifications
from programmes.base.papers import admin as papers
from programmes.base.rulebook import admin as rulebook
from programmes.desk.reports import admin as reports
from programmes.journey.people import admin as people

__all__ = ["notifications", "papers", "people", "reports", "rulebook"]
