"""Where an issued letter stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from programmes.base.lifecycle.machine import Machine


class LetterStatus(models.TextChoices):
    WAITING = "waiting", _("being made")
    READY = "ready", _("in force")
    FAILED = "failed", _("not made")
    SUPERSEDED = "superseded", _("replaced")
    WITHDRAWN = "withdrawn", _("withdrawn")


L = LetterStatus
LETTER = Machine(
    name="letter",
    states=LetterStatus,
    moves={
        L.WAITING: frozenset({L.READY, L.FAILED}),
        L.FAILED: frozenset({L.WAITING}),
        L.READY: frozenset({L.SUPERSEDED, L.WITHDRAWN}),
    },
    reasons=frozenset({L.WITHDRAWN}),
    # What exists on paper, and so is known to the page that checks a letter.
    groups={"issued": frozenset({L.READY, L.SUPERSEDED, L.WITHDRAWN})},
)
TONES = {
    L.WAITING: "waiting",
    L.READY: "done",
    L.FAILED: "problem",
    L.SUPERSEDED: "neutral",
    L.WITHDRAWN: "problem",
}
