"""What a broken rule is, and how the database's refusals are put into words."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from psycopg_pool import PoolTimeout

# SQLSTATEs of a server that is stopping, starting, full or gone; None is a connection that never came about.
_AWAY = {None, "57P01", "57P02", "57P03", "08000", "08001", "08003", "08006", "53300"}
# After somebody has waited for a connection in vain, the others are told at once for so long: a queue of people who
# each wait for seconds would still be there when the database is back.
SPARED_SECONDS = 2
_away_until = [0.0]


@dataclass(frozen=True)
class Missing:
    """One thing that stands between a record and a move.

    `label` says it in the user's language; `href` leads to the exact place that mends it; `waits_for` is the
    code of whoever has to act (us, worker, employer, consulate, clinic); `due_on` is by when.
    """

    code: str
    label: str
    href: str = ""
    waits_for: str = "us"
    due_on: object = None
    hint: str = ""


class RuleBroken(Exception):
    """A rule of the field says no. The message is for people; `field` names the form field it belongs to."""

    status = 422

    def __init__(self, message, *, field: str | None = None, missing: Iterable[Missing] = (), code: str = ""):
        super().__init__(str(message))
        self.message = str(message)
        self.field = field
        self.missing = list(missing)
        self.code = code


class Stale(RuleBroken):
    """The record changed after the form was opened. The view shows both versions and keeps what was typed."""

    status = 409


class Collision(RuleBroken):
    """Two people did the same thing at the same moment and the other one was first."""

    status = 409


@cache
def _messages_by_constraint() -> dict[str, str | Promise | None]:
    return {
        constraint.name: constraint.violation_error_message
        for model in apps.get_models()
        for constraint in model._meta.constraints
    }


def in_words(error: DatabaseError) -> RuleBroken | None:
    """Translate a refusal of PostgreSQL into a RuleBroken, or None when it is not one of ours.

    Known are: our constraints (by name, with the message the constraint declares), illegal moves stopped by a
    state-machine trigger, deadlocks and serialisation failures, and lock timeouts.
    """
    diag = getattr(error.__cause__, "diag", None)
    sqlstate = getattr(error.__cause__, "sqlstate", "") or ""
    if isinstance(error, IntegrityError) and diag is not None:
        message = _messages_by_constraint().get(diag.constraint_name or "")
        return Collision(message, code=diag.constraint_name) if message else None
    if isinstance(error, OperationalError) and sqlstate in {"40P01", "40001"}:
        return Collision(_("Someone else was changing the same record. Nothing was saved. Try again."), code="deadlock")
    if sqlstate == "55P03":
        return Collision(_("Someone else is working on this record right now. Try again in a moment."), code="locked")
    if "Invalid transition" in str(error):
        return Collision(_("Someone moved this record meanwhile. Open it again to see where it stands."), code="moved")
    if sqlstate == "P0001" and diag is not None and diag.message_hint == "iomcase":
        return Collision(_(diag.message_primary), code="trigger")
    return None


def is_worth_a_retry(error: DatabaseError) -> bool:
    """Deadlock or serialisation failure: the same work may well succeed the second time."""
    return getattr(error.__cause__, "sqlstate", "") in {"40P01", "40001"}


def csrf_failure(request, reason=""):
    """403 that keeps the text and offers to sign in again (assurance.md F23)."""
    typed = [
        (k, v) for k, values in request.POST.lists() for v in values if k not in {"csrfmiddlewaretoken", "key"} and v
    ]
    return render(request, "403_csrf.html", {"typed": [t for t in typed if "password" not in t[0]]}, status=403)


def bad_request(request, exception=None):
    """400 page: the address or the form cannot be read."""
    return render(request, "400.html", status=400)


def server_error(request):
    """500, or 503 with Retry-After while the database is away (assurance.md F3). Neither page asks the database."""
    error = sys.exc_info()[1]
    waited = isinstance(error, PoolTimeout) or isinstance(getattr(error, "__cause__", None), PoolTimeout)
    if waited:
        _away_until[0] = time.monotonic() + SPARED_SECONDS
    if (
        waited
        or isinstance(error, InterfaceError)
        or (isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) in _AWAY)
    ):
        return database_away()
    return HttpResponse(render_to_string("500.html"), status=500)


def database_away():
    """503 with Retry-After; does not ask the database."""
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})


def was_just_away() -> bool:
    """Whether somebody has just waited for the database in vain, so that the next one need not."""
    return time.monotonic() < _away_until[0]
