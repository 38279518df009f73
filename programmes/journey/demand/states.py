"""The machines of a job demand and of each of its positions (domain.md 2.3)."""

from django.db import models
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class DemandStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("demand", "draft")
    SUBMITTED = "submitted", pgettext_lazy("demand", "submitted")
    UNDER_REVIEW = "under_review", pgettext_lazy("demand", "under review")
    APPROVED = "approved", pgettext_lazy("demand", "approved")
    RETURNED = "returned", pgettext_lazy("demand", "returned for correction")
    REJECTED = "rejected", pgettext_lazy("demand", "rejected")
    OPEN = "open", pgettext_lazy("demand", "open")
    PARTLY_FILLED = "partly_filled", pgettext_lazy("demand", "partly filled")
    FILLED = "filled", pgettext_lazy("demand", "filled")
    CLOSED = "closed", pgettext_lazy("demand", "closed")
    CANCELLED = "cancelled", pgettext_lazy("demand", "cancelled")
    EXPIRED = "expired", pgettext_lazy("demand", "expired")


D = DemandStatus
# Domain.md names the forward path; a demand falls back from (partly) filled when a position comes free again, a
# returned demand is corrected and submitted once more, and one that nobody fills any further is closed as it is.
DEMAND = Machine(
    name="demand",
    states=DemandStatus,
    moves={
        D.DRAFT: frozenset({D.SUBMITTED, D.CANCELLED}),
        D.SUBMITTED: frozenset({D.UNDER_REVIEW, D.CANCELLED}),
        D.UNDER_REVIEW: frozenset({D.APPROVED, D.RETURNED, D.REJECTED, D.CANCELLED}),
        D.RETURNED: frozenset({D.SUBMITTED, D.CANCELLED}),
        D.APPROVED: frozenset({D.OPEN, D.CANCELLED, D.EXPIRED}),
        D.OPEN: frozenset({D.PARTLY_FILLED, D.FILLED, D.CANCELLED}),
        D.PARTLY_FILLED: frozenset({D.OPEN, D.FILLED, D.CLOSED, D.CANCELLED}),
        D.FILLED: frozenset({D.PARTLY_FILLED, D.OPEN, D.CLOSED}),
    },
    # Closing before all positions are filled needs one too: why the rest was given up.
    reasons=frozenset({D.RETURNED, D.REJECTED, D.CANCELLED, (D.PARTLY_FILLED, D.CLOSED)}),
    groups={
        "editable": frozenset({D.DRAFT, D.RETURNED}),
        "taking": frozenset({D.OPEN, D.PARTLY_FILLED}),
        # These follow how many positions are given away.
        "following": frozenset({D.OPEN, D.PARTLY_FILLED, D.FILLED}),
        # These claim positions of the authorisation behind them.
        "claiming": frozenset({D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN, D.PARTLY_FILLED, D.FILLED, D.CLOSED}),
        "over": frozenset({D.REJECTED, D.CLOSED, D.CANCELLED, D.EXPIRED}),
    },
)


class PositionStatus(models.TextChoices):
    VACANT = "vacant", pgettext_lazy("position", "vacant")
    RESERVED = "reserved", pgettext_lazy("position", "reserved")
    OFFERED = "offered", pgettext_lazy("position", "offered")
    ACCEPTED = "accepted", pgettext_lazy("position", "accepted")
    OCCUPIED = "occupied", pgettext_lazy("position", "occupied")
    VACATED = "vacated", pgettext_lazy("position", "vacated")
    DECLINED = "declined", pgettext_lazy("position", "declined")
    LOST = "lost", pgettext_lazy("position", "lost")


P = PositionStatus
# `lost` returns the position to `vacant` (domain.md); so do a declined offer and a reservation that is given back.
POSITION = Machine(
    name="position",
    states=PositionStatus,
    moves={
        P.VACANT: frozenset({P.RESERVED}),
        P.RESERVED: frozenset({P.OFFERED, P.VACANT}),
        P.OFFERED: frozenset({P.ACCEPTED, P.DECLINED}),
        P.DECLINED: frozenset({P.VACANT}),
        P.ACCEPTED: frozenset({P.OCCUPIED, P.LOST}),
        P.LOST: frozenset({P.VACANT}),
        P.OCCUPIED: frozenset({P.VACATED}),
    },
    reasons=frozenset({P.LOST}),
    groups={
        "held": frozenset({P.RESERVED, P.OFFERED, P.ACCEPTED, P.OCCUPIED}),
        "taken": frozenset({P.ACCEPTED, P.OCCUPIED}),
        # Filled once and for all: also after the worker went home.
        "given": frozenset({P.ACCEPTED, P.OCCUPIED, P.VACATED}),
    },
)
