"""What people type about a placement."""

from crispy_forms.layout import Layout
from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from programmes.base.common.choices import RecordChoices
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code
from programmes.journey.demand.forms import MoneyField
from programmes.journey.departure.forms import currency_code
from programmes.journey.employers import fair
from programmes.journey.employers.part_forms import FairForm
from programmes.journey.enrolment.forms import OnForm, ReasonForm
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.placement.models import CheckIn

RATINGS = [("", _("Not given")), *((n, str(n)) for n in range(1, 6))]


def capital(choices):
    """Choices with a capital letter, for a form that shows each on a line of its own."""
    return [(value, capfirst(words)) for value, words in choices]


class RatingField(forms.TypedChoiceField):
    """An evaluation from 1 (bad) to 5 (very good), or none when it was not given."""

    def __init__(self, **kwargs):
        super().__init__(choices=RATINGS, coerce=int, empty_value=None, required=False, **kwargs)


class EndFields(forms.Form):
    """What is known when a placement ends."""

    hours_worked = forms.DecimalField(
        label=_("Hours worked in all"), min_value=0, max_value=99999, max_digits=6, decimal_places=1, required=False
    )
    employer_rating = RatingField(label=_("The employer's evaluation of the worker (1–5)"))
    worker_rating = RatingField(label=_("The worker's evaluation of the employer (1–5)"))
    planned_return_on = DayField(
        label=_("Planned return"),
        required=False,
        help_text=_("The day of the journey home. Empty: the last day of work."),
    )

    def clean(self):
        """A return before the end is said at both fields."""
        cleaned = super().clean()
        on, home = cleaned.get("on"), cleaned.get("planned_return_on")
        if on and home and home < on:
            self.add_error("planned_return_on", _("The planned return lies before the last day of work."))
            self.add_error("on", _("The last day of work lies after the planned return."))
        return cleaned


class ArriveForm(OnForm):
    """The worker has arrived and starts work."""

    brings = frozenset({"placement"})
    on = DayField(label=_("Arrived on"))
    starts_on = DayField(label=_("First day of work"))
    field_order = ["key", "version", "on", "starts_on", "note"]

    def prepare(self):
        """Work starts as planned, or on the day of a late arrival."""
        super().prepare()
        today = timezone.localdate()
        self.initial.setdefault("starts_on", max(today, self.record.planned_start or today) if self.record else today)

    def clean(self):
        """Work before the arrival is said at both fields."""
        cleaned = super().clean()
        on, starts_on = cleaned.get("on"), cleaned.get("starts_on")
        if on and starts_on and starts_on < on:
            self.add_error("starts_on", _("The first day of work lies before the arrival."))
            self.add_error("on", _("The arrival lies after the first day of work."))
        return cleaned


class ArrivalListForm(WorkForm):
    """Workers of a flight arrived together. `offered` are those on the way, `lands_on` the day of the last leg."""

    cases = RecordChoices(
        Enrolment.objects.none(),
        error_messages={
            "required": _("Tick the workers who arrived."),
            "invalid_choice": _("One of these workers is not on the way any more. Open the page again."),
        },
    )
    on = DayField(label=_("Arrived on"))
    starts_on = DayField(
        label=_("First day of work"),
        required=False,
        help_text=_("Empty: as planned for each, or the day of the arrival when that is later."),
    )

    def __init__(self, *args, offered, lands_on, **kwargs):
        self.offered, self.lands_on = offered, lands_on
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Those on the way; the day on which the flight lands, or today before it."""
        self.fields["cases"].queryset = self.offered
        self.initial.setdefault("on", min(self.lands_on, timezone.localdate()))

    def layout(self):
        """The ticks stand in a table of their own."""
        return Layout("key", "version", "on", "starts_on")

    def clean(self):
        """Work before the arrival is said at both fields."""
        cleaned = super().clean()
        on, starts_on = cleaned.get("on"), cleaned.get("starts_on")
        if on and starts_on and starts_on < on:
            self.add_error("starts_on", _("The first day of work lies before the arrival."))
            self.add_error("on", _("The arrival lies after the first day of work."))
        return cleaned


class CheckInForm(WorkForm):
    """A contact with a worker abroad."""

    on = DayField(label=_("On"))
    mode = forms.ChoiceField(label=_("How"), choices=capital(CheckIn.Mode.choices), widget=forms.RadioSelect)
    wellbeing = forms.ChoiceField(
        label=_("How the worker is"), choices=capital(CheckIn.Wellbeing.choices), widget=forms.RadioSelect
    )
    alone = forms.BooleanField(label=_("I spoke alone with the worker"), required=False)
    concerns = forms.CharField(
        label=_("What needs attention"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def prepare(self):
        """Most contacts are recorded on the day."""
        self.initial.setdefault("on", timezone.localdate())


class ExtendForm(WorkForm):
    """A later last day of work."""

    ends_on = DayField(label=_("New last day of work"))
    reason = forms.CharField(label=_("Why"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class EndForm(EndFields, OnForm):
    """The season is over."""

    brings = frozenset({"last_day"})
    on = DayField(label=_("Last day of work"))
    field_order = [
        "key",
        "version",
        "on",
        "hours_worked",
        "employer_rating",
        "worker_rating",
        "planned_return_on",
        "note",
    ]


class EndEarlyForm(EndFields, OnForm):
    """The placement ended before its time."""

    brings = frozenset({"last_day"})
    on = DayField(label=_("Last day of work"))
    cause = forms.ChoiceField(label=_("Cause"))
    field_order = [
        "key", "version", "on", "cause", "hours_worked", "employer_rating", "worker_rating", "planned_return_on",
        "note",
    ]  # fmt: skip

    def prepare(self):
        """The causes in force."""
        super().prepare()
        self.fields["cause"].choices = Code.objects.choices("early_end", blank="")


class LeaveForm(ReasonForm):
    """The worker left the employment."""

    on = DayField(label=_("Left on"))
    code_list = "left_employment"


class ResumeForm(OnForm):
    """A worker who had left is back at work."""

    on = DayField(label=_("Back at work on"))


class FairPlacementForm(FairForm):
    """The questions about a placement; of a fee that was charged, how much."""

    questions = fair.OF_PLACEMENT
    fee = MoneyField(label=_("Fee that was charged"), max_digits=10, decimal_places=2, min_value=0, required=False)
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("Three letters, for example CAD.")
    )

    def prepare(self):
        """The fee as it is known, behind the questions."""
        super().prepare()
        kept = self.record.answers.filter(question=fair.FEE).first()
        if kept:
            self.initial |= {"fee": kept.fee, "currency": kept.currency}
        self.order_fields([name for name in self.fields if name not in {"fee", "currency"}])

    def answers_to(self, code):
        """A fee may have been given back."""
        return fair.Answer.choices if code == fair.FEE else super().answers_to(code)

    def clean_currency(self):
        """Three letters, in capitals."""
        return currency_code(self.cleaned_data["currency"])

    def clean(self):
        """An amount belongs to a fee that was charged, and has its currency."""
        cleaned = super().clean()
        charged = cleaned.get(f"q_{fair.FEE}") in {fair.Answer.NO, fair.Answer.REFUNDED}
        if cleaned.get("fee") and not charged:
            self.add_error("fee", _("You wrote an amount, but no fee was charged. Correct one of the two."))
        elif cleaned.get("fee") and not cleaned.get("currency"):
            self.add_error("currency", _("Give the amount of the fee with its currency."))
        return cleaned

    def deed(self):
        """The amount stands with the answer about the fee."""
        found = super().deed()
        fee = self.cleaned_data.get("fee") or None
        if fair.FEE in found["answers"]:
            found["answers"][fair.FEE] |= {"fee": fee, "currency": self.cleaned_data["currency"] if fee else ""}
        return found
