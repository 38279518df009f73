"""What people type about a person."""

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common import text
from programmes.base.common.choices import read_once
from programmes.base.common.dates import BirthField
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook import codes
from programmes.base.rulebook.catalogue import RULES
from programmes.base.rulebook.models import Code
from programmes.journey.people import places, rules, words
from programmes.journey.people.models import MOST_ALIASES, Consent, Person
from programmes.journey.people.part_forms import PHONE_ERROR, MunicipalityInput

BLANK = ("", "")


def _half(*names: str) -> Div:
    return Div(*(Div(name, css_class="col-md-6") for name in names), css_class="row")


def country_called(name: str) -> str:
    """The code of a country by its name, its people or its code, in four languages. Raises ValidationError."""
    found = words.countries().get(text.fold(name))
    if found not in dict(codes.in_force("country")):
        raise forms.ValidationError(_("No country is called “%(name)s”."), params={"name": name})
    return found


class CountriesField(forms.CharField):
    """Countries, typed with commas between them; a list of codes."""

    def prepare_value(self, value):
        """The names of the codes of a record; what was typed as it was typed."""
        return ", ".join(codes.label("country", code) for code in value) if isinstance(value, list) else value

    def clean(self, value):
        """Each once, in the order typed."""
        names = (name.strip() for name in super().clean(value).replace(";", ",").split(","))
        return list(dict.fromkeys(country_called(name) for name in names if name))


class ConsentFields(WorkForm):
    """The fields of a consent, alone on their page or at the end of the registration."""

    purposes = forms.MultipleChoiceField(label=_("The person agrees to"), widget=forms.CheckboxSelectMultiple)
    mode = forms.ChoiceField(label=_("How consent was given"), choices=Consent.Mode, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_("Language it was explained in"))
    witness = forms.CharField(
        label=_("Witness or interpreter"), max_length=150, required=False, help_text=_("Needed when consent is oral.")
    )
    given_on = DayField(label=_("Given on"))
    expires_on = DayField(label=_("Valid until"), required=False)

    def prepare_consent(self, codes=None):
        """Fill the lists, of `codes` when the page has read them already, and the usual days."""
        codes = codes or Code.objects.choices_of(*self.CONSENT_CODES)
        self.fields["purposes"].choices = codes["consent_purpose"]
        self.fields["language"].choices = [BLANK, *codes["language"]]
        today = timezone.localdate()
        self.initial.setdefault("given_on", today)
        self.initial.setdefault("expires_on", rules.consent_until(today, RULES["consent_months"].default))
        self.initial.setdefault("purposes", ["case_management"])

    CONSENT_CODES = ("consent_purpose", "language")
    CONSENT = ("purposes", "mode", "language", "witness", "given_on", "expires_on")

    @staticmethod
    def consent_layout() -> tuple:
        """The fields in the order in which the conversation goes."""
        return ("purposes", "mode", _half("language", "witness"), _half("given_on", "expires_on"))

    def clean(self):
        """An oral consent needs its witness; consent does not end before it begins."""
        cleaned = super().clean()
        if cleaned.get("mode") == Consent.Mode.ORAL and not cleaned.get("witness"):
            self.add_error("witness", _("Oral consent needs the name of a witness."))
        given, expires = cleaned.get("given_on"), cleaned.get("expires_on")
        if given and given > timezone.localdate():
            self.add_error("given_on", _("The day lies in the future."))
        if given and expires and expires <= given:
            self.add_error("expires_on", _("The consent would expire before it was given."))
        return cleaned


class ConsentForm(ConsentFields):
    """Record a consent of a person who is registered already."""

    def prepare(self):
        """Fill the lists."""
        self.prepare_consent()

    def layout(self):
        """As the conversation goes."""
        return Layout("key", "version", *self.consent_layout())


class PersonForm(WorkForm):
    """Identity, contact and background of a person."""

    keeps_draft = True
    CODES: tuple[str, ...] = ("country", "subdivision", "language", "isced", "literacy", "isco")
    given_names = forms.CharField(label=_("Given names"), max_length=150)
    first_surname = forms.CharField(label=_("First surname"), max_length=150)
    second_surname = forms.CharField(label=_("Second surname"), max_length=150, required=False)
    married_name = forms.CharField(
        label=_("Married name"),
        max_length=150,
        required=False,
        help_text=_("As written on documents: de López, vda. de …"),
    )
    native_name = forms.CharField(
        label=_("Name in its own script"), max_length=300, required=False, help_text=_("When it is not Latin letters.")
    )
    aliases = forms.CharField(
        label=_("Also known as"),
        max_length=500,
        required=False,
        help_text=_("Other names or spellings, separated by commas."),
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=Person.Sex, widget=forms.RadioSelect)
    birth_date = BirthField(
        label=_("Date of birth"),
        help_text=_("For example 27 3 1994. When only the year is known, leave day and month empty."),
        past_only=False,
    )
    birth_precision = forms.ChoiceField(
        label=_("How exact is this date"), choices=Person.BirthPrecision, initial=Person.BirthPrecision.DAY
    )
    birth_subdivision = forms.ChoiceField(label=_("Department of birth"), required=False)
    birth_municipality = forms.CharField(label=_("Municipality of birth"), max_length=100, required=False)
    nationality = forms.ChoiceField(label=_("Nationality"))
    other_country = forms.CharField(
        label=_("Another country"), max_length=100, required=False,
        help_text=_("When it is not in the list: write its name, for example France."),
    )  # fmt: skip
    other_nationalities = CountriesField(
        label=_("Other nationalities"), max_length=300, required=False,
        help_text=_("Names of countries, separated by commas."),
    )  # fmt: skip
    national_id = forms.CharField(
        label=_("National identity number"), max_length=30, required=False, help_text=_("CUI, cédula …")
    )
    phone = PhoneNumberField(label=_("Phone"), required=False, error_messages=PHONE_ERROR)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    subdivision = forms.ChoiceField(label=_("Department"), required=False)
    municipality = forms.CharField(label=_("Municipality"), max_length=100, required=False, widget=MunicipalityInput)
    community = forms.CharField(label=_("Community"), max_length=100, required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"), required=False, widget=forms.SelectMultiple(attrs={"size": 5}),
        help_text=_("Hold Ctrl to choose several."),
    )  # fmt: skip
    education = forms.ChoiceField(label=_("Education"), required=False)
    literacy = forms.ChoiceField(label=_("Reading and writing"), required=False)
    occupation = forms.ChoiceField(label=_("Occupation"), required=False)
    occupation_words = forms.CharField(
        label=_("Work the person knows, in their own words"), max_length=100, required=False
    )
    experience_years = forms.IntegerField(label=_("Years of experience"), min_value=0, max_value=80, required=False)
    dependants = forms.IntegerField(label=_("Dependants"), min_value=0, max_value=30, required=False)
    emergency_name = forms.CharField(label=_("Emergency contact"), max_length=150, required=False)
    emergency_relation = forms.CharField(label=_("Relation"), max_length=60, required=False)
    emergency_phone = PhoneNumberField(
        label=_("Phone of the emergency contact"), required=False, error_messages=PHONE_ERROR
    )

    different_because = forms.CharField(
        label=_("If this is a different person, why?"), max_length=300, required=False,
        help_text=_("Needed to save beside a strong match. It stays in the history of both."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def prepare(self):
        """Fill the code lists; a withdrawn code of the record stays choosable."""
        held = self.record
        self.codes = Code.objects.choices_of(*self.CODES, keep=[("country", held.nationality)] if held else ())
        for name in ("subdivision", "birth_subdivision"):
            self.fields[name].choices = [BLANK, *self.codes["subdivision"]]
        self.fields["languages"].choices = self.codes["language"]
        for name, code_list in (("education", "isced"), ("literacy", "literacy"), ("occupation", "isco")):
            self.fields[name].choices = [BLANK, *self.codes[code_list]]
        if held:
            for name in self.fields.keys() - {"key", "version", "different_because"}:
                self.initial.setdefault(name, getattr(held, name, None))
            self.initial["aliases"] = ", ".join(held.aliases)
            if held.birth_precision == Person.BirthPrecision.YEAR:
                self.initial["birth_date"] = ["", "", str(held.birth_date.year)]
        country = self.data.get("nationality") or self.initial.get("nationality") or ""
        self._offer_countries(country)
        for name in ("phone", "emergency_phone"):
            self.fields[name].region = places.REGION.get(country)

    def _offer_countries(self, chosen):
        """All countries are valid; the page shows those that people here come from, and the others are written."""
        nationality = self.fields["nationality"]
        nationality.choices = [BLANK, *self.codes["country"]]
        nationality.required = not self.data.get("other_country")
        near = {"", chosen, *words.DEMONYMS}
        nationality.widget.choices = [pair for pair in nationality.choices if pair[0] in near]

    def layout(self):
        """Identity first, then how to reach the person, then the rest."""
        return Layout("key", "version", *self.person_layout())

    @staticmethod
    def person_layout() -> tuple:
        """The groups of the page."""
        return (
            Fieldset(
                str(_("Identity")),
                "given_names", _half("first_surname", "second_surname"), _half("married_name", "native_name"),
                "aliases", "sex", _half("birth_date", "birth_precision"),
                _half("nationality", "other_country"), _half("other_nationalities", "national_id"),
                _half("birth_subdivision", "birth_municipality"),
            ),
            Fieldset(str(_("Contact")), _half("phone", "email"), _half("subdivision", "municipality"), "community"),
            Fieldset(
                str(_("Background")),
                "languages", _half("education", "literacy"), _half("occupation", "occupation_words"),
                _half("experience_years", "dependants"),
            ),
            Fieldset(str(_("In an emergency")), "emergency_name", _half("emergency_relation", "emergency_phone")),
        )  # fmt: skip

    def ask_why_different(self):
        """Show the question at the end: somebody like this person is registered already."""
        self.helper.layout.fields.append("different_because")

    def clean_birth_date(self):
        """A date of birth lies in the past, and not before 1900."""
        born = self.cleaned_data["birth_date"]
        problem = rules.birth_problem(born, timezone.localdate()) if born else None
        if problem:
            raise forms.ValidationError(problem)
        return born

    def clean_aliases(self):
        """A list of names, each once."""
        names = [name.strip() for name in self.cleaned_data["aliases"].replace(";", ",").split(",")]
        names = list(dict.fromkeys(name for name in names if name))
        if len(names) > MOST_ALIASES or any(len(name) > 150 for name in names):
            raise forms.ValidationError(
                gettext("Write at most %(most)d names, each of at most 150 characters.") % {"most": MOST_ALIASES}
            )
        return names

    def clean(self):
        """When only a year was typed, only the year is known; the main nationality is not another one."""
        cleaned = super().clean()
        other = cleaned.get("other_country")
        if other and cleaned.get("nationality"):
            self.add_error("other_country", _("Choose a country of the list or write another one, not both."))
        elif other:
            try:
                cleaned["nationality"] = country_called(other)
            except forms.ValidationError as refusal:
                self.add_error("other_country", refusal)
        born = cleaned.get("birth_date")
        if BirthField.is_year_only(self["birth_date"].data):
            cleaned["birth_precision"] = Person.BirthPrecision.YEAR
        elif born and (born.month, born.day) != (1, 1) and cleaned.get("birth_precision") == Person.BirthPrecision.YEAR:
            self.add_error(
                "birth_precision",
                _("Day and month are given. Say that they are exact or estimated, or leave them empty."),
            )
        if cleaned.get("nationality") in (cleaned.get("other_nationalities") or ()):
            self.add_error("other_nationalities", _("The main nationality stands among the others too."))
        return cleaned

    def deed(self):
        """Only facts about the person."""
        facts = super().deed()
        apart = (*ConsentFields.CONSENT, "office", "different_because", "other_country")
        return {k: v for k, v in facts.items() if k not in apart}


class RegisterForm(ConsentFields, PersonForm):
    """A new person with the consent that allows the record."""

    CODES = (*PersonForm.CODES, "consent_purpose")
    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"), empty_label=None)

    def prepare(self):
        """The offices where this user may register people."""
        super().prepare()
        self.prepare_consent(self.codes)
        reached = {pk for reach in self.user.reach(Permission.PERSON_EDIT) for pk in reach.office_ids}
        self.fields["office"].queryset = Office.objects.filter(pk__in=reached, active=True).order_by("name")
        read_once(self.fields["office"])

    def layout(self):
        """Consent is the first thing that is recorded."""
        return Layout(
            "key", "version", Fieldset(str(_("Consent")), *self.consent_layout()), "office", *self.person_layout()
        )

    def consent(self) -> dict:
        """The arguments of the consent."""
        return {name: self.cleaned_data[name] for name in self.CONSENT}


class SearchForm(forms.Form):
    """One box: words of a name, a case number, an identity number, a phone or a date of birth."""

    q = forms.CharField(label=_("Name, case number, document, phone or date of birth"), max_length=200, strip=True)
