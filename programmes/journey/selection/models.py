"""Which candidate holds which position, who was put forward, when they are interviewed, who comes next."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.journey.demand.models import JobDemand, Position
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.selection.states import CANDIDACY, TONES, CandidacyStatus, ProposalStatus

C = CandidacyStatus
# Who is to be decided, who comes next, who has a position, who had one, who was turned down.
TURNS = (C.LISTED, C.RESERVE, C.SELECTED, C.RELEASED, C.NOT_SELECTED)
CANDIDACIES_IN_ORDER = ("turn", "place_in_line", "-points", "id")


class SelectionQuerySet(RecordQuerySet):
    """Selections, live and past."""

    def live(self):
        """Still holding their position."""
        return self.filter(released_on__isnull=True)

    def with_position(self):
        """With position, demand, employer and site in the same query."""
        return self.select_related("position__demand__employer", "position__demand__site")


@tracked()
class Selection(Record):
    """A candidate's hold on a position, from reservation to the day it is occupied or given back.

    At most one live selection stands on a position and at most one on a case: two unique indexes say so, whoever
    writes and however many at once.
    """

    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="selections"
    )
    position = models.ForeignKey(
        Position, verbose_name=_("position"), on_delete=models.PROTECT, related_name="selections"
    )
    named = models.BooleanField(_("named by the employer"), default=False)
    selected_on = models.DateField(_("selected on"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    release_reason = models.CharField(_("why it was released"), max_length=300, blank=True)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("selection")
        verbose_name_plural = _("selections")
        ordering = ["-selected_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                condition=Q(released_on__isnull=True),
                name="selection_one_per_position",
                violation_error_message=_("This position was taken a moment ago."),
            ),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(released_on__isnull=True),
                name="selection_one_per_case",
                violation_error_message=_("This candidate already holds a position."),
            ),
            models.CheckConstraint(
                condition=Q(released_on__isnull=True) | ~Q(release_reason=""),
                name="selection_released_with_reason",
                violation_error_message=_("Say why the position is given back."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.enrolment_id} → {self.position_id}"

    def get_absolute_url(self):
        """The demand's page, where it is seen who holds what."""
        return self.position.demand.get_absolute_url() + "#seats"


@tracked()
class InterviewDay(Record):
    """A day on which an employer, or we for it, meet candidates of a demand."""

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        VIDEO = "video", _("by video")
        PHONE = "phone", _("by phone")

    demand = models.ForeignKey(
        JobDemand, verbose_name=_("job demand"), on_delete=models.CASCADE, related_name="interview_days"
    )
    day = models.DateField(_("day"))
    channel = models.CharField(_("how"), max_length=10, choices=Channel, default=Channel.IN_PERSON)
    place = models.CharField(_("place"), max_length=150, blank=True)
    subdivision = models.CharField(_("department"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("interview day")
        verbose_name_plural = _("interview days")
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(channel="in_person") | ~Q(place=""),
                name="interview_in_person_has_a_place",
                violation_error_message=_("Say where the interviews take place."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.demand_id} {self.day}"

    def get_absolute_url(self):
        """The list of the day."""
        return reverse("selection:day", args=[self.demand.public_id, self.public_id])


class InterviewPlace(models.Model):
    """One person's turn on an interview day: as many rows at one time as are met at once.

    A turn is given by pointing a candidacy at it, which one alone can do, so that nobody is invited twice over.
    """

    day = models.ForeignKey(InterviewDay, on_delete=models.CASCADE, related_name="places")
    starts_at = models.TimeField(_("at"))
    number = models.PositiveSmallIntegerField(_("number"))

    class Meta:
        verbose_name = _("interview turn")
        verbose_name_plural = _("interview turns")
        ordering = ["day", "starts_at", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "starts_at", "number"],
                name="interview_place_once",
                violation_error_message=_("This turn already exists."),
            )
        ]

    def __str__(self):
        return f"{self.day_id} {self.starts_at} {self.number}"

    @staticmethod
    def laid_out(day: InterviewDay, *, first_at: time, minutes: int, slots: int, capacity: int):
        """The turns of a day, not saved yet: `slots` times, `minutes` apart, `capacity` people at each."""
        begins = datetime.combine(day.day, first_at)
        return [
            InterviewPlace(day=day, starts_at=(begins + timedelta(minutes=minutes * slot)).time(), number=number)
            for slot in range(slots)
            for number in range(1, capacity + 1)
        ]


class CandidacyQuerySet(RecordQuerySet):
    """Who was put forward for a demand."""

    def reserve(self):
        """The reserve list, the next one first."""
        return self.filter(status=CandidacyStatus.RESERVE).order_by("rank")

    def in_turn(self):
        """With `turn` and `place_in_line`, for a list in the order of CANDIDACIES_IN_ORDER."""
        turns = [When(status=status, then=Value(turn)) for turn, status in enumerate(TURNS)]
        return self.annotate(
            turn=Case(*turns, output_field=models.IntegerField()), place_in_line=Coalesce("rank", Value(0))
        )


@tracked()
class Candidacy(Lifecycle, Record):
    """A case that was put forward for a demand: on the shortlist, then with a result."""

    MACHINE = CANDIDACY

    demand = models.ForeignKey(
        JobDemand, verbose_name=_("job demand"), on_delete=models.CASCADE, related_name="candidacies"
    )
    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="candidacies"
    )
    status = models.CharField(
        _("status"), max_length=20, choices=CandidacyStatus, default=CandidacyStatus.LISTED, editable=False
    )
    points = models.IntegerField(_("points"), default=0)
    rank = models.PositiveIntegerField(_("place on the reserve list"), null=True, blank=True)
    place = models.OneToOneField(
        InterviewPlace,
        verbose_name=_("interview"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="candidacy",
    )
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    why = models.CharField(_("reason"), max_length=60, blank=True)

    objects = CandidacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("candidacy")
        verbose_name_plural = _("candidacies")
        ordering = ["demand", "-points", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "enrolment"],
                name="candidacy_once_per_demand",
                violation_error_message=_("This candidate is on the shortlist already."),
            ),
            # Two change places in one transaction.
            models.UniqueConstraint(
                fields=["demand", "rank"],
                name="candidacy_rank_once_per_demand",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message=_("Somebody else stands at this place of the reserve list."),
            ),
            models.CheckConstraint(
                condition=Q(status="reserve", rank__isnull=False) | (~Q(status="reserve") & Q(rank__isnull=True)),
                name="candidacy_ranked_on_the_reserve_list",
                violation_error_message=_("Only the reserve list has places."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["not_selected", "released"]) | ~Q(why=""),
                name="candidacy_turned_down_with_reason",
                violation_error_message=_("Say why."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=CandidacyStatus.values),
                name="candidacy_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [CANDIDACY.trigger(), count_versions()]

    def __str__(self):
        return f"{self.enrolment_id} → {self.demand_id}"

    def get_absolute_url(self):
        """The shortlist of the demand."""
        return reverse("selection:shortlist", args=[self.demand.public_id])

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES[self.status]


class ProposalQuerySet(RecordQuerySet):
    """Who is proposed for positions that came free."""

    def open(self):
        """Not decided yet."""
        return self.filter(status=ProposalStatus.OPEN)


@tracked()
class Proposal(Record):
    """The next ready worker of the reserve list, proposed for a position that came free.

    A position has one open proposal, and a candidacy is proposed for one position at a time. It holds nothing: until
    somebody accepts it, the position is vacant.
    """

    position = models.ForeignKey(
        Position, verbose_name=_("position"), on_delete=models.CASCADE, related_name="proposals"
    )
    released = models.ForeignKey(
        Selection,
        verbose_name=_("who held it"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="proposals",
    )
    candidacy = models.ForeignKey(
        Candidacy, verbose_name=_("who is proposed"), on_delete=models.CASCADE, related_name="proposals"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=ProposalStatus, default=ProposalStatus.OPEN, editable=False
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                condition=Q(status="open"),
                name="proposal_one_per_position",
                violation_error_message=_("Somebody is proposed for this position already."),
            ),
            models.UniqueConstraint(
                fields=["candidacy"],
                condition=Q(status="open"),
                name="proposal_one_per_candidacy",
                violation_error_message=_("This candidate is proposed for another position already."),
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True)
                | (Q(status__in=["accepted", "passed", "lapsed"]) & Q(decided_at__isnull=False)),
                name="proposal_decided_at_a_time",
                violation_error_message=_("A decided proposal carries the time."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.candidacy_id} → {self.position_id}"

    def get_absolute_url(self):
        """The shortlist of the demand, where it is decided."""
        return reverse("selection:shortlist", args=[self.position.demand.public_id])
