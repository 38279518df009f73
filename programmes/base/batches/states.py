"""The machine of a batch, and where each of its rows stands."""

from django.db import models
from django.utils.translation import pgettext_lazy

from programmes.base.lifecycle.machine import Machine


class Status(models.TextChoices):
    DRAFTED = "drafted", pgettext_lazy("batch", "being prepared")
    STAGING = "staging", pgettext_lazy("batch", "being checked")
    STAGED = "staged", pgettext_lazy("batch", "checked")
    WAITING = "waiting", pgettext_lazy("batch", "waits for a second person")
    RUNNING = "running", pgettext_lazy("batch", "being carried out")
    PAUSED = "paused", pgettext_lazy("batch", "paused")
    DONE = "done", pgettext_lazy("batch", "done")
    UNDOING = "undoing", pgettext_lazy("batch", "being undone")
    UNDONE = "undone", pgettext_lazy("batch", "undone")
    CANCELLED = "cancelled", pgettext_lazy("batch", "cancelled")
    FAILED = "failed", pgettext_lazy("batch", "stopped by an error")


S = Status
# What workers take up, and what the sweep looks for.
AT_WORK = frozenset({S.STAGING, S.RUNNING, S.UNDOING})
BATCH = Machine(
    name="batch",
    states=Status,
    moves={
        S.DRAFTED: frozenset({S.STAGING, S.STAGED, S.CANCELLED}),
        S.STAGING: frozenset({S.STAGED, S.FAILED, S.CANCELLED}),
        # Checked again after what was decided about the columns changed.
        S.STAGED: frozenset({S.DRAFTED, S.STAGING, S.WAITING, S.RUNNING, S.CANCELLED}),
        S.WAITING: frozenset({S.STAGED, S.RUNNING, S.CANCELLED}),
        S.RUNNING: frozenset({S.DONE, S.PAUSED, S.FAILED}),
        # What is done stays done: a batch that is stopped half-way ends, and can then be undone.
        S.PAUSED: frozenset({S.RUNNING, S.DONE}),
        S.DONE: frozenset({S.UNDOING}),
        S.UNDOING: frozenset({S.UNDONE, S.FAILED}),
        S.FAILED: frozenset({S.STAGING, S.RUNNING, S.UNDOING, S.CANCELLED}),
        S.UNDONE: frozenset(),
        S.CANCELLED: frozenset(),
    },
    groups={"at_work": AT_WORK, "given_up": frozenset({S.CANCELLED, S.UNDONE})},
)
TONES = {
    S.DRAFTED: "neutral",
    S.STAGING: "active",
    S.STAGED: "waiting",
    S.WAITING: "waiting",
    S.RUNNING: "active",
    S.PAUSED: "waiting",
    S.DONE: "done",
    S.UNDOING: "active",
    S.UNDONE: "neutral",
    S.CANCELLED: "neutral",
    S.FAILED: "problem",
}


class RowState(models.TextChoices):
    RECEIVED = "received", pgettext_lazy("row", "not checked yet")
    STAGED = "staged", pgettext_lazy("row", "ready")
    REFUSED = "refused", pgettext_lazy("row", "wrong")
    DOUBTFUL = "doubtful", pgettext_lazy("row", "to decide")
    DONE = "done", pgettext_lazy("row", "done")
    SKIPPED = "skipped", pgettext_lazy("row", "left out")
    FAILED = "failed", pgettext_lazy("row", "failed")
    UNDONE = "undone", pgettext_lazy("row", "undone")
    STUCK = "stuck", pgettext_lazy("row", "could not be undone")


class Outcome(models.TextChoices):
    """What became of a row that is done."""

    CREATED = "created", pgettext_lazy("row", "created")
    MATCHED = "matched", pgettext_lazy("row", "known already")
    CHANGED = "changed", pgettext_lazy("row", "changed")
    UNCHANGED = "unchanged", pgettext_lazy("row", "was so already")
    WRITTEN = "written", pgettext_lazy("row", "message on its way")


R = RowState
# What workers look for in each state of the batch.
TAKEN_UP = {S.STAGING: R.RECEIVED, S.RUNNING: R.STAGED, S.UNDOING: R.DONE}
ROW_TONES = {
    R.RECEIVED: "neutral",
    R.STAGED: "active",
    R.REFUSED: "problem",
    R.DOUBTFUL: "waiting",
    R.DONE: "done",
    R.SKIPPED: "neutral",
    R.FAILED: "problem",
    R.UNDONE: "neutral",
    R.STUCK: "waiting",
}
