"""The hall of tasks: Celery looks here, and only here, for what each room lets it do."""

from programmes.base.notifications import tasks as notifications

__all__ = ["notifications"]
