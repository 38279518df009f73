"""Sessions of the pre-departure orientation: when, where, what is taught, how many fit, and who has a place.

A place (`TrainingSeat`) is not yet attendance. Attendance makes the worker's `Orientation` (departure/models.py), which
the checklist, readiness and the move read; the seat remembers which one it made, so that a wrong tap can be undone.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.models import Office
from accounts.places import validate_time_zone
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.papers.rules import new_code
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.departure.models import OfVisibleCases, Orientation
from programmes.journey.enrolment.models import Fact

MOST_PLACES = 200
# A seat that still waits for its session: nobody has said whether the worker came.
AHEAD = Q(
    left_on__isnull=True, present__isnull=True,
    session__closed_at__isnull=True, session__called_off_at__isnull=True,
)  # fmt: skip
# What the triggers below say, for the catalogues; in_words() translates it for whoever reads it.
SAID_BY_TRIGGERS = (
    gettext_noop("The session is full."),
    gettext_noop("More workers have a place already than this."),
)


class TrainingSessionQuerySet(RecordQuerySet):
    """Sessions, and who may see them."""

    def visible_to(self, user):
        """Sessions of the programmes in which the user matches workers; who is in them is seen by case."""
        return self.reachable_by(user, Permission.CASE_MATCH)

    def reachable_by(self, user, permission):
        """Sessions of the programmes where the user has a right."""
        return self.filter(programme__in=Programme.objects.reachable_by(user, permission).values("pk"))

    def run_by(self, user):
        """Sessions of offices where the user works on cases: they are changed, closed and called off there."""
        reached = Q(pk__in=[])
        for reach in user.reach(Permission.CASE_EDIT):
            here = Q(office__in=reach.office_ids)
            reached |= here & Q(programme__in=reach.programme_ids) if reach.programme_ids is not None else here
        return self.filter(reached)

    def open(self):
        """Neither closed nor called off."""
        return self.filter(closed_at__isnull=True, called_off_at__isnull=True)

    def with_taken(self):
        """Each with the number of places that are taken."""
        return self.annotate(taken=Count("seats", filter=Q(seats__left_on__isnull=True)))


@tracked()
class TrainingSession(Record):
    """One session of an office for a programme. The moment is kept as such, and shown on the clock of the office."""

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.PROTECT, related_name="training_sessions"
    )
    season = models.ForeignKey(
        Season, verbose_name=_("season"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="training_sessions",
    )  # fmt: skip
    office = models.ForeignKey(
        Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="training_sessions"
    )
    title = models.CharField(_("title"), max_length=120)
    place = models.CharField(_("place"), max_length=150)
    starts_at = models.DateTimeField(_("begins"))
    zone = models.CharField(_("time zone"), max_length=50, validators=[validate_time_zone])
    hours = models.DecimalField(_("hours"), max_digits=4, decimal_places=1)
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"))
    trainer = models.CharField(_("trainer"), max_length=150, blank=True)
    places = models.PositiveSmallIntegerField(_("places"))
    modules = ArrayField(models.CharField(max_length=40), verbose_name=_("modules"), default=list, blank=True)
    highest = models.PositiveSmallIntegerField(_("highest score of the tests"), default=100)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", verbose_name=_("closed by"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    called_off_at = models.DateTimeField(_("called off at"), null=True, blank=True)
    called_off_by = models.ForeignKey(
        "accounts.User", verbose_name=_("called off by"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="+",
    )  # fmt: skip
    called_off_why = models.CharField(_("why it was called off"), max_length=300, blank=True)

    objects = TrainingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("training session")
        verbose_name_plural = _("training sessions")
        ordering = ["-starts_at", "-id"]
        indexes = [models.Index(fields=["programme", "-starts_at", "-id"], name="training_session_by_programme")]
        constraints = [
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=MOST_PLACES),
                name="training_session_places_in_range",
                violation_error_message=_("A session has 1 to 200 places."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=100),
                name="training_session_hours_in_range",
                violation_error_message=_("Hours lie between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=Q(highest__gte=1, highest__lte=1000),
                name="training_session_highest_in_range",
                violation_error_message=_("The highest score lies between 1 and 1000."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(called_off_at__isnull=True),
                name="training_session_ends_one_way",
                violation_error_message=_("A session is closed or called off, not both."),
            ),
            models.CheckConstraint(
                condition=Q(called_off_at__isnull=True) | ~Q(called_off_why=""),
                name="training_session_called_off_with_reason",
                violation_error_message=_("Say why the session is called off."),
            ),
            models.CheckConstraint(
                condition=Q(languages__len__gte=1),
                name="training_session_has_a_language",
                violation_error_message=_("Choose a language."),
            ),
        ]
        triggers = [
            count_versions(),
            pgtrigger.Trigger(
                name="places_for_those_seated",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("places"),
                func="""
                    IF (SELECT count(*) FROM programmes_trainingseat s
                        WHERE s.session_id = NEW.id AND s.left_on IS NULL) > NEW.places THEN
                        RAISE EXCEPTION 'More workers have a place already than this.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        """The page of the session."""
        return reverse("training:session", args=[self.public_id])

    @property
    def begins(self) -> datetime:
        """The beginning on the clock of the office."""
        return self.starts_at.astimezone(ZoneInfo(self.zone))

    @property
    def day(self) -> date:
        """The day of the session where it takes place."""
        return self.begins.date()

    @property
    def is_over(self) -> bool:
        """Closed or called off: nothing of it changes any more."""
        return self.closed_at is not None or self.called_off_at is not None

    @property
    def has_come(self) -> bool:
        """Whether its day has come where it takes place: attendance is recorded from then on."""
        return self.day <= timezone.now().astimezone(ZoneInfo(self.zone)).date()

    @property
    def is_unrecorded(self) -> bool:
        """Whether its day is over, and nobody has closed it."""
        midnight = datetime.combine(self.day, time.max, ZoneInfo(self.zone)).astimezone(UTC)
        return not self.is_over and midnight < timezone.now()


class TrainingSeatQuerySet(OfVisibleCases):
    """Places of workers in sessions."""

    def live(self):
        """Those not given up."""
        return self.filter(left_on__isnull=True)

    def ahead(self):
        """Those whose session is still to come, or is going on."""
        return self.filter(AHEAD)


@tracked()
class TrainingSeat(Fact):
    """A worker's place in a session. `code` stands in the QR on the invitation: nobody guesses it, it says nothing."""

    session = models.ForeignKey(
        TrainingSession, verbose_name=_("session"), on_delete=models.PROTECT, related_name="seats"
    )
    code = models.CharField(_("code of the invitation"), max_length=16, unique=True, default=new_code)
    present = models.BooleanField(_("present"), null=True, blank=True)
    marked_at = models.DateTimeField(_("marked at"), null=True, blank=True)
    marked_by = models.ForeignKey(
        "accounts.User", verbose_name=_("marked by"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    before = models.DecimalField(_("test before"), max_digits=5, decimal_places=1, null=True, blank=True)
    after = models.DecimalField(_("test after"), max_digits=5, decimal_places=1, null=True, blank=True)
    orientation = models.OneToOneField(
        Orientation, verbose_name=_("attendance"), on_delete=models.SET_NULL, null=True, blank=True,
        related_name="training_seat",
    )  # fmt: skip
    left_on = models.DateField(_("taken off on"), null=True, blank=True)
    left_why = models.CharField(_("why taken off"), max_length=300, blank=True)

    objects = TrainingSeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("place in a session")
        verbose_name_plural = _("places in sessions")
        ordering = ["session", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "enrolment"],
                condition=Q(left_on__isnull=True),
                name="training_seat_once_per_session",
                violation_error_message=_("This worker has a place in the session already."),
            ),
            models.CheckConstraint(
                condition=(Q(before__isnull=True) | Q(before__gte=0)) & (Q(after__isnull=True) | Q(after__gte=0)),
                name="training_seat_scores_from_zero",
                violation_error_message=_("A score is zero or more."),
            ),
            models.CheckConstraint(
                condition=Q(orientation__isnull=True) | Q(present=True),
                name="training_seat_attended_when_present",
                violation_error_message=_("Only who was present has attended."),
            ),
        ]
        triggers = [
            count_versions(),
            # The session's row is the lock: of two who take the last place at once, the second is told.
            pgtrigger.Trigger(
                name="never_more_than_places",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("session_id", "left_on"),
                declare=[("most", "integer")],
                condition=pgtrigger.Q(new__left_on__isnull=True),
                func="""
                    SELECT t.places INTO most FROM programmes_trainingsession t
                    WHERE t.id = NEW.session_id FOR NO KEY UPDATE;
                    IF (SELECT count(*) FROM programmes_trainingseat s WHERE s.session_id = NEW.session_id
                        AND s.left_on IS NULL AND s.id IS DISTINCT FROM NEW.id) >= most THEN
                        RAISE EXCEPTION 'The session is full.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return str(self.session)


def coming(sessions):
    """Of some sessions those that are open, the next one first, with the places taken; full ones are left out."""
    return sessions.open().with_taken().filter(taken__lt=F("places")).order_by("starts_at", "id")
