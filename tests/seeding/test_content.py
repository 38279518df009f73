"""What is in the demo data: every state, believable people, and nothing that breaks a rule."""

import datetime as dt

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction

from accounts.models import Membership, Office, User
from accounts.roles import Role
from programmes.base.rulebook.models import Programme
from programmes.base.rulebook.rules import stay_problems
from programmes.journey.demand import actions as demand
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DemandStatus
from programmes.journey.departure import actions as departure
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment, Step
from programmes.journey.enrolment.states import OPEN, Status
from programmes.journey.people.models import Person
from programmes.journey.people.rules import cui_problem
from programmes.journey.reintegration import actions as reintegration
from programmes.journey.returns import actions as returns
from programmes.management.seeding import seed
from tests.seeding.invariants import INVARIANTS

TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """300 people once for the module; everything is rolled back at its end."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        seed.generate(people=300, seed=1, today=TODAY)
        yield
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def data(seeded, db):
    """The seeded data, as this test's own."""


@pytest.mark.parametrize("name", INVARIANTS)
def test_no_row_breaks_the_invariant(data, name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({INVARIANTS[name]}) AS broken LIMIT 5", {"today": TODAY})
        assert cursor.fetchall() == []


def test_every_state_of_a_case_is_there(data):
    assert set(Enrolment.objects.values_list("status", flat=True)) == set(Status.values)


def test_every_state_of_a_demand_is_there(data):
    assert set(JobDemand.objects.values_list("status", flat=True)) == set(DemandStatus.values)


def test_three_seasons_and_two_programmes_have_cases(data):
    for programme in Programme.objects.running():
        years = set(programme.enrolments.values_list("season__code", flat=True))
        assert years >= {"2024", "2025", "2026"}


def test_people_come_back(data):
    assert Enrolment.objects.count() > 1.2 * Person.objects.count()
    assert Enrolment.objects.filter(previous__previous__isnull=False).exists()


def test_offices_are_skewed(data):
    counts = sorted(
        Person.objects.filter(office=o).count() for o in Office.objects.filter(people__isnull=False).distinct()
    )
    assert len(counts) == 6
    assert counts[-1] > 3 * counts[0]


def test_names_carry_accents_particles_and_two_surnames(data):
    people = list(Person.objects.all())
    names = [person.full_name for person in people]
    assert sum(any(letter in "áéíóúñÁÉÓ" for letter in name) for name in names) > len(names) / 2
    assert any(person.first_surname.startswith(("de ", "del ")) for person in people)
    assert sum(bool(person.second_surname) for person in people) > 0.85 * len(people)
    assert any(len(person.languages) == 2 for person in people)
    assert all(cui_problem(p.national_id) is None for p in people if p.nationality == "GTM" and p.national_id)
    for person in people[:60]:
        person.full_clean(exclude=["name_tokens"])


def test_the_demo_users_can_sign_in_and_nobody_else(data):
    for role in Role.values:
        user = User.objects.get(email=f"{role}@example.org")
        assert user.check_password(settings.DEMO_PASSWORD)
        assert role in user.roles
        user.full_clean()
    assert User.objects.filter(language="en").exists()
    others = User.objects.exclude(email__in=[f"{role}@example.org" for role in Role.values])
    assert others.exists()
    assert not any(user.has_usable_password() for user in others)
    assert not Membership.objects.filter(valid_to__isnull=False).exists()


def test_the_demo_caseworker_has_work_for_every_part_of_today(data):
    mine = Enrolment.objects.filter(owner__email="caseworker@example.org", status__in=OPEN)
    assert 40 <= mine.count() <= 60
    due = list(Step.objects.filter(enrolment__in=mine, done_at__isnull=True).values_list("due_on", flat=True))
    week = TODAY + dt.timedelta(days=7)
    assert sum(day < TODAY for day in due) >= 5
    assert sum(day == TODAY for day in due) >= 1
    assert sum(TODAY < day <= week for day in due) >= 5
    assert sum(day > week for day in due) >= 5


def test_the_partner_sees_a_few_shared_cases_and_the_administrator_none(data):
    for role, expected in (("partner", True), ("administrator", False), ("manager", True), ("liaison", True)):
        user = User.objects.get(email=f"{role}@example.org")
        assert Enrolment.objects.visible_to(user).exists() is expected
    partner = User.objects.get(email="partner@example.org")
    assert Enrolment.objects.visible_to(partner).count() < Enrolment.objects.count() / 4


def test_next_steps_are_those_the_pages_would_choose(data):
    for enrolment in Enrolment.objects.filter(is_open=True).order_by("?")[:80]:
        before = enrolment.next_step, enrolment.next_due_on
        steps.keep_next(enrolment)
        assert (enrolment.next_step, enrolment.next_due_on) == before, enrolment.number


def test_open_requirement_steps_are_those_that_are_not_met(data):
    preparing = [Status.ELIGIBLE, Status.IN_DOCUMENTATION]
    for enrolment in Enrolment.objects.filter(status__in=preparing).select_related("person", "programme", "season")[
        :40
    ]:
        before = set(Step.objects.filter(enrolment=enrolment, done_at=None).values_list("kind", "requirement"))
        steps.renew_requirements(enrolment, on=TODAY)
        after = set(Step.objects.filter(enrolment=enrolment, done_at=None).values_list("kind", "requirement"))
        assert after == before, enrolment.number


def test_the_jobs_of_the_day_find_everything_done(data):
    noon = dt.datetime.combine(TODAY, dt.time(13), dt.UTC)
    done = [
        returns.mark_overdue(noon),
        departure.age_everywhere(noon),
        reintegration.mark_due(noon),
        demand.expire_lapsed(TODAY),
    ]
    assert done == [0, 0, 0, 0]


def test_whoever_is_ready_to_travel_may_leave(data):
    ready = Enrolment.objects.filter(status=Status.READY_TO_TRAVEL).select_related("person", "programme", "season")
    assert ready
    with time_machine.travel(dt.datetime.combine(TODAY, dt.time(13), dt.UTC)):
        for enrolment in ready:
            missing = enrolment.missing_for(Status.TRAVELLING, on=TODAY)
            assert [item.label for item in missing] == [], enrolment.number


def test_no_stay_breaks_the_rules_of_its_programme(data):
    # Work may end some weeks before it was planned to, so the shortest stay is not asked of what happened.
    rules = {programme.pk: programme.rules() | {"min_stay_months": None} for programme in Programme.objects.all()}
    cases = Enrolment.objects.filter(departed_on__isnull=False).order_by("person_id", "departed_on")
    earlier: dict[tuple[int, int], list] = {}
    for case in cases:
        before = earlier.setdefault((case.person_id, case.programme_id), [])
        stay = case.departed_on, case.returned_on or case.planned_end
        problems = stay_problems(case.planned_start, max(case.planned_start, stay[1]), rules[case.programme_id], before)
        if not {"ended_early", "left_employment"} & set(case.diary.values_list("to_status", flat=True)):
            assert problems == [], case.number
        before.append(stay)
