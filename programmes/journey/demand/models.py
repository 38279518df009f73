"""What employers ask for: a demand, the authorisation behind it, and each of its positions."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.base.rulebook.models import Programme, Season
from programmes.journey.demand.states import DEMAND, POSITION, DemandStatus, PositionStatus
from programmes.journey.employers.models import Employer, Site

# What the triggers below say, for the catalogues; in_words() translates it for whoever reads it.
SAID_BY_TRIGGERS = (
    gettext_noop("This demand has no more positions."),
    gettext_noop("This demand has more positions already."),
)

TONES = {
    DemandStatus.OPEN: "active", DemandStatus.PARTLY_FILLED: "active", DemandStatus.FILLED: "done",
    DemandStatus.APPROVED: "done", DemandStatus.SUBMITTED: "waiting", DemandStatus.UNDER_REVIEW: "waiting",
    DemandStatus.RETURNED: "problem", DemandStatus.REJECTED: "problem", DemandStatus.EXPIRED: "problem",
}  # fmt: skip


class AuthorisationQuerySet(RecordQuerySet):
    """Authorisations, and who may see them."""

    def visible_to(self, user):
        """Authorisations of the employers that the user may see."""
        return self.filter(employer__in=Employer.objects.visible_to(user))


@tracked()
class Authorisation(Record):
    """The permission an employer holds to hire abroad: LMIA, agreement to recruit, collective authorisation …"""

    employer = models.ForeignKey(
        Employer, verbose_name=_("employer"), on_delete=models.PROTECT, related_name="authorisations"
    )
    kind = models.CharField(_("kind"), max_length=40)
    number = models.CharField(_("number"), max_length=60)
    positions = models.PositiveIntegerField(_("positions authorised"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))

    objects = AuthorisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("authorisation")
        verbose_name_plural = _("authorisations")
        ordering = ["-valid_until", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number"],
                name="authorisation_number_once",
                violation_error_message=_("This authorisation number is already recorded."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")),
                name="authorisation_ends_after_it_starts",
                violation_error_message=_("“Valid until” lies before “valid from”."),
            ),
            models.CheckConstraint(
                condition=Q(positions__gte=1, positions__lte=5000),
                name="authorisation_has_positions",
                violation_error_message=_("An authorisation covers 1 to 5,000 positions."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.number

    @property
    def is_lapsed(self) -> bool:
        """Carries no work from today on."""
        return self.valid_until < timezone.localdate()


class JobDemandQuerySet(RecordQuerySet):
    """Job demands, and who may see them."""

    def visible_to(self, user):
        """Demands in the programmes that the user's offices run."""
        return self.reachable_by(user, Permission.DEMAND_VIEW)

    def reachable_by(self, user, permission):
        """Demands in the programmes where the user has a right, such as editing or approving them."""
        return self.filter(season__programme__in=Programme.objects.reachable_by(user, permission).values("pk"))

    def taking(self):
        """Demands with positions to fill."""
        return self.filter(status__in=DEMAND.groups["taking"])


@tracked()
class JobDemand(Lifecycle, Record):
    """An employer's request for workers in one season, with the terms of work."""

    MACHINE = DEMAND

    class WageUnit(models.TextChoices):
        HOUR = "hour", _("per hour")
        DAY = "day", _("per day")
        WEEK = "week", _("per week")
        MONTH = "month", _("per month")
        PIECE = "piece", _("per piece")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    season = models.ForeignKey(Season, verbose_name=_("season"), on_delete=models.PROTECT, related_name="demands")
    employer = models.ForeignKey(Employer, verbose_name=_("employer"), on_delete=models.PROTECT, related_name="demands")
    site = models.ForeignKey(Site, verbose_name=_("site"), on_delete=models.PROTECT, related_name="demands")
    authorisation = models.ForeignKey(
        Authorisation,
        verbose_name=_("authorisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="demands",
    )
    occupation = models.CharField(_("occupation (ISCO-08)"), max_length=10)
    positions = models.PositiveIntegerField(_("positions"))
    starts_on = models.DateField(_("first day of work"))
    ends_on = models.DateField(_("last day of work"))
    wage = models.DecimalField(_("wage"), max_digits=10, decimal_places=2)
    wage_currency = models.CharField(_("currency"), max_length=3)
    wage_unit = models.CharField(_("wage is paid"), max_length=6, choices=WageUnit, default=WageUnit.HOUR)
    hours_per_week = models.DecimalField(_("hours per week"), max_digits=4, decimal_places=1)
    terms = models.TextField(_("other terms"), blank=True)
    requested_on = models.DateField(_("requested on"))
    status = models.CharField(
        _("status"), max_length=20, choices=DemandStatus, default=DemandStatus.DRAFT, editable=False
    )

    objects = JobDemandQuerySet.as_manager()

    class Meta:
        verbose_name = _("job demand")
        verbose_name_plural = _("job demands")
        ordering = ["-requested_on", "-id"]
        indexes = [
            models.Index(fields=["season", "status", "-requested_on", "-id"], name="demand_by_season_and_status")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="demand_ends_after_it_starts",
                violation_error_message=_("The last day of work lies before the first."),
            ),
            models.CheckConstraint(
                condition=Q(positions__gte=1, positions__lte=2000),
                name="demand_has_positions",
                violation_error_message=_("A demand asks for 1 to 2,000 positions."),
            ),
            models.CheckConstraint(
                condition=Q(wage__gt=0),
                name="demand_wage_is_positive",
                violation_error_message=_("The wage must be more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(hours_per_week__gt=0, hours_per_week__lte=80),
                name="demand_hours_in_range",
                violation_error_message=_("Hours per week lie between 1 and 80."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=DemandStatus.values),
                name="demand_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [
            DEMAND.trigger(),
            count_versions(),
            # The other side of `no_more_than_demanded`: a demand does not shrink below positions that exist.
            pgtrigger.Trigger(
                name="no_fewer_than_given",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("positions"),
                func="""
                    IF EXISTS (SELECT 1 FROM programmes_position p
                               WHERE p.demand_id = NEW.id AND p.number > NEW.positions) THEN
                        RAISE EXCEPTION 'This demand has more positions already.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        """The demand's page."""
        return reverse("demand:detail", args=[self.public_id])

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES.get(self.status, "neutral")


class PositionQuerySet(RecordQuerySet):
    """Positions of demands."""

    def visible_to(self, user):
        """Positions of the demands that the user may see."""
        return self.filter(demand__in=JobDemand.objects.visible_to(user))

    def vacant(self):
        """Free to be reserved."""
        return self.filter(status=PositionStatus.VACANT)

    def given(self):
        """Filled: accepted, occupied, or vacated at the end of the season."""
        return self.filter(status__in=POSITION.groups["given"])

    def held(self):
        """Somebody's: reserved, offered, accepted or occupied."""
        return self.filter(status__in=POSITION.groups["held"])


@tracked()
class Position(Lifecycle, Record):
    """One place of a demand: the unit that is reserved, offered, accepted and occupied.

    There are exactly as many rows as the demand has positions, numbered from 1; a trigger refuses one more, so
    a demand cannot be overbooked whoever writes and however.
    """

    MACHINE = POSITION

    demand = models.ForeignKey(JobDemand, verbose_name=_("job demand"), on_delete=models.CASCADE, related_name="places")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(
        _("status"), max_length=20, choices=PositionStatus, default=PositionStatus.VACANT, editable=False
    )

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("position")
        verbose_name_plural = _("positions")
        ordering = ["demand", "number"]
        indexes = [
            models.Index(fields=["demand", "number"], name="position_vacant", condition=Q(status="vacant")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "number"],
                name="position_number_once_per_demand",
                violation_error_message=_("This position already exists."),
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="position_counts_from_one",
                violation_error_message=_("Positions count from 1."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=PositionStatus.values),
                name="position_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [
            POSITION.trigger(),
            count_versions(),
            pgtrigger.Trigger(
                name="no_more_than_demanded",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NEW.number > (SELECT d.positions FROM programmes_jobdemand d WHERE d.id = NEW.demand_id) THEN
                        RAISE EXCEPTION 'This demand has no more positions.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return f"{self.demand.number}/{self.number}"
