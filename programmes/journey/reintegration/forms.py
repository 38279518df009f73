"""What people type about a reintegration."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code
from programmes.journey.enrolment.forms import OnForm, ReasonForm
from programmes.journey.placement.forms import capital
from programmes.journey.reintegration.models import PlanLine
from programmes.journey.reintegration.states import FOLLOW_UP, FollowUpStatus

YES_NO = [("", _("Not asked")), ("yes", _("Yes")), ("no", _("No"))]


class StartForm(OnForm):
    """Reintegration begins."""

    brings = frozenset({"reintegration"})
    on = DayField(label=_("Opened on"))


class DayForm(WorkForm):
    """A step of the reintegration that needs nothing but its day."""

    on = DayField(label=_("Happened on"))

    def prepare(self):
        """Most steps are recorded on the day."""
        self.initial.setdefault("on", timezone.localdate())


def _long_text(label, **kwargs):
    return forms.CharField(label=label, max_length=5000, widget=forms.Textarea(attrs={"rows": 4}), **kwargs)


class PlanForm(WorkForm):
    """The goals in the person's words and what is planned in the three dimensions."""

    goals = _long_text(_("What the person wants to achieve, in their own words"))
    economic = _long_text(_("Economic assistance"), required=False)
    social = _long_text(_("Social assistance"), required=False)
    psychosocial = _long_text(_("Psychosocial assistance"), required=False)

    def prepare(self):
        """The plan as it stands."""
        for name in ("goals", "economic", "social", "psychosocial"):
            self.initial.setdefault(name, getattr(self.record, name))


class PauseForm(ReasonForm):
    """A pause, with its reason."""

    on = DayField(label=_("Paused on"))
    code_list = "reintegration_pause"


class ResumeForm(OnForm):
    """The reintegration goes on."""

    on = DayField(label=_("Goes on since"))


class LineForm(WorkForm):
    """One kind of assistance."""

    dimension = forms.ChoiceField(label=_("Dimension"), choices=[("", ""), *capital(PlanLine.Dimension.choices)])
    assistance = forms.ChoiceField(label=_("Assistance"))
    description = forms.CharField(label=_("What exactly"), max_length=300, required=False)
    referral_needed = forms.BooleanField(label=_("A referral to another organisation is needed"), required=False)
    cost = forms.DecimalField(
        label=_("Estimated cost"), min_value=0, max_digits=10, decimal_places=2, required=False,
        help_text=_("Digits and a point, for example 1250.50."),
    )  # fmt: skip
    currency = forms.RegexField(
        r"^[A-Z]{3}$", label=_("Currency"), required=False, help_text=_("Three letters, for example GTQ."),
        error_messages={"invalid": _("Write the three letters of the currency, for example GTQ.")},
    )  # fmt: skip

    def __init__(self, *args, currency="", **kwargs):
        self.usual_currency = currency
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The kinds of assistance in force; the line as it stands."""
        kept = self.record.assistance if self.record else ""
        self.fields["assistance"].choices = Code.objects.choices("assistance", blank="", keep=kept)
        for name in ("dimension", "assistance", "description", "referral_needed", "cost", "currency"):
            if self.record:
                self.initial.setdefault(name, getattr(self.record, name))
        self.initial.setdefault("currency", self.usual_currency)

    def clean(self):
        """An amount without its currency means nothing."""
        cleaned = super().clean()
        if cleaned.get("cost") is not None and not cleaned.get("currency") and "currency" not in self.errors:
            self.add_error("currency", _("Give the cost with its currency."))
        return cleaned


class RemoveLineForm(WorkForm):
    """Take a line out of the plan; nothing to type."""


class FollowUpForm(WorkForm):
    """How a follow-up interview went."""

    outcome = forms.ChoiceField(
        label=_("How it went"),
        choices=capital(choice for choice in FollowUpStatus.choices if choice[0] in FOLLOW_UP.groups["answered"]),
        widget=forms.RadioSelect,
    )
    on = DayField(label=_("On"))
    in_work = forms.TypedChoiceField(
        label=_("In work or self-employed"),
        choices=YES_NO,
        coerce=lambda v: v == "yes",
        empty_value=None,
        required=False,
    )
    able_to_stay = forms.TypedChoiceField(
        label=_("Feels able to stay"), choices=YES_NO, coerce=lambda v: v == "yes", empty_value=None, required=False
    )
    summary = _long_text(_("What the person said"), required=False)

    def prepare(self):
        """Most interviews are recorded on the day."""
        self.initial.setdefault("on", timezone.localdate())

    def clean(self):
        """An interview that took place has answers."""
        cleaned = super().clean()
        if cleaned.get("outcome") == FollowUpStatus.DONE:
            for name in ("in_work", "able_to_stay"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Say yes or no."))
        return cleaned
