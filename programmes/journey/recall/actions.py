"""Calling last season's workers again: offer, accept into the next season, decline."""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.enrolment import actions as cases
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.placement.actions import refuse_impossible

RECALLED = "recalled"  # code list "closure"


@transaction.atomic
def offer(enrolment, *, by, version=None, on: date, note: str = "") -> Enrolment:
    """Offer the worker a place in the next season: returned → recall_offered. Its answer is due by `recall` days."""
    enrolment = cases.locked(enrolment, version)
    refuse_impossible(enrolment, Status.RECALL_OFFERED)
    cases.move(enrolment, Status.RECALL_OFFERED, by=by, on=on, note=note)
    return enrolment


@transaction.atomic
def accept(enrolment, *, by, version=None, season, on: date, note: str = "") -> Enrolment:
    """The worker comes again: the case is closed as recalled and a new one opened on the roster of `season`.

    Effects: the old case closed (reason "recalled"), the new one with `previous` = the old; a diary line in the new
    one. At most one case follows another. Raises RuleBroken when the season is not a later one of the same programme,
    or when consent, age or office forbid a new case (enrolment.actions.register).
    """
    enrolment = cases.locked(enrolment, version)
    if enrolment.status != Status.RECALL_OFFERED:
        raise RuleBroken(_("Offer the recall first."), code="not_offered")
    if season.programme_id != enrolment.programme_id or season.starts_on <= enrolment.season.starts_on:
        raise RuleBroken(_("Choose a later season of the same programme."), field="season")
    cases.move(
        enrolment, Status.CLOSED, by=by, on=on, reason=RECALLED, note=note,
        closed_from=enrolment.status, closed_on=on, closure_reason=RECALLED, next_step="", next_due_on=None,
    )  # fmt: skip
    following = cases.register(
        enrolment.person, by=by, programme=enrolment.programme, season=season, office=enrolment.office,
        owner=enrolment.owner, on=on, previous=enrolment,
    )  # fmt: skip
    record(following, by=by, what="recalled", on=on, previous=enrolment.number)
    return following


@transaction.atomic
def decline(enrolment, *, by, version=None, on: date, reason: str = "", note: str = "") -> Enrolment:
    """The worker does not come again. The case stays; reintegration or closure is decided next, as a step says."""
    enrolment = cases.locked(enrolment, version)
    if enrolment.status != Status.RECALL_OFFERED:
        raise RuleBroken(_("Offer the recall first."), code="not_offered")
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    record(enrolment, by=by, what="recall_declined", on=on, note=note, recall_refusal=reason)
    steps.finish(enrolment, "recall", by=by)
    steps.open_step(enrolment, "after_return", on + timedelta(days=enrolment.programme.deadlines()["after_return"]))
    return enrolment
