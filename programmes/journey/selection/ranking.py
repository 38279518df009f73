"""Who could take a position: the roster of the demand's season, best first, in the order of `rules.weigh`.

PostgreSQL adds the points up for the whole roster and gives back the keys of one page; only for these the single facts
are read, which are told in words.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import add
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Least

from programmes.base.common import text
from programmes.base.common.pages import COUNT_LIMIT, PAGE_SIZE, Page
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.models import Requirement
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import POSITION
from programmes.journey.enrolment.models import Enrolment, TestResult
from programmes.journey.enrolment.requirements import of_programme
from programmes.journey.enrolment.states import Status
from programmes.journey.people.dictionary import like
from programmes.journey.people.models import Person
from programmes.journey.selection import ready, rules
from programmes.journey.selection.models import Candidacy, InterviewDay, Selection

# Most points first, then who has waited longest.
ORDER = ("-points", "status_since", "id")
MOST_FOUND = 50
MOST_RANKED = 500
DIGITS = 5
# Before these states the programme asks for what a worker must have in hand to travel.
ASKED_BEFORE = frozenset({Status.SELECTED, Status.IN_DOCUMENTATION, Status.READY_TO_TRAVEL})
_CASE = re.compile(r"^[A-Za-z]{2,3}-\d{4}-\d{1,6}$")

# (requirement, first and last day of work) → condition on a case: what it asks for is there for that long.
Held = Callable[[Requirement, date, date], Exists]
_HELD: dict[str, Held] = {}


def held(kind: str) -> Callable[[Held], Held]:
    """Register, from the room that has the papers, how the database says that a requirement of this kind is met."""

    def register(function: Held) -> Held:
        _HELD[str(kind)] = function
        return function

    return register


@held(RequirementKind.TEST)
def _passed(requirement, start, end):
    return Exists(TestResult.objects.filter(enrolment=OuterRef("pk"), requirement=requirement, passed=True))


@dataclass(frozen=True)
class Ranking:
    """What the ranking for one demand is made of: the programme's weights, and what a case is compared with."""

    demand: JobDemand
    weights: rules.Weights
    asked: list[Requirement]
    women_are_sought: bool

    @classmethod
    def of(cls, demand) -> "Ranking":
        """The ranking for a demand (with its season and programme). Three queries at most."""
        programme = demand.season.programme
        values = programme.rules(demand.starts_on)
        women = 0
        if values["women_share"]:
            women = Selection.objects.live().filter(
                position__demand=demand,
                position__status__in=POSITION.groups["held"],
                enrolment__person__sex=Person.Sex.FEMALE,
            ).count()  # fmt: skip
        return cls(
            demand=demand,
            weights=rules.Weights.of(values),
            asked=[asked for asked in of_programme(programme) if asked.holds_on(demand.starts_on)],
            women_are_sought=rules.women_are_sought(
                women=women, positions=demand.positions, aimed_at=values["women_share"]
            ),
        )

    def _in_order(self, kind: str, *, before) -> Q | None:
        """All that is asked for of one kind is there; None when nothing is asked for."""
        asked = [r for r in self.asked if r.kind == kind and r.stage in before]
        if kind in ready.IN_HAND:
            asked = [requirement for requirement in asked if ready.in_hand(requirement)]
        if not asked or kind not in _HELD:
            return None
        conditions = [_HELD[kind](r, self.demand.starts_on, self.demand.ends_on) for r in asked]
        return Q(*conditions)

    def conditions(self) -> dict[str, Q]:
        """The facts that are so or not so (rules.Facts), each as a condition on a case; only those that may be so."""
        occupation, language = self.demand.occupation, self.demand.language
        tests = self._in_order(RequirementKind.TEST, before=ASKED_BEFORE | {Status.ELIGIBLE, Status.ROSTERED})
        asked_for = self.demand.places.vacant().filter(wanted__isnull=False, open_to_others_on__isnull=True)
        met = InterviewDay.objects.filter(demand=self.demand.pk).exclude(subdivision="")
        found = {
            "named": Q(person__in=asked_for.values("wanted")),
            # A recalled worker was tested before (M08).
            "tests": tests and tests | Q(previous__isnull=False),
            "papers": self._in_order(RequirementKind.DOCUMENT, before=ASKED_BEFORE),
            "fit": self._in_order(RequirementKind.MEDICAL, before=ASKED_BEFORE),
            "same_occupation": Q(person__occupation=occupation),
            "related_occupation": Q(person__occupation__startswith=occupation[: rules.RELATED_DIGITS]),
            "language": Q(person__languages__contains=[language]) if language else None,
            "near": Q(person__subdivision__in=met.values("subdivision")),
            "woman": Q(person__sex=Person.Sex.FEMALE) if self.women_are_sought else None,
            "first_time": ~Exists(
                Enrolment.objects.filter(person=OuterRef("person"), departed_on__isnull=False)
            ),
        }  # fmt: skip
        return {name: condition for name, condition in found.items() if condition is not None}

    def _seasons(self):
        """Earlier seasons of the persons who were with this employer."""
        return (
            Selection.objects.filter(
                enrolment__departed_on__isnull=False, position__demand__employer=self.demand.employer_id
            )
            .order_by()
            .values("enrolment__person")
            .annotate(seasons=Count("pk"))
        )

    def ranked(self, cases):
        """`cases` with their `points`, to be read in the ORDER above."""
        weights = self.weights
        conditions = self.conditions()
        related = conditions["related_occupation"] & ~conditions["same_occupation"]
        counted = [
            *[
                _when(conditions.get(name), getattr(weights, weight))
                for name, weight in (
                    ("named", "named"), ("tests", "ready"), ("papers", "ready"), ("fit", "ready"),
                    ("same_occupation", "occupation"), ("language", "language"), ("near", "near"),
                    ("woman", "women"), ("first_time", "first_time"),
                )
            ],
            _when(related, weights.related),
            # Who was there is a short list, looked up for each case: once for each season that counts.
            *[
                _when(Q(person__in=self._seasons().filter(seasons__gte=n).values("enrolment__person")), weights.seasons)
                for n in range(1, rules.MOST_SEASONS + 1)
            ],
            Value(weights.experience) * Least(Coalesce(F("person__experience_years"), 0), rules.MOST_YEARS)
            if weights.experience
            else None,
        ]  # fmt: skip
        parts = [part for part in counted if part is not None]
        return cases.annotate(points=reduce(add, parts, Value(0, output_field=IntegerField())))

    def told(self, keys: Iterable[int]) -> list[Any]:
        """The cases of these keys in their order, each with `speaks` (its Facts), `reasons`, `points`, and the state of
        its `candidacy` for the demand; one query."""
        keys = list(keys)
        conditions = self.conditions()
        listed = Candidacy.objects.filter(demand=self.demand.pk, enrolment=OuterRef("pk")).values("status")
        seasons = self._seasons().filter(enrolment__person=OuterRef("person")).values("seasons")
        rows: Any = (
            Enrolment.objects.filter(pk__in=keys)
            .select_related("person")
            .annotate(seasons_here=Coalesce(Subquery(seasons), 0), candidacy=Subquery(listed))
            .annotate(**{f"is_{name}": _whether(condition) for name, condition in conditions.items()})
        )
        by_key = {}
        for case in rows:
            case.speaks = rules.Facts(
                seasons_here=case.seasons_here,
                years=case.person.experience_years or 0,
                **{name: bool(getattr(case, f"is_{name}")) for name in conditions},
            )
            case.reasons = rules.weigh(case.speaks, self.weights)
            case.points = sum(reason.points for reason in case.reasons)
            by_key[case.pk] = case
        return [by_key[key] for key in keys if key in by_key]


def best(request, ranked) -> Page:
    """One page of the first 500 of `ranked`: their keys, and how many there are. Who comes later is found by name.

    The points of the whole roster are added up for each page, so they are counted in the same pass. To begin behind the
    last row, as other lists do, they would be added up three times (measured with 50,000 candidates); so the pages of
    this one are counted.
    """
    asked = request.GET.get("after") or request.GET.get("before") or ""
    last = MOST_RANKED // PAGE_SIZE
    number = min(int(asked), last) if asked.isdecimal() and len(asked) < DIGITS else 1
    first = (max(number, 1) - 1) * PAGE_SIZE
    found = ranked.annotate(all=Window(Count("*"))).order_by(*ORDER).values_list("pk", "all")
    rows = list(found[first : first + PAGE_SIZE + 1])
    more = len(rows) > PAGE_SIZE and number < last
    return Page(
        rows=[key for key, _all in rows[:PAGE_SIZE]],
        count=min(rows[0][1], COUNT_LIMIT) if rows else 0,
        after=str(number + 1) if more else "",
        before=str(number - 1) if number > 1 else "",
    )


def _when(condition, points: int):
    if condition is None or not points:
        return None
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _whether(condition):
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def candidates(user, demand):
    """Cases on the roster of the demand's season that `user` may see."""
    return Enrolment.objects.visible_to(user).filter(season=demand.season_id, status=Status.ROSTERED)


def matching(cases, typed: str):
    """Those of `cases` whose number is `typed`, or whose name holds every word of it, or a word like it."""
    typed = text.plain_digits(text.normalise(typed))[:200]
    if _CASE.match(typed):
        return cases.filter(number__iexact=typed)
    words = like(typed.split())
    found = Q() if words else Q(pk__in=[])
    for word in words:
        found &= Q(person__name_tokens__overlap=sorted(word.all))
    return cases.filter(found)
