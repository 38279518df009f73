"""What somebody opened last, so that the palette can offer it before a letter is typed.

Kept in a signed cookie of the session: identifiers only, of one user, read back through `.visible_to(user)`. No table,
no write per page, nothing in Redis.
"""

import uuid

from django.conf import settings
from django.core import signing

COOKIE = "recent"
MOST = 6
# The pages that show one record, and what it is.
PAGES = {"casefile:overview": "case", "people:detail": "person", "employers:detail": "employer"}


def opened_by(request) -> list[tuple[str, uuid.UUID]]:
    """Kind and public identifier of what the signed-in user opened last, newest first; empty when unreadable."""
    try:
        whose, opened = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE)
        rows = [(str(kind), uuid.UUID(hex=key)) for kind, key in opened]
    except (signing.BadSignature, TypeError, ValueError):
        return []
    return rows[:MOST] if whose == request.user.pk else []


class RememberWhatWasOpened:
    """Note in the cookie which case, person or employer a page showed; forget when the session ends."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        match = request.resolver_match
        user = getattr(request, "user", None)
        if match is None or user is None:
            return response
        if not user.is_authenticated:
            if COOKIE in request.COOKIES:
                response.delete_cookie(COOKIE, samesite="Lax")
            return response
        kind = PAGES.get(match.view_name)
        if kind and request.method == "GET" and response.status_code == 200:
            before = opened_by(request)
            now = (kind, match.kwargs["public_id"])
            if before[:1] != [now]:
                kept = [now, *(one for one in before if one != now)][:MOST]
                value = signing.dumps([user.pk, [(what, key.hex) for what, key in kept]], salt=COOKIE, compress=True)
                response.set_cookie(COOKIE, value, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
        return response
