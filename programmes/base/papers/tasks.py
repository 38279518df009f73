"""Celery's doors. Each makes one call; each is safe to run twice, at the same moment and after a kill."""

from celery import shared_task

from programmes.base.papers import actions


@shared_task(name="papers.make")
def make(pk):
    """Make the file of one letter."""
    actions.make(pk)


@shared_task(name="papers.sweep")
def sweep():
    """Each half minute: letters that were left behind."""
    actions.sweep()
