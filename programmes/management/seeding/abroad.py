"""The time abroad and the way home: placement, check-ins, return."""

from datetime import date, timedelta
from decimal import Decimal

from programmes.journey.enrolment.models import Step
from programmes.journey.enrolment.states import Status
from programmes.journey.placement.models import CheckIn, Placement
from programmes.journey.placement.states import Status as PlacementStatus
from programmes.journey.returns.models import Return
from programmes.journey.returns.rules import return_type
from programmes.journey.returns.states import Status as ReturnStatus
from programmes.management.seeding.cases import Case

S, P, R = Status, PlacementStatus, ReturnStatus
CONCERNS = (
    "Pide ropa de trabajo más abrigada.",
    "El dormitorio tiene filtraciones; el empleador fue avisado.",
    "No entiende las deducciones de su boleta de pago.",
    "Extraña a su familia y quiere llamar más seguido.",
    "Dolor de espalda; se le recomendó acudir al médico.",
)
PORTS = {"GTM": "La Aurora, Guatemala", "COL": "El Dorado, Bogotá"}
PROOFS = ("boarding_pass", "passport_stamp", "in_person", "phone")


def write_abroad(case: Case, positions: dict[tuple[int, int], int]) -> None:
    """Placement with its check-ins, then the return."""
    course, demand = case.course, case.course.demand
    arrived = course.entered(S.ACTIVE)
    if demand is None or arrived is None:
        return
    last = _last_day_of_work(case)
    left = course.passed(S.LEFT_EMPLOYMENT)
    running = course.status in {S.ACTIVE, S.LEFT_EMPLOYMENT}
    state = P.STARTED if running else P.COMPLETED if course.passed(S.ENDED) else P.TERMINATED_EARLY
    cause = next((case.reason_of[s] for s in (S.LEFT_EMPLOYMENT, S.ENDED_EARLY) if course.passed(s)), "")
    if course.passed(S.DECEASED):
        cause = S.DECEASED
    finished = course.passed(S.ENDED) and case.rng.random() < 0.93
    hours = Decimal(int(demand.hours * ((last or case.today) - demand.starts_on).days / 7)) if finished else None
    placement = case.rows.add(
        Placement,
        enrolment_id=course.pk,
        person_id=case.worker.pk,
        position_id=positions[demand.pk, course.position],
        starts_on=demand.starts_on,
        ends_on=demand.ends_on,
        ended_on=last if not running or left else None,
        end_cause=cause,
        hours_worked=max(hours, Decimal(8)) if hours is not None else None,
        employer_rating=case.rng.choice((3, 4, 4, 5, 5)) if finished else None,
        worker_rating=case.rng.choice((2, 3, 4, 4, 5)) if finished else None,
        status=state,
        created_at=case.clock.moment(arrived),
        created_by_id=case.liaison.pk,
    )
    _check_ins(case, placement, arrived, last or case.today, last)
    _return(case)


def _last_day_of_work(case: Case) -> date | None:
    """The actual last day: None while the worker is at work."""
    course = case.course
    if course.worked_until:
        return course.worked_until
    for state in (S.LEFT_EMPLOYMENT, S.DECEASED):
        if course.entered(state):
            return max(course.entered(state), course.demand.starts_on)
    return None


def _check_ins(case: Case, placement: int, arrived: date, until: date, ended: date | None) -> None:
    course, rng = case.course, case.rng
    deadlines = course.programme.deadlines()
    first_due = arrived + timedelta(days=deadlines["first_call"])
    every = deadlines["check_in"] * (3 if course.is_history else 1)
    day = arrived + timedelta(days=rng.randint(3, 6))
    last_contact = None
    # Some workers on placement now have not been called when they should have been.
    until = until - timedelta(days=rng.choice((0, 0, 1, 3, 6, 12))) if ended is None else until
    while day <= until and day <= case.today:
        concern = rng.choice(CONCERNS) if rng.random() < 0.07 else ""
        mode = "phone" if last_contact is None or rng.random() < 0.55 else "in_person"
        case.rows.add(
            CheckIn,
            placement_id=placement,
            enrolment_id=course.pk,
            on=day,
            mode=mode,
            alone=rng.random() < 0.6,
            wellbeing="fair" if concern else "good",
            concerns=concern,
            created_at=case.clock.moment(day),
            created_by_id=(case.liaison if last_contact else case.owner).pk,
        )
        if not course.is_history:
            case.deed("checked_in", day, by=case.liaison if last_contact else case.owner, check_in_mode=mode)
        last_contact = day
        day += timedelta(days=max(4, every + rng.randint(-2, 2)))
    if course.status != S.ACTIVE:
        return
    if last_contact is None:
        case.open_step("first_call", first_due, desk=Step.Desk.CASE, opened=arrived)
        return
    due = last_contact + timedelta(days=deadlines["check_in"])
    if due <= course.demand.ends_on:
        case.open_step("check_in", due, desk=Step.Desk.EMPLOYER, opened=last_contact)


def _return(case: Case) -> None:
    course, rng = case.course, case.rng
    ended = course.entered(S.ENDED) or course.entered(S.ENDED_EARLY)
    home = course.entered(S.RETURNED)
    if ended is None and home is None:
        return
    planned = course.going_home_on or home
    early = S.ENDED_EARLY if course.passed(S.ENDED_EARLY) else S.ENDED
    facts = {"type": return_type(early, case.reason_of.get(S.ENDED_EARLY, "")), "planned_on": planned}
    if home:
        state = R.ARRIVED_CONFIRMED
        facts |= {
            "departed_on": max(course.worked_until or home, home - timedelta(days=1)),
            "arrived_on": home,
            "port": PORTS[case.worker.office.country],
            "confirmed_by_means": rng.choice(PROOFS),
        }
    else:
        state = rng.choice((R.PLANNED, R.BOOKED)) if course.status != S.RETURN_OVERDUE else R.PLANNED
        facts["port"] = PORTS[case.worker.office.country] if state == R.BOOKED else ""
    case.rows.add(
        Return,
        enrolment_id=course.pk,
        status=state,
        created_at=case.clock.moment(ended or home),
        created_by_id=case.owner.pk,
        **facts,
    )
