"""What workers do with a batch: claim rows nobody else has in hand, do them, commit; again until none is left.

Rows are claimed (FOR UPDATE SKIP LOCKED) in the very transaction that does the work, so a worker that is killed at any
moment leaves them as they were, and whatever was committed is not found again. Any number of workers may share a
batch. A row that is refused alone is set aside; the others go on.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from programmes.base.audit.context import many_rows
from programmes.base.batches import kinds, letters, problems
from programmes.base.batches.kinds import Going, Kind
from programmes.base.batches.models import Batch, BatchRow, write_back
from programmes.base.batches.states import AT_WORK, TAKEN_UP, RowState, Status
from programmes.base.common.errors import is_worth_a_retry
from programmes.base.notifications.delivery import hint

log = logging.getLogger(__name__)

# A task works so long, then goes back into the queue, so that others get their turn.
BUDGET_SECONDS = 30
# Waiting for the rows that another worker is reading from the file.
PATIENCE_SECONDS = 0.2
MOST_COLLISIONS = 8
LOCK_SPACE = 20261122
Deed = Callable[[Batch, Sequence[BatchRow], User], None]


def work(pk: int) -> None:
    """Take up a batch for a while. Harmless to call for a batch that is done, gone or in other hands."""
    stop_at = time.monotonic() + BUDGET_SECONDS
    while (batch := _taken_up(pk)) is not None:
        if time.monotonic() > stop_at:
            hint("batches.work", pk)
            return
        by = _acting(batch)
        try:
            kind = kinds.of(batch)
        except LookupError:
            _stop(batch, "unknown_kind")
            return
        if by is None or not kind.is_permitted(batch, by):
            _stop(batch, "no_right")
            return
        try:
            if not _step(kind, batch, by):
                return
        except (DatabaseError, InterfaceError):
            # The server went away or somebody was quicker: the sweep takes it up again.
            raise
        except problems.Unreadable as refusal:
            # A file that cannot be written says why, as one that cannot be read does.
            _stop(batch, refusal.code, **refusal.facts)
            return
        except Exception as error:
            # Nothing is tried for ever: a person sees that it stopped, and may let it go on.
            log.exception("Batch %s stopped: %s", batch.pk, type(error).__name__)
            _stop(batch, "file_gone" if isinstance(error, FileNotFoundError) else "stopped")
            return


def _taken_up(pk: int) -> Batch | None:
    return Batch.objects.at_work().select_related("office").filter(pk=pk).first()


def _acting(batch: Batch) -> User | None:
    """Whose rights hold, read afresh for each chunk: whoever asked for it, or whoever asked to take it back."""
    pk = batch.undone_by_id if batch.status == Status.UNDOING else batch.created_by_id
    return User.objects.filter(pk=pk, is_active=True).first()


def _step(kind: Kind, batch: Batch, by: User) -> bool:
    """One chunk, or the beginning or end of a phase; False when there is nothing for this worker."""
    if batch.status == Status.STAGING and not batch.is_read:
        with _alone(batch) as mine:
            if mine:
                # Another worker may have read on, or to the end, since this one looked.
                fresh = _taken_up(batch.pk)
                return fresh is None or fresh.is_read or _read(kind, fresh, by)
    deed = {Status.STAGING: kind.check, Status.RUNNING: kind.apply, Status.UNDOING: kind.undo}[Status(batch.status)]
    if _chunk(kind, batch, by, deed):
        return True
    if batch.status == Status.STAGING and not batch.is_read:
        time.sleep(PATIENCE_SECONDS)
        return True
    if batch.rows.filter(state=TAKEN_UP[Status(batch.status)]).exists():
        # The last rows are in another worker's hands, who will see to the end.
        return False
    return _end(kind, batch, by)


def _read(kind: Kind, batch: Batch, by: User) -> bool:
    try:
        kind.stage(batch, by, going=_Asking(batch))
    except problems.Unreadable as refusal:
        _stop(batch, refusal.code, **refusal.facts)
        return False
    Batch.objects.filter(pk=batch.pk, status=Status.STAGING).update(is_read=True)
    return True


class _Asking(Going):
    def __init__(self, batch: Batch):
        self.pk, self.status = batch.pk, batch.status

    def __call__(self, read_to: int | None = None) -> bool:
        marks = {"heartbeat_at": Now(), **({"read_to": read_to} if read_to is not None else {})}
        return bool(Batch.objects.filter(pk=self.pk, status=self.status).update(**marks))


@contextmanager
def _alone(batch: Batch) -> Iterator[bool]:
    """Whether this worker alone may read the file or write one. PostgreSQL lets go when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, batch.pk])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, batch.pk])


def _chunk(kind: Kind, batch: Batch, by: User, deed: Deed) -> bool:
    """Claim and do one chunk in one transaction; False when no row was free."""
    for attempt in range(MOST_COLLISIONS):
        try:
            with many_rows(user=by.pk, batch=batch.pk):
                rows = list(batch.rows.claimed(TAKEN_UP[Status(batch.status)], kind.chunk))
                if not rows:
                    return False
                before = [(row.state, row.outcome) for row in rows]
                _carry_out(deed, batch, rows, by)
                write_back(rows)
                _count(batch, before, rows)
                return True
        except DatabaseError as error:
            if not is_worth_a_retry(error) or attempt == MOST_COLLISIONS - 1:
                raise
            # Somebody changed the same records at this moment: nothing of the chunk is there, and it is tried again.
            time.sleep(0.05 * 2**attempt)
    return False


def _carry_out(deed: Deed, batch: Batch, rows: Sequence[BatchRow], by: User) -> None:
    """Do the deed on all rows; when it is refused, on each half, until the row at fault stands alone."""
    untouched = [copy(row.__dict__) for row in rows]
    try:
        with transaction.atomic():
            deed(batch, rows, by)
    except Exception as error:
        if isinstance(error, InterfaceError) or is_worth_a_retry(error) or not connection.is_usable():  # type: ignore[arg-type]
            raise
        for row, fields in zip(rows, untouched, strict=True):
            row.__dict__.clear()
            row.__dict__.update(fields)
        if len(rows) > 1:
            half = len(rows) // 2
            _carry_out(deed, batch, rows[:half], by)
            _carry_out(deed, batch, rows[half:], by)
            return
        why = problems.from_error(error)
        if why is None:
            log.exception("Row %s of batch %s failed: %s", rows[0].number, batch.pk, type(error).__name__)
            why = problems.problem("unexpected")
        {Status.STAGING: rows[0].refuse, Status.RUNNING: rows[0].fail, Status.UNDOING: rows[0].stick}[
            Status(batch.status)
        ](why)


def _count(batch: Batch, before: Sequence[tuple[str, str]], rows: Sequence[BatchRow]) -> None:
    """Carry the counts on. The batch is locked last and shortly, so that workers seldom wait for each other."""
    fresh = Batch.objects.locked().only("counts", "outcomes").get(pk=batch.pk)
    counts, outcomes = dict(fresh.counts), dict(fresh.outcomes)
    for (state, outcome), row in zip(before, rows, strict=True):
        counts[state] = counts.get(state, 0) - 1
        counts[row.state] = counts.get(row.state, 0) + 1
        if row.outcome and row.state == RowState.DONE and outcome != row.outcome:
            outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
        elif outcome and row.state == RowState.UNDONE:
            outcomes[outcome] = outcomes.get(outcome, 0) - 1
    Batch.objects.filter(pk=batch.pk).update(counts=counts, outcomes=outcomes, heartbeat_at=Now())


def _end(kind: Kind, batch: Batch, by: User) -> bool:
    """The phase is over: say so, once. True when there is a next one that workers have to do at once."""
    written = None
    if batch.status == Status.RUNNING:
        with _alone(batch) as mine:
            if not mine:
                return False
            written = kind.write(batch, by, going=_Asking(batch))
            return _say_the_end(kind, batch, by, written)
    return _say_the_end(kind, batch, by, written)


def _say_the_end(kind: Kind, batch: Batch, by: User, written) -> bool:
    with many_rows(user=by.pk, batch=batch.pk):
        fresh = Batch.objects.locked().select_related("office").get(pk=batch.pk)
        if fresh.status != batch.status or fresh.rows.filter(state=TAKEN_UP[Status(fresh.status)]).exists():
            return False
        changes: dict = {"finished_at": timezone.now()}
        if fresh.status == Status.STAGING:
            kind.after_checking(fresh, by)
            changes = recounted(fresh)
        elif fresh.status == Status.RUNNING:
            kind.finish(fresh, by)
            if written:
                changes |= {"result": written.stored, "result_name": written.name, "expires_on": written.expires_on}
        target = {Status.STAGING: Status.STAGED, Status.RUNNING: Status.DONE, Status.UNDOING: Status.UNDONE}
        fresh.move_to(target[Status(fresh.status)], by=None, **changes)
        letters.queue_ended(fresh)
    return False


def recounted(batch: Batch) -> dict:
    """The counts from the rows themselves: after a step that changed many at once."""
    by_state = dict(batch.rows.order_by().values_list("state").annotate(n=Count("pk")))
    return {"counts": by_state, "total": sum(by_state.values())}


def _stop(batch: Batch, code: str, **facts) -> None:
    """Stop the batch with a reason for people, who are told. What is done stays, and it can be taken up again."""
    with transaction.atomic():
        fresh = Batch.objects.locked().get(pk=batch.pk)
        if fresh.status != batch.status:
            return
        params = {**fresh.params, "stopped_in": fresh.status}
        fresh.move_to(Status.FAILED, by=None, params=params, problem=problems.problem(code, **facts))
        letters.queue_ended(fresh)


def sweep() -> int:
    """Each minute and oftener: hand batches that nobody has touched for a while to workers again; returns how many."""
    silent = Now() - timedelta(seconds=settings.BATCH_SWEEP_AFTER_SECONDS)
    left = Batch.objects.filter(status__in=AT_WORK).filter(Q(heartbeat_at__isnull=True) | Q(heartbeat_at__lt=silent))
    waiting = list(left.order_by(F("heartbeat_at").asc(nulls_first=True))[:100])
    for batch in waiting:
        hands = kinds.KINDS[batch.kind].hands if batch.kind in kinds.KINDS else 1
        for _hand in range(hands):
            hint("batches.work", batch.pk)
    return len(waiting)


def remove_expired() -> int:
    """Remove files whose day has come; the rows stay. Returns how many."""
    gone = 0
    for batch in Batch.objects.filter(expires_on__lt=timezone.localdate())[:100]:
        batch.result.delete(save=False)
        Batch.objects.filter(pk=batch.pk).update(result="", expires_on=None)
        gone += 1
    return gone
