"""How allauth behaves here: nobody signs up, letters go through our own queue, addresses do not leak who exists."""

import base64
import hashlib
import time

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import devices, invitations, letters


def recently_signed_in(request) -> bool:
    """Say whether the user gave a password or factor within the last `ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds."""
    limit = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(record["at"] >= limit for record in get_authentication_records(request, request.user))


class ClosedAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("This e-mail address and password do not belong together."),
        "enter_current_password": gettext_lazy("This is not your present password."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "invalid_password_reset": gettext_lazy("This link no longer works. Ask for a new one."),
        "too_many_login_attempts": gettext_lazy("Too many wrong tries. Wait 15 minutes, then try again."),
        "rate_limited": gettext_lazy("Too many tries. Wait a few minutes, then try again."),
    }

    def is_open_for_signup(self, request):
        """Nobody can sign up."""
        return False

    def is_safe_url(self, url):
        """Only addresses of this very site are followed after signing in."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, require_https=self.request.is_secure())

    def authenticate(self, request, **credentials):
        """Check a password. An inactive account answers exactly like a wrong password."""
        user = super().authenticate(request, **credentials)
        return user if user is None or user.is_active else None

    def login(self, request, user):
        """Sign in. On the user's own browser the form token stays, so that a page left open can still be sent."""
        own = devices.owner_of(request).get("user") == user.pk
        token = request.META.get("CSRF_COOKIE") if own else None
        super().login(request, user)
        if token:
            request.META["CSRF_COOKIE"] = token

    def reauthenticate(self, user, password):
        """Ask for the password again; the address is the user's own (allauth's address book is not used)."""
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def is_reauthentication_required(self, *, app, **kwargs):
        """Changing a factor or a role asks for the password again, unless it was given within ten minutes."""
        return not recently_signed_in(self.request)

    def respond_user_inactive(self, request, user):
        """A deactivated user with a valid passkey learns no more than that signing in failed."""
        messages.error(request, _("This sign-in did not work. Ask your administrator."))
        return redirect("account_login")

    def get_password_change_redirect_url(self, request):
        """After a changed password, back to the profile."""
        return reverse("accounts:profile")

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        """Leave out the messages that say what the page shows anyway."""
        if message_template not in {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}:
            super().add_message(request, level, message_template, message_context, extra_tags, message)

    def get_reset_password_from_key_url(self, key):
        """Return the address of a link for a new password; its host never comes from the request."""
        return invitations.address_of(key)

    def send_password_reset_mail(self, user, email, context):
        """Queue the letter with the link; nothing is sent while the person waits."""
        letters.password_reset(user, context["password_reset_url"])

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tell the user by letter that the door to their account was changed; a changed factor ends other sessions."""
        letters.door_changed(user, template_prefix)
        if template_prefix.startswith("mfa/email/") and self.request.user == user:
            user.end_sessions()
            self.request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Count wrong passwords per account, apart for a device its owner has used before.

        Somebody who guesses elsewhere can then use up the guesses of strangers, but not lock the owner out.
        """
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return key + devices.mark_for(request, credentials.get("email", ""))


class InvitedOnlyAdapter(DefaultSocialAccountAdapter):
    """The organisation's own sign-in opens accounts that are already connected to it, and no others.

    A connection is made by the signed-in user, and is known by the issuer and its subject. The e-mail address in the
    issuer's answer is never used to find an account.
    """

    def is_open_for_signup(self, request, sociallogin):
        """Nobody can sign up."""
        return False

    def can_authenticate_by_email(self, login, email):
        """Never: whoever controls the issuer's e-mail field would control our accounts."""
        return False

    def pre_social_login(self, request, sociallogin):
        """Stop an unknown identity before anything is made of it."""
        if not sociallogin.is_existing and not request.user.is_authenticated:
            self._refuse(request)

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None):
        """The issuer refused, was cancelled or answered wrongly: back to the sign-in page."""
        self._refuse(request)

    def get_connect_redirect_url(self, request, socialaccount):
        """After connecting, back to the profile."""
        return reverse("accounts:profile")

    def _refuse(self, request):
        messages.error(request, _("Your organisation's account is not connected to a user here. Sign in first."))
        raise ImmediateHttpResponse(redirect("account_login"))


class SealedSecretsAdapter(DefaultMFAAdapter):
    """Secrets of authenticator applications and recovery codes are encrypted in the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is wrong or was used before. Wait for the next one."),
    }

    def encrypt(self, text):
        """Encrypt with the newest secret key."""
        return _sealer().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        """Decrypt with the newest or an earlier secret key."""
        return _sealer().decrypt(encrypted_text.encode()).decode()


def _sealer():
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"accounts.factor:" + key.encode()).digest())) for key in keys]
    )
