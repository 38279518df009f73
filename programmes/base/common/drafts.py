"""Drafts: what somebody is typing into a long form, kept on the server while they type.

Not in the browser, because machines are shared. A draft belongs to its writer alone, stands under the key of the page
as it was opened (two tabs are two drafts), is offered again when the page is opened, and is removed when the form was
sent with success or after seven days. `accounts.parking` keeps what was *sent* into a session that was over; a draft
needs no sending, and stays when the session ends.
"""

import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEEP_FOR = datetime.timedelta(days=7)


class DraftQuerySet(models.QuerySet):
    """Drafts; every query starts with their writer."""

    def of(self, user, page: str):
        """What `user` has begun on the page with this address, newest first."""
        return self.filter(user=user, page=page, saved_at__gte=timezone.now() - KEEP_FOR)


class Draft(models.Model):
    """What one person has typed into one opened form, field by field."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(_("page"), max_length=200)
    key = models.UUIDField()
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now, db_index=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "key"],
                name="draft_once_per_opened_form",
                violation_error_message=_("This draft is kept already."),
            )
        ]

    def __str__(self):
        return self.page
