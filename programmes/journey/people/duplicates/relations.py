"""Whatever in the database says "this person": found in the models themselves, so that no new table is forgotten.

A merge moves every row that refers to the absorbed person; a row that refers to a merged person can no longer be
written. Both read the same list, and a test compares it with the foreign keys that PostgreSQL knows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pghistory.models
import pgtrigger
from django.apps import apps
from django.db import models

from programmes.journey.people.models import Person

# Columns that go on naming the person they named, and why.
KEPT = {
    "programmes.caseevent.person": "the diary is written once; the survivor's story reads both",
    "programmes.person.merged_into": "an earlier merge, to be undone after this one",
    "programmes.duplicatepair.first": "what was decided about these two records",
    "programmes.duplicatepair.second": "what was decided about these two records",
    "programmes.merge.survivor": "the merge itself",
    "programmes.merge.absorbed": "the merge itself",
}


@dataclass(frozen=True)
class Relation:
    """One column that holds a person."""

    model: type[models.Model]
    field: models.Field

    @property
    def name(self) -> str:
        """`app.model.field`, as in `KEPT`."""
        return f"{self.model._meta.label_lower}.{self.field.name}"

    @property
    def table(self) -> str:
        """The table."""
        return self.model._meta.db_table

    @property
    def column(self) -> str:
        """The column."""
        return str(self.field.column)

    @property
    def key(self) -> str:
        """The column of the table's primary key."""
        return str(self.model._meta.pk.column)

    @property
    def target(self) -> type[models.Model]:
        """What the column refers to."""
        return self.field.related_model  # type: ignore[return-value]

    def hangs_on(self) -> list["Relation"]:
        """Columns of this table that name a record which itself names a person: the case a document is of."""
        persons = {relation.model for relation in moved()}
        return [
            Relation(self.model, field)
            for field in self.model._meta.local_concrete_fields
            if field.related_model in persons and field.related_model is not self.model
        ]


def referring() -> Iterator[Relation]:
    """Every column of every table that refers to a person, row history apart (it tells what was, and stays)."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed or issubclass(model, pghistory.models.Event):
            continue
        for field in model._meta.local_concrete_fields:
            if field.related_model is Person:
                yield Relation(model, field)


@cache
def moved() -> tuple[Relation, ...]:
    """The columns whose rows a merge moves, in a stable order."""
    return tuple(sorted((r for r in referring() if r.name not in KEPT), key=lambda r: (r.table, r.column)))


_REFUSE = """
    SELECT p.merged_into_id INTO merged_into FROM programmes_person p WHERE p.id = NEW.COLUMN FOR KEY SHARE;
    IF merged_into IS NOT NULL THEN
        RAISE EXCEPTION 'This person was joined with another record. Open that record and try again.'
            USING HINT = 'iomcase';
    END IF;
    RETURN NEW;
"""


def guard_against_merged_persons() -> None:
    """Give each of these tables a trigger: no row may be written about a person who was merged into another record.

    Whoever opened a page before the merge and sends it afterwards is told so, instead of writing into a record that
    nobody sees. The lock on the person is the one that the foreign key takes anyway; it waits for a merge that is
    under way.
    """
    for relation in moved():
        pgtrigger.register(
            pgtrigger.Trigger(
                name=f"{relation.field.name}_is_not_merged"[:40],
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf(relation.column),
                declare=[("merged_into", "bigint")],
                func=_REFUSE.replace("COLUMN", relation.column),
            )
        )(relation.model)
