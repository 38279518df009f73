"""What the tests of letters stand on: people to write to, work that is due, a case nobody may read about."""

import datetime as dt
import itertools

import pytest

from accounts.models import User
from programmes.base.notifications import delivery, sources
from programmes.base.notifications.sources import Line
from programmes.models import Enrolment, Person, Programme, Season

NUMBERS = itertools.count(1)
# Strings that must never appear in a letter: the name, number and place of the person behind a case.
CANARIES = ("Xochiquetzal", "Kanarienvogel", "2987654320101", "Cobán-Canario")


@pytest.fixture(autouse=True)
def _no_other_sources(monkeypatch):
    """The rooms above have their own sources; these tests bring theirs."""
    monkeypatch.setattr(sources, "_lines", {})
    monkeypatch.setattr(sources, "_reminders", {})
    monkeypatch.setattr(sources, "_access", {})
    monkeypatch.setattr(delivery, "_quiet_until", 0.0)


@pytest.fixture
def reader(db):
    """`reader(language="es")`: somebody letters are written to."""

    def reader(**fields):
        number = next(NUMBERS)
        values = {"full_name": f"Lectora {number}", "language": "en", "time_zone": "UTC", "digest_hour": 7} | fields
        return User.objects.create(email=values.pop("email", f"reader{number}@example.org"), **values)

    return reader


@pytest.fixture
def case(db, office_for):
    """`case()`: a case whose person carries canaries."""

    def case():
        number = next(NUMBERS)
        office = office_for()
        person = Person.objects.create(
            office=office,
            given_names=CANARIES[0],
            first_surname=CANARIES[1],
            sex=Person.Sex.values[0],
            birth_date=dt.date(1990, 1, 1),
            nationality="GTM",
            national_id=f"{CANARIES[2]}{number}",
            community=CANARIES[3],
        )
        programme = Programme.objects.filter(code="test").first() or Programme.objects.create(
            code="test", names={"en": "Test", "es": "Prueba"}, origin="GTM", destination="CAN"
        )
        season, _new = Season.objects.get_or_create(
            programme=programme,
            code="2026",
            defaults={"starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31)},
        )
        return Enrolment.objects.create(
            number=f"GT-2026-{number:05}",
            person=person,
            programme=programme,
            season=season,
            office=office,
            registered_on=dt.date(2026, 1, 5),
        )

    return case


@pytest.fixture
def everybody_sees():
    """Access checks say yes, until `everybody_sees.no` is set."""

    class Judge:
        no = False
        asked = 0

        def __call__(self, pairs):
            self.asked += 1
            return set() if self.no else {(user.pk, enrolment) for user, enrolment in pairs}

    judge = Judge()
    sources.register_access(judge)
    return judge


@pytest.fixture
def due_work():
    """`due_work[user.pk] = [(group, days from today, label, number)]`: what the digest's source answers."""

    class Work(dict):
        calls = 0
        broken: set = set()

        def __call__(self, users, days):
            self.calls += 1
            if self.broken & {user.pk for user in users}:
                raise ValueError("a record that cannot be read")
            return {
                user.pk: [
                    Line(group, days[user.pk] + dt.timedelta(days=offset), label, number, f"/cases/{number}/")
                    for group, offset, label, number in self.get(user.pk, ())
                ]
                for user in users
            }

    work = Work()
    sources.register("test", work)
    return work
