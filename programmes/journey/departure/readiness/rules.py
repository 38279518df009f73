"""What "ready to travel" means, in one place: which move is asked, and what of its answer is kept in a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from programmes.base.common.errors import Missing
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.journey.departure.judges import needed_until
from programmes.journey.enrolment.requirements import Standing, State
from programmes.journey.enrolment.states import Status

S = Status
# The states in which travel is prepared: the case holds a position and its dates, and nobody has left yet. A candidate
# on the roster has neither, so nothing can be judged "through the planned end": that is another question.
PREPARED = (S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL)
# What is asked for on the way there, in the order in which it is asked.
STAGES = (S.ELIGIBLE, S.ROSTERED, S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL, S.TRAVELLING)
# What is a paper with a last day: it can be missing, and it can end too early.
PAPERS = frozenset({RequirementKind.DOCUMENT, RequirementKind.PERMIT, RequirementKind.MEDICAL})
# Where a kept address begins with the case's own: it stands in the row without it.
CASE = "~"
_LETTERS: dict[str, str] = {State.OPEN: "o", State.STARTED: "s", State.DONE: "d", State.NOT_NEEDED: "n"}
_STATES = {letter: state for state, letter in _LETTERS.items()}


def asked_move(status: str) -> Status:
    """The move that says whether somebody can travel: the departure itself once the case is ready, before that
    becoming ready."""
    return S.TRAVELLING if status == S.READY_TO_TRAVEL else S.READY_TO_TRAVEL


def stages_before(target: str) -> set[str]:
    """The stages whose requirements stand before this move, those passed on the way included."""
    return {str(stage) for stage in STAGES[: STAGES.index(S(target)) + 1]}


def each_once(missing: Iterable[Missing]) -> list[Missing]:
    """What is missing, each thing once: two guards of one move may ask for the same."""
    return list({item.code: item for item in missing}.values())


@dataclass(frozen=True)
class Kept:
    """How one requirement stands, as a row keeps it: what is written in words comes from the requirement."""

    requirement: int
    state: str
    until: date | None
    due_on: date | None
    waits_for: str
    href: str

    @property
    def is_met(self) -> bool:
        """Nothing more is to do."""
        return self.state in {State.DONE, State.NOT_NEEDED}

    def as_data(self, case: str) -> list[Any]:
        """The same in few letters; `case` is the address of the case file."""
        days = [day.isoformat() if day else None for day in (self.until, self.due_on)]
        return [self.requirement, _LETTERS[self.state], *days, self.waits_for, shortened(self.href, case)]


def kept(standing: Standing) -> Kept:
    """What a row keeps of a standing."""
    waits_for = "" if standing.is_met else standing.waits_for
    pk = standing.requirement.pk
    return Kept(pk, standing.state, standing.valid_until, standing.due_on, waits_for, standing.href)


def read(data: Sequence[Any], case: str) -> Kept:
    """The way back from `Kept.as_data`."""
    requirement, letter, until, due_on, waits_for, href = data
    return Kept(requirement, _STATES[letter], _day(until), _day(due_on), waits_for, lengthened(href, case))


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def shortened(href: str, case: str) -> str:
    """An address without that of its case file."""
    return CASE + href.removeprefix(case) if href.startswith(case) else href


def lengthened(href: str, case: str) -> str:
    """The whole address again."""
    return case + href.removeprefix(CASE) if href.startswith(CASE) else href


def needed(enrolment, standing: Standing) -> date | None:
    """Until when something with a last day is needed: the planned return, for documents with the margin on top."""
    requirement = standing.requirement
    if requirement.kind == RequirementKind.DOCUMENT or requirement.margin_months:
        return needed_until(enrolment, requirement)
    return enrolment.planned_end


def papers_missing(standings: Iterable[Standing]) -> int:
    """How many papers are asked for and not there."""
    return sum(one.requirement.kind in PAPERS and not one.is_met for one in standings)


def expiries(enrolment, standings: Iterable[Standing], today: date) -> list[tuple[date, str]]:
    """What is valid today and ends before it is needed no more, the first one first, with the requirement's code."""
    return sorted(
        (standing.valid_until, code_of(standing.requirement))
        for standing in standings
        if standing.valid_until
        and standing.valid_until >= today
        and (until := needed(enrolment, standing)) is not None
        and standing.valid_until < until
    )


def changes_on(standings: Iterable[Standing], today: date) -> date | None:
    """The first day on which time alone may change the judgement: the day after the first last day."""
    ahead = [one.valid_until for one in standings if one.valid_until and one.valid_until >= today]
    return min(ahead) + timedelta(days=1) if ahead else None


def code_of(requirement) -> str:
    """How a requirement is called among what is missing."""
    return f"{requirement.kind}:{requirement.code}"
