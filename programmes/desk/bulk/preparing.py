"""What is done for many who prepare to travel: an exam booked, an invitation to the orientation, a seat on a flight."""

from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.batches.kinds import register
from programmes.base.batches.problems import from_error, problem
from programmes.base.batches.problems import register as register_problems
from programmes.base.common import wording
from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import CaseEvent, record
from programmes.desk.bulk.casedeed import OVER, CaseDeed
from programmes.desk.bulk.kinds import DEEDS, Tell
from programmes.journey.departure import actions as departure
from programmes.journey.departure.models import Medical, Trip
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.states import MedicalStatus
from programmes.journey.departure.training import actions as training
from programmes.journey.departure.training.models import TrainingSeat, TrainingSession
from programmes.journey.departure.travel import actions as flights
from programmes.journey.departure.travel.models import FlightGroup
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Step

register_problems(
    {
        "case_exam_booked": (
            _("There is an appointment already."),
            _("Record its result on the case's own page, or that the worker missed it."),
        ),
        "case_other_season": (
            _("The flight is for another season than the case."),
            _("Choose a flight group of the season of the case."),
        ),
        "case_not_preparing": (
            _("The case does not prepare for travel."),
            _("A worker gets a seat from the selection until the departure."),
        ),
        "case_has_seat": (_("The worker has a seat on this flight already."), ""),
        "case_has_trip": (_("The worker has another trip already."), _("Cancel it first, on the case's own page.")),
        "case_no_flight": (_("This flight group takes nobody any more."), _("Choose another one.")),
        "case_not_for_session": (
            _("The session is for another programme or season, or the worker does not prepare for travel."),
            _("Choose another session."),
        ),
        "case_seated": (_("The worker has a place in this session already."), ""),
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
    """Ask the owners to invite the workers to the pre-departure orientation: place and day stand in the diary.

    With a session chosen, each worker gets a place in it, through the same deed as on the session's page.
    """

    code = "cases_invite"
    title = _("Invite to the orientation")
    button = _("Invite")
    permission = Permission.NOTE_WRITE

    def reasons(self, params, by):
        """As for telling; with a session who is of another programme, and who waits for a session already."""
        session = TrainingSession.objects.filter(pk=params.get("session")).first()
        if session is None:
            return super().reasons(params, by)
        of_it = Q(programme=session.programme_id, status__in=PREPARED)
        of_it &= Q(season=session.season_id) if session.season_id else Q()
        seated = TrainingSeat.objects.live().filter(enrolment=OuterRef("pk"), session=session)
        return [(Q(status__in=OVER), "case_over"), (~of_it, "case_not_for_session"), (Exists(seated), "case_seated")]

    def about(self, batch):
        """The words, and how many places there are."""
        session = TrainingSession.objects.filter(pk=batch.params.get("session")).first()
        free = [{"label": _("Places free"), "value": wording.number(training.left_in(session))}] if session else []
        return [*super().about(batch), *free]

    def apply(self, batch, rows, by):
        """The session is locked before its cases, as its own deeds do."""
        if "session" in batch.params:
            TrainingSession.objects.locked().get(pk=batch.params["session"])
        super().apply(batch, rows, by)

    def do_it(self, batch, pairs, by):
        """A place for each as long as there are any, a diary line and a step."""
        if "session" not in batch.params:
            super().do_it(batch, pairs, by)
            return
        session = TrainingSession.objects.get(pk=batch.params["session"])
        until = date.fromisoformat(batch.params["until"])

        def invite(case):
            training.seat(session, by=by, cases=[case])
            event = record(case, by=by, kind=CaseEvent.Kind.NOTE, what="tell_worker", note=batch.params["text"])
            step = steps.open_step(case, "tell_worker", until)
            seat = TrainingSeat.objects.live().get(session=session, enrolment=case)
            return {"step": step.pk, "event": event.pk, "seat": seat.pk}

        self.one_by_one(pairs, invite)

    def undo(self, batch, rows, by):
        """As for the way there."""
        if "session" in batch.params:
            TrainingSession.objects.locked().get(pk=batch.params["session"])
        super().undo(batch, rows, by)

    def undo_it(self, batch, pairs, by):
        """The place is given up where nobody recorded attendance yet, and the step is taken back with it."""
        for row, case in pairs:
            kept = row.before or {}
            told = not Step.objects.filter(pk=kept.get("step"), done_at__isnull=True).exists()
            seat = TrainingSeat.objects.ahead().filter(pk=kept.get("seat")).first()
            if "seat" in kept and (told or seat is None):
                row.stick(problem("worked_on"))
                continue
            if seat is not None:
                training.take_off(seat, by=by, reason=str(_("The invitation was taken back.")))
            super().undo_it(batch, [(row, case)], by)


class PutIntoFlight(CaseDeed):
    """Give many a seat in one flight group."""

    code = "cases_flight"
    title = _("Put into a flight")
    button = _("Put into a flight")
    chunk = 50

    def reasons(self, params, by):
        """Another season, nothing to prepare, a seat here, another trip; a booking on this very flight is kept."""
        group = FlightGroup.objects.get(pk=params["group"])
        trips = Trip.objects.filter(enrolment=OuterRef("pk"), cancelled_on__isnull=True)
        booked = trips.filter(group=None, flight=group.legs.order_by("number")[0].flight, departs_on=group.first_day)
        return [
            (~Q(season=group.season_id), "case_other_season"),
            (~Q(status__in=PREPARED), "case_not_preparing"),
            (Exists(trips.filter(group=group)), "case_has_seat"),
            (Exists(trips) & ~Exists(booked), "case_has_trip"),
        ]

    def about(self, batch):
        """Which group, and who pays."""
        group = FlightGroup.objects.filter(pk=batch.params["group"]).first()
        return [
            {"label": _("Flight group"), "value": f"{group}, {wording.full_day(group.first_day)}" if group else "–"},
            {"label": _("Paid by"), "value": Trip.Payer(batch.params["paid_by"]).label},
        ]

    def do_it(self, batch, pairs, by):
        """Through the deed of the flight groups, worker by worker: a refusal is that worker's own."""
        group = FlightGroup.objects.reachable_by(by, Permission.CASE_EDIT).filter(pk=batch.params["group"]).first()
        if group is None:
            for row, _case in pairs:
                row.skip(problem("case_no_flight"))
            return
        cost = batch.params["cost"]
        paid = {
            "paid_by": batch.params["paid_by"],
            "cost": cost and Decimal(cost),
            "currency": batch.params["currency"],
        }

        def seat(case):
            had = case.trips.filter(cancelled_on__isnull=True).exists()
            flights.join(group, by=by, cases=[case], **paid)
            trip = case.trips.get(cancelled_on__isnull=True)
            return {"trip": trip.pk, "version": trip.version, "had": had}

        self.one_by_one(pairs, seat)

    def undo_it(self, batch, pairs, by):
        """A seat that nobody has touched since is given up; a booking of before stays, without the group."""
        for row, case in pairs:
            kept = row.before or {}
            trip = Trip.objects.filter(pk=kept.get("trip"), version=kept.get("version")).first()
            if trip is None or trip.cancelled_on or case.departed_on:
                row.stick(problem("changed_since"))
                continue
            try:
                if kept["had"]:
                    flights.leave_group(trip)
                else:
                    departure.cancel_trip(trip, by=by, version=trip.version, on=timezone.localdate())
            except RuleBroken as refusal:
                row.stick(from_error(refusal))
            else:
                row.undone()


for _name, _kind in (("medical", BookExam()), ("invite", Invite()), ("flight", PutIntoFlight())):
    DEEDS[_name] = _kind
    register(_kind)
