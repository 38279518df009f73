"""How the list of sessions is narrowed; everything stands in the address."""

from datetime import timedelta

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.rulebook.models import Programme
from programmes.journey.demand.filters import RecordFilter
from programmes.journey.departure.training.models import TrainingSession

COMING, UNRECORDED, OVER = "coming", "unrecorded", "over"


def in_time(sessions, when: str):
    """Those still to come or going on; those past that nobody closed; those that are closed or called off."""
    # A day of grace, so that no zone has to be asked: what began since yesterday is still at work.
    begun = timezone.now() - timedelta(hours=24)
    if when == COMING:
        return sessions.open().filter(starts_at__gte=begun)
    if when == UNRECORDED:
        return sessions.open().filter(starts_at__lt=begun)
    return sessions.filter(Q(closed_at__isnull=False) | Q(called_off_at__isnull=False))


class TrainingFilter(django_filters.FilterSet):
    """Sessions by programme, office and time."""

    when = django_filters.ChoiceFilter(
        label=_("When"),
        choices=[(COMING, _("To come")), (UNRECORDED, _("Past, not closed")), (OVER, _("Closed or called off"))],
        empty_label=_("All"),
        method="by_time",
    )
    programme = RecordFilter(label=_("Programme"), queryset=Programme.objects.none(), empty_label=_("All"))
    office = RecordFilter(label=_("Office"), queryset=Office.objects.none(), empty_label=_("All"))

    class Meta:
        model = TrainingSession
        fields = ["when", "programme", "office"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        programmes = Programme.objects.reachable_by(user, Permission.CASE_MATCH)
        self.filters["programme"].queryset = programmes.order_by("code")
        self.filters["office"].queryset = Office.objects.filter(programmes__in=programmes.values("pk")).distinct()

    def by_time(self, queryset, name, value):
        """To come, past and unrecorded, over."""
        return in_time(queryset, value)
