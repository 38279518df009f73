"""Deeds on what is known about a person beside the main columns: documents, phones, addresses, household.

The same three deeds for each: `add`, `edit`, `remove`. The main columns of `Person` follow where they must: the number
of the national identity document of the person's own nationality is `Person.national_id`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.bulk import insert_many
from programmes.base.common.errors import Collision, RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.people import rules
from programmes.journey.people.identity import HouseholdMember, Identity, PersonAddress, PersonPhone
from programmes.journey.people.models import Person


@dataclass(frozen=True)
class Part:
    """One kind of row of a person: its model, its columns, the word it has in the diary's codes."""

    model: Any
    columns: tuple[str, ...]
    word: str


DOCUMENT = Part(Identity, ("kind", "country", "number", "issuer", "issued_on", "expires_on"), "identity")
PHONE = Part(PersonPhone, ("kind", "number", "whose", "by_message"), "phone")
ADDRESS = Part(
    PersonAddress, ("kind", "country", "subdivision", "municipality", "community", "line", "since", "until"), "address"
)
MEMBER = Part(
    HouseholdMember,
    ("relation", "name", "birth_year", "sex", "is_dependant", "lives_together", "other"),
    "household_member",
)
MAIN_KIND = "national_id"
PARTS = {part.model: part for part in (DOCUMENT, PHONE, ADDRESS, MEMBER)}


@transaction.atomic
def add(part: Part, person, *, by, **facts):
    """Add a row to what is known about a person. Returns the row.

    `facts` are the columns of the part; for a document also `mrz` (bool): whether the check digits of its
    machine-readable line matched. Raises RuleBroken for what cannot be right; the database refuses a second holder of
    the same document. Effects: the row, a diary line without any number, `Person.national_id` when it was empty.
    """
    person = Person.objects.locked().get(pk=person.pk)
    facts = _judged(part, person, facts)
    row = part.model.objects.create(person=person, created_by=by, **facts)
    record(row, by=by, what=f"{part.word}_added", **_told(row))
    _follow(person, by=by, now=row)
    return row


@transaction.atomic
def edit(row, *, by, version: int | None, **facts):
    """Correct a row. Effects: the row with its history, a diary line, `Person.national_id` when it stood behind it."""
    part = PARTS[type(row)]
    person = Person.objects.locked().get(pk=row.person_id)
    row = part.model.objects.locked().get(pk=row.pk)
    row.expect_version(version)
    before = (row.kind, row.country, rules.plain_number(row.number)) if part is DOCUMENT else None
    facts = _judged(part, person, facts, but=row)
    changed = [name for name, value in facts.items() if getattr(row, name) != value]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, facts[name])
    row.write(*changed)
    record(row, by=by, what=f"{part.word}_corrected", **_told(row))
    _follow(person, by=by, before=before, now=row)
    return row


@transaction.atomic
def remove(row, *, by, version: int | None):
    """Remove a row that is wrong or no longer holds; row history keeps it. Effects: diary line, main column."""
    part = PARTS[type(row)]
    person = Person.objects.locked().get(pk=row.person_id)
    row = part.model.objects.locked().get(pk=row.pk)
    row.expect_version(version)
    before = (row.kind, row.country, rules.plain_number(row.number)) if part is DOCUMENT else None
    record(row, by=by, what=f"{part.word}_removed", **_told(row))
    row.delete()
    _follow(person, by=by, before=before)
    return person


@transaction.atomic
def learn(person, *, by, kind: str, country: str, number: str, instead_of: str = "", **facts) -> Identity | None:
    """Make the number of a document known that was recorded elsewhere (a main number, a paper of a case).

    Fills in what is not yet known of one that is there already; `instead_of` is a number that was mistyped there and is
    corrected here. Returns None, and refuses nothing, when another person holds a document with this number: the
    duplicate check finds the two. Effects: at most one row, the main number when it was empty; the deed that calls has
    its own line in the diary.
    """
    number = rules.printed_number(number)
    key = rules.plain_number(number)
    if not key or _is_anothers(person, kind, country, key):
        return None
    held = Identity.objects.locked().filter(person=person, kind=kind, country=country)
    known = held.filter(number_key=key).first()
    before = None
    if known is None and instead_of:
        known = held.filter(number_key=rules.plain_number(instead_of)).first()
        before = (kind, country, rules.plain_number(instead_of)) if known else None
    if known is None:
        row = Identity(person=person, kind=kind, country=country, number=number, created_by=by, **facts)
        row.checksum_ok = rules.checksum_ok(kind, country, number)
        Identity.objects.bulk_create([row], ignore_conflicts=True)
        known = held.filter(number_key=key).first()
        if known is None:
            return None  # somebody else was quicker with the same number
    else:
        new = {name: value for name, value in facts.items() if value and (before or not getattr(known, name))}
        if before:
            new |= {"number": number, "checksum_ok": rules.checksum_ok(kind, country, number)}
        for name, value in new.items():
            setattr(known, name, value)
        if new:
            known.write(*new)
    _follow(Person.objects.locked().get(pk=person.pk), by=by, before=before, now=known)
    return known


@transaction.atomic
def learn_many(numbers: Sequence[tuple[Person, str, str, str]], *, by) -> None:
    """`learn` for (person, kind, country, number) of people who have no such document yet, in two statements."""
    keys = {rules.plain_number(number) for _person, _kind, _country, number in numbers}
    taken = set(Identity.objects.filter(number_key__in=keys).values_list("kind", "country", "number_key"))
    new = []
    for person, kind, country, number in numbers:
        key = (kind, country, rules.plain_number(number))
        if not key[2] or (key in taken and kind in rules.ONE_HOLDER):
            continue
        taken.add(key)
        printed = rules.printed_number(number)
        row = Identity(person=person, kind=kind, country=country, number=printed, created_by=by)
        row.checksum_ok = rules.checksum_ok(kind, country, printed)
        new.append(row)
    insert_many(new)


def _is_anothers(person, kind: str, country: str, key: str) -> bool:
    """Whether another person holds this number, where one country gives a number to one person."""
    if kind not in rules.ONE_HOLDER:
        return False
    held = Identity.objects.filter(kind=kind, country=country, number_key=key).exclude(person=person)
    main = Person.objects.filter(nationality=country, national_id=key, merged_into__isnull=True).exclude(pk=person.pk)
    return held.exists() or (kind == MAIN_KIND and main.exists())


def _judged(part, person, facts, *, but=None) -> dict:
    facts = dict(facts)
    if part is DOCUMENT:
        mrz = facts.pop("mrz", None)
        facts["number"] = rules.printed_number(facts["number"])
        _judge_document(person, facts)
        checked = rules.checksum_ok(facts["kind"], facts["country"], facts["number"])
        if checked is None and mrz is None and but is not None and but.number == facts["number"]:
            checked = but.checksum_ok
        facts["checksum_ok"] = checked if mrz is None else mrz
    elif part is ADDRESS and facts.get("since") and facts.get("until") and facts["until"] < facts["since"]:
        raise RuleBroken(_("The address would end before it begins."), field="until")
    elif part is MEMBER:
        _judge_member(person, facts, but)
    elif part is PHONE and str(facts["number"]) == str(person.phone):
        raise RuleBroken(_("This is the main phone of the person already."), field="number")
    return facts


def _judge_document(person, facts) -> None:
    today = timezone.localdate()
    issued, expires = facts.get("issued_on"), facts.get("expires_on")
    if rules.mixes_scripts(facts["number"]):
        raise RuleBroken(
            _("This number mixes letters of two alphabets. Type it again as it is printed."), field="number"
        )
    if not rules.plain_number(facts["number"]):
        raise RuleBroken(_("Enter the number of the document."), field="number")
    if issued and issued > today:
        raise RuleBroken(_("The day lies in the future."), field="issued_on")
    if issued and issued < person.birth_date:
        raise RuleBroken(_("The document would have been issued before the person was born."), field="issued_on")
    if issued and expires and expires <= issued:
        raise RuleBroken(_("The document would expire before it was issued."), field="expires_on")


def _judge_member(person, facts, but) -> None:
    other, year = facts.get("other"), facts.get("birth_year")
    if other and other.pk == person.pk:
        raise RuleBroken(_("A person is not a member of their own household list."), field="link")
    if other and person.household.filter(other=other).exclude(pk=but.pk if but else None).exists():
        raise Collision(_("This person stands in the household already."), field="link")
    if year and not rules.EARLIEST_YEAR <= year <= timezone.localdate().year:
        raise RuleBroken(
            _("Enter a year between %(from)d and %(to)d.")
            % {"from": rules.EARLIEST_YEAR, "to": timezone.localdate().year},
            field="birth_year",
        )


def _told(row) -> dict:
    """What the diary quotes: codes, never a number or a name."""
    if isinstance(row, Identity):
        return {"document": row.kind}
    if isinstance(row, HouseholdMember):
        return {"relation": row.relation}
    return {}


def _follow(person, *, by, before: tuple | None = None, now=None) -> None:
    """Keep `Person.national_id` on the document that stands behind it."""
    main = (MAIN_KIND, person.nationality)
    number = rules.plain_number(now.number) if isinstance(now, Identity) and (now.kind, now.country) == main else None
    was_main = before is not None and before == (*main, person.national_id)
    if was_main and number is None:
        number = ""
    if number is None or number == person.national_id or (person.national_id and not was_main):
        return
    person.national_id = number
    person.write("national_id")
    record(person, by=by, what="person_corrected", fields=["national_id"])


def valid_documents(person, on: date) -> list[Identity]:
    """The identity documents that have not expired by `on`."""
    return [row for row in person.identities.all() if row.is_valid_on(on)]
