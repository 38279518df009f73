"""What people type about the documents, phones, addresses, languages and household of a person."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from programmes.base.common.dates import DayMonthYearField
from programmes.base.common.forms import WorkForm
from programmes.base.rulebook.models import Code
from programmes.journey.people import places, rules, search
from programmes.journey.people.models import Person

PHONE_ERROR = {"invalid": _("Enter a phone number with its country code, for example +502 5555 0142.")}


class MunicipalityInput(forms.TextInput):
    """A text box that offers what is known in the department chosen beside it (`subdivision`)."""

    template_name = "components/municipality.html"

    def __init__(self, attrs=None):
        super().__init__({"list": "municipalities", "autocomplete": "off", **(attrs or {})})


def identity_kinds(keep: str = "", documents: list[tuple[str, str]] | None = None) -> list[tuple[str, str]]:
    """The kinds of identity document in the order in which they are asked for; of `documents` when these are read."""
    labels = dict(Code.objects.choices("document", keep=keep) if documents is None else documents)
    return [(code, labels[code]) for code in (*rules.IDENTITY_KINDS, keep) if code in labels]


class PartForm(WorkForm):
    """A form about one row of a person; `person` is whose, `record` the row that is edited."""

    def __init__(self, *args, person, **kwargs):
        self.person = person
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Fill the lists, and the values of the row that is edited."""
        self.fill()
        if self.record is not None:
            for name in self.fields.keys() - {"key", "version"}:
                if hasattr(self.record, name):
                    self.initial.setdefault(name, getattr(self.record, name))

    def fill(self):
        """Offer the choices."""

    def choices(self, field, name, **options):
        """Offer the codes of a list; a withdrawn code of the row stays choosable."""
        keep = getattr(self.record, field, "") if self.record is not None else ""
        self.fields[field].choices = Code.objects.choices(name, keep=keep, **options)


class IdentityForm(PartForm):
    """What is printed on an identity document."""

    kind = forms.ChoiceField(label=_("Document"))
    country = forms.ChoiceField(label=_("Issuing country"))
    number = forms.CharField(
        label=_("Number"), max_length=60, required=False, help_text=_("As printed, with or without spaces.")
    )
    line = forms.CharField(
        label=_("Second machine-readable line of a passport"),
        max_length=60,
        required=False,
        help_text=_("The 44 characters at the foot of the photo page. They are checked and not kept."),
    )
    issuer = forms.CharField(label=_("Issued by"), max_length=150, required=False)
    issued_on = DayMonthYearField(label=_("Issued on"), required=False)
    expires_on = DayMonthYearField(label=_("Expires on"), required=False)
    field_order = ["kind", "country", "number", "line", "issuer", "issued_on", "expires_on"]

    def fill(self):
        """The kinds that say who somebody is; the country most likely first."""
        self.fields["kind"].choices = identity_kinds(self.record.kind if self.record else "")
        self.choices("country", "country", blank="")
        self.initial.setdefault("country", self.record.country if self.record else self.person.nationality)

    def clean(self):
        """A machine-readable line gives the number and the last day, and must not say otherwise than what is typed."""
        cleaned = super().clean()
        typed, number = cleaned.get("line"), cleaned.get("number", "")
        if typed:
            mrz = rules.read_mrz(typed, timezone.localdate())
            if mrz is None:
                self.add_error("line", _("A machine-readable line has 44 letters, digits and “<”. Type it again."))
                return cleaned
            if number and rules.plain_number(number) != mrz.number:
                self.add_error("number", _("The machine-readable line names another number. Compare both."))
            cleaned["mrz"], cleaned["number"] = mrz.ok, number or mrz.number
            cleaned["expires_on"] = cleaned.get("expires_on") or mrz.expires_on
        elif not number and "number" not in self.errors:
            self.add_error("number", _("Enter the number of the document."))
        return cleaned

    def deed(self):
        """The line itself is not kept, only whether it checked out."""
        facts = super().deed()
        del facts["line"]
        return facts


class PhoneForm(PartForm):
    """A further phone."""

    kind = forms.ChoiceField(label=_("Kind of phone"))
    number = PhoneNumberField(label=_("Phone"), error_messages=PHONE_ERROR)
    whose = forms.CharField(
        label=_("Whose phone is it?"),
        max_length=100,
        required=False,
        help_text=_("Leave it empty when it is the person's own."),
    )
    by_message = forms.BooleanField(label=_("Messages can be sent to it"), required=False, initial=True)

    def fill(self):
        """The kinds; a number without country code belongs to the person's country."""
        self.choices("kind", "phone_kind")
        self.fields["number"].region = places.REGION.get(self.person.nationality)


class AddressForm(PartForm):
    """A further address."""

    kind = forms.ChoiceField(label=_("Kind of address"))
    country = forms.ChoiceField(label=_("Country"))
    subdivision = forms.ChoiceField(label=_("Department"), required=False)
    municipality = forms.CharField(label=_("Municipality"), max_length=100, required=False, widget=MunicipalityInput)
    community = forms.CharField(label=_("Community"), max_length=100, required=False)
    line = forms.CharField(label=_("Street, number, directions"), max_length=200, required=False)
    since = DayMonthYearField(label=_("Since"), required=False)
    until = DayMonthYearField(label=_("Until"), required=False)

    def fill(self):
        """The lists, and the country where the person is at home."""
        self.choices("kind", "address_kind")
        self.choices("country", "country", blank="")
        self.choices("subdivision", "subdivision", blank="")
        if self.record is None:
            self.initial.setdefault("country", self.person.nationality)

    def clean(self):
        """An address says where; it does not end before it begins."""
        cleaned = super().clean()
        if not any(cleaned.get(name) for name in ("subdivision", "municipality", "community", "line")):
            self.add_error("municipality", _("Write at least the municipality or the directions."))
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("since", _("The address would end before it begins."))
            self.add_error("until", _("The address would end before it begins."))
        return cleaned


class MemberForm(PartForm):
    """Somebody of the household."""

    relation = forms.ChoiceField(label=_("Relation to the person"))
    name = forms.CharField(label=_("Name"), max_length=150)
    birth_year = forms.IntegerField(
        label=_("Year of birth"), min_value=rules.EARLIEST_YEAR, max_value=2200, required=False
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", ""), *Person.Sex.choices], required=False)
    is_dependant = forms.BooleanField(label=_("Depends on the person"), required=False)
    lives_together = forms.BooleanField(label=_("Lives in the same household"), required=False, initial=True)
    link = forms.CharField(
        label=_("Own record, if there is one"),
        max_length=60,
        required=False,
        help_text=_("Case number, document number or phone of somebody registered already."),
    )
    unlink = forms.BooleanField(label=_("Take the link to their own record away"), required=False)

    def fill(self):
        """The relations; the link can only be taken away where there is one the user may see."""
        self.choices("relation", "relation", blank="")
        linked = self.record is not None and self.record.other_id
        if not (linked and Person.objects.visible_to(self.user).filter(pk=self.record.other_id).exists()):
            del self.fields["unlink"]

    def clean_link(self):
        """The one person whom the user may see and who has this number; in the same words when there is none."""
        typed = self.cleaned_data["link"]
        if not typed:
            return None
        if not any(c.isdigit() for c in typed):
            raise forms.ValidationError(_("Write a number: of a case, a document or a phone."))
        found = [row.person for row in search.find(self.user, typed) if row.exact]
        if len(found) != 1:
            raise forms.ValidationError(
                _("Several people match. Use the case number.")
                if found
                else _("Nobody you may see has this number. Leave it empty if they are not registered.")
            )
        return found[0]

    def deed(self):
        """The link becomes the other person; without a new one the old one stays unless it is taken away."""
        facts = super().deed()
        link, unlink = facts.pop("link"), facts.pop("unlink", False)
        facts["other"] = link or (None if unlink or self.record is None else self.record.other)
        return facts


class LanguagesForm(PartForm):
    """Which languages the person speaks, how well, and which is the mother tongue."""

    ROWS = 6
    mother_tongue = forms.ChoiceField(label=_("Mother tongue"), required=False)

    def fill(self):
        """A row for each language that is known, and some more."""
        codes = Code.objects.choices("language", blank="")
        levels = [("", _("not known")), *Code.objects.choices("language_level")]
        spoken = self.person.languages
        self.fields["mother_tongue"].choices = codes
        self.initial.setdefault("mother_tongue", self.person.mother_tongue)
        for n in range(max(self.ROWS, len(spoken) + 1)):
            code = spoken[n] if n < len(spoken) else ""
            self.fields[f"language_{n}"] = forms.ChoiceField(
                label=_("Language %(n)d") % {"n": n + 1}, choices=codes, required=False, initial=code
            )
            self.fields[f"level_{n}"] = forms.ChoiceField(
                label=_("Level %(n)d") % {"n": n + 1},
                choices=levels,
                required=False,
                initial=self.person.language_levels.get(code, ""),
            )

    def clean(self):
        """Each language once; the mother tongue is one of them."""
        cleaned = super().clean()
        rows = [(cleaned.get(f"language_{n}"), cleaned.get(f"level_{n}"), n) for n in range(self.rows)]
        self.spoken = [code for code, _level, _n in rows if code]
        self.levels = {code: level for code, level, _n in rows if code and level}
        for code, level, n in rows:
            if level and not code:
                self.add_error(f"language_{n}", _("Choose the language of this level."))
            if code and self.spoken.count(code) > 1:
                self.add_error(f"language_{n}", _("This language stands here twice."))
        mother = cleaned.get("mother_tongue")
        if mother and mother not in self.spoken:
            self.spoken.insert(0, mother)
        return cleaned

    @property
    def rows(self) -> int:
        """How many languages the page has room for."""
        return sum(name.startswith("language_") for name in self.fields)

    def deed(self):
        """The columns of the person."""
        return {
            "languages": self.spoken,
            "language_levels": self.levels,
            "mother_tongue": self.cleaned_data["mother_tongue"],
        }
