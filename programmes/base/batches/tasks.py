"""Celery's doors. Each makes one call; each is safe to run twice, at the same moment and after a kill."""

from celery import shared_task

from programmes.base.batches import runner


@shared_task(name="batches.work")
def work(pk):
    """Carry a batch on for half a minute."""
    runner.work(pk)


@shared_task(name="batches.sweep")
def sweep():
    """Find batches that were left behind."""
    runner.sweep()


@shared_task(name="batches.remove_expired")
def remove_expired():
    """Remove files of exports whose time is over."""
    runner.remove_expired()
