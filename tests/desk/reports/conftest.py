"""A programme with two offices, and cases that went a given way."""

import datetime as dt

import pytest

from programmes.models import CaseEvent, Enrolment
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import ProgrammeFactory, SeasonFactory
from tests.fixtures.accounts import make_office


def day(text: str) -> dt.date:
    """A day of 2026: `day("10-03")`."""
    return dt.date.fromisoformat(f"2026-{text}")


@pytest.fixture
def programme(db):
    """A programme of the offices GT-CHM and GT-COB."""
    return ProgrammeFactory(code="gt-ca", offices=[make_office("GT-CHM"), make_office("GT-COB")])


@pytest.fixture
def went(programme):
    """`went("10-01 travelling", "10-03 active", opened="08-01")`: a case that made these moves on these days."""
    season = SeasonFactory(programme=programme, code="2026", starts_on=dt.date(2026, 1, 1))
    seasons = iter([season, *(SeasonFactory(programme=programme) for _n in range(5))])
    of_person: dict[int, int] = {}

    def went(*moves, opened="01-10", person=None, office="GT-CHM", sex="female", first="registered", **fields):
        place = make_office(office)
        person = person or PersonFactory(office=place, sex=sex)
        used = of_person.get(person.pk, 0)
        of_person[person.pk] = used + 1
        season_of_case = season if not used else next(s for n, s in enumerate(seasons) if n >= 1)
        case = EnrolmentFactory(
            season=season_of_case, office=place, person=person, registered_on=day(opened), status=first, **fields
        )
        before = first
        for move in moves:
            when, target = move.split()
            on = day(when)
            CaseEvent.objects.create(
                at=dt.datetime.combine(on, dt.time(15), dt.UTC),
                on=on,
                kind="move",
                subject="enrolment",
                subject_id=case.pk,
                enrolment=case,
                from_status=before,
                to_status=target,
            )
            before = target
        return Enrolment.objects.get(pk=case.pk)

    return went
