"""Pure judgement about what a worker needs to travel. Arguments in, answer out."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction

from programmes.base.rulebook.kinds import judges_rules
from programmes.journey.demand.rules import WEEKS_A_YEAR, hourly_wage
from programmes.journey.departure.states import DOCUMENT, DocumentStatus
from programmes.journey.enrolment.rules import months_later

# Documents that always carry a last day; the others (a birth certificate) may have none.
ALWAYS_EXPIRE = frozenset({"passport", "visa", "work_permit", "residence_permit"})
# domain.md 2.2, stage 6: of health only the result is kept. Papers that would say more than it have no file here.
WITHOUT_SCANS = frozenset({"medical_clearance", "vaccination_record"})
# domain.md 2.5: a medical clearance holds 12 months when the clinic says nothing else.
MEDICAL_MONTHS = 12
# A verified document is "expiring" this many days before its last day (domain.md 2.5, passport: 3 months before).
EXPIRING_DAYS = 90
# A temporarily unfit worker is seen again after this many days.
REPEAT_DAYS = 14
# domain.md 2.5: the first reminder for a document that ends.
RENEW_DAYS = 60
# A requirement of the kind orientation that asks for one module: this and the module's code.
MODULE = "module-"
# domain.md 2.5: an extension is to be lodged so long before a permit ends.
EXTEND_DAYS = 30


@judges_rules("document_margin_months")
def holds_until(planned_end: date | None, margin_months: int) -> date | None:
    """Until when a document must be valid; None while no end is planned (domain.md 2.4: planned end + margin)."""
    return months_later(planned_end, margin_months) if planned_end else None


@judges_rules("document_second_person")
def needs_another(verifier: int, recorders: Container[int | None], two_people: bool) -> bool:
    """Whether somebody else must verify a document: two people are asked for, and this one recorded or uploaded it."""
    return two_people and verifier in recorders


@judges_rules("return_commitment")
def commitment_is_missing(signed_on: date | None, asked: bool, leaves_on: date) -> bool:
    """Whether a worker would leave without the signed return commitment that the programme asks for (GECCO, [K])."""
    return asked and (signed_on is None or signed_on > leaves_on)


@judges_rules("orientation_hours")
def is_oriented(asked: str, attended: Iterable[tuple[Sequence[str], Decimal]], hours: int | None) -> bool:
    """Whether what was attended, as pairs of modules and hours, is what a requirement of this code asks for.

    A code such as `module-rights` asks for that module; any other one for an orientation. Together the orientations
    have the hours that the programme asks for (None: any).
    """
    rows = list(attended)
    if asked.startswith(MODULE):
        return any(asked.removeprefix(MODULE) in modules for modules, _hours in rows)
    return bool(rows) and sum(spent for _modules, spent in rows) >= (hours or 0)


@judges_rules("orientation_pass_percent")
def has_passed(score: Decimal | None, highest: int, percent: int | None) -> bool:
    """Whether the test after the orientation was passed; without a mark of the programme nobody has to."""
    return not percent or (score is not None and score * 100 >= percent * highest)


def covers(expires_on: date | None, needed: date | None, today: date) -> bool:
    """Whether a document that ends on `expires_on` (None: never) is valid today and through `needed`."""
    return expires_on is None or expires_on >= max(day for day in (needed, today) if day)


def best_document(documents: Iterable, needed: date | None, today: date):
    """The document that speaks for its type, and how: `covers`, `awaited`, `short`, `expired`, `bad` or `none`.

    `documents` are of one type, newest first. A valid one that holds long enough wins over everything; then one on
    its way; then one that is valid but ends too early; then the newest of the rest.
    """
    rows = list(documents)
    for row in rows:
        if row.status in DOCUMENT.groups["good"] and covers(row.expires_on, needed, today):
            return row, "covers"
    for row in rows:
        if row.status in DOCUMENT.groups["awaited"]:
            return row, "awaited"
    for row in rows:
        if row.status in DOCUMENT.groups["good"]:
            return row, "short" if row.expires_on >= today else "expired"
    for row in rows:
        return row, "expired" if row.status == DocumentStatus.EXPIRED else "bad"
    return None, "none"


def below_minimum(wage: Decimal, currency: str, unit: str, hours_per_week: Decimal, minimum: str | None) -> bool:
    """Whether the wage lies below the programme's lowest hourly wage, such as "CAD 16.60" (domain.md 2.4).

    A wage in another currency, per day or per piece cannot be compared and passes.
    """
    if not minimum:
        return False
    lowest_currency, lowest = minimum.split()
    per_hour = hourly_wage(wage, unit, hours_per_week)
    return currency == lowest_currency and per_hour is not None and per_hour < Decimal(lowest)


# --- Contract substitution --------------------------------------------------------------------------------------

# What the employer takes off the wage each week, and what the employer gives, each a column of the contract.
DEDUCTIONS = ("deduct_housing", "deduct_transport", "deduct_meals", "deduct_insurance", "deduct_other")
BENEFITS = ("gives_housing", "gives_transport", "gives_meals", "gives_insurance", "gives_return")
# An hour of overtime is paid like any other hour while nothing else is agreed.
PLAIN_PERCENT = 100


@dataclass(frozen=True)
class Terms:
    """What a contract says of the work. Hours are per week or day, deductions per week in the wage's currency.

    `hours_per_week` is what the employer must at least give; `longest_week` and `longest_day` are what the worker must
    at most do (None: a week of more than those hours is not agreed; no longest day is agreed). `overtime_percent` is
    the pay of overtime against the wage.
    """

    employer: int | None
    wage: Decimal
    wage_currency: str
    wage_unit: str
    hours_per_week: Decimal
    longest_week: Decimal | None = None
    longest_day: Decimal | None = None
    overtime_percent: int | None = None
    deduct_housing: Decimal = Decimal(0)
    deduct_transport: Decimal = Decimal(0)
    deduct_meals: Decimal = Decimal(0)
    deduct_insurance: Decimal = Decimal(0)
    deduct_other: Decimal = Decimal(0)
    gives_housing: bool = False
    gives_transport: bool = False
    gives_meals: bool = False
    gives_insurance: bool = False
    gives_return: bool = False

    @classmethod
    def of(cls, contract) -> "Terms":
        """The terms of a version of a contract, read with its position."""
        own = {field.name: getattr(contract, field.name) for field in fields(cls) if field.name != "employer"}
        return cls(employer=contract.selection.position.demand.employer_id, **own)


# The terms that are judged, in the order people read them. The days of work are not among them: a visa that comes late
# moves them, and the season, the permit and the stay have their own rules.
JUDGED = tuple(field.name for field in fields(Terms) if field.name not in {"wage_currency", "wage_unit"})


def pay_rises(earlier: Terms, later: Terms) -> int | None:
    """1 when the later pay is higher, 0 the same, -1 lower; None when nobody can tell.

    Pay by hour, week or month is compared per hour, exactly (a month is a twelfth of 52 weeks). Pay by day or piece is
    compared with the like only, and no currency with another.
    """
    if earlier.wage_currency != later.wage_currency:
        return None
    before, after = _hourly(earlier), _hourly(later)
    if before is None or after is None:
        if earlier.wage_unit != later.wage_unit:
            return None
        before, after = Fraction(earlier.wage), Fraction(later.wage)
    return (after > before) - (after < before)


def _hourly(terms: Terms) -> Fraction | None:
    wage, hours = Fraction(terms.wage), Fraction(terms.hours_per_week)
    if terms.wage_unit == "month":
        return wage * 12 / (WEEKS_A_YEAR * hours)
    return {"hour": wage, "week": wage / hours}.get(terms.wage_unit)


def turn_of(term: str, earlier: Terms, later: Terms) -> int:
    """How one of the JUDGED terms turned for the worker: 1 better, 0 the same, -1 worse.

    Fewer hours a week are worse (less to earn), and so is a longer week or day (more to work). Another employer, and a
    pay that cannot be compared, are worse: nobody can show that they are not.
    """
    before, after = getattr(earlier, term), getattr(later, term)
    if term == "employer":
        return 0 if before == after else -1
    if term == "wage":
        rise = pay_rises(earlier, later)
        return -1 if rise is None else rise
    if term == "longest_week":
        before, after = before or earlier.hours_per_week, after or later.hours_per_week
        return (after < before) - (after > before)
    if term == "longest_day":
        # Without a longest day any day may be asked for.
        before, after = before or Decimal("Infinity"), after or Decimal("Infinity")
        return (after < before) - (after > before)
    if term == "overtime_percent":
        before, after = before or PLAIN_PERCENT, after or PLAIN_PERCENT
    elif term in DEDUCTIONS:
        before, after = -before, -after
    return (after > before) - (after < before)


def substitutions(earlier: Terms, later: Terms) -> list[str]:
    """The terms that a later version of a contract makes worse (M09: contract = offer; domain.md 2.4).

    Each term is judged by itself: a higher wage does not pay for a benefit that is taken away. Empty when nothing is
    worse.
    """
    return [term for term in JUDGED if turn_of(term, earlier, later) < 0]


# Which column of the contract holds what a demand calls so; the rest is the last column. What the law takes (taxes,
# social security, dues) is no term between employer and worker, and what is paid once or back is none per week.
_COLUMNS = {name.removeprefix("deduct_"): name for name in DEDUCTIONS if name != "deduct_other"}
_BY_LAW = frozenset({"income_tax", "social_security", "union_dues", "advance"})


def weekly_deductions(lines: Iterable[tuple[str, Decimal | None, str]]) -> dict[str, Decimal | None]:
    """What the deductions of a demand come to per week, by column of the contract, rounded up to a cent.

    `lines` are what for, the amount (None: a share of the wage), and how often. Columns without a line are zero; None
    where nobody can tell: a share, or an amount by the day or payday. Without any line nothing was said: empty.
    """
    found: dict[str, Fraction | None] = {}
    for what, amount, how_often in lines:
        column = _COLUMNS.get(what, "deduct_other")
        found = found or dict.fromkeys(DEDUCTIONS, Fraction(0))
        if what in _BY_LAW or how_often == "once":
            continue
        times = {"week": Fraction(1), "month": Fraction(12, WEEKS_A_YEAR)}.get(how_often)
        before = found[column]
        if amount is None or times is None or before is None:
            found[column] = None
        else:
            found[column] = before + Fraction(amount) * times
    return {
        column: None if weekly is None else Decimal(-(-weekly * 100 // 1)) / 100 for column, weekly in found.items()
    }


def is_late(given_on: date | None, signed_on: date | None, departed_on: date | None) -> bool:
    """Whether a first contract reached the worker or was signed after departure: a breach (ILO C97, domain.md 2.2)."""
    return departed_on is not None and any(day is not None and day > departed_on for day in (given_on, signed_on))
