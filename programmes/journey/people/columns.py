"""The columns of the list of people."""

from django.db.models import F
from django.db.models.functions import ExtractYear, TruncDate
from django.utils.translation import gettext_lazy as _

from programmes.base.common import wording
from programmes.base.common.addresses import address_of
from programmes.base.common.markup import markup
from programmes.base.common.tags import person_name
from programmes.base.lists.columns import Column, Joined, Worded
from programmes.base.rulebook import codes
from programmes.journey.people.models import Person

NAMES = ("given_names", "first_surname", "second_surname")
BY_NAME = ("first_surname", "second_surname", "given_names", "id")


def prepare(rows, user) -> None:
    """Put the name together, once for each row."""
    for row in rows:
        row["say"] = " ".join(row[part] for part in NAMES if row[part])


def _name(row):
    href = address_of("people:detail", row["public_id"])
    return markup('<a class="name" href="{}">{}</a>', href, person_name(row["say"]))


def _born(row):
    exact = row["birth_precision"] == Person.BirthPrecision.DAY
    return wording.short_day(row["birth_date"]) if exact else row["birth_date"].year


def _text(name):
    return lambda row: row[name] or "–"


def _coded(name, code_list):
    return lambda row: codes.label(code_list, row[name]) or "–"


COLUMNS = (
    Column(
        "name",
        _("Person"),
        NAMES,
        _name,
        lambda: Joined(*NAMES),
        typed=True,
        sort=BY_NAME,
        identifies=True,
        css="person",
        fixed=True,
    ),
    Column(
        "birth",
        _("Date of birth"),
        ("birth_date", "birth_precision"),
        _born,
        lambda: F("birth_date"),
        sort=("birth_date", "id"),
        identifies=True,
    ),
    Column(
        "born", _("Year of birth"), ("birth_date",), lambda r: r["birth_date"].year, lambda: ExtractYear("birth_date")
    ),
    Column(
        "sex",
        _("Sex"),
        ("sex",),
        lambda row: Person.Sex(row["sex"]).label,
        lambda: Worded("sex", dict(Person.Sex.choices)),
    ),
    Column(
        "nationality",
        _("Nationality"),
        ("nationality",),
        _coded("nationality", "country"),
        lambda: Worded("nationality", codes.labels_of("country")),
    ),
    Column(
        "department",
        _("Department"),
        ("subdivision",),
        _coded("subdivision", "subdivision"),
        lambda: Worded("subdivision", codes.labels_of("subdivision")),
    ),
    Column(
        "place",
        _("Place"),
        ("municipality",),
        _text("municipality"),
        lambda: F("municipality"),
        typed=True,
        identifies=True,
    ),
    Column("office", _("Office"), ("office__name",), _text("office__name"), lambda: F("office__name"), typed=True),
    Column("phone", _("Phone"), ("phone",), _text("phone"), lambda: F("phone"), typed=True, identifies=True),
    Column(
        "registered",
        _("Registered on"),
        ("created_at",),
        lambda row: wording.short_day(row["created_at"]),
        lambda: TruncDate("created_at"),
    ),
)
SHOWN = ("name", "birth", "place", "office")
