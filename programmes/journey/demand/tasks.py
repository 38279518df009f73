"""Celery's door to the daily look at lapsed authorisations."""

from celery import shared_task
from django.utils import timezone

from programmes.journey.demand import actions


@shared_task(name="demand.expire_lapsed")
def expire_lapsed():
    """Daily: approved demands whose authorisation has lapsed become expired. Safe to run twice."""
    actions.expire_lapsed(timezone.localdate())
