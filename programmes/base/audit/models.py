"""Row history: each kept by triggers, so that nothing escapes it, not the admin site and not SQL; its seals; who opened
what is not for everybody."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked

__all__ = ["AccessLine", "Seal", "SealedTable", "tracked"]


class AccessLine(models.Model):
    """One line of the access log: somebody opened something that is not for everybody. Written once, never changed.

    `what` is a code, `subject` the public identifier of what was opened. The line stays when that is gone, so it holds
    no key that the database would have to keep alive.
    """

    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    what = models.CharField(_("what"), max_length=40)
    subject = models.CharField(_("subject"), max_length=40)
    enrolment = models.ForeignKey(
        "programmes.Enrolment", verbose_name=_("case"), on_delete=models.DO_NOTHING, null=True, db_constraint=False,
        db_index=False, related_name="access_lines",
    )  # fmt: skip

    class Meta:
        verbose_name = _("line of the access log")
        verbose_name_plural = _("access log")
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["enrolment", "-at"], name="access_line_by_case"),
            models.Index(fields=["by", "-at"], name="access_line_by_person_who"),
            models.Index(fields=["subject", "-at"], name="access_line_by_subject"),
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.what} {self.subject}"


class Seal(models.Model):
    """One link of the chain over what must never change: the rows of one table with keys from `after` to `upto`.

    `digest` is the SHA-256 of these rows as PostgreSQL writes their `columns`, `mac` a keyed hash (HMAC-SHA-256) of
    everything here and of the link before. The key is no part of the database: whoever can write every table, and
    drop every trigger, still cannot make a link (seals.py).
    """

    at = models.DateTimeField(_("sealed at"), default=timezone.now)
    table = models.CharField(_("table"), max_length=63)
    after = models.BigIntegerField()
    upto = models.BigIntegerField()
    count = models.IntegerField(_("rows"))
    columns = ArrayField(models.CharField(max_length=63))
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, unique=True)
    mac = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.table} {self.after}–{self.upto}"


class SealedTable(models.Model):
    """How far a table is sealed: where the job goes on. What proves anything are the links alone."""

    table = models.CharField(max_length=63, unique=True)
    upto = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("sealed table")
        verbose_name_plural = _("sealed tables")

    def __str__(self):
        return self.table
