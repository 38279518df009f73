"""What people type about themselves and at the door."""

import unicodedata

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from crispy_forms.helper import FormHelper
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.places import zone_choices

# Each language is offered in its own words.
LANGUAGES = [("es", "Español"), ("en", "English"), ("fr", "Français"), ("pt-br", "Português")]
_INVISIBLE = {"Cf", "Cc", "Zl", "Zp"}


def clean_name(value: str) -> str:
    """Return a name in one spelling: composed letters, single spaces, nothing invisible.

    Raises:
        ValidationError: nothing visible is left, or the name holds control characters.
    """
    value = unicodedata.normalize("NFC", value)
    if any(unicodedata.category(letter) == "Cc" for letter in value):
        raise ValidationError(_("The name holds characters that cannot be printed. Type it again."), code="control")
    value = " ".join("".join(letter for letter in value if unicodedata.category(letter) not in _INVISIBLE).split())
    if not value:
        raise ValidationError(_("Enter your name."), code="required")
    return value


HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]
EVERY_DAY, NEVER = "daily", "never"


def _rhythms():
    """How often a summary may come; read late, because the names of the days are in the reader's language."""
    weekly = [(str(number), _("Each %(day)s") % {"day": day}) for number, day in WEEKDAYS.items()]
    return [(EVERY_DAY, _("Every day")), *weekly, (NEVER, _("Never"))]


class ProfileForm(forms.ModelForm):
    """How I appear, how the system speaks to me, and when."""

    language = forms.ChoiceField(label=_("Language"))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    digest = forms.ChoiceField(label=_("Summary by e-mail"), choices=_rhythms)
    digest_hour = forms.TypedChoiceField(label=_("Hour of the daily summary"), coerce=int, choices=HOURS)
    quiet_from = forms.TypedChoiceField(
        label=_("Quiet from"), coerce=int, choices=[("", "–"), *HOURS], empty_value=None, required=False
    )
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"), coerce=int, choices=[("", "–"), *HOURS], empty_value=None, required=False
    )

    class Meta:
        model = User
        fields = [
            "full_name",
            "language",
            "time_zone",
            "digest_hour",
            "quiet_from",
            "quiet_until",
            "theme",
            "shortcuts_on",
        ]

    field_order = ["full_name", "language", "time_zone", "digest"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offered = dict(settings.LANGUAGES)
        self.fields["language"].choices = [(code, name) for code, name in LANGUAGES if code in offered]
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"
        self.fields["digest_hour"].help_text = _("In your time zone.")
        self.fields["quiet_until"].help_text = _(
            "Between these hours no letter goes out to you; it waits for their end. The summary keeps its own hour, "
            "and letters that protect your account always come at once."
        )
        user = self.instance
        weekday = EVERY_DAY if user.digest_weekday is None else str(user.digest_weekday)
        self.fields["digest"].initial = weekday if user.digest_on else NEVER
        self.helper = FormHelper(self)
        self.helper.form_tag = False

    def clean_full_name(self):
        """See `clean_name`."""
        return clean_name(self.cleaned_data["full_name"])

    def clean(self):
        """Quiet hours have a beginning and an end."""
        cleaned = super().clean()
        start, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (start is None) != (end is None) or (start is not None and start == end):
            self.add_error(
                "quiet_until", _("Choose two different hours, when the quiet begins and when it ends, or none at all.")
            )
        return cleaned

    def _post_clean(self):
        """Put the rhythm of the summary into its two columns before the model judges them."""
        rhythm = self.cleaned_data.get("digest")
        if rhythm:
            self.instance.digest_on = rhythm != NEVER
            if self.instance.digest_on:
                self.instance.digest_weekday = None if rhythm == EVERY_DAY else int(rhythm)
        super()._post_clean()


class SignInForm(LoginForm):
    """E-mail address and password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = _("E-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username webauthn", "autofocus": "autofocus"}
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs = {"autocomplete": "current-password"}


class _CodeOnce:
    """A code counts once, also for twenty who send it at the same moment.

    The row of the authenticator is locked while its code is judged, and the time step of an application's code is
    written down: only a later one counts again. allauth keeps this in the cache, which may lose it.
    """

    def clean_code(self):
        """Judge a code of the application or a recovery code."""
        clear_limit = check_rate_limit(self.user)
        code = self.cleaned_data["code"].replace(" ", "")
        with transaction.atomic():
            factors = Authenticator.objects.select_for_update().filter(user=self.user)
            for factor in factors.exclude(type=Authenticator.Type.WEBAUTHN).order_by("type"):
                if self._accepts(factor, code):
                    factor.user = self.user
                    self.authenticator = factor
                    clear_limit()
                    return code
        raise get_factor_adapter().validation_error("incorrect_code")

    def _accepts(self, factor, code):
        if factor.type != Authenticator.Type.TOTP:
            return factor.wrap().validate_code(code)
        secret = decrypt(factor.data["secret"])
        for step in totp.yield_hotp_counters_from_time():
            if step > factor.data.get("last_step", 0) and totp.compare_user_code(
                actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))
            ):
                factor.data["last_step"] = step
                factor.save(update_fields=["data"])
                return True
        return False


class AskCodeForm(_CodeOnce, AuthenticateForm):
    """The second factor at sign-in."""


class AskCodeAgainForm(_CodeOnce, ReauthenticateForm):
    """The second factor before something sensitive."""


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey: its name has a label in the reader's language, and an end."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Name"), max_length=100)
