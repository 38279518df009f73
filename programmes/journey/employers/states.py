"""An employer may be suspended, which stops new demand, and taken up again."""

from django.db import models
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("employer", "active")
    SUSPENDED = "suspended", pgettext_lazy("employer", "suspended")


EMPLOYER = Machine(
    name="employer",
    states=Status,
    moves={Status.ACTIVE: frozenset({Status.SUSPENDED}), Status.SUSPENDED: frozenset({Status.ACTIVE})},
    reasons=frozenset({Status.SUSPENDED}),
)
