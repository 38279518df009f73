"""Celery doors of this room."""

from celery import shared_task

from programmes.journey.reintegration import actions


@shared_task(name="reintegration.mark_due", ignore_result=True)
def mark_due() -> int:
    """Mark follow-ups that have become due. Runs each hour, because a new day begins at another hour in each office."""
    return actions.mark_due()
