"""What employers ask for: a demand, the authorisation behind it, and each of its positions."""

from datetime import timedelta

import pgtrigger
from django.conf import settings
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
from programmes.journey.people.models import Person

# What the triggers below say, for the catalogues; in_words() translates it for whoever reads it.
SAID_BY_TRIGGERS = (
    gettext_noop("This demand has no more positions."),
    gettext_noop("This demand has more positions already."),
    gettext_noop("The authorisation has not so many positions left."),
    gettext_noop("Demands use more positions of this authorisation already."),
)
_CLAIMING = ", ".join(f"'{status}'" for status in sorted(DEMAND.groups["claiming"]))

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

    def lapsed_on(self, day):
        """Those that carry no work on a day: their time is over, or the authority took them back."""
        return self.filter(Q(valid_until__lt=day) | Q(withdrawn_on__lte=day))


@tracked()
class Authorisation(Record):
    """The permission an employer holds to hire abroad: LMIA, agreement to recruit, collective authorisation …"""

    employer = models.ForeignKey(
        Employer, verbose_name=_("employer"), on_delete=models.PROTECT, related_name="authorisations"
    )
    kind = models.CharField(_("kind"), max_length=40)
    number = models.CharField(_("number"), max_length=60)
    positions = models.PositiveIntegerField(_("positions authorised"))
    applied_on = models.DateField(_("applied for on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    withdrawn_on = models.DateField(_("taken back by the authority on"), null=True, blank=True)

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
            models.CheckConstraint(
                condition=Q(applied_on__isnull=True) | Q(applied_on__lte=F("valid_until")),
                name="authorisation_applied_for_before_its_end",
                violation_error_message=_("“Applied for” lies after “valid until”."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gte=F("valid_from")),
                name="authorisation_withdrawn_after_it_starts",
                violation_error_message=_("“Taken back” lies before “valid from”."),
            ),
        ]
        triggers = [
            count_versions(),
            # The other side of `authorised_seats` of a demand.
            pgtrigger.Trigger(
                name="no_fewer_than_claimed",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("positions"),
                func="""
                    IF NEW.positions < OLD.positions AND NEW.positions < (
                        SELECT COALESCE(SUM(d.positions), 0) FROM programmes_jobdemand d
                        WHERE d.authorisation_id = NEW.id AND d.status IN (CLAIMING)
                    ) THEN
                        RAISE EXCEPTION 'Demands use more positions of this authorisation already.'
                            USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """.replace("CLAIMING", _CLAIMING),
            ),
        ]

    def __str__(self):
        return self.number

    def lapsed_by(self, day) -> bool:
        """Whether it carries no work on `day`: its time is over, or the authority took it back."""
        return self.valid_until < day or (self.withdrawn_on is not None and self.withdrawn_on <= day)

    @property
    def last_day(self):
        """The last day on which it carries work."""
        before = self.withdrawn_on - timedelta(days=1) if self.withdrawn_on else self.valid_until
        return min(before, self.valid_until)

    @property
    def is_lapsed(self) -> bool:
        """Carries no work from today on."""
        return self.lapsed_by(timezone.localdate())


class JobDemandQuerySet(RecordQuerySet):
    """Job demands, and who may see them."""

    def visible_to(self, user):
        """Demands in the programmes that the user's offices run."""
        return self.reachable_by(user, Permission.DEMAND_VIEW)

    def reachable_by(self, user, permission):
        """Demands in the programmes where the user has a right, such as editing or approving them."""
        return self.filter(season__programme__in=Programme.objects.reachable_by(user, permission).values("pk"))

    def claiming(self):
        """Demands that claim positions of their authorisation: from submission on, until they are given up."""
        return self.filter(status__in=DEMAND.groups["claiming"])

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
    national_code = models.CharField(_("occupation code of the country"), max_length=12, blank=True)
    positions = models.PositiveIntegerField(_("positions"))
    starts_on = models.DateField(_("first day of work"))
    ends_on = models.DateField(_("last day of work"))
    wage = models.DecimalField(_("wage"), max_digits=10, decimal_places=2)
    wage_currency = models.CharField(_("currency"), max_length=3)
    wage_unit = models.CharField(_("wage is paid"), max_length=6, choices=WageUnit, default=WageUnit.HOUR)
    hours_per_week = models.DecimalField(_("hours per week"), max_digits=4, decimal_places=1)
    housing = models.CharField(_("housing"), max_length=30, blank=True)
    transport = models.CharField(_("transport"), max_length=30, blank=True)
    language = models.CharField(_("language at work"), max_length=10, blank=True)
    language_level = models.CharField(_("level of the language"), max_length=10, blank=True)
    criteria = models.TextField(_("what the work asks for"), blank=True)
    terms = models.TextField(_("other terms"), blank=True)
    requested_on = models.DateField(_("requested on"))
    submitted_at = models.DateTimeField(_("handed in at"), null=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("handed in by"), on_delete=models.PROTECT, null=True,
        editable=False, related_name="+",
    )  # fmt: skip
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("approved by"), on_delete=models.PROTECT, null=True,
        editable=False, related_name="+",
    )  # fmt: skip
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
            # Nobody approves what they asked for, whoever writes and however (domain.md 6).
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | Q(created_by__isnull=True) | ~Q(approved_by=F("created_by")),
                name="demand_approved_by_another_than_its_writer",
                violation_error_message=_("Nobody approves a demand of their own. Ask a colleague."),
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | Q(submitted_by__isnull=True)
                | ~Q(approved_by=F("submitted_by")),
                name="demand_approved_by_another_than_who_handed_it_in",
                violation_error_message=_("Nobody approves a demand of their own. Ask a colleague."),
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
            # All demands on one authorisation together never claim more positions than it has. The lock makes two of
            # them wait for each other; a demand that claims already, and no more than before, is not judged again.
            pgtrigger.Trigger(
                name="authorised_seats",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "positions", "authorisation_id"),
                declare=[("authorised", "integer"), ("claimed", "bigint")],
                func="""
                    IF NEW.authorisation_id IS NULL OR NEW.status NOT IN (CLAIMING) THEN
                        RETURN NEW;
                    END IF;
                    IF TG_OP = 'UPDATE' AND OLD.status IN (CLAIMING) AND NEW.positions <= OLD.positions
                        AND NEW.authorisation_id IS NOT DISTINCT FROM OLD.authorisation_id THEN
                        RETURN NEW;
                    END IF;
                    SELECT a.positions INTO authorised FROM programmes_authorisation a
                        WHERE a.id = NEW.authorisation_id FOR NO KEY UPDATE;
                    SELECT COALESCE(SUM(d.positions), 0) INTO claimed FROM programmes_jobdemand d
                        WHERE d.authorisation_id = NEW.authorisation_id AND d.id <> NEW.id
                        AND d.status IN (CLAIMING);
                    IF claimed + NEW.positions > authorised THEN
                        RAISE EXCEPTION 'The authorisation has not so many positions left.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """.replace("CLAIMING", _CLAIMING),
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

    @property
    def has_lapsed(self) -> bool:
        """Open, but without an authorisation that carries work today: nobody is selected, nobody travels."""
        return bool(self.authorisation and self.status in DEMAND.groups["following"] and self.authorisation.is_lapsed)


@tracked()
class Deduction(Record):
    """One line of what is taken off the wage: an amount in the currency of the wage or a share of it, and how often."""

    class HowOften(models.TextChoices):
        ONCE = "once", _("once")
        DAY = "day", _("every day")
        WEEK = "week", _("every week")
        PAY = "pay", _("every payday")
        MONTH = "month", _("every month")

    demand = models.ForeignKey(
        JobDemand, verbose_name=_("job demand"), on_delete=models.CASCADE, related_name="deductions"
    )
    what = models.CharField(_("what for"), max_length=30)
    amount = models.DecimalField(_("amount"), max_digits=10, decimal_places=2, null=True, blank=True)
    per_cent = models.DecimalField(_("per cent of the wage"), max_digits=5, decimal_places=2, null=True, blank=True)
    how_often = models.CharField(_("how often"), max_length=5, choices=HowOften, default=HowOften.PAY)

    class Meta:
        verbose_name = _("deduction")
        verbose_name_plural = _("deductions")
        ordering = ["demand", "what", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand", "what"],
                name="deduction_once_per_demand",
                violation_error_message=_("This deduction is already written down."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, per_cent__isnull=True) | Q(amount__isnull=True, per_cent__gt=0),
                name="deduction_amount_or_share",
                violation_error_message=_("Write either an amount or per cent of the wage, more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(per_cent__isnull=True) | Q(per_cent__lte=100),
                name="deduction_share_of_a_wage",
                violation_error_message=_("A wage has 100 per cent."),
            ),
            models.CheckConstraint(
                condition=Q(how_often__in=["once", "day", "week", "pay", "month"]),
                name="deduction_how_often_known",
                violation_error_message=_("Choose how often."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.demand.number}: {self.what}"


class PositionQuerySet(RecordQuerySet):
    """Positions of demands."""

    def visible_to(self, user):
        """Positions of the demands that the user may see."""
        return self.filter(demand__in=JobDemand.objects.visible_to(user))

    def vacant(self):
        """Free to be reserved."""
        return self.filter(status=PositionStatus.VACANT)

    def takeable_by(self, person_id):
        """Vacant positions that this person may take, in the order in which they are given.

        The one that names the person comes first, then the generic ones; a position that names somebody else is
        theirs alone until it was opened to others.
        """
        mine = Q(wanted=person_id) if person_id else Q(pk__in=[])
        free = Q(named=False) | Q(open_to_others_on__isnull=False)
        rank = models.Case(
            models.When(mine, then=0), models.When(named=False, then=1), default=2, output_field=models.IntegerField()
        )
        return self.vacant().filter(mine | free).order_by(rank, "number")

    def given(self):
        """Filled: accepted, occupied, or vacated at the end of the season."""
        return self.filter(status__in=POSITION.groups["given"])

    def held(self):
        """Somebody's: reserved, offered, accepted or occupied."""
        return self.filter(status__in=POSITION.groups["held"])


@tracked()
class Position(Lifecycle, Record):
    """One place of a demand: the unit that is reserved, offered, accepted and occupied.

    From approval on there are exactly as many rows as the demand has positions, numbered from 1; a trigger refuses
    one more, so a demand cannot be overbooked whoever writes and however.

    A *named* position (recall, nominative offer) is for one worker: `wanted_name` is how the employer wrote the name,
    `wanted` the person once somebody matched it. Named positions stand here from the draft on. When the worker wanted
    does not take it, it is opened to others and stays what it was: its story remains readable.
    """

    MACHINE = POSITION

    demand = models.ForeignKey(JobDemand, verbose_name=_("job demand"), on_delete=models.CASCADE, related_name="places")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(
        _("status"), max_length=20, choices=PositionStatus, default=PositionStatus.VACANT, editable=False
    )
    named = models.BooleanField(_("names a worker"), default=False)
    wanted_name = models.CharField(_("worker wanted, as the employer wrote it"), max_length=200, blank=True)
    wanted = models.ForeignKey(
        Person, verbose_name=_("worker wanted"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="wanted_for",
    )  # fmt: skip
    open_to_others_on = models.DateField(_("open to others since"), null=True, blank=True)

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
            models.UniqueConstraint(
                fields=["demand", "wanted"],
                condition=Q(wanted__isnull=False),
                name="position_wants_each_worker_once",
                violation_error_message=_("This worker is already asked for by name in this demand."),
            ),
            models.CheckConstraint(
                condition=Q(named=True)
                | Q(named=False, wanted__isnull=True, wanted_name="", open_to_others_on__isnull=True),
                name="position_generic_names_nobody",
                violation_error_message=_("A generic position names nobody."),
            ),
            models.CheckConstraint(
                condition=Q(named=False) | Q(wanted__isnull=False) | ~Q(wanted_name=""),
                name="position_named_says_whom",
                violation_error_message=_("A named position says whom it is for."),
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
