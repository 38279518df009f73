"""The whole of the demo data, from nothing to a database that looks lived in."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from random import Random

from django.db import connection, transaction
from django.db.models import IntegerField, Max
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from accounts.models import User
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.papers import shipped as letters
from programmes.base.rulebook import shipped
from programmes.base.rulebook.models import Code, Programme
from programmes.journey.demand.models import Authorisation, JobDemand, Position
from programmes.journey.departure.models import Contract, Document, Medical, Orientation, Permit, Trip
from programmes.journey.departure.readiness import actions as readiness
from programmes.journey.employers.models import Employer, Site
from programmes.journey.enrolment.models import CaseNumber, Enrolment, Step, TestResult, Tick
from programmes.journey.enrolment.states import OPEN, Status
from programmes.journey.people.identity import HouseholdMember, Identity, PersonPhone
from programmes.journey.people.models import Consent, Person
from programmes.journey.placement.models import CheckIn, Placement
from programmes.journey.reintegration.models import FollowUp, PlanLine, Reintegration
from programmes.journey.returns.models import Return
from programmes.journey.selection.models import Selection
from programmes.management.seeding import names
from programmes.management.seeding.abroad import write_abroad
from programmes.management.seeding.around import write_around
from programmes.management.seeding.cases import REASONS, Case, Clock, position_state, write_selection
from programmes.management.seeding.course import PAST_WEIGHTS, WEIGHTS, Course, Planner
from programmes.management.seeding.fairness import add_answers
from programmes.management.seeding.flights import add_flights
from programmes.management.seeding.home import write_reintegration
from programmes.management.seeding.market import Demand, Market, Numbers
from programmes.management.seeding.papers import write_papers
from programmes.management.seeding.people import Worker, write_person
from programmes.management.seeding.rows import Rows
from programmes.management.seeding.said import issue_letters, make_reports, write_letters
from programmes.management.seeding.scans import add_scans
from programmes.management.seeding.sessions import add_sessions
from programmes.management.seeding.shortlists import write_shortlists
from programmes.management.seeding.staff import Staff, make_staff

S = Status
# In the order in which they must reach the database: triggers look at the tables above them.
TABLES = (
    Employer,
    Employer.programmes.through,
    Site,
    Authorisation,
    JobDemand,
    Position,
    Person,
    Identity,
    PersonPhone,
    HouseholdMember,
    Consent,
    Enrolment,
    Enrolment.shared_with.through,
    Selection,
    Tick,
    TestResult,
    Document,
    Medical,
    Permit,
    Contract,
    Orientation,
    Trip,
    Placement,
    CheckIn,
    Return,
    Reintegration,
    PlanLine,
    FollowUp,
    Step,
    CaseEvent,
)
PROGRAMMES = {"GTM": "gt-ca-agriculture", "COL": "co-es-circular"}
SHARE_WITHOUT_PRESENT_CASE = 0.24
SHARE_RECALLED = 0.45
DEMO_CASES = 60
TRIES = 40


@dataclass
class Corridor:
    """One programme with what its cases are drawn from."""

    programme: Programme
    market: Market
    planner: Planner
    liaisons: list[User]
    requirements: list


@dataclass
class LaidOut:
    """What has been written so far, for whoever goes on from there."""

    staff: Staff
    programmes: list[Programme]
    counts: dict[str, int]


@transaction.atomic
def generate(*, people: int, seed: int, today: date) -> dict[str, int]:
    """Fill the database with `people` workers and all that belongs to them; returns the number of rows by table.

    The same numbers and day give the same content in a database without people; otherwise it adds to what is there.
    For more than a few ten thousand see the package `scale`.
    """
    made = lay_out(people=people, seed=seed, today=today)
    for programme in made.programmes:
        liaison = made.staff.liaisons["GT" if programme.origin == "GTM" else "CO"][0]
        write_shortlists(programme, liaison, today)
        write_around(programme, liaison, made.staff.demo["manager"], today)
    finish(made, today)
    return made.counts


def lay_out(*, people: int, seed: int, today: date, recalled: float = SHARE_RECALLED) -> LaidOut:
    """Write people, cases and what they need; `recalled` is the share of those who had a case the season before."""
    there = Person.objects.count()
    rng = Random(f"{people}:{seed}:{today.isoformat()}:{there}")  # noqa: S311 demo data, nothing secret
    staff = make_staff(rng, people=people, today=today)
    shipped.load(today=today)
    letters.load()
    clock = Clock(rng, today)
    rows = Rows(rng, TABLES, at=clock.moment(today))
    rows.open_context(command="seed")
    corridors = {country: _corridor(rng, country, people, today, staff) for country in PROGRAMMES}
    workers = _plan(rng, people, staff, corridors, recalled)
    _write_market(rows, rng, clock, workers, corridors, staff)
    _write_workers(rows, rng, clock, workers, corridors, staff)
    rows.write()
    return LaidOut(staff, [corridor.programme for corridor in corridors.values()], rows.counts)


def finish(made: LaidOut, today: date) -> None:
    """What follows from the whole: figures for the planner, who can travel, reports, letters."""
    # Before anything is counted: without figures about the new rows the reports' query takes hours at this size.
    analyse()
    readiness.note_what_time_changes(timezone.now())
    readiness.keep_all()
    # Seats without a ticket are judged too.
    add_flights(made.staff.demo["manager"])
    add_sessions(made.staff.demo["caseworker"], today)
    readiness.keep_all()
    add_answers(made.staff.demo["liaison"], today)
    make_reports(made.programmes, today)
    add_scans(made.staff.demo["caseworker"])
    write_letters(made.staff.demo["caseworker"], made.staff.demo["manager"])
    # Nothing is issued on a day that is yet to come, whichever day the rest is made for.
    issue_letters(made.staff.demo["caseworker"], min(today, timezone.localdate()))


def _corridor(rng: Random, country: str, people: int, today: date, staff: Staff) -> Corridor:
    programme = Programme.objects.prefetch_related("rule_values", "deadline_rows").get(code=PROGRAMMES[country])
    own = [office for code, office in staff.offices.items() if code in names.WEIGHTS and office.country == country]
    programme.offices.add(*own)
    if programme.destination_office_id is None:
        programme.destination_office = staff.office_of_destination(programme.destination)
        programme.write("destination_office")
    market = Market(rng, programme, today, people=people)
    liaisons = staff.liaisons["GT" if country == "GTM" else "CO"]
    requirements = [r for r in programme.requirements.all() if r.active]
    return Corridor(programme, market, Planner(rng, programme, market.demands, today), liaisons, requirements)


# --- Who, and which way ---------------------------------------------------------------------------------------------


def _plan(rng: Random, people: int, staff: Staff, corridors: dict[str, Corridor], recalled: float) -> list[Worker]:
    """Draw every worker's cases. The first ones stand once in each state, so that none is missing."""
    each_state = sorted(WEIGHTS)
    states, weights = list(WEIGHTS), list(WEIGHTS.values())
    offices, office_weights = list(names.WEIGHTS), list(names.WEIGHTS.values())
    workers = []
    for place in range(people):
        target = each_state[place] if place < len(each_state) else rng.choices(states, weights)[0]
        over = place >= len(each_state) and rng.random() < SHARE_WITHOUT_PRESENT_CASE
        for attempt in range(TRIES):
            # When a corridor has nobody in that state at this time of year, the other one has.
            code = rng.choices(offices, office_weights)[0] if attempt < TRIES // 2 else "GT-CHM"
            office = staff.offices[code]
            courses = _courses(rng, corridors[office.country].planner, target, over=over, recalled=recalled)
            if courses:
                break
        else:
            raise RuntimeError(f"No case can stand in {target} on this day.")
        workers.append(Worker(office=office, courses=courses))
    return workers


def _courses(rng: Random, planner: Planner, target: str, *, over: bool, recalled: float) -> list[Course]:
    """A worker's cases, oldest first; empty when no demand fits."""
    if over:
        target = rng.choices(list(PAST_WEIGHTS), list(PAST_WEIGHTS.values()))[0]
    last = planner.past(target) if over else planner.current(target)
    if last is None:
        return []
    last.is_history = over
    courses = [last]
    while S.ROSTERED in courses[0].route and rng.random() < recalled:
        first = courses[0]
        kept = first.route, first.days
        at = first.route.index(S.ROSTERED)
        first.route, first.days = first.route[at:], first.days[at:]
        before = planner.before(first)
        if before is None:
            first.route, first.days = kept
            break
        first.previous = before
        courses.insert(0, before)
    return courses


# --- Writing --------------------------------------------------------------------------------------------------------


def _write_market(rows, rng, clock, workers, corridors, staff) -> None:
    """Give each case its position, then write the demands in the size that follows."""
    taken: dict[Demand, list[str]] = {}
    courses = [course for worker in workers for course in worker.courses if course.demand]
    for course in courses:
        if course.keeps_position:
            held = taken.setdefault(course.demand, [])
            held.append(position_state(course, rng))
            course.position = len(held)
        else:
            # A position that was given back still needs its demand.
            taken.setdefault(course.demand, [])
    for country, corridor in corridors.items():
        needed = {course.demand for course in courses}
        corridor.market.add_waiting()
        corridor.market.settle(taken, needed)
        numbers = Numbers(rng, clock.moment, authorisations=Authorisation.objects.count(), demands=_last_demands())
        mission = "GT" if country == "GTM" else "CO"
        corridor.market.write(
            rows,
            office=staff.office_of_destination(corridor.programme.destination),
            liaison=corridor.liaisons[0],
            manager=staff.managers[mission],
            number=numbers,
        )
        rows.write()
    for course in courses:
        if not course.position:
            course.position = rng.randint(1, len(course.demand.holders))


def _last_demands() -> dict[int, int]:
    """The last demand number of each year."""
    year = Cast(Substr("number", 3, 4), IntegerField())
    last = Max(Cast(Substr("number", 8), IntegerField()))
    return dict(JobDemand.objects.order_by().annotate(year=year).values_list("year").annotate(last=last))


def _write_workers(rows, rng, clock, workers, corridors, staff) -> None:
    _number(workers)
    reasons = {name: [] for name in set(REASONS.values())}
    for name, code in Code.objects.filter(list__in=reasons, active=True).values_list("list", "code"):
        reasons[name].append(code)
    first_serial = Person.objects.count() + 1
    demo, demo_left = staff.demo["caseworker"], DEMO_CASES
    partner = staff.offices["GT-MIN"]
    for course in (course for worker in workers for course in worker.courses):
        course.pk = rows.key(Enrolment)
    for serial, worker in enumerate(workers, start=first_serial):
        corridor = corridors[worker.office.country]
        is_demo = worker.office.code == "GT-CHM" and demo_left > 0 and worker.courses[-1].status in OPEN
        demo_left -= is_demo
        team = [user for user in staff.caseworkers[worker.office.code] if user != demo]
        owner = demo if is_demo else team[int(len(team) * rng.random() ** 1.6)]
        write_person(rows, rng, worker, serial=serial, today=clock.today, owner=owner, moment=clock.moment)
        for course in worker.courses:
            course.facts["requirements"] = corridor.requirements
            liaison = corridor.liaisons[int(len(corridor.liaisons) * rng.random())]
            case = Case(rows, rng, clock, worker, course, owner, liaison, reasons=reasons)
            case.write(course.previous.pk if course.previous else None)
            write_selection(case, corridor.market.positions)
            write_papers(case)
            write_abroad(case, corridor.market.positions)
            write_reintegration(case)
            shared = partner if worker.office.country == "GTM" and course.demand and rng.random() < 0.08 else None
            case.finish(worker.office, corridor.programme.destination_office, shared)


def _number(workers: list[Worker]) -> None:
    """Case numbers in the order of registration, per country and year of the season."""
    last = dict(CaseNumber.objects.values_list("prefix", "last"))
    courses = [(worker.office, course) for worker in workers for course in worker.courses]
    used: Counter[str] = Counter(last)
    for office, course in sorted(courses, key=lambda pair: pair[1].registered_on):
        prefix = f"{'GT' if office.country == 'GTM' else 'CO'}-{course.season.starts_on.year}"
        used[prefix] += 1
        course.number = f"{prefix}-{used[prefix]:05d}"
    CaseNumber.objects.bulk_create(
        [CaseNumber(prefix=prefix, last=number) for prefix, number in used.items()],
        update_conflicts=True,
        unique_fields=["prefix"],
        update_fields=["last"],
    )


def analyse() -> None:
    """Tell the planner what the tables hold now; needs the role that owns them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
