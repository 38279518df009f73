"""What two records are compared by, in one shape: taken from a record or from what somebody is typing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONArray

from programmes.base.common import text
from programmes.journey.people.identity import Identity, PersonPhone
from programmes.journey.people.models import Person
from programmes.journey.people.rules import plain_number

# Words that join the parts of a name and tell nobody from anybody.
PARTICLES = frozenset(
    ("de", "del", "la", "las", "los", "y", "e", "i", "da", "das", "do", "dos", "du", "van", "von", "der", "el", "al")
)
NATIONAL_ID = "national_id"
# The columns of a person that are compared.
COMPARED = (
    "given_names", "first_surname", "second_surname", "married_name", "native_name", "aliases", "sex", "birth_date",
    "birth_precision", "birth_subdivision", "birth_municipality", "nationality", "national_id", "phone", "email",
    "subdivision", "municipality", "community",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Facts of one person as they are compared: words folded, numbers plain, nothing left to clean.

    `names` are further full names (aliases, the name in another script) as words. `papers` are (kind, country,
    number); `phones` the digits of each number; `places` hold the subdivision, municipality and community of the
    residence, `born_in` those of the birth.
    """

    given: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    married: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    sex: str = ""
    born: date | None = None
    precision: str = "day"
    papers: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)
    phones: frozenset[str] = field(default_factory=frozenset)
    place: tuple[str, str, str] = ("", "", "")
    born_in: tuple[str, str] = ("", "")
    email: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Every word of the main name."""
        return (*self.given, *self.surnames)


def words(value: object) -> tuple[str, ...]:
    """The folded words of a name, without those that only join others (unless nothing else is there)."""
    found = tuple(text.fold(str(value or "")).split())
    return tuple(word for word in found if word not in PARTICLES) or found


def of_person(person: Person) -> Facts:
    """The facts of a record.

    Its further documents and phones are those that `with_facts` brought along; without it, two queries read them.
    """
    papers = getattr(person, "paper_numbers", None)
    if papers is None:
        papers = list(person.identities.values_list("kind", "country", "number"))
    phones = getattr(person, "phone_numbers", None)
    if phones is None:
        phones = list(person.phones.filter(whose="").values_list("number", flat=True))
    columns = {name: getattr(person, name) for name in COMPARED}
    return of_values(columns, papers=[tuple(paper) for paper in papers], phones=phones)


def with_facts(people: QuerySet[Person]) -> QuerySet[Person]:
    """The people with what they are compared by, in one query."""
    papers = Identity.objects.filter(person=OuterRef("pk")).order_by()
    phones = PersonPhone.objects.filter(person=OuterRef("pk"), whose="").order_by()
    return people.annotate(
        paper_numbers=ArraySubquery(papers.values_list(JSONArray("kind", "country", "number"))),
        phone_numbers=ArraySubquery(phones.values_list("number")),
    )


def of_values(values: dict, *, papers: Iterable[tuple[str, str, str]] = (), phones: Iterable[object] = ()) -> Facts:
    """The facts in a dict with the columns of Person, as a form has them; whatever is missing stays unknown.

    `values` may hold `documents` (dicts with kind, country, number) and `phones` (numbers) beside the columns.
    """
    numbers = [*papers, *((d.get("kind"), d.get("country"), d.get("number")) for d in values.get("documents") or ())]
    if values.get("national_id"):
        numbers.append((NATIONAL_ID, values.get("nationality"), values["national_id"]))
    every_phone = [values.get("phone"), *phones, *(values.get("phones") or ())]
    other = [*(values.get("aliases") or ()), values.get("native_name")]
    return Facts(
        given=words(values.get("given_names")),
        surnames=words(f"{values.get('first_surname') or ''} {values.get('second_surname') or ''}"),
        married=words(values.get("married_name")),
        names=tuple(words(name) for name in other if name),
        sex=values.get("sex") or "",
        born=values.get("birth_date") or None,
        precision=values.get("birth_precision") or "day",
        papers=frozenset(
            (str(kind or ""), str(country or ""), plain_number(str(number)))
            for kind, country, number in numbers
            if number and plain_number(str(number))
        ),
        phones=frozenset(filter(None, (_digits(phone) for phone in every_phone))),
        place=(
            values.get("subdivision") or "",
            text.fold(values.get("municipality") or ""),
            text.fold(values.get("community") or ""),
        ),
        born_in=(values.get("birth_subdivision") or "", text.fold(values.get("birth_municipality") or "")),
        email=(values.get("email") or "").lower(),
    )


def _digits(phone: object) -> str:
    """The last eight digits, which a country code or its absence does not change; "" when there are fewer."""
    digits = "".join(character for character in str(phone or "") if character.isdigit())
    return digits[-8:] if len(digits) >= 8 else ""
