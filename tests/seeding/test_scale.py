"""A great many people: a small base multiplied in the database, and everything that is true of the small is true."""

import datetime as dt
import json

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F

from accounts.models import Office, User
from programmes.base.lifecycle.models import CaseEvent
from programmes.desk.reports.models import ReportRun
from programmes.journey.departure.models import Document
from programmes.journey.enrolment.models import CaseNumber, Enrolment, Step
from programmes.journey.enrolment.states import Status
from programmes.journey.people.identity import Identity
from programmes.journey.people.models import NameToken, Person
from programmes.journey.people.rules import cui_problem
from programmes.management.commands.seed import LARGEST_IN_DETAIL
from programmes.management.seeding.scale import multiply
from tests.fixtures.database import empty_database
from tests.seeding.invariants import INVARIANTS

TODAY = dt.date(2026, 11, 22)
PEOPLE, BASE = 1_505, 150
# What a table looks like from outside: its indexes, constraints and triggers.
SHAPE = """
SELECT 'index', indexrelid::regclass::text, indisvalid::text, indisunique::text FROM pg_index
WHERE indrelid::regclass::text ~ '^(programmes|accounts)_'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, convalidated::text, condeferred::text
FROM pg_constraint WHERE conrelid::regclass::text ~ '^(programmes|accounts)_'
UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, tgenabled::text, '' FROM pg_trigger
WHERE tgrelid::regclass::text ~ '^(programmes|accounts)_' AND NOT tgisinternal
"""


def _rows(query: str, **values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall()


@pytest.fixture(scope="module")
def shape_before(own_database):
    return sorted(_rows(SHAPE))


@pytest.fixture(scope="module")
def multiplied(shape_before):
    return multiply.generate(people=PEOPLE, seed_number=1, today=TODAY, base=BASE)


@pytest.fixture(autouse=True)
def _seeded(multiplied):
    """Every test here looks at the same data."""


@pytest.mark.parametrize("name", INVARIANTS)
def test_no_row_breaks_the_invariant(name):
    assert _rows(f"SELECT * FROM ({INVARIANTS[name]}) AS broken LIMIT 5", today=TODAY) == []


def test_indexes_constraints_and_triggers_are_as_they_were(shape_before):
    assert sorted(_rows(SHAPE)) == shape_before
    assert not _rows("SELECT FROM pg_namespace WHERE nspname = 'seeding'")


def test_there_are_as_many_people_as_were_asked_for_and_three_cases_to_two_of_them(multiplied):
    assert Person.objects.count() == multiplied["Person"] == PEOPLE
    assert 1.3 * PEOPLE < Enrolment.objects.count() == multiplied["Enrolment"] < 1.7 * PEOPLE


def test_every_state_is_there_in_every_copy():
    counts = dict(Enrolment.objects.order_by().values_list("status").annotate(n=Count("pk")))
    assert set(counts) == set(Status.values)
    assert min(counts.values()) >= PEOPLE // BASE


def test_everybody_has_names_and_numbers_of_their_own():
    people = list(Person.objects.all())
    assert len({person.full_name for person in people}) > 0.97 * len(people)
    assert len({person.birth_date for person in people}) > 0.8 * len(people)
    phones = [str(person.phone) for person in people if person.phone]
    assert len(set(phones)) > 0.99 * len(phones) > 0.85 * len(people)
    assert all(cui_problem(p.national_id) is None for p in people if p.nationality == "GTM" and p.national_id)
    assert 0.03 < sum(not person.second_surname for person in people) / len(people) < 0.1
    assert any(person.first_surname.startswith(("de ", "del ")) for person in people)
    for person in people[-150:]:
        person.full_clean(exclude=["name_tokens"])


def test_identity_documents_carry_the_numbers_of_the_person_and_of_the_papers():
    assert not Identity.objects.filter(kind="national_id").exclude(number=F("person__national_id")).exists()
    known = {row.number for row in Identity.objects.filter(kind="passport")}
    papers = Document.objects.filter(type="passport", status__in=["verified", "expiring", "expired"])
    assert {paper.number for paper in papers} == known
    assert len(known) > PEOPLE / 3
    assert all(row.warning is None for row in Identity.objects.order_by("-id")[:200])


def test_every_word_of_every_name_is_in_the_dictionary():
    words = {word for tokens in Person.objects.values_list("name_tokens", flat=True) for word in tokens}
    assert set(NameToken.objects.values_list("text", flat=True)) == words
    # A long tail: half of the words belong to one or two people.
    assert len(words) > 1_000


def test_case_numbers_follow_the_order_of_registration():
    for counter in CaseNumber.objects.all():
        cases = Enrolment.objects.filter(number__startswith=counter.prefix)
        assert sorted(cases.values_list("number", flat=True)) == [
            f"{counter.prefix}-{number:05d}" for number in range(1, counter.last + 1)
        ]
        if counter.last > PEOPLE // BASE:
            copied = list(cases.order_by("number").values_list("registered_on", flat=True))[: -PEOPLE % BASE or None]
            assert copied[: len(copied) // 2] == sorted(copied[: len(copied) // 2])


def test_the_work_is_spread_over_towns_and_teams():
    with_people = Office.objects.filter(people__isnull=False).distinct()
    assert with_people.count() > 12
    owners = User.objects.filter(cases__is_open=True).distinct()
    assert owners.count() > PEOPLE / 120 / 2
    assert (
        not User.objects.exclude(email__regex=r"^[a-z]+@example\.org$").filter(password__startswith="argon2").exists()
    )
    demo = Enrolment.objects.filter(owner__email="caseworker@example.org", is_open=True)
    assert 30 <= demo.count() <= 80


def test_the_diary_speaks_of_rows_of_its_own_case():
    named = {
        getattr(getattr(model, "MACHINE", None), "name", model._meta.model_name): model
        for model in apps.get_app_config("programmes").get_models()
    }
    for subject in CaseEvent.objects.order_by().values_list("subject", flat=True).distinct():
        known = named[subject].objects.values("pk")
        assert not CaseEvent.objects.filter(subject=subject).exclude(subject_id__in=known).exists(), subject
    wrong = """
        SELECT v.data FROM programmes_caseevent v JOIN programmes_selection s ON s.enrolment_id = v.enrolment_id
        JOIN programmes_position p ON p.id = s.position_id JOIN programmes_jobdemand d ON d.id = p.demand_id
        WHERE v.what = 'position_reserved' AND v.data ->> 'demand' <> d.number
        UNION ALL SELECT v.data FROM programmes_caseevent v JOIN programmes_enrolment e ON e.id = v.enrolment_id
        JOIN programmes_enrolment b ON b.id = e.previous_id WHERE v.what = 'recalled' AND v.data ->> 'previous' <> b.number
    """
    assert _rows(wrong) == []


def test_late_steps_and_reports_are_there():
    late = Step.objects.filter(done_at__isnull=True, due_on__lt=TODAY).count()
    assert late > 0.05 * PEOPLE
    assert ReportRun.objects.exists()


def test_new_rows_get_keys_beyond_the_copied_ones():
    for model in (Person, Enrolment, CaseEvent, Step):
        (key,) = _rows(f"SELECT nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))")[0]
        assert key > max(model.objects.order_by("-id").values_list("id", flat=True)[:1])


def test_it_is_only_added_to_an_empty_database():
    with pytest.raises(CommandError, match="without people"):
        call_command("seed", people=LARGEST_IN_DETAIL + 1)


def test_the_same_numbers_give_the_same_copies():
    before = _content()
    with empty_database("again"):
        multiply.generate(people=PEOPLE, seed_number=1, today=TODAY, base=BASE)
        assert _content() == before


def _content() -> str:
    people = Person.objects.order_by("id").values_list("public_id", "given_names", "national_id", "birth_date", "phone")
    cases = Enrolment.objects.order_by("id").values_list("public_id", "number", "status", "owner__email")
    return json.dumps([list(people), list(cases), Step.objects.count()], default=str)
