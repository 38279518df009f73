"""What the page of a shortlist shows: who was put forward, what reserves still lack, which positions came free."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from programmes.journey.enrolment.models import Enrolment
from programmes.journey.selection import ready
from programmes.journey.selection.models import Proposal, Selection
from programmes.journey.selection.seats import reason_in_words
from programmes.journey.selection.states import CandidacyStatus

WITH = ("person", "programme", "season")
# So many free positions are told of at once.
MOST_FREE = 20


def rows(candidacies: Iterable[Any], demand, user) -> list[Any]:
    """The candidacies with `case` (None where the reader may not see it) and, on the reserve list, what is `lacking`.

    As many queries for many as for one.
    """
    found = list(candidacies)
    seen = Enrolment.objects.visible_to(user).select_related(*WITH).in_bulk([one.enrolment_id for one in found])
    waiting = [
        seen[one.enrolment_id]
        for one in found
        if one.status == CandidacyStatus.RESERVE and one.enrolment_id in seen
    ]  # fmt: skip
    lacks = ready.lacking(waiting, demand) if waiting else {}
    line = [pk for (pk,) in demand.candidacies.reserve().values_list("pk")] if waiting else []
    for one in found:
        one.case = seen.get(one.enrolment_id)
        one.line = line.index(one.pk) + 1 if one.pk in line else 0
        one.why_words = reason_in_words(one.why) if one.why else ""
        one.lacking = lacks.get(one.enrolment_id)
    return found


def free_positions(demand, user) -> list[dict]:
    """Vacant positions that somebody gave back: who, why, and who is proposed instead. At most twenty."""
    vacant = (
        demand.places.vacant()
        .filter(selections__isnull=False)
        .distinct()
        .order_by("number")
        .prefetch_related(
            Prefetch(
                "selections", Selection.objects.order_by("-released_on", "-pk").select_related("enrolment__person")
            ),
            Prefetch("proposals", Proposal.objects.open().select_related("candidacy"), to_attr="proposed"),
        )
    )[:MOST_FREE]
    positions = list(vacant)
    cases = [held.enrolment_id for position in positions for held in position.selections.all()[:1]]
    cases += [proposal.candidacy.enrolment_id for position in positions for proposal in position.proposed]
    seen = Enrolment.objects.visible_to(user).select_related("person").in_bulk(cases)
    told = []
    for position in positions:
        last = position.selections.all()[0]
        proposal = next(iter(position.proposed), None)
        told.append(
            {
                "number": position.number,
                "last": seen.get(last.enrolment_id),
                "since": last.released_on,
                "why": reason_in_words(last.release_reason),
                "proposal": proposal,
                "candidate": seen.get(proposal.candidacy.enrolment_id) if proposal else None,
            }
        )
    return told
