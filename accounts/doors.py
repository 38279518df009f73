"""Addresses of signing in and of passwords and factors, under /accounts/.

Only the pages of allauth that this system uses are opened: no sign-up, no address book, no sign-in by mailed code.
Each of them is declared in `accounts.access.BORROWED`.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid
from allauth.usersessions import views as sessions
from django.conf import settings
from django.urls import path, re_path, reverse_lazy


class AskForLink(account.PasswordResetView):
    """Ask for a new password; the same address then says that a letter is on its way, whoever asked."""

    success_url = "?sent=1"

    def get_template_names(self):
        """The form, or the words after it."""
        return ["account/password_reset_done.html" if "sent" in self.request.GET else self.template_name]


urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", AskForLink.as_view(), name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.PasswordResetFromKeyView.as_view(success_url=reverse_lazy("account_login")),
        name="account_reset_password_from_key",
    ),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("factors/", mfa.index, name="mfa_index"),
    path("factors/ask/", mfa.authenticate, name="mfa_authenticate"),
    path("factors/ask-again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("factors/application/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("factors/application/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("factors/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("factors/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("factors/codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/change/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("passkeys/sign-in/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("passkeys/ask-again/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
if settings.OPENID_CONNECT_SERVER:
    urlpatterns += [
        path("organisation/<str:provider_id>/", openid.login, name="openid_connect_login"),
        path("organisation/<str:provider_id>/back/", openid.callback, name="openid_connect_callback"),
        path("connections/", social.connections, name="socialaccount_connections"),
    ]
