"""Deeds on training sessions: plan, change, give places, attendance and scores, close, call off, certificates.

The session is locked before the cases, and cases before their seats, lowest key first: nobody waits in a ring.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.common.errors import Missing, RuleBroken
from programmes.base.common.wording import clock, full_day, number
from programmes.base.lifecycle.models import CaseEvent, record, record_many
from programmes.base.papers.models import IssuedLetter
from programmes.base.papers.states import LetterStatus
from programmes.journey.departure.actions import leaving
from programmes.journey.departure.actions.issuing import issue_letter
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.rules import has_passed
from programmes.journey.departure.training.models import TrainingSeat, TrainingSession
from programmes.journey.enrolment import actions as enrolments
from programmes.journey.enrolment import steps

# What an attendance copies: once somebody was marked, it stays as it was.
COPIED = ("office", "place", "starts_at", "zone", "hours", "languages", "modules")
# Letters that make another one needless.
IN_FORCE = (LetterStatus.WAITING, LetterStatus.READY)


@transaction.atomic
def plan(*, by, programme, office, season=None, **facts) -> TrainingSession:
    """Plan a session on the clock of the office. `facts` are the columns of the session."""
    if season is not None and season.programme_id != programme.pk:
        raise RuleBroken(_("The season belongs to another programme."), field="season")
    return TrainingSession.objects.create(
        programme=programme, season=season, office=office, zone=office.time_zone, created_by=by, **facts
    )


@transaction.atomic
def change(session, *, by, version: int, **facts) -> TrainingSession:
    """Change a session. Effects: when day, hour or place are others, the owners are asked to tell who has a place.

    Raises RuleBroken when it is over, has fewer places than workers, or attendance was recorded and what it copied
    would be another.
    """
    session = locked(session, version)
    _refuse_over(session)
    facts["zone"] = facts["office"].time_zone
    changed = [name for name, value in facts.items() if getattr(session, name) != value]
    seats = session.seats.live()
    taken = seats.count()
    if facts["places"] < taken:
        said = ngettext(
            "%(count)s worker has a place already.", "%(count)s workers have a place already.", taken
        ) % {"count": number(taken)}  # fmt: skip
        raise RuleBroken(said, field="places")
    if set(changed) & set(COPIED) and seats.filter(present__isnull=False).exists():
        raise RuleBroken(
            _("Attendance is recorded already: day, place, hours, languages and modules stay as they were.")
        )
    if "highest" in changed and seats.filter(Q(before__gt=facts["highest"]) | Q(after__gt=facts["highest"])).exists():
        raise RuleBroken(_("Somebody has a higher score than this."), field="highest")
    for name in changed:
        setattr(session, name, facts[name])
    if changed:
        session.write(*changed)
    if set(changed) & {"starts_at", "place"}:
        _tell(
            [seat.enrolment for seat in seats.select_related("enrolment")], by=by,
            note=_("The orientation takes place at another time or place: %(what)s.") % {"what": in_words(session)},
        )  # fmt: skip
    return session


def in_words(session) -> str:
    """Place, day and hour of a session, for a note."""
    return _("%(place)s, %(day)s, %(hour)s") % {
        "place": session.place,
        "day": full_day(session.day),
        "hour": clock(session.begins),
    }


def _tell(cases: Iterable, *, by, note: str) -> None:
    """Ask the owners of these cases to tell the workers: the words in the diary, the step on Today."""
    for case in sorted(cases, key=lambda case: case.pk):
        case = enrolments.locked(case)
        if not case.is_over:
            record(case, by=by, kind=CaseEvent.Kind.NOTE, what="tell_worker", note=note)
            steps.open_step(case, "tell_worker", timezone.localdate())


@transaction.atomic
def seat(session, *, by, cases: Sequence) -> TrainingSession:
    """Give these cases a place. Effects: a diary line each.

    Raises RuleBroken with the number of places left when there are too few, or naming the case that is of another
    programme or season, is not preparing for travel, or waits for another session on the same subjects.
    """
    session = locked(session)
    _refuse_over(session)
    live = set(session.seats.live().values_list("enrolment", flat=True))
    new = sorted((case for case in cases if case.pk not in live), key=lambda case: case.pk)
    left = session.places - len(live)
    if len(new) > left:
        said = ngettext(
            "%(left)s place is left, and %(asked)s are asked for.",
            "%(left)s places are left, and %(asked)s are asked for.",
            left,
        )
        raise RuleBroken(said % {"left": number(left), "asked": number(len(new))}, field="cases", code="session_full")
    for case in new:
        case = enrolments.locked(case)
        _refuse_case(session, case)
        given = TrainingSeat.objects.create(session=session, enrolment=case, created_by=by)
        record(given, by=by, what="training_seated", session=session.title, day=session.day.isoformat())
    return session


def _refuse_case(session, case) -> None:
    of_season = session.season_id in (None, case.season_id)
    if case.programme_id != session.programme_id or not of_season or case.status not in PREPARED:
        raise RuleBroken(
            _("%(number)s does not prepare for travel in this programme and season.") % {"number": case.number},
            field="cases",
        )
    waiting = TrainingSeat.objects.ahead().filter(enrolment=case)
    if session.modules:
        waiting = waiting.filter(Q(session__modules__overlap=session.modules) | Q(session__modules=[]))
    other = waiting.select_related("session").first()
    if other is not None:
        raise RuleBroken(
            _("%(number)s has a place in another session: %(session)s, %(day)s. Take it off there first.")
            % {"number": case.number, "session": other.session.title, "day": full_day(other.session.day)},
            field="cases",
        )


@transaction.atomic
def take_off(seat, *, by, reason: str) -> TrainingSession:
    """Take a worker off the session again. Effects: a diary line, the place is free."""
    session = locked(seat.session)
    _refuse_over(session)
    seat = TrainingSeat.objects.locked().get(pk=seat.pk)
    if seat.present is not None:
        raise RuleBroken(_("Attendance is recorded already. Take it back first."), code="marked")
    _leave(seat, by=by, why=reason, title=session.title)
    return session


def _leave(seat, *, by, why: str, title: str, on: date | None = None) -> None:
    if seat.left_on is None:
        seat.left_on, seat.left_why = on or timezone.localdate(), why
        seat.write("left_on", "left_why")
        record(seat, by=by, what="training_left", note=why, session=title)


def free_the_seat(enrolment, *, event, by) -> None:
    """Whoever will not travel needs no place any more: those still ahead are free."""
    ahead = TrainingSeat.objects.ahead().filter(enrolment=enrolment).select_related("session")
    for seat in ahead.select_for_update(of=("self",), no_key=True):
        _leave(seat, by=by, why=enrolment.get_status_display(), title=seat.session.title, on=event.on)


@transaction.atomic
def mark(session, *, by, marks: Mapping[int, bool | None], scores: Mapping[int, tuple] | None = None):
    """Record who came (True), who did not (False), or that nobody knows yet (None), and scores before and after.

    Both by key of the seat. Whoever was present, and passed where the programme asks for it, has attended the
    orientation at once; a mark that is taken back takes the attendance with it. Effects: diary line and step of each
    case that changed. Raises RuleBroken before the day of the session, and when it is over.
    """
    session = locked(session)
    _refuse_over(session)
    if not session.has_come:
        raise RuleBroken(_("The day of the session has not come yet."), code="too_early")
    scores = scores or {}
    asked = session.seats.live().filter(pk__in={*marks, *scores}).select_related("enrolment__person")
    for seat in sorted(asked, key=lambda seat: seat.enrolment_id):
        case = enrolments.locked(seat.enrolment)
        seat = TrainingSeat.objects.locked().get(pk=seat.pk)
        if seat.pk in marks and seat.present != marks[seat.pk]:
            seat.present, seat.marked_at, seat.marked_by = marks[seat.pk], timezone.now(), by
        before, after = scores.get(seat.pk, (seat.before, seat.after))
        for score in (before, after):
            if score is not None and not 0 <= score <= session.highest:
                raise RuleBroken(_("A score lies between 0 and %(most)s.") % {"most": number(session.highest)})
        seat.before, seat.after = before, after
        _settle(session, seat, case, by=by)
    return session


def _settle(session, seat, case, *, by) -> None:
    """Write the seat, and let the attendance of the case say the same."""
    mark_asked = case.programme.rules(case.planned_start or session.day)["orientation_pass_percent"]
    attended = bool(seat.present) and has_passed(seat.after, session.highest, mark_asked)
    columns = ("present", "marked_at", "marked_by", "before", "after", "orientation")
    gone = seat.orientation if not attended else None
    if gone is not None:
        seat.orientation = None
    elif attended and seat.orientation is None:
        spoken = [code for code in case.person.languages if code in session.languages]
        # A day is judged on the calendar of the place: an officer west of it may still have yesterday.
        with timezone.override(ZoneInfo(session.zone)):
            seat.orientation = leaving.record_orientation(
                case, by=by, attended_on=session.day, place=session.place, hours=session.hours,
                language=(spoken or session.languages)[0], modules=session.modules,
            )  # fmt: skip
    seat.write(*columns)
    if gone is not None:
        leaving.take_back_orientation(gone, by=by)


@transaction.atomic
def close(session, *, by, version: int) -> TrainingSession:
    """Close a session: whoever was not marked did not come, and is offered for the next one again.

    Effects: a diary line for each who did not come. Raises RuleBroken before its day.
    """
    session = locked(session, version)
    _refuse_over(session)
    if not session.has_come:
        raise RuleBroken(
            _("The day of the session has not come yet. A session that will not take place is called off.")
        )
    now = timezone.now()
    for seat in TrainingSeat.objects.locked().filter(session=session, left_on=None, present=None).order_by("pk"):
        seat.present, seat.marked_at, seat.marked_by = False, now, by
        seat.write("present", "marked_at", "marked_by")
    missed = session.seats.live().filter(present=False).order_by("pk")
    record_many(missed, by=by, what="training_missed", on=session.day, session=session.title)
    session.closed_at, session.closed_by = now, by
    session.write("closed_at", "closed_by")
    return session


@transaction.atomic
def call_off(session, *, by, version: int, reason: str) -> TrainingSession:
    """Call a session off. Effects: its places are free, the owners are asked to tell the workers.

    Raises RuleBroken once somebody was marked present.
    """
    session = locked(session, version)
    _refuse_over(session)
    seats = session.seats.live().select_related("enrolment")
    if seats.filter(present=True).exists():
        raise RuleBroken(_("Somebody was marked present. Close the session instead, or take the mark back."))
    session.called_off_at, session.called_off_by, session.called_off_why = timezone.now(), by, reason
    session.write("called_off_at", "called_off_by", "called_off_why")
    gone = sorted(seats, key=lambda seat: seat.enrolment_id)
    _tell(
        [seat.enrolment for seat in gone], by=by,
        note=_("The orientation is called off: %(what)s.") % {"what": in_words(session)},
    )  # fmt: skip
    for seat in gone:
        _leave(TrainingSeat.objects.locked().get(pk=seat.pk), by=by, why=reason, title=session.title)
    return session


@transaction.atomic
def certify(session, *, by, seats: Iterable[TrainingSeat], template, languages: list[str], on: date):
    """Issue the certificate to each of these who attended and has none in force from this template and languages.

    Returns how many were issued, and who got none and why. Effects: a letter each, made by the worker after the commit.
    """
    session = locked(session)
    issued, left = 0, []
    for seat in sorted(seats, key=lambda seat: seat.enrolment_id):
        if seat.orientation is None:
            continue
        case = seat.enrolment
        same = IssuedLetter.objects.filter(
            enrolment=case, edition__template=template, languages=languages, status__in=IN_FORCE,
            created_at__gte=seat.orientation.created_at,
        )  # fmt: skip
        if same.exists():
            why = _("has this certificate already")
        else:
            try:
                # A place to go back to: one refusal must not undo the others.
                with transaction.atomic():
                    issue_letter(case, by=by, template=template, languages=languages, on=on)
            except RuleBroken as refusal:
                why = refusal.message
            else:
                issued += 1
                continue
        left.append(Missing("no_certificate", f"{case.person.full_name}: {why}", case.get_absolute_url()))
    return issued, left


def locked(session, version: int | None = None) -> TrainingSession:
    """The session, locked and fresh; Stale when `version` is not the present one."""
    fresh = TrainingSession.objects.locked().select_related("programme", "office").get(pk=session.pk)
    if version is not None:
        fresh.expect_version(version)
    return fresh


def _refuse_over(session) -> None:
    if session.closed_at is not None:
        raise RuleBroken(_("This session is closed."), code="session_over")
    if session.called_off_at is not None:
        raise RuleBroken(_("This session was called off."), code="session_over")


def left_in(session) -> int:
    """How many places are free."""
    return session.places - session.seats.live().count()


def points(value: Decimal | None) -> str:
    """A score as it is typed again: no zeros behind the point."""
    return "" if value is None else f"{value.normalize():f}"
