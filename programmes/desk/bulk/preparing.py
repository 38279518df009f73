"""What is done for many who prepare to travel: an exam booked, an invitation to the orientation."""

from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.batches.kinds import register
from programmes.base.batches.problems import register as register_problems
from programmes.base.common import wording
from programmes.desk.bulk.casedeed import OVER, CaseDeed
from programmes.desk.bulk.kinds import DEEDS, Tell
from programmes.journey.departure import actions as departure
from programmes.journey.departure.models import Medical
from programmes.journey.departure.states import MedicalStatus

register_problems(
    {
        "case_exam_booked": (
            _("There is an appointment already."),
            _("Record its result on the case's own page, or that the worker missed it."),
        ),
    }
)
AHEAD = (MedicalStatus.SCHEDULED, MedicalStatus.DONE)


class BookExam(CaseDeed):
    """Make the same appointment for the medical exam of many."""

    code = "cases_medical"
    title = _("Book the medical exam")
    button = _("Book exam")
    chunk = 100

    def reasons(self, params, by):
        """What is over; who has an appointment."""
        ahead = Medical.objects.filter(enrolment=OuterRef("pk"), status__in=AHEAD)
        return [(Q(status__in=OVER), "case_over"), (Exists(ahead), "case_exam_booked")]

    def about(self, batch):
        """Where and when."""
        day = date.fromisoformat(batch.params["scheduled_on"])
        return [
            {"label": _("Clinic"), "value": batch.params["clinic"]},
            {"label": _("Appointment on"), "value": wording.full_day(day)},
        ]

    def do_it(self, batch, pairs, by):
        """Through the deed of the departure room."""
        day = date.fromisoformat(batch.params["scheduled_on"])

        def book(case):
            exam = departure.schedule_medical(case, by=by, clinic=batch.params["clinic"], scheduled_on=day)
            return {"exam": exam.pk, "version": exam.version}

        self.one_by_one(pairs, book)

    def undo_it(self, batch, pairs, by):
        """An appointment of which nothing more is known is taken back; its line in the diary stays."""
        self.take_back(pairs, Medical.objects.all(), "exam", by)


class Invite(Tell):
    """Ask the owners to invite the workers to the pre-departure orientation: place and day stand in the diary."""

    code = "cases_invite"
    title = _("Invite to the orientation")
    button = _("Invite")
    permission = Permission.NOTE_WRITE


for _name, _kind in (("medical", BookExam()), ("invite", Invite())):
    DEEDS[_name] = _kind
    register(_kind)
