"""Celery's door. Safe to run twice."""

from celery import shared_task

from programmes.base.lists import actions


@shared_task(name="lists.remove_expired")
def remove_expired():
    """Remove files of exports whose week is over; their line in the log stays."""
    actions.remove_expired()
