"""What people type on the way to departure."""

import re
from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from programmes.base.common.dates import DayMonthYearField
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.files.forms import TakesFiles
from programmes.base.rulebook.models import Code
from programmes.journey.demand.models import JobDemand
from programmes.journey.departure import rules
from programmes.journey.departure.actions.medicals import RESULTS
from programmes.journey.departure.models import Trip
from programmes.journey.departure.states import MedicalStatus, PermitStatus
from programmes.journey.enrolment.rules import months_later
from programmes.journey.people.rules import printed_number

CHOOSE = _("Choose")


def currency_code(written: str) -> str:
    """Three letters, in capitals, or nothing."""
    currency = written.upper()
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        raise ValidationError(gettext("Write the currency with three letters, for example CAD."))
    return currency


def _weekly(label):
    return forms.DecimalField(label=label, max_digits=8, decimal_places=2, min_value=0, required=False)


class DeedForm(WorkForm):
    """A form on a page of one case: `enrolment` is that case; `record`, if any, the paper that is edited."""

    def __init__(self, *args, enrolment=None, **kwargs):
        self.enrolment = enrolment
        super().__init__(*args, **kwargs)

    def choices(self, field, name, keep=""):
        """Offer the codes of list `name`."""
        self.fields[field].choices = Code.objects.choices(name, blank=str(CHOOSE), keep=keep)

    def languages(self):
        """Offer all languages, the worker's own first."""
        self.choices("language", "language")
        own = self.enrolment.person.languages if self.enrolment else []
        self.fields["language"].choices.sort(
            key=lambda pair: (bool(pair[0]), own.index(pair[0]) if pair[0] in own else len(own))
        )
        if own:
            self.fields["language"].initial = own[0]


class HappenedForm(DeedForm):
    """A deed that only asks for its day."""

    on = DayField(label=_("Day it happened"), initial=timezone.localdate)


# --- Moves of the case ------------------------------------------------------------------------------------------


class DepartForm(HappenedForm):
    """The worker has left."""

    on = DayField(label=_("Departed on"), initial=timezone.localdate)


class RefuseForm(HappenedForm):
    """The visa was refused."""

    on = DayField(label=_("Refused on"), initial=timezone.localdate)
    reason = forms.ChoiceField(label=_("Reason of the refusal"))

    def prepare(self):
        """Offer the reasons of the list."""
        self.choices("reason", "visa_refusal")


class UnfitForm(HappenedForm):
    """The worker is not fit for the work."""

    on = DayField(label=_("Result of"), initial=timezone.localdate)
    reason = forms.CharField(
        label=_("Reason"), max_length=60, help_text=_("For example “not fit for this work”. Write no diagnosis here.")
    )


# --- Documents --------------------------------------------------------------------------------------------------


class DocumentForm(DeedForm):
    """What is printed on a document."""

    number = forms.CharField(label=_("Number"), max_length=60)
    issuer = forms.CharField(label=_("Issued by"), max_length=150, required=False)
    issued_on = DayMonthYearField(label=_("Issued on"), required=False)
    expires_on = DayMonthYearField(label=_("Expires on"), required=False)

    def __init__(self, *args, asked="", **kwargs):
        self.asked = asked
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Ask for the last day where a document always has one; offer what is known of the person's document."""
        self.fields["expires_on"].required = self.asked in rules.ALWAYS_EXPIRE
        known = self._known() if self.record is None and self.asked and self.enrolment else None
        for name in ("number", "issuer", "issued_on", "expires_on"):
            if known is not None:
                self.initial.setdefault(name, getattr(known, name))

    def _known(self):
        """The person's document of this type that holds longest, if it holds today."""
        held = [row for row in self.enrolment.person.identities.all() if row.kind == self.asked]
        held = [row for row in held if row.is_valid_on(timezone.localdate())]
        return max(held, key=lambda row: (row.expires_on or date.max, row.pk), default=None)

    def clean_number(self):
        """Capitals, plain hyphens, single spaces."""
        return printed_number(self.cleaned_data["number"])


class RecordForm(TakesFiles, DocumentForm):
    """What is printed on a document, and its pages."""

    field_order = ["number", "issuer", "issued_on", "expires_on", "photo", "pages", "kept"]

    def prepare(self):
        """Of papers about health only the result is kept."""
        super().prepare()
        if self.asked in rules.WITHOUT_SCANS and not self.files:
            del self.fields["photo"], self.fields["pages"]


class OtherDocumentForm(RecordForm):
    """A document the programme does not ask for by name."""

    kind = forms.ChoiceField(label=_("Document"))
    field_order = ["kind", *RecordForm.field_order]

    def prepare(self):
        """Offer all types of document."""
        super().prepare()
        self.choices("kind", "document")


class AttachForm(TakesFiles, DeedForm):
    """More pages of a document or of an application."""

    needs_files = True


class ReasonForm(DeedForm):
    """A deed that needs a reason."""

    reason = forms.CharField(
        label=_("Reason"), max_length=60, help_text=_("Say it so that the worker understands what to do.")
    )


class ConfirmForm(DeedForm):
    """A deed that needs nothing but the word."""


# --- Medical ----------------------------------------------------------------------------------------------------


class MedicalForm(DeedForm):
    """An appointment at a clinic."""

    clinic = forms.CharField(label=_("Clinic"), max_length=150)
    scheduled_on = DayField(label=_("Appointment on"), help_text=_("A past day records an exam that has taken place."))


class ResultForm(DeedForm):
    """The result of an exam."""

    result = forms.ChoiceField(
        label=_("Result"),
        choices=[("", CHOOSE), *[(r, MedicalStatus(r).label) for r in RESULTS]],
        help_text=_("Record no diagnosis."),
    )
    result_on = DayField(label=_("Result of"), initial=timezone.localdate)
    valid_until = DayField(label=_("Valid until"), required=False, help_text=_("Needed when the worker is fit."))

    def prepare(self):
        """A clearance usually holds a year (domain.md 2.5)."""
        self.fields["valid_until"].initial = months_later(timezone.localdate(), rules.MEDICAL_MONTHS) - timedelta(
            days=1
        )


# --- Permit -----------------------------------------------------------------------------------------------------


class PermitForm(DeedForm):
    """A new application."""

    application_number = forms.CharField(
        label=_("Application number"), max_length=60, required=False, help_text=_("Leave it empty until there is one.")
    )


class StageForm(HappenedForm):
    """A step of an application; `stage` is the state the page was opened in."""

    stage = forms.ChoiceField(choices=PermitStatus.choices, widget=forms.HiddenInput)

    def prepare(self):
        """Remember where the application stands."""
        self.fields["stage"].initial = self.record.status

    def deed(self):
        """The stage only chose the form."""
        return {name: value for name, value in super().deed().items() if name != "stage"}


class LodgeForm(StageForm):
    """The application was lodged."""

    on = DayField(label=_("Lodged on"), initial=timezone.localdate)
    application_number = forms.CharField(label=_("Application number"), max_length=60, required=False)

    def prepare(self):
        """Keep the number that was given before."""
        super().prepare()
        self.fields["application_number"].initial = self.record.application_number


class BiometricsForm(StageForm):
    """The consulate gave an appointment for biometrics."""

    on = DayField(label=_("Told on"), initial=timezone.localdate)
    biometrics_on = DayField(label=_("Appointment on"))


class AgainForm(StageForm):
    """What follows a refusal."""

    how = forms.ChoiceField(
        label=_("What follows"),
        widget=forms.RadioSelect,
        choices=[
            (PermitStatus.APPEALED.value, _("The refusal is appealed")),
            (PermitStatus.RELODGED.value, _("The application is lodged again")),
        ],
    )
    field_order = ["how", "on"]


class WithdrawForm(HappenedForm):
    """The application was withdrawn."""

    on = DayField(label=_("Withdrawn on"), initial=timezone.localdate)


class DecisionForm(StageForm):
    """The consulate decided."""

    approved = forms.ChoiceField(
        label=_("Decision"),
        choices=[("yes", _("The application was approved")), ("no", _("The application was refused"))],
        widget=forms.RadioSelect,
    )
    on = DayField(label=_("Decided on"), initial=timezone.localdate)
    valid_from = DayMonthYearField(label=_("Valid from"), required=False)
    valid_until = DayMonthYearField(label=_("Valid until"), required=False, help_text=_("Needed when it was approved."))
    reason = forms.ChoiceField(
        label=_("Reason of the refusal"), required=False, help_text=_("Needed when it was refused.")
    )
    field_order = ["approved", "on", "valid_from", "valid_until", "reason"]

    def prepare(self):
        """Offer the reasons of the list."""
        super().prepare()
        self.choices("reason", "visa_refusal")

    def clean_approved(self):
        """Yes or no."""
        return self.cleaned_data["approved"] == "yes"


# --- Contract ---------------------------------------------------------------------------------------------------


class ContractForm(DeedForm):
    """The terms of the next version; they come from the demand and may only be better."""

    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    wage = forms.DecimalField(label=_("Wage"), max_digits=10, decimal_places=2, min_value=0)
    wage_currency = forms.CharField(label=_("Currency"), max_length=3, required=False)
    wage_unit = forms.ChoiceField(label=_("Wage is paid"), choices=JobDemand.WageUnit.choices, required=False)
    hours_per_week = forms.DecimalField(
        label=_("Hours per week"),
        max_digits=4,
        decimal_places=1,
        min_value=1,
        max_value=80,
        help_text=_("What the employer must at least give."),
    )
    longest_week = forms.DecimalField(
        label=_("Most hours in a week"), max_digits=4, decimal_places=1, min_value=1, max_value=112, required=False,
        help_text=_("With overtime. Empty: never more than the hours per week."),
    )  # fmt: skip
    longest_day = forms.DecimalField(
        label=_("Most hours in a day"), max_digits=3, decimal_places=1, min_value=1, max_value=16, required=False
    )
    overtime_percent = forms.IntegerField(
        label=_("Overtime, per cent of the wage"), min_value=100, max_value=500, required=False,
        help_text=_("For example 150. Empty: like any other hour."),
    )  # fmt: skip
    gives = forms.MultipleChoiceField(
        label=_("The employer gives"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("gives_housing", _("Housing")),
            ("gives_transport", _("Transport to work")),
            ("gives_meals", _("Meals")),
            ("gives_insurance", _("Insurance against accident and illness")),
            ("gives_return", _("The journey home")),
        ],
    )
    deduct_housing = _weekly(_("Deduction for housing, per week"))
    deduct_transport = _weekly(_("Deduction for transport, per week"))
    deduct_meals = _weekly(_("Deduction for meals, per week"))
    deduct_insurance = _weekly(_("Deduction for insurance, per week"))
    deduct_other = _weekly(_("Other deductions, per week"))
    other_terms = forms.CharField(
        label=_("Other terms"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def prepare(self):
        """Tick what the last version gives."""
        self.initial["gives"] = [name for name in rules.BENEFITS if self.initial.get(name)]

    def clean_wage_currency(self):
        """Three letters, in capitals; as before when nothing is written."""
        return currency_code(self.cleaned_data["wage_currency"])

    def deed(self):
        """The terms as columns; currency and unit stay as they were when nothing is said of them."""
        terms = super().deed()
        ticked = terms.pop("gives")
        terms |= {name: name in ticked for name in rules.BENEFITS}
        terms |= {name: terms[name] or Decimal(0) for name in rules.DEDUCTIONS}
        return {name: value for name, value in terms.items() if value != "" or name == "other_terms"}


class ExplainForm(HappenedForm):
    """The contract was explained to the worker, and handed over."""

    on = DayField(label=_("Explained on"), initial=timezone.localdate)
    language = forms.ChoiceField(label=_("In which language"))
    explained_by = forms.CharField(label=_("Explained by"), max_length=150)
    given_on = DayField(
        label=_("Handed to the worker on"),
        initial=timezone.localdate,
        help_text=_("Before departure. A later day is recorded as a breach."),
    )

    def prepare(self):
        """Offer the worker's languages first, and the user as who explains."""
        self.languages()
        self.fields["explained_by"].initial = self.user.full_name


class SignForm(HappenedForm):
    """Somebody signed."""

    on = DayField(label=_("Signed on"), initial=timezone.localdate)


# --- Orientation and trip ---------------------------------------------------------------------------------------


class OrientationForm(DeedForm):
    """Attendance at a pre-departure orientation."""

    attended_on = DayField(label=_("Attended on"), initial=timezone.localdate)
    place = forms.CharField(label=_("Place"), max_length=150)
    hours = forms.DecimalField(label=_("Hours"), max_digits=4, decimal_places=1, min_value=0.5, max_value=100)
    language = forms.ChoiceField(label=_("Language"))
    modules = forms.MultipleChoiceField(label=_("Modules"), required=False, widget=forms.CheckboxSelectMultiple)

    def prepare(self):
        """Offer the worker's languages first, and the modules of the list when there is one."""
        self.languages()
        modules = Code.objects.choices("orientation_module")
        if modules:
            self.fields["modules"].choices = modules
        else:
            del self.fields["modules"]


class TripForm(DeedForm):
    """The booked journey out."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60)
    flight = forms.CharField(label=_("Flight or service"), max_length=20)
    origin = forms.CharField(label=_("Leaves from"), max_length=60)
    destination = forms.CharField(label=_("Arrives in"), max_length=60)
    departs_on = DayField(label=_("Departure"))
    ticket_number = forms.CharField(label=_("Ticket number"), max_length=40)
    paid_by = forms.ChoiceField(label=_("Paid by"), choices=[("", CHOOSE), *Trip.Payer.choices])
    cost = forms.DecimalField(label=_("Cost"), max_digits=10, decimal_places=2, min_value=0, required=False)
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("Three letters, for example CAD.")
    )

    def clean_currency(self):
        """Three letters, in capitals."""
        return currency_code(self.cleaned_data["currency"])


class CancelTripForm(HappenedForm):
    """The trip was cancelled."""

    on = DayField(label=_("Cancelled on"), initial=timezone.localdate)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
