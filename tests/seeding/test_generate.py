"""Making the demo data: repeatable, on any day, on top of other data, and never in production."""

import datetime as dt
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from accounts.models import User
from programmes.base.rulebook.models import RuleValue
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import Status
from programmes.journey.people.models import Person
from programmes.management.seeding import seed
from tests.seeding.invariants import broken

TODAY = dt.date(2026, 11, 22)
# The ends of a year and of a season, a day when no farm in Spain has work, a leap day, midsummer.
OTHER_DAYS = [
    dt.date(2026, 1, 3),
    dt.date(2026, 2, 6),
    dt.date(2028, 2, 29),
    dt.date(2027, 6, 30),
    dt.date(2026, 12, 31),
]


def _content():
    """Everything a person would see, without keys."""
    people = Person.objects.order_by("id").values_list(
        "public_id", "given_names", "first_surname", "second_surname", "national_id", "birth_date", "phone"
    )
    cases = Enrolment.objects.order_by("id").values_list(
        "public_id", "number", "status", "registered_on", "next_due_on"
    )
    return json.dumps([list(people), list(cases), Step.objects.count()], default=str)


def test_the_same_numbers_give_the_same_data(db):
    contents = []
    for number in (7, 7, 8):
        with transaction.atomic():
            seed.generate(people=60, seed=number, today=TODAY)
            contents.append(_content())
            transaction.set_rollback(True)
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


@pytest.mark.parametrize("today", OTHER_DAYS)
def test_any_day_of_the_year_will_do(db, today):
    seed.generate(people=50, seed=3, today=today)
    assert set(Enrolment.objects.values_list("status", flat=True)) == set(Status.values)
    with connection.cursor() as cursor:
        assert broken(cursor, today=today) == {}


def test_more_can_be_added(db):
    seed.generate(people=40, seed=1, today=TODAY)
    seed.generate(people=40, seed=1, today=TODAY)
    assert Person.objects.count() == 80
    with connection.cursor() as cursor:
        assert broken(cursor, today=TODAY) == {}


def test_what_administrators_edited_stays(db):
    seed.generate(people=5, seed=1, today=TODAY)
    RuleValue.objects.filter(key="minimum_batch").update(value=9)
    seed.generate(people=5, seed=2, today=TODAY)
    assert RuleValue.objects.get(key="minimum_batch").value == 9


def test_the_command_fills_an_empty_database_once(db, capsys):
    call_command("seed", people=20, seed=1, today=TODAY, if_empty=True)
    assert "20 people" in capsys.readouterr().out
    call_command("seed", people=20, seed=1, today=TODAY, if_empty=True)
    assert capsys.readouterr().out == ""
    assert Person.objects.count() == 20


def test_the_command_takes_its_day_from_the_west(db):
    call_command("seed", people=3, verbosity=0)
    now = dt.datetime.now(dt.UTC)
    assert Enrolment.objects.order_by("-registered_on").first().registered_on <= now.date()


@override_settings(PRODUCTION=True)
def test_demo_users_are_impossible_in_production(db):
    with pytest.raises(CommandError, match="never added in production"):
        call_command("seed", people=1)
    assert not User.objects.exists()


def test_at_least_one_person(db):
    with pytest.raises(CommandError, match="at least one"):
        call_command("seed", people=0)
