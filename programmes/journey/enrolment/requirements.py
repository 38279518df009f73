"""What a programme requires of a case, and how each requirement stands.

The list is data (rulebook.Requirement). How one kind of requirement is judged is a function that the room with the
facts registers here, so this room need not know documents or contracts.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _

from programmes.base.common.errors import Missing
from programmes.base.rulebook.catalogue import RequirementKind
from programmes.base.rulebook.models import Requirement
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
    """The programme's requirements in force, in order; read once per programme instance."""
    if not hasattr(programme, "_requirements"):
        programme._requirements = [r for r in programme.requirements.all() if r.active]
    return programme._requirements


def standings(enrolment: Enrolment, *, stages: set[str] | None = None) -> list[Standing]:
    """How each requirement of the case stands, in the programme's order; `stages` limits them to those states.

    One query per kind of requirement that occurs, whatever their number.
    """
    wanted = [r for r in of_programme(enrolment.programme) if stages is None or r.stage in stages]
    if not wanted:
        return []
    waived = {
        tick.requirement_id: tick.reason
        for tick in Tick.objects.filter(enrolment=enrolment, waived=True, requirement__in=wanted)
    }
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


def due_day(enrolment: Enrolment, requirement: Requirement) -> date | None:
    """By when a requirement should be met: its lead time before the planned start."""
    if not enrolment.planned_start:
        return None
    return enrolment.planned_start - timedelta(days=requirement.lead_days)


def deed_url(name: str, enrolment: Enrolment, requirement: Requirement) -> str:
    """Address of the page where a requirement of this case is recorded."""
    return reverse(name, args=[enrolment.public_id, requirement.public_id])


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


def _this_and_previous(enrolment) -> list[int]:
    """The case, and the one it was recalled from: a recalled worker is tested and on the roster already (M08)."""
    return [pk for pk in (enrolment.pk, enrolment.previous_id) if pk]


@judges(RequirementKind.TEST)
def _tests(enrolment, requirements):
    results: dict[int, TestResult] = {}
    of_either = TestResult.objects.filter(enrolment__in=_this_and_previous(enrolment), requirement__in=requirements)
    for result in of_either.order_by("taken_on", "id"):
        results[result.requirement_id] = result
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
    of_either = Tick.objects.filter(enrolment__in=_this_and_previous(enrolment), requirement__in=requirements)
    ticked = set(of_either.filter(waived=False).values_list("requirement", flat=True))
    return {
        r.pk: (State.DONE if r.pk in ticked else State.OPEN, "", deed_url("enrolment:tick", enrolment, r), None)
        for r in requirements
    }
