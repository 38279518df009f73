"""Flight groups: workers of a season who leave together, the legs of their journey, who has a seat.

A seat is the worker's trip (departure/models.py: `Trip.group`). As a case has one booked trip at a time, which the
database holds, it is in one group at a time.
"""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.places import validate_time_zone
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.models import Programme, Season

# A departure judges and moves each worker in one transaction; a longer list would hold too many cases for too long.
MOST_TRAVELLERS = 200


class FlightGroupQuerySet(RecordQuerySet):
    """Groups, and who may see them."""

    def visible_to(self, user):
        """Groups of the programmes in which the user matches workers and positions."""
        return self.reachable_by(user, Permission.CASE_MATCH)

    def joinable(self, today):
        """Groups that workers can still be put into, with how many have a seat already (`seated`)."""
        seated = Count("trips", filter=Q(trips__cancelled_on__isnull=True))
        ahead = self.filter(departed_on__isnull=True, called_off_on__isnull=True, first_day__gte=today)
        return ahead.annotate(seated=seated).filter(seated__lt=MOST_TRAVELLERS)

    def reachable_by(self, user, permission):
        """Groups of the programmes where the user has a right."""
        return self.filter(season__programme__in=Programme.objects.reachable_by(user, permission).values("pk"))


@tracked()
class FlightGroup(Record):
    """Workers of one season who leave together. `first_day` is the local day of the first leg, for lists in order.

    One leads it: a worker (`Trip.leads`) or `leader`, one of the staff. A group that is called off keeps its legs, and
    its seats are given up.
    """

    season = models.ForeignKey(Season, verbose_name=_("season"), on_delete=models.PROTECT, related_name="flight_groups")
    name = models.CharField(_("name"), max_length=80)
    staff = models.CharField(_("who of the staff travels along"), max_length=150, blank=True)
    leader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("leader from the staff"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    first_day = models.DateField(_("departure"))
    departed_on = models.DateField(_("departed on"), null=True, blank=True)
    called_off_on = models.DateField(_("called off on"), null=True, blank=True)
    # A code of the list "flight_called_off".
    called_off_reason = models.CharField(_("why it was called off"), max_length=40, blank=True)

    objects = FlightGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("flight group")
        verbose_name_plural = _("flight groups")
        ordering = ["-first_day", "-id"]
        indexes = [models.Index(fields=["season", "-first_day", "-id"], name="flight_group_by_season")]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "name"],
                name="flight_group_name_once_per_season",
                violation_error_message=_("This season already has a flight group of this name."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="flight_group_has_a_name",
                violation_error_message=_("Give the flight group a name."),
            ),
            models.CheckConstraint(
                condition=Q(called_off_on__isnull=True, called_off_reason="")
                | (Q(called_off_on__isnull=False, departed_on__isnull=True) & ~Q(called_off_reason="")),
                name="flight_group_called_off_for_a_reason",
                violation_error_message=_("A group that has not departed is called off with a reason."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        """The page of the group."""
        return reverse("travel:group", args=[self.public_id])


@tracked()
class FlightLeg(Record):
    """One leg: moments are kept as such, and shown on the clock of the place."""

    group = models.ForeignKey(
        FlightGroup, verbose_name=_("flight group"), on_delete=models.CASCADE, related_name="legs"
    )
    number = models.PositiveSmallIntegerField(_("leg"))
    carrier = models.CharField(_("carrier"), max_length=60)
    flight = models.CharField(_("flight or service"), max_length=20)
    origin = models.CharField(_("from"), max_length=60)
    destination = models.CharField(_("to"), max_length=60)
    departs_at = models.DateTimeField(_("departure"))
    departs_zone = models.CharField(_("time zone of the departure"), max_length=40, validators=[validate_time_zone])
    arrives_at = models.DateTimeField(_("arrival"))
    arrives_zone = models.CharField(_("time zone of the arrival"), max_length=40, validators=[validate_time_zone])
    planned_at = models.DateTimeField(_("departure as first planned"), null=True, blank=True)

    class Meta:
        verbose_name = _("leg of a flight")
        verbose_name_plural = _("legs of a flight")
        ordering = ["group", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "number"],
                name="flight_leg_number_once",
                violation_error_message=_("Somebody has just added a leg. Open the page again."),
            ),
            models.CheckConstraint(
                condition=Q(arrives_at__gt=F("departs_at")),
                name="flight_leg_arrives_after_it_departs",
                violation_error_message=_("The arrival lies before the departure."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.flight

    @property
    def departs_there(self):
        """The departure on the clock of its place."""
        return self.departs_at.astimezone(ZoneInfo(self.departs_zone))

    @property
    def planned_there(self):
        """The departure as first planned, on the clock of its place; None when nothing changed."""
        return self.planned_at and self.planned_at.astimezone(ZoneInfo(self.departs_zone))

    @property
    def arrives_there(self):
        """The arrival on the clock of its place."""
        return self.arrives_at.astimezone(ZoneInfo(self.arrives_zone))
