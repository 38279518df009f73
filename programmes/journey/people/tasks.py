"""Celery's doors of this room; each is safe to run twice."""

from celery import shared_task

from programmes.journey.people import dictionary, photos


@shared_task(name="people.sweep_photos")
def sweep_photos():
    """Each day: remove files of photos that no row names."""
    photos.sweep()


@shared_task(name="people.tidy_dictionary")
def tidy_dictionary():
    """Each day: forget words of names that nobody bears any more, such as those of whoever was anonymised."""
    dictionary.tidy()
