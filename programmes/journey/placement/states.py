"""The machine of a placement (domain.md 2.3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    PLANNED = "planned", _("planned")
    STARTED = "started", _("started")
    COMPLETED = "completed", _("completed")
    TERMINATED_EARLY = "terminated_early", _("terminated early")
    TRANSFERRED_OUT = "transferred_out", _("transferred out")
    CANCELLED = "cancelled", _("cancelled")


PLACEMENT = Machine(
    name="placement",
    states=Status,
    moves={
        Status.PLANNED: frozenset({Status.STARTED, Status.CANCELLED}),
        Status.STARTED: frozenset({Status.COMPLETED, Status.TERMINATED_EARLY, Status.TRANSFERRED_OUT}),
    },
    reasons=frozenset({Status.TERMINATED_EARLY, Status.CANCELLED}),
    groups={
        "standing": frozenset(
            {Status.PLANNED, Status.STARTED, Status.COMPLETED, Status.TERMINATED_EARLY, Status.TRANSFERRED_OUT}
        )
    },
)
