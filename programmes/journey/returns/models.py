"""The way home: planned, booked, departed, confirmed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.journey.enrolment.models import Enrolment, Fact
from programmes.journey.returns.states import RETURN, Status


class ReturnQuerySet(RecordQuerySet):
    """Returns, and who may see them."""

    def visible_to(self, user):
        """Returns of the cases that the user may see."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user))

    def awaited(self):
        """Not yet confirmed."""
        return self.exclude(status=Status.ARRIVED_CONFIRMED)


@tracked()
class Return(Lifecycle, Fact):
    """The return of one worker after one season."""

    MACHINE = RETURN

    type = models.CharField(_("type of return"), max_length=40)
    planned_on = models.DateField(_("planned on"))
    departed_on = models.DateField(_("departed on"), null=True, blank=True)
    arrived_on = models.DateField(_("arrived on"), null=True, blank=True)
    port = models.CharField(_("port of arrival"), max_length=60, blank=True)
    confirmed_by_means = models.CharField(_("how it was confirmed"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PLANNED, editable=False)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-planned_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                name="return_one_per_case",
                violation_error_message=_("This case already has a return."),
            ),
            models.CheckConstraint(
                condition=Q(arrived_on__isnull=True)
                | Q(departed_on__isnull=True)
                | Q(arrived_on__gte=F("departed_on")),
                name="return_arrives_after_departing",
                violation_error_message=_("The arrival lies before the departure."),
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.ARRIVED_CONFIRMED) | Q(arrived_on__isnull=False),
                name="return_confirmed_has_a_day",
                violation_error_message=_("A confirmed return carries its day of arrival."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="return_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [RETURN.trigger(), count_versions()]

    def __str__(self):
        return str(self.planned_on)

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return {Status.ARRIVED_CONFIRMED: "done", Status.POSTPONED: "waiting", Status.MISSED: "problem"}.get(
            self.status, "active"
        )
