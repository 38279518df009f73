"""How the list of employers is narrowed; everything stands in the address."""

import django_filters
from django import forms
from django.db.models import Value
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.common import text
from programmes.base.rulebook.models import Code, Programme
from programmes.journey.employers.models import Employer
from programmes.journey.employers.states import Status
from programmes.journey.people.dictionary import FoldedName


class EmployerFilter(django_filters.FilterSet):
    """Employers by part of the name, status, sector and programme."""

    q = django_filters.CharFilter(
        label=_("Name"), method="named", widget=forms.TextInput(attrs={"type": "search", "maxlength": 100})
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("All"))
    sector = django_filters.ChoiceFilter(label=_("Sector"), empty_label=_("All"))
    programme = django_filters.ModelChoiceFilter(
        label=_("Programme"),
        queryset=Programme.objects.none(),
        field_name="programmes",
        to_field_name="code",
        empty_label=_("All"),
    )

    class Meta:
        model = Employer
        fields = ["q", "status", "sector", "programme"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["sector"].extra["choices"] = Code.objects.choices("isic")
        self.filters["programme"].queryset = Programme.objects.reachable_by(user, Permission.EMPLOYER_VIEW)

    def named(self, queryset, name, value):
        """Employers whose folded name holds every word typed; accents and case do not matter."""
        queryset = queryset.alias(folded=FoldedName("name", Value(""), Value("")))
        for word in text.fold(text.normalise(value)).split():
            queryset = queryset.filter(folded__contains=FoldedName(Value(word), Value(""), Value("")))
        return queryset
