"""What every record has: a public identifier, who made it and when, a version token."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common.errors import Stale


class RecordQuerySet(models.QuerySet):
    """QuerySet of records; rooms add their own sentences."""

    def locked(self):
        """Lock only the rows themselves, and not their keys, so that notes on them may still be written."""
        return self.select_for_update(of=("self",), no_key=True)


def count_versions(*, but_not: tuple[str, ...] = ()) -> pgtrigger.Trigger:
    """A trigger that raises `version` with every change, also one made by SQL or in the admin site.

    `but_not` names columns that are kept by the machine (next due day …): a change of those alone leaves the
    version as it is, so that an open form does not grow stale without anybody's doing.
    """
    return pgtrigger.Trigger(
        name="count_versions",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.AnyChange(exclude=["version", *but_not]),
        func="IF NEW.version = OLD.version THEN NEW.version = OLD.version + 1; END IF; RETURN NEW;",
    )


class Record(models.Model):
    """A row that people see: addressed by `public_id`, joined by its integer key, edited against its `version`."""

    public_id = models.UUIDField(gettext_lazy("public identifier"), default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(gettext_lazy("created at"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("created by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    version = models.PositiveIntegerField(gettext_lazy("version"), default=1, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field):  # noqa: N802 Django's name
        # What Django puts behind get_status_display() translates every choice of the field to show one of them, which
        # was a quarter of the time of a page with fifty cases.
        value = getattr(self, field.attname)
        return str(next((words for known, words in field.flatchoices if known == value), value))

    def write(self, *fields: str) -> None:
        """Save only the named fields, and count the version."""
        self.version += 1
        self.save(update_fields=[*fields, "version"])

    def expect_version(self, token: int | None) -> None:
        """Raise Stale unless the form was opened on this very version. Call it after locking the row."""
        if token is None or int(token) != self.version:
            raise Stale(_("This record was changed after you opened it. See what changed and send again."))


class Submission(models.Model):
    """A form that was sent: the row that makes pressing twice harmless.

    Inserted in the transaction of the deed under the form's key; a second sender waits for the first, finds the
    row and is led to the same result.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    digest = models.CharField(max_length=64)
    result_url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key"],
                name="submission_once_per_key",
                violation_error_message=gettext_lazy("This form was sent before."),
            )
        ]

    def __str__(self):
        return str(self.key)
