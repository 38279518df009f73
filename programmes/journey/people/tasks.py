"""Celery's doors of this room; each is safe to run twice."""

from celery import shared_task

from programmes.journey.people import photos


@shared_task(name="people.sweep_photos")
def sweep_photos():
    """Each day: remove files of photos that no row names."""
    photos.sweep()
