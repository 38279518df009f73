"""Taking two records apart again: every row as it was before, and what changed since is named and left alone."""

from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.wording import full_day
from programmes.base.lifecycle import guards
from programmes.base.lifecycle.models import record
from programmes.journey.people.duplicates import relations
from programmes.journey.people.duplicates.journal import Row, differing, image, images, restore
from programmes.journey.people.duplicates.merging import lock, through_the_door
from programmes.journey.people.duplicates.models import Merge
from programmes.journey.people.models import Person

# What a row counts itself; never worth naming as a change that somebody made.
_COUNTED = {"version", "next_step", "next_due_on", "status_since", "name_key", "name_tokens", "is_open"}


@dataclass(frozen=True)
class Standing:
    """One row of a merge as it stands now: `same` as the merge left it, `changed` since, or `gone`."""

    row: Row
    state: str
    fields: list[str]
    back: list[str]

    def go_back(self) -> None:
        """Make the row what it was; one that the merge wrote goes, unless somebody has worked on it since."""
        if self.row.before is not None and self.state != "gone":
            restore(self.row, self.back)
        elif self.state == "same":
            apps.get_model(self.row.model)._base_manager.filter(pk=self.row.pk).delete()

    def as_data(self) -> dict:
        """For what stays behind."""
        return {"model": self.row.model, "pk": self.row.pk, "what": self.state, "fields": self.fields}


@dataclass(frozen=True)
class Added:
    """A row written since the merge: it stays with the survivor, or goes along with the case that goes back."""

    relation: relations.Relation
    pk: int
    goes_along: bool

    def as_data(self) -> dict:
        """For what stays behind."""
        what = "went_along" if self.goes_along else "added"
        return {"model": self.relation.model._meta.label_lower, "pk": self.pk, "what": what, "fields": []}


def rows_of(done: Merge) -> list[Row]:
    """The rows of the journal, in the order in which they were written."""
    return [Row(**row) for row in (done.journal or {}).get("rows", [])]


def standings(done: Merge) -> list[Standing]:
    """Each row of the merge as it stands now, the last one written first: the order in which they go back."""
    return [_standing(row) for row in reversed(rows_of(done))]


def _standing(row: Row) -> Standing:
    now = image(apps.get_model(row.model), row.pk)
    if now is None:
        return Standing(row, "gone", [], [])
    touched = row.touched()
    since = differing(row.after, now)
    if not since:
        return Standing(row, "same", [], touched)
    back = [name for name in touched if name not in since and name != "version"]
    return Standing(row, "changed", [name for name in since if name not in _COUNTED], back)


def added_since(done: Merge) -> list[Added]:
    """Rows about the survivor that are neither the survivor's old ones nor came with the merge."""
    came: dict[str, set[int]] = {}
    for row in rows_of(done):
        came.setdefault(row.model, set()).add(row.pk)
    own = (done.journal or {}).get("own", {})
    found = []
    for relation in relations.moved():
        known = set(own.get(relation.name, [])) | came.get(relation.model._meta.label_lower, set())
        here = images(relation.model, f"t.{relation.column} = %s", [done.survivor_id])
        new = [pk for pk in here if pk not in known]
        along = _going_along(relation, new, came) if new else set()
        found += [Added(relation, pk, pk in along) for pk in new]
    return found


def _going_along(relation: relations.Relation, keys: list[int], came: dict[str, set[int]]) -> set[int]:
    condition = Q(pk__in=[])
    for link in relation.hangs_on():
        leads_to = link.target._meta.label_lower
        condition |= Q(**{f"{link.field.name}__in": came.get(leads_to, set())})
    return set(relation.model._base_manager.filter(condition, pk__in=keys).values_list("pk", flat=True))


def later_merges(done: Merge):
    """Merges that stand on this one and have to be undone before it, the last one first."""
    either = [done.survivor_id, done.absorbed_id]
    later = Merge.objects.standing().filter(pk__gt=done.pk)
    return later.filter(Q(survivor__in=either) | Q(absorbed__in=either)).order_by("-pk")


@transaction.atomic
def undo(done: Merge, *, by, reason: str) -> Merge:
    """Take the two records apart (domain.md M18: a merge is reversible).

    Effects: every row that the merge touched is as it was, its version too, unless somebody changed it since: then
    only what the merge had changed goes back, and the change is named in `left`. Rows added since stay with the
    survivor, except those that hang on a case that goes back. Two diary lines. Raises RuleBroken while a later merge
    stands on this one.
    """
    if not reason.strip():
        raise RuleBroken(_("Say why the merge is undone."), field="reason")
    survivor, absorbed = lock(done.survivor, done.absorbed)
    done = Merge.objects.locked().get(pk=done.pk)
    _judge(done)
    done.undone_at, done.undone_by, done.undo_reason = timezone.now(), by, reason.strip()
    added, standing = added_since(done), standings(done)
    done.left = [one.as_data() for one in standing if one.fields or one.state == "gone"]
    done.left += [new.as_data() for new in added]
    done.write("undone_at", "undone_by", "undo_reason", "left")
    through_the_door(done)
    for one in standing:
        one.go_back()
    for new in added:
        if new.goes_along:
            new.relation.model._base_manager.filter(pk=new.pk).update(**{new.relation.field.attname: absorbed.pk})
    guards.follow("merge", done, "undone", event=None, by=by)
    for person in (survivor, absorbed):
        record(person, by=by, what="merge_undone", note=done.undo_reason, merge=str(done.public_id))
    return done


def _judge(done: Merge) -> None:
    if done.undone_at:
        raise RuleBroken(_("This merge was undone already."))
    later = later_merges(done).first()
    if later:
        raise RuleBroken(
            _("A later merge stands on this one. First undo the merge of %(day)s.")
            % {"day": full_day(timezone.localdate(later.created_at))}
        )


def ending_of(person: Person) -> Person:
    """The record in which a merged one is found today, through as many merges as there were."""
    while person.merged_into_id:
        person = Person.objects.get(pk=person.merged_into_id)
    return person


def leads_to(user, public_id) -> Person | None:
    """The record that stands for a merged one, when the user may see it: the old address goes there."""
    merged = Person.objects.filter(public_id=public_id, merged_into__isnull=False).first()
    if merged is None:
        return None
    return Person.objects.visible_to(user).filter(pk=ending_of(merged).pk).first()


def everyone_in(person: Person) -> list[int]:
    """The keys of the record and of every record that was taken into it, for reading their diaries as one."""
    found, fresh = [person.pk], [person.pk]
    while fresh:
        fresh = list(Person.objects.filter(merged_into__in=fresh).values_list("pk", flat=True))
        found += fresh
    return found
