"""The hall of configuration pages: Django looks here, and only here, for those of each room."""

from programmes.base.notifications import admin as notifications
from programmes.base.rulebook import admin as rulebook
from programmes.desk.reports import admin as reports

__all__ = ["notifications", "reports", "rulebook"]
