"""Celery's door to what only has to be tidied up."""

from celery import shared_task

from programmes.base.common import drafts


@shared_task(name="drafts.expire")
def expire_drafts():
    """Each hour: forget drafts that nobody came back to."""
    drafts.expire()
