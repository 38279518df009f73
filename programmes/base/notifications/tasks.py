"""Celery's doors. Each makes one call; each is safe to run twice, at the same moment and after a kill."""

from celery import shared_task

from programmes.base.notifications import actions, delivery, digests


@shared_task(name="notifications.deliver")
def deliver(pk):
    """Send one letter."""
    delivery.deliver([pk])


@shared_task(name="notifications.deliver_many")
def deliver_many(pks):
    """Send up to 500 letters over one connection."""
    delivery.deliver(pks)


@shared_task(name="notifications.sweep")
def sweep():
    """Each minute: find letters that were left behind."""
    delivery.sweep()


@shared_task(name="notifications.send_digests")
def send_digests():
    """Each minute: hand the people whose digest hour has come to the workers."""
    digests.send_due(digests.database_now())


@shared_task(name="notifications.digest_chunk")
def digest_chunk(user_pks):
    """Write the digests of up to 500 people and send them over one connection."""
    delivery.deliver(digests.compose(user_pks, digests.database_now()))


@shared_task(name="notifications.remind_due")
def remind_due():
    """Every five minutes: one letter for each step that is due."""
    actions.remind_due(digests.database_now())
