"""Pure judgement about what a worker needs to travel. Arguments in, answer out."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from programmes.journey.demand.rules import hourly_wage
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


def holds_until(planned_end: date | None, margin_months: int) -> date | None:
    """Until when a document must be valid; None while no end is planned (domain.md 2.4: planned end + margin)."""
    return months_later(planned_end, margin_months) if planned_end else None


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
