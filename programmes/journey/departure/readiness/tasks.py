"""Celery's doors. Each makes one call; each is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from programmes.journey.departure.readiness import actions


@shared_task(name="readiness.keep")
def keep():
    """Every few seconds: judge whatever changed and was not judged at once."""
    actions.keep_all()


@shared_task(name="readiness.pass_time")
def pass_time():
    """Each hour, so that every office's night is met: what may have changed because a day has passed."""
    actions.note_what_time_changes(timezone.now())
