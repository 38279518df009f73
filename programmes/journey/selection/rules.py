"""Pure judgement about candidates: what speaks for one, in points and in words. Arguments in, answer out.

Named workers come first, then who is ready (domain.md 2.2, stage 5). What else counts, and how much, is the programme's
own (rulebook: `rank_…`); `ranking.py` asks the database for the same sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.rulebook.kinds import judges_rules

MOST_SEASONS = 3
MOST_YEARS = 10
# As many digits of an ISCO-08 code name its minor group.
RELATED_DIGITS = 3


@dataclass(frozen=True)
class Weights:
    """Points for each thing that counts, none of them negative."""

    named: int
    seasons: int
    ready: int
    occupation: int
    experience: int
    language: int
    near: int
    women: int
    first_time: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Weights":
        """The weights among the rule values of a programme."""
        return cls(**{name: values[f"rank_{name}"] or 0 for name in cls.__dataclass_fields__})

    @property
    def related(self) -> int:
        """Points for a related occupation: half of those for the same, rounded down."""
        return self.occupation // 2


@dataclass(frozen=True)
class Facts:
    """What is known of one candidate for one demand.

    `named`: the employer asks for this person; `seasons_here`: earlier seasons with the employer; `tests`, `papers`,
    `fit`: each in order, for as long as the work lasts; `years` of experience; `near`: lives where the interview is;
    `woman` only while the demand has fewer women than aimed at; `first_time`: never left with a programme.
    """

    named: bool = False
    seasons_here: int = 0
    tests: bool = False
    papers: bool = False
    fit: bool = False
    same_occupation: bool = False
    related_occupation: bool = False
    years: int = 0
    language: bool = False
    near: bool = False
    woman: bool = False
    first_time: bool = False


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for a candidate."""

    points: int
    words: str


@judges_rules(
    "rank_named",
    "rank_seasons",
    "rank_ready",
    "rank_occupation",
    "rank_experience",
    "rank_language",
    "rank_near",
    "rank_women",
    "rank_first_time",
)
def weigh(facts: Facts, weights: Weights) -> list[Reason]:
    """Everything that speaks for a candidate, the weightiest first; what counts nothing is left out."""
    seasons, years = min(facts.seasons_here, MOST_SEASONS), min(facts.years, MOST_YEARS)
    counted = [
        (weights.named * facts.named, _("The employer asks for this worker by name")),
        (
            weights.seasons * seasons,
            ngettext("%(count)d season with this employer", "%(count)d seasons with this employer", facts.seasons_here)
            % {"count": facts.seasons_here},
        ),
        (weights.ready * facts.tests, _("Tests passed")),
        (weights.ready * facts.papers, _("Papers valid long enough")),
        (weights.ready * facts.fit, _("Medical exam valid long enough")),
        (weights.occupation * facts.same_occupation, _("Same occupation")),
        (weights.related * (facts.related_occupation and not facts.same_occupation), _("Related occupation")),
        (
            weights.experience * years,
            ngettext("%(count)d year of experience", "%(count)d years of experience", facts.years)
            % {"count": facts.years},
        ),
        (weights.language * facts.language, _("Speaks the language of the work")),
        (weights.near * facts.near, _("Lives in the department of the interview")),
        (weights.women * facts.woman, _("A woman; there are fewer than the programme aims at")),
        (weights.first_time * facts.first_time, _("First season abroad")),
    ]
    return sorted((Reason(points, words) for points, words in counted if points), key=lambda reason: -reason.points)


def total(facts: Facts, weights: Weights) -> int:
    """All points of a candidate."""
    return sum(reason.points for reason in weigh(facts, weights))


@judges_rules("women_share")
def women_are_sought(*, women: int, positions: int, aimed_at: int | None) -> bool:
    """Whether fewer women than `aimed_at` percent of all positions hold one."""
    return bool(aimed_at) and women * 100 < positions * (aimed_at or 0)
