"""How the list of demands is narrowed; everything stands in the address."""

import django_filters
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.common.choices import is_identifier
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.demand import clock
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DemandStatus
from programmes.journey.employers.models import Employer


class ListedRecord(django_filters.fields.ModelChoiceField):
    """A record by its public identifier, as filters read it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, to_field_name="public_id", **kwargs)

    def to_python(self, value):
        """The record, or "choose one of the list"."""
        if value not in self.empty_values and not is_identifier(value):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return super().to_python(value)


class RecordFilter(django_filters.ModelChoiceFilter):
    """A record by its public identifier."""

    field_class = ListedRecord


class SeasonFilter(RecordFilter):
    """A season, shown with its programme."""

    @property
    def field(self):
        """The form field, with labels of our own."""
        field = super().field
        field.label_from_instance = lambda season: f"{season.programme.name} · {season.code}"
        return field


class DemandFilter(django_filters.FilterSet):
    """Demands by status, season, time on the way and employer."""

    status = django_filters.ChoiceFilter(label=_("Status"), choices=DemandStatus.choices, empty_label=_("All"))
    season = SeasonFilter(label=_("Season"), queryset=Season.objects.none(), empty_label=_("All"))

    clock = django_filters.ChoiceFilter(
        label=_("Request to boarding"),
        choices=[("late", _("Late")), ("warned", _("Near the last day on time"))],
        empty_label=_("All"),
        method="by_clock",
    )
    employer = RecordFilter(label=_("Employer"), queryset=Employer.objects.none(), empty_label=_("All"))

    class Meta:
        model = JobDemand
        fields = ["status", "season", "clock", "employer"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        programmes = Programme.objects.reachable_by(user, Permission.DEMAND_VIEW).values("pk")
        self.filters["season"].queryset = (
            Season.objects.filter(programme__in=programmes)
            .select_related("programme")
            .order_by("programme__code", "-starts_on")
        )
        self.filters["employer"].queryset = Employer.objects.visible_to(user).order_by("name", "id")

    def by_clock(self, queryset, name, value):
        """Those still on their way and late, or near the last day on time."""
        judge = {"late": clock.late, "warned": clock.warned}[value]
        return judge(queryset, today=timezone.localdate())
