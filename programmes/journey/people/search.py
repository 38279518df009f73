"""Finding a person with one box. Scope first: nobody is found who may not be seen."""

import re
from datetime import date

from django.db.models import Q

from programmes.base.common import text
from programmes.journey.people.dictionary import like
from programmes.journey.people.models import Person
from programmes.journey.people.rules import plain_number

FEWEST_LETTERS = 2
MOST_FOUND = 25
_DAY = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})$")
_CASE = re.compile(r"^[A-Za-z]{2,3}-\d{4}-\d{1,6}$")


def find(user, typed: str) -> list[Person]:
    """People the user may see who match what was typed, at most 25, best first.

    A case number, a date of birth (ISO), an identity number or a phone finds exactly; words find people whose name
    holds all of them, or words like them, in any order and without accents. `%` and `_` are letters like any other.
    """
    typed = text.plain_digits(text.normalise(typed))[:200]
    words = text.fold(typed).split()
    if not words or len("".join(words)) < FEWEST_LETTERS:
        return []
    condition = _exact(typed)
    if condition is None:
        condition = Q(pk__in=[])
        matches = like(words)
        if matches:
            condition = Q()
            for match in matches:
                condition &= Q(name_tokens__overlap=sorted(match.all))
    return list(
        Person.objects.visible_to(user)
        .filter(condition)
        .select_related("office")
        .order_by("first_surname", "second_surname", "given_names", "pk")[:MOST_FOUND]
    )


def _exact(typed: str) -> Q | None:
    if _CASE.match(typed):
        return Q(enrolments__number__iexact=typed)
    found = _DAY.match(typed)
    if found:
        try:
            return Q(birth_date=date(*map(int, found.groups())))
        except ValueError:
            return Q(pk__in=[])
    digits = re.sub(r"\D", "", typed)
    if len(digits) >= 6 and re.fullmatch(r"[\d\s+().\-‐-―/A-Za-z]+", typed) and len(digits) * 2 >= len(typed):
        return (
            Q(national_id=plain_number(typed))
            | Q(phone__endswith=digits[-11:])
            | Q(documents__number=plain_number(typed))
        )
    return None
