"""Celery doors of this room."""

from celery import shared_task

from programmes.journey.returns import actions


@shared_task(name="returns.mark_overdue", ignore_result=True)
def mark_overdue() -> int:
    """Mark overdue returns. Runs each hour, because a new day begins at another hour in each office."""
    return actions.mark_overdue()
