"""What people type about the way home."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code
from programmes.journey.enrolment.forms import OnForm, ReasonForm


class PlanForm(WorkForm):
    """When the worker goes home, and why."""

    planned_on = DayField(label=_("Planned return"))
    return_type = forms.ChoiceField(label=_("Type of return"), required=False)

    def __init__(self, *args, expected_type="", **kwargs):
        self.expected_type = expected_type
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The types in force; the plan as it stands."""
        kept = self.record.type if self.record else self.expected_type
        self.fields["return_type"].choices = Code.objects.choices("return_type", blank="", keep=kept)
        self.initial.setdefault("return_type", kept)
        if self.record:
            self.initial.setdefault("planned_on", self.record.planned_on)


class BookForm(WorkForm):
    """The journey home is booked."""

    planned_on = DayField(label=_("Day of travel"))
    port = forms.CharField(label=_("Port of arrival"), max_length=60, required=False)

    def prepare(self):
        """The day as it is planned."""
        self.initial.setdefault("planned_on", self.record.planned_on)
        self.initial.setdefault("port", self.record.port)


class DepartForm(WorkForm):
    """The worker has left."""

    on = DayField(label=_("Left on"))

    def prepare(self):
        """Most departures are recorded on the day."""
        self.initial.setdefault("on", timezone.localdate())


class DelayForm(ReasonForm):
    """The way home is put off, or was missed."""

    code_list = "return_delay"
    planned_on = DayField(
        label=_("New planned return"), required=False, help_text=_("Leave it empty while the new day is not known.")
    )
    field_order = ["key", "version", "reason", "planned_on", "on", "note"]


class ReturnForm(OnForm):
    """The worker is home."""

    brings = frozenset({"return"})
    on = DayField(label=_("Arrived home on"))
    departed_on = DayField(label=_("Left the country of destination on"), required=False)
    port = forms.CharField(label=_("Port of arrival"), max_length=60, required=False)
    confirmed_by_means = forms.ChoiceField(label=_("How it was confirmed"))
    field_order = ["key", "version", "on", "departed_on", "port", "confirmed_by_means", "note"]

    def prepare(self):
        """The proofs in force."""
        super().prepare()
        self.fields["confirmed_by_means"].choices = Code.objects.choices("return_proof", blank="")

    def clean(self):
        """An arrival before the departure is said at both fields."""
        cleaned = super().clean()
        on, departed_on = cleaned.get("on"), cleaned.get("departed_on")
        if on and departed_on and on < departed_on:
            self.add_error("on", _("The arrival lies before the departure."))
            self.add_error("departed_on", _("The departure lies after the arrival."))
        return cleaned
