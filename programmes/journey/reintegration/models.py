"""Building something at home: the plan, its lines, and the follow-ups after 3, 6 and 12 months."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.journey.enrolment.models import Enrolment, Fact
from programmes.journey.reintegration.states import FOLLOW_UP, REINTEGRATION, FollowUpStatus, Status


class OfVisibleCases(RecordQuerySet):
    """Reintegration cases, seen by whoever may see the case they belong to."""

    def visible_to(self, user):
        """Reintegration cases of the cases that the user may see."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user))


@tracked()
class Reintegration(Lifecycle, Fact):
    """The reintegration of one returnee (domain.md 2.6)."""

    MACHINE = REINTEGRATION

    opened_on = models.DateField(_("opened on"))
    assessed_on = models.DateField(_("assessed on"), null=True, blank=True)
    agreed_on = models.DateField(_("plan agreed on"), null=True, blank=True)
    goals = models.TextField(_("goals, in the person's words"), blank=True)
    economic = models.TextField(_("economic assistance"), blank=True)
    social = models.TextField(_("social assistance"), blank=True)
    psychosocial = models.TextField(_("psychosocial assistance"), blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPENED, editable=False)

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("reintegration case")
        verbose_name_plural = _("reintegration cases")
        ordering = ["-opened_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                name="reintegration_one_per_case",
                violation_error_message=_("This case already has a reintegration plan."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="reintegration_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [REINTEGRATION.trigger(), count_versions()]

    def __str__(self):
        return str(self.opened_on)

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return {
            Status.CLOSED: "neutral",
            Status.COMPLETED: "done",
            Status.IN_MONITORING: "done",
            Status.PAUSED: "waiting",
        }.get(self.status, "active")


@tracked()
class PlanLine(Record):
    """One kind of assistance in the plan; each line asks whether a referral is needed (Handbook, Annex 3)."""

    class Dimension(models.TextChoices):
        IMMEDIATE = "immediate", _("immediate")
        ECONOMIC = "economic", _("economic")
        SOCIAL = "social", _("social")
        PSYCHOSOCIAL = "psychosocial", _("psychosocial")

    reintegration = models.ForeignKey(
        Reintegration, verbose_name=_("reintegration case"), on_delete=models.CASCADE, related_name="lines"
    )
    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="plan_lines"
    )
    dimension = models.CharField(_("dimension"), max_length=12, choices=Dimension)
    assistance = models.CharField(_("assistance"), max_length=40)
    description = models.CharField(_("what exactly"), max_length=300, blank=True)
    referral_needed = models.BooleanField(_("referral needed"), default=False)
    cost = models.DecimalField(_("estimated cost"), max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    done_on = models.DateField(_("delivered on"), null=True, blank=True)

    class Meta:
        verbose_name = _("plan line")
        verbose_name_plural = _("plan lines")
        ordering = ["dimension", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | (Q(cost__gte=0) & ~Q(currency="")),
                name="plan_line_cost_has_a_currency",
                violation_error_message=_("Give the cost with its currency."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.assistance


@tracked()
class FollowUp(Lifecycle, Fact):
    """An interview some months after the return: how the person lives now."""

    MACHINE = FOLLOW_UP

    months = models.PositiveSmallIntegerField(_("months after return"))
    due_on = models.DateField(_("due on"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    in_work = models.BooleanField(_("in work or self-employed"), null=True, blank=True)
    able_to_stay = models.BooleanField(_("feels able to stay"), null=True, blank=True)
    summary = models.TextField(_("what the person said"), blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=FollowUpStatus, default=FollowUpStatus.SCHEDULED, editable=False
    )

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["months", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "months"],
                name="follow_up_once_per_month",
                violation_error_message=_("This follow-up already exists."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=FollowUpStatus.values),
                name="follow_up_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [FOLLOW_UP.trigger(), count_versions()]

    def __str__(self):
        return f"{self.months}"
