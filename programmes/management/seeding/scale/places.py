"""The offices and the staff that so many cases need: towns below each office, teams as large as the work."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Membership, Office, User
from accounts.roles import Role
from programmes.base.rulebook.models import Programme
from programmes.management.seeding.seed import PROGRAMMES
from programmes.management.seeding.staff import OFFICES, Staff, colleague

# The towns where an office opens a desk when there are enough people, the largest first.
TOWNS = {
    "GT-CHM": (
        "Tecpán Guatemala",
        "San Juan Comalapa",
        "Patzún",
        "San Martín Jilotepeque",
        "Patzicía",
        "Zaragoza",
        "Antigua Guatemala",
        "Sumpango",
        "Santa Apolonia",
    ),
    "CO-VAC": ("Palmira", "Tuluá", "Buenaventura", "Popayán", "Santander de Quilichao", "Pasto", "Cartago"),
    "GT-QTZ": ("San Marcos", "Coatepeque", "Totonicapán", "Huehuetenango", "Comitancillo", "Zunil"),
    "GT-GUA": ("Mixco", "San Juan Sacatepéquez", "Villa Nueva", "Palencia", "Chinautla"),
    "GT-COB": ("San Pedro Carchá", "Chisec", "Salamá", "Tactic"),
    "CO-BOG": ("Soacha", "Fusagasugá", "Facatativá"),
}
# How much of an office's work stays with the office itself; the towns share the rest, the largest most.
OWN_SHARE = 0.4
COPIES_PER_TOWN = 3
COPIES_PER_LIAISON = 4


@dataclass
class Places:
    """For each copy, who stands where somebody of the base stood: (copy, key in the base, key in the copy)."""

    offices: list[tuple[int, int, int]] = field(default_factory=list)
    users: list[tuple[int, int, int]] = field(default_factory=list)


@transaction.atomic
def make_places(rng: Random, staff: Staff, *, copies: int, today: date) -> Places:
    """Make the offices and the staff of `copies` copies of the base's, and say who answers for what in each."""
    places, made = Places(), _Hired(today)
    homes = {code: list(_offices(rng, staff.offices[code], code, copies)) for code in TOWNS}
    _run_programmes(homes, staff)
    for code, offices in homes.items():
        base, team = staff.offices[code], staff.caseworkers[code]
        for k, office in enumerate(offices, start=1):
            places.offices.append((k, base.pk, office.pk))
            for member in team:
                places.users.append((k, member.pk, made.hire(rng, code, Role.CASEWORKER, [office])))
    for code, team in staff.liaisons.items():
        reach = [staff.offices[code], staff.office_of_destination("CAN" if code == "GT" else "ESP")]
        for first in range(1, copies, COPIES_PER_LIAISON):
            for member in team:
                key = made.hire(rng, code, Role.LIAISON, reach)
                places.users += [(k, member.pk, key) for k in range(first, min(copies, first + COPIES_PER_LIAISON))]
    for code, offices in homes.items():
        for office in sorted(set(offices) - {staff.offices[code]}, key=lambda office: office.code):
            made.hire(rng, code, Role.MANAGER, [office])
    return made.settled(places)


def _offices(rng: Random, base: Office, code: str, copies: int) -> Iterator[Office]:
    """The office of each copy: the base's own for its share of them, the towns for the rest."""
    (zone,) = {row[5] for row in OFFICES if row[0] == code}
    towns = [
        Office.objects.get_or_create(
            code=f"{code}-{place}",
            defaults={
                "name": name,
                "kind": Office.Kind.OFFICE,
                "country": base.country,
                "time_zone": zone,
                "parent": base.parent,
            },
        )[0]
        for place, name in enumerate(TOWNS[code][: copies // COPIES_PER_TOWN], start=1)
    ]
    weights = [1 / place for place in range(1, len(towns) + 1)]
    for _k in range(1, copies):
        yield base if not towns or rng.random() < OWN_SHARE else rng.choices(towns, weights)[0]


def _run_programmes(homes: dict[str, list[Office]], staff: Staff) -> None:
    for country, programme in PROGRAMMES.items():
        offices = {office for code, made in homes.items() for office in made if staff.offices[code].country == country}
        Programme.objects.get(code=programme).offices.add(*offices)


class _Hired:
    """People who are employed all at once; until then their place in the line stands for their key."""

    def __init__(self, today: date):
        self.since = today - timedelta(days=1100)
        self.users: list[User] = []
        self.memberships: list[tuple[str, list[Office], date]] = []
        self.known = User.objects.count()

    def hire(self, rng: Random, code: str, role: str, offices: list[Office]) -> int:
        number = self.known + len(self.users) + 1
        # No password: nobody can sign in as a colleague.
        self.users.append(
            User(
                email=f"{role}{number}@example.org",
                full_name=colleague(rng, code),
                language="es",
                password=make_password(None),
            )
        )
        self.memberships.append((role, offices, self.since + timedelta(days=rng.randint(0, 700))))
        return len(self.users) - 1

    def settled(self, places: Places) -> Places:
        users = User.objects.bulk_create(self.users, batch_size=1000)
        rows = [
            Membership(user=user, office=office, role=role, valid_from=since)
            for user, (role, offices, since) in zip(users, self.memberships, strict=True)
            for office in offices
        ]
        Membership.objects.bulk_create(rows, batch_size=1000)
        places.users = [(k, old, users[place].pk) for k, old, place in places.users]
        return places
