"""The hall of configuration pages: Django looks here, and only here, for those of each room."""

from programmes.base.notifications import admin as notifications

__all__ = ["notifications"]
