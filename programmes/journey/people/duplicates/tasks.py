"""Celery door to the search for pairs."""

from celery import shared_task

from programmes.journey.people.duplicates import finding


@shared_task(name="people.look_for_duplicates", ignore_result=True)
def look_for_duplicates() -> int:
    """Look for pairs among people who were written or changed since the last time."""
    return finding.look()
