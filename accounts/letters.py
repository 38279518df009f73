"""Letters about the door: invitations, new passwords, changed factors. They are queued like every other letter.

Notifications live above this application, so the queue is named by the setting `LETTER_QUEUE`.
"""

import uuid

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

# What allauth calls a change of the door → what the letter says, translated when it is written.
DOOR_CHANGES = {
    "account/email/password_changed": gettext_noop("Your password was changed."),
    "account/email/password_reset": gettext_noop("Your password was set anew."),
    "account/email/password_set": gettext_noop("Your password was set."),
    "mfa/email/totp_activated": gettext_noop("An authenticator application was added to your account."),
    "mfa/email/totp_deactivated": gettext_noop("The authenticator application was removed from your account."),
    "mfa/email/recovery_codes_generated": gettext_noop("New recovery codes were made for your account."),
    "mfa/email/webauthn_added": gettext_noop("A passkey was added to your account."),
    "mfa/email/webauthn_removed": gettext_noop("A passkey was removed from your account."),
    "socialaccount/email/account_connected": gettext_noop("Your organisation's account was connected."),
    "socialaccount/email/account_disconnected": gettext_noop("Your organisation's account was disconnected."),
}


def invitation(user, link: str) -> None:
    """Queue the letter that lets a new user choose a password. A new invitation is a new letter."""
    _queue("account_invitation", user, {"link": link})


def password_reset(user, link: str) -> None:
    """Queue the letter with the link for a new password."""
    _queue("account_password_reset", user, {"link": link})


def door_changed(user, event: str) -> None:
    """Queue the letter that tells a user that a password or factor was changed."""
    if event in DOOR_CHANGES:
        _queue("account_changed", user, {"what": DOOR_CHANGES[event]})


def _queue(kind, user, context):
    import_string(settings.LETTER_QUEUE)(key=f"{kind}:{uuid.uuid4()}", to=user, kind=kind, context=context)
