"""Pure judgement about returns: of which type one is, and when it is overdue."""

from datetime import date, timedelta

from programmes.journey.enrolment.states import Status as CaseStatus

END_OF_CONTRACT = "end_of_contract"
# Causes of an early end that are no type of return themselves (domain.md 7.6) → the type they belong to (7.4).
_TYPE_OF_CAUSE = {
    "injury": "early_medical",
    "harassment": "early_protection",
    "wages_unpaid": "early_protection",
    "contract_breach_employer": "early_protection",
    "contract_breach_worker": "early_employer_for_cause",
    "business_closure": "early_employer_no_work",
    "transfer": END_OF_CONTRACT,
}
_TYPE_OF_STATE = {
    CaseStatus.TURNED_BACK: "refused_at_border",
    CaseStatus.LEFT_EMPLOYMENT: "spontaneous",
    CaseStatus.WHEREABOUTS_UNKNOWN: "spontaneous",
}


def return_type(status: str, cause: str = "") -> str:
    """The type of return (code list "return_type") that follows from the state of the case and the cause of its end."""
    if status == CaseStatus.ENDED_EARLY and cause:
        return _TYPE_OF_CAUSE.get(cause, cause)
    return _TYPE_OF_STATE.get(status, END_OF_CONTRACT)


def overdue_since(planned_on: date, days: int) -> date:
    """The first day on which a return planned on `planned_on` counts as overdue: more than `days` days have passed."""
    return planned_on + timedelta(days=days + 1)


def is_overdue(planned_on: date, days: int, *, today: date) -> bool:
    """Whether a return planned on `planned_on` counts as overdue on `today` (domain.md 2.5: after 7 days)."""
    return today >= overdue_since(planned_on, days)
