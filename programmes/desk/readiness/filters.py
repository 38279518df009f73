"""How the board is narrowed: for which demand, flight or season, and which of its groups is looked at."""

from datetime import timedelta

import django_filters as filters
from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Office, User
from accounts.roles import Permission
from programmes.base.common.choices import is_identifier
from programmes.base.rulebook import codes
from programmes.base.rulebook.models import Programme, Season
from programmes.desk.bulk.selection import SOURCES, Source
from programmes.desk.worklist.filters import DayFilter, colleagues
from programmes.journey.demand.filters import RecordFilter, SeasonFilter
from programmes.journey.demand.models import JobDemand
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people.models import Person

# What of the board is looked at; the numbers beside it are those of the whole board.
LENSES = ("travel", "blocker", "expires")
_HIDDEN = forms.HiddenInput
_TICKED = forms.CheckboxInput


def prepared(user):
    """The cases in which travel is prepared and that this user sees, with their readiness."""
    return Enrolment.objects.visible_to(user).filter(status__in=PREPARED, readiness__isnull=False)


class ReadinessFilter(filters.FilterSet):
    """Filters of the board. Nothing in them is about one person."""

    demand = RecordFilter(
        label=_("Demand"), field_name="readiness__demand", queryset=JobDemand.objects.none(), widget=_HIDDEN
    )
    departs = DayFilter(label=_("Departure"), field_name="readiness__departs_on", widget=_HIDDEN)
    flight = filters.CharFilter(label=_("Flight"), field_name="readiness__flight", max_length=20, widget=_HIDDEN)
    blocker = filters.CharFilter(label=_("Missing"), method="unchanged", max_length=60, widget=_HIDDEN)
    expires = DayFilter(label=_("Expires in the week of"), method="unchanged", widget=_HIDDEN)
    travel = filters.ChoiceFilter(
        label=_("Readiness"),
        choices=[("can", _("Can travel")), ("cannot", _("Cannot travel yet"))],
        method="unchanged",
        empty_label=_("All"),
    )
    programme = RecordFilter(label=_("Programme"), queryset=Programme.objects.none(), empty_label=_("All"))
    season = SeasonFilter(label=_("Season"), queryset=Season.objects.none(), empty_label=_("All"))
    office = RecordFilter(label=_("Office"), queryset=Office.objects.none(), empty_label=_("All"))
    owner = RecordFilter(label=_("Owner"), queryset=User.objects.none(), empty_label=_("All"))
    sex = filters.ChoiceFilter(
        label=_("Sex"), field_name="person__sex", choices=Person.Sex.choices, empty_label=_("All")
    )
    language = filters.ChoiceFilter(label=_("Language"), method="who_speaks", empty_label=_("All"))
    named = filters.BooleanFilter(
        label=_("Only those asked for by name"), field_name="readiness__named", method="only_named", widget=_TICKED
    )

    class Meta:
        model = Enrolment
        fields: list[str] = []

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, queryset=prepared(user), **kwargs)
        programmes = Programme.objects.reachable_by(user, Permission.CASE_MATCH)
        reached = {pk for reach in user.reach(Permission.CASE_MATCH) for pk in reach.office_ids}
        self.filters["demand"].queryset = JobDemand.objects.visible_to(user).select_related("employer")
        self.filters["programme"].queryset = programmes.order_by("code")
        seasons = Season.objects.filter(programme__in=programmes.values("pk"))
        self.filters["season"].queryset = seasons.select_related("programme").order_by("programme__code", "-starts_on")
        self.filters["office"].queryset = Office.objects.filter(pk__in=reached).order_by("name")
        self.filters["owner"].queryset = colleagues(user).order_by("full_name", "pk")
        self.filters["language"].extra["choices"] = list(codes.labels_of("language").items())

    def who_speaks(self, queryset, name, value):
        """Workers who speak a language."""
        return queryset.filter(person__languages__contains=[value])

    def only_named(self, queryset, name, value):
        """Workers whom the employer asked for."""
        return queryset.filter(readiness__named=True) if value else queryset

    def unchanged(self, queryset, name, value):
        """A lens: see `seen`."""
        return queryset

    @property
    def around(self):
        """All cases of this board; none while a filter is wrong, so that a slip shows no more than was asked for."""
        return self.qs if self.form.is_valid() else self.queryset.none()

    @property
    def seen(self):
        """Those of them that are looked at."""
        found = self.around
        wanted = self.form.cleaned_data if self.form.is_valid() else {}
        if wanted.get("travel"):
            found = found.filter(readiness__ready=wanted["travel"] == "can")
        if wanted.get("blocker"):
            found = found.filter(readiness__blocker=wanted["blocker"])
        if week := wanted.get("expires"):
            found = found.filter(readiness__expires_on__gte=week, readiness__expires_on__lt=week + timedelta(days=7))
        return found

    def chosen(self, name):
        """The record that a filter names, or None."""
        value = (self.data or {}).get(name, "")
        return self.form.cleaned_data.get(name) if is_identifier(value) and self.form.is_valid() else None


SOURCES["readiness"] = Source(
    lambda query: f"{reverse('readiness:board')}?{query}", lambda query, user: ReadinessFilter(query, user=user).seen
)
