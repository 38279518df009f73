"""Deeds that must see the whole case: close, reopen, void."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.roles import Permission
from programmes.base.common.errors import RuleBroken
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.states import Status


def _only_managers(by) -> None:
    if not by.may(Permission.CASE_REOPEN):
        raise RuleBroken(_("Only a programme manager may do this."), code="manager")


@transaction.atomic
def close(enrolment, *, by, version=None, reason: str, outcome: str, on):
    """Close a case with its reason and outcome. Effects: diary line, open steps done, the retention clock starts
    (`closed_on`), and what other rooms do when a case closes (reintegration ends with the same reason)."""
    fresh = enrolments.locked(enrolment, version)
    return enrolments.move(
        fresh, Status.CLOSED, by=by, on=on, reason=reason, note=outcome,
        closed_from=fresh.status, closed_on=on, closure_reason=reason, outcome=outcome,
    )  # fmt: skip


@transaction.atomic
def reopen(enrolment, *, by, version=None, reason: str):
    """Take a closed case up again where it was closed. Two diary lines: reopened, and back to that state."""
    _only_managers(by)
    fresh = enrolments.locked(enrolment, version)
    before = fresh.closed_from
    today = timezone.localdate()
    fresh.move_to(Status.REOPENED, by=by, reason=reason, on=today, closed_on=None, closure_reason="", outcome="")
    event = fresh.move_to(before, by=by, on=today, override=True, closed_from="")
    steps.renew(fresh, on=today, by=by)
    return event


@transaction.atomic
def void(enrolment, *, by, version=None, reason: str):
    """Void a case that was opened twice for one participation."""
    _only_managers(by)
    return enrolments.move(
        enrolment, Status.VOID_DUPLICATE, by=by, version=version, on=timezone.localdate(), reason=reason
    )
