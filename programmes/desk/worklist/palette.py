"""One box for everything: people, cases, employers and commands, only what the user may see and do."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Value
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.roles import Permission
from programmes.base.common import text, wording
from programmes.desk.worklist import commands
from programmes.journey.employers.models import Employer
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people import search
from programmes.journey.people.dictionary import FoldedName
from programmes.journey.people.models import Person

MOST_PEOPLE, MOST_CASES, MOST_EMPLOYERS, MOST_COMMANDS, MOST_COMMANDS_FIRST = 5, 3, 3, 4, 8
FEWEST_LETTERS, MOST_LETTERS = 2, 200
_CASE = re.compile(r"^[A-Za-z]{2,3}\W*20\d\d\W*\d{1,6}$")


@dataclass(frozen=True)
class Hit:
    """Something to go to: its words, a second line, its address."""

    words: str
    aside: str
    href: str
    is_name: bool = False


@dataclass(frozen=True)
class Group:
    """Hits of one kind under their heading."""

    label: str
    hits: list[Hit]


def groups(user, typed: str, recent: list[tuple[str, UUID]]) -> list[Group]:
    """What the palette shows for what was typed; before anything was, what was opened last and where one can go.

    At most eleven statements. Never more than the user may see: each query starts at their scope.
    """
    typed = text.normalise(typed)
    if not typed:
        offered = [Hit(label, "", href) for label, href, _known in commands.commands_for(user)]
        found = [Group(_("Opened last"), _opened(user, recent)), Group(_("Go to"), offered[:MOST_COMMANDS_FIRST])]
    else:
        people = _people(user, typed)
        found = [
            Group(_("People"), [hit for _pk, hit in people]),
            Group(_("Cases"), _cases(user, typed, [pk for pk, _hit in people])),
            Group(_("Employers"), _employers(user, typed)),
            Group(_("Go to"), [Hit(label, "", href) for label, href in commands.matching(user, typed)[:MOST_COMMANDS]]),
        ]
    return [group for group in found if group.hits]


def _people(user, typed: str) -> list[tuple[int, Hit]]:
    if not user.may(Permission.PERSON_VIEW):
        return []
    found = search.answer(user, typed, limit=MOST_PEOPLE, unfinished=True).found
    return [(one.person.pk, _person(one.person, () if one.exact else one.why[:1])) for one in found]


def _person(person: Person, why: tuple[str, ...] = ()) -> Hit:
    exact = person.birth_precision == Person.BirthPrecision.DAY
    born = wording.short_day(person.birth_date) if exact else str(person.birth_date.year)
    aside = " · ".join(part for part in (born, person.municipality, *why) if part)
    return Hit(person.full_name, aside, person.get_absolute_url(), is_name=True)


def _cases(user, typed: str, people: list[int]) -> list[Hit]:
    """The case of that number, or the latest cases of the people who were found."""
    if not user.may(Permission.CASE_VIEW):
        return []
    cases = Enrolment.objects.visible_to(user)
    if _CASE.match(typed):
        country, year, serial = re.findall(r"[A-Za-z]+|20\d\d|\d{1,6}$", re.sub(r"\W", "", typed))[:3]
        cases = cases.filter(number=f"{country.upper()}-{year}-{int(serial):05d}")
    elif people:
        cases = cases.filter(person__in=people)
    else:
        return []
    return [
        _case(case, named=user.may(Permission.PERSON_VIEW))
        for case in cases.select_related("person").order_by("-registered_on", "-pk")[:MOST_CASES]
    ]


def _case(case: Enrolment, *, named: bool) -> Hit:
    parts = (case.person.full_name if named else "", case.get_status_display())
    return Hit(case.number, " · ".join(filter(None, parts)), case.get_absolute_url())


def _employers(user, typed: str) -> list[Hit]:
    words = text.fold(typed).split()
    if not user.may(Permission.EMPLOYER_VIEW) or len("".join(words)) < FEWEST_LETTERS:
        return []
    found = Employer.objects.visible_to(user).alias(folded=FoldedName("name", Value(""), Value("")))
    for word in words:
        found = found.filter(folded__contains=FoldedName(Value(word), Value(""), Value("")))
    return [_employer(employer) for employer in found.order_by("name", "pk")[:MOST_EMPLOYERS]]


def _employer(employer: Employer) -> Hit:
    return Hit(employer.name, pgettext("of an employer", "employer"), employer.get_absolute_url(), is_name=True)


def _opened(user, recent: list[tuple[str, UUID]]) -> list[Hit]:
    """The records opened last, in that order, as far as they may still be seen."""
    keys = {kind: [key for what, key in recent if what == kind] for kind in ("case", "person", "employer")}
    hits: dict[tuple[str, UUID], Hit] = {}
    if keys["case"] and user.may(Permission.CASE_VIEW):
        named = user.may(Permission.PERSON_VIEW)
        for case in Enrolment.objects.visible_to(user).filter(public_id__in=keys["case"]).select_related("person"):
            hits["case", case.public_id] = _case(case, named=named)
    if keys["person"] and user.may(Permission.PERSON_VIEW):
        for person in Person.objects.visible_to(user).filter(public_id__in=keys["person"]):
            hits["person", person.public_id] = _person(person)
    if keys["employer"] and user.may(Permission.EMPLOYER_VIEW):
        for employer in Employer.objects.visible_to(user).filter(public_id__in=keys["employer"]):
            hits["employer", employer.public_id] = _employer(employer)
    return [hits[one] for one in recent if one in hits]
