"""Every move of a demand as its page offers it: the words, the address, whose right it needs."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DEMAND, DemandStatus

D = DemandStatus


@dataclass(frozen=True)
class Move:
    """One way on: the verb on its button, the name of its address, the right it needs."""

    do: Promise
    route: str
    permission: Permission


MOVES: dict[str, Move] = {
    D.SUBMITTED: Move(_("Hand in"), "demand:submit", Permission.DEMAND_EDIT),
    D.UNDER_REVIEW: Move(_("Begin the review"), "demand:review", Permission.DEMAND_APPROVE),
    D.APPROVED: Move(_("Approve"), "demand:approve", Permission.DEMAND_APPROVE),
    D.RETURNED: Move(_("Return for correction"), "demand:return", Permission.DEMAND_APPROVE),
    D.REJECTED: Move(_("Reject"), "demand:reject", Permission.DEMAND_APPROVE),
    D.OPEN: Move(_("Open for candidates"), "demand:open", Permission.DEMAND_EDIT),
    D.CANCELLED: Move(_("Cancel the demand"), "demand:cancel", Permission.DEMAND_EDIT),
    D.CLOSED: Move(_("Close the demand"), "demand:close", Permission.DEMAND_EDIT),
}
# The way a demand usually goes; it is the one the page puts first.
USUAL = {
    D.DRAFT: D.SUBMITTED, D.RETURNED: D.SUBMITTED, D.SUBMITTED: D.UNDER_REVIEW, D.UNDER_REVIEW: D.APPROVED,
    D.APPROVED: D.OPEN, D.FILLED: D.CLOSED,
}  # fmt: skip
# Whom the usual step waits for, when the reader may not make it.
WHOSE = {
    Permission.DEMAND_EDIT: _("The employer liaison takes the next step."),
    Permission.DEMAND_APPROVE: _("The programme manager takes the next step."),
}


def next_step(demand: JobDemand, rights: frozenset[Permission]) -> dict | None:
    """What components/next_step.html shows; None when nothing further happens.

    `rights` are those that the reader holds over this very demand. Positions fill by themselves once the demand is
    open: the step then is to choose candidates.
    """
    others = [
        {"label": MOVES[target].do, "href": _address(demand, target)}
        for target in demand.possible_moves()
        if target in MOVES and target != USUAL.get(demand.status) and _offered(demand, target, rights)
    ]
    if demand.status in DEMAND.groups["taking"]:
        step = _step(D.FILLED, others)
        if Permission.CASE_MATCH in rights:
            others.append(
                {"label": gettext("Shortlist"), "href": reverse("selection:shortlist", args=[demand.public_id])}
            )
            step |= {
                "do": gettext("Choose candidates"),
                "href": reverse("selection:candidates", args=[demand.public_id]),
            }
        return step
    target = USUAL.get(demand.status)
    if target is None:
        return None
    move = MOVES[target]
    step = _step(target, others)
    if move.permission not in rights:
        return step | {"say": WHOSE[move.permission]}
    return step | {"do": move.do, "href": _address(demand, target), "missing": demand.missing_for(target)}


def _step(target, others) -> dict:
    return {"title": capfirst(D(target).label), "do": "", "href": "", "say": "", "missing": [], "others": others}


def _offered(demand, target, rights) -> bool:
    # Open, partly filled and filled follow the positions; nobody chooses them by hand.
    by_itself = target == D.OPEN and demand.status != D.APPROVED
    return MOVES[target].permission in rights and not by_itself


def _address(demand, target) -> str:
    return reverse(MOVES[target].route, args=[demand.public_id])
