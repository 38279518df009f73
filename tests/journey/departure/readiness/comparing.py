"""What is kept next to a fresh judgement."""

from programmes.journey.departure.readiness import actions, judging
from programmes.models import Enrolment, Readiness


def stale() -> set:
    """Cases of which the kept row says something else than a fresh judgement."""
    kept = {row.enrolment_id: row for row in Readiness.objects.all()}
    fresh = {row.enrolment_id: row for row in judging.judge(Enrolment.objects.values_list("pk", flat=True))}
    return {
        pk for pk in kept.keys() | fresh.keys()
        if pk not in kept or pk not in fresh or any(getattr(kept[pk], n) != getattr(fresh[pk], n) for n in actions.JUDGED)
    }  # fmt: skip
