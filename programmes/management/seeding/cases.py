"""The rows of a case itself: its columns, its diary, its steps."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from types import SimpleNamespace

from accounts.models import Office, User
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.catalogue import WaitsFor
from programmes.base.rulebook.models import Requirement
from programmes.journey.demand.states import PositionStatus
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import CONTACTS, Enrolment, Step, TestResult, Tick
from programmes.journey.enrolment.states import Status
from programmes.journey.selection.models import Selection
from programmes.management.seeding.course import Course
from programmes.management.seeding.people import Worker
from programmes.management.seeding.rows import Rows

S = Status
EMPLOYERS_DESK = {S.SELECTED, S.IN_DOCUMENTATION, S.ACTIVE, S.ENDED, S.ENDED_EARLY, S.LEFT_EMPLOYMENT, S.RECALL_OFFERED}
# Target of a move → the code list its reason comes from.
REASONS = {
    S.INELIGIBLE: "ineligibility",
    S.WITHDRAWN: "withdrawal",
    S.VOID_DUPLICATE: "void",
    S.SUSPENDED: "suspension",
    S.REFUSED: "visa_refusal",
    S.UNFIT: "unfit",
    S.NO_SHOW: "no_show",
    S.TURNED_BACK: "turned_back",
    S.ENDED_EARLY: "early_end",
    S.LEFT_EMPLOYMENT: "left_employment",
    S.DECEASED: "death",
    S.REOPENED: "reopening",
}
# Where a case was closed from → reasons of closure and their weights.
CLOSURES = {
    S.RETURNED: (("season_completed", 8), ("chose_to_stop", 2), ("moved_away", 1)),
    S.RECALL_OFFERED: (("recalled", 1),),
    S.IN_REINTEGRATION: (("completed_support", 8), ("chose_to_stop", 1), ("re_migrated", 1), ("lost_contact", 1)),
    S.REFUSED: (("not_travelled", 1),),
    S.UNFIT: (("not_travelled", 1),),
    S.NO_SHOW: (("not_travelled", 3), ("no_longer_eligible", 1)),
    S.WHEREABOUTS_UNKNOWN: (("lost_contact", 1),),
    S.STATUS_CHANGED: (("stayed_lawfully", 1),),
}
OUTCOMES = {
    "season_completed": "Completó la temporada y volvió a su comunidad.",
    "completed_support": "El plan se cumplió y la persona sigue con su actividad.",
    "recalled": "Aceptó volver la próxima temporada.",
}
NOTES = (
    "Llamó para preguntar por la fecha de viaje.",
    "Traerá los documentos que faltan el lunes.",
    "Se le explicó el contrato por teléfono.",
    "Pidió que la llamemos por la tarde.",
    "Cambió de número de teléfono; ya está actualizado.",
    "La familia está informada del viaje.",
    "Pregunta cómo abrir una cuenta bancaria.",
    "Confirmó que asistirá a la orientación.",
)


class Clock:
    """Times of day for what happened on a day: office hours, and never later than the beginning of today."""

    def __init__(self, rng: Random, today: date):
        self.rng = rng
        self.today = today

    def moment(self, day: date) -> datetime:
        """Some time in office hours of that day (UTC); today, shortly after midnight in the west."""
        if day >= self.today:
            return datetime.combine(self.today, time(6, 5), UTC) + timedelta(seconds=self.rng.randint(0, 300))
        return datetime.combine(day, time(14, 0), UTC) + timedelta(seconds=self.rng.randint(0, 7 * 3600))


@dataclass
class Case:
    """One case while its rows are made."""

    rows: Rows
    rng: Random
    clock: Clock
    worker: Worker
    course: Course
    owner: User
    liaison: User
    demo: bool = False
    reasons: dict[str, list[str]] = field(default_factory=dict)
    events: list[tuple] = field(default_factory=list)
    open_steps: list[dict] = field(default_factory=list)
    selection: int = 0
    reason_of: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day the data are made for."""
        return self.clock.today

    def deed(self, what: str, day: date, *, subject="enrolment", subject_id=0, by=None, note="", kind="deed", **facts):
        """A line of the diary; `facts` are what its sentence quotes."""
        about = subject_id or self.course.pk
        self.events.append((day, kind, subject, about, what, "", "", "", note, facts, by or self.owner))

    def person_at(self, state: str) -> User:
        """Who makes a move to this state."""
        return self.liaison if state in EMPLOYERS_DESK else self.owner

    def open_step(self, kind: str, due_on: date, *, opened: date, desk=Step.Desk.CASE, requirement=None) -> None:
        """A step that is open today."""
        waits = requirement.waits_for if requirement else steps._WAITS.get(kind, WaitsFor.US)
        self.open_steps.append(
            {
                "kind": kind,
                "due_on": due_on,
                "desk": desk,
                "requirement": requirement,
                "waits_for": waits,
                "opened": opened,
            }
        )

    # --- Writing --------------------------------------------------------------------------------------------------

    def write(self, previous: int | None) -> None:
        """Write the case, its moves, its selection, tests and ticks. The rooms after add their rows and steps."""
        course = self.course
        course.pk = course.pk or self.rows.key(Enrolment)
        self._tell_the_moves()
        self._tests_and_ticks()
        self._finished_steps()
        self._state_step()
        self.previous = previous

    def finish(self, office: Office, destination: Office, shared_with: Office | None) -> None:
        """Write what was only known at the end: the next step on the case, its steps, its diary."""
        course, rows = self.course, self.rows
        self._note()
        first = self._first_step()
        stay = course.demand
        closed_on = course.entered(S.CLOSED)
        is_closed = course.status == S.CLOSED
        opened_at = self.clock.moment(course.registered_on)
        left = course.entered(S.TRAVELLING)
        keeps_stay = stay is not None and course.status != S.ROSTERED
        rows.add(
            Enrolment,
            id=course.pk,
            number=course.number,
            person_id=self.worker.pk,
            programme_id=course.programme.pk,
            season_id=course.season.pk,
            office_id=office.pk,
            destination_office_id=destination.pk,
            owner_id=self.owner.pk,
            previous_id=self.previous,
            status=course.status,
            registered_on=course.registered_on,
            planned_start=stay.starts_on if keeps_stay else None,
            planned_end=(course.going_home_on or stay.ends_on) if keeps_stay else None,
            departed_on=left,
            arrived_on=course.entered(S.ACTIVE),
            returned_on=course.entered(S.RETURNED),
            next_step=first[0],
            next_due_on=first[1],
            last_contact_on=self._last_contact(),
            closed_from=course.route[course.route.index(S.CLOSED) - 1] if closed_on else "",
            closed_on=closed_on if is_closed else None,
            closure_reason=self.reason_of[S.CLOSED] if is_closed else "",
            outcome=OUTCOMES.get(self.reason_of.get(S.CLOSED, ""), "") if is_closed else "",
            status_since=self.clock.moment(course.days[-1]),
            created_at=opened_at,
            created_by_id=self.owner.pk,
        )
        if shared_with is not None:
            rows.add(Enrolment.shared_with.through, enrolment_id=course.pk, office_id=shared_with.pk)
        for step in self.open_steps:
            rows.add(
                Step,
                enrolment_id=course.pk,
                kind=step["kind"],
                due_on=step["due_on"],
                desk=step["desk"],
                requirement_id=step["requirement"].pk if step["requirement"] else None,
                waits_for=step["waits_for"],
                created_at=self.clock.moment(step["opened"]),
            )
        self._write_diary()

    def _last_contact(self) -> date | None:
        """As the diary's trigger would note it, which then has nothing to do."""
        return max((day for day, _kind, _subject, _id, what, *_rest in self.events if what in CONTACTS), default=None)

    def _first_step(self) -> tuple[str, date | None]:
        """The earliest open step, as `steps.keep_next` would choose it."""
        if not self.open_steps:
            return "", None
        requirements = [s["requirement"] for s in self.open_steps if s["requirement"]]
        order = {r.pk: place for place, r in enumerate(sorted(requirements, key=_rank, reverse=True), start=1)}
        first = min(self.open_steps, key=lambda s: (s["due_on"], order[s["requirement"].pk] if s["requirement"] else 0))
        requirement = first["requirement"]
        return (f"{steps.REQUIREMENT}:{requirement.pk}" if requirement else first["kind"]), first["due_on"]

    def _tell_the_moves(self) -> None:
        course = self.course
        self.deed("registered", course.registered_on)
        if course.previous is not None:
            self.deed("recalled", course.registered_on, by=self.liaison, previous=course.previous.number)
        for move in course.moves():
            if move.target == S.CLOSED:
                codes, weights = zip(*CLOSURES[move.source], strict=True)
                reason = self.rng.choices(codes, weights)[0]
            elif move.target in REASONS:
                reason = self.rng.choice(self.reasons[REASONS[move.target]])
            else:
                reason = ""
            self.reason_of[move.target] = reason
            by = None if move.target in {S.RETURN_OVERDUE, S.EXPIRED} else self.person_at(move.target)
            self.events.append(
                (move.day, "move", "enrolment", course.pk, "", move.source, move.target, reason, "", {}, by)
            )

    def _tests_and_ticks(self) -> None:
        course = self.course
        screened, rostered = course.entered(S.ELIGIBLE), course.entered(S.ROSTERED)
        if course.previous is not None and course.previous.previous is not None:
            # What counts is this case and the one before: a third season asks again.
            screened = course.registered_on
        elif course.previous is not None:
            return
        if screened is None:
            return
        for requirement in course.facts["requirements"]:
            if requirement.kind == "check" and requirement.stage == S.ELIGIBLE:
                self.rows.add(
                    Tick,
                    enrolment_id=course.pk,
                    requirement_id=requirement.pk,
                    done_on=screened,
                    created_at=self.clock.moment(screened),
                    created_by_id=self.owner.pk,
                )
            elif requirement.kind == "test" and requirement.stage == S.ROSTERED:
                self._test(requirement, screened, rostered)

    def _test(self, requirement: Requirement, screened: date, rostered: date | None) -> None:
        """Every test of a case on the roster is passed; of an eligible one some are still to be taken."""
        course, rng = self.course, self.rng
        passed = rostered is not None or rng.random() < 0.35
        failed = not passed and rng.random() < 0.25
        last = rostered or min(self.today, screened + timedelta(days=6))
        if passed or failed:
            taken = screened + timedelta(days=rng.randint(0, max(0, (last - screened).days)))
            score = rng.randint(60, 100) if passed else rng.randint(20, 48)
            self.rows.add(
                TestResult,
                enrolment_id=course.pk,
                requirement_id=requirement.pk,
                taken_on=taken,
                score=score,
                passed=passed,
                created_at=self.clock.moment(taken),
                created_by_id=self.owner.pk,
            )
            if not course.is_history:
                self.deed("test_recorded", taken, requirement=requirement.pk)
        if not passed and course.status == S.ELIGIBLE:
            due = screened + timedelta(days=course.programme.deadlines()["testing"])
            self.open_step(steps.REQUIREMENT, due, requirement=requirement, opened=screened)

    def _finished_steps(self) -> None:
        """The step of each state the case has left, done on the day it left."""
        course = self.course
        stood = zip(course.route, course.days, strict=True)
        for (state, entered), (target, left) in pairwise(stood):
            if state not in steps.STATE_STEPS:
                continue
            kind, desk = steps.STATE_STEPS[state]
            by = self.person_at(target)
            self.rows.add(
                Step,
                enrolment_id=course.pk,
                kind=kind,
                due_on=self.due_day(kind, entered),
                desk=desk,
                waits_for=steps._WAITS.get(kind, WaitsFor.US),
                created_at=self.clock.moment(entered),
                done_at=self.clock.moment(left),
                done_by_id=by.pk,
            )

    def _state_step(self) -> None:
        course = self.course
        if course.status in steps.STATE_STEPS:
            kind, desk = steps.STATE_STEPS[course.status]
            self.open_step(kind, self.due_day(kind, course.days[-1]), desk=desk, opened=course.days[-1])

    def due_day(self, kind: str, on: date) -> date:
        """The day a state's step is due, by the very function the pages use."""
        course = self.course
        stay = course.demand
        return steps.due_day(
            SimpleNamespace(
                programme=course.programme,
                planned_start=stay.starts_on if stay else None,
                planned_end=(course.going_home_on or stay.ends_on) if stay else None,
                returned_on=course.entered(S.RETURNED),
            ),
            kind,
            on=on,
        )

    def _note(self) -> None:
        if not self.course.is_history and self.rng.random() < 0.3:
            since = self.course.days[-1]
            day = since + timedelta(days=self.rng.randint(0, max(0, (self.today - since).days)))
            self.deed("note_call", day, note=self.rng.choice(NOTES), kind="note")

    def _write_diary(self) -> None:
        at = datetime.min.replace(tzinfo=UTC)
        for day, kind, subject, subject_id, what, source, target, reason, note, facts, by in sorted(
            self.events, key=lambda event: event[0]
        ):
            at = max(self.clock.moment(day), at + timedelta(seconds=40))
            self.rows.add(
                CaseEvent,
                at=at,
                on=day,
                by_id=by.pk if by else None,
                kind=kind,
                subject=subject,
                subject_id=subject_id,
                enrolment_id=self.course.pk,
                what=what,
                from_status=source,
                to_status=target,
                reason=reason,
                note=note,
                data=facts,
            )


def _rank(requirement: Requirement) -> tuple:
    return (requirement.stage, requirement.order, requirement.pk)


def write_selection(case: Case, positions: dict[tuple[int, int], int]) -> None:
    """The case's hold on a position: live, or given back with the reason of the move that ended it."""
    course, rng = case.course, case.rng
    chosen = course.entered(S.SELECTED)
    if chosen is None or course.demand is None:
        return
    demand = course.demand
    given_back = (move for move in course.moves() if _gives_back(course, move))
    ended = next(((move.day, case.reason_of[move.target] or move.target) for move in given_back), None)
    case.selection = case.rows.add(
        Selection,
        enrolment_id=course.pk,
        position_id=positions[demand.pk, course.position],
        selected_on=chosen,
        named=course.previous is not None and rng.random() < 0.7,
        released_on=ended[0] if ended else None,
        release_reason=ended[1] if ended else "",
        created_at=case.clock.moment(chosen),
        created_by_id=case.liaison.pk,
    )
    case.deed("position_reserved", chosen, by=case.liaison, demand=demand.number, position=course.position)


def _gives_back(course: Course, move) -> bool:
    """Moves after which selection/guards.py frees the position."""
    ends_it = move.target in {S.WITHDRAWN, S.REFUSED, S.UNFIT, S.NO_SHOW, S.CLOSED, S.SUSPENDED}
    return ends_it and move.day >= course.entered(S.SELECTED)


def position_state(course: Course, rng: Random) -> str:
    """The state of the position that a case holds or held."""
    if course.status == S.SELECTED:
        return PositionStatus.OFFERED if rng.random() < 0.5 else PositionStatus.RESERVED
    if course.status in {S.ACTIVE, S.LEFT_EMPLOYMENT}:
        return PositionStatus.OCCUPIED
    return PositionStatus.VACATED if course.passed(S.ACTIVE) else PositionStatus.ACCEPTED
