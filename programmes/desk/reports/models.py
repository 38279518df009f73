"""Periodic reports: schedules that administrators edit, runs that are kept."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.models import Programme


class Kind(models.TextChoices):
    MONTHLY_OPERATIONS = "monthly_operations", _("Monthly operations")


@tracked()
class ReportSchedule(Record):
    """When a programme's report is made. A row, so that administrators change it without a deployment."""

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="report_schedules"
    )
    kind = models.CharField(_("report"), max_length=30, choices=Kind, default=Kind.MONTHLY_OPERATIONS)
    day = models.PositiveSmallIntegerField(
        _("day of the month"), default=1, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    hour = models.PositiveSmallIntegerField(_("hour"), default=6, validators=[MaxValueValidator(23)])
    time_zone = models.CharField(_("time zone"), max_length=50, default="America/Guatemala")
    active = models.BooleanField(_("in force"), default=True)
    next_run_at = models.DateTimeField(_("next run at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("report schedule")
        verbose_name_plural = _("report schedules")
        ordering = ["programme", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "kind"],
                name="report_schedule_once_per_programme",
                violation_error_message=_("This programme already has a schedule for this report."),
            ),
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=28),
                name="report_schedule_day_in_every_month",
                violation_error_message=_("Choose a day from 1 to 28, so that each month has it."),
            ),
            models.CheckConstraint(
                condition=Q(hour__lte=23),
                name="report_schedule_hour_of_the_day",
                violation_error_message=_("An hour lies between 0 and 23."),
            ),
        ]
        triggers = [count_versions(but_not=("next_run_at",))]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.programme}"


class ReportRunQuerySet(RecordQuerySet):
    """Reports that were made, and who may read them."""

    def visible_to(self, user):
        """Reports of the programmes that the user's offices run."""
        return self.filter(programme__in=Programme.objects.reachable_by(user, Permission.REPORT_VIEW))


class ReportRun(Record):
    """A report as it was made: figures, period, as-of day and rule version stay as they were."""

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.PROTECT, related_name="report_runs"
    )
    kind = models.CharField(_("report"), max_length=30, choices=Kind)
    period_from = models.DateField(_("from"))
    period_to = models.DateField(_("to"))
    as_of = models.DateTimeField(_("as of"), default=timezone.now)
    method = models.CharField(_("rule version"), max_length=20)
    figures = models.JSONField(_("figures"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-period_to", "-as_of", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "kind", "period_from", "period_to"],
                condition=Q(asked_by__isnull=True),
                name="report_scheduled_once_per_period",
                violation_error_message=_("The report of this period was already made."),
            ),
            models.CheckConstraint(
                condition=Q(period_to__gte=F("period_from")),
                name="report_period_ends_after_it_starts",
                violation_error_message=_("The period ends before it starts."),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.period_from}"

    def get_absolute_url(self):
        """The report's page."""
        return reverse("reports:detail", args=[self.public_id])
