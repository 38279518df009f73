"""What a worker needs to travel: documents, medical, permit, contract, orientation, ticket."""

from dataclasses import fields

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.journey.departure.rules import BENEFITS, DEDUCTIONS, Terms
from programmes.journey.departure.states import (
    CONTRACT,
    DOCUMENT,
    MEDICAL,
    PERMIT,
    TONES,
    ContractStatus,
    DocumentStatus,
    MedicalStatus,
    PermitStatus,
)
from programmes.journey.enrolment.models import Enrolment, Fact
from programmes.journey.people.models import Person
from programmes.journey.selection.models import Selection


class OfVisibleCases(RecordQuerySet):
    """Rows of a case, seen by whoever may see the case."""

    def visible_to(self, user):
        """Rows of the cases that the user may see."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user))


class Toned(Lifecycle):
    """A record with states that are shown as tags."""

    status: str

    class Meta:
        abstract = True

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES[self.MACHINE.name].get(self.status, "neutral")


def _known(name, choices):
    return models.CheckConstraint(
        condition=Q(status__in=choices.values),
        name=f"{name}_status_known",
        violation_error_message=_("Unknown status."),
    )


@tracked()
class Document(Toned, Record):
    """A document of a person. It outlives a season: a passport verified last year counts while it is valid."""

    MACHINE = DOCUMENT

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="documents")
    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("recorded in case"), on_delete=models.CASCADE, related_name="documents"
    )
    type = models.CharField(_("document"), max_length=40)
    number = models.CharField(_("number"), max_length=60, blank=True)
    issuer = models.CharField(_("issued by"), max_length=150, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=DocumentStatus, default=DocumentStatus.REQUIRED, editable=False
    )

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["type", "-id"]
        indexes = [
            models.Index(fields=["person", "type"], name="document_by_person_and_type"),
            models.Index(fields=["number"], condition=~Q(number=""), name="document_by_number"),
            # What the hourly job looks for: few among all that were ever verified.
            models.Index(
                fields=["expires_on"], condition=Q(status__in=["verified", "expiring"]), name="document_by_last_day"
            ),
        ]
        constraints = [
            _known("document", DocumentStatus),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(issued_on__isnull=True) | Q(expires_on__gt=F("issued_on")),
                name="document_expires_after_issue",
                violation_error_message=_("The document would expire before it was issued."),
            ),
            models.UniqueConstraint(
                fields=["enrolment", "type"],
                condition=Q(status__in=sorted(DOCUMENT.groups["awaited"])),
                name="document_one_awaited_per_type",
                violation_error_message=_("This document is already awaited."),
            ),
        ]
        triggers = [
            DOCUMENT.trigger(),
            count_versions(),
            # What was verified is what was seen: a correction is a new row, never a change of this one.
            pgtrigger.Protect(
                name="verified_is_kept",
                operation=pgtrigger.UpdateOf("type", "number", "issuer", "issued_on", "expires_on"),
                condition=pgtrigger.Q(old__status__in=sorted(DOCUMENT.groups["settled"])),
            ),
        ]

    def __str__(self):
        return self.type


@tracked()
class Medical(Toned, Fact):
    """A medical exam: appointment, result, how long it holds. No diagnosis is kept here."""

    MACHINE = MEDICAL

    clinic = models.CharField(_("clinic"), max_length=150)
    scheduled_on = models.DateField(_("appointment on"))
    result_on = models.DateField(_("result of"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=MedicalStatus, default=MedicalStatus.SCHEDULED, editable=False
    )

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("medical exam")
        verbose_name_plural = _("medical exams")
        ordering = ["-scheduled_on", "-id"]
        constraints = [
            _known("medical", MedicalStatus),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(MEDICAL.groups["good"])) | Q(valid_until__isnull=False),
                name="medical_fit_has_an_end",
                violation_error_message=_("Say until when the medical clearance is valid."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(result_on__isnull=True) | Q(valid_until__gt=F("result_on")),
                name="medical_valid_after_result",
                violation_error_message=_("The clearance would end before its result."),
            ),
        ]
        triggers = [MEDICAL.trigger(), count_versions()]

    def __str__(self):
        return str(self.scheduled_on)


@tracked()
class Permit(Toned, Fact):
    """An application for a visa or permit."""

    MACHINE = PERMIT

    type = models.CharField(_("visa or permit"), max_length=40)
    application_number = models.CharField(_("application number"), max_length=60, blank=True)
    lodged_on = models.DateField(_("lodged on"), null=True, blank=True)
    biometrics_on = models.DateField(_("biometrics on"), null=True, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    refusal_reason = models.CharField(_("reason of refusal"), max_length=40, blank=True)
    status = models.CharField(
        _("status"), max_length=15, choices=PermitStatus, default=PermitStatus.PREPARING, editable=False
    )

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("visa or permit application")
        verbose_name_plural = _("visa and permit applications")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["valid_until"], condition=Q(status="approved"), name="permit_by_last_day"),
        ]
        constraints = [
            _known("permit", PermitStatus),
            models.CheckConstraint(
                condition=~Q(status=PermitStatus.APPROVED) | Q(valid_until__isnull=False),
                name="permit_approved_has_an_end",
                violation_error_message=_("Say until when the permit is valid."),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_from__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="permit_ends_after_it_starts",
                violation_error_message=_("The permit would end before it starts."),
            ),
        ]
        triggers = [PERMIT.trigger(), count_versions()]

    def __str__(self):
        return self.type


# The columns that are the terms of the work.
TERMS = tuple(field.name for field in fields(Terms) if field.name != "employer")
# `substitutions` of rules.py once more, as the database says it of an earlier row `c` and the new one. Pay is compared
# crosswise, without a division: so many hours of the one against so many of the other.
_PER_HOUR = "(CASE {row}.wage_unit WHEN 'month' THEN {row}.wage * 12 ELSE {row}.wage END)"
_HOURS_PAID = (
    "(CASE {row}.wage_unit WHEN 'month' THEN 52 * {row}.hours_per_week"
    " WHEN 'week' THEN {row}.hours_per_week ELSE 1 END)"
)
_WORSE = " OR ".join(
    [
        "c.wage_currency <> NEW.wage_currency",
        "(c.wage_unit <> NEW.wage_unit AND (c.wage_unit IN ('day', 'piece') OR NEW.wage_unit IN ('day', 'piece')))",
        "({} * {}) < ({} * {})".format(
            _PER_HOUR.format(row="NEW"),
            _HOURS_PAID.format(row="c"),
            _PER_HOUR.format(row="c"),
            _HOURS_PAID.format(row="NEW"),
        ),
        "NEW.hours_per_week < c.hours_per_week",
        "COALESCE(NEW.longest_week, NEW.hours_per_week) > COALESCE(c.longest_week, c.hours_per_week)",
        "COALESCE(NEW.longest_day, 1000) > COALESCE(c.longest_day, 1000)",
        "COALESCE(NEW.overtime_percent, 100) < COALESCE(c.overtime_percent, 100)",
        *(f"NEW.{name} > c.{name}" for name in DEDUCTIONS),
        *(f"(c.{name} AND NOT NEW.{name})" for name in BENEFITS),
    ]
)
# What the triggers below say, for the catalogues; in_words() translates it for whoever reads it.
SAID_BY_TRIGGERS = (gettext_noop("A later version of a contract may not be worse than an earlier one."),)


def _weekly(words):
    return models.DecimalField(words, max_digits=8, decimal_places=2, default=0)


@tracked()
class Contract(Toned, Fact):
    """One version of the employment contract, explained in the worker's language before it is signed.

    It stands on the selection it is for: another employer needs another selection (or a transfer), and a contract
    of a position that was given back no longer counts.
    """

    MACHINE = CONTRACT

    selection = models.ForeignKey(
        Selection, verbose_name=_("position"), on_delete=models.PROTECT, related_name="contracts"
    )
    contract_version = models.PositiveSmallIntegerField(_("version"), default=1)
    language = models.CharField(_("language it was explained in"), max_length=10, blank=True)
    explained_on = models.DateField(_("explained on"), null=True, blank=True)
    explained_by = models.CharField(_("explained by"), max_length=150, blank=True)
    given_on = models.DateField(_("given to the worker on"), null=True, blank=True)
    worker_signed_on = models.DateField(_("signed by the worker on"), null=True, blank=True)
    employer_signed_on = models.DateField(_("signed by the employer on"), null=True, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    wage = models.DecimalField(_("wage"), max_digits=10, decimal_places=2)
    wage_currency = models.CharField(_("currency"), max_length=3)
    wage_unit = models.CharField(_("wage is paid"), max_length=6)
    hours_per_week = models.DecimalField(_("hours per week"), max_digits=4, decimal_places=1)
    longest_week = models.DecimalField(_("most hours in a week"), max_digits=4, decimal_places=1, null=True, blank=True)
    longest_day = models.DecimalField(_("most hours in a day"), max_digits=3, decimal_places=1, null=True, blank=True)
    overtime_percent = models.PositiveSmallIntegerField(_("overtime, per cent of the wage"), null=True, blank=True)
    deduct_housing = _weekly(_("deduction for housing, per week"))
    deduct_transport = _weekly(_("deduction for transport, per week"))
    deduct_meals = _weekly(_("deduction for meals, per week"))
    deduct_insurance = _weekly(_("deduction for insurance, per week"))
    deduct_other = _weekly(_("other deductions, per week"))
    gives_housing = models.BooleanField(_("the employer provides housing"), default=False)
    gives_transport = models.BooleanField(_("the employer provides transport to work"), default=False)
    gives_meals = models.BooleanField(_("the employer provides meals"), default=False)
    gives_insurance = models.BooleanField(_("the employer insures against accident and illness"), default=False)
    gives_return = models.BooleanField(_("the employer pays the journey home"), default=False)
    other_terms = models.TextField(_("other terms"), blank=True)
    status = models.CharField(
        _("status"), max_length=15, choices=ContractStatus, default=ContractStatus.DRAFT, editable=False
    )

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["-contract_version", "-id"]
        constraints = [
            _known("contract", ContractStatus),
            models.UniqueConstraint(
                fields=["enrolment", "contract_version"],
                name="contract_version_once_per_case",
                violation_error_message=_("This version of the contract already exists."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="contract_ends_after_it_starts",
                violation_error_message=_("The contract would end before it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(CONTRACT.groups["good"]))
                | Q(worker_signed_on__isnull=False, employer_signed_on__isnull=False),
                name="contract_signed_by_both",
                violation_error_message=_("A contract in force carries both signatures."),
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__gte": 0 for name in DEDUCTIONS}),
                name="contract_deductions_are_amounts",
                violation_error_message=_("A deduction is an amount, or zero."),
            ),
            models.CheckConstraint(
                condition=Q(longest_week__isnull=True)
                | Q(longest_week__gte=F("hours_per_week"), longest_week__lte=112),
                name="contract_longest_week_holds_the_hours",
                violation_error_message=_("The longest week has at least the hours per week, and at most 112."),
            ),
            models.CheckConstraint(
                condition=Q(longest_day__isnull=True) | Q(longest_day__gt=0, longest_day__lte=16),
                name="contract_longest_day_in_range",
                violation_error_message=_("The longest day has at most 16 hours."),
            ),
            models.CheckConstraint(
                condition=Q(overtime_percent__isnull=True) | Q(overtime_percent__gte=100, overtime_percent__lte=500),
                name="contract_overtime_in_range",
                violation_error_message=_("Overtime is paid with 100 to 500 per cent of the wage."),
            ),
        ]
        triggers = [
            CONTRACT.trigger(),
            count_versions(),
            # Contract substitution (domain.md 2.4): for one position a later version is never worse than an earlier.
            pgtrigger.Trigger(
                name="no_worse_terms",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("contract_version", "selection_id", *TERMS),
                func=f"""
                    IF EXISTS (
                        SELECT 1 FROM programmes_contract c
                        WHERE c.selection_id = NEW.selection_id AND c.contract_version < NEW.contract_version
                          AND ({_WORSE})
                    ) THEN
                        RAISE EXCEPTION 'A later version of a contract may not be worse than an earlier one.'
                            USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608 names of columns
            ),
            pgtrigger.Trigger(
                name="selection_of_the_case",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("selection_id", "enrolment_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM programmes_selection s
                        WHERE s.id = NEW.selection_id AND s.enrolment_id = NEW.enrolment_id
                    ) THEN
                        RAISE EXCEPTION 'The position belongs to another case.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # What the worker heard is what is signed: from the explanation on, the terms stay.
            pgtrigger.Protect(
                name="explained_is_kept",
                operation=pgtrigger.UpdateOf("starts_on", "ends_on", "other_terms", *TERMS),
                condition=~pgtrigger.Q(old__status="draft"),
            ),
        ]

    def __str__(self):
        return str(self.contract_version)


@tracked()
class Orientation(Fact):
    """Attendance at a pre-departure orientation."""

    attended_on = models.DateField(_("attended on"))
    place = models.CharField(_("place"), max_length=150)
    hours = models.DecimalField(_("hours"), max_digits=4, decimal_places=1)
    language = models.CharField(_("language"), max_length=10)
    modules = ArrayField(models.CharField(max_length=40), verbose_name=_("modules"), default=list, blank=True)

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("pre-departure orientation")
        verbose_name_plural = _("pre-departure orientations")
        ordering = ["-attended_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gt=0, hours__lte=100),
                name="orientation_hours_in_range",
                violation_error_message=_("Hours lie between 0 and 100."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return str(self.attended_on)


@tracked()
class Trip(Fact):
    """The journey out: carrier, ticket, who paid.

    With a `group` it is a seat on a flight that others take too, and says what the group's legs say; the ticket number
    may come later. At most one of a group `leads` it.
    """

    class Payer(models.TextChoices):
        EMPLOYER = "employer", _("the employer")
        PROGRAMME = "programme", _("the programme")
        GOVERNMENT = "government", _("the government")
        WORKER = "worker", _("the worker")

    carrier = models.CharField(_("carrier"), max_length=60)
    flight = models.CharField(_("flight or service"), max_length=20)
    origin = models.CharField(_("from"), max_length=60)
    destination = models.CharField(_("to"), max_length=60)
    departs_on = models.DateField(_("departure"))
    # Empty while a seat on a group's flight has no ticket yet.
    ticket_number = models.CharField(_("ticket number"), max_length=40, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=10, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    paid_by = models.CharField(_("paid by"), max_length=10, choices=Payer)
    cancelled_on = models.DateField(_("cancelled on"), null=True, blank=True)
    group = models.ForeignKey(
        "programmes.FlightGroup",
        verbose_name=_("flight group"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="trips",
    )
    leads = models.BooleanField(_("leads the group"), default=False)

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        ordering = ["-departs_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(cancelled_on__isnull=True),
                name="trip_one_booked_per_case",
                violation_error_message=_("This case already has a booked trip."),
            ),
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | (Q(cost__gte=0) & ~Q(currency="")),
                name="trip_cost_has_a_currency",
                violation_error_message=_("Give the cost with its currency."),
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(leads=True, cancelled_on__isnull=True),
                name="trip_one_leads_the_group",
                violation_error_message=_("This flight group already has a leader."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.flight} {self.departs_on}"
