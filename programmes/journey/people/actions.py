"""Deeds on a person: register with consent, correct, record and withdraw consent."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
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
    RuleBroken for a date of birth that cannot be right; the database refuses a second person with the same
    nationality and national identity number. Effects: person, consent, the identity document behind the number, two
    diary lines.
    """
    typed_number = facts.get("national_id", "")
    _judge(facts)
    person = Person.objects.create(office=office, created_by=by, **facts)
    record(person, by=by, what="person_registered")
    _know_the_number(person, by=by, number=typed_number)
    give_consent(person, by=by, **consent)
    return person


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
def give_consent(
    person, *, by, purposes: list[str], mode: str, language: str, given_on: date, witness="", expires_on=None
) -> Consent:
    """Record what the person agrees to (domain.md 5, principle 4). Earlier consents stay as they were given."""
    if not purposes:
        raise RuleBroken(_("Tick at least one purpose."), field="purposes")
    if given_on > timezone.localdate():
        raise RuleBroken(_("The day lies in the future."), field="given_on")
    if mode == Consent.Mode.ORAL and not witness.strip():
        raise RuleBroken(_("Oral consent needs the name of a witness."), field="witness")
    if expires_on and expires_on <= given_on:
        raise RuleBroken(_("The consent would expire before it was given."), field="expires_on")
    consent = Consent.objects.create(
        person=person,
        purposes=purposes,
        mode=mode,
        language=language,
        witness=witness,
        notice=NOTICE_VERSION,
        given_on=given_on,
        expires_on=expires_on,
        created_by=by,
    )
    record(person, by=by, what="consent_given", on=given_on, purposes=purposes)
    return consent


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
