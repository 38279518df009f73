"""A kind of batch for tests: it changes the community of people, slowly where a test wants to be in time for a kill.

A worker of its own knows it by `--include tests.base.batches.work`.
"""

import os
import time

from accounts.roles import Permission
from programmes.base.batches.kinds import Kind, register
from programmes.base.batches.models import BatchRow
from programmes.base.batches.problems import problem
from programmes.base.batches.states import Outcome, RowState
from programmes.base.common.errors import RuleBroken
from programmes.journey.people.models import Person

PAUSE = float(os.environ.get("BATCH_TEST_PAUSE", "0"))


class Moving(Kind):
    """Write a community into people; `broken` in a row's values makes it fail, `late` lets the database refuse it."""

    code = "test_moving"
    title = "Moving house"
    permission = Permission.PERSON_EDIT
    chunk = 50

    def needs_second(self, batch):
        return bool(batch.params.get("second"))

    def check(self, batch, rows, by):
        for row in rows:
            row.state = RowState.STAGED

    def apply(self, batch, rows, by):
        time.sleep(PAUSE)
        seen = {p.pk: p for p in Person.objects.visible_to(by).filter(pk__in=[r.subject_id for r in rows])}
        for row in rows:
            person = seen.get(row.subject_id)
            if person is None:
                row.skip(problem("unseen"))
                continue
            if row.values.get("broken") == "rule":
                raise RuleBroken("This one is not moved.", field="community")
            if row.values.get("broken") == "error":
                raise ZeroDivisionError
            before = person.community
            person.community = batch.params["to"]
            if row.values.get("broken") == "database":
                person.given_names = ""
                person.write("community", "given_names")
            person.write("community")
            row.done(Outcome.CHANGED, subject=person, before={"community": before})

    def undo(self, batch, rows, by):
        time.sleep(PAUSE)
        people = {p.pk: p for p in Person.objects.locked().filter(pk__in=[r.subject_id for r in rows])}
        for row in rows:
            person = people[row.subject_id]
            if person.version != row.after:
                row.stick(problem("changed_since"))
                continue
            person.community = row.before["community"]
            person.write("community")
            row.undone()

    def present(self, rows, user):
        return [{"name": f"Person {row.subject_id}", "href": "", "cells": []} for row in rows]


MOVING = register(Moving())


def rows_about(people, **broken):
    """Unsaved rows, one for each person; `broken={number: how}` by row number."""
    found = []
    for number, person in enumerate(people, start=1):
        how = broken.get(f"row{number}")
        found.append(
            BatchRow(
                number=number, state=RowState.STAGED, subject="person", subject_id=person.pk,
                values={"broken": how} if how else {},
            )
        )  # fmt: skip
    return found
