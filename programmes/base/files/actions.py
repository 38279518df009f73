"""Deeds with files: kept under a row, scanned, removed."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Office
from programmes.base.audit.models import AccessLine
from programmes.base.common.errors import RuleBroken
from programmes.base.common.storage import private_storage
from programmes.base.files import scanner, storing
from programmes.base.files.models import StoredFile, scanner_is_set_up
from programmes.base.files.rules import size_words
from programmes.base.lifecycle.models import record
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.delivery import hint
from programmes.base.notifications.kinds import FILE_INFECTED

log = structlog.get_logger(__name__)
Status = StoredFile.Status
# A scanner learns: what was clean is looked at again after so long.
SCAN_AGAIN = timedelta(days=30)
SWEEP_AT_MOST = 500


@transaction.atomic
def keep(
    stored: storing.Stored, *, by, office: Office, enrolment: Any = None, field: str | None = "pages"
) -> StoredFile:
    """Give a stored content its row.

    `enrolment` is the case it belongs to, if any; `by` is None for what the system made. Refused: more uploaded files
    than a case may have, or more bytes than an office (settings FILES_PER_CASE, FILES_OFFICE_MEGABYTES). Effects: the
    row; after the commit the scanner is told when one is set up.
    """
    if enrolment is not None and not stored.made:
        type(enrolment).objects.locked().only("pk").get(pk=enrolment.pk)
        if StoredFile.objects.uploaded().filter(enrolment=enrolment).count() >= settings.FILES_PER_CASE:
            raise RuleBroken(
                _("This case has %(most)d files, as many as it may have. Remove one that is not needed.")
                % {"most": settings.FILES_PER_CASE},
                field=field,
                code="case_is_full",
            )
    # Two people of one office wait for each other here, so that together they do not pass the limit.
    Office.objects.select_for_update(no_key=True).only("pk").get(pk=office.pk)
    if StoredFile.objects.filter(stored=stored.stored).exists():
        raise RuleBroken(_("These files were sent before. Look where they are."), field=field, code="sent_before")
    most = settings.FILES_OFFICE_MEGABYTES * 1_000_000
    if not stored.made and StoredFile.objects.filter(office=office).bytes() + stored.size > most:
        raise RuleBroken(
            _("The files of this office take all the place it has (%(most)s). Tell whoever looks after the system.")
            % {"most": size_words(most)},
            field=field,
            code="office_is_full",
        )
    file = StoredFile.objects.create(
        **vars(stored), office=office, enrolment=enrolment, created_by=by,
        status=Status.CLEAN if stored.made else Status.WAITING,
    )  # fmt: skip
    if scanner_is_set_up() and not stored.made:
        transaction.on_commit(lambda: hint("files.scan", file.pk), robust=True)
    return file


@transaction.atomic
def remove(file: StoredFile) -> None:
    """Remove a file. Effects: the row at once, the content after the commit; the room writes the diary line."""
    name = file.stored
    file.delete()
    transaction.on_commit(lambda: storing.discard(name), robust=True)


def log_reading(file: StoredFile, *, by) -> None:
    """Write into the access log that somebody opened a file."""
    AccessLine.objects.create(by=by, what="file_opened", subject=str(file.public_id), enrolment_id=file.enrolment_id)


def scan(pk: int) -> str:
    """Give one file to the scanner and write down what it says. Returns the file's status.

    Raises scanner.Away when it does not answer: the file goes on waiting, and the sweep asks again.
    """
    file = StoredFile.objects.get(pk=pk)
    try:
        with private_storage().open(file.stored) as content:
            finding = scanner.ask(content)
    except (scanner.Unreadable, FileNotFoundError) as error:
        log.warning("file_not_scanned", pk=pk, error=type(error).__name__)
        return file.status
    return _judge(pk, finding)


@transaction.atomic
def _judge(pk: int, finding: str) -> str:
    """Write the verdict; what is infected is told in the diary of its case and to whoever uploaded it, once."""
    file = StoredFile.objects.locked().filter(pk=pk).first()
    if file is None:
        return ""
    was = file.status
    file.status = Status.INFECTED if finding else Status.CLEAN
    file.finding, file.scanned_at = finding[:100], timezone.now()
    file.write("status", "finding", "scanned_at")
    if finding and was != Status.INFECTED:
        log.error("file_infected", pk=pk)
        record(file, by=None, what="file_infected")
        _tell_uploader(file)
    return file.status


def _tell_uploader(file: StoredFile) -> None:
    """A letter that names the case alone: a name of a file may be that of a person."""
    case: Any = file.enrolment
    if case is not None and file.created_by and file.created_by.is_active:
        notifications.queue(
            key=f"file_infected:{file.pk}", to=file.created_by, kind=FILE_INFECTED,
            context={"case_number": case.number}, path=case.get_absolute_url(), enrolment=case,
        )  # fmt: skip


def scan_waiting() -> int:
    """Scan what waits, and again what was found clean a month ago. Returns how many files got a verdict.

    Harmless twice. Stops at once while the scanner is away.
    """
    if not scanner_is_set_up():
        return 0
    waiting = StoredFile.objects.to_scan(again_before=timezone.now() - SCAN_AGAIN).order_by("pk")
    done = 0
    for pk in waiting.values_list("pk", flat=True)[:SWEEP_AT_MOST]:
        try:
            done += scan(pk) != Status.WAITING
        except scanner.Away:
            log.warning("scanner_away")
            break
        except StoredFile.DoesNotExist:
            continue
    return done
