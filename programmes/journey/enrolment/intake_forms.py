"""What is asked when somebody comes for the first time: the dozen facts that a registration needs, on one page."""

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.choices import read_once
from programmes.base.common.dates import BirthField
from programmes.base.rulebook.catalogue import RULES
from programmes.base.rulebook.models import Code, Season
from programmes.journey.enrolment.forms import seasons_open_to
from programmes.journey.people import places, rules
from programmes.journey.people.forms import BLANK, ConsentFields
from programmes.journey.people.models import Person
from programmes.journey.people.part_forms import PHONE_ERROR, MunicipalityInput, identity_kinds

# How the number of a document looks, by country and kind; "" for every country.
HINTS: dict[tuple[str, str], str | Promise] = {
    ("GTM", "national_id"): _("CUI: 13 digits, on the front of the DPI."),
    ("COL", "national_id"): _("Cédula: 6 to 10 digits."),
    ("HND", "national_id"): _("DNI: 13 digits."),
    ("SLV", "national_id"): _("DUI: 9 digits."),
    ("MEX", "national_id"): _("CURP: 18 letters and digits."),
    ("ESP", "residence_permit"): _("NIE: X, Y or Z, seven digits and a letter."),
    ("", "passport"): _("Letters and digits on the photo page, top right."),
    ("", ""): _("As printed on the document."),
}
DIGITS_ONLY = frozenset(
    {("GTM", "national_id"), ("COL", "national_id"), ("HND", "national_id"), ("SLV", "national_id")}
)
# What stays for the next person of the same day and place.
KEPT = ("office", "season", "subdivision", "municipality", "community", "language", "mode", "witness", "nationality")


class IntakeForm(ConsentFields):
    """A new person, briefly. Names of fields are those of Person where they are the same fact."""

    keeps_draft = True
    CODES = (*ConsentFields.CONSENT_CODES, "country", "subdivision", "document", "different_person")
    given_names = forms.CharField(label=_("First given name"), max_length=75)
    other_given_names = forms.CharField(label=_("Other given names"), max_length=74, required=False)
    first_surname = forms.CharField(label=_("First surname"), max_length=150)
    second_surname = forms.CharField(label=_("Second surname"), max_length=150, required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=Person.Sex, widget=forms.RadioSelect)
    birth_date = BirthField(
        label=_("Date of birth"),
        help_text=_("For example 27 3 1994. When only the year is known, leave day and month empty."),
        past_only=False,
    )
    birth_estimated = forms.BooleanField(label=_("This date is estimated"), required=False)
    nationality = forms.ChoiceField(label=_("Nationality"))
    document_kind = forms.ChoiceField(label=_("Document"), required=False)
    document_number = forms.CharField(label=_("Number of the document"), max_length=60, required=False)
    phone = PhoneNumberField(
        label=_("Phone"),
        required=False,
        error_messages=PHONE_ERROR,
        help_text=_("One that the person or their family answers."),
    )
    subdivision = forms.ChoiceField(label=_("Department"), required=False)
    municipality = forms.CharField(label=_("Municipality"), max_length=100, required=False, widget=MunicipalityInput)
    community = forms.CharField(label=_("Community"), max_length=100, required=False)
    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"), empty_label=None)
    season = forms.ModelChoiceField(
        Season.objects.none(),
        label=_("Programme and season"),
        required=False,
        empty_label=_("No case yet"),
        help_text=_("Choose one to open the case at once."),
    )
    different_because = forms.ChoiceField(label=_("If this is a different person, why?"), required=False)

    def prepare(self):
        """The lists; offices and seasons of this user; the usual answers of this office."""
        codes = Code.objects.choices_of(*self.CODES)
        self.prepare_consent(codes)
        del self.fields["given_on"], self.fields["expires_on"]
        reached = {pk for reach in self.user.reach(Permission.PERSON_EDIT) for pk in reach.office_ids}
        offices = Office.objects.filter(pk__in=reached, active=True).order_by("name")
        self.fields["office"].queryset = offices
        self.fields["office"].widget.choices = [(office.pk, str(office)) for office in offices]
        first = next(iter(offices), None)
        country = self.initial.get("nationality") or (first.country if first else "")
        self.initial.setdefault("office", first)
        self.initial.setdefault("nationality", country)
        self.fields["nationality"].choices = [BLANK, *codes["country"]]
        self.fields["subdivision"].choices = [BLANK, *_of_country(codes["subdivision"], offices)]
        self.fields["document_kind"].choices = [("", _("None at hand")), *identity_kinds(documents=codes["document"])]
        self.initial.setdefault("document_kind", "national_id")
        self.fields["different_because"].choices = [
            ("", _("Choose a reason")),
            *codes["different_person"],
        ]
        self.fields["phone"].region = places.REGION.get(self.data.get("nationality") or country)
        if self.user.may(Permission.CASE_EDIT):
            self.fields["season"].queryset = seasons_open_to(self.user)
            read_once(self.fields["season"])
        else:
            del self.fields["season"]
        self.fields["document_number"].help_text = self.hint()
        for name in ("given_names", "other_given_names", "first_surname", "second_surname", "phone", "document_number"):
            # Machines are shared: what a browser would offer the next time is another person's.
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self):
        """A number belongs to a document; a name fits into its column."""
        cleaned = super().clean()
        kind, number = cleaned.get("document_kind"), cleaned.get("document_number")
        if number and not kind:
            self.add_error("document_kind", _("Choose which document this number is from."))
        if number and not rules.plain_number(number):
            self.add_error("document_number", _("Enter the number of the document."))
        if number and rules.mixes_scripts(number):
            self.add_error(
                "document_number",
                _("This number mixes letters of two alphabets. Type it again as it is printed."),
            )
        return cleaned

    def clean_birth_date(self):
        """A date of birth lies in the past, and not before 1900."""
        born = self.cleaned_data["birth_date"]
        problem = rules.birth_problem(born, timezone.localdate()) if born else None
        if problem:
            raise forms.ValidationError(problem)
        return born

    def facts(self) -> dict:
        """Columns of Person, as far as they are typed and clean; also of a form that is not finished."""
        got = self.cleaned_data
        facts = {
            name: got[name]
            for name in (
                "first_surname", "second_surname", "sex", "birth_date", "nationality", "phone", "subdivision",
                "municipality", "community",
            )
            if got.get(name) not in (None, "")
        }  # fmt: skip
        facts["given_names"] = " ".join(filter(None, (got.get("given_names"), got.get("other_given_names"))))
        if BirthField.is_year_only(self["birth_date"].data):
            facts["birth_precision"] = Person.BirthPrecision.YEAR
        elif got.get("birth_estimated"):
            facts["birth_precision"] = Person.BirthPrecision.ESTIMATED
        return facts

    def document(self) -> dict | None:
        """The identity document, issued by the country of the person's nationality; None without a number."""
        got = self.cleaned_data
        kind, number, country = got.get("document_kind"), got.get("document_number"), got.get("nationality")
        return {"kind": kind, "country": country, "number": number} if kind and number and country else None

    def consent(self) -> dict:
        """The arguments of the consent: given today, for as long as consents usually hold."""
        today = timezone.localdate()
        got = {name: self.cleaned_data[name] for name in ("purposes", "mode", "language", "witness")}
        season = self.cleaned_data.get("season")
        months = season.programme.rules(today)["consent_months"] if season else RULES["consent_months"].default
        return got | {"given_on": today, "expires_on": rules.consent_until(today, months)}

    def kept(self) -> dict:
        """What the next person of the same day and place has in common with this one; nothing that is this one's."""
        found = {name: self.cleaned_data.get(name) for name in KEPT}
        return {name: getattr(value, "pk", value) for name, value in found.items() if value}

    def hints(self) -> list[dict]:
        """How a document's number looks, for the page to show the one that fits."""
        return [
            {"country": country, "kind": kind, "words": words, "digits": (country, kind) in DIGITS_ONLY}
            for (country, kind), words in HINTS.items()
        ]

    def hint(self) -> str | Promise:
        """The hint that fits what is chosen as the page is drawn."""
        country, kind = self["nationality"].value(), self["document_kind"].value()
        return HINTS.get((country or "", kind or "")) or HINTS.get(("", kind or "")) or HINTS["", ""]


def _of_country(choices, offices) -> list:
    """Departments of the countries of these offices first; the others come after them."""
    own = {places.REGION.get(office.country, "") for office in offices}
    return sorted(choices, key=lambda pair: pair[0].split("-")[0] not in own)
