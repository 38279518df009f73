"""Which way each case went and on which day: drawn backwards from where it stands today."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from programmes.base.rulebook.models import Programme, Season
from programmes.base.rulebook.rules import stay_problems
from programmes.journey.enrolment.states import ENROLMENT, Status
from programmes.management.seeding.market import Demand

S = Status
BASE = (S.REGISTERED, S.ELIGIBLE, S.ROSTERED)
CHOSEN = (*BASE, S.SELECTED, S.IN_DOCUMENTATION)
READY = (*CHOSEN, S.READY_TO_TRAVEL)
ABROAD = (*READY, S.TRAVELLING, S.ACTIVE)
OVER = (*ABROAD, S.ENDED)
HOME = (*OVER, S.RETURNED)
# Target → the ways that lead there, with their weights.
ROUTES: dict[str, tuple[tuple[tuple[str, ...], int], ...]] = {
    S.REGISTERED: ((BASE[:1], 1),),
    S.WAITLISTED: (((S.REGISTERED, S.WAITLISTED), 1),),
    S.INELIGIBLE: (((S.REGISTERED, S.INELIGIBLE), 4), ((S.REGISTERED, S.WAITLISTED, S.INELIGIBLE), 1)),
    S.ELIGIBLE: ((BASE[:2], 5), ((S.REGISTERED, S.WAITLISTED, S.ELIGIBLE), 1)),
    S.ROSTERED: ((BASE, 1),),
    S.SUSPENDED: (((*BASE, S.SUSPENDED), 1),),
    S.SELECTED: (((*BASE, S.SELECTED), 1),),
    S.IN_DOCUMENTATION: ((CHOSEN, 1),),
    S.REFUSED: (((*CHOSEN, S.REFUSED), 1),),
    S.UNFIT: (((*CHOSEN, S.UNFIT), 1),),
    S.READY_TO_TRAVEL: ((READY, 1),),
    S.NO_SHOW: (((*READY, S.NO_SHOW), 1),),
    S.TRAVELLING: (((*READY, S.TRAVELLING), 1),),
    S.TURNED_BACK: (((*READY, S.TRAVELLING, S.TURNED_BACK), 1),),
    S.ACTIVE: ((ABROAD, 1),),
    S.LEFT_EMPLOYMENT: (((*ABROAD, S.LEFT_EMPLOYMENT), 1),),
    S.WHEREABOUTS_UNKNOWN: (((*ABROAD, S.LEFT_EMPLOYMENT, S.WHEREABOUTS_UNKNOWN), 1),),
    S.STATUS_CHANGED: (((*ABROAD, S.LEFT_EMPLOYMENT, S.STATUS_CHANGED), 1),),
    S.ENDED: ((OVER, 1),),
    S.ENDED_EARLY: (((*ABROAD, S.ENDED_EARLY), 1),),
    S.RETURN_OVERDUE: (((*OVER, S.RETURN_OVERDUE), 1),),
    S.RETURNED: ((HOME, 7), ((*ABROAD, S.ENDED_EARLY, S.RETURNED), 1), ((*OVER, S.RETURN_OVERDUE, S.RETURNED), 1)),
    S.RECALL_OFFERED: (((*HOME, S.RECALL_OFFERED), 1),),
    S.IN_REINTEGRATION: (
        ((*HOME, S.IN_REINTEGRATION), 6),
        ((*ABROAD, S.ENDED_EARLY, S.RETURNED, S.IN_REINTEGRATION), 1),
    ),
    S.DECEASED: (((*ABROAD, S.DECEASED), 1),),
    S.WITHDRAWN: (
        ((S.REGISTERED, S.WITHDRAWN), 3),
        ((*BASE, S.WITHDRAWN), 3),
        ((*BASE, S.SELECTED, S.WITHDRAWN), 1),
        ((*CHOSEN, S.WITHDRAWN), 1),
    ),
    S.EXPIRED: (((*BASE, S.EXPIRED), 1), ((S.REGISTERED, S.WAITLISTED, S.EXPIRED), 1)),
    S.VOID_DUPLICATE: (((S.REGISTERED, S.VOID_DUPLICATE), 1),),
    S.CLOSED: (
        ((*HOME, S.CLOSED), 12),
        ((*HOME, S.IN_REINTEGRATION, S.CLOSED), 6),
        ((*ABROAD, S.ENDED_EARLY, S.RETURNED, S.CLOSED), 3),
        ((*CHOSEN, S.REFUSED, S.CLOSED), 2),
        ((*CHOSEN, S.UNFIT, S.CLOSED), 1),
        ((*READY, S.NO_SHOW, S.CLOSED), 1),
        ((*ABROAD, S.LEFT_EMPLOYMENT, S.WHEREABOUTS_UNKNOWN, S.CLOSED), 1),
        ((*ABROAD, S.LEFT_EMPLOYMENT, S.STATUS_CHANGED, S.CLOSED), 1),
    ),
    S.REOPENED: (((*HOME, S.CLOSED, S.REOPENED), 1),),
}
RECALLED = (*HOME, S.RECALL_OFFERED, S.CLOSED)
# Days a case spends in a state before the next one, least and most.
DWELL: dict[str, tuple[int, int]] = {
    S.REGISTERED: (1, 9),
    S.WAITLISTED: (6, 40),
    S.ELIGIBLE: (3, 15),
    S.ROSTERED: (4, 80),
    S.SELECTED: (0, 4),
    S.IN_DOCUMENTATION: (22, 50),
    S.REFUSED: (6, 20),
    S.UNFIT: (3, 15),
    S.READY_TO_TRAVEL: (2, 8),
    S.NO_SHOW: (2, 12),
    S.LEFT_EMPLOYMENT: (1, 5),
    S.WHEREABOUTS_UNKNOWN: (20, 60),
    S.STATUS_CHANGED: (3, 20),
    S.ENDED: (1, 7),
    S.ENDED_EARLY: (1, 9),
    S.RETURN_OVERDUE: (2, 20),
    S.RETURNED: (4, 20),
    S.RECALL_OFFERED: (3, 18),
    S.IN_REINTEGRATION: (150, 380),
    S.DECEASED: (6, 15),
    S.CLOSED: (3, 30),
    S.TRAVELLING: (0, 1),
}
# How many of a hundred current cases stand where.
WEIGHTS: dict[str, float] = {
    S.REGISTERED: 6,
    S.WAITLISTED: 3,
    S.INELIGIBLE: 3,
    S.ELIGIBLE: 6,
    S.ROSTERED: 15,
    S.SUSPENDED: 1.2,
    S.SELECTED: 3.5,
    S.IN_DOCUMENTATION: 11,
    S.REFUSED: 0.9,
    S.UNFIT: 0.9,
    S.READY_TO_TRAVEL: 3,
    S.NO_SHOW: 0.6,
    S.TRAVELLING: 0.9,
    S.TURNED_BACK: 0.3,
    S.ACTIVE: 18,
    S.LEFT_EMPLOYMENT: 0.7,
    S.WHEREABOUTS_UNKNOWN: 0.5,
    S.STATUS_CHANGED: 0.3,
    S.ENDED: 1.6,
    S.ENDED_EARLY: 0.9,
    S.RETURN_OVERDUE: 1.2,
    S.RETURNED: 4.5,
    S.RECALL_OFFERED: 2.5,
    S.IN_REINTEGRATION: 6,
    S.DECEASED: 0.1,
    S.WITHDRAWN: 3,
    S.EXPIRED: 1.2,
    S.VOID_DUPLICATE: 0.6,
    S.CLOSED: 6,
    S.REOPENED: 0,
}
# Of a hundred people without a present case, how their last one ended.
PAST_WEIGHTS: dict[str, float] = {S.CLOSED: 74, S.WITHDRAWN: 12, S.EXPIRED: 4, S.INELIGIBLE: 9, S.VOID_DUPLICATE: 1}


@dataclass
class Move:
    """One move of a case."""

    day: date
    source: str
    target: str


@dataclass
class Course:
    """A case as it went: its states with the day each was entered, and the dates that follow from them."""

    programme: Programme
    season: Season
    route: tuple[str, ...]
    days: list[date]
    demand: Demand | None = None
    worked_until: date | None = None
    going_home_on: date | None = None
    previous: "Course | None" = None
    is_history: bool = False
    number: str = ""
    pk: int = 0
    position: int = 0
    facts: dict = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Where the case stands."""
        return self.route[-1]

    @property
    def registered_on(self) -> date:
        """The first day."""
        return self.days[0]

    def entered(self, state: str) -> date | None:
        """The day a state was entered last, or None."""
        for at in range(len(self.route) - 1, -1, -1):
            if self.route[at] == state:
                return self.days[at]
        return None

    def passed(self, *states: str) -> bool:
        """Whether the case was ever in one of the states."""
        return any(state in self.route for state in states)

    def moves(self) -> list[Move]:
        """Every move after the opening of the case."""
        return [Move(self.days[at], self.route[at - 1], self.route[at]) for at in range(1, len(self.route))]

    @property
    def keeps_position(self) -> bool:
        """Whether its position is held, or was held to the end of the work."""
        return self.demand is not None and (
            self.passed(S.ACTIVE) or self.status in ENROLMENT.groups["booked"] | {S.TURNED_BACK}
        )

    @property
    def stay(self) -> tuple[date, date] | None:
        """First and last day abroad as rules count them, when the worker travelled."""
        left = self.entered(S.TRAVELLING)
        if left is None or self.demand is None:
            return None
        return left, self.entered(S.RETURNED) or self.going_home_on or self.demand.ends_on


def days_between(rng: Random, least: int, most: int) -> timedelta:
    """So many days."""
    return timedelta(days=rng.randint(least, most))


def due_offset(rng: Random) -> int:
    """Days from today to the day the next step is due: some late, some today, most soon."""
    chance = rng.random()
    if chance < 0.13:
        return -rng.randint(1, 9)
    if chance < 0.22:
        return 0
    return rng.randint(1, 7) if chance < 0.55 else rng.randint(8, 30)


def _start(demand: Demand) -> date:
    return demand.starts_on


def _end(demand: Demand) -> date:
    return demand.ends_on


class Planner:
    """Draws courses for one programme."""

    def __init__(self, rng: Random, programme: Programme, demands: list[Demand], today: date):
        self.rng = rng
        self.programme = programme
        self.seasons = sorted(programme.seasons.all(), key=lambda season: season.starts_on)
        self.today = today
        self.deadlines = programme.deadlines()
        self._by_start = sorted(demands, key=_start)
        self._by_end = sorted(demands, key=_end)

    def current(self, target: str) -> Course | None:
        """A case that stands in `target` today; None when no demand of the programme fits."""
        ways, weights = zip(*ROUTES[target], strict=True)
        route = self.rng.choices(ways, weights)[0]
        return self._course(route, self._entry_day(target, route))

    def past(self, target: str) -> Course | None:
        """A case of an earlier season that is over."""
        ways, weights = zip(*ROUTES[target], strict=True)
        route = self.rng.choices(ways, weights)[0]
        earliest = self.seasons[0].starts_on + timedelta(days=60 if S.TRAVELLING not in route else 300)
        latest = self.today - timedelta(days=30)
        if earliest >= latest:
            return None
        return self._course(route, earliest + timedelta(days=self.rng.randrange((latest - earliest).days)))

    def before(self, course: Course) -> Course | None:
        """The season before: the same worker, recalled into `course`; None when there is no room for it."""
        again_on = course.registered_on
        earlier = [season for season in self.seasons if season.starts_on < course.season.starts_on]
        if not earlier:
            return None
        years = {season.code for season in earlier[-2:]}
        ended = self._ending(again_on - timedelta(days=419), again_on - timedelta(days=26))
        fitting = [demand for demand in ended if demand.season.code in years]
        if not fitting:
            return None
        demand = self.rng.choice(fitting)
        worked_until = demand.ends_on - days_between(self.rng, 0, 8)
        route = RECALLED
        home = worked_until + days_between(self.rng, 1, 6)
        offered = again_on - days_between(self.rng, 2, 12)
        abroad = [worked_until, home, max(home + timedelta(days=3), offered), again_on]
        made = self._from_demand(route, demand, abroad, worked_until)
        made.is_history = True
        if self._breaks_the_stay_rules(made, course):
            return None
        return made

    def _starting(self, first: date, last: date) -> list[Demand]:
        """Demands whose work begins in these days."""
        return self._by_start[
            bisect_left(self._by_start, first, key=_start) : bisect_right(self._by_start, last, key=_start)
        ]

    def _ending(self, first: date, last: date) -> list[Demand]:
        """Demands whose work is to end in these days."""
        return self._by_end[bisect_left(self._by_end, first, key=_end) : bisect_right(self._by_end, last, key=_end)]

    def _breaks_the_stay_rules(self, made: Course, later: Course) -> bool:
        if later.demand is None or not made.stay:
            return False
        start, end = later.demand.starts_on, later.demand.ends_on
        if later.stay:
            start, end = later.stay
        return bool(stay_problems(start, end, self.programme.rules(start), [made.stay]))

    # --- One course -----------------------------------------------------------------------------------------------

    def _entry_day(self, target: str, route: tuple[str, ...]) -> date:
        """When the case entered its present state: so that its next step is late, due or soon due."""
        rng, today = self.rng, self.today
        kind = {
            S.REGISTERED: "screening",
            S.WAITLISTED: "waitlist_review",
            S.ELIGIBLE: "testing",
            S.SUSPENDED: "suspension_review",
            S.SELECTED: "offer",
            S.REFUSED: "refusal",
            S.UNFIT: "refusal",
            S.NO_SHOW: "refusal",
            S.TURNED_BACK: "refusal",
            S.TRAVELLING: "arrival",
            S.LEFT_EMPLOYMENT: "whereabouts",
            S.RETURNED: "after_return",
            S.RECALL_OFFERED: "recall",
            S.STATUS_CHANGED: "closure",
            S.DECEASED: "closure",
        }.get(target)
        if kind:
            return today - timedelta(days=max(0, self.deadlines[kind] - due_offset(rng)))
        spans = {
            S.INELIGIBLE: (3, 250),
            S.ROSTERED: (1, 240),
            S.IN_DOCUMENTATION: (1, 45),
            S.READY_TO_TRAVEL: (0, 8),
            S.ACTIVE: (0, 0),
            S.WHEREABOUTS_UNKNOWN: (2, 40),
            S.ENDED: (0, 6),
            S.ENDED_EARLY: (0, 6),
            S.RETURN_OVERDUE: (0, 25),
            S.IN_REINTEGRATION: (2, 330),
            S.CLOSED: (2, 200),
            S.REOPENED: (0, 4),
        }
        return today - days_between(rng, *spans.get(target, (2, 120)))

    def _course(self, route: tuple[str, ...], entered: date) -> Course | None:
        if S.ACTIVE in route:
            return self._abroad(route, entered)
        if S.SELECTED in route:
            return self._chosen(route, entered)
        days = self._backwards(route, entered)
        return Course(self.programme, self._season_for(days[0]), route, days)

    def _backwards(self, route: tuple[str, ...], entered: date) -> list[date]:
        """The days of a route whose last state was entered on `entered`."""
        days = [entered]
        for state in reversed(route[:-1]):
            days.append(days[-1] - days_between(self.rng, *DWELL[state]))
        return days[::-1]

    def _season_for(self, registered_on: date) -> Season:
        """People who register late in the year come for the next season."""
        year = str((registered_on + timedelta(days=100)).year)
        return next((s for s in self.seasons if s.code == year), self.seasons[-1])

    def _chosen(self, route: tuple[str, ...], entered: date) -> Course | None:
        """A case with a position that has not arrived at it."""
        last, today = route[-1], self.today
        # From the present state to the first day of work: least and most days.
        ahead = {
            S.SELECTED: (25, 110),
            S.IN_DOCUMENTATION: (28, 80),
            S.READY_TO_TRAVEL: (2, 14),
            S.TRAVELLING: (0, 4),
            S.NO_SHOW: (0, 2),
            S.TURNED_BACK: (0, 4),
            S.REFUSED: (-5, 45),
            S.UNFIT: (-5, 45),
        }
        least, most = ahead.get(last, ahead.get(route[-2], (10, 60)))
        fitting = self._starting(entered + timedelta(days=least), entered + timedelta(days=most))
        if last in {S.SELECTED, S.IN_DOCUMENTATION, S.READY_TO_TRAVEL}:
            # A few should have left already.
            late = timedelta(days=2 if self.rng.random() < 0.1 else 0)
            fitting = [d for d in fitting if d.starts_on >= today - late]
        if not fitting:
            return None
        demand = self.rng.choice(fitting)
        return Course(self.programme, demand.season, route, self._backwards(route, entered), demand)

    def _abroad(self, route: tuple[str, ...], entered: date) -> Course | None:
        """A case with a placement."""
        rng, today = self.rng, self.today
        after = route[route.index(S.ACTIVE) + 1 :]
        if not after:
            # On placement today; a few are past their last day and nobody has said so.
            late = 5 if rng.random() < 0.06 else -1
            running = self._ending(today - timedelta(days=late), date.max)
            fitting = [d for d in running if d.starts_on < today - timedelta(days=2)]
            if not fitting:
                return None
            return self._from_demand(route, rng.choice(fitting), [], None)
        days = self._backwards(after, entered)
        if S.RETURN_OVERDUE in after:
            # Marked eight days after the planned return, which followed the last day of work.
            at = after.index(S.RETURN_OVERDUE)
            days[0] = days[at] - timedelta(days=self.deadlines["return_overdue"] + 1) - days_between(rng, 0, 3)
        worked_until = days[0]
        early = after[0] != S.ENDED
        least, most = (20, 150) if early else (0, 25)
        ending = self._ending(worked_until + timedelta(days=least), worked_until + timedelta(days=most))
        fitting = [d for d in ending if (worked_until - d.starts_on).days >= (12 if early else 45)]
        if not fitting:
            return None
        return self._from_demand(route, rng.choice(fitting), days, worked_until)

    def _from_demand(
        self, route: tuple[str, ...], demand: Demand, abroad: list[date], worked_until: date | None
    ) -> Course:
        rng = self.rng
        arrived = demand.starts_on - days_between(rng, 0, 2)
        before = self._backwards(route[: route.index(S.ACTIVE)], arrived - days_between(rng, 0, 1))
        course = Course(self.programme, demand.season, route, [*before, arrived, *abroad], demand)
        if worked_until and route[route.index(S.ACTIVE) + 1] in {S.ENDED, S.ENDED_EARLY}:
            course.worked_until = worked_until
            latest = course.entered(S.RETURNED) or worked_until + timedelta(days=3)
            course.going_home_on = min(worked_until + days_between(rng, 0, 3), latest)
            overdue = course.entered(S.RETURN_OVERDUE)
            if overdue:
                course.going_home_on = overdue - timedelta(days=self.deadlines["return_overdue"] + 1)
        return course
