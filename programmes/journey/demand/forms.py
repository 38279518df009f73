"""What people type about a demand and the authorisation behind it."""

from decimal import Decimal

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.common.choices import RecordChoice
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.common.wording import short_day
from programmes.base.rulebook.codes import label
from programmes.base.rulebook.models import Code, Season
from programmes.journey.demand import rules
from programmes.journey.demand.models import Authorisation, JobDemand
from programmes.journey.demand.states import DemandStatus
from programmes.journey.employers.forms import half
from programmes.journey.employers.models import Employer, Site

# Code lists that a demand may leave unsaid, and the fields of those that are called otherwise.
_OFFERED = ("housing", "transport", "language", "language_level")
_FIELDS = {"isco": "occupation", "currency": "wage_currency"}
MONEY_FORMAT = _("Write the amount with at most two decimals after a point, for example 16.60.")


class MoneyField(forms.DecimalField):
    """An amount in digits with a decimal point; a comma is refused, because 1,500 has two readings."""

    default_error_messages = {"invalid": MONEY_FORMAT, "max_decimal_places": MONEY_FORMAT}

    def to_python(self, value):
        """Read the amount, or say how to write it."""
        if isinstance(value, str) and ("," in value or "_" in value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class SeasonChoice(RecordChoice):
    """A season by its public identifier, shown with its programme."""

    def label_from_instance(self, season):
        """Programme and season."""
        return f"{season.programme.name} · {season.code}"


class AuthorisationChoice(RecordChoice):
    """An authorisation by its public identifier, shown with kind, number and validity."""

    def label_from_instance(self, held):
        """Kind, number and until when."""
        validity = f"{short_day(held.valid_from)} – {short_day(held.valid_until)}"
        return f"{label('document', held.kind)} {held.number} · {validity}"


class ChooseEmployerForm(forms.Form):
    """For whom the new demand is; asked by GET before the demand's own form."""

    employer = RecordChoice(Employer.objects.none(), label=_("Employer"), empty_label="")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["employer"].queryset = Employer.objects.editable_by(user).active().order_by("name", "id")


class DemandForm(WorkForm):
    """The terms an employer offers. `employer` is whose demand it is; `record` the demand when it is edited."""

    season = SeasonChoice(Season.objects.none(), label=_("Programme and season"), empty_label="")
    site = RecordChoice(Site.objects.none(), label=_("Site"), empty_label="")
    occupation = forms.ChoiceField(label=_("Occupation"))
    national_code = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9. -]*$",
        label=_("Occupation code of the country"),
        required=False,
        max_length=12,
        help_text=_("For example the Canadian NOC: 85101."),
        error_messages={"invalid": _("Write letters and digits only, for example 85101.")},
    )
    positions = forms.IntegerField(label=_("Positions"), min_value=1, max_value=2000)
    starts_on = DayField(label=_("First day of work"))
    ends_on = DayField(label=_("Last day of work"))
    wage = MoneyField(label=_("Wage"), max_digits=10, decimal_places=2, min_value=Decimal("0.01"))
    wage_currency = forms.ChoiceField(label=_("Currency"))
    wage_unit = forms.ChoiceField(label=_("The wage is paid"), choices=JobDemand.WageUnit)
    hours_per_week = forms.DecimalField(
        label=_("Hours per week"),
        max_digits=4,
        decimal_places=1,
        min_value=rules.FEWEST_HOURS,
        max_value=rules.MOST_HOURS,
    )
    housing = forms.ChoiceField(label=_("Housing"), required=False)
    transport = forms.ChoiceField(label=_("Transport"), required=False)
    language = forms.ChoiceField(label=_("Language at work"), required=False)
    language_level = forms.ChoiceField(label=_("Level needed"), required=False)
    criteria = forms.CharField(
        label=_("What the work asks for"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Experience, strength, licences. It may not name a sex."),
    )
    terms = forms.CharField(
        label=_("Other terms"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Insurance, breaks, and whatever else was agreed. Deductions have lines of their own."),
    )
    authorisation = AuthorisationChoice(
        queryset=Authorisation.objects.none(),
        label=_("Authorisation"),
        required=False,
        empty_label=_("Not yet"),
        help_text=_("Needed before the demand is handed in."),
    )
    requested_on = DayField(label=_("Requested on"))

    def __init__(self, *args, employer, **kwargs):
        self.employer = employer
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Seasons of the employer's programmes in reach of the user; the employer's own sites and authorisations."""
        held, codes, employer = self.record, Code.objects, self.employer
        programmes = employer.programmes.reachable_by(self.user, Permission.DEMAND_EDIT)
        seasons = Season.objects.filter(programme__in=programmes.values("pk"), active=True)
        if held:
            seasons = seasons | Season.objects.filter(pk=held.season_id)
        self.fields["season"].queryset = seasons.select_related("programme").order_by("programme__code", "-starts_on")
        self.fields["site"].queryset = employer.sites.order_by("name")
        self.fields["authorisation"].queryset = employer.authorisations.order_by("-valid_until")
        lists = ("isco", "currency", *_OFFERED)
        words = codes.choices_of(*lists, keep=[(n, getattr(held, _FIELDS.get(n, n))) for n in lists] if held else ())
        for name in lists:
            blank = [("", _("Not said") if name in _OFFERED else "")]
            self.fields[_FIELDS.get(name, name)].choices = [*blank, *words[name]]
        if held:
            for name in self.fields.keys() - {"key", "version"}:
                self.initial.setdefault(name, getattr(held, name))
        else:
            self._usual_choices(employer)

    def _usual_choices(self, employer):
        self.initial.setdefault("requested_on", timezone.localdate())
        first = employer.programmes.first()
        if first:
            self.initial.setdefault("wage_currency", first.currency)
        sites = list(self.fields["site"].queryset[:2])
        if len(sites) == 1:
            self.initial.setdefault("site", sites[0])

    def layout(self):
        """What is asked, when, for what pay, on which ground."""
        return Layout(
            "key",
            "version",
            Fieldset(
                _("Who is asked for"),
                "season",
                half("site", "positions"),
                half("occupation", "national_code"),
                half("language", "language_level"),
                "criteria",
                "requested_on",
            ),
            Fieldset(_("When"), half("starts_on", "ends_on")),
            Fieldset(_("Pay and hours"), half("wage", "wage_currency"), half("wage_unit", "hours_per_week")),
            Fieldset(_("Around the work"), half("housing", "transport"), "terms"),
            Fieldset(_("Authorisation"), "authorisation"),
        )

    def clean(self):
        """Every term that the programme does not allow is said at its own field."""
        cleaned = super().clean()
        needed = ("season", "positions", "starts_on", "ends_on", "wage", "wage_currency", "wage_unit", "hours_per_week")
        if all(cleaned.get(name) is not None for name in needed):
            season = cleaned["season"]
            terms = rules.Terms(
                positions=cleaned["positions"],
                starts_on=cleaned["starts_on"],
                ends_on=cleaned["ends_on"],
                wage=cleaned["wage"],
                currency=cleaned["wage_currency"],
                unit=cleaned["wage_unit"],
                hours=cleaned["hours_per_week"],
            )
            problems = rules.terms_problems(
                terms,
                season_starts=season.starts_on,
                season_ends=season.ends_on,
                values=season.programme.rules(terms.starts_on),
                others=season.programme.rules_of_others(terms.starts_on),
            )
            for problem in problems:
                self.add_error(problem.field, problem.message)
        criteria = rules.criteria_problem(cleaned.get("criteria") or "")
        if criteria:
            self.add_error("criteria", criteria)
        if cleaned.get("language_level") and not cleaned.get("language"):
            self.add_error("language", gettext("Choose the language this level is of."))
        return cleaned


class MoveForm(WorkForm):
    """A step of a demand that asks nothing. `record` is the demand."""


class ReasonForm(WorkForm):
    """A step of a demand that is only made with a reason. `record` is the demand."""

    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    code_list = ""

    def prepare(self):
        """The reasons in force."""
        self.fields["reason"].choices = Code.objects.choices(self.code_list, blank="")


class ReturnForm(ReasonForm):
    """What is to be corrected."""

    code_list = "demand_return"
    note = forms.CharField(
        label=_("What is to be corrected"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RejectForm(ReasonForm):
    """Why the demand is refused for good."""

    code_list = "demand_rejection"


class CancelForm(ReasonForm):
    """Why the demand is given up."""

    code_list = "demand_cancellation"


class CloseForm(ReasonForm):
    """Why the rest of the positions is given up; a demand that was filled needs no reason."""

    code_list = "demand_closing"

    def prepare(self):
        """The reasons in force; none is asked for where nothing is given up."""
        super().prepare()
        self.fields["reason"].label = _("Why the other positions are given up")
        if self.record.status == DemandStatus.FILLED:
            del self.fields["reason"], self.fields["note"]


class RenewForm(WorkForm):
    """Another authorisation for an open demand. `record` is the demand."""

    authorisation = AuthorisationChoice(queryset=Authorisation.objects.none(), label=_("Authorisation"), empty_label="")

    def prepare(self):
        """The employer's own that carry work today, but for the one the demand stands on."""
        own = self.record.employer.authorisations.exclude(pk=self.record.authorisation_id)
        lapsed = Authorisation.objects.lapsed_on(timezone.localdate()).values("pk")
        self.fields["authorisation"].queryset = own.exclude(pk__in=lapsed).order_by("-valid_until")


class AuthorisationForm(WorkForm):
    """A permission to hire abroad. `employer` is whose it is; `record` the authorisation when it is edited."""

    kind = forms.ChoiceField(label=_("Kind"))
    number = forms.CharField(label=_("Number"), max_length=60)
    positions = forms.IntegerField(label=_("Positions authorised"), min_value=1, max_value=5000)
    applied_on = DayField(
        label=_("Applied for on"),
        required=False,
        help_text=_("The inspection of the housing is judged by this day."),
    )
    valid_from = DayField(label=_("Valid from"))
    valid_until = DayField(label=_("Valid until"))
    withdrawn_on = DayField(
        label=_("Taken back by the authority on"),
        required=False,
        help_text=_("From this day on nobody is selected and nobody travels on it. Positions that are held stay held."),
    )

    def __init__(self, *args, employer, **kwargs):
        self.employer = employer
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The kinds that the employer's programmes ask for."""
        kinds = list(
            self.employer.programmes.exclude(authorisation_kind="").values_list("authorisation_kind", flat=True)
        )
        if self.record:
            kinds.append(self.record.kind)
        offered = [(kind, label("document", kind)) for kind in dict.fromkeys(kinds)]
        self.fields["kind"].choices = offered if len(offered) == 1 else [("", ""), *offered]
        if not self.record:
            del self.fields["withdrawn_on"]
        if self.record:
            for name in self.fields.keys() - {"key", "version"}:
                self.initial.setdefault(name, getattr(self.record, name))

    def layout(self):
        """What, how many, until when."""
        return Layout(
            "key",
            "version",
            half("kind", "number"),
            half("positions", "applied_on"),
            half("valid_from", "valid_until"),
            *(["withdrawn_on"] if self.record else []),
        )

    def clean(self):
        """An end before the start is said at both days."""
        cleaned = super().clean()
        start, end = cleaned.get("valid_from"), cleaned.get("valid_until")
        if start and end and end < start:
            message = gettext("“Valid until” lies before “valid from”.")
            self.add_error("valid_from", message)
            self.add_error("valid_until", message)
        return cleaned
