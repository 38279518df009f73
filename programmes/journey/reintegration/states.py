"""The machines of a reintegration case and of its follow-ups (domain.md 2.3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    OPENED = "opened", _("opened")
    ASSESSED = "assessed", _("assessed")
    PLAN_DRAFTED = "plan_drafted", _("plan drafted")
    PLAN_AGREED = "plan_agreed", _("plan agreed")
    IN_IMPLEMENTATION = "in_implementation", _("in implementation")
    COMPLETED = "completed", _("completed")
    IN_MONITORING = "in_monitoring", _("in monitoring")
    PAUSED = "paused", _("paused")
    CLOSED = "closed", _("closed")


R = Status
_FORWARD = {
    R.OPENED: R.ASSESSED,
    R.ASSESSED: R.PLAN_DRAFTED,
    R.PLAN_DRAFTED: R.PLAN_AGREED,
    R.PLAN_AGREED: R.IN_IMPLEMENTATION,
    R.IN_IMPLEMENTATION: R.COMPLETED,
    R.COMPLETED: R.IN_MONITORING,
    R.IN_MONITORING: R.CLOSED,
}
# A paused case goes on where it stood; a closed one opens again only with the case it belongs to.
REINTEGRATION = Machine(
    name="reintegration",
    states=Status,
    moves={source: frozenset({target, R.PAUSED, R.CLOSED}) for source, target in _FORWARD.items()}
    | {R.PAUSED: frozenset({*_FORWARD, R.CLOSED}), R.CLOSED: frozenset({R.IN_MONITORING})},
    reasons=frozenset({R.PAUSED, R.CLOSED}),
)


class FollowUpStatus(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    DUE = "due", pgettext_lazy("follow-up", "due")
    DONE = "done", pgettext_lazy("follow-up", "done")
    MISSED = "missed", pgettext_lazy("follow-up", "missed")
    REFUSED = "refused", pgettext_lazy("follow-up", "refused")
    UNREACHABLE = "unreachable", pgettext_lazy("follow-up", "unreachable")


F = FollowUpStatus
FOLLOW_UP = Machine(
    name="follow_up",
    states=FollowUpStatus,
    moves={
        F.SCHEDULED: frozenset({F.DUE}),
        F.DUE: frozenset({F.DONE, F.MISSED, F.REFUSED, F.UNREACHABLE}),
    },
    groups={"answered": frozenset({F.DONE, F.MISSED, F.REFUSED, F.UNREACHABLE})},
)
