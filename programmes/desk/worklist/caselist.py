"""The case list, put together: rows, columns, filters, tabs."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.lists.listing import Listing, register
from programmes.desk.worklist import columns, filters
from programmes.journey.enrolment.models import Enrolment

CASES = register(
    Listing(
        code="cases",
        label=_("Cases"),
        route="worklist:cases",
        permission=Permission.CASE_VIEW,
        rows=lambda user: Enrolment.objects.visible_to(user),
        columns=columns.COLUMNS,
        shown=columns.SHOWN,
        sort="due",
        views=filters.VIEWS,
        start=filters.start,
        filters=filters.CaseFilter,
        furniture=filters.furniture,
        prepare=columns.prepare,
        count=lambda n: ngettext("%(n)s case", "%(n)s cases", n) % {"n": wording.number(n)},
        person="person",
        always=("id", "public_id", "number"),
        always_in_files=("number",),
    )
)
