"""From an employer's request to the boarding of its workers: counted in days, warned of, late.

The published promise of the model programme is fifteen days (domain.md 0.3); a request on 20 January and a boarding on
4 February are fifteen. Day 15 is the last day on time: late is from day 16 on. Both days are data of the programme
(deadlines `boarding` and `boarding_warning`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Aggregate,
    Avg,
    Count,
    DateField,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.rulebook.catalogue import DEADLINES
from programmes.base.rulebook.models import Deadline
from programmes.journey.demand.models import JobDemand, Position
from programmes.journey.demand.states import DEMAND, POSITION

LIMIT, WARNING = "boarding", "boarding_warning"
# Somebody boarded for a position when whoever holds it, or went home from it, has departed.
_DEPARTED = "selections__enrolment__departed_on"


def days_between(requested_on: date, boarded_on: date) -> int:
    """Days from the request to a boarding; the day of the request is day 0."""
    return (boarded_on - requested_on).days


@dataclass(frozen=True)
class Clock:
    """How long a demand has been on its way.

    `day` counts from the request to `today`, or to the last boarding when it has stopped. `limit` is the last day on
    time, `warned_from` the first that warns. `runs` is false once every position has boarded, or the demand is over.
    """

    day: int
    limit: int
    warned_from: int
    boarded: int
    positions: int
    runs: bool

    @property
    def is_late(self) -> bool:
        """Later than the limit: still not boarded, or boarded after it."""
        return (self.runs or bool(self.boarded)) and self.day > self.limit

    @property
    def is_warned(self) -> bool:
        """Near the limit or on it, and not everybody has boarded."""
        return self.runs and self.warned_from <= self.day <= self.limit

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        if self.is_late:
            return "problem"
        if self.is_warned:
            return "waiting"
        return "neutral" if self.runs or not self.boarded else "done"

    @property
    def short(self) -> str:
        """`Day 12 of 15`, late `Day 18`; boarded `16 days`; nothing for a demand that ended without a boarding."""
        if self.runs and self.is_late:
            return _("Day %(day)d") % {"day": self.day}
        if self.runs:
            return _("Day %(day)d of %(limit)d") % {"day": self.day, "limit": self.limit}
        if not self.boarded:
            return ""
        return ngettext("%(count)d day", "%(count)d days", self.day) % {"count": self.day}

    @property
    def words(self) -> str:
        """What follows from it, in a sentence fit for a line beside `short`."""
        if not self.runs:
            return self._stopped()
        if self.day > self.limit:
            over = self.day - self.limit
            return ngettext("%(count)d day late", "%(count)d days late", over) % {"count": over}
        left = self.limit - self.day
        if not left:
            return _("last day on time")
        return ngettext("%(count)d day left", "%(count)d days left", left) % {"count": left}

    def _stopped(self) -> str:
        if not self.boarded:
            return ""
        if self.day <= self.limit:
            return _("from request to boarding, on time")
        over = self.day - self.limit
        return ngettext(
            "from request to boarding, %(count)d day late", "from request to boarding, %(count)d days late", over
        ) % {"count": over}


def clock_of(
    requested_on: date, *, today: date, limit: int, warned_from: int, positions: int, boarded: int,
    last_boarded_on: date | None, is_over: bool,
) -> Clock:  # fmt: skip
    """The clock of one demand. It stops when as many have boarded as positions were asked for, or when the demand or
    its work is over: nobody boards any more."""
    runs = not is_over and boarded < positions
    until = today if runs or last_boarded_on is None else last_boarded_on
    return Clock(
        day=max(0, days_between(requested_on, until)), limit=limit, warned_from=warned_from, boarded=boarded,
        positions=positions, runs=runs,
    )  # fmt: skip


def _days(key: str) -> Any:
    """The programme's own days for a deadline, or the usual ones."""
    own = Deadline.objects.filter(programme=OuterRef("season__programme"), key=key).values("days")[:1]
    return Coalesce(Subquery(own, output_field=IntegerField()), DEADLINES[key].default)


def _of_positions(found: Any, figure: Aggregate) -> Subquery:
    """A figure over positions `found` of each demand."""
    return Subquery(
        found.filter(demand=OuterRef("pk")).order_by().values("demand").annotate(figure=figure).values("figure")
    )


def columns() -> dict[str, Any]:
    """What the clock of a demand is read from (`read`), and `given`: how many of its positions are filled.

    Cases belong to a later room and are read through the reverse relation of the position.
    """
    given = Position.objects.filter(status__in=POSITION.groups["given"])
    boarded = given.filter(**{f"{_DEPARTED}__isnull": False})
    return {
        "given": Coalesce(_of_positions(given, Count("pk")), 0),
        "boarded": Coalesce(_of_positions(boarded, Count("pk", distinct=True)), 0),
        "last_on": _of_positions(boarded, Max(_DEPARTED)),
        "limit": _days(LIMIT),
        "warned_from": _days(WARNING),
    }


def read(demand: JobDemand, row: Mapping[str, Any], *, today: date) -> Clock:
    """The clock of a demand, from a row with `columns`."""
    return clock_of(
        demand.requested_on,
        today=today,
        limit=row["limit"],
        warned_from=row["warned_from"],
        positions=demand.positions,
        boarded=row["boarded"],
        last_boarded_on=row["last_on"],
        is_over=demand.status in DEMAND.groups["over"] or demand.ends_on < today,
    )


def beside(demands: Sequence[JobDemand], *, today: date) -> list[dict]:
    """Each of these demands with its `clock` and how many positions are `given`; one query for all."""
    keys = [demand.pk for demand in demands]
    found = JobDemand.objects.filter(pk__in=keys).order_by().annotate(**columns()).values("pk", *columns())
    by_key = {row["pk"]: row for row in found}
    return [
        {
            "demand": demand,
            "clock": read(demand, by_key[demand.pk], today=today),
            "given": by_key[demand.pk]["given"],
        }
        for demand in demands
    ]


def running(demands: QuerySet, *, today: date) -> QuerySet:
    """Those whose clock runs: neither over nor past their last day of work, and somebody has still to board."""
    going_on = demands.exclude(status__in=DEMAND.groups["over"]).filter(ends_on__gte=today)
    return going_on.filter(positions__gt=columns()["boarded"])


def _days_later(key: str) -> Any:
    """The day on which a deadline of the programme comes, counted from the request."""
    return Func(F("requested_on"), _days(key), template="(%(expressions)s)", arg_joiner=" + ", output_field=DateField())


def with_days(demands: QuerySet) -> QuerySet:
    """Each with `warned_on`, the first day that warns, and `last_on_time`."""
    return demands.annotate(warned_on=_days_later(WARNING), last_on_time=_days_later(LIMIT))


def late(demands: QuerySet, *, today: date) -> QuerySet:
    """Those still on their way after the last day on time."""
    return with_days(running(demands, today=today)).filter(last_on_time__lt=today)


def warned(demands: QuerySet, *, today: date) -> QuerySet:
    """Those still on their way, near the last day on time or on it."""
    # Says nothing new, but tells at once which of a hundred thousand need a closer look.
    lately = demands.filter(requested_on__gte=_longest_before(today))
    return with_days(running(lately, today=today)).filter(warned_on__lte=today, last_on_time__gte=today)


def _longest_before(today: date) -> Any:
    """Who asked before this day is late in every programme."""
    longest = Deadline.objects.filter(key=LIMIT).order_by().values("key").annotate(most=Max("days")).values("most")
    days = Greatest(Coalesce(Subquery(longest, output_field=IntegerField()), 0), DEADLINES[LIMIT].default)
    return Func(
        Value(today, output_field=DateField()),
        days,
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=DateField(),
    )


class _Percentile(Aggregate):
    """The value below which a part of all values lies, between two of them where it must be."""

    function = "percentile_cont"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"


@dataclass(frozen=True)
class Boardings:
    """Days from request to boarding (on average, the median, and within how many nine of ten boarded), of how many
    workers, and how many of them boarded in time."""

    days: Decimal
    median: Decimal
    nine_of_ten: Decimal
    workers: int
    in_time: int


def average_days(programmes: Iterable[int], *, since: date, until: date) -> dict[int, Boardings]:
    """The boardings of the period for each programme that has some.

    Each worker who boarded counts once (domain.md I06); in time is who did by the last day on time of the programme.
    One statement.
    """
    boarded = F(f"places__{_DEPARTED}")
    took = ExpressionWrapper(boarded - F("requested_on"), output_field=DurationField())
    rows = (
        JobDemand.objects.filter(
            season__programme__in=list(programmes),
            places__status__in=POSITION.groups["given"],
            places__selections__enrolment__departed_on__range=(since, until),
        )
        .order_by()
        .values("season__programme")
        .annotate(
            days=Avg(took),
            median=_Percentile(took, part=0.5),
            nine_of_ten=_Percentile(took, part=0.9),
            workers=Count(boarded),
            in_time=Count(boarded, filter=Q(**{f"places__{_DEPARTED}__lte": _days_later(LIMIT)})),
        )
    )
    return {
        row["season__programme"]: Boardings(
            days=_in_days(row["days"]),
            median=_in_days(row["median"]),
            nine_of_ten=_in_days(row["nine_of_ten"]),
            workers=row["workers"],
            in_time=row["in_time"],
        )
        for row in rows
    }


def _in_days(span: timedelta) -> Decimal:
    return Decimal(span / timedelta(days=1)).quantize(Decimal("0.1"))
