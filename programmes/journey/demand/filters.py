"""How the list of demands is narrowed; everything stands in the address."""

import django_filters
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DemandStatus


class SeasonFilter(django_filters.ModelChoiceFilter):
    """A season, shown with its programme."""

    @property
    def field(self):
        """The form field, with labels of our own."""
        field = super().field
        field.label_from_instance = lambda season: f"{season.programme.name} · {season.code}"
        return field


class DemandFilter(django_filters.FilterSet):
    """Demands by status and season."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=DemandStatus.choices, empty_label=_("All"))
    season = SeasonFilter(
        label=_("Season"), queryset=Season.objects.none(), to_field_name="public_id", empty_label=_("All")
    )

    class Meta:
        model = JobDemand
        fields = ["status", "season"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        programmes = Programme.objects.reachable_by(user, Permission.DEMAND_VIEW).values("pk")
        self.filters["season"].queryset = (
            Season.objects.filter(programme__in=programmes)
            .select_related("programme")
            .order_by("programme__code", "-starts_on")
        )
