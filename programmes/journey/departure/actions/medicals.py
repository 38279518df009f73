"""Medical exams: appointment, result. The diary says that there is a result; which one is on the exam alone."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.base.rulebook.catalogue import WaitsFor
from programmes.journey.departure import rules
from programmes.journey.departure.actions.ground import locked, open_case, refuse_before, refuse_future
from programmes.journey.departure.models import Medical
from programmes.journey.departure.states import MEDICAL, MedicalStatus
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Step

M = MedicalStatus
RESULTS = (M.FIT, M.FIT_CONDITIONS, M.TEMPORARILY_UNFIT, M.UNFIT)


@transaction.atomic
def schedule_medical(enrolment, *, by, clinic: str, scheduled_on: date) -> Medical:
    """Make an appointment; a past day records one that has taken place. One appointment at a time."""
    enrolment = open_case(enrolment)
    refuse_before(scheduled_on, enrolment.registered_on, "scheduled_on", _("The day lies before the registration."))
    if Medical.objects.filter(enrolment=enrolment, status__in=[M.SCHEDULED, M.DONE]).exists():
        raise RuleBroken(_("There is an appointment already. Record its result first."), code="scheduled")
    medical = Medical.objects.create(enrolment=enrolment, clinic=clinic, scheduled_on=scheduled_on, created_by=by)
    record(medical, by=by, what="medical_scheduled", clinic=clinic, day=scheduled_on.isoformat())
    steps.finish(enrolment, "medical_repeat", by=by)
    steps.renew_requirements(enrolment, by=by)
    return medical


@transaction.atomic
def record_medical(
    medical, *, by, version: int, result: str, result_on: date, valid_until: date | None = None
) -> Medical:
    """Record the result of an exam: fit, fit with conditions, temporarily unfit or unfit. No diagnosis.

    A clearance needs its last day. Effects: the exam is done and judged; when temporarily unfit, a step to repeat it
    after two weeks.
    """
    enrolment = open_case(medical.enrolment)
    medical = locked(medical, version)
    if result not in RESULTS:
        raise RuleBroken(_("Choose a result from the list."), field="result")
    refuse_future(result_on, "result_on")
    refuse_before(result_on, medical.scheduled_on, "result_on", _("The result lies before the appointment."))
    if result not in MEDICAL.groups["good"]:
        valid_until = None
    elif valid_until is None:
        raise RuleBroken(_("Say until when the medical clearance is valid."), field="valid_until")
    elif valid_until <= result_on:
        raise RuleBroken(_("The clearance would end before its result."), field="valid_until")
    medical.move_to(M.DONE, by=by, on=result_on, what="medical_done")
    medical.move_to(result, by=by, on=result_on, what="medical_result", result_on=result_on, valid_until=valid_until)
    if result == M.TEMPORARILY_UNFIT:
        steps.open_step(
            enrolment,
            "medical_repeat",
            result_on + timedelta(days=rules.REPEAT_DAYS),
            desk=Step.Desk.CASE,
            waits_for=WaitsFor.CLINIC,
        )
    steps.renew_requirements(enrolment, by=by)
    return medical


@transaction.atomic
def missed_medical(medical, *, by, version: int) -> Medical:
    """Note that the worker did not come; a new appointment is made next."""
    enrolment = open_case(medical.enrolment)
    medical = locked(medical, version)
    refuse_future(medical.scheduled_on, "scheduled_on")
    medical.move_to(M.MISSED, by=by, what="medical_missed")
    steps.renew_requirements(enrolment, by=by)
    return medical
