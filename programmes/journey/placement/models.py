"""The time abroad: where the worker is, how it goes, how it ended."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.common.periods import only_one_at_a_time
from programmes.base.lifecycle.models import Lifecycle
from programmes.journey.demand.models import Position
from programmes.journey.employers.fair import FairAnswer
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people.models import Person
from programmes.journey.placement.states import PLACEMENT, Status


class PlacementQuerySet(RecordQuerySet):
    """Placements, and who may see them."""

    def visible_to(self, user):
        """Placements of the cases that the user may see."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user))

    def running(self):
        """Workers who are at work now."""
        return self.filter(status=Status.STARTED)


@tracked()
class Placement(Lifecycle, Record):
    """A worker at an employer, from the first to the last day of work."""

    MACHINE = PLACEMENT

    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="placements"
    )
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="placements")
    position = models.ForeignKey(
        Position, verbose_name=_("position"), on_delete=models.PROTECT, related_name="placements"
    )
    starts_on = models.DateField(_("first day of work"))
    ends_on = models.DateField(_("planned last day"))
    ended_on = models.DateField(_("actual last day"), null=True, blank=True)
    end_cause = models.CharField(_("cause of the end"), max_length=40, blank=True)
    hours_worked = models.DecimalField(_("hours worked"), max_digits=7, decimal_places=1, null=True, blank=True)
    employer_rating = models.PositiveSmallIntegerField(_("employer's evaluation of the worker"), null=True, blank=True)
    worker_rating = models.PositiveSmallIntegerField(_("worker's evaluation of the employer"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED, editable=False)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["-starts_on", "-id"]
        constraints = [
            ExclusionConstraint(
                name="placement_no_overlap_per_person",
                expressions=only_one_at_a_time("starts_on", Coalesce(F("ended_on"), F("ends_on"))),
                condition=~Q(status=Status.CANCELLED),
                violation_error_message=_("This person already has a placement at these dates."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="placement_ends_after_it_starts",
                violation_error_message=_("The last day of work lies before the first."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("starts_on")),
                name="placement_ended_after_it_started",
                violation_error_message=_("The actual last day lies before the first day of work."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.COMPLETED, Status.TERMINATED_EARLY, Status.TRANSFERRED_OUT])
                | Q(ended_on__isnull=False),
                name="placement_over_has_a_last_day",
                violation_error_message=_("A placement that is over carries its actual last day."),
            ),
            models.CheckConstraint(
                condition=Q(employer_rating__isnull=True) | Q(employer_rating__gte=1, employer_rating__lte=5),
                name="placement_employer_rating_in_range",
                violation_error_message=_("An evaluation lies between 1 and 5."),
            ),
            models.CheckConstraint(
                condition=Q(worker_rating__isnull=True) | Q(worker_rating__gte=1, worker_rating__lte=5),
                name="placement_worker_rating_in_range",
                violation_error_message=_("An evaluation lies between 1 and 5."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="placement_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [PLACEMENT.trigger(), count_versions()]

    def __str__(self):
        return f"{self.enrolment_id} {self.starts_on}"


@tracked()
class PlacementAnswer(FairAnswer):
    """How fairly a worker was recruited, question by question; of a fee that was charged, how much."""

    placement = models.ForeignKey(
        Placement, verbose_name=_("placement"), on_delete=models.CASCADE, related_name="answers"
    )
    fee = models.DecimalField(_("fee that was charged"), max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("answer about a placement")
        verbose_name_plural = _("answers about placements")
        ordering = ["placement", "question"]
        constraints = [
            models.UniqueConstraint(
                fields=["placement", "question"],
                name="placement_answer_once",
                violation_error_message=_("Somebody has just answered this. Open the page again."),
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["yes", "no", "unknown"]) | Q(answer="refunded", question="no_fee"),
                name="placement_answer_known",
                violation_error_message=_("This is no answer to the question."),
            ),
            models.CheckConstraint(
                condition=Q(fee__isnull=True, currency="")
                | (Q(fee__gt=0, question="no_fee", answer__in=["no", "refunded"]) & ~Q(currency="")),
                name="placement_answer_fee_was_charged",
                violation_error_message=_("Give the amount of the fee with its currency."),
            ),
        ]
        triggers = [count_versions()]


@tracked()
class CheckIn(Record):
    """A contact with a worker abroad: how he or she is, and what needs attention."""

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        PHONE = "phone", _("by phone")
        MESSAGE = "message", _("by message")

    class Wellbeing(models.TextChoices):
        GOOD = "good", _("well")
        FAIR = "fair", _("with some difficulty")
        POOR = "poor", _("not well")
        UNREACHED = "unreached", _("not reached")

    placement = models.ForeignKey(
        Placement, verbose_name=_("placement"), on_delete=models.CASCADE, related_name="check_ins"
    )
    enrolment = models.ForeignKey(Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="check_ins")
    on = models.DateField(_("on"))
    mode = models.CharField(_("how"), max_length=10, choices=Mode)
    alone = models.BooleanField(_("spoke alone with the worker"), default=False)
    wellbeing = models.CharField(_("how the worker is"), max_length=10, choices=Wellbeing)
    concerns = models.TextField(_("what needs attention"), blank=True)

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-on", "-id"]
        triggers = [count_versions()]

    def __str__(self):
        return str(self.on)

    @property
    def wellbeing_tone(self) -> str:
        """The tone in which the worker's wellbeing is shown."""
        return {self.Wellbeing.GOOD: "done", self.Wellbeing.FAIR: "waiting", self.Wellbeing.POOR: "problem"}.get(
            self.wellbeing, "neutral"
        )
