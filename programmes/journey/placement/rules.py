"""Pure judgement about a placement: where its dates lie, what is guaranteed, who pays, who is told when.

Arguments in, answer out. Hours and money are decimals. The worked numbers are those of domain.md M05.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programmes.base.rulebook.kinds import judges_rules
from programmes.base.rulebook.rules import longest_end, months_later, stay_problems

Period = tuple[date | None, date | None]


def period_problems(
    starts_on: date,
    ends_on: date,
    *,
    values: Mapping[str, object],
    permits: Iterable[Period] = (),
    authorisation: Period | None = None,
    stay_from: date | None = None,
    earlier: Iterable[tuple[date, date]] = (),
) -> list[str]:
    """Everything that is wrong with a placement from `starts_on` to `ends_on`, both days included.

    Placement dates lie inside permit validity, authorisation season and programme maximum (domain.md 2.4). `values`
    are the programme's rules; `permits` the validities of the approved permits, one of which must cover the whole
    period (no permit: nothing to compare with); `authorisation` the employer's; `stay_from` the first day of the stay
    when that is before `starts_on`; `earlier` the person's other stays in the programme. A shortest stay is no matter
    here: a worker who arrives late is still received.
    """
    if ends_on < starts_on:
        return [_("The last day of work lies before the first.")]
    longest = {**values, "min_stay_months": None}
    problems = stay_problems(min(stay_from or starts_on, starts_on), ends_on, longest, earlier)
    permits = list(permits)
    if permits and not any(_covers(permit, starts_on, ends_on) for permit in permits):
        first, last = max(permits, key=lambda permit: permit[1] or date.max)
        if last and last < ends_on:
            problems.append(_("The permit is valid only until %(day)s.") % {"day": date_format(last)})
        elif first:
            problems.append(_("The permit is valid only from %(day)s.") % {"day": date_format(first)})
    if authorisation and not _covers(authorisation, starts_on, ends_on):
        problems.append(
            _("The employer's authorisation holds from %(start)s to %(end)s.")
            % {"start": date_format(authorisation[0]), "end": date_format(authorisation[1])}  # type: ignore[arg-type]
        )
    return problems


def _covers(period: Period, starts_on: date, ends_on: date) -> bool:
    first, last = period
    return (first is None or first <= starts_on) and (last is None or last >= ends_on)


# --- Guaranteed work ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """Hours offered to a worker: `weekly` week by week from the first day of work, of `contract_hours` in all.

    `is_over` says that no week follows; a worker who came by transfer is `transferred`.
    """

    weekly: Sequence[Decimal]
    contract_hours: Decimal = Decimal()
    is_over: bool = False
    transferred: bool = False


@dataclass(frozen=True)
class Shortfall:
    """A guarantee that was not kept: the rule's key, hours guaranteed and offered, and in which weeks, from 1."""

    rule: str
    guaranteed: Decimal
    offered: Decimal
    weeks: tuple[int, int]

    @property
    def hours(self) -> Decimal:
        """The hours that are missing, which are paid all the same."""
        return self.guaranteed - self.offered


@judges_rules(
    "hours_guarantee",
    "guarantee_block_hours",
    "guarantee_block_weeks",
    "guarantee_contract_hours",
    "guarantee_contract_weeks",
    "guarantee_percent",
)
def guarantee_shortfalls(work: Work, values: Mapping[str, Any]) -> list[Shortfall]:
    """Every guarantee of the programme that the offered hours do not keep (domain.md M05); judged once it can be.

    - in each block of weeks, as PALM's 120 hours in 4 weeks: when the block is full; a last part of a block is not
      judged;
    - in the first weeks, as SAWP's 240 hours in at most 6: when they are over, or the contract is, which may be
      shorter; not for a transfer;
    - a part of the contract, as H-2A's three fourths: at the end;
    - hours a week, as RSE's 30: on average over all weeks, at the end.
    """
    found = list(_of_blocks(work, values.get("guarantee_block_hours"), values.get("guarantee_block_weeks")))
    hours, weeks = values.get("guarantee_contract_hours"), values.get("guarantee_contract_weeks")
    if hours and weeks and not work.transferred and (work.is_over or len(work.weekly) >= weeks):
        found += _short("guarantee_contract_hours", Decimal(hours), work.weekly[:weeks])
    if work.is_over:
        part, a_week = values.get("guarantee_percent"), values.get("hours_guarantee")
        if part:
            found += _short("guarantee_percent", work.contract_hours * part / 100, work.weekly)
        if a_week:
            found += _short("hours_guarantee", Decimal(a_week) * len(work.weekly), work.weekly)
    return found


def _of_blocks(work: Work, hours: int | None, weeks: int | None) -> Iterable[Shortfall]:
    if hours and weeks:
        for first in range(0, len(work.weekly) - weeks + 1, weeks):
            yield from _short("guarantee_block_hours", Decimal(hours), work.weekly[first : first + weeks], first)


def _short(rule: str, guaranteed: Decimal, weekly: Sequence[Decimal], before: int = 0) -> list[Shortfall]:
    offered = sum(weekly, Decimal())
    weeks = before + 1, before + len(weekly)
    return [Shortfall(rule, guaranteed, offered, weeks)] if offered < guaranteed else []


@judges_rules("sick_leave_start_days", "sick_leave_month_days", "sick_leave_most_days")
def sick_leave_days(started_on: date, on: date, values: Mapping[str, Any]) -> int:
    """Days of paid sick leave a worker has earned by the end of `on`, taken or not (domain.md M05, RSE [P19b]).

    Some from the first day, more for each full month of work, up to the most. None before work starts.
    """
    if on < started_on:
        return 0
    months = 0
    while longest_end(started_on, months + 1) <= on:
        months += 1
    earned = (values.get("sick_leave_start_days") or 0) + months * (values.get("sick_leave_month_days") or 0)
    most = values.get("sick_leave_most_days")
    return earned if most is None else min(earned, most)


# --- Who pays -----------------------------------------------------------------------------------------------------


@judges_rules("fees_prohibited")
def fee_is_prohibited(paid_by_worker: Decimal, prohibited: bool) -> bool:
    """Whether a fee was taken from a worker where none may be, by whomever (domain.md 2.1, M09 principle 1)."""
    return prohibited and paid_by_worker > 0


@judges_rules("travel_worker_percent")
def travel_overcharge(paid_by_worker: Decimal, cost: Decimal, percent: int | None) -> Decimal:
    """How much more of a journey's `cost` a worker paid than the programme allows; `percent` None: no limit."""
    if percent is None:
        return Decimal()
    return max(Decimal(), paid_by_worker - cost * percent / 100)


@judges_rules("travel_refund_percent")
def travel_refund_due(starts_on: date, ends_on: date, percent: int | None) -> date | None:
    """The day on which this part of the contract's days is worked and the journey there is refunded (H-2A, [P16]).

    Both ends are days of the contract, and a part of a day counts as one. None when the programme says nothing.
    """
    if not percent:
        return None
    days = (ends_on - starts_on).days + 1
    return starts_on + timedelta(days=-(-days * percent // 100) - 1)


# --- Who is told, and when ----------------------------------------------------------------------------------------


@judges_rules("welfare_contact_days")
def welfare_contact_due(last_met_on: date, days: int | None) -> date | None:
    """By when somebody meets the worker in person again (PALM: every fortnight, [P21a]); None: no such rule."""
    return last_met_on + timedelta(days=days) if days else None


@judges_rules("early_leave_notice_days")
def notice_due(left_on: date, days: int | None, add_working_days: Callable[[date, int], date]) -> date | None:
    """The last day to tell the authorities that a worker left or was dismissed for cause (H-2A: 2 working days, [P17]).

    `add_working_days` is that of the office of destination, which knows its holidays. None: no such rule.
    """
    return add_working_days(left_on, days) if days else None


@judges_rules("records_years")
def records_until(ended_on: date, years: int | None) -> date | None:
    """Until when the employer keeps the records of a placement that ended on a day (Canada: 6 years, [P9, P10])."""
    return months_later(ended_on, 12 * years) if years else None
