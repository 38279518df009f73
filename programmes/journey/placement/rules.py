"""Pure judgement about a placement: where its dates must lie. Arguments in, answer out."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programmes.base.rulebook.rules import stay_problems

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
