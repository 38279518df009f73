"""What this room writes to staff: many cases were given to you at once."""

from programmes.base.lists.listing import LISTINGS
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import CASES_ASSIGNED


def queue_many_assigned(batch, *, to, count: int) -> None:
    """One letter about all cases of a batch."""
    notifications.queue(
        key=f"cases_assigned:{batch.pk}",
        to=to,
        kind=CASES_ASSIGNED,
        context={"count": count},
        path=LISTINGS["cases"].url("view=mine"),
    )
