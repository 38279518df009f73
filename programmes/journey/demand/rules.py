"""Pure judgement about the terms of a demand and the authorisation behind it. Arguments in, answer out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.common import text
from programmes.base.rulebook.kinds import judges_rules
from programmes.base.rulebook.rules import months_later, stay_problems_of_all

WEEKS_A_YEAR = 52
FEWEST_HOURS, MOST_HOURS = 1, 80


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a demand: its name, and a sentence."""

    field: str
    message: str


@dataclass(frozen=True)
class Terms:
    """What an employer asks for. Days are included at both ends; `hours` are per week."""

    positions: int
    starts_on: date
    ends_on: date
    wage: Decimal
    currency: str
    unit: str
    hours: Decimal

    @classmethod
    def of(cls, demand) -> "Terms":
        """The terms that stand on a demand."""
        return cls(
            positions=demand.positions,
            starts_on=demand.starts_on,
            ends_on=demand.ends_on,
            wage=demand.wage,
            currency=demand.wage_currency,
            unit=demand.wage_unit,
            hours=demand.hours_per_week,
        )


def hourly_wage(wage: Decimal, unit: str, hours: Decimal) -> Decimal | None:
    """The wage of one hour; None when the unit does not tell (per day, per piece).

    A month is a twelfth of 52 weeks.
    """
    if unit == "hour":
        return wage
    if unit == "week":
        return wage / hours
    if unit == "month":
        return wage * 12 / (WEEKS_A_YEAR * hours)
    return None


@judges_rules("minimum_batch", "minimum_wage", "hours_guarantee")
def terms_problems(
    terms: Terms,
    *,
    season_starts: date,
    season_ends: date,
    values: Mapping[str, Any],
    others: Iterable[Mapping[str, Any]] = (),
) -> list[Problem]:
    """Everything that is wrong with the terms (domain.md 2.2 stage 4: terms meet programme minima, positions > 0).

    `values` are the programme's rules on the first day of work: minimum batch, lowest wage as "CAD 16.60" an hour,
    guaranteed hours per week, shortest and longest stay, part of the year; `others` those of nationalities with values
    of their own, who may stay where the others may not. Answers all at once, each at its field.
    """
    problems = []
    if terms.positions < 1:
        problems.append(Problem("positions", _("Ask for at least one position.")))
    batch = values.get("minimum_batch") or 1
    if 0 < terms.positions < batch:
        problems.append(
            Problem(
                "positions",
                ngettext(
                    "This programme takes demands of at least %(count)d position.",
                    "This programme takes demands of at least %(count)d positions.",
                    batch,
                )
                % {"count": batch},
            )
        )
    return (
        problems
        + _wage_problems(terms, values)
        + _date_problems(
            terms, season_starts, season_ends, stay_problems_of_all(terms.starts_on, terms.ends_on, values, others)
        )
    )


def _wage_problems(terms: Terms, values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if terms.wage <= 0:
        problems.append(Problem("wage", _("The wage must be more than zero.")))
    if not FEWEST_HOURS <= terms.hours <= MOST_HOURS:
        return [*problems, Problem("hours_per_week", _("Hours per week lie between 1 and 80."))]
    guaranteed = values.get("hours_guarantee")
    if guaranteed and terms.hours < guaranteed:
        problems.append(
            Problem("hours_per_week", _("This programme guarantees %(hours)d hours a week.") % {"hours": guaranteed})
        )
    if problems or not values.get("minimum_wage"):
        return problems
    currency, amount = str(values["minimum_wage"]).split()
    if terms.currency != currency:
        return [
            Problem("wage_currency", _("Wages of this programme are paid in %(currency)s.") % {"currency": currency})
        ]
    hourly = hourly_wage(terms.wage, terms.unit, terms.hours)
    if hourly is None:
        return [
            Problem(
                "wage_unit",
                _("This programme sets a lowest hourly wage: state what is paid at least per hour, week or month."),
            )
        ]
    if hourly < Decimal(amount):
        return [
            Problem(
                "wage",
                _("This is %(hourly)s an hour; the lowest wage of this programme is %(lowest)s.")
                % {"hourly": f"{currency} {hourly:.2f}", "lowest": f"{currency} {amount}"},
            )
        ]
    return []


def _date_problems(terms: Terms, season_starts: date, season_ends: date, of_stay: list[str]) -> list[Problem]:
    if terms.ends_on < terms.starts_on:
        message = _("The last day of work lies before the first.")
        return [Problem("starts_on", message), Problem("ends_on", message)]
    problems = []
    if terms.starts_on < season_starts:
        problems.append(Problem("starts_on", _("The season begins on %(day)s.") % {"day": date_format(season_starts)}))
    if terms.ends_on > season_ends:
        problems.append(Problem("ends_on", _("The season ends on %(day)s.") % {"day": date_format(season_ends)}))
    return problems + [Problem("ends_on", message) for message in of_stay]


def authorisation_problem(
    *,
    kind: str,
    valid_from: date,
    valid_until: date,
    wanted_kind: str,
    kind_in_words: str,
    starts_on: date,
    ends_on: date,
) -> str | None:
    """Why an authorisation does not carry these dates of work (domain.md 2.4: dates lie inside the authorisation)."""
    if kind != wanted_kind:
        return _("This programme needs an authorisation of the kind “%(kind)s”.") % {"kind": kind_in_words}
    if starts_on < valid_from or ends_on > valid_until:
        return _("The authorisation is valid from %(start)s to %(end)s; the work lies outside.") % {
            "start": date_format(valid_from),
            "end": date_format(valid_until),
        }
    return None


def positions_left(authorised: int, claimed: int) -> int:
    """How many positions an authorisation still covers; never less than none."""
    return max(0, authorised - claimed)


def authorisation_excess(*, authorised: int, claimed: int, asked: int) -> str | None:
    """Why `asked` more positions do not fit into an authorisation of which `claimed` are in other demands."""
    left = positions_left(authorised, claimed)
    if asked <= left:
        return None
    return _(
        "The authorisation covers %(authorised)d positions; other demands use %(claimed)d, so %(left)d are left."
    ) % {
        "authorised": authorised,
        "claimed": claimed,
        "left": left,
    }


# Words that say which sex is meant, folded. Plurals such as "trabajadores" say nothing about who may apply.
_FEMALE = re.compile(
    r"\b(wom[ae]n|females?|girls?|lady|ladies|mujer(es)?|femenin[oa]s?|senor(a|ita)s?|damas?|femmes?|feminine?"
    r"|mulher(es)?|feminin[oa])\b"
)
_MALE = re.compile(
    r"\b(m[ae]n|males?|boys?|gentlem[ae]n|hombres?|varon(es)?|masculin[oae]?s?|caballeros?|hommes?|garcons?|home[mn]s?)\b"
)


def criteria_problem(criteria: str) -> str | None:
    """Why criteria are not gender-neutral: they name one sex and not the other (domain.md 2.2 stage 4).

    “Women and men” names both and excludes nobody.
    """
    words = text.fold(criteria)
    female, male = _FEMALE.search(words), _MALE.search(words)
    if bool(female) == bool(male):
        return None
    named = female or male
    return _("“%(word)s” names a sex. Write what the work asks for, not who does it.") % {"word": named[0]}


def named_problem(named: int, positions: int) -> str | None:
    """Why a demand with so many positions cannot name so many workers."""
    if named <= positions:
        return None
    return ngettext(
        "%(count)d worker is asked for by name: ask for at least as many positions.",
        "%(count)d workers are asked for by name: ask for at least as many positions.",
        named,
    ) % {"count": named}


@judges_rules("housing_inspection_months")
def inspection_problem(inspected_on: date | None, applied_on: date, months: int | None) -> str | None:
    """What is wrong with the housing inspection of a site when the employer applies (domain.md 2.5).

    `months` is how old it may be at the most on that day; None asks for no inspection. A warning: it stops nothing.
    """
    if not months:
        return None
    if inspected_on is None:
        return _("No inspection of the housing is recorded.")
    if months_later(inspected_on, months) >= applied_on:
        return None
    return ngettext(
        "The housing was inspected on %(day)s, more than %(count)d month before the application on %(applied)s.",
        "The housing was inspected on %(day)s, more than %(count)d months before the application on %(applied)s.",
        months,
    ) % {"day": date_format(inspected_on), "count": months, "applied": date_format(applied_on)}
