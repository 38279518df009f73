"""Which user a browser belongs to: a signed cookie, set at sign-in.

Two uses: text typed into a session that is over can be kept for its writer (`accounts.middleware`), and somebody who
guesses passwords elsewhere cannot lock the owner out of a browser they have used before (`accounts.adapter`). It
opens nothing by itself.
"""

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.managers import fold_email

COOKIE = "iomcase_owner"
SALT = "accounts.devices"
REMEMBER_SECONDS = 90 * 24 * 3600


def remember(response, user) -> None:
    """Write down, in the browser, whose it is."""
    response.set_cookie(
        COOKIE,
        signing.dumps({"user": user.pk, "email": _mark_of(user.email)}, salt=SALT),
        max_age=REMEMBER_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def owner_of(request) -> dict:
    """Return {"user": key, "email": mark} of who last signed in with this browser; empty when nobody did."""
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=REMEMBER_SECONDS)
    except signing.BadSignature:
        return {}


def mark_for(request, email: str) -> str:
    """Return a mark that tells a browser its owner has used before from all others; "" for the others."""
    owner = owner_of(request)
    if owner and constant_time_compare(owner["email"], _mark_of(email)):
        return f":known:{request.COOKIES[COOKIE]}"
    return ""


def _mark_of(email):
    # The browser may be shared: the cookie must not tell its next user who was here.
    return salted_hmac(SALT, fold_email(email)).hexdigest()[:32]
