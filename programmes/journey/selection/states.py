"""The machine of a candidacy: how somebody stands who was put forward for a demand (domain.md 2.2, stage 5)."""

from django.db import models
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class CandidacyStatus(models.TextChoices):
    LISTED = "listed", pgettext_lazy("candidacy", "on the shortlist")
    RESERVE = "reserve", pgettext_lazy("candidacy", "on the reserve list")
    SELECTED = "selected", pgettext_lazy("candidacy", "selected")
    NOT_SELECTED = "not_selected", pgettext_lazy("candidacy", "not selected")
    RELEASED = "released", pgettext_lazy("candidacy", "position given back")


C = CandidacyStatus
# Whoever was turned down or gave a position back may be put forward again; a result is corrected by another one.
CANDIDACY = Machine(
    name="candidacy",
    states=CandidacyStatus,
    moves={
        C.LISTED: frozenset({C.RESERVE, C.SELECTED, C.NOT_SELECTED}),
        C.RESERVE: frozenset({C.SELECTED, C.NOT_SELECTED}),
        C.SELECTED: frozenset({C.RELEASED}),
        C.NOT_SELECTED: frozenset({C.LISTED, C.RESERVE, C.SELECTED}),
        C.RELEASED: frozenset({C.LISTED, C.RESERVE, C.SELECTED}),
    },
    reasons=frozenset({C.NOT_SELECTED, C.RELEASED}),
    groups={
        # Still to be decided: these may be given a result.
        "waiting": frozenset({C.LISTED, C.RESERVE}),
        # May be put on the shortlist once more.
        "away": frozenset({C.NOT_SELECTED, C.RELEASED}),
    },
)

TONES = {
    C.LISTED: "active", C.RESERVE: "waiting", C.SELECTED: "done", C.NOT_SELECTED: "neutral", C.RELEASED: "problem",
}  # fmt: skip


class ProposalStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("proposal", "open")
    ACCEPTED = "accepted", pgettext_lazy("proposal", "accepted")
    PASSED = "passed", pgettext_lazy("proposal", "passed over")
    LAPSED = "lapsed", pgettext_lazy("proposal", "lapsed")
