"""The list of people, put together: rows, columns, filters."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.lists.listing import Listing, View, register
from programmes.journey.people import columns, filters
from programmes.journey.people.models import Person

PEOPLE = register(
    Listing(
        code="people",
        label=_("People"),
        route="people:list",
        permission=Permission.PERSON_VIEW,
        rows=lambda user: Person.objects.listed_for(user),
        columns=columns.COLUMNS,
        shown=columns.SHOWN,
        sort="name",
        views={"all": View(_("All"), lambda people, user: people)},
        start=lambda user: "all",
        filters=filters.PersonFilter,
        furniture=filters.furniture,
        prepare=columns.prepare,
        count=lambda n: ngettext("%(n)s person", "%(n)s people", n) % {"n": wording.number(n)},
        person="pk",
        always=("id", "public_id", *columns.NAMES),
    )
)
