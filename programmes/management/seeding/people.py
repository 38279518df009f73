"""Who the workers are, and what they agreed to."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from accounts.models import Office, User
from programmes.base.lifecycle.models import CaseEvent
from programmes.journey.people.actions import NOTICE_VERSION
from programmes.journey.people.identity import HouseholdMember, Identity, PersonPhone
from programmes.journey.people.models import Consent, Person
from programmes.management.seeding import names
from programmes.management.seeding.course import Course
from programmes.management.seeding.rows import Rows

CONSENT_DAYS = 730
ISSUERS = {"GTM": "RENAP", "COL": "Registraduría Nacional"}
EDUCATION = ("none", "1", "1", "1", "2", "2", "3", "3", "5", "6")
WOMEN_SHARE = {"GTM": 0.22, "COL": 0.31}


@dataclass
class Worker:
    """A person to be written, with the courses of all their cases, oldest first."""

    office: Office
    courses: list[Course] = field(default_factory=list)
    pk: int = 0
    serial: int = 0
    passports: int = 0
    languages: list[str] = field(default_factory=list)
    # Until when the person's verified documents hold, by type: one of an earlier season may still do.
    papers: dict[str, date] = field(default_factory=dict)


def write_person(rows: Rows, rng: Random, worker: Worker, *, serial: int, today: date, owner: User, moment) -> None:
    """Write the person and the consents that their cases stood on, with their diary lines."""
    country = worker.office.country
    place = names.home_of(rng, worker.office.code)
    first = worker.courses[0].registered_on
    sex = "female" if rng.random() < WOMEN_SHARE[country] else "male" if rng.random() < 0.994 else "other"
    born = first - timedelta(days=int(365.25 * (19.6 + 31 * rng.random() ** 1.5)))
    municipality = rng.choice(list(place.municipalities))
    worker.languages = ["es", *([rng.choice(place.languages)] if place.languages and rng.random() < 0.6 else [])]
    registered_at = moment(first)
    relation = rng.choice(names.RELATIONS)
    number = _national_id(rng, place, country, serial)
    worker.serial = serial
    only_year = rng.random() < 0.02
    worker.pk = rows.add(
        Person,
        office_id=worker.office.pk,
        given_names=names.given_names(rng, sex, country),
        sex=sex,
        first_surname=names.surname(rng, place),
        second_surname=names.surname(rng, place) if rng.random() < 0.94 else "",
        birth_date=born.replace(month=1, day=1) if only_year else born,
        birth_precision="year" if only_year else "day",
        nationality=country,
        national_id=number,
        phone=names.phone(rng, country) if rng.random() < 0.93 else "",
        email=f"persona{serial}@example.org" if serial % 3 == 0 else "",
        subdivision=place.subdivision,
        municipality=municipality,
        community=rng.choice(place.municipalities[municipality]),
        languages=worker.languages,
        education=rng.choice(EDUCATION),
        occupation="9211" if rng.random() < 0.8 else "6111",
        experience_years=rng.randint(1, 20),
        emergency_relation=relation,
        dependants=rng.choice((0, 1, 2, 2, 3, 3, 4, 5)),
        emergency_name=f"{names.given_names(rng, 'female', country)} {names.surname(rng, place)}",
        emergency_phone=names.phone(rng, country),
        created_at=registered_at,
        created_by_id=owner.pk,
    )
    made = {"person_id": worker.pk, "created_at": registered_at, "created_by_id": owner.pk}
    if number:
        rows.add(
            Identity,
            kind="national_id",
            country=country,
            number=number,
            issuer=ISSUERS[country],
            **made,
            checksum_ok=True if country == "GTM" else None,
        )
    _write_household(rows, rng, country, place, born, made)
    _deed(rows, worker, owner, "person_registered", first, registered_at, {})
    _write_consents(rows, rng, worker, today, owner, moment)


def _write_household(rows, rng, country, place, born, made):
    """A partner and children of some, a second phone of a few."""
    if rng.random() < 0.3:
        name = f"{names.given_names(rng, rng.choice(('female', 'male')), country)} {names.surname(rng, place)}"
        rows.add(HouseholdMember, relation="spouse", name=name, birth_year=born.year + rng.randint(-6, 6), **made)
        for _child in range(rng.choice((0, 1, 1, 2))):
            sex = rng.choice(("female", "male"))
            name = f"{names.given_names(rng, sex, country)} {names.surname(rng, place)}"
            year = min(made["created_at"].year, born.year + rng.randint(19, 30))
            rows.add(HouseholdMember, relation="child", name=name, sex=sex, birth_year=year, is_dependant=True, **made)
    if rng.random() < 0.15:
        whose = names.given_names(rng, "female", country)
        rows.add(PersonPhone, kind="family", number=names.phone(rng, country), whose=whose, **made)


def _national_id(rng: Random, place: names.Place, country: str, serial: int) -> str:
    if country == "COL":
        return str(1_005_000_000 + serial * 7)
    return names.cui(rng, place, serial) if rng.random() < 0.98 else ""


def _write_consents(rows, rng, worker, today, owner, moment):
    """Consent before the first case, and again before it ended; a few lapsed, a few never covered the employer."""
    given_on = worker.courses[0].registered_on
    last_used = max(course.days[-1] for course in worker.courses)
    only_early = all(course.demand is None for course in worker.courses)
    purposes = ["case_management", "sharing_employer", "sharing_government", "follow_up"]
    if only_early and rng.random() < 0.08:
        purposes = ["case_management"]
    if rng.random() < 0.6:
        purposes.append("research_statistics")
    while given_on <= today:
        oral = rng.random() < 0.3
        expires_on = given_on + timedelta(days=CONSENT_DAYS)
        rows.add(
            Consent,
            person_id=worker.pk,
            purposes=purposes,
            mode="oral" if oral else "written",
            language=worker.languages[-1],
            witness="Intérprete de la oficina" if oral else "",
            notice=NOTICE_VERSION,
            given_on=given_on,
            expires_on=expires_on,
            created_at=moment(given_on),
            created_by_id=owner.pk,
        )
        _deed(rows, worker, owner, "consent_given", given_on, moment(given_on), {"purposes": purposes})
        given_on = expires_on - timedelta(days=20)
        if given_on > last_used and worker.courses[-1].status not in _STILL_OPEN:
            break


# Whoever is between these has given consent anew in time.
_STILL_OPEN = {
    "selected",
    "in_documentation",
    "ready_to_travel",
    "travelling",
    "active",
    "ended",
    "ended_early",
    "returned",
    "return_overdue",
    "recall_offered",
    "in_reintegration",
    "left_employment",
    "eligible",
    "refused",
}


def _deed(rows, worker, owner, what, day, at, facts):
    rows.add(
        CaseEvent,
        at=at,
        on=day,
        by_id=owner.pk,
        kind="deed",
        subject="person",
        subject_id=worker.pk,
        person_id=worker.pk,
        what=what,
        data=facts,
    )
