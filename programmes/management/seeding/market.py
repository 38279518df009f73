"""Who needs workers: employers with sites, authorisations and demands, season by season."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accounts.models import Office, User
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.demand.models import Authorisation, JobDemand, Position
from programmes.journey.demand.states import DEMAND, DemandStatus, PositionStatus
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.states import Status as EmployerStatus
from programmes.management.seeding.rows import Rows

D, P = DemandStatus, PositionStatus
FARMS = {
    "CAN": (
        ("Ferme Beauregard inc.", "QC", "Saint-Rémi"),
        ("Les Jardins du Fleuve", "QC", "Sherrington"),
        ("Serres Bellevue", "QC", "Mirabel"),
        ("Ferme maraîchère Lavallée", "QC", "Saint-Michel"),
        ("Vergers de la Montagne", "QC", "Rougemont"),
        ("Avicole Desrosiers", "QC", "Saint-Félix-de-Valois"),
        ("Prairie Sky Vegetables", "MB", "Portage la Prairie"),
        ("Lakeshore Greenhouses", "ON", "Leamington"),
        ("Les Fraises de l'Île", "QC", "Île d'Orléans"),
        ("Pépinière Grand Vent", "QC", "Laval"),
    ),
    "ESP": (
        ("Fruites del Segrià, SL", "L", "Alcarràs"),
        ("Cooperativa Camp de Lleida", "L", "Torres de Segre"),
        ("Agrícola Baix Cinca, SCCL", "L", "Aitona"),
        ("Fruits de Ponent, SAT", "L", "Soses"),
        ("Horticultura Maresme, SL", "B", "Vilassar de Dalt"),
        ("Cítrics de l'Ebre, SAT", "T", "Alcanar"),
    ),
}
SUFFIXES = ("", " et fils", " II", " Nord", " Sud", " 2000", " Est", " Bio")
CONTACTS = (
    "Luc Tremblay",
    "Marie-Ève Gagnon",
    "Jordi Puig",
    "Núria Solé",
    "Isabelle Roy",
    "Pere Farré",
    "Marc Bouchard",
)
OCCUPATIONS = {"CAN": ("9211", "9214", "6113", "6122", "9321"), "ESP": ("9211", "6112", "9321")}
WAGES = {"CAN": (1575, 1725, Decimal("40.0")), "ESP": (920, 1010, Decimal("39.0"))}
# Part of the year in which work begins, and how long it lasts, in days.
STARTS = {"CAN": ((1, 1), (12, 31)), "ESP": ((2, 12), (9, 25))}
STAYS = {"CAN": (125, 235), "ESP": (128, 215)}
# A demand nobody works for yet, for every state that takes no workers.
WAITING = (D.DRAFT, D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.RETURNED, D.REJECTED, D.CANCELLED, D.EXPIRED)
PATHS: dict[str, tuple[str, ...]] = {
    D.DRAFT: (),
    D.SUBMITTED: (D.SUBMITTED,),
    D.UNDER_REVIEW: (D.SUBMITTED, D.UNDER_REVIEW),
    D.RETURNED: (D.SUBMITTED, D.UNDER_REVIEW, D.RETURNED),
    D.REJECTED: (D.SUBMITTED, D.UNDER_REVIEW, D.REJECTED),
    D.APPROVED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED),
    D.CANCELLED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.CANCELLED),
    D.EXPIRED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.EXPIRED),
    D.OPEN: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN),
    D.PARTLY_FILLED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN, D.PARTLY_FILLED),
    D.FILLED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN, D.PARTLY_FILLED, D.FILLED),
    D.CLOSED: (D.SUBMITTED, D.UNDER_REVIEW, D.APPROVED, D.OPEN, D.PARTLY_FILLED, D.FILLED, D.CLOSED),
}
# How many days ago the demands were asked for that are on their way to approval: one near its last day, one late.
ASKED_LATELY = {D.DRAFT: 2, D.SUBMITTED: 9, D.UNDER_REVIEW: 11, D.APPROVED: 15, D.RETURNED: 18}
LONGEST_GAP = 97
REASONS = {D.RETURNED: "terms_incomplete", D.REJECTED: "no_candidates", D.CANCELLED: "no_work"}


@dataclass(eq=False)
class Demand:
    """A demand as the courses of cases see it; its number of positions follows from who was selected."""

    season: Season
    starts_on: date
    ends_on: date
    farm: int = 0
    status: str = ""
    holders: list[str] | None = None
    wage: Decimal = Decimal(0)
    hours: Decimal = Decimal(40)
    occupation: str = ""
    pk: int = 0
    number: str = ""
    place: str = ""


class Market:
    """The demands of one programme."""

    def __init__(self, rng: Random, programme: Programme, today: date, *, people: int):
        self.rng = rng
        self.programme = programme
        self.today = today
        self.farms = max(5, people // 160)
        self.known = Employer.objects.count()
        self.demands = [demand for season in programme.seasons.all() for demand in self._season(season, people)]
        self.positions: dict[tuple[int, int], int] = {}

    def _season(self, season: Season, people: int) -> list[Demand]:
        year, today = int(season.code), self.today
        (month, day), (last_month, last_day) = STARTS[self.programme.destination]
        first, last = date(year, month, day), date(year, last_month, last_day)
        count = max(18, people // 50) if self.programme.destination == "CAN" else max(9, people // 110)
        starts = [first + (last - first) * n // count for n in range(count + 1)]
        # Some begin just now or soon, so that on any day somebody travels and somebody gets ready.
        starts += [d for n in (0, 1, 2, 9, 20, 32, 45, 60) if first <= (d := today + timedelta(days=n)) <= last]
        demands = [self._demand(season, day, self._stay()) for day in starts]
        # And some end now, so that on any day somebody goes home.
        for n in (4, 12, 20):
            stay = self._stay()
            if first <= (day := today + timedelta(days=n) - stay) <= last:
                demands.append(self._demand(season, day, stay))
        return sorted(demands, key=lambda demand: demand.starts_on)

    def _stay(self) -> timedelta:
        return timedelta(days=self.rng.randint(*STAYS[self.programme.destination]))

    def _demand(self, season: Season, starts_on: date, stay: timedelta) -> Demand:
        rng, country = self.rng, self.programme.destination
        low, high, hours = WAGES[country]
        return Demand(
            season=season,
            starts_on=starts_on,
            ends_on=min(starts_on + stay, season.ends_on - timedelta(days=6)),
            # A few farms ask for most of the workers.
            farm=int(self.farms * rng.random() ** 2.2),
            wage=Decimal(rng.randint(low, high)) / 100,
            hours=hours,
            occupation=rng.choice(OCCUPATIONS[country]),
        )

    def add_waiting(self) -> None:
        """One demand in each state that takes no workers, for the coming months; the expired one was for past ones."""
        seasons = sorted(self.programme.seasons.all(), key=lambda season: season.starts_on)
        for status in WAITING:
            starts_on = seasons[-1].starts_on + timedelta(days=self.rng.randint(40, 150))
            demand = self._demand(seasons[-1], starts_on, self._stay())
            if status == D.EXPIRED:
                demand.season = next(s for s in reversed(seasons) if (self.today - s.starts_on).days > 230)
                demand.starts_on = demand.season.starts_on + timedelta(days=30)
                demand.ends_on = demand.starts_on + timedelta(days=150)
            demand.status = status
            self.demands.append(demand)

    def settle(self, taken: dict[Demand, list[str]], needed: set[Demand]) -> None:
        """Decide, from the positions that are `taken` (their states), each demand's size and state.

        Past demands for which nobody worked are left out, unless a case that gave its position back `needed` them.
        """
        rng, today = self.rng, self.today
        kept = []
        for demand in self.demands:
            held = taken.get(demand, [])
            batch = self.programme.rules(demand.starts_on)["minimum_batch"]
            if demand.status:
                demand.holders = [P.VACANT] * max(batch, rng.randint(4, 20))
                kept.append(demand)
                continue
            is_past = demand.starts_on < today - timedelta(days=20)
            if is_past and demand not in needed:
                continue
            spare = 0 if is_past or rng.random() < 0.3 else rng.randint(1, 6)
            demand.holders = held + [P.VACANT] * max(spare, batch - len(held), 1 - len(held))
            given = sum(state in {P.ACCEPTED, P.OCCUPIED, P.VACATED} for state in demand.holders)
            if given == len(demand.holders):
                over = all(state == P.VACATED for state in demand.holders)
                demand.status = D.CLOSED if over and demand.ends_on < today - timedelta(days=30) else D.FILLED
            else:
                demand.status = D.PARTLY_FILLED if given else D.OPEN
            kept.append(demand)
        self.demands = kept

    def write(self, rows: Rows, *, office: Office, liaison: User, manager: User, number: "Numbers") -> None:
        """Write employers, sites, authorisations, demands, positions, and the diary of the demands."""
        rng, programme, country = self.rng, self.programme, self.programme.destination
        by_farm: dict[int, list[Demand]] = {}
        for demand in sorted(self.demands, key=lambda d: (d.starts_on, d.farm)):
            by_farm.setdefault(demand.farm, []).append(demand)
        for farm in sorted(by_farm):
            name, region, place = FARMS[country][farm % len(FARMS[country])]
            name += SUFFIXES[farm // len(FARMS[country]) % len(SUFFIXES)]
            turn = farm // (len(FARMS[country]) * len(SUFFIXES))
            contact = CONTACTS[farm % len(CONTACTS)]
            employer = rows.add(
                Employer,
                office_id=office.pk,
                name=f"{name} {turn + 1}" if turn else name,
                country=country,
                sector="A",
                registration=f"{country}-{100200 + (self.known + farm) * 37}",
                contact_name=contact,
                contact_email=f"granja{farm + 1}.{country.lower()}@example.org",
                status=EmployerStatus.SUSPENDED if farm == self.farms - 1 and farm > 4 else EmployerStatus.ACTIVE,
                created_by_id=liaison.pk,
            )
            rows.add(Employer.programmes.through, employer_id=employer, programme_id=programme.pk)
            site = rows.add(
                Site,
                employer_id=employer,
                name=place,
                place=place,
                housing="employer_on_site",
                region=f"{'CA' if country == 'CAN' else 'ES'}-{region}",
                housing_inspected_on=self.today - timedelta(days=rng.randint(20, 300)),
                created_by_id=liaison.pk,
            )
            self._write_demands(
                rows, by_farm[farm], employer, site, place, liaison=liaison, manager=manager, number=number
            )

    def _write_demands(self, rows, demands, employer, site, place, *, liaison, manager, number):
        rng, programme = self.rng, self.programme
        seasons = sorted({d.season.code for d in demands})
        for code in seasons:
            group = [d for d in demands if d.season.code == code]
            claimed = sum(len(d.holders or ()) for d in group if d.status in DEMAND.groups["claiming"])
            lapsed = [d for d in group if d.status == D.EXPIRED]
            authorisation = rows.add(
                Authorisation,
                employer_id=employer,
                kind=programme.authorisation_kind,
                number=number.authorisation(),
                positions=claimed + rng.randint(1, 8),
                valid_from=min(d.starts_on for d in group) - timedelta(days=150),
                valid_until=max(d.ends_on for d in group) + timedelta(days=30),
                created_by_id=liaison.pk,
            )
            old = None
            if lapsed:
                old = rows.add(
                    Authorisation,
                    employer_id=employer,
                    kind=programme.authorisation_kind,
                    number=number.authorisation(),
                    positions=40,
                    valid_from=self.today - timedelta(days=400),
                    valid_until=self.today - timedelta(days=9),
                    created_by_id=liaison.pk,
                )
            for demand in group:
                demand.place = place
                demand.pk = rows.key(JobDemand)
                named = old if demand.status == D.EXPIRED else authorisation
                self._write_demand(rows, demand, employer, site, named, liaison, manager, number)

    def _write_demand(self, rows, demand, employer, site, authorisation, liaison, manager, number):
        rng = self.rng
        path = PATHS[demand.status]
        asked = min(
            demand.starts_on - timedelta(days=rng.randint(95, 160)), self.today - timedelta(days=12 + len(path))
        )
        if days := ASKED_LATELY.get(demand.status):
            asked = self.today - timedelta(days=days)
        elif demand.status == D.OPEN and set(demand.holders or ()) <= {P.VACANT}:
            asked = self.today - timedelta(days=rng.randint(4, 14))
        demand.number = number.demand(demand.season.starts_on.year)
        holders = demand.holders or []
        rows.add(
            JobDemand,
            id=demand.pk,
            number=demand.number,
            season_id=demand.season.pk,
            employer_id=employer,
            site_id=site,
            authorisation_id=None if demand.status == D.DRAFT else authorisation,
            occupation=demand.occupation,
            positions=len(holders),
            starts_on=demand.starts_on,
            ends_on=demand.ends_on,
            wage=demand.wage,
            wage_currency=self.programme.currency,
            hours_per_week=demand.hours,
            requested_on=asked,
            status=demand.status,
            created_by_id=liaison.pk,
        )
        before, day = D.DRAFT, asked
        for target in path:
            day = min(day + timedelta(days=rng.randint(1, 3)), self.today)
            by = manager if target in {D.UNDER_REVIEW, D.APPROVED, D.RETURNED, D.REJECTED} else liaison
            rows.add(
                CaseEvent,
                at=number.moment(day),
                on=day,
                by_id=None if target == D.EXPIRED else by.pk,
                kind="move",
                subject="demand",
                subject_id=demand.pk,
                from_status=before,
                to_status=target,
                reason=REASONS.get(target, ""),
            )
            before = target
        if demand.status in {D.DRAFT, D.SUBMITTED, D.UNDER_REVIEW, D.RETURNED, D.REJECTED}:
            return
        for place, status in enumerate(holders, start=1):
            self.positions[demand.pk, place] = rows.add(
                Position, demand_id=demand.pk, number=place, status=status, created_by_id=manager.pk
            )


class Numbers:
    """The running numbers of demands and authorisations, and times of day."""

    def __init__(self, rng: Random, moment, *, authorisations: int, demands: dict[int, int]):
        """`authorisations` is how many there are already, `demands` the last number of each year."""
        self.rng = rng
        self.moment = moment
        self._demands = dict(demands)
        self._authorisation = 8_100_000 + LONGEST_GAP * authorisations

    def demand(self, year: int) -> str:
        """The next demand number of a year."""
        self._demands[year] = self._demands.get(year, 0) + 1
        return f"D-{year}-{self._demands[year]:04d}"

    def authorisation(self) -> str:
        """The next authorisation number."""
        self._authorisation += self.rng.randint(11, LONGEST_GAP)
        return str(self._authorisation)
