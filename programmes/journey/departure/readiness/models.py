"""Whether somebody can travel, kept in a row; and which rows have to be judged again because a fact changed.

Nobody who changes a fact has to think of these rows: triggers on every table that the judgement reads note whose
facts changed (`ReadinessDue`), whoever writes and however. What is noted is judged at the end of the request, or by the
next tick (actions.py).
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programmes.base.rulebook.catalogue import WaitsFor
from programmes.base.rulebook.models import Requirement, RuleValue, Season
from programmes.journey.demand.models import Authorisation, JobDemand
from programmes.journey.departure.models import Contract, Document, Medical, OfVisibleCases, Orientation, Permit, Trip
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.enrolment.models import Enrolment, TestResult, Tick
from programmes.journey.people.models import Consent, Person
from programmes.journey.selection.models import Selection


class Readiness(models.Model):
    """Whether the worker of one case can travel, the first thing in the way, and how each requirement stands.

    One row for each case in which travel is prepared. `blocker` is the code of the first thing that is missing
    ("document:passport", "stay"), its words come from the requirement when it is read. `standings` and `others` hold
    what rules.Kept and actions write; `papers` counts the documents, permits and exams among what is missing. `since`
    is when the present answer began. `expires` ends on `expires_on`, before it is needed no more; `changes_on` is the
    first day on which time alone may change the answer.
    """

    enrolment = models.OneToOneField(
        Enrolment, verbose_name=_("case"), on_delete=models.CASCADE, related_name="readiness"
    )
    ready = models.BooleanField(_("can travel"), default=False)
    blockers = models.PositiveSmallIntegerField(_("things missing"), default=0)
    blocker = models.CharField(_("first thing missing"), max_length=60, blank=True)
    waits_for = models.CharField(_("who has to act"), max_length=10, choices=WaitsFor, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    standings = models.JSONField(_("requirements"), default=list)
    others = models.JSONField(_("other things missing"), default=list)
    papers = models.PositiveSmallIntegerField(_("papers missing"), default=0)
    demand = models.ForeignKey(
        JobDemand, verbose_name=_("job demand"), on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    named = models.BooleanField(_("named by the employer"), default=False)
    departs_on = models.DateField(_("departure"), null=True)
    flight = models.CharField(_("flight or service"), max_length=20, blank=True)
    expires_on = models.DateField(_("first expiry"), null=True)
    expires = models.CharField(_("what expires first"), max_length=60, blank=True)
    changes_on = models.DateField(_("judged again on"), null=True)
    judged_at = models.DateTimeField(_("judged at"), default=timezone.now)

    objects = OfVisibleCases.as_manager()

    class Meta:
        verbose_name = _("readiness")
        verbose_name_plural = _("readiness")
        indexes = [
            models.Index(fields=["demand", "blockers", "enrolment"], name="readiness_by_demand"),
            models.Index(fields=["departs_on", "flight"], name="readiness_by_flight"),
            models.Index(fields=["changes_on"], name="readiness_by_change", condition=Q(changes_on__isnull=False)),
            models.Index(fields=["judged_at"], name="readiness_by_judgement"),
            # Whoever lacks a paper, or has one that ends too early: of however many that are prepared.
            models.Index(
                fields=["enrolment"],
                name="readiness_by_papers",
                condition=Q(papers__gt=0) | Q(expires_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ready=True, blockers=0, blocker="") | Q(ready=False, blockers__gte=1) & ~Q(blocker=""),
                name="readiness_names_what_is_missing",
                violation_error_message=_("Whoever cannot travel lacks something."),
            )
        ]

    def __str__(self):
        return self.blocker or "ready"


class ReadinessDue(models.Model):
    """A case whose facts changed: its row is to be judged again. Written by triggers alone.

    Without a foreign key: a note is about a moment, and must lock nothing.
    """

    case = models.BigIntegerField(_("case"), db_index=True)
    at = models.DateTimeField(_("changed at"), default=timezone.now, db_default=Now())

    class Meta:
        verbose_name = _("case to judge again")
        verbose_name_plural = _("cases to judge again")

    def __str__(self):
        return str(self.case)


_PREPARED = ", ".join(f"'{status}'" for status in PREPARED)
_ANY = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
_CHANGED = pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")


def _watch(model: Any, whose: str, operation=_ANY, *, name="judged_for_travel", first="", condition=None) -> None:
    """Note the prepared cases e for which `whose` holds whenever a row of `model` changes.

    OLD is empty when a row is new, NEW when it is gone: "e.x IN (OLD.x, NEW.x)" is right for all three. Whose
    they are is asked before their states: a planner without figures would go through all in which travel is prepared.
    """
    pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        condition=condition,
        func=f"""
            {first}
            WITH theirs AS MATERIALIZED (SELECT e.id, e.status FROM programmes_enrolment e WHERE {whose})
            INSERT INTO programmes_readinessdue ("case") SELECT id FROM theirs WHERE status IN ({_PREPARED});
            RETURN NULL;
        """,  # noqa: S608 -- our own words
    ).register(model)


_OF_CASE = "e.id IN (OLD.enrolment_id, NEW.enrolment_id)"
_OF_PERSON = "e.person_id IN (OLD.person_id, NEW.person_id)"
# Holders of the positions of some demands.
_HOLDERS = """e.id IN (
    SELECT s.enrolment_id FROM programmes_selection s
    JOIN programmes_position p ON p.id = s.position_id JOIN programmes_jobdemand d ON d.id = p.demand_id
    WHERE s.released_on IS NULL AND {})"""

_fact: Any
for _fact in (Medical, Permit, Contract, Orientation, Trip, Selection):
    _watch(_fact, _OF_CASE)
for _fact in (Tick, TestResult):
    # A recalled worker was tested in the case before (enrolment.requirements).
    _watch(_fact, f"{_OF_CASE} OR e.previous_id IN (OLD.enrolment_id, NEW.enrolment_id)")
for _fact in (Document, Consent):
    _watch(_fact, _OF_PERSON)
_watch(Person, "e.person_id = NEW.id", pgtrigger.UpdateOf("birth_date", "birth_precision", "nationality"))
# The stays of a person count for each other; and a case that leaves has no row any more.
_watch(
    Enrolment,
    _OF_PERSON,
    pgtrigger.Insert
    | pgtrigger.Delete
    | pgtrigger.UpdateOf(
        "status",
        "person_id",
        "programme_id",
        "season_id",
        "previous_id",
        "planned_start",
        "planned_end",
        "departed_on",
        "returned_on",
    ),
    first=f"""
        IF TG_OP = 'UPDATE' AND OLD.status IN ({_PREPARED}) AND NEW.status NOT IN ({_PREPARED}) THEN
            DELETE FROM programmes_readiness WHERE enrolment_id = NEW.id;
        END IF;
    """,  # noqa: S608 -- our own words
)
_watch(Season, "e.season_id = NEW.id", pgtrigger.UpdateOf("starts_on"))
_watch(Authorisation, _HOLDERS.format("d.authorisation_id = NEW.id"), pgtrigger.Update, condition=_CHANGED)
_watch(JobDemand, _HOLDERS.format("d.id = NEW.id"), pgtrigger.UpdateOf("authorisation_id"))
for _fact in (Requirement, RuleValue):
    _watch(_fact, "e.programme_id IN (OLD.programme_id, NEW.programme_id)")
