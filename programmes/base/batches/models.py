"""Work on many rows at once: a batch, and every single row of it with what was received and what became of it.

A batch is the truth, Celery only a hint: whoever takes it up claims rows that are still to do (runner.py).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from psycopg import sql
from psycopg.types.json import Json

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.batches.kinds import KINDS
from programmes.base.batches.states import AT_WORK, BATCH, ROW_TONES, TONES, Outcome, RowState, Status
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.common.storage import RandomName, private_storage
from programmes.base.lifecycle.models import Lifecycle

# Columns that workers write while the batch runs: they make no page stale.
KEPT_BY_WORKERS = ("total", "counts", "outcomes", "read_to", "is_read", "heartbeat_at", "finished_at")


class BatchQuerySet(RecordQuerySet):
    """Batches, and who may see them."""

    def visible_to(self, user):
        """One's own, and those of the offices where one oversees that kind of work."""
        seen = Q(created_by=user)
        by_right: dict[Permission, list[str]] = {}
        for kind in KINDS.values():
            by_right.setdefault(kind.overseen_with, []).append(kind.code)
        for permission, codes in by_right.items():
            for reach in user.reach(permission):
                # A right that is limited to programmes does not open what may be about others.
                if reach.programme_ids is None:
                    seen |= Q(kind__in=codes, office__in=reach.office_ids)
        return self.filter(seen)

    def at_work(self):
        """What workers should have in hand."""
        return self.filter(status__in=AT_WORK)


class Batch(Lifecycle, Record):
    """One import, bulk deed or export: who asked for it, for which office, how far it is."""

    MACHINE = BATCH

    kind = models.CharField(_("kind"), max_length=40)
    office = models.ForeignKey(Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="batches")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFTED, editable=False)
    title = models.CharField(_("title"), max_length=200, blank=True)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    total = models.PositiveIntegerField(_("rows"), default=0)
    counts = models.JSONField(default=dict)
    outcomes = models.JSONField(default=dict)
    file = models.FileField(_("file"), storage=private_storage, upload_to=RandomName("batches"), blank=True)
    file_name = models.CharField(_("file name"), max_length=150, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.PositiveBigIntegerField(_("size"), default=0)
    result = models.FileField(_("result"), storage=private_storage, upload_to=RandomName("batches"), blank=True)
    result_name = models.CharField(max_length=150, blank=True)
    expires_on = models.DateField(_("file is kept until"), null=True, blank=True)
    read_to = models.PositiveIntegerField(default=0, editable=False)
    is_read = models.BooleanField(default=False, editable=False)
    problem = models.JSONField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("confirmed by"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("undone by"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["created_by", "-created_at", "-id"], name="batch_by_person"),
            models.Index(fields=["office", "-created_at", "-id"], name="batch_by_office"),
            # The sweep looks for these each minute and must never read what is done.
            models.Index(fields=["heartbeat_at"], name="batch_at_work", condition=Q(status__in=sorted(AT_WORK))),
            models.Index(fields=["expires_on"], name="batch_with_file", condition=Q(expires_on__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="batch_status_known",
                violation_error_message=_("Unknown status."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="batch_confirmed_at_and_by",
                violation_error_message=_("A confirmation has its time and its person."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("created_by")),
                name="batch_confirmed_by_a_second_person",
                violation_error_message=_("Somebody else has to confirm this."),
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | Q(problem__isnull=False),
                name="batch_failed_says_why",
                violation_error_message=_("A batch that stopped says why."),
            ),
            models.UniqueConstraint(
                fields=["kind", "office", "file_sha256"],
                condition=~Q(file_sha256="") & ~Q(status__in=[Status.CANCELLED, Status.FAILED, Status.UNDONE]),
                name="batch_same_file_once_per_office",
                violation_error_message=_("This very file was uploaded before."),
            ),
        ]
        triggers = [BATCH.trigger(), count_versions(but_not=KEPT_BY_WORKERS)]

    def __str__(self):
        return self.title or self.file_name or self.kind

    def get_absolute_url(self):
        """Its page."""
        return reverse("batches:detail", args=[self.public_id])

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES[self.status]

    @property
    def is_at_work(self) -> bool:
        """Whether workers have it in hand, so that its page looks again by itself."""
        return self.status in AT_WORK

    @property
    def finished_rows(self) -> int:
        """How many rows the present work has behind it."""
        left = {Status.STAGING: RowState.RECEIVED, Status.RUNNING: RowState.STAGED, Status.UNDOING: RowState.DONE}
        waiting = left.get(Status(self.status))
        return self.total - self.counts.get(waiting, 0) if waiting else self.total

    def count(self, state: str) -> int:
        """How many rows stand in this state."""
        return self.counts.get(state, 0)


class BatchRowQuerySet(models.QuerySet):
    """Rows of batches."""

    def claimed(self, state: str, most: int):
        """Lock up to `most` rows that nobody else has in hand, lowest number first."""
        return self.filter(state=state).order_by("number")[:most].select_for_update(skip_locked=True, of=("self",))

    def copy_in(self, rows: Iterable["BatchRow"]) -> int:
        """Write new rows with COPY; return how many. For tens of thousands: triggers and constraints judge as ever."""
        table, columns = BatchRow._meta.db_table, _COPIED
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        written = 0
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_for_copy(name, getattr(row, name)) for name in columns])
                written += 1
        return written


class BatchRow(models.Model):
    """One row: what was received, what it means, what was wrong with it, what became of it, how to take it back.

    `raw` holds the cells as they came; `values` what they mean to the kind; `problems` what is wrong (column, value,
    code, facts: said in the reader's language by problems.py); `found` records it may be about; `decision` what a
    person chose; `subject` and `subject_id` the record it made or changed, `after` that record's version afterwards
    and `before` what is needed to put it back.
    """

    batch = models.ForeignKey(Batch, verbose_name=_("batch"), on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"))
    state = models.CharField(_("state"), max_length=10, choices=RowState, default=RowState.RECEIVED)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)
    raw = models.JSONField(default=list)
    values = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    problems = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    found = models.JSONField(default=list)
    decision = models.CharField(_("decision"), max_length=40, blank=True)
    subject = models.CharField(max_length=20, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    after = models.PositiveIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row")
        verbose_name_plural = _("rows")
        ordering = ["batch", "number"]
        indexes = [
            models.Index(fields=["batch", "state", "number"], name="batch_row_by_state"),
            models.Index(
                fields=["subject", "subject_id"], name="batch_row_by_subject", condition=Q(subject_id__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="batch_row_once",
                violation_error_message=_("This row was read before."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values),
                name="batch_row_state_known",
                violation_error_message=_("Unknown state."),
            ),
            models.CheckConstraint(
                condition=~Q(state=RowState.DONE) | ~Q(outcome=""),
                name="batch_row_done_has_an_outcome",
                violation_error_message=_("A row that is done says what became of it."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RowState.REFUSED, RowState.FAILED, RowState.STUCK]) | ~Q(problems=[]),
                name="batch_row_refused_says_why",
                violation_error_message=_("A row that is refused says why."),
            ),
        ]
        triggers = [
            # What was received stays as it was received.
            pgtrigger.Protect(name="received_once", operation=pgtrigger.UpdateOf("raw", "number", "batch_id")),
        ]

    def __str__(self):
        return str(self.number)

    @property
    def status_tone(self) -> str:
        """The tone of the state's tag."""
        return ROW_TONES[self.state]

    def done(self, outcome: str, *, subject: models.Model | None = None, before: Any = None) -> None:
        """Note that the deed was done on `subject` (its version is kept for the way back). Written by the runner."""
        self.state, self.outcome = RowState.DONE, str(outcome)
        if subject is not None:
            self.subject, self.subject_id = subject._meta.model_name or "", subject.pk
            self.after = getattr(subject, "version", None)
        self.before = before

    def skip(self, *problems: dict) -> None:
        """Note that the row is left out, with the reasons."""
        self.state, self.problems = RowState.SKIPPED, [*self.problems, *problems]

    def refuse(self, *problems: dict) -> None:
        """Note what is wrong with the row."""
        self.state, self.problems = RowState.REFUSED, [*self.problems, *problems]

    def fail(self, *problems: dict) -> None:
        """Note that the deed was tried and refused."""
        self.state, self.outcome, self.problems = RowState.FAILED, "", [*self.problems, *problems]

    def undone(self) -> None:
        """Note that the row was put back."""
        self.state = RowState.UNDONE

    def stick(self, *problems: dict) -> None:
        """Note why the row cannot be put back."""
        self.state, self.problems = RowState.STUCK, [*self.problems, *problems]


_COPIED = (
    "batch_id", "number", "state", "outcome", "raw", "values", "problems", "found", "decision", "subject",
    "subject_id", "after", "before",
)  # fmt: skip
_AS_JSON = {"raw", "values", "problems", "found", "before"}
# What a worker may write into a row.
WRITTEN: Sequence[str] = _COPIED[2:4] + _COPIED[5:]


def _dumps(value: Any) -> str:
    return _ENCODER.encode(value)


_ENCODER = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _for_copy(name: str, value: Any) -> Any:
    return Json(value, dumps=_dumps) if name in _AS_JSON and value is not None else value


_WRITE_BACK = """
UPDATE programmes_batchrow r SET
    state = w.state, outcome = w.outcome, values = w.values, problems = w.problems, found = w.found,
    decision = w.decision, subject = w.subject, subject_id = w.subject_id, after = w.after,
    before = NULLIF(w.before, 'null')
FROM jsonb_to_recordset(%s::jsonb) AS w (
    id bigint, state text, outcome text, values jsonb, problems jsonb, found jsonb, decision text, subject text,
    subject_id bigint, after integer, before jsonb
)
WHERE w.id = r.id
"""


def write_back(rows: Sequence[BatchRow]) -> None:
    """Write what became of these locked rows in one statement, whatever their number.

    Django's bulk_update spends as long on so many columns as the deed itself.
    """
    if not rows:
        return
    written = [{"id": row.pk, **{name: getattr(row, name) for name in WRITTEN}} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_BACK, [_dumps(written)])
