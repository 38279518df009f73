"""What people type about a case itself."""

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office, User
from accounts.roles import Permission
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code, Season


class OnForm(WorkForm):
    """The day on which something really happened, and a note."""

    on = DayField(label=_("Happened on"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """Most things are recorded on the day."""
        self.initial.setdefault("on", timezone.localdate())


class ReasonForm(OnForm):
    """A step that is only made with a reason, chosen from a list of the rulebook."""

    reason = forms.ChoiceField(label=_("Reason"))
    field_order = ["key", "version", "reason", "on", "note"]
    code_list = "withdrawal"

    def prepare(self):
        """The reasons in force."""
        super().prepare()
        self.fields["reason"].choices = Code.objects.choices(self.code_list, blank="")


class OpenCaseForm(WorkForm):
    """Open a case for a person in a season."""

    season = forms.ModelChoiceField(Season.objects.none(), label=_("Programme and season"))
    office = forms.ModelChoiceField(Office.objects.none(), label=_("Office"))
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), required=False)
    on = DayField(label=_("Registered on"))

    def prepare(self):
        """Seasons that take cases in the programmes of the user's offices, and those offices."""
        reached = {pk for reach in self.user.reach(Permission.CASE_EDIT) for pk in reach.office_ids}
        self.fields["season"].queryset = seasons_open_to(self.user)
        self.fields["office"].queryset = Office.objects.filter(
            pk__in=reached, active=True, programmes__isnull=False
        ).distinct()
        self.fields["owner"].queryset = colleagues(reached, self.user)
        self.initial.setdefault("owner", self.user)
        self.initial.setdefault("on", timezone.localdate())
        offices = list(self.fields["office"].queryset[:2])
        if len(offices) == 1:
            self.initial.setdefault("office", offices[0])


def seasons_open_to(user):
    """Seasons that take cases, in the programmes of the offices where the user opens cases."""
    reaches = user.reach(Permission.CASE_EDIT)
    reached = {pk for reach in reaches for pk in reach.office_ids}
    limits = [reach.programme_ids for reach in reaches]
    seasons = Season.objects.filter(active=True, programme__active=True, programme__offices__in=reached)
    if limits and all(limit is not None for limit in limits):
        seasons = seasons.filter(programme__in={pk for limit in limits for pk in limit})
    return seasons.select_related("programme").distinct().order_by("programme__code", "-starts_on")


def colleagues(office_ids, user):
    """People who work on cases in these offices today, the user among them."""
    today = timezone.localdate()
    return (
        User.objects.filter(
            Q(memberships__office__in=office_ids) | Q(pk=user.pk),
            Q(memberships__valid_to__isnull=True) | Q(memberships__valid_to__gte=today),
            is_active=True,
            memberships__role__in=["caseworker", "manager", "liaison"],
            memberships__valid_from__lte=today,
        )
        .distinct()
        .order_by("full_name", "pk")
    )


class DatesForm(WorkForm):
    """The planned stay."""

    planned_start = DayField(label=_("Planned start"))
    planned_end = DayField(label=_("Planned end"))

    def prepare(self):
        """The dates as they are."""
        self.initial.setdefault("planned_start", self.record.planned_start)
        self.initial.setdefault("planned_end", self.record.planned_end)

    def clean(self):
        """An end before the start is said at both fields."""
        cleaned = super().clean()
        start, end = cleaned.get("planned_start"), cleaned.get("planned_end")
        if start and end and end < start:
            self.add_error("planned_end", _("The end lies before the start."))
            self.add_error("planned_start", _("The start lies after the end."))
        return cleaned


class TestForm(WorkForm):
    """The result of a test."""

    __test__ = False  # not a test case for pytest

    taken_on = DayField(label=_("Taken on"))
    passed = forms.TypedChoiceField(
        label=_("Result"),
        choices=[("yes", _("Passed")), ("no", _("Not passed"))],
        coerce=lambda v: v == "yes",
        widget=forms.RadioSelect,
    )
    score = forms.DecimalField(
        label=_("Score (0–100)"), min_value=0, max_value=100, max_digits=4, decimal_places=1, required=False
    )

    def prepare(self):
        """Most tests are recorded on the day."""
        self.initial.setdefault("taken_on", timezone.localdate())


class TickForm(WorkForm):
    """Something that was checked by hand."""

    done_on = DayField(label=_("Checked on"))

    def prepare(self):
        """Most checks are recorded on the day."""
        self.initial.setdefault("done_on", timezone.localdate())


class WaiveForm(WorkForm):
    """Why a case does not need something."""

    reason = forms.CharField(label=_("Why is this not needed?"), max_length=300)


class SnoozeForm(WorkForm):
    """Put a step off until a day, with the reason kept in the diary."""

    until = DayField(label=_("Until"))
    reason = forms.CharField(label=_("Why"), max_length=60)

    def clean_until(self):
        """A step is put off to a day to come."""
        until = self.cleaned_data["until"]
        if until <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day after today."))
        return until
