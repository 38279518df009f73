"""A position that comes free goes to the next ready worker of the reserve list: proposed at once, given by a person."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from programmes.base.lifecycle.models import record
from programmes.journey.demand.models import JobDemand, Position
from programmes.journey.demand.states import DEMAND, PositionStatus
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Step
from programmes.journey.selection import ready
from programmes.journey.selection.models import Candidacy, Proposal
from programmes.journey.selection.states import CandidacyStatus, ProposalStatus

C, R = CandidacyStatus, ProposalStatus
# So many of the reserve list are judged at a time, until one is ready.
AT_A_TIME = 20
STEP = "replacement"


@transaction.atomic
def propose(position: Position, *, by, released=None, on: date | None = None) -> Proposal | None:
    """Propose the first ready worker of the reserve list for a vacant position; None when nobody is ready.

    Locks the demand, so that two positions that come free at one moment get two different workers. Whoever is proposed
    for another position is passed over. `released` is the selection that ended. Effects: a proposal, a diary line and
    a step for the liaison on the proposed case.
    """
    demand = JobDemand.objects.locked().select_related("season__programme").get(pk=position.demand_id)
    if demand.status not in DEMAND.groups["following"]:
        return None
    position = Position.objects.get(pk=position.pk)
    if position.status != PositionStatus.VACANT or position.proposals.open().exists():
        return None
    candidacy = _next_ready(demand)
    if candidacy is None:
        return None
    proposal = Proposal.objects.create(position=position, released=released, candidacy=candidacy, created_by=by)
    case = candidacy.enrolment
    record(case, by=by, what="position_proposed", on=on, demand=demand.number, position=position.number)
    steps.open_step(case, STEP, on or timezone.localdate(), desk=Step.Desk.EMPLOYER)
    return proposal


def _next_ready(demand) -> Candidacy | None:
    waiting = (
        Candidacy.objects.filter(demand=demand)
        .reserve()
        .exclude(proposals__status=R.OPEN)
        .select_related("enrolment__person", "enrolment__programme", "enrolment__season")
    )
    known = list(waiting)
    for first in range(0, len(known), AT_A_TIME):
        chunk = known[first : first + AT_A_TIME]
        lacks = ready.lacking([candidacy.enrolment for candidacy in chunk], demand)
        for candidacy in chunk:
            if not lacks[candidacy.enrolment_id]:
                return candidacy
    return None


@transaction.atomic
def propose_for_all(demand, *, by) -> int:
    """Look once more for workers for the positions of a demand that came free; returns how many were proposed."""
    vacant = demand.places.vacant().filter(selections__isnull=False).exclude(proposals__status=R.OPEN)
    made = 0
    for position in vacant.distinct().order_by("number"):
        last = position.selections.exclude(released_on=None).order_by("released_on", "pk").last()
        if propose(position, by=by, released=last) is None:
            break
        made += 1
    return made


def taken(position: Position, enrolment, *, by, on: date) -> None:
    """A case took a position: its candidacy is settled, the proposal for the position accepted or overtaken."""
    candidacy = Candidacy.objects.locked().filter(demand=position.demand_id, enrolment=enrolment).first()
    if candidacy is not None:
        candidacy.move_to(C.SELECTED, by=by, on=on, rank=None, decided_on=on, why="")
    for proposal in position.proposals.open().select_related("candidacy__enrolment"):
        mine = proposal.candidacy.enrolment_id == enrolment.pk
        _decide(proposal, R.ACCEPTED if mine else R.LAPSED, by=by)


def given_back(selection, *, by, on: date, reason: str) -> None:
    """A selection ended: so did the candidacy behind it, and the position is proposed to the next, if it is vacant."""
    position = selection.position
    candidacy = (
        Candidacy.objects.locked()
        .filter(demand=position.demand_id, enrolment=selection.enrolment_id, status=C.SELECTED)
        .first()
    )
    if candidacy is not None:
        candidacy.move_to(C.RELEASED, by=by, on=on, reason=reason, why=reason, decided_on=on)
    if Candidacy.objects.filter(demand=position.demand_id).reserve().exists():
        propose(position, by=by, released=selection, on=on)


def let_go(enrolment, *, by, on: date) -> None:
    """A case is on the roster no more: what it was proposed for is proposed to the next."""
    for proposal in _open_of(enrolment):
        _decide(proposal, R.LAPSED, by=by)
        propose(proposal.position, by=by, released=proposal.released, on=on)


@transaction.atomic
def pass_over(candidacy, *, by) -> None:
    """A candidacy leaves the reserve list: what it was proposed for is proposed to the next."""
    for proposal in Proposal.objects.open().filter(candidacy=candidacy).select_related("position", "released"):
        _decide(proposal, R.PASSED, by=by)
        propose(proposal.position, by=by, released=proposal.released)


def _open_of(enrolment):
    return Proposal.objects.open().filter(candidacy__enrolment=enrolment).select_related("position", "released")


def _decide(proposal: Proposal, status: str, *, by) -> None:
    """Close an open proposal and the step it opened. Nothing happens when somebody else was first."""
    changed = (
        Proposal.objects.open().filter(pk=proposal.pk).update(status=status, decided_at=timezone.now(), decided_by=by)
    )
    if changed:
        steps.finish(proposal.candidacy.enrolment, STEP, by=by)
