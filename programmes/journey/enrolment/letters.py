"""What this room writes to staff: a case was given to you."""

from collections.abc import Sequence

from django.utils import timezone

from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import CASE_ASSIGNED
from programmes.base.notifications.sources import Reminder


def queue_assigned(enrolment, *, by) -> None:
    """One letter to the new owner. The version in the key makes a second assignment of the same case a new letter."""
    queue_assigned_many([enrolment])


def queue_assigned_many(enrolments: Sequence) -> None:
    """The same letter about each of these cases, in a few statements whatever their number."""
    today = f"{timezone.now():%Y%m%d}"
    notifications.queue_many(
        [
            Reminder(
                key=f"case_assigned:{enrolment.pk}:{enrolment.version}:{today}",
                to=enrolment.owner,
                kind=CASE_ASSIGNED,
                context={"case_number": enrolment.number},
                path=enrolment.get_absolute_url(),
                enrolment=enrolment,
            )
            for enrolment in enrolments
        ]
    )
