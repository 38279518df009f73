"""Visas and permits: application, lodging, biometrics, decision, appeal."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.departure.actions.ground import locked, open_case, refuse_before, refuse_future
from programmes.journey.departure.models import Permit
from programmes.journey.departure.states import PERMIT, PermitStatus
from programmes.journey.enrolment import steps

V = PermitStatus
# What an application goes through before it is decided.
STAGES = (V.LODGED, V.BIOMETRICS_DUE, V.IN_PROCESS)


@transaction.atomic
def start_permit(enrolment, *, by, kind: str, application_number: str = "") -> Permit:
    """Begin an application; one of a type at a time. Effects: the application in preparation, a diary line."""
    enrolment = open_case(enrolment)
    if Permit.objects.filter(enrolment=enrolment, type=kind, status__in=sorted(PERMIT.groups["pending"])).exists():
        raise RuleBroken(_("There is an application already that is not decided."), code="pending")
    permit = Permit.objects.create(enrolment=enrolment, type=kind, application_number=application_number, created_by=by)
    record(permit, by=by, what="permit_started", document=kind)
    steps.finish(enrolment, "permit_ends", by=by)
    steps.renew_requirements(enrolment, by=by)
    return permit


def _step(permit, to, *, by, version, what, on=None, reason="", **changes):
    enrolment = open_case(permit.enrolment)
    permit = locked(permit, version)
    permit.move_to(to, by=by, on=on, reason=reason, what=what, facts={"document": permit.type}, **changes)
    steps.renew_requirements(enrolment, by=by)
    return permit


@transaction.atomic
def advance_permit(
    permit, *, by, version: int, to: str, on: date, application_number: str = "", biometrics_on: date | None = None
) -> Permit:
    """Move an application on: lodged, biometrics due, in process.

    `on` is the day it happened. Lodging takes the application number, biometrics their appointment, which may lie
    ahead.
    """
    if to not in STAGES:
        raise RuleBroken(_("Record the decision on its own page."), code="decision")
    refuse_future(on, "on")
    changes: dict[str, Any] = {}
    if application_number:
        changes["application_number"] = application_number
    if to == V.LODGED:
        changes["lodged_on"] = on
    else:
        refuse_before(on, permit.lodged_on, "on", _("The day lies before the application was lodged."))
    if to == V.BIOMETRICS_DUE:
        if biometrics_on is None:
            raise RuleBroken(_("Enter the day of the biometrics appointment."), field="biometrics_on")
        refuse_before(
            biometrics_on,
            permit.lodged_on,
            "biometrics_on",
            _("The appointment lies before the application was lodged."),
        )
        changes["biometrics_on"] = biometrics_on
    return _step(permit, to, by=by, version=version, on=on, what=f"permit_{to}", **changes)


@transaction.atomic
def decide_permit(
    permit,
    *,
    by,
    version: int,
    approved: bool,
    on: date,
    valid_from: date | None = None,
    valid_until: date | None = None,
    reason: str = "",
) -> Permit:
    """Record the consulate's decision: approved with its validity, or refused with the code of the reason.

    A refusal leaves the case where it is: whether to lodge again, appeal or end the application is decided next.
    """
    refuse_future(on, "on")
    refuse_before(on, permit.lodged_on, "on", _("The day lies before the application was lodged."))
    if not approved:
        if not reason:
            raise RuleBroken(_("Choose the reason of the refusal."), field="reason")
        return _step(
            permit,
            V.REFUSED,
            by=by,
            version=version,
            on=on,
            reason=reason,
            what="permit_refused",
            decided_on=on,
            refusal_reason=reason,
        )
    if valid_until is None:
        raise RuleBroken(_("Say until when the permit is valid."), field="valid_until")
    if valid_from and valid_until <= valid_from:
        raise RuleBroken(_("The permit would end before it starts."), field="valid_until")
    if valid_until <= on:
        raise RuleBroken(_("The permit would end before it was decided."), field="valid_until")
    return _step(
        permit,
        V.APPROVED,
        by=by,
        version=version,
        on=on,
        what="permit_approved",
        decided_on=on,
        valid_from=valid_from,
        valid_until=valid_until,
    )


@transaction.atomic
def appeal_permit(permit, *, by, version: int, on: date) -> Permit:
    """Note that the refusal was appealed."""
    return _again(permit, V.APPEALED, by=by, version=version, on=on, what="permit_appealed")


@transaction.atomic
def relodge_permit(permit, *, by, version: int, on: date) -> Permit:
    """Note that the application was lodged once more."""
    return _again(permit, V.RELODGED, by=by, version=version, on=on, what="permit_relodged")


def _again(permit, to, *, by, version, on, what):
    refuse_future(on, "on")
    refuse_before(on, permit.decided_on, "on", _("The day lies before the refusal."))
    return _step(permit, to, by=by, version=version, on=on, what=what)


@transaction.atomic
def withdraw_permit(permit, *, by, version: int, on: date) -> Permit:
    """Note that the application was withdrawn."""
    refuse_future(on, "on")
    refuse_before(on, permit.lodged_on, "on", _("The day lies before the application was lodged."))
    return _step(permit, V.WITHDRAWN, by=by, version=version, on=on, what="permit_withdrawn")
