"""Two records side by side, in words: each field of both, what differs, and what hangs on each."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.codes import label
from programmes.journey.people.duplicates import merging
from programmes.journey.people.duplicates.unmerging import rows_of
from programmes.journey.people.models import Person

FIRST, SECOND, BOTH = "first", "second", "both"
# The code list in which a column's values are explained.
_LISTS = {
    "nationality": "country", "other_nationalities": "country", "subdivision": "subdivision",
    "birth_subdivision": "subdivision", "languages": "language", "mother_tongue": "language", "education": "isced",
    "occupation": "isco", "literacy": "literacy",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One field of both records. `choices` are the values that can be taken, when there is something to choose."""

    name: str
    label: str
    first: str
    second: str
    usual: str

    @property
    def differs(self) -> bool:
        """The two records say different things."""
        return self.first != self.second

    @property
    def is_choice(self) -> bool:
        """There are two values to choose from; a value on one side only is taken by itself."""
        return self.differs and self.usual != BOTH and bool(self.first) and bool(self.second)


def lines(first: Person, second: Person) -> list[Line]:
    """The fields of two records, those without any value left out; by default the first record's value is taken."""
    found = []
    for field in merging.fields():
        one, other = said(first, field), said(second, field)
        if (one or other) and field.name != "birth_precision":
            whose = {merging.SURVIVOR: FIRST, merging.ABSORBED: SECOND, merging.BOTH: BOTH}
            usual = whose[merging.usual(field, first, second)]
            words = str(field.verbose_name)
            found.append(Line(field.name, words[:1].upper() + words[1:], one, other, usual))
    return found


def said(person: Person, field) -> str:
    """One value of a record in words."""
    value = getattr(person, field.name)
    if value in field.empty_values:
        return ""
    codes = _LISTS.get(field.name)
    if field.name == "birth_date":
        if person.birth_precision == Person.BirthPrecision.YEAR:
            return str(value.year)
        day = date_format(value, "DATE_FORMAT")
        estimated = person.birth_precision == Person.BirthPrecision.ESTIMATED
        return _("%(day)s (estimated)") % {"day": day} if estimated else day
    if isinstance(value, dict):
        return ", ".join(f"{label('language', key)} {level}" for key, level in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(label(codes, one) if codes else str(one) for one in value)
    if codes:
        return label(codes, value)
    if field.flatchoices:
        return str(getattr(person, f"get_{field.name}_display")())
    return str(value)


def holdings(people: tuple[Person, Person], user) -> dict[int, list[dict]]:
    """What each record has, as rows of label, value and address: cases by season, consents, documents, notes."""
    found: dict[int, list[dict]] = {person.pk: [] for person in people}
    cases_of = people[0].enrolments.model.objects.visible_to(user).filter(person__in=people)
    for case in cases_of.select_related("season", "programme").order_by("-season__starts_on", "-pk"):
        words = f"{case.programme.name} {case.season.code} · {case.get_status_display()}"
        found[case.person_id].append({"label": case.number, "value": words, "href": case.get_absolute_url()})
    counts = Person.objects.filter(pk__in=[p.pk for p in people]).annotate(
        of_consents=Count("consents", distinct=True),
        of_documents=Count("documents", distinct=True),
        of_identities=Count("identities", distinct=True),
    )
    notes = dict(
        CaseEvent.objects.filter(kind=CaseEvent.Kind.NOTE, enrolment__in=cases_of)
        .order_by()
        .values_list("enrolment__person")
        .annotate(count=Count("pk"))
    )
    for person in counts:
        papers = person.of_documents + person.of_identities
        for count, words in (
            (person.of_consents, ngettext("%(count)d consent", "%(count)d consents", person.of_consents)),
            (papers, ngettext("%(count)d document", "%(count)d documents", papers)),
            (notes.get(person.pk, 0), ngettext("%(count)d note", "%(count)d notes", notes.get(person.pk, 0))),
        ):
            if count:
                found[person.pk].append({"label": "", "value": words % {"count": count}})
    return found


def older(people: tuple[Person, Person]) -> str:
    """Which record stays unless somebody says otherwise: the one registered first."""
    return FIRST if people[0].created_at <= people[1].created_at else SECOND


def may(user, permission: Permission, *people: Person) -> bool:
    """Whether a right reaches every one of these records."""
    if not user.may(permission):
        return False
    reached = Person.objects.visible_to(user).filter(
        pk__in=Person.objects.changeable_by(user, permission).filter(pk__in=[p.pk for p in people]).values("pk")
    )
    return reached.count() == len({person.pk for person in people})


def brought_back(done) -> list[dict]:
    """What undoing a merge would bring back, one row for each kind of record."""
    kinds: dict[str, int] = {}
    for row in rows_of(done):
        kinds[row.model] = kinds.get(row.model, 0) + 1
    return [{"label": kind_words(model), "value": count} for model, count in sorted(kinds.items())]


def kind_words(model: str) -> str:
    """What the rows of a table are called."""
    words = str(apps.get_model(model)._meta.verbose_name_plural)
    return words[:1].upper() + words[1:]


def field_words(model: str, columns: list[str]) -> list[str]:
    """What the columns of a table are called."""
    labels = {f.column: str(f.verbose_name) for f in apps.get_model(model)._meta.local_concrete_fields}
    return [labels.get(column, column) for column in columns]
