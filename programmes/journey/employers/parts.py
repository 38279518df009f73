"""Deeds on what hangs on an employer, a site, an association or a recruiter, and on associations and recruiters."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import (
    Association,
    AssociationMember,
    ComplianceEvent,
    Contact,
    Engagement,
    Inspection,
    Licence,
    Recruiter,
    SitePartner,
)


@dataclass(frozen=True)
class Part:
    """One kind of row: its model, the owner it hangs on, its columns, those that may not lie in the future."""

    model: Any
    owner: str
    owners: Any
    columns: tuple[str, ...]
    past: tuple[str, ...] = ()
    # Of a period: refused when the second lies before the first.
    period: tuple[str, str] = ("", "")


_CONTACT = ("name", "job", "email", "phone")
_LICENCE = ("kind", "number", "issuer", "country", "valid_from", "valid_until")
_VALID = ("valid_from", "valid_until")
PARTS: dict[str, Part] = {
    "contact": Part(Contact, "employer", Employer, _CONTACT),
    "licence": Part(Licence, "employer", Employer, _LICENCE, period=_VALID),
    "event": Part(
        ComplianceEvent, "employer", Employer, ("kind", "site", "on", "note", "settled_on"),
        past=("on", "settled_on"), period=("on", "settled_on"),
    ),
    "inspection": Part(
        Inspection, "site", Site, ("inspected_on", "result", "inspector", "number", "note"), past=("inspected_on",)
    ),
    "partner": Part(SitePartner, "site", Site, ("kind", "name", "contact_name", "email", "phone")),
    "member": Part(
        AssociationMember, "association", Association, ("employer", "number", "joined_on", "left_on"),
        past=("joined_on", "left_on"), period=("joined_on", "left_on"),
    ),
    "engagement": Part(
        Engagement, "recruiter", Recruiter, ("employer", "since", "until"), past=("since", "until"),
        period=("since", "until"),
    ),
    "association-contact": Part(Contact, "association", Association, _CONTACT),
    "association-licence": Part(Licence, "association", Association, _LICENCE, period=_VALID),
    "recruiter-contact": Part(Contact, "recruiter", Recruiter, _CONTACT),
    "recruiter-licence": Part(Licence, "recruiter", Recruiter, _LICENCE, period=_VALID),
}  # fmt: skip


@transaction.atomic
def add(part: Part, owner, *, by, **facts) -> models.Model:
    """Write down a row of `owner`; `facts` are the columns of the part. Effects: diary line on the owner."""
    owner = part.owners.objects.select_for_update(of=("self",), no_key=True).get(pk=owner.pk)
    _judge(part, owner, facts)
    row = part.model.objects.create(**{part.owner: owner}, created_by=by, **facts)
    _follow(part, owner)
    _told(part, owner, by, "part_added")
    return row


@transaction.atomic
def edit(part: Part, row, *, by, version, **facts) -> models.Model:
    """Correct a row; Stale when somebody else did meanwhile. Effects: diary line on the owner."""
    row = part.model.objects.locked().get(pk=row.pk)
    row.expect_version(version)
    owner = getattr(row, part.owner)
    _judge(part, owner, facts)
    for name in facts.keys() & set(part.columns):
        setattr(row, name, facts[name])
    row.write(*(name for name in part.columns if name in facts))
    _follow(part, owner)
    _told(part, owner, by, "part_edited")
    return row


@transaction.atomic
def remove(part: Part, row, *, by, version) -> None:
    """Take a row away; row history keeps it. Effects: diary line on the owner."""
    row = part.model.objects.locked().get(pk=row.pk)
    row.expect_version(version)
    owner = getattr(row, part.owner)
    row.delete()
    _follow(part, owner)
    _told(part, owner, by, "part_removed")


def _judge(part: Part, owner, facts: dict) -> None:
    today = timezone.localdate()
    for name in part.past:
        if facts.get(name) and facts[name] > today:
            raise RuleBroken(_("The day lies in the future."), field=name)
    first, last = (facts.get(name) for name in part.period)
    if first and last and last < first:
        raise RuleBroken(_("This day lies before the other."), field=part.period[1])
    site = facts.get("site")
    if site is not None and site.employer_id != owner.pk:
        raise RuleBroken(_("This site belongs to another employer."), field="site")


def _follow(part: Part, owner) -> None:
    """The day that the site shows is that of its latest inspection that did not fail."""
    if part.model is Inspection:
        good = owner.inspections.exclude(result=Inspection.Result.FAILED)
        owner.housing_inspected_on = good.aggregate(latest=models.Max("inspected_on"))["latest"]
        owner.write("housing_inspected_on")


def _told(part: Part, owner, by, what: str) -> None:
    told = owner.employer if part.owners is Site else owner
    record(told, by=by, what=what, part=part.model._meta.model_name)


# --- Associations and recruiters ------------------------------------------------------------------------------------


@transaction.atomic
def register_association(*, by, **facts) -> Association:
    """Record an association; its name is unique in its country (constraint). Effects: diary line."""
    made = Association.objects.create(created_by=by, **facts)
    record(made, by=by, what="association_registered")
    return made


@transaction.atomic
def edit_association(association, *, by, version, **facts) -> Association:
    """Change what is known of an association; Stale when somebody else did meanwhile. Effects: diary line."""
    row = _fresh(Association, association, version)
    _write(row, facts)
    record(row, by=by, what="association_edited")
    return row


@transaction.atomic
def register_recruiter(*, by, **facts) -> Recruiter:
    """Record a recruiter or a sub-agent. Effects: diary line."""
    _refuse_unchecked(facts)
    made = Recruiter.objects.create(created_by=by, **facts)
    record(made, by=by, what="recruiter_registered")
    return made


@transaction.atomic
def edit_recruiter(recruiter, *, by, version, **facts) -> Recruiter:
    """Change a recruiter, or record its due diligence. Effects: diary line.

    No recruiter is a sub-agent of its own sub-agents.
    """
    row = _fresh(Recruiter, recruiter, version)
    _refuse_unchecked(facts)
    above, seen = facts.get("agent_of"), set()
    while above is not None and above.pk not in seen:
        if above.pk == row.pk:
            raise RuleBroken(_("This one is a sub-agent of the recruiter itself."), field="agent_of")
        seen.add(above.pk)
        above = above.agent_of
    _write(row, facts)
    record(row, by=by, what="recruiter_edited")
    return row


def _fresh(model, row, version):
    fresh = model.objects.locked().get(pk=row.pk)
    fresh.expect_version(version)
    return fresh


def _write(row, facts: dict) -> None:
    for name, value in facts.items():
        setattr(row, name, value)
    row.write(*facts)


def _refuse_unchecked(facts: dict) -> None:
    checked_on: date | None = facts.get("checked_on")
    if checked_on and checked_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="checked_on")
    if bool(checked_on) != bool(facts.get("checked_result")):
        field = "checked_result" if checked_on else "checked_on"
        raise RuleBroken(_("Write the day of the due diligence and its result."), field=field)
