"""Deeds on named positions: who is asked for by name, whom that means, and when others may take the position."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.demand import actions
from programmes.journey.demand.models import JobDemand, Position
from programmes.journey.demand.states import DEMAND, DemandStatus, PositionStatus

# Before approval a demand says whom it wants; afterwards a vacant generic position may still become a named one.
NAMING = DEMAND.groups["editable"] | {DemandStatus.APPROVED} | DEMAND.groups["following"]


def can_name(demand: JobDemand) -> bool:
    """Whether workers may be asked for by name in this state."""
    return demand.status in NAMING


@transaction.atomic
def name_worker(demand, *, by, wanted_name: str, wanted=None) -> Position:
    """Ask for one worker by name (recall, nominative offer; domain.md 0.4).

    `wanted` is the person meant; the caller has made sure that `by` may see them. None: nobody matched the name yet.
    Effects: in a draft a named position under the lowest free number, afterwards the lowest vacant generic position
    becomes named; diary line without the name. Raises RuleBroken when every position is named or held already, and
    what the constraint says when this worker is asked for already.
    """
    demand = actions.locked(demand)
    if not can_name(demand):
        raise RuleBroken(_("In this state of the demand nobody is asked for by name."), code="not_editable")
    if demand.status in DEMAND.groups["editable"]:
        place = _new(demand, by)
    else:
        place = Position.objects.locked().filter(demand=demand, named=False).vacant().order_by("number").first()
    if place is None:
        raise RuleBroken(_("No generic position is vacant: every one is named or held."), code="no_vacancy")
    place.named, place.wanted_name, place.wanted = True, wanted_name, wanted
    if place.pk:
        place.write("named", "wanted_name", "wanted")
    else:
        place.save(force_insert=True)
    record(demand, by=by, what="worker_named", position=place.number)
    return place


def _new(demand, by) -> Position | None:
    taken = set(demand.places.values_list("number", flat=True))
    free = next((n for n in range(1, demand.positions + 1) if n not in taken), None)
    return Position(demand=demand, number=free, created_by=by) if free else None


@transaction.atomic
def match(position, *, by, version, wanted_name: str, wanted=None) -> Position:
    """Say who is meant by a name, or correct the name. `wanted` as in `name_worker`. Effects: diary line."""
    place = _vacant(position, version)
    place.wanted_name, place.wanted = wanted_name, wanted
    place.write("wanted_name", "wanted")
    record(place.demand, by=by, what="worker_matched" if wanted else "worker_named", position=place.number)
    return place


@transaction.atomic
def open_to_others(position, *, by, version) -> Position:
    """Let others take a named position: the worker asked for does not come. Who it named stays readable."""
    place = _vacant(position, version)
    if place.open_to_others_on:
        raise RuleBroken(_("This position is open to others already."), code="open")
    place.open_to_others_on = timezone.localdate()
    place.write("open_to_others_on")
    record(place.demand, by=by, what="position_opened", position=place.number)
    return place


@transaction.atomic
def make_generic(position, *, by, version) -> None:
    """Name nobody any more. In a draft the position goes; it is numbered anew at approval. Effects: diary line."""
    place = _vacant(position, version)
    number, demand = place.number, place.demand
    if demand.status in DEMAND.groups["editable"]:
        place.delete()
    else:
        place.named, place.wanted_name, place.wanted, place.open_to_others_on = False, "", None, None
        place.write("named", "wanted_name", "wanted", "open_to_others_on")
    record(demand, by=by, what="position_generic", position=number)


def _vacant(position, version) -> Position:
    """The position, locked: named, vacant, in a demand that may still name."""
    place = Position.objects.locked().select_related("demand").get(pk=position.pk)
    place.expect_version(version)
    if not place.named:
        raise RuleBroken(_("This position names nobody."), code="generic")
    if place.status != PositionStatus.VACANT:
        raise RuleBroken(_("Somebody holds this position now."), code="held")
    if not can_name(place.demand):
        raise RuleBroken(_("In this state of the demand nobody is asked for by name."), code="not_editable")
    return place
