"""How the case list is narrowed: by address, so that a list can be kept, shared and printed."""

import django_filters as filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.forms import DayField, NearDate
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import OPEN, STAGES, Status


class DayFilter(filters.DateFilter):
    """A day in ISO form; anything else is said beside the filter."""

    field_class = DayField


class CaseFilter(filters.FilterSet):
    """Filters of the case list. Only fields without personal data: names are searched by POST."""

    status = filters.ChoiceFilter(label=_("State"), choices=Status, empty_label=_("All"))
    stage = filters.ChoiceFilter(
        label=_("Stage"),
        choices=[(code, label) for code, label, _states in STAGES],
        method="in_stage",
        empty_label=_("All"),
    )
    programme = filters.ChoiceFilter(label=_("Programme"), empty_label=_("All"))
    season = filters.ChoiceFilter(label=_("Season"), empty_label=_("All"))
    office = filters.ModelChoiceFilter(label=_("Office"), queryset=Office.objects.none(), empty_label=_("All"))
    late = filters.BooleanFilter(label=_("Only late ones"), method="only_late", widget=forms.CheckboxInput)
    nobody = filters.BooleanFilter(label=_("Only without owner"), method="only_nobodys", widget=forms.CheckboxInput)
    due_from = DayFilter(label=_("Due from"), field_name="next_due_on", lookup_expr="gte", widget=NearDate())
    due_to = DayFilter(label=_("Due until"), field_name="next_due_on", lookup_expr="lte", widget=NearDate())

    class Meta:
        model = Enrolment
        fields = ["status", "stage", "programme", "season", "office", "late", "nobody", "due_from", "due_to"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        # Both lists come from one query: every season brings its programme.
        programmes = Programme.objects.reachable_by(user, Permission.CASE_VIEW).values("pk")
        seasons = list(Season.objects.filter(programme__in=programmes).select_related("programme"))
        self.filters["season"].extra["choices"] = [(season.pk, str(season)) for season in seasons]
        self.filters["programme"].extra["choices"] = list({s.programme_id: s.programme.name for s in seasons}.items())
        reached = {pk for reach in user.reach(Permission.CASE_VIEW) for pk in reach.office_ids}
        self.filters["office"].queryset = Office.objects.filter(pk__in=reached).order_by("name")

    def in_stage(self, queryset, name, value):
        """Cases whose state belongs to the stage of life."""
        return queryset.filter(status__in=sorted(next(states for code, _label, states in STAGES if code == value)))

    def only_late(self, queryset, name, value):
        """Cases whose next step should have been done before today."""
        return queryset.filter(next_due_on__lt=timezone.localdate(), status__in=sorted(OPEN)) if value else queryset

    def only_nobodys(self, queryset, name, value):
        """Open cases nobody answers for."""
        return queryset.filter(owner__isnull=True, is_open=True) if value else queryset

    def said(self) -> str:
        """What is wrong with two limits that contradict each other; empty when nothing is."""
        data = self.form.cleaned_data if self.form.is_valid() else {}
        if data.get("due_from") and data.get("due_to") and data["due_to"] < data["due_from"]:
            return str(_("“Due until” lies before “due from”: nothing can match."))
        return ""


VIEWS: dict[str, tuple] = {
    "mine": (_("My cases"), lambda cases, user: cases.open().owned_by(user)),
    "open": (_("All open"), lambda cases, user: cases.open()),
    "ready": (_("Ready to travel"), lambda cases, user: cases.filter(status=Status.READY_TO_TRAVEL)),
    "overdue": (
        _("Return overdue"),
        lambda cases, user: cases.filter(Q(status=Status.RETURN_OVERDUE) | Q(status=Status.WHEREABOUTS_UNKNOWN)),
    ),
    "all": (_("All"), lambda cases, user: cases),
}
# What a list may be sorted by: address word → fields, the last one unique.
SORTS: dict[str, tuple[str, ...]] = {
    "due": ("next_due_on", "id"),
    "number": ("number",),
    "since": ("status_since", "id"),
    "-since": ("-status_since", "-id"),
    "name": ("person__first_surname", "person__second_surname", "person__given_names", "id"),
}
