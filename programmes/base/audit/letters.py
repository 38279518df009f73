"""What this room writes to staff: where the chain over history ends, so that its end is known outside the machine."""

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import Membership, User
from accounts.roles import Role
from programmes.base.audit import seals


def queue_head() -> int:
    """One letter a day to each auditor, when the chain has grown since the last; returns how many are new."""
    last = seals.head()
    if last is None:
        return 0
    # Notifications live above this room, so their queue is named by a setting.
    queue = import_string(settings.LETTER_QUEUE)
    now = timezone.now()
    auditing = Membership.objects.around(now).filter(role=Role.AUDITOR).values("user")
    letters = [
        queue(
            key=f"audit_head:{now:%Y-%m-%d}:{user.pk}",
            to=user,
            kind="audit_head",
            context={"number": last.pk, "head": last.mac},
        )
        for user in User.objects.filter(pk__in=auditing, is_active=True)
    ]
    return sum(letter is not None for letter in letters)
