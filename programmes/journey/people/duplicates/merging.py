"""Two records become one: every row that names the absorbed person is moved, and each is noted as it was."""

from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, transaction
from django.db.models import JSONField
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common import text
from programmes.base.common.errors import RuleBroken, Stale
from programmes.base.lifecycle import guards
from programmes.base.lifecycle.models import Lifecycle, record
from programmes.journey.people.duplicates import relations
from programmes.journey.people.duplicates.facts import NATIONAL_ID
from programmes.journey.people.duplicates.journal import Row, image, images, one_each
from programmes.journey.people.duplicates.models import DuplicatePair, Merge
from programmes.journey.people.identity import Identity
from programmes.journey.people.models import MOST_ALIASES, Person
from programmes.journey.people.rules import checksum_ok, plain_number

LONGEST_NAME = 150  # of an alias
SURVIVOR, ABSORBED, BOTH = "survivor", "absorbed", "both"
_MACHINERY = {"id", "public_id", "created_at", "created_by", "version", "merged_into", "name_key", "name_tokens"}
# A date of birth and how exact it is are one fact, and so is a number and the country that gave it.
_TOGETHER = {"birth_precision": "birth_date", "nationality": "national_id"}


def fields() -> list:
    """The columns of a person whose value is chosen, in the order of the model; new ones come by themselves."""
    return [f for f in Person._meta.local_concrete_fields if f.name not in _MACHINERY and not f.generated]


def is_list(field) -> bool:
    """A list of both records is united instead of chosen."""
    return isinstance(field, ArrayField | JSONField)


def usual(field, survivor: Person, absorbed: Person) -> str:
    """Whose value is taken unless somebody says otherwise: the survivor's, or the only one that is filled in."""
    if is_list(field):
        return BOTH
    mine, theirs = (getattr(person, field.name) for person in (survivor, absorbed))
    return ABSORBED if mine in field.empty_values and theirs not in field.empty_values else SURVIVOR


def choices_between(survivor: Person, absorbed: Person, chosen: dict[str, str] | None = None) -> dict[str, str]:
    """For each field whose value is taken: `chosen` where it says so, the usual one elsewhere."""
    chosen = {name: whose for name, whose in (chosen or {}).items() if whose in (SURVIVOR, ABSORBED, BOTH)}
    found = {f.name: chosen.get(f.name) or usual(f, survivor, absorbed) for f in fields()}
    for follower, leader in _TOGETHER.items():
        if getattr(absorbed, follower) and getattr(absorbed, leader):
            found[follower] = chosen.get(follower) or found[leader]
    return found


def values_of(survivor: Person, absorbed: Person, whose: dict[str, str]) -> dict:
    """The values the surviving record will have where they differ from its own."""
    result = {}
    for field in fields():
        mine, theirs = getattr(survivor, field.name), getattr(absorbed, field.name)
        taken = {SURVIVOR: mine, ABSORBED: theirs}.get(whose[field.name], mine)
        if is_list(field) and whose[field.name] == BOTH:
            taken = {**theirs, **mine} if isinstance(mine, dict) else list(dict.fromkeys([*mine, *theirs]))
        if taken != mine:
            result[field.name] = taken
    result["aliases"] = _other_names(survivor, absorbed, result)
    main = result.get("nationality", survivor.nationality)
    others = result.get("other_nationalities", survivor.other_nationalities)
    result["other_nationalities"] = [code for code in others if code != main]
    return {name: value for name, value in result.items() if value != getattr(survivor, name)}


def _other_names(survivor: Person, absorbed: Person, result: dict) -> list[str]:
    """The aliases, with each full name that would else be lost."""
    kept = Person(**{f.name: result.get(f.name, getattr(survivor, f.name)) for f in fields() if not f.is_relation})
    names: list[str] = []
    seen = {text.fold(kept.full_name)}
    for name in (*kept.aliases, survivor.full_name, absorbed.full_name):
        if text.fold(name) not in seen and len(names) < MOST_ALIASES:
            seen.add(text.fold(name))
            names.append(name[:LONGEST_NAME])
    return names


@transaction.atomic
def merge(survivor: Person, absorbed: Person, *, by, chosen=None, versions: tuple[int, int] | None = None) -> Merge:
    """Take `absorbed` into `survivor` (domain.md M18: a human confirms, both histories stay, it can be undone).

    `chosen` names per field whose value is taken: `survivor`, `absorbed` or, for lists, `both`; what is not named
    takes the usual one. `versions` are those of the two records as they were shown. Effects: every row that refers to
    the absorbed person refers to the survivor (a row of which the survivor has an equal one stays and is noted); the
    absorbed record stays, hidden, and leads to the survivor; a journal to undo it; a diary line each; their pair is
    decided; other rooms follow (the open steps of the cases). Raises RuleBroken naming everything that stands in the
    way, Stale when a record changed meanwhile.
    """
    if survivor.pk == absorbed.pk:
        raise RuleBroken(_("A record cannot be merged with itself."))
    survivor, absorbed = lock(survivor, absorbed)
    _judge(survivor, absorbed, versions, by)
    whose = choices_between(survivor, absorbed, chosen)
    done = Merge.objects.create(survivor=survivor, absorbed=absorbed, chosen=whose, created_by=by)
    through_the_door(done)
    own = {r.name: sorted(images(r.model, f"t.{r.column} = %s", [survivor.pk])) for r in relations.moved()}
    rows: list[Row] = []
    stayed: list[dict] = []
    for relation in relations.moved():
        came, kept = _move(relation, absorbed, survivor)
        rows += came
        stayed += [{"model": relation.model._meta.label_lower, "pk": pk} for pk in kept]
    rows.append(_written(absorbed, {"merged_into": survivor}))
    numbers = [(person.nationality, person.national_id) for person in (survivor, absorbed)]
    values = values_of(survivor, absorbed, whose)
    if values:
        rows.append(_written(survivor, values))
    rows += [*_keep_numbers(survivor, numbers, by), *_decide(survivor, absorbed, by)]
    done.rows = rows  # type: ignore[attr-defined]  # what follows from the merge adds its own (journal.noting)
    guards.follow("merge", done, "done", event=None, by=by)
    done.journal = {"rows": [row.as_data() for row in one_each(rows)], "own": own, "stayed": stayed}
    done.save(update_fields=["journal"])
    for person in (survivor, absorbed):
        record(person, by=by, what="records_merged", merge=str(done.public_id))
    return done


def lock(*people: Person) -> list[Person]:
    """The records, locked against every other writer in the order of their keys, and as they stand now.

    Cases come first, as in every other deed that locks a case and then its person.
    """
    keys = [person.pk for person in people]
    for relation in relations.moved():
        if issubclass(relation.model, Lifecycle):
            images(relation.model, f"t.{relation.column} = ANY(%s)", [keys], lock=True)
    found = {p.pk: p for p in Person.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")}
    return [found[key] for key in keys]


def through_the_door(done: Merge) -> None:
    """Tell the triggers of this transaction which merge may change whose row it is (SQL function iomcase_merging)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('iomcase.merge', %s, true)", [str(done.pk)])


def obstacles(survivor: Person, absorbed: Person, *, by=None) -> list:
    """What stands between two records and their merge, said by every room: cases in one season, overlapping dates."""
    planned = Merge(survivor=survivor, absorbed=absorbed)
    return guards.missing_for("merge", planned, "done", on=timezone.localdate(), by=by)


def _judge(survivor, absorbed, versions, by) -> None:
    if survivor.merged_into_id or absorbed.merged_into_id:
        raise RuleBroken(_("One of these records was merged meanwhile. Open the record that stays."), code="merged")
    if versions and versions != (survivor.version, absorbed.version):
        raise Stale(_("One of these records was changed after you opened it. Compare them again."))
    missing = obstacles(survivor, absorbed, by=by)
    if missing:
        raise RuleBroken(
            _("Not yet: %(list)s.") % {"list": "; ".join(item.label for item in missing)},
            missing=missing,
            code="missing",
        )


def _move(relation: relations.Relation, absorbed: Person, survivor: Person) -> tuple[list[Row], list[int]]:
    """Move the rows of one column; return them, and the keys of those that had to stay.

    A row stays when the survivor has the same already (a document both records hold, a row there is one of) or when
    it would say something about a person and himself. A case and whatever else has a state is never left behind: there
    the database's refusal stands.
    """
    before = images(relation.model, f"t.{relation.column} = %s", [absorbed.pk], lock=True)
    if not before:
        return [], []
    try:
        with transaction.atomic():
            after = _set_person(relation, list(before), survivor)
    except IntegrityError:
        if issubclass(relation.model, Lifecycle):
            raise
        after = {}
        for pk in before:
            try:
                with transaction.atomic():
                    after |= _set_person(relation, [pk], survivor)
            except IntegrityError:
                continue
    label = relation.model._meta.label_lower
    return [Row(label, pk, before[pk], after[pk]) for pk in after], [pk for pk in before if pk not in after]


def _set_person(relation: relations.Relation, keys: list[int], person: Person) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {relation.table} AS t SET {relation.column} = %s WHERE t.{relation.key} = ANY(%s) "  # noqa: S608 -- names of our own tables
            f"RETURNING t.{relation.key}, to_jsonb(t)::text",
            [person.pk, keys],
        )
        return dict(sorted(cursor.fetchall()))


def _written(found, values: dict) -> Row:
    before = image(type(found), found.pk)
    for name, value in values.items():
        setattr(found, name, value)
    found.write(*values)
    return Row(found._meta.label_lower, found.pk, before, image(type(found), found.pk) or "")


def _keep_numbers(survivor: Person, numbers: list[tuple[str, str]], by) -> list[Row]:
    """An identity number that the surviving record does not carry itself stays known as a document of the person."""
    rows = []
    for country, number in numbers:
        key = plain_number(number)
        known = Identity.objects.filter(kind=NATIONAL_ID, country=country, number_key=key)
        if not key or key == plain_number(survivor.national_id) or known.exists():
            continue
        row = Identity.objects.create(
            person=survivor, kind=NATIONAL_ID, country=country, number=number, created_by=by,
            checksum_ok=checksum_ok(NATIONAL_ID, country, number),
        )  # fmt: skip
        rows.append(Row(Identity._meta.label_lower, row.pk, None, image(Identity, row.pk) or ""))
    return rows


def _decide(survivor, absorbed, by) -> list[Row]:
    pair = DuplicatePair.objects.locked().between(survivor, absorbed).first()
    if pair is None:
        return []
    state = DuplicatePair.State.MERGED
    return [_written(pair, {"state": state, "decided_by": by, "decided_at": timezone.now(), "later_until": None})]
