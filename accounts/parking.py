"""What was typed when the session was already over: kept for its writer, offered again after they sign in.

The text is kept in the database under the user it belongs to, never in the browser and never in a session, so that
another person at the same desk cannot see it.
"""

import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from accounts.models import ParkedText

KEEP_FOR = datetime.timedelta(hours=24)
LONGEST_BODY = 500_000
# Never kept: secrets, and the token of the session that is over.
SECRETS = {"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code", "credential"}
# Signing in, passwords and factors: nothing there is worth keeping, and much of it must not be. Drafts are kept by
# themselves, and the page that was sending one still holds its text.
NEVER_UNDER = ("/accounts/", "/admin/login/", "/i18n/", "/drafts/")


def park(request: HttpRequest, owner_id: int) -> ParkedText | None:
    """Keep the text of a POST for the user whose session it was.

    A later text for the same page replaces the earlier one. Files cannot be kept; that is remembered and said.
    Returns the row, or None when there is nothing to keep (no text, a sign-in page, far too much).
    """
    fields = request.POST.copy()
    for name in SECRETS & set(fields):
        del fields[name]
    body = fields.urlencode()
    if not fields or len(body) > LONGEST_BODY or request.path.startswith(NEVER_UNDER):
        return None
    ParkedText.objects.filter(parked_at__lt=timezone.now() - KEEP_FOR).delete()
    row, _created = ParkedText.objects.update_or_create(
        user_id=owner_id,
        path=request.get_full_path()[:500],
        defaults={"body": body, "files_lost": bool(request.FILES), "parked_at": timezone.now()},
    )
    return row


def waiting_for(user):
    """Return the kept texts of a user, newest first; nobody else's, and none older than a day."""
    return ParkedText.objects.filter(user=user, parked_at__gte=timezone.now() - KEEP_FOR)


def parked_for(request: HttpRequest) -> QueryDict | None:
    """Return what the signed-in user had typed on this page when their session ended, or None.

    The text stays kept until it is sent or discarded. Costs a query only for a session that has something waiting.
    """
    if not request.user.is_authenticated or not request.session.get("something_parked"):
        return None
    row = waiting_for(request.user).filter(path=request.get_full_path()).first()
    return QueryDict(row.body) if row else None


def page_of(row: ParkedText) -> str:
    """Return the address of the page a kept text was typed on, certain to be on this site."""
    parts = urlsplit(row.path)
    address = parts.path + (f"?{parts.query}" if parts.query else "")
    return "/" + address.lstrip("/\\")


def taken(request: HttpRequest) -> None:
    """Forget the text kept for this page: the same user has sent it again."""
    if request.session.get("something_parked"):
        waiting_for(request.user).filter(path=request.get_full_path()).delete()
