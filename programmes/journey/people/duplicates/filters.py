"""How the list of pairs is narrowed; everything stands in the address, and nothing there names a person."""

import django_filters
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.journey.people.duplicates.models import DuplicatePair, Level

SHOWN = [
    ("open", _("To be looked at")),
    ("proposed", _("Merge proposed")),
    ("later", _("Put off")),
    ("different", _("Different persons")),
]


class PairFilter(django_filters.FilterSet):
    """Pairs by state, level and office; without a choice those that wait for somebody today."""

    state = django_filters.ChoiceFilter(label=_("State"), choices=SHOWN, empty_label=_("Undecided"), method="in_state")
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices, empty_label=_("All"))
    office = django_filters.ChoiceFilter(label=_("Office"), choices=[], empty_label=_("All"), method="in_office")

    class Meta:
        model = DuplicatePair
        fields = ["state", "level", "office"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        reached = {pk for reach in user.reach(Permission.DUPLICATE_REVIEW) for pk in reach.office_ids}
        offices = Office.objects.filter(pk__in=reached).order_by("name", "pk").values_list("code", "name")
        self.filters["office"].extra["choices"] = list(offices)

    def in_state(self, queryset, name, value):
        """Pairs in a state; those put off are a state of their own here."""
        if value == "later":
            return queryset.undecided().filter(later_until__gt=timezone.localdate())
        return queryset.filter(state=value)

    def in_office(self, queryset, name, value):
        """Pairs with a record of the office."""
        return queryset.filter(Q(first__office__code=value) | Q(second__office__code=value))

    def filter_queryset(self, queryset):
        """Undecided pairs that nobody put off, unless a state is chosen."""
        queryset = super().filter_queryset(queryset)
        if not self.form.cleaned_data.get("state"):
            waiting = Q(later_until__isnull=True) | Q(later_until__lte=timezone.localdate())
            queryset = queryset.undecided().filter(waiting)
        return queryset
