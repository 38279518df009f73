"""What whoever asked for long work is told when it is over or waits for them: counts and the way there, no names."""

from datetime import timedelta

from programmes.base.batches import kinds
from programmes.base.batches.models import Batch
from programmes.base.batches.states import RowState, Status
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import BATCH_ENDED

# Whoever waits for less still looks at the page, which says the same.
LONG = timedelta(minutes=1)
# So many rows are seldom checked within that time.
MANY_ROWS = 1_000


def queue_ended(batch: Batch) -> None:
    """One letter to whoever asked, or asked to take it back; call it in the transaction that says that it ended.

    An import is always told of: when it is carried out, stopped or undone, and before that when rows have to be decided
    or corrected or were many. Other work is told of when it took a minute.
    """
    if not _is_worth_it(batch):
        return
    to = batch.undone_by if batch.status == Status.UNDONE and batch.undone_by else batch.created_by
    if to is None:
        return
    kind = kinds.KINDS.get(batch.kind)
    notifications.queue(
        # The version tells one ending from the next: a batch may be checked, carried out and undone.
        key=f"batch_ended:{batch.pk}:{batch.version}",
        to=to,
        kind=BATCH_ENDED,
        context={
            "what": kind.title if kind else "",
            "state": str(batch.status),
            "ready": batch.count(RowState.STAGED),
            "to_decide": batch.count(RowState.DOUBTFUL),
            "wrong": batch.count(RowState.REFUSED) + batch.count(RowState.FAILED),
            "done": batch.count(RowState.UNDONE if batch.status == Status.UNDONE else RowState.DONE),
            "left_out": batch.count(RowState.SKIPPED),
            "stuck": batch.count(RowState.STUCK),
        },
        path=batch.get_absolute_url(),
    )


def _is_worth_it(batch: Batch) -> bool:
    kind = kinds.KINDS.get(batch.kind)
    if batch.status == Status.FAILED:
        return True
    if kind is None or not kind.always_told:
        return bool(batch.started_at and batch.finished_at and batch.finished_at - batch.started_at >= LONG)
    waits = batch.count(RowState.DOUBTFUL) + batch.count(RowState.REFUSED)
    return batch.status != Status.STAGED or bool(waits) or batch.total >= MANY_ROWS
