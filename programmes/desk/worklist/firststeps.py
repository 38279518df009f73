"""The first days of somebody new: a short list of what to try, ticked by what was really done.

Nothing is kept about clicks. Each tick is a fact that the database holds anyway (a case one opened, a note one wrote),
all of them asked in one statement, and only while the account is young: after that the list is gone by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from programmes.base.batches.models import Batch
from programmes.base.lifecycle.models import CaseEvent
from programmes.base.lists.models import Export, SavedView
from programmes.base.notifications.models import NotificationPreference
from programmes.journey.demand.models import JobDemand
from programmes.journey.departure.models import Document
from programmes.journey.employers.models import Employer
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.people.duplicates.models import Merge
from programmes.journey.selection.models import Selection

# For so long after the account was made.
FIRST_DAYS = timedelta(days=60)
ALL = frozenset(Role)


@dataclass(frozen=True)
class FirstStep:
    """One thing to try: its words, the page it starts on, whom it is for, and the rows that show it was done."""

    code: str
    label: Promise
    route: str
    roles: frozenset[str]
    proof: Callable[[User], QuerySet[Any]]


def _mine(model: Any) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.filter(created_by=user)


def _invited(user: User) -> QuerySet[Any]:
    events: Any = User._meta.get_field("events").related_model
    return events.objects.filter(pgh_label="insert", pgh_context__metadata__user=user.pk)


def _said(**line: str) -> Callable[[User], QuerySet[Any]]:
    """Lines this person wrote into a diary."""
    return lambda user: CaseEvent.objects.filter(by=user, **line)


# fmt: off
STEPS = (
    FirstStep("case", _("Open a case: register somebody and choose a season"), "enrolment:intake",
              frozenset({Role.CASEWORKER}), _mine(Enrolment)),
    FirstStep("note", _("Write a note in a case"), "worklist:cases",
              frozenset({Role.CASEWORKER, Role.PROTECTION}), _said(kind=CaseEvent.Kind.NOTE)),
    FirstStep("document", _("Record a document of a worker"), "worklist:cases",
              frozenset({Role.PROTECTION}), _mine(Document)),
    FirstStep("employer", _("Record an employer"), "employers:new",
              frozenset({Role.LIAISON}), _mine(Employer)),
    FirstStep("demand", _("Write down what an employer asks for"), "demand:new",
              frozenset({Role.LIAISON}), _mine(JobDemand)),
    FirstStep("selection", _("Select a worker for a position"), "demand:list",
              frozenset({Role.LIAISON}), _mine(Selection)),
    FirstStep("assign", _("Give a case to somebody of your office"), "worklist:cases",
              frozenset({Role.MANAGER}), _said(what="assigned")),
    FirstStep("import", _("Import people from a sheet"), "batches:list",
              frozenset({Role.DATA}), lambda user: Batch.objects.filter(created_by=user, kind="people_import")),
    FirstStep("merge", _("Propose to merge two records of one person"), "people:duplicates",
              frozenset({Role.DATA}), _mine(Merge)),
    FirstStep("export", _("Take a list out as a file"), "worklist:cases",
              frozenset({Role.DATA, Role.AUDITOR}), _mine(Export)),
    FirstStep("view", _("Filter the cases and save it as a view"), "worklist:cases",
              frozenset({Role.CASEWORKER, Role.MANAGER, Role.AUDITOR, Role.PARTNER}), _mine(SavedView)),
    FirstStep("invite", _("Make an account for a colleague"), "admin:accounts_user_add",
              frozenset({Role.ADMINISTRATOR}), _invited),
    FirstStep("letters", _("Choose which letters you get"), "notifications:preferences",
              ALL, lambda user: NotificationPreference.objects.filter(user=user)),
    FirstStep("factor", _("Set up your second factor"), "mfa_index",
              ALL, lambda user: Authenticator.objects.filter(user=user)),
)
# fmt: on


def for_user(user: User) -> list[dict[str, Any]]:
    """What this person may still try, each with `label`, `href` and `done`; empty when all is done, closed or long ago.

    One statement, and none once it was closed or the first days are over.
    """
    if user.first_steps_closed_at or timezone.now() - user.created_at > FIRST_DAYS:
        return []
    asked = [step for step in STEPS if step.roles & user.roles]
    if not asked:
        return []
    facts = User.objects.filter(pk=user.pk).values_list(*(Exists(step.proof(user)) for step in asked)).get()
    if all(facts):
        return []
    return [
        {"label": step.label, "href": reverse(step.route), "done": done}
        for step, done in zip(asked, facts, strict=True)
    ]


def close(user: User) -> None:
    """Put the list away for good, at its reader's wish. Harmless to run twice."""
    User.objects.filter(pk=user.pk, first_steps_closed_at__isnull=True).update(first_steps_closed_at=Now())
