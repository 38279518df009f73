"""Celery's door. It makes one call; it is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from programmes.journey.departure import actions


@shared_task(name="departure.age_documents")
def age_documents():
    """Each hour: what has expired by the date of its office."""
    actions.age_everywhere(timezone.now())
