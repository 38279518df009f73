"""How the list of people is narrowed: by nothing that names one of them. Names are searched by POST."""

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.forms import DayField, NearDate
from programmes.base.lists.filters import ListFilter
from programmes.base.rulebook import codes
from programmes.journey.people.models import Person


class DayFilter(filters.DateFilter):
    """A day in ISO form; anything else is said beside the filter."""

    field_class = DayField


class PersonFilter(ListFilter):
    """Filters of the list of people."""

    office = filters.ChoiceFilter(label=gettext_lazy("Office"), empty_label=gettext_lazy("All"))
    sex = filters.ChoiceFilter(label=gettext_lazy("Sex"), choices=Person.Sex, empty_label=gettext_lazy("All"))
    department = filters.ChoiceFilter(
        label=gettext_lazy("Department"), field_name="subdivision", empty_label=gettext_lazy("All")
    )
    nationality = filters.ChoiceFilter(label=gettext_lazy("Nationality"), empty_label=gettext_lazy("All"))
    open_case = filters.BooleanFilter(
        label=gettext_lazy("Has an open case"), method="with_open_case", widget=forms.CheckboxInput
    )
    registered_from = DayFilter(
        label=gettext_lazy("Registered from"), field_name="created_at", lookup_expr="date__gte", widget=NearDate()
    )
    registered_to = DayFilter(
        label=gettext_lazy("Registered until"), field_name="created_at", lookup_expr="date__lte", widget=NearDate()
    )

    class Meta:
        model = Person
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.choose("office", self.furniture.choices("office"))
        self.choose("department", list(codes.labels_of("subdivision").items()))
        self.choose("nationality", list(codes.labels_of("country").items()))

    def with_open_case(self, queryset, name, value):
        """People with an open case that this reader sees; one elsewhere is not told."""
        cases = Person._meta.get_field("enrolments").related_model.objects.visible_to(self.user)
        return queryset.filter(Exists(cases.filter(person=OuterRef("pk"), is_open=True))) if value else queryset

    def said(self) -> str:
        """What is wrong with two limits that contradict each other; empty when nothing is."""
        data = self.form.cleaned_data if self.form.is_valid() else {}
        first, last = data.get("registered_from"), data.get("registered_to")
        if first and last and last < first:
            return str(_("The last day lies before the first: nobody can match."))
        return ""


def furniture(user, data, names) -> list:
    """The offices to choose from, as rows of (kind, key, words, more)."""
    if "office" not in names:
        return []
    reached = {pk for reach in user.reach(Permission.PERSON_VIEW) for pk in reach.office_ids}
    offices = Office.objects.filter(pk__in=reached).order_by()
    return [offices.values_list(Value("office"), Cast("pk", TextField()), "name", Value(""))]
