"""What is known of how fairly workers were recruited: the questions of M09 about agencies and about some placements."""

from datetime import date, timedelta

from accounts.models import User
from programmes.journey.employers import fair
from programmes.journey.employers.registry import Recruiter, RecruiterAnswer
from programmes.journey.placement.models import Placement, PlacementAnswer
from programmes.journey.placement.states import Status

MOST_PLACEMENTS = 60
AGENCY = {
    "legal_compliance": "yes", "no_forced_labour": "yes", "no_minors": "yes", "ethical_conduct": "unknown",
    "no_fees": "yes", "free_movement": "yes", "clear_terms": "yes", "remedy": "no",
}  # fmt: skip
PLACED = (
    "no_fee", "holds_passport", "free_to_leave", "contract_before_departure", "contract_as_offered", "remedy_explained",
)  # fmt: skip


def add_answers(by: User, today: date) -> None:
    """Answer where nobody has: agencies that were looked into, and workers who are at work."""
    agencies = Recruiter.objects.filter(checked_on__isnull=False, answers__isnull=True)
    RecruiterAnswer.objects.bulk_create(
        RecruiterAnswer(recruiter=agency, question=question, answer=answer, on=agency.checked_on, by=by, created_by=by)
        for agency in agencies
        for question, answer in AGENCY.items()
    )
    at_work = Placement.objects.filter(status=Status.STARTED, answers__isnull=True, starts_on__lt=today)
    PlacementAnswer.objects.bulk_create(
        PlacementAnswer(
            placement=placement, question=question, answer=_answer(n, question), by=by, created_by=by,
            on=min(placement.starts_on + timedelta(days=7), today),
        )
        for n, placement in enumerate(at_work.order_by("-starts_on", "pk")[:MOST_PLACEMENTS])
        for question in PLACED
    )  # fmt: skip


def _answer(n: int, question: str) -> str:
    """Mostly yes; here and there a passport that the employer keeps, or nobody knows."""
    if question == "holds_passport" and n % 20 == 7:
        return fair.Answer.NO
    if question == "remedy_explained" and n % 5 == 2:
        return fair.Answer.UNKNOWN
    return fair.Answer.YES
