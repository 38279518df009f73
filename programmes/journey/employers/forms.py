"""What people type about an employer and its places of work."""

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.choices import RecordChoice, RecordChoices
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code, Programme


def half(*names: str) -> Div:
    """Fields side by side on wide screens."""
    return Div(*(Div(name, css_class="col-md-6") for name in names), css_class="row")


class EmployerForm(WorkForm):
    """Who the employer is, which programmes it takes part in, and how to reach it."""

    name = forms.CharField(label=_("Name"), max_length=150)
    office = RecordChoice(Office.objects.none(), label=_("Office that keeps it"), empty_label="")
    programmes = RecordChoices(
        Programme.objects.none(),
        label=_("Programmes"),
        widget=forms.CheckboxSelectMultiple,
    )
    country = forms.ChoiceField(label=_("Country"))
    registration = forms.CharField(
        label=_("Registration number"),
        max_length=40,
        required=False,
        help_text=_("The number under which its country knows it."),
    )
    sector = forms.ChoiceField(label=_("Sector"))
    contact_name = forms.CharField(label=_("Contact person"), max_length=150, required=False)
    contact_email = forms.EmailField(label=_("E-mail of the contact"), max_length=254, required=False)
    contact_phone = PhoneNumberField(
        label=_("Phone of the contact"),
        required=False,
        error_messages={"invalid": _("Enter a phone number with its country code, for example +1 450 555 0142.")},
    )

    def prepare(self):
        """Offices and programmes in reach of the user; lists in force, and codes the record holds already."""
        held, codes = self.record, Code.objects
        reached = {pk for reach in self.user.reach(Permission.EMPLOYER_EDIT) for pk in reach.office_ids}
        offices = Office.objects.filter(pk__in=reached, active=True)
        programmes = Programme.objects.reachable_by(self.user, Permission.EMPLOYER_EDIT)
        if held:
            # What the record holds stays choosable, also where the user has no reach.
            offices = offices | Office.objects.filter(pk=held.office_id)
            programmes = Programme.objects.filter(pk__in=programmes.values("pk")) | Programme.objects.filter(
                pk__in=held.programmes.values("pk")
            )
            for name in self.fields.keys() - {"key", "version", "programmes"}:
                self.initial.setdefault(name, getattr(held, name))
            self.initial.setdefault("programmes", list(held.programmes.all()))
        self.fields["office"].queryset = offices.order_by("name", "pk")
        self.fields["programmes"].queryset = programmes.order_by("code")
        self.fields["country"].choices = codes.choices("country", blank="", keep=held.country if held else "")
        self.fields["sector"].choices = codes.choices("isic", blank="", keep=held.sector if held else "")
        if not held:
            self._usual_choices()

    def _usual_choices(self):
        """Where there is one office or one programme, it is chosen already."""
        offices = list(self.fields["office"].queryset[:2])
        if len(offices) == 1:
            self.initial.setdefault("office", offices[0])
        programmes = list(self.fields["programmes"].queryset[:2])
        if len(programmes) == 1:
            self.initial.setdefault("programmes", programmes)
            self.initial.setdefault("country", programmes[0].destination)

    def layout(self):
        """Who, then how to reach."""
        return Layout(
            "key",
            "version",
            Fieldset(
                "",
                "name",
                half("country", "registration"),
                "sector",
                "office",
                "programmes",
            ),
            Fieldset(_("Contact"), "contact_name", half("contact_email", "contact_phone")),
        )


class SuspendForm(WorkForm):
    """Why the employer brings no new demand for the time being. `record` is the employer."""

    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """The reasons in force."""
        self.fields["reason"].choices = Code.objects.choices("employer_suspension", blank="")


class ReactivateForm(WorkForm):
    """What was put right. `record` is the employer."""

    note = forms.CharField(
        label=_("What was put right"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SiteForm(WorkForm):
    """A place of work. `record` is the site when it is edited, `country` that of its employer."""

    name = forms.CharField(label=_("Name"), max_length=150)
    place = forms.CharField(label=_("Place"), max_length=150, help_text=_("Town or municipality."))
    region = forms.ChoiceField(label=_("Province or region"), required=False)
    housing = forms.ChoiceField(label=_("Housing"), required=False)
    housing_inspected_on = DayField(label=_("Housing inspected on"), required=False)

    def __init__(self, *args, country="", **kwargs):
        self.country = country
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The regions of the employer's country, the kinds of housing."""
        held, codes = self.record, Code.objects
        regions = codes.choices("subdivision", blank="", keep=held.region if held else "")
        prefix = _PREFIXES.get(self.country)
        own = [(code, words) for code, words in regions if not code or not prefix or code.startswith(prefix)]
        self.fields["region"].choices = own
        self.fields["housing"].choices = codes.choices("housing", blank="", keep=held.housing if held else "")
        if held:
            for name in self.fields.keys() - {"key", "version"}:
                self.initial.setdefault(name, getattr(held, name))


# ISO 3166-2 begins with the two letters of the country; other countries offer the whole list.
_PREFIXES = {"CAN": "CA-", "ESP": "ES-", "NZL": "NZ-", "AUS": "AU-", "USA": "US-", "GTM": "GT-", "COL": "CO-"}
