"""What people type at the desk about a whole case."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code
from programmes.journey.enrolment.forms import OnForm, colleagues

NOTE_KINDS = [
    ("note_call", _("Call")),
    ("note_visit", _("Visit")),
    ("note_office", _("At the office")),
    ("note_other", _("Other")),
]


class NoteForm(WorkForm):
    """A note in the diary. It stays as it is written."""

    keeps_draft = True
    kind = forms.ChoiceField(label=_("Kind"), choices=NOTE_KINDS)
    on = DayField(label=_("On"))
    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Up to 20,000 characters. It cannot be changed later."),
    )

    def prepare(self):
        """Most notes are written on the day."""
        self.initial.setdefault("on", timezone.localdate())


class AssignForm(WorkForm):
    """Give the case to a colleague."""

    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), empty_label=None)
    note = forms.CharField(label=_("What should the colleague know?"), required=False, max_length=300)

    def prepare(self):
        """Colleagues of the case's offices."""
        case = self.record
        offices = {pk for pk in (case.office_id, case.destination_office_id) if pk}
        ancestors = [int(part) for path in (case.office.path,) for part in path.strip("/").split("/") if part]
        self.fields["owner"].queryset = colleagues(offices | set(ancestors), self.user)
        self.initial.setdefault("owner", case.owner)


class TagsForm(WorkForm):
    """The tags of a case."""

    tags = forms.MultipleChoiceField(label=_("Tags"), required=False, widget=forms.CheckboxSelectMultiple)

    def prepare(self):
        """Those in force, and those that the case has."""
        held = self.record.tags
        codes = Code.objects.of("case_tag")
        self.fields["tags"].choices = [(row.code, row.label) for row in codes if row.active or row.code in held]
        self.initial.setdefault("tags", held)

    def deed(self) -> dict:
        """Which come and which go."""
        wanted, held = self.cleaned_data["tags"], self.record.tags
        return {"add": [c for c in wanted if c not in held], "remove": [c for c in held if c not in wanted]}


class CloseForm(OnForm):
    """Why and how the case ends."""

    reason = forms.ChoiceField(label=_("Reason"))
    outcome = forms.CharField(label=_("Outcome in a few sentences"), widget=forms.Textarea(attrs={"rows": 4}))
    field_order = ["key", "version", "reason", "on", "outcome"]

    def prepare(self):
        """The published closure reasons (domain.md 7.6)."""
        super().prepare()
        del self.fields["note"]
        self.fields["reason"].choices = Code.objects.choices("closure", blank="")


class ReopenForm(WorkForm):
    """Why a closed case is taken up again."""

    reason = forms.ChoiceField(label=_("Reason"))
    code_list = "reopening"

    def prepare(self):
        """The reasons in force."""
        self.fields["reason"].choices = Code.objects.choices(self.code_list, blank="")


class VoidForm(ReopenForm):
    """Why a case is void."""

    code_list = "void"
