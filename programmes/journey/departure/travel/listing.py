"""The manifest as a list, so that it leaves the system like every other: for a purpose, logged, formulas inert."""

import django_filters as filters
from django.db.models import F, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.choices import is_identifier
from programmes.base.lists.columns import Column, Joined, Worded
from programmes.base.lists.filters import ListFilter
from programmes.base.lists.listing import Listing, View, register
from programmes.base.rulebook import codes
from programmes.journey.departure.models import Document, Trip
from programmes.journey.departure.states import DOCUMENT
from programmes.journey.departure.travel.models import FlightGroup

PERSON = "enrolment__person__"
NAMES = tuple(PERSON + part for part in ("given_names", "first_surname", "second_surname"))
IN_ORDER = (PERSON + "first_surname", PERSON + "second_surname", PERSON + "given_names", "id")


def passport(field: str) -> Subquery:
    """A column of the worker's passport in force that holds longest."""
    held = Document.objects.filter(
        person=OuterRef("enrolment__person"), type="passport", status__in=DOCUMENT.groups["good"]
    )
    return Subquery(held.order_by(F("expires_on").desc(nulls_last=True), "-pk").values(field)[:1])


class ManifestFilter(ListFilter):
    """Of which flight."""

    group = filters.ChoiceFilter(label=_("Flight group"), field_name="group__public_id")

    class Meta:
        model = Trip
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.choose("group", self.furniture.choices("group"))


def furniture(user, data, names) -> list:
    """The one group that the address names, as a row of (kind, key, words, more)."""
    asked = (data or {}).get("group", "")
    if "group" not in names or not is_identifier(asked):
        return []
    groups = FlightGroup.objects.visible_to(user).filter(public_id=asked).order_by()
    return [groups.values_list(Value("group"), Cast("public_id", TextField()), "name", Value(""))]


def _column(code, label, path, *, identifies=True, typed=True, **more):
    """A column that is one value of the seat."""
    return Column(
        code, label, (path,), lambda row: row[path] or "–", lambda: F(path), identifies=identifies, typed=typed, **more
    )


COLUMNS = (
    Column(
        "name", _("Person"), NAMES, lambda row: " ".join(row[part] for part in NAMES if row[part]),
        lambda: Joined(*NAMES), typed=True, sort=IN_ORDER, identifies=True, css="person", fixed=True,
    ),
    _column("number", _("Case"), "enrolment__number", identifies=False),
    _column("birth", _("Date of birth"), PERSON + "birth_date", typed=False),
    Column(
        "nationality", _("Nationality"), (PERSON + "nationality",),
        lambda row: codes.label("country", row[PERSON + "nationality"]),
        lambda: Worded(PERSON + "nationality", codes.labels_of("country")),
    ),
    Column(
        "passport", _("Passport"), ("passport",), lambda row: row["passport"] or "–", lambda: passport("number"),
        typed=True, identifies=True, needs=Permission.DOCUMENT_VIEW, adds={"passport": passport("number")},
    ),
    Column(
        "passport_until", _("Passport valid until"), ("passport_until",), lambda row: row["passport_until"] or "–",
        lambda: passport("expires_on"), identifies=True, needs=Permission.DOCUMENT_VIEW,
        adds={"passport_until": passport("expires_on")},
    ),
    _column("flight", _("Flight or service"), "flight", identifies=False),
    _column("departs", _("Departure"), "departs_on", identifies=False, typed=False),
    _column("ticket", _("Ticket number"), "ticket_number"),
)  # fmt: skip

MANIFEST = register(
    Listing(
        code="manifest",
        label=_("Manifest"),
        route="travel:travellers",
        permission=Permission.CASE_MATCH,
        rows=lambda user: Trip.objects.visible_to(user).filter(group__isnull=False, cancelled_on__isnull=True),
        columns=COLUMNS,
        shown=tuple(column.code for column in COLUMNS),
        sort="name",
        views={"all": View(_("All"), lambda trips, user: trips)},
        start=lambda user: "all",
        filters=ManifestFilter,
        furniture=furniture,
        prepare=lambda rows, user: None,
        count=lambda n: ngettext("%(n)s worker", "%(n)s workers", n) % {"n": wording.number(n)},
        person="enrolment__person",
        always=("id", "public_id", "enrolment__public_id"),
        always_in_files=("number",),
    )
)
