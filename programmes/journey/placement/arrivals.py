"""The arrival list of a flight group: all who arrived are confirmed in one action."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import Missing, RuleBroken
from programmes.journey.departure.travel.actions import locked
from programmes.journey.departure.travel.models import FlightGroup
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.placement.actions import confirm_arrival


@transaction.atomic
def confirm_list(group, *, by, on: date, cases: Iterable[Enrolment], starts_on: date | None = None) -> FlightGroup:
    """Confirm the arrival of all these cases: each travelling → active by `confirm_arrival`, or none of them.

    `starts_on` is the first day of work of all; without it each starts as planned, or on the day of a later arrival.
    Raises RuleBroken that names each case that cannot be confirmed, and why: untick those and send again.
    """
    group = locked(group)
    refused = []
    for case in sorted(cases, key=lambda case: case.pk):
        first = starts_on or max(on, case.planned_start or on)
        try:
            # A place to go back to, so that the next ones are judged too.
            with transaction.atomic():
                confirm_arrival(case, by=by, on=on, starts_on=first)
        except RuleBroken as refusal:
            words = ", ".join(str(item.label) for item in refusal.missing) or refusal.message
            refused.append(Missing("arrival", f"{case.person.full_name}: {words}", case.get_absolute_url()))
    if refused:
        raise RuleBroken(
            _("Nobody was confirmed. Untick those who are named here, or put right what is wrong, and send again."),
            missing=refused,
        )
    return group
