"""What this room writes to staff: a case was given to you."""

from django.utils import timezone

from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import CASE_ASSIGNED


def queue_assigned(enrolment, *, by) -> None:
    """One letter to the new owner. The version in the key makes a second assignment of the same case a new letter."""
    notifications.queue(
        key=f"case_assigned:{enrolment.pk}:{enrolment.version}:{timezone.now():%Y%m%d}",
        to=enrolment.owner,
        kind=CASE_ASSIGNED,
        context={"case_number": enrolment.number},
        path=enrolment.get_absolute_url(),
        enrolment=enrolment,
    )
