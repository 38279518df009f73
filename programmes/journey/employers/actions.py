"""Deeds on employers and their sites."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import ComplianceEvent, Inspection
from programmes.journey.employers.states import Status

FACTS = (
    "office",
    "name",
    "registration",
    "country",
    "sector",
    "contact_name",
    "contact_email",
    "contact_phone",
)
SITE_FACTS = ("name", "region", "place", "housing", "housing_inspected_on")


@transaction.atomic
def register(*, by, programmes: Iterable, **facts) -> Employer:
    """Record a new employer, active at once.

    `facts` are the columns named in FACTS; `programmes` those it takes part in, at least one. The registration
    number is unique per country (constraint). Effects: diary line.
    """
    programmes = list(programmes)
    _refuse_no_programme(programmes)
    employer = Employer.objects.create(created_by=by, **facts)
    employer.programmes.set(programmes)
    record(employer, by=by, what="employer_registered")
    return employer


@transaction.atomic
def edit(employer, *, by, version, programmes: Iterable, **facts) -> Employer:
    """Change what is known of an employer; Stale when somebody else did meanwhile.

    A programme in which the employer has demands stays. Effects: diary line.
    """
    programmes = list(programmes)
    _refuse_no_programme(programmes)
    employer = locked(employer, version)
    kept = {p.pk for p in programmes}
    left = [p for p in employer.programmes.all() if p.pk not in kept]
    for programme in left:
        if employer.demands.filter(season__programme=programme).exists():
            raise RuleBroken(
                _("The employer has demands in %(programme)s: it stays in that programme.")
                % {"programme": programme.name},
                field="programmes",
            )
    for name in facts.keys() & set(FACTS):
        setattr(employer, name, facts[name])
    employer.write(*(name for name in FACTS if name in facts))
    employer.programmes.set(programmes)
    record(employer, by=by, what="employer_edited")
    return employer


def _refuse_no_programme(programmes):
    if not programmes:
        raise RuleBroken(_("Choose at least one programme."), field="programmes")


def locked(employer, version=None) -> Employer:
    """The employer, locked and fresh; Stale when `version` is not the present one."""
    fresh = Employer.objects.locked().get(pk=employer.pk)
    if version is not None:
        fresh.expect_version(version)
    return fresh


@transaction.atomic
def suspend(employer, *, by, version, reason: str, note: str = "") -> Employer:
    """Stop new demand and new selections for this employer; workers already there stay.

    `reason` is a code of the list “employer_suspension”. What was drafted or approved before is neither handed in nor
    opened (guards of the demand). Effects: a line in the compliance history.
    """
    employer = locked(employer, version)
    employer.move_to(Status.SUSPENDED, by=by, reason=reason, note=note)
    _note_compliance(employer, "suspension", by, note)
    return employer


@transaction.atomic
def reactivate(employer, *, by, version, note: str = "") -> Employer:
    """Take a suspended employer up again. Effects: a line in the compliance history, its suspension settled."""
    employer = locked(employer, version)
    employer.move_to(Status.ACTIVE, by=by, note=note)
    today = timezone.localdate()
    employer.compliance.filter(kind="suspension", settled_on__isnull=True, on__lte=today).update(settled_on=today)
    _note_compliance(employer, "reinstatement", by, note)
    return employer


def _note_compliance(employer, kind, by, note):
    ComplianceEvent.objects.create(employer=employer, kind=kind, on=timezone.localdate(), note=note, created_by=by)


@transaction.atomic
def add_site(employer, *, by, **facts) -> Site:
    """Record a place of work; its name is unique within the employer (constraint). Effects: diary line."""
    employer = locked(employer)
    _refuse_future_inspection(facts)
    site = Site.objects.create(employer=employer, created_by=by, **facts)
    _keep_inspection(site, by)
    record(employer, by=by, what="site_added", site=site.name)
    return site


@transaction.atomic
def edit_site(site, *, by, version, **facts) -> Site:
    """Change a place of work; Stale when somebody else did meanwhile. Effects: diary line on the employer."""
    site = Site.objects.locked().select_related("employer").get(pk=site.pk)
    site.expect_version(version)
    _refuse_future_inspection(facts)
    for name in facts.keys() & set(SITE_FACTS):
        setattr(site, name, facts[name])
    site.write(*(name for name in SITE_FACTS if name in facts))
    _keep_inspection(site, by)
    record(site.employer, by=by, what="site_edited", site=site.name)
    return site


def _refuse_future_inspection(facts):
    inspected = facts.get("housing_inspected_on")
    if inspected and inspected > timezone.localdate():
        raise RuleBroken(_("The inspection lies in the future."), field="housing_inspected_on")


def _keep_inspection(site, by):
    """The day typed on the site is an inspection of its own, unless that day is recorded already."""
    if site.housing_inspected_on and not site.inspections.filter(inspected_on=site.housing_inspected_on).exists():
        Inspection.objects.create(site=site, inspected_on=site.housing_inspected_on, created_by=by)
