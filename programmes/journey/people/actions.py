"""Deeds on a person: register with consent, correct, record and withdraw consent."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.bulk import insert_many
from programmes.base.common.errors import Collision, RuleBroken
from programmes.base.lifecycle.models import record, record_many
from programmes.journey.people import known, rules
from programmes.journey.people.models import Consent, Person

NOTICE_VERSION = "2026-1"
_FACTS = (
    "given_names",
    "first_surname",
    "second_surname",
    "married_name",
    "native_name",
    "aliases",
    "sex",
    "birth_date",
    "birth_precision",
    "birth_subdivision",
    "birth_municipality",
    "nationality",
    "other_nationalities",
    "national_id",
    "phone",
    "email",
    "subdivision",
    "municipality",
    "community",
    "languages",
    "language_levels",
    "mother_tongue",
    "education",
    "literacy",
    "occupation",
    "occupation_words",
    "experience_years",
    "emergency_name",
    "emergency_relation",
    "emergency_phone",
    "dependants",
)


@transaction.atomic
def register(*, by, office, consent: dict, **facts) -> Person:
    """Register a person together with the consent that allows it (domain.md 2.2, stage 1: consent first).

    `facts` are the columns of Person that the form asks; `consent` the arguments of `give_consent`. Raises
    RuleBroken for a date of birth that cannot be right and for a number that somebody else has. Effects: person,
    consent, the identity document behind the number, two diary lines.
    """
    (person,) = register_many([facts], by=by, office=office, consent=consent)
    if isinstance(person, RuleBroken):
        raise person
    return person


@transaction.atomic
def register_many(
    people: Sequence[dict], *, by, office, consent: dict, told: dict | None = None
) -> list[Person | RuleBroken]:
    """Register people in a few statements, whatever their number: for each the person, or why not, in their order.

    The same rules and effects as `register` for each of them; `told` are facts that their diary lines carry, such as
    the batch. What the database alone can refuse (two people at the same moment) refuses all of them.
    """
    _judge_consent(**consent)
    found: list[Person | RuleBroken] = []
    taken = _taken_numbers(people)
    numbers: dict[int, str] = {}
    for facts in people:
        facts, typed_number = dict(facts), facts.get("national_id", "")
        try:
            _judge(facts)
            number = (facts["nationality"], facts.get("national_id", ""))
            if number[1] and number in taken:
                raise Collision(
                    _("A person with this national identity number is already registered."),
                    code="person_one_per_national_id",
                )
        except RuleBroken as refusal:
            found.append(refusal)
            continue
        taken.add(number)
        numbers[len(found)] = typed_number
        found.append(Person(office=office, created_by=by, **facts))
    new = [person for person in found if isinstance(person, Person)]
    insert_many(new)
    record_many(new, by=by, what="person_registered", **(told or {}))
    _know_the_numbers([(found[place], number) for place, number in numbers.items()], by=by)
    give_consent_many(new, by=by, told=told, **consent)
    return found


def _taken_numbers(people: Sequence[dict]) -> set[tuple[str, str]]:
    """Which of the (nationality, national identity number) of these people somebody has already."""
    wanted = {rules.plain_number(facts.get("national_id") or "") for facts in people} - {""}
    held = Person.objects.filter(national_id__in=wanted, merged_into__isnull=True)
    return set(held.values_list("nationality", "national_id")) if wanted else set()


@transaction.atomic
def correct(person, *, by, version, **facts) -> Person:
    """Correct what is known about a person. The old values stay in the row history; the diary names the fields."""
    person = Person.objects.locked().get(pk=person.pk)
    person.expect_version(version)
    typed_number = facts.get("national_id", "")
    _judge(facts)
    _tidy_languages(person, facts)
    changed = [name for name in _FACTS if name in facts and getattr(person, name) != facts[name]]
    if not changed:
        return person
    for name in changed:
        setattr(person, name, facts[name])
    person.write(*changed)
    record(person, by=by, what="person_corrected", fields=changed)
    if {"national_id", "nationality"} & set(changed):
        _know_the_number(person, by=by, number=typed_number or person.national_id)
    return person


def _know_the_number(person, *, by, number: str) -> None:
    """The main number is the number of a document, and known as one; the database has refused a second holder."""
    if person.national_id:
        known.learn(person, by=by, kind="national_id", country=person.nationality, number=number)


def _know_the_numbers(people: Sequence[tuple], *, by) -> None:
    """The same for people who were just registered and have no document yet."""
    known.learn_many(
        [
            (person, "national_id", person.nationality, number)
            for person, number in people
            if person.national_id
        ],
        by=by,
    )  # fmt: skip


def _tidy_languages(person, facts: dict) -> None:
    """A language that is no longer spoken has no level and is nobody's mother tongue."""
    if "languages" not in facts:
        return
    spoken = set(facts["languages"])
    levels = facts.get("language_levels", person.language_levels)
    facts["language_levels"] = {code: level for code, level in levels.items() if code in spoken and level}
    if facts.get("mother_tongue", person.mother_tongue) not in spoken:
        facts["mother_tongue"] = ""


def _judge(facts: dict) -> None:
    if facts.get("national_id"):
        facts["national_id"] = rules.plain_number(facts["national_id"])
    if facts.get("nationality") in facts.get("other_nationalities", ()):
        raise RuleBroken(_("The main nationality stands among the others too."), field="other_nationalities")
    if facts.get("birth_precision") == Person.BirthPrecision.YEAR and facts.get("birth_date"):
        # Day and month of a year are nobody's: they must not look as if they were known.
        facts["birth_date"] = facts["birth_date"].replace(month=1, day=1)
    problem = rules.birth_problem(facts["birth_date"], timezone.localdate()) if facts.get("birth_date") else None
    if problem:
        raise RuleBroken(problem, field="birth_date")


@transaction.atomic
def give_consent(person, *, by, **consent) -> Consent:
    """Record what the person agrees to (domain.md 5, principle 4). Earlier consents stay as they were given.

    `consent`: purposes (codes), mode, language, given_on, and where they apply witness and expires_on. Raises
    RuleBroken at the field that cannot be right. Effects: the consent, a diary line.
    """
    return give_consent_many([person], by=by, **consent)[0]


@transaction.atomic
def give_consent_many(people: Sequence[Person], *, by, told: dict | None = None, **consent) -> list[Consent]:
    """Record the same consent of several people, each with a row and a diary line of their own."""
    _judge_consent(**consent)
    given = [Consent(person=person, notice=NOTICE_VERSION, created_by=by, **consent) for person in people]
    insert_many(given)
    record_many(
        given, by=by, what="consent_given", on=consent["given_on"], purposes=consent["purposes"], **(told or {})
    )
    return given


def _judge_consent(
    *, purposes: list[str], mode: str, language: str, given_on: date, witness: str = "", expires_on: date | None = None
) -> None:
    if not purposes:
        raise RuleBroken(_("Tick at least one purpose."), field="purposes")
    if given_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="given_on")
    if mode == Consent.Mode.ORAL and not witness.strip():
        raise RuleBroken(_("Oral consent needs the name of a witness."), field="witness")
    if expires_on and expires_on <= given_on:
        raise RuleBroken(_("The consent would expire before it was given."), field="expires_on")


@transaction.atomic
def withdraw_consent(consent, *, by) -> Consent:
    """Record that the person takes a consent back. It stops counting at once, for every rule that asks for it."""
    consent = Consent.objects.locked().get(pk=consent.pk)
    if consent.withdrawn_at:
        raise RuleBroken(_("This consent was withdrawn before."))
    consent.withdrawn_at, consent.withdrawn_by = timezone.now(), by
    consent.write("withdrawn_at", "withdrawn_by")
    record(consent, by=by, what="consent_withdrawn", purposes=consent.purposes)
    return consent
