"""Files that are kept: a row for each, its content in the private storage."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.files.rules import JPEG, size_words


def scanner_is_set_up() -> bool:
    """Whether files are given to a virus scanner."""
    return bool(settings.CLAMAV)


class StoredFileQuerySet(RecordQuerySet):
    """Files, whoever they belong to. They are reached through the record they belong to, which asks for rights."""

    def uploaded(self):
        """Those that came from people."""
        return self.filter(made=False)

    def to_scan(self, *, again_before):
        """Those without a verdict, and those found clean so long ago that the scanner has learnt since."""
        old = Q(status=StoredFile.Status.CLEAN, scanned_at__lt=again_before)
        return self.uploaded().filter(Q(status=StoredFile.Status.WAITING) | old)

    def bytes(self) -> int:
        """What they take together."""
        return self.aggregate(taken=Sum("size"))["taken"] or 0


class StoredFile(Record):
    """A file in the private storage. Its content never changes; another content is another file.

    `stored` is its random name there, never shown and in no address; `name` is what people read. What the file
    belongs to is said by a row of the room that keeps it. `office` pays for the place, `enrolment` counts it.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("not scanned")
        CLEAN = "clean", _("clean")
        INFECTED = "infected", _("infected")

    stored = models.CharField(_("stored name"), max_length=100, unique=True, editable=False)
    name = models.CharField(_("file name"), max_length=100)
    kind = models.CharField(_("media type"), max_length=80)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    # Written by iomcase itself: needs no scan, and does not count among the files of a case.
    made = models.BooleanField(_("made here"), default=False)
    office = models.ForeignKey("accounts.Office", verbose_name=_("office"), on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(
        "programmes.Enrolment", verbose_name=_("case"), on_delete=models.CASCADE, null=True, blank=True,
        related_name="files",
    )  # fmt: skip
    status = models.CharField(_("scan"), max_length=8, choices=Status, default=Status.WAITING, editable=False)
    scanned_at = models.DateTimeField(_("scanned at"), null=True, blank=True)
    finding = models.CharField(_("what the scanner found"), max_length=100, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["office"], include=["size"], name="stored_file_bytes_by_office"),
            models.Index(fields=["status", "scanned_at"], condition=Q(made=False), name="stored_file_to_scan"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0), name="stored_file_not_empty", violation_error_message=_("The file is empty.")
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "clean", "infected"]),
                name="stored_file_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [
            count_versions(),
            pgtrigger.Protect(
                name="content_is_kept", operation=pgtrigger.UpdateOf("stored", "name", "kind", "size", "sha256", "made")
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_available(self) -> bool:
        """Whether it may be handed out: once a scanner is set up, only what it found clean."""
        if self.status == self.Status.WAITING:
            return not scanner_is_set_up()
        return self.status == self.Status.CLEAN

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it; only what we encoded ourselves."""
        return self.kind == JPEG and not self.made

    @property
    def size_words(self) -> str:
        """Its size for people."""
        return size_words(self.size)

    @property
    def scan_words(self) -> str:
        """What is to be said about the scan; empty when all is well."""
        if self.made or self.status == self.Status.CLEAN:
            return ""
        if self.status == self.Status.INFECTED:
            return str(_("Quarantined: the virus scanner found something in it."))
        if scanner_is_set_up():
            return str(_("Waiting for the virus scanner; it can be opened afterwards."))
        return str(_("Not scanned: no virus scanner is set up."))
