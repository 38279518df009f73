"""Where the work is done and by whom: offices of two corridors, eight demo users, and their colleagues."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts.models import Membership, Office, OfficeHoliday, User
from accounts.roles import Role
from programmes.management.seeding.names import COLOMBIAN, LADINO, MEN, MEN_COLOMBIA, WEIGHTS, WOMEN, WOMEN_COLOMBIA

MISSION, OFFICE, PARTNER = Office.Kind.MISSION, Office.Kind.OFFICE, Office.Kind.PARTNER
# Code, name, kind, the office above, country, time zone.
OFFICES = (
    ("GT", "Misión Guatemala", MISSION, "", "GTM", "America/Guatemala"),
    ("GT-GUA", "Ciudad de Guatemala", OFFICE, "GT", "GTM", "America/Guatemala"),
    ("GT-CHM", "Chimaltenango", OFFICE, "GT", "GTM", "America/Guatemala"),
    ("GT-QTZ", "Quetzaltenango", OFFICE, "GT", "GTM", "America/Guatemala"),
    ("GT-COB", "Cobán", OFFICE, "GT", "GTM", "America/Guatemala"),
    ("GT-MIN", "Ministerio contraparte, Guatemala", PARTNER, "GT", "GTM", "America/Guatemala"),
    ("CO", "Misión Colombia", MISSION, "", "COL", "America/Bogota"),
    ("CO-BOG", "Bogotá", OFFICE, "CO", "COL", "America/Bogota"),
    ("CO-VAC", "Valle del Cauca", OFFICE, "CO", "COL", "America/Bogota"),
    ("CA", "Misión Canadá", MISSION, "", "CAN", "America/Toronto"),
    ("CA-MTL", "Montreal", OFFICE, "CA", "CAN", "America/Toronto"),
    ("ES", "Misión España", MISSION, "", "ESP", "Europe/Madrid"),
    ("ES-LLE", "Lleida", OFFICE, "ES", "ESP", "Europe/Madrid"),
)
# Feast days of the towns, which no national calendar knows: office, month, day, name.
FEASTS = (
    ("GT-CHM", 7, 26, "Feria de Santa Ana"),
    ("GT-QTZ", 9, 12, "Feria de Independencia"),
    ("GT-COB", 8, 4, "Feria de Santo Domingo"),
)
# The eight demo users: role, name, language, the offices the role holds in.
DEMO = (
    (Role.CASEWORKER, "Ana Lucía Xicay Morales", "es", ("GT-CHM",)),
    (Role.LIAISON, "Jorge Estrada Pineda", "es", ("GT", "CA-MTL")),
    (Role.MANAGER, "Carla Méndez Ordóñez", "es", ("GT",)),
    (Role.DATA, "Luis Fernando Batz Chávez", "es", ("GT", "CO")),
    (Role.PROTECTION, "Marta Elena Caal Choc", "es", ("GT",)),
    (Role.AUDITOR, "Margaret O'Neill", "en", ("GT", "CO")),
    (Role.PARTNER, "Rosa Amalia Sandoval", "es", ("GT-MIN",)),
    (Role.ADMINISTRATOR, "Sofía Ramírez Lux", "es", ("GT",)),
)
# Their colleagues who are always there: role, name, offices.
COLLEAGUES = (
    (Role.MANAGER, "Hernán Darío Ospina Ríos", ("CO",)),
    (Role.MANAGER, "Silvia de León Barrios", ("GT-QTZ",)),
    (Role.LIAISON, "Núria Solé Vidal", ("CO", "ES-LLE")),
    (Role.LIAISON, "Byron Cifuentes Gálvez", ("GT", "CA-MTL")),
    (Role.PROTECTION, "Yuly Andrea Caicedo Mina", ("CO",)),
)
CASES_PER_CASEWORKER = 120


@dataclass
class Staff:
    """Offices by code, demo users by role, and who works where."""

    offices: dict[str, Office] = field(default_factory=dict)
    demo: dict[str, User] = field(default_factory=dict)
    caseworkers: dict[str, list[User]] = field(default_factory=dict)
    liaisons: dict[str, list[User]] = field(default_factory=dict)
    managers: dict[str, User] = field(default_factory=dict)

    def office_of_destination(self, country: str) -> Office:
        """The office that receives workers in a country."""
        return self.offices[{"CAN": "CA-MTL", "ESP": "ES-LLE"}[country]]


def make_offices() -> dict[str, Office]:
    """The missions with their offices and the partner's desk; those that exist are kept as they are."""
    made: dict[str, Office] = {}
    for code, name, kind, above, country, zone in OFFICES:
        facts = {"name": name, "kind": kind, "country": country, "time_zone": zone, "parent": made.get(above)}
        made[code], _new = Office.objects.get_or_create(code=code, defaults=facts)
    return made


def make_staff(rng: Random, *, people: int, today: date) -> Staff:
    """Offices, feast days, demo users with the demo password, colleagues in numbers that fit the work."""
    staff = Staff(offices=make_offices())
    for code, month, day, name in FEASTS:
        for year in (today.year, today.year + 1):
            OfficeHoliday.objects.get_or_create(
                office=staff.offices[code], day=date(year, month, day), defaults={"name": name}
            )
    since = today - timedelta(days=1100)
    password = make_password(settings.DEMO_PASSWORD)
    for role, name, language, codes in DEMO:
        user = _user(f"{role}@example.org", name, language, password=password)
        staff.demo[role] = user
        _employ(user, role, [staff.offices[code] for code in codes], since)
    for place, (role, name, codes) in enumerate(COLLEAGUES):
        user = _user(f"{role}{place + 2}@example.org", name)
        _employ(user, role, [staff.offices[code] for code in codes], since)
        if role == Role.MANAGER:
            staff.managers[codes[0]] = user
        elif role == Role.LIAISON:
            staff.liaisons.setdefault(codes[0], []).append(user)
    staff.managers["GT"] = staff.demo[Role.MANAGER]
    staff.liaisons["GT"].insert(0, staff.demo[Role.LIAISON])
    total = sum(WEIGHTS.values())
    for code, weight in WEIGHTS.items():
        count = max(2, round(people * weight / total / CASES_PER_CASEWORKER))
        own = [staff.demo[Role.CASEWORKER]] if code == "GT-CHM" else []
        while len(own) < count:
            number = sum(len(team) for team in staff.caseworkers.values()) + len(own) + 1
            user = _user(f"caseworker{number + 1}@example.org", colleague(rng, code))
            _employ(user, Role.CASEWORKER, [staff.offices[code]], since + timedelta(days=rng.randint(0, 700)))
            own.append(user)
        staff.caseworkers[code] = own
    return staff


def _user(email: str, name: str, language: str = "es", password: str | None = None) -> User:
    """The user with this address; nobody can sign in as a colleague, who has no password."""
    facts = {"full_name": name, "language": language, "password": password or make_password(None)}
    user, _new = User.objects.get_or_create(email=email, defaults=facts)
    return user


def _employ(user: User, role: str, offices: list[Office], since: date) -> None:
    for office in offices:
        if not user.memberships.filter(office=office, role=role).exists():
            Membership.objects.create(user=user, office=office, role=role, valid_from=since)


def colleague(rng: Random, code: str) -> str:
    """The name of somebody who works in the office with this code."""
    colombian = code.startswith("CO")
    given = rng.choice((WOMEN_COLOMBIA + MEN_COLOMBIA) if colombian else (WOMEN + MEN))
    families = COLOMBIAN if colombian else LADINO
    return f"{given} {rng.choice(families)} {rng.choice(families)}"
