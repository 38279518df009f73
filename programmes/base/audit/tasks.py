"""Celery's doors to the chain over history. Each is safe to run twice, at the same moment and after a kill."""

from celery import shared_task

from programmes.base.audit import letters, seals


@shared_task(name="audit.seal")
def seal():
    """Every ten minutes: seal what has settled."""
    seals.seal()


@shared_task(name="audit.send_head")
def send_head():
    """Each hour: tell auditors once a day where the chain ends."""
    letters.queue_head()
