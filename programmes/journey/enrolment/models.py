"""The case: one person in one season of one programme, and what has to be done in it next."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Office
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, count_versions
from programmes.base.common.periods import only_one_at_a_time
from programmes.base.lifecycle.models import CaseEvent, Lifecycle
from programmes.base.rulebook.catalogue import WaitsFor
from programmes.base.rulebook.codes import label
from programmes.base.rulebook.models import Programme, Requirement, Season
from programmes.journey.enrolment.querysets import EnrolmentQuerySet
from programmes.journey.enrolment.states import ENROLMENT, OPEN, STAGES, TONES, Status
from programmes.journey.people.models import Person

# All that decides who sees a case: an index that includes it answers without the table.
SCOPE = ["office", "destination_office", "owner", "programme", "status"]


@tracked(exclude=["last_contact_on"])
class Enrolment(Lifecycle, Record):
    """A case: the participation of one person in one season (IOM counts these apart from persons)."""

    MACHINE = ENROLMENT

    number = models.CharField(_("case number"), max_length=20, unique=True, editable=False)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="enrolments", db_index=False
    )
    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.PROTECT, related_name="enrolments"
    )
    season = models.ForeignKey(Season, verbose_name=_("season"), on_delete=models.PROTECT, related_name="enrolments")
    office = models.ForeignKey(Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="enrolments")
    destination_office = models.ForeignKey(
        Office,
        verbose_name=_("office of destination"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="arriving",
    )
    shared_with = models.ManyToManyField(Office, verbose_name=_("shared with"), related_name="shared_cases", blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="cases",
    )
    previous = models.OneToOneField(
        "self", verbose_name=_("previous season"), on_delete=models.PROTECT, null=True, blank=True, related_name="next"
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.REGISTERED, editable=False)
    is_open = models.GeneratedField(
        expression=~Q(status__in=sorted(ENROLMENT.groups["over"])),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    registered_on = models.DateField(_("registered on"))
    planned_start = models.DateField(_("planned start"), null=True, blank=True)
    planned_end = models.DateField(_("planned end"), null=True, blank=True)
    departed_on = models.DateField(_("departed on"), null=True, blank=True, editable=False)
    arrived_on = models.DateField(_("arrived on"), null=True, blank=True, editable=False)
    returned_on = models.DateField(_("returned on"), null=True, blank=True, editable=False)
    next_step = models.CharField(_("next step"), max_length=60, blank=True, editable=False)
    next_due_on = models.DateField(_("next step due on"), null=True, blank=True, editable=False)
    closed_from = models.CharField(max_length=20, blank=True, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    closure_reason = models.CharField(_("reason of closure"), max_length=40, blank=True, editable=False)
    outcome = models.TextField(_("outcome"), blank=True, editable=False)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, db_default=[], blank=True)
    # The last day on which somebody spoke with the worker; kept by a trigger on the diary.
    last_contact_on = models.DateField(_("last contact on"), null=True, blank=True, editable=False)

    # The cases it was recalled from, itself first: only where stays.read_chains has looked.
    chain: list[int]

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-registered_on", "-id"]
        indexes = [
            # The cases of a person with their scope: thousands of namesakes cost milliseconds.
            models.Index(fields=["person"], include=SCOPE, name="case_by_person_and_scope"),
            models.Index(
                fields=["office", "programme", "status", "next_due_on", "id"], name="case_by_office_and_status"
            ),
            models.Index(fields=["office", "next_due_on", "id"], name="case_open_by_office", condition=Q(is_open=True)),
            models.Index(
                fields=["destination_office", "next_due_on", "id"],
                name="case_open_by_destination",
                condition=Q(is_open=True),
            ),
            models.Index(fields=["owner", "next_due_on", "id"], name="case_open_by_owner", condition=Q(is_open=True)),
            # All that a caseload is added up by: the table itself is not read.
            models.Index(
                fields=["office", "status", "owner"],
                include=["destination_office", "programme", "next_due_on", "id", "is_open"],
                name="case_open_load",
                condition=Q(is_open=True),
            ),
            models.Index(fields=["programme", "season", "status"], name="case_by_season_and_status"),
            # The order of the case list, for whoever sees so many cases that the first ones come soon.
            models.Index(fields=["next_due_on", "id"], name="case_by_day"),
            models.Index(fields=["status", "next_due_on", "id"], name="case_by_status"),
            # Numbers begin with the country: whoever sees one country passes all numbers of others, in the index alone.
            models.Index(fields=["number"], include=[*SCOPE, "is_open", "id"], name="case_by_number_and_scope"),
            models.Index(fields=["is_open", "number"], include=[*SCOPE, "id"], name="case_open_by_number_and_scope"),
            # What else the list is sorted by, either way.
            models.Index(fields=["status_since", "id"], name="case_by_time_in_status"),
            models.Index(fields=["registered_on", "id"], name="case_by_registration"),
            models.Index(Coalesce("last_contact_on", "registered_on"), "id", name="case_by_last_contact"),
            GinIndex(fields=["tags"], name="case_by_tag"),
            # The same for open cases alone, which are the latest: the way along the others would pass all closed ones.
            models.Index(fields=["is_open", "next_due_on", "id"], name="case_by_openness_and_day"),
            models.Index(fields=["is_open", "status_since", "id"], name="case_by_openness_and_time"),
            models.Index(fields=["is_open", "registered_on", "id"], name="case_by_openness_and_start"),
            models.Index(
                "is_open", Coalesce("last_contact_on", "registered_on"), "id", name="case_by_openness_and_contact"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "season"],
                condition=~Q(status__in=sorted(ENROLMENT.groups["beside"]))
                & ~Q(status=Status.CLOSED, closure_reason="duplicate"),
                name="case_one_per_person_and_season",
                violation_error_message=_("This person already has a case in this season."),
            ),
            ExclusionConstraint(
                name="case_one_booked_per_person_and_date",
                expressions=only_one_at_a_time("planned_start", F("planned_end")),
                condition=Q(status__in=sorted(ENROLMENT.groups["booked"])),
                violation_error_message=_("This person is already selected or abroad in another case at these dates."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(ENROLMENT.groups["booked"]))
                | Q(planned_start__isnull=False, planned_end__isnull=False),
                name="case_booked_has_dates",
                violation_error_message=_("From selection on a case needs its planned start and end."),
            ),
            models.CheckConstraint(
                condition=Q(planned_end__isnull=True)
                | Q(planned_start__isnull=True)
                | Q(planned_end__gte=F("planned_start")),
                name="case_ends_after_it_starts",
                violation_error_message=_("The planned end lies before the planned start."),
            ),
            models.CheckConstraint(
                condition=Q(arrived_on__isnull=True)
                | Q(departed_on__isnull=True)
                | Q(arrived_on__gte=F("departed_on")),
                name="case_arrives_after_departing",
                violation_error_message=_("The arrival lies before the departure."),
            ),
            models.CheckConstraint(
                condition=Q(returned_on__isnull=True)
                | Q(departed_on__isnull=True)
                | Q(returned_on__gte=F("departed_on")),
                name="case_returns_after_departing",
                violation_error_message=_("The return lies before the departure."),
            ),
            models.CheckConstraint(
                condition=(
                    Q(status=Status.CLOSED) & ~Q(closed_from="") & Q(closed_on__isnull=False) & ~Q(closure_reason="")
                )
                | (~Q(status=Status.CLOSED) & Q(closed_on__isnull=True)),
                name="case_closed_with_reason_and_day",
                violation_error_message=_("A closed case carries its reason, its day and where it was closed from."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="case_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [
            ENROLMENT.trigger(),
            count_versions(but_not=("next_step", "next_due_on", "is_open", "last_contact_on")),
            # A closed case is read-only (domain.md 2.4); what the machine keeps, and who answers for it, may change,
            # and whose it is when two records of one person are joined or taken apart.
            pgtrigger.Trigger(
                name="closed_is_read_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=Status.CLOSED, new__status=Status.CLOSED),
                declare=[("kept", "text[]")],
                func="""
                    kept := ARRAY['version', 'owner_id', 'next_step', 'next_due_on', 'is_open', 'last_contact_on'];
                    IF iomcase_merging(OLD.person_id, NEW.person_id) THEN
                        kept := kept || 'person_id'::text;
                    END IF;
                    IF to_jsonb(NEW) - kept IS DISTINCT FROM to_jsonb(OLD) - kept THEN
                        RAISE EXCEPTION 'This case is closed. Reopen it before changing it.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="reopens_where_it_was",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status=Status.REOPENED) & ~pgtrigger.Q(new__status=Status.REOPENED),
                func="""
                    IF NEW.status <> OLD.closed_from THEN
                        RAISE EXCEPTION 'A reopened case goes back to where it was closed from.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Deleting is impossible once a movement exists: only anonymisation (domain.md 2.4).
            pgtrigger.Trigger(
                name="moved_is_not_deleted",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF OLD.departed_on IS NOT NULL OR OLD.status IN ('closed', 'reopened') THEN
                        RAISE EXCEPTION 'A case with a movement cannot be deleted, only anonymised.'
                            USING HINT = 'iomcase';
                    END IF;
                    RETURN OLD;
                """,
            ),
            pgtrigger.Trigger(
                name="season_of_the_programme",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("season_id", "programme_id"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM programmes_season s
                        WHERE s.id = NEW.season_id AND s.programme_id = NEW.programme_id
                    ) THEN
                        RAISE EXCEPTION 'The season belongs to another programme.' USING HINT = 'iomcase';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        """The case file."""
        return reverse("casefile:overview", args=[self.public_id])

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES[self.status]

    @property
    def is_over(self) -> bool:
        """Nothing further happens in this case unless it is reopened or screened again."""
        return self.status not in OPEN

    @property
    def stage(self) -> str:
        """The code of the stage of life the case stands in."""
        status = (
            self.closed_from if self.status in {Status.CLOSED, Status.REOPENED} and self.closed_from else self.status
        )
        if self.status == Status.CLOSED:
            return "closed"
        return next(code for code, _words, states in STAGES if status in states)

    def is_reached_by(self, user, *permissions) -> bool:
        """Whether one of these rights of `user` holds for this case: in its offices and programme, or as its owner."""
        offices = {self.office_id, self.destination_office_id}
        return self.owner_id == user.pk or any(
            offices & reach.office_ids and (reach.programme_ids is None or self.programme_id in reach.programme_ids)
            for permission in permissions
            for reach in user.reach(permission)
        )

    @property
    def stages(self) -> list[dict]:
        """The strip of the case file: every stage of life, and where the case stands."""
        codes = [code for code, _words, _states in STAGES]
        here = codes.index(self.stage)
        return [
            {"label": words, "state": "now" if place == here else "was" if place < here else ""}
            for place, (_code, words, _states) in enumerate(STAGES)
        ]

    @property
    def band(self) -> dict:
        """The ink band of every page about this case: who, which season, where it stands, who answers for it."""
        person = self.person
        age = person.age_on(timezone.localdate())
        years = ngettext("%(age)d year", "%(age)d years", age) % {"age": age}
        line = [years, label("country", person.nationality), *(label("language", code) for code in person.languages)]
        return {
            "label": _("Case"),
            "name": person.full_name,
            "href": person.get_absolute_url(),
            "number": self.number,
            "line": " · ".join(str(part) for part in [*line, person.phone] if part),
            "short": self.get_status_display(),
            "face": True,
            "cells": [
                {"label": self.programme.name, "value": self.season.code, "opt": True},
                {"label": _("State"), "value": self.get_status_display()},
                {"label": _("Owner"), "value": self.owner or _("Nobody yet"), "opt": True},
            ],
            "phone": person.phone,
        }


# What counts as having spoken with the worker; attempts do not.
CONTACTS = ("note_call", "note_visit", "note_office", "checked_in")


# The diary does not know cases, so it is watched from here.
pgtrigger.Trigger(
    name="keeps_last_contact",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__what__in=CONTACTS) & pgtrigger.Q(new__enrolment__isnull=False),
    func="""
        UPDATE programmes_enrolment SET last_contact_on = NEW."on"
        WHERE id = NEW.enrolment_id AND (last_contact_on IS NULL OR last_contact_on < NEW."on");
        RETURN NULL;
    """,
).register(CaseEvent)  # type: ignore[arg-type]  # annotated as an instance, meant as the class


class StepQuerySet(models.QuerySet):
    """What has to be done, and for whom."""

    def visible_to(self, user):
        """Steps of the cases the user may see."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(user))

    def open(self):
        """Not done yet."""
        return self.filter(done_at__isnull=True)

    def telling(self):
        """Without "complete what is required" while its single requirements stand in the list themselves."""
        case = OuterRef("enrolment")
        # Between two bounds: asked of each step; else PostgreSQL gathers the requirements of all cases beforehand.
        single = Step.objects.filter(enrolment__gte=case, enrolment__lte=case, requirement__isnull=False)
        return self.exclude(Exists(single.filter(done_at__isnull=True)), kind="documents")


class Step(models.Model):
    """One thing to do in a case by a day. Page, digest and reminder all read these rows, so they never disagree."""

    class Desk(models.TextChoices):
        CASE = "case", _("caseworker")
        EMPLOYER = "employer", _("employer liaison")

    enrolment = models.ForeignKey(Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=40)
    requirement = models.ForeignKey(
        Requirement,
        verbose_name=_("requirement"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="steps",
    )
    desk = models.CharField(_("whose desk"), max_length=8, choices=Desk, default=Desk.CASE)
    waits_for = models.CharField(_("who has to act"), max_length=10, choices=WaitsFor, default=WaitsFor.US)
    due_on = models.DateField(_("due on"))
    snoozed_until = models.DateField(_("snoozed until"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(fields=["due_on", "enrolment"], name="step_open_by_day", condition=Q(done_at__isnull=True)),
            models.Index(fields=["enrolment", "due_on"], name="step_open_by_case", condition=Q(done_at__isnull=True)),
            models.Index(fields=["desk", "due_on", "id"], name="step_open_by_desk", condition=Q(done_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind", "requirement"],
                condition=Q(done_at__isnull=True),
                nulls_distinct=False,
                name="step_open_once",
                violation_error_message=_("This step is already open."),
            )
        ]

    def __str__(self):
        return self.kind


class Fact(Record):
    """Shared by the small rows that fulfil a requirement of a case."""

    enrolment = models.ForeignKey(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="%(class)ss"
    )

    class Meta:
        abstract = True


@tracked()
class TestResult(Fact):
    """A test the candidate took: literacy, numeracy, aptitude, physical aptitude."""

    __test__ = False  # not a test case for pytest

    requirement = models.ForeignKey(
        Requirement, verbose_name=_("test"), on_delete=models.PROTECT, related_name="results"
    )
    taken_on = models.DateField(_("taken on"))
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=1, null=True, blank=True)
    passed = models.BooleanField(_("passed"))

    class Meta:
        verbose_name = _("test result")
        verbose_name_plural = _("test results")
        ordering = ["-taken_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100),
                name="test_score_in_range",
                violation_error_message=_("A score lies between 0 and 100."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.requirement_id} {self.passed}"


@tracked()
class Tick(Fact):
    """A requirement checked by hand, or waived by a manager with a reason."""

    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="ticks"
    )
    done_on = models.DateField(_("done on"))
    waived = models.BooleanField(_("not needed"), default=False)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("checked requirement")
        verbose_name_plural = _("checked requirements")
        ordering = ["-done_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "requirement"],
                name="tick_once_per_requirement",
                violation_error_message=_("This is already ticked."),
            ),
            models.CheckConstraint(
                condition=Q(waived=False) | ~Q(reason=""),
                name="tick_waived_with_reason",
                violation_error_message=_("Say why this is not needed."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return str(self.requirement_id)


class CaseNumber(models.Model):
    """The last number given per country and year; the row lock makes the next one unique."""

    prefix = models.CharField(max_length=12, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.prefix} {self.last}"
