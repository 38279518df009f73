"""How a new user gets in: a one-time link by which they choose their own password. Nobody else ever knows it."""

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from accounts import letters


class LinkTokens(PasswordResetTokenGenerator):
    """Tokens for choosing a password.

    A token is used up when the password changes, after the next sign-in, when the address changes, when the account is
    deactivated or its sessions are ended, and `PASSWORD_RESET_TIMEOUT` seconds after it was made.
    """

    def _make_hash_value(self, user, timestamp):
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}{user.session_epoch}"


def address_of(key: str) -> str:
    """Return the full address of the page that takes a link's key. The host is ours, never the request's."""
    uid, _dash, token = key.partition("-")
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
    return settings.SITE_URL.rstrip("/") + path


def link_for(user) -> str:
    """Return a one-time link by which this user chooses a password. Valid for `PASSWORD_RESET_TIMEOUT` (24 hours)."""
    return address_of(f"{user_pk_to_url_str(user)}-{LinkTokens().make_token(user)}")


def invite(user) -> None:
    """Queue the invitation letter, in the caller's transaction. Inviting again makes a new link and a new letter."""
    letters.invitation(user, link_for(user))
