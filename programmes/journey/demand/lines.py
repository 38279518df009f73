"""Deeds on the deductions of a demand: what is taken off the wage."""

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.demand import actions
from programmes.journey.demand.models import Deduction
from programmes.journey.demand.states import DEMAND


@transaction.atomic
def add_deduction(
    demand, *, by, what: str, how_often: str, amount: Decimal | None = None, per_cent: Decimal | None = None
) -> Deduction:
    """Write down one deduction: an amount in the currency of the wage, or per cent of the wage.

    `what` is a code of the list “deduction”; each stands once on a demand (constraint). Only while the terms may
    change. Effects: diary line.
    """
    demand = _editable(demand)
    if (amount is None) == (per_cent is None):
        raise RuleBroken(_("Write either an amount or per cent of the wage."), field="amount")
    if per_cent is not None and not 0 < per_cent <= 100:
        raise RuleBroken(_("A wage has 100 per cent."), field="per_cent")
    if amount is not None and amount <= 0:
        raise RuleBroken(_("The amount must be more than zero."), field="amount")
    line = Deduction.objects.create(
        demand=demand, what=what, how_often=how_often, amount=amount, per_cent=per_cent, created_by=by
    )
    record(demand, by=by, what="deduction_added", deduction=what)
    return line


@transaction.atomic
def remove_deduction(line, *, by) -> None:
    """Take a deduction away, while the terms may change. Effects: diary line."""
    demand = _editable(line.demand)
    Deduction.objects.filter(pk=line.pk).delete()
    record(demand, by=by, what="deduction_removed", deduction=line.what)


def _editable(demand):
    demand = actions.locked(demand)
    if demand.status not in DEMAND.groups["editable"]:
        raise RuleBroken(_("Only a draft or a returned demand can be changed."), code="not_editable")
    return demand
