"""Pure judgement about a case: who may take part, how long, and when. Arguments in, answer out."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from programmes.base.rulebook.kinds import judges_rules
from programmes.base.rulebook.rules import longest_end, months_later, stay_problems

__all__ = [
    "age_problem",
    "longest_end",
    "months_later",
    "nationality_problem",
    "stay_problems",
]


@judges_rules("minimum_age")
def age_problem(age: int, minimum: int) -> str | None:
    """Why a person of `age` completed years at contract start may not take part (domain.md 2.4)."""
    if age >= minimum:
        return None
    return _("The person would be %(age)d at the start; this programme takes nobody under %(minimum)d.") % {
        "age": age,
        "minimum": minimum,
    }


@judges_rules("nationalities")
def nationality_problem(nationality: str, admitted: Iterable[str] | None) -> str | None:
    """Why this nationality may not take part; None or an empty list admits all."""
    if not admitted or nationality in admitted:
        return None
    return _("This programme does not admit the nationality %(code)s.") % {"code": nationality}
