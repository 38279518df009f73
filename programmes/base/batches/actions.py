"""Deeds on a batch: open it, have it checked, start, confirm, pause, continue, end, undo it. Workers do the rest."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Office, User
from programmes.base.batches import kinds
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.problems import problem
from programmes.base.batches.states import RowState, Status
from programmes.base.common.errors import RuleBroken
from programmes.base.notifications.delivery import hint


@transaction.atomic
def open_batch(
    kind: str,
    *,
    by: User,
    office: Office,
    params: Mapping[str, Any] | None = None,
    title: str = "",
    purpose: str = "",
    rows: Iterable[BatchRow] | None = None,
    **file: Any,
) -> Batch:
    """Open a batch. With `rows` (unsaved, each with number, state and what it is about) it is checked already.

    Raises RuleBroken when the right of this kind does not reach the office, and a collision when a file with these
    very bytes is in a batch of the office already (`file`: file, file_name, file_sha256, file_size).
    Effects: the batch, its rows (COPY), a diary line.
    """
    batch = Batch(
        kind=kind, office=office, params=dict(params or {}), title=title[:200], purpose=purpose[:300], created_by=by,
        **file,
    )  # fmt: skip
    if not kinds.of(batch).is_permitted(batch, by):
        raise RuleBroken(_("You have no right to do this in that office."), field="office")
    batch.save()
    if rows is not None:
        counts: Counter[str] = Counter()

        def counted() -> Iterable[BatchRow]:
            for row in rows:
                row.batch_id = batch.pk
                counts[row.state] += 1
                yield row

        BatchRow.objects.copy_in(counted())
        batch.total, batch.counts = counts.total(), dict(counts)
        batch.move_to(Status.STAGED, by=by, total=batch.total, counts=batch.counts, is_read=True)
    return batch


def locked(batch: Batch, version: int | None = None) -> Batch:
    """The batch, locked and fresh; Stale when `version` is not the present one."""
    fresh = Batch.objects.locked().select_related("office", "created_by").get(pk=batch.pk)
    if version is not None:
        fresh.expect_version(version)
    return fresh


@transaction.atomic
def prepare(batch: Batch, *, by: User, params: Mapping[str, Any], identity: str = "") -> Batch:
    """Keep what was found out about the file in another way of reading it; a checked batch goes back to its columns.

    `identity` is that of the sheet that is now meant; a collision when another batch of the office has it.
    """
    batch = locked(batch)
    if batch.status == Status.STAGED:
        batch.move_to(Status.DRAFTED, by=by)
    elif batch.status not in {Status.DRAFTED, Status.FAILED}:
        raise RuleBroken(_("The rows are being checked or carried out already."))
    batch.params = {**batch.params, **params}
    batch.file_sha256 = identity or batch.file_sha256
    batch.write("params", "file_sha256")
    return batch


@transaction.atomic
def check(batch: Batch, *, by: User, params: Mapping[str, Any] | None = None) -> Batch:
    """Have the rows read and checked by workers, from the beginning: earlier rows of this batch are removed."""
    batch = locked(batch)
    if batch.status == Status.STAGED:
        batch.move_to(Status.DRAFTED, by=by)
    batch.rows.all().delete()
    batch.params = {**batch.params, **(params or {})}
    fresh = {"params": batch.params, "total": 0, "counts": {}, "outcomes": {}, "read_to": 0, "is_read": False}
    batch.move_to(Status.STAGING, by=by, problem=None, heartbeat_at=None, **fresh)
    tell(batch)
    return batch


@transaction.atomic
def start(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """Have the ready rows carried out, or ask a second person first. Rows still to decide are left out and say so.

    Raises RuleBroken when no row is ready or the right is gone.
    """
    batch = locked(batch, version)
    kind = kinds.of(batch)
    if not kind.is_permitted(batch, batch.created_by) or not (by == batch.created_by or kind.is_permitted(batch, by)):
        raise RuleBroken(_("You have no right to do this in that office."))
    if not batch.count(RowState.STAGED):
        raise RuleBroken(_("No row is ready. Correct the wrong ones, or decide those that are to decide."))
    if kind.needs_second(batch) and batch.confirmed_by_id is None:
        batch.move_to(Status.WAITING, by=by)
        return batch
    return _run(batch, by=by)


@transaction.atomic
def confirm(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """A second person's word; then the rows are carried out in the name of whoever asked for it."""
    batch = locked(batch, version)
    if not kinds.of(batch).may_confirm(batch, by):
        raise RuleBroken(_("Somebody else with the same right has to confirm this."))
    batch.confirmed_by, batch.confirmed_at = by, timezone.now()
    batch.write("confirmed_by", "confirmed_at")
    return _run(batch, by=by)


def _run(batch: Batch, *, by: User) -> Batch:
    undecided = batch.rows.filter(state=RowState.DOUBTFUL)
    left_out = undecided.update(state=RowState.SKIPPED, problems=[problem("undecided")])
    counts = {**batch.counts, RowState.DOUBTFUL: 0}
    counts[RowState.SKIPPED] = counts.get(RowState.SKIPPED, 0) + left_out
    batch.move_to(Status.RUNNING, by=by, counts=counts, started_at=timezone.now(), heartbeat_at=None, problem=None)
    tell(batch)
    return batch


@transaction.atomic
def send_back(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """The second person does not confirm: back to whoever prepared it."""
    batch = locked(batch, version)
    batch.move_to(Status.STAGED, by=by)
    return batch


@transaction.atomic
def pause(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """Stop after the rows that are in hand at this moment."""
    batch = locked(batch, version)
    batch.move_to(Status.PAUSED, by=by)
    return batch


@transaction.atomic
def resume(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """Go on where it was paused, or try again where it stopped by an error."""
    batch = locked(batch, version)
    target = batch.params.get("stopped_in", Status.RUNNING) if batch.status == Status.FAILED else Status.RUNNING
    batch.move_to(target, by=by, problem=None, heartbeat_at=None)
    tell(batch)
    return batch


@transaction.atomic
def cancel(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """Give it up before anything was done; half-way, end it: what is done stays, the rest is left out."""
    batch = locked(batch, version)
    if batch.status != Status.PAUSED:
        batch.move_to(Status.CANCELLED, by=by)
        return batch
    left = batch.rows.filter(state=RowState.STAGED).update(state=RowState.SKIPPED, problems=[problem("ended_early")])
    counts = {**batch.counts, RowState.STAGED: 0}
    counts[RowState.SKIPPED] = counts.get(RowState.SKIPPED, 0) + left
    batch.move_to(Status.DONE, by=by, counts=counts, finished_at=timezone.now())
    return batch


@transaction.atomic
def undo(batch: Batch, *, by: User, version: int | None = None) -> Batch:
    """Put back every row that nobody has touched since; the others stay and say why."""
    batch = locked(batch, version)
    kind = kinds.of(batch)
    if not kind.can_be_undone:
        raise RuleBroken(_("This kind of work cannot be undone."))
    if not kind.is_permitted(batch, by):
        raise RuleBroken(_("You have no right to do this in that office."))
    batch.move_to(Status.UNDOING, by=by, undone_by=by, heartbeat_at=None, finished_at=None)
    tell(batch)
    return batch


@transaction.atomic
def decide(batch: Batch, *, by: User, choices: Mapping[int, str]) -> int:
    """Write down what a person decided for rows to decide (row number → decision of the kind); returns how many.

    "skip" leaves a row out. Any other decision makes it ready.
    """
    batch = locked(batch)
    if batch.status != Status.STAGED:
        raise RuleBroken(_("Rows are decided while the batch is checked and not yet carried out."))
    rows = list(batch.rows.filter(number__in=choices, state=RowState.DOUBTFUL).order_by("number").select_for_update())
    counts: Counter[str] = Counter(batch.counts)
    doubt = kinds.of(batch).doubt
    for row in rows:
        row.decision = choices[row.number]
        row.problems = [one for one in row.problems if one["code"] != doubt]
        if row.decision == "skip":
            row.skip(problem("left_out"))
        else:
            row.state = RowState.STAGED
        counts[RowState.DOUBTFUL] -= 1
        counts[row.state] += 1
    BatchRow.objects.bulk_update(rows, ["decision", "state", "problems"])
    Batch.objects.filter(pk=batch.pk).update(counts=dict(counts))
    return len(rows)


def tell(batch: Batch) -> None:
    """Tell Celery after the commit. The row is the truth: the sweep finds it without a hint."""
    hands, pk = kinds.of(batch).hands, batch.pk
    transaction.on_commit(lambda: [hint("batches.work", pk) for _hand in range(hands)], robust=True)


def limit_of_one_person() -> int:
    """More rows than this need a second person."""
    return settings.BATCH_CONFIRM_ABOVE
