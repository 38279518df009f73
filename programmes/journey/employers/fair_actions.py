"""The one deed on questions of fair recruitment, whether about a recruiter or about a placement."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record


@transaction.atomic
def answer(owner: Any, *, by, version: int, on: date, answers: Mapping[str, Mapping[str, Any]]) -> Any:
    """Write down what was found out on a day about a recruiter or a placement (M09), by question.

    Only answers that changed get the day and the name of `by`. Effects: one diary line when something changed. Raises
    Stale when somebody else answered meanwhile.
    """
    owner = type(owner).objects.locked().get(pk=owner.pk)
    owner.expect_version(version)
    if on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="on")
    kept = {row.question: row for row in owner.answers.all()}
    changed = 0
    for question, facts in answers.items():
        row = kept.get(question)
        if row is None:
            owner.answers.create(question=question, on=on, by=by, created_by=by, **facts)
        elif any(getattr(row, name) != value for name, value in facts.items()):
            for name, value in {**facts, "on": on, "by": by}.items():
                setattr(row, name, value)
            row.write("on", "by", *facts)
        else:
            continue
        changed += 1
    if changed:
        owner.write()
        record(owner, by=by, on=on, what="fair_answered", count=changed)
    return owner
