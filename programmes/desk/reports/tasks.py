"""Celery's door. It makes one call; it is safe to run twice, at the same moment and after a kill."""

from celery import shared_task

from programmes.desk.reports import actions


@shared_task(name="reports.run_due")
def run_due() -> int:
    """Each minute: make the reports whose time has come."""
    return actions.run_due()
