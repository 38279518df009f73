"""What is decided about two records: different persons, a merge proposed, put off. Merging stands in merging.py."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.journey.people.duplicates import checking
from programmes.journey.people.duplicates.facts import of_person
from programmes.journey.people.duplicates.models import DuplicatePair, Level
from programmes.journey.people.duplicates.scoring import compare
from programmes.journey.people.models import Person

LATER_DAYS = 14
State = DuplicatePair.State


def _locked(pair: DuplicatePair, version: int | None) -> DuplicatePair:
    pair = DuplicatePair.objects.locked().get(pk=pair.pk)
    pair.expect_version(version)
    if not pair.is_undecided:
        raise RuleBroken(_("This pair was decided before: %(state)s.") % {"state": pair.get_state_display()})
    return pair


@transaction.atomic
def tell_different(pair: DuplicatePair, *, by, version, reason: str) -> DuplicatePair:
    """The two are different persons, because … They are not shown as alike again. Two diary lines."""
    pair = _locked(pair, version)
    if not reason.strip():
        raise RuleBroken(_("Say why these are different persons."), field="reason")
    return checking.settle(pair.first, pair.second, by=by, reason=reason)


@transaction.atomic
def propose(pair: DuplicatePair, *, by, version, reason: str) -> DuplicatePair:
    """Propose the merge to whoever may make it; `reason` is what speaks for it."""
    pair = _locked(pair, version)
    pair.state, pair.decided_by, pair.decided_at = State.PROPOSED, by, timezone.now()
    pair.reason, pair.later_until = reason.strip(), None
    pair.write("state", "decided_by", "decided_at", "reason", "later_until")
    return pair


@transaction.atomic
def put_off(pair: DuplicatePair, *, by) -> DuplicatePair:
    """Leave the pair for two weeks; nothing else changes."""
    pair = _locked(pair, DuplicatePair.objects.values_list("version", flat=True).get(pk=pair.pk))
    pair.later_until = timezone.localdate() + timedelta(days=LATER_DAYS)
    pair.write("later_until")
    return pair


@transaction.atomic
def pair_up(one: Person, other: Person, *, by) -> DuplicatePair:
    """Put two records on the desk that somebody wants compared; the pair that is there already, when there is one."""
    if one.pk == other.pk:
        raise RuleBroken(_("A person cannot be compared with the same record."))
    first, second = sorted((one, other), key=lambda person: person.pk)
    comparison = compare(of_person(first), of_person(second))
    pair, _made = DuplicatePair.objects.get_or_create(
        first=first,
        second=second,
        defaults={
            "score": comparison.score,
            "level": comparison.level or Level.POSSIBLE,
            "reasons": [reason.as_data() for reason in comparison.reasons],
            "created_by": by,
        },
    )
    return pair
