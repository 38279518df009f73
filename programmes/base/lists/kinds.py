"""A file that takes longer than a page may: written by a worker, fetched from its page for a week."""

import tempfile

from django.core.files import File
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.batches import actions as batches
from programmes.base.batches.kinds import Kind, register
from programmes.base.batches.models import Batch, BatchRow
from programmes.base.batches.problems import register as register_problems
from programmes.base.batches.states import AT_WORK, Outcome, RowState, Status
from programmes.base.lists import actions, export
from programmes.base.lists.models import Export

register_problems(
    {
        "workbook_full": (
            _("A sheet holds no more than %(most)s rows."),
            _("Ask for the list as CSV, or narrow it first."),
        )
    }
)


class ExportKind(Kind):
    """The file is the one row of this batch. It is handed out by the page of the export, which asks for its rights."""

    code = "export"
    title = _("Export")
    icon = "get"
    permission = Permission.CASE_EXPORT
    overseen_with = Permission.HISTORY_VIEW
    chunk = 1
    hands = 1
    can_be_undone = False

    def ways(self, batch, user):
        """To the page where the file waits."""
        found = Export.objects.visible_to(user).filter(batch=batch).first()
        return [{"label": _("Open the export"), "href": found.get_absolute_url(), "primary": True}] if found else []

    def apply(self, batch, rows, by):
        """Nothing yet: the file is written once, at the end."""
        for row in rows:
            row.done(Outcome.CREATED)

    def write(self, batch, by, *, going):
        """Write the file under the rights that `by` has now, and put it into the private storage."""
        taken = Export.objects.get(batch=batch)
        if taken.file:
            return
        with (
            translation.override(by.language),
            timezone.override(by.zone),
            tempfile.NamedTemporaryFile(suffix=f".{taken.format}") as made,
        ):
            if taken.format == Export.Format.XLSX:
                rows = export.write_workbook(taken, by, made.name, going=going)
            else:
                rows = _write_csv(taken, by, made, going)
            with open(made.name, "rb") as whole:
                taken.file.save(export.file_name(taken), File(whole), save=False)
        Export.objects.filter(pk=taken.pk).update(file=taken.file.name, rows=rows, started_at=None)


def _write_csv(taken, by, made, going) -> int:
    parts, written = export.csv_counted(taken, by)
    lines = 0
    for place, part in enumerate(parts):
        made.write(part)
        lines += part.count(b"\n")
        if place % 20 == 0 and not going(lines):
            raise export.Unreadable("ended_early")
    made.flush()
    return written()


register(ExportKind())


@transaction.atomic
def write_in_background(taken: Export, *, by) -> Batch:
    """Have a worker write the file. Effects: a batch of one row, started at once; none when one writes it already."""
    taken = actions.begin(taken, by=by)
    if taken.batch is not None and taken.batch.status in {*AT_WORK, Status.PAUSED}:
        return taken.batch
    row = BatchRow(number=1, state=RowState.STAGED)
    batch = batches.open_batch("export", by=by, office=taken.office, purpose=taken.why, rows=[row])
    Export.objects.filter(pk=taken.pk).update(batch=batch)
    return batches.start(batch, by=by)
