"""The kinds of work a batch can be. The rooms that know the deed register them here at start-up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise

from accounts.roles import Permission

if TYPE_CHECKING:
    from programmes.base.batches.models import Batch, BatchRow


class Kind:
    """One kind of batch: what it is called, who may ask for it, what it does with rows and how it takes that back.

    A room subclasses it and registers one instance. `apply`, `undo` and `check` get rows that this worker has
    locked, inside a transaction that is committed after them; they may raise for the whole chunk (RuleBroken, an
    error of the database): the chunk is then split until the row at fault stands alone. They change rows with
    `row.done()`, `row.skip()`, `row.refuse()`, `row.undone()`, `row.stick()`; the runner writes them.
    """

    code: ClassVar[str] = ""
    title: ClassVar[str | Promise] = ""
    icon: ClassVar[str] = "list"
    # The right to ask for it, asked again whenever a worker takes it up; and the right to see those of others.
    permission: ClassVar[Permission] = Permission.SELF
    overseen_with: ClassVar[Permission] = Permission.CASE_ASSIGN
    # Rows of one transaction.
    chunk: ClassVar[int] = 500
    # Workers that share one batch.
    hands: ClassVar[int] = 2
    can_be_undone: ClassVar[bool] = True
    # Whether whoever asked gets a letter at the end also of short work.
    always_told: ClassVar[bool] = False
    # The code of what is said about a row that a person has to decide; once decided it is said no longer.
    doubt: ClassVar[str] = ""
    # The word on the button that starts it; "" where "carry out the ready rows" says it best.
    do: ClassVar[str | Promise] = ""
    # What has to be known before it starts; "" when nothing has.
    warning: ClassVar[str | Promise] = ""
    # What rows in these states are called, where "ready" says too little; and the sentence over those that are ready.
    state_words: ClassVar[Mapping[str, str | Promise]] = {}
    on_ready: ClassVar[str | Promise] = ""
    # Column code → label, for lists of rows and for files.
    columns: ClassVar[Mapping[str, str | Promise]] = {}

    def is_permitted(self, batch: "Batch", by) -> bool:
        """Whether this person may (still) have this done in the batch's office."""
        return any(batch.office_id in reach.office_ids for reach in by.reach(self.permission))

    def may_confirm(self, batch: "Batch", user) -> bool:
        """Whether this person may confirm what somebody else asked for."""
        return user.pk != batch.created_by_id and self.is_permitted(batch, user)

    def needs_second(self, batch: "Batch") -> bool:
        """Whether a second person has to confirm the batch before it is carried out."""
        return False

    def about(self, batch: "Batch") -> list[dict]:
        """Facts for the page of the batch: dicts of label and value (components/facts.html)."""
        return []

    def present(self, rows: Sequence["BatchRow"], user) -> Iterable[dict]:
        """For each row what the page shows: `name`, `href` ("" where the reader may not see it), `cells`."""
        return [{"name": "", "href": "", "cells": []} for _row in rows]

    def ways(self, batch: "Batch", user) -> list[dict]:
        """Ways on from the page of the batch that only this kind has: dicts of label, href, primary."""
        return []

    def stage(self, batch: "Batch", by, *, going: "Going") -> None:
        """Make the rows, in as many transactions as it takes; runs in one worker at a time and may begin anew.

        Nothing to do for kinds whose rows exist from the start (`actions.open_batch(rows=…)`).
        """

    def check(self, batch: "Batch", rows: Sequence["BatchRow"], by) -> None:
        """Judge received rows: each becomes staged, refused, doubtful or skipped."""
        raise NotImplementedError

    def after_checking(self, batch: "Batch", by) -> None:
        """When every row is checked, in the transaction that says so: what needs all rows at once."""

    def apply(self, batch: "Batch", rows: Sequence["BatchRow"], by) -> None:
        """Carry the rows out."""
        raise NotImplementedError

    def finish(self, batch: "Batch", by) -> None:
        """When every row is carried out, in the transaction that says so. Files are written by `write`."""

    def write(self, batch: "Batch", by, *, going: "Going") -> Any:
        """For exports: write the file (files.py) and return it with its name, or None. Outside any transaction."""
        return

    def undo(self, batch: "Batch", rows: Sequence["BatchRow"], by) -> None:
        """Put rows back: those unchanged since become undone, the others stuck with the reason."""
        raise NotImplementedError


class Going:
    """What a long piece of work asks now and then: may I go on? Each asking is a heartbeat."""

    def __call__(self, read_to: int | None = None) -> bool:
        """Whether the batch still wants to be worked on; notes how far it was read."""
        raise NotImplementedError


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind to the table."""
    KINDS[kind.code] = kind
    return kind


def of(batch: "Batch") -> Kind:
    """The kind of a batch. Raises LookupError for one that no room registers any more."""
    try:
        return KINDS[batch.kind]
    except KeyError:
        raise LookupError(f"No room knows the batch kind {batch.kind!r}.") from None
