"""Drafts: what somebody is typing into a long form, kept on the server while they type.

Not in the browser, because machines are shared. A draft belongs to its writer alone, stands under the key of the page
as it was opened (two tabs are two drafts), is offered again when the page is opened, and is removed when the form was
sent with success or after seven days. `accounts.parking` keeps what was *sent* into a session that was over; a draft
needs no sending, and stays when the session ends.
"""

import datetime
import json
import uuid

from django.conf import settings
from django.core import signing
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.parking import SECRETS
from programmes.base.common.models import Submission

KEEP_FOR = datetime.timedelta(days=7)
# More than one person begins on one page and leaves; the oldest go first.
MOST_OF_A_PAGE = 5
LONGEST = 100_000
RESUME = "draft"


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


def token(user, page: str) -> str:
    """What the browser sends with the parts of a form: the page that they belong to, good for this user alone."""
    return signing.dumps([user.pk, page], salt="draft")


def page_of(user, sent: str) -> str | None:
    """The page that a token names, or None when it is not this user's or was bent."""
    try:
        owner, page = signing.loads(sent, salt="draft")
    except (signing.BadSignature, ValueError):
        return None
    return page if owner == user.pk else None


def save(user, page: str, fields: QueryDict) -> Draft | None:
    """Keep what stands in a form of `page`; the form's own `key` tells one opened page from another.

    Returns None, and keeps nothing, when the form has been sent meanwhile (a late save must not bring it back), has no
    key, holds nothing or far too much. Effects: one row; the oldest ones of the page beyond five go.
    """
    key = as_key(fields.get("key"))
    data = {name: values for name, values in fields.lists() if name not in SECRETS | {RESUME}}
    if key is None or not any(v for name, values in data.items() if name != "key" for v in values):
        return None
    if len(json.dumps(data)) > LONGEST:
        return None
    if Submission.objects.filter(user=user, key=key).exclude(result_url="").exists():
        return None
    row, _made = Draft.objects.update_or_create(
        user=user, page=page[:200], key=key, defaults={"data": data, "saved_at": timezone.now()}
    )
    kept = Draft.objects.of(user, page).values("pk")[:MOST_OF_A_PAGE]
    Draft.objects.filter(user=user, page=page).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return row


def resumed(request) -> QueryDict | None:
    """What the draft named in the address held, as a form would have sent it; None when there is no such draft."""
    key = as_key(request.GET.get(RESUME))
    if key is None or not request.user.is_authenticated:
        return None
    row = Draft.objects.of(request.user, request.path).filter(key=key).first()
    if row is None:
        return None
    fields = QueryDict(mutable=True)
    for name, values in row.data.items():
        fields.setlist(name, values)
    fields["key"] = str(row.key)
    request.resumed_draft = row
    return fields


def offer(request, form, *, page: str = "") -> dict:
    """What components/draft.html shows: the token for saving, the drafts to go on with, the one that was resumed."""
    page = page or request.path
    key = as_key(form["key"].value()) if form is not None else None
    return {
        "page": page,
        "token": token(request.user, page),
        "resumed": getattr(request, "resumed_draft", None),
        "waiting": list(Draft.objects.of(request.user, page).exclude(key=key).defer("data")),
    }


def done(request, key) -> None:
    """Forget the draft of a form that was sent with success."""
    Draft.objects.filter(user=request.user, page=request.path, key=key).delete()


def expire() -> int:
    """Forget the drafts that are older than seven days. Returns how many."""
    return Draft.objects.filter(saved_at__lt=timezone.now() - KEEP_FOR).delete()[0]


def as_key(value) -> uuid.UUID | None:
    """The key of an opened form as it was sent; None when it is none."""
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
