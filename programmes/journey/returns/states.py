"""The machine of a return (domain.md 2.3)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    PLANNED = "planned", _("planned")
    BOOKED = "booked", _("booked")
    DEPARTED = "departed", _("departed")
    ARRIVED_CONFIRMED = "arrived_confirmed", _("arrival confirmed")
    POSTPONED = "postponed", pgettext_lazy("journey home", "postponed")
    MISSED = "missed", pgettext_lazy("journey home", "missed")


# A postponed or missed return is planned again.
RETURN = Machine(
    name="return",
    states=Status,
    moves={
        Status.PLANNED: frozenset({Status.BOOKED, Status.POSTPONED}),
        Status.BOOKED: frozenset({Status.DEPARTED, Status.MISSED}),
        Status.DEPARTED: frozenset({Status.ARRIVED_CONFIRMED}),
        Status.POSTPONED: frozenset({Status.PLANNED}),
        Status.MISSED: frozenset({Status.PLANNED}),
    },
    reasons=frozenset({Status.POSTPONED, Status.MISSED}),
)
