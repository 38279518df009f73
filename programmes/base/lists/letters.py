"""What this room writes to staff: a request for names waits for you; your request was decided."""

from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import EXPORT_ASKED, EXPORT_DECIDED


def queue_asked(export, managers) -> None:
    """One letter to each manager who can decide."""
    for manager in managers:
        notifications.queue(
            key=f"export_asked:{export.pk}:{manager.pk}",
            to=manager,
            kind=EXPORT_ASKED,
            context={"who": export.created_by.full_name},
            path=export.get_absolute_url(),
        )


def queue_decided(export) -> None:
    """One letter to whoever asked."""
    notifications.queue(
        key=f"export_decided:{export.pk}",
        to=export.created_by,
        kind=EXPORT_DECIDED,
        context={"approved": int(export.state == export.State.READY)},
        path=export.get_absolute_url(),
    )
