"""What people type about associations, recruiters, and what hangs on employers and their sites."""

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.choices import RecordChoice
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook import codes
from programmes.base.rulebook.models import Code
from programmes.journey.employers import fair
from programmes.journey.employers.forms import half
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import Inspection, Recruiter

PHONE = _("Enter a phone number with its country code, for example +1 450 555 0142.")


def _note(label):
    return forms.CharField(label=label, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class HeldForm(WorkForm):
    """A form of a record: `lists` are its fields of code lists, filled when it is edited."""

    lists: dict[str, str] = {}

    def __init__(self, *args, owner=None, **kwargs):
        self.owner = owner
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Codes in force and those that are held; the values that the record has."""
        held = self.record
        keep = [(name, getattr(held, field)) for field, name in self.lists.items()] if held else ()
        words = Code.objects.choices_of(*self.lists.values(), keep=keep)
        for field, name in self.lists.items():
            self.fields[field].choices = [("", ""), *words[name]]
        if held:
            for name in self.fields.keys() - {"key", "version"}:
                self.initial.setdefault(name, getattr(held, name))


class ContactForm(HeldForm):
    """Somebody to speak to."""

    name = forms.CharField(label=_("Name"), max_length=150)
    job = forms.CharField(label=_("What they do there"), max_length=100, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = PhoneNumberField(label=_("Phone"), required=False, error_messages={"invalid": PHONE})

    def layout(self):
        """Who, then how to reach."""
        return Layout("key", "version", half("name", "job"), half("email", "phone"))


class LicenceForm(HeldForm):
    """A licence or certification with its validity."""

    lists = {"kind": "licence", "country": "country"}

    kind = forms.ChoiceField(label=_("Kind"))
    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    issuer = forms.CharField(label=_("Issued by"), max_length=150, required=False)
    country = forms.ChoiceField(label=_("Country"))
    valid_from = DayField(label=_("Valid from"), required=False)
    valid_until = DayField(label=_("Valid until"), required=False, help_text=_("Empty: without an end."))

    def layout(self):
        """What, by whom, until when."""
        return Layout(
            "key", "version", half("kind", "number"), half("issuer", "country"), half("valid_from", "valid_until")
        )


class EventForm(HeldForm):
    """One line of the compliance history. `owner` is the employer."""

    lists = {"kind": "compliance"}

    kind = forms.ChoiceField(label=_("What"))
    site = RecordChoice(Site.objects.none(), label=_("Site"), required=False, empty_label=_("All of the employer"))
    on = DayField(label=_("On"))
    note = _note(_("What was found"))
    settled_on = DayField(label=_("Settled on"), required=False, help_text=_("Empty while it is open."))

    def prepare(self):
        """The sites of the employer."""
        self.fields["site"].queryset = self.owner.sites.order_by("name")
        super().prepare()

    def layout(self):
        """What and where, when, what was found."""
        return Layout("key", "version", half("kind", "site"), half("on", "settled_on"), "note")


class InspectionForm(HeldForm):
    """One inspection of the housing of a site."""

    inspected_on = DayField(label=_("Inspected on"))
    result = forms.ChoiceField(label=_("Result"), choices=Inspection.Result)
    inspector = forms.CharField(label=_("Inspected by"), max_length=150, required=False)
    number = forms.CharField(label=_("Number of the report"), max_length=60, required=False)
    note = _note(_("What was found"))

    def layout(self):
        """When and how it went, by whom."""
        return Layout("key", "version", half("inspected_on", "result"), half("inspector", "number"), "note")


class PartnerForm(HeldForm):
    """A union, a consulate or another body that looks after the workers at a site."""

    lists = {"kind": "partner_kind"}

    kind = forms.ChoiceField(label=_("Kind"))
    name = forms.CharField(label=_("Name"), max_length=150)
    contact_name = forms.CharField(label=_("Contact person"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)
    phone = PhoneNumberField(label=_("Phone"), required=False, error_messages={"invalid": PHONE})

    def layout(self):
        """Who, then how to reach."""
        return Layout("key", "version", half("kind", "name"), "contact_name", half("email", "phone"))


class _EmployersForm(HeldForm):
    """Something with an employer; once written down, the employer stays."""

    employer = RecordChoice(Employer.objects.none(), label=_("Employer"), empty_label="")

    def prepare(self):
        """Employers the user may see."""
        own = Employer.objects.visible_to(self.user)
        if self.record:
            own = Employer.objects.filter(pk=self.record.employer_id)
        self.fields["employer"].queryset = own.order_by("name", "id")
        super().prepare()


class EngagementForm(_EmployersForm):
    """A recruiter that works for an employer."""

    since = DayField(label=_("Since"), required=False)
    until = DayField(label=_("Until"), required=False, help_text=_("Empty while it does."))

    def layout(self):
        """For whom, from when to when."""
        return Layout("key", "version", "employer", half("since", "until"))


class MemberForm(_EmployersForm):
    """An employer in an association."""

    number = forms.CharField(label=_("Member number"), max_length=40, required=False)
    joined_on = DayField(label=_("Member since"), required=False)
    left_on = DayField(label=_("Member until"), required=False, help_text=_("Empty while it is a member."))

    def layout(self):
        """Who, from when to when."""
        return Layout("key", "version", half("employer", "number"), half("joined_on", "left_on"))


class _KeptForm(HeldForm):
    """A record that an office keeps."""

    name = forms.CharField(label=_("Name"), max_length=150)
    office = RecordChoice(Office.objects.none(), label=_("Office that keeps it"), empty_label="")
    country = forms.ChoiceField(label=_("Country"))

    lists = {"country": "country"}

    def prepare(self):
        """Offices where the user may edit employers; the only one is chosen already."""
        reached = {pk for reach in self.user.reach(Permission.EMPLOYER_EDIT) for pk in reach.office_ids}
        offices = Office.objects.filter(pk__in=reached, active=True)
        if self.record:
            offices = offices | Office.objects.filter(pk=self.record.office_id)
        self.fields["office"].queryset = offices.order_by("name", "pk")
        first = list(self.fields["office"].queryset[:2])
        if not self.record and len(first) == 1:
            self.initial.setdefault("office", first[0])
        super().prepare()


class AssociationForm(_KeptForm):
    """Who the association is."""

    registration = forms.CharField(label=_("Registration number"), max_length=40, required=False)

    def layout(self):
        """Who, where, who keeps it."""
        return Layout("key", "version", "name", half("country", "registration"), "office")


class RecruiterForm(_KeptForm):
    """Who the recruiter is, whose agent, and its due diligence."""

    agent_of = RecordChoice(
        Recruiter.objects.none(), label=_("Sub-agent of"), required=False, empty_label=_("Nobody: it works by itself")
    )
    checked_on = DayField(label=_("Due diligence on"), required=False)
    checked_result = forms.ChoiceField(
        label=_("Result"), required=False, choices=[("", _("Not done yet")), *Recruiter.Result.choices]
    )
    checked_note = _note(_("What the due diligence found"))

    def prepare(self):
        """Recruiters the user may see."""
        others = Recruiter.objects.visible_to(self.user)
        self.fields["agent_of"].queryset = others.exclude(pk=getattr(self.record, "pk", None)).order_by("name", "id")
        super().prepare()

    def layout(self):
        """Who, whose agent, how it was looked into."""
        return Layout(
            "key",
            "version",
            Fieldset("", "name", half("country", "office"), "agent_of"),
            Fieldset(_("Due diligence"), half("checked_on", "checked_result"), "checked_note"),
        )


class FairForm(WorkForm):
    """The questions of fair recruitment about the `record`, with their code list, `questions`."""

    questions = fair.OF_RECRUITER
    on = DayField(label=_("Found out on"))
    field_order = ["key", "version", "on"]

    def prepare(self):
        """A field for each question in force; an answer that is there may be changed, not taken away."""
        self.initial.setdefault("on", timezone.localdate())
        kept = {row.question: row.answer for row in self.record.answers.all()}
        for code, words in codes.in_force(self.questions):
            answers = [(value, capfirst(label)) for value, label in self.answers_to(code)]
            blank = [] if code in kept else [("", _("Not asked yet"))]
            self.fields[f"q_{code}"] = forms.ChoiceField(
                label=words, choices=[*blank, *answers], required=False, initial=kept.get(code, "")
            )

    def answers_to(self, code):
        """The answers to one question."""
        return [(value, label) for value, label in fair.Answer.choices if value != fair.Answer.REFUNDED]

    def deed(self):
        """The day, and what was answered by question."""
        given = {name[2:]: value for name, value in self.cleaned_data.items() if name.startswith("q_") and value}
        return {"on": self.cleaned_data["on"], "answers": {code: {"answer": value} for code, value in given.items()}}
