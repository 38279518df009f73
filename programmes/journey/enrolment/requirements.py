"""What a programme requires of a case, and how each requirement stands.

The list is data (rulebook.Requirement). How one kind of requirement is judged is a function that the room with the
facts registers here, so this room need not know documents or contracts.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from programmes.base.common.addresses import address_of
from programmes.base.common.errors import Missing
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.models import Requirement
from programmes.journey.enrolment import stays
from programmes.journey.enrolment.models import Enrolment, TestResult, Tick


class State(models.TextChoices):
    """The four states of the task list."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class Standing:
    """How one requirement of one case stands.

    `detail` is the last fact in words, `href` the page that records the next one, `valid_until` when it lapses;
    `turn` is whoever has to act now, where that is not the one the programme names.
    """

    requirement: Requirement
    state: str
    detail: str = ""
    href: str = ""
    due_on: date | None = None
    valid_until: date | None = None
    turn: str = ""

    @property
    def waits_for(self) -> str:
        """Who has to act now: a document that was handed in waits for us, whoever had to bring it."""
        return self.turn or self.requirement.waits_for

    @property
    def is_met(self) -> bool:
        """Nothing more is to do."""
        return self.state in {State.DONE, State.NOT_NEEDED}

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        return {State.DONE: "done", State.STARTED: "active"}.get(self.state, "neutral")

    def as_missing(self) -> Missing:
        """The same thing as a reason why a move is not possible yet."""
        return Missing(
            code=f"{self.requirement.kind}:{self.requirement.code}",
            label=self.requirement.label,
            href=self.href,
            waits_for=self.waits_for,
            due_on=self.due_on,
            hint=self.detail,
        )


# (state, detail, href, valid_until) per requirement, and whose turn it is when that changes on the way
Judgement = tuple[str, str, str, date | None] | tuple[str, str, str, date | None, str]
Judge = Callable[[Enrolment, list[Requirement]], dict[int, Judgement]]
_JUDGES: dict[str, Judge] = {}


def judges(kind: str) -> Callable[[Judge], Judge]:
    """Register the function that judges all requirements of one kind for one case, in one query."""

    def register(function: Judge) -> Judge:
        _JUDGES[str(kind)] = function
        return function

    return register


def of_programme(programme) -> list[Requirement]:
    """What the programme asks for on any day, in order; read once per programme instance."""
    if not hasattr(programme, "_requirements"):
        programme._requirements = [r for r in programme.requirements.all() if r.active]
    return programme._requirements


def of_case(enrolment: Enrolment) -> list[Requirement]:
    """What the programme asks of a case: the requirements in force on the first day of its stay."""
    asked = of_programme(enrolment.programme)
    if not any(r.valid_from or r.valid_until for r in asked):
        return asked
    start = stays.start_of(enrolment)
    return [r for r in asked if r.holds_on(start)]


def standings(enrolment: Enrolment, *, stages: set[str] | None = None) -> list[Standing]:
    """How each requirement of the case stands, in the programme's order; `stages` limits them to those states.

    One query per kind of requirement that occurs, whatever their number. A case of which many questions are asked at
    one moment carries the answers with it (`enrolment.judged`).
    """
    judged_before = getattr(enrolment, "judged", None)
    if judged_before is not None:
        return [standing for standing in judged_before if stages is None or standing.requirement.stage in stages]
    wanted = [r for r in of_case(enrolment) if stages is None or r.stage in stages]
    if not wanted:
        return []
    waived = {tick.requirement_id: tick.reason for tick in _facts_of(enrolment).ticks(enrolment.pk) if tick.waived}
    by_kind: dict[str, list[Requirement]] = defaultdict(list)
    for requirement in wanted:
        if requirement.pk not in waived:
            by_kind[requirement.kind].append(requirement)
    judged: dict[int, Judgement] = {}
    for kind, requirements in by_kind.items():
        judged.update(_JUDGES[kind](enrolment, requirements))
    return [
        Standing(r, State.NOT_NEEDED, waived[r.pk], due_on=due_day(enrolment, r))
        if r.pk in waived
        else Standing(r, *judged[r.pk][:3], due_day(enrolment, r), *judged[r.pk][3:])
        for r in wanted
    ]


class Facts:
    """Tests, ticks and stays of some cases and of those they were recalled from: one query per kind, when asked for."""

    def __init__(self, enrolments: Sequence[Enrolment]):
        stays.read_chains(enrolments)
        self.keys = {pk for enrolment in enrolments for pk in stays.chain_of(enrolment)}
        self.people = {enrolment.person_id for enrolment in enrolments}

    @cached_property
    def _ticks(self) -> dict[int, list[Tick]]:
        return _by_case(Tick.objects.filter(enrolment__in=self.keys))

    @cached_property
    def _tests(self) -> dict[int, list[TestResult]]:
        return _by_case(TestResult.objects.filter(enrolment__in=self.keys))

    @cached_property
    def _stays(self) -> dict[int, list[tuple]]:
        return stays.of_people(self.people)

    def stays(self, person: int) -> list[tuple]:
        """The days of a person's stays, as `stays.of_people` gives them."""
        return self._stays[person]

    def ticks(self, *cases: int) -> list[Tick]:
        """What was checked by hand, or waived, in these cases."""
        return [tick for pk in cases for tick in self._ticks[pk]]

    def tests(self, *cases: int) -> list[TestResult]:
        """The tests of these cases, the earliest first."""
        found = [result for pk in cases for result in self._tests[pk]]
        return sorted(found, key=lambda result: (result.taken_on, result.pk))


def _by_case(rows) -> dict[int, list]:
    found: dict[int, list] = defaultdict(list)
    for row in rows:
        found[row.enrolment_id].append(row)
    return found


def _facts_of(enrolment: Enrolment) -> Facts:
    return getattr(enrolment, "facts", None) or Facts([enrolment])


_READERS: list[Callable[[Sequence[Enrolment]], None]] = []


def reads_together(function: Callable[[Sequence[Enrolment]], None]) -> Callable[[Sequence[Enrolment]], None]:
    """Register what makes many cases share one reading of a room's facts, for the moment in which all are judged."""
    _READERS.append(function)
    return function


def read_together(enrolments: Sequence[Any]) -> None:
    """Let these cases, locked in this transaction, share programmes, seasons and one reading of their facts.

    Whatever one of them is asked is then read for all of them at once. Facts that were read before are forgotten.
    """
    programmes: dict[int, Any] = {}
    seasons: dict[int, Any] = {}
    facts = Facts(enrolments)
    for enrolment in enrolments:
        enrolment.programme = programmes.setdefault(enrolment.programme_id, enrolment.programme)
        enrolment.season = seasons.setdefault(enrolment.season_id, enrolment.season)
        enrolment.facts = facts
    prefetch_related_objects(enrolments, "person__consents")
    for reader in _READERS:
        reader(enrolments)


def due_day(enrolment: Enrolment, requirement: Requirement) -> date | None:
    """By when a requirement should be met: its lead time before the planned start."""
    if not enrolment.planned_start:
        return None
    return enrolment.planned_start - timedelta(days=requirement.lead_days)


# Stands for a requirement while the address of its page is looked up, once for all of them.
PLACE = UUID(int=1)


def deed_url(name: str, enrolment: Enrolment, requirement: Requirement) -> str:
    """Address of the page where a requirement of this case is recorded."""
    return address_of(name, enrolment.public_id, PLACE).replace(str(PLACE), str(requirement.public_id))


@judges(RequirementKind.CONSENT)
def _consents(enrolment, requirements):
    href = reverse("people:consent", args=[enrolment.person.public_id])
    in_force = [c for c in enrolment.person.consents.all() if c.is_in_force]
    judged = {}
    for requirement in requirements:
        held = next((c for c in in_force if requirement.code in c.purposes), None)
        judged[requirement.pk] = (
            (State.DONE, _("Given in force"), href, held.expires_on)
            if held
            else (State.OPEN, _("No consent in force"), href, None)
        )
    return judged


@judges(RequirementKind.TEST)
def _tests(enrolment, requirements):
    found = _facts_of(enrolment).tests(*stays.chain_of(enrolment))
    results = {result.requirement_id: result for result in found}
    judged = {}
    for requirement in requirements:
        last = results.get(requirement.pk)
        href = deed_url("enrolment:test", enrolment, requirement)
        if last is None:
            judged[requirement.pk] = (State.OPEN, _("Not taken"), href, None)
        elif last.passed:
            judged[requirement.pk] = (State.DONE, _("Passed"), href, None)
        else:
            judged[requirement.pk] = (State.STARTED, _("Not passed"), href, None)
    return judged


@judges(RequirementKind.CHECK)
def _checks(enrolment, requirements):
    ticks = _facts_of(enrolment).ticks(*stays.chain_of(enrolment))
    ticked = {tick.requirement_id for tick in ticks if not tick.waived}
    return {
        r.pk: (State.DONE if r.pk in ticked else State.OPEN, "", deed_url("enrolment:tick", enrolment, r), None)
        for r in requirements
    }
