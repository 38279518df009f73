"""Which candidate holds which position."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.journey.demand.models import Position
from programmes.journey.enrolment.models import Enrolment


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
