"""What the database itself refuses, also by raw SQL and to many at once (domain.md 2.4)."""

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from programmes.journey.enrolment import actions
from programmes.models import CaseNumber, Enrolment
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import SeasonFactory


def sql(statement, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db
def test_a_person_is_booked_once_at_any_date():
    person = PersonFactory()
    EnrolmentFactory(person=person, status="selected", planned_start=date(2027, 1, 1), planned_end=date(2027, 6, 30))
    with pytest.raises(IntegrityError, match="case_one_booked_per_person_and_date"), transaction.atomic():
        EnrolmentFactory(person=person, status="active", planned_start=date(2027, 6, 30), planned_end=date(2027, 9, 1))
    EnrolmentFactory(person=person, status="selected", planned_start=date(2027, 7, 1), planned_end=date(2027, 9, 1))
    EnrolmentFactory(person=person, status="rostered", planned_start=date(2027, 1, 1), planned_end=date(2027, 6, 30))
    EnrolmentFactory(status="selected", planned_start=date(2027, 1, 1), planned_end=date(2027, 6, 30))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("planned_start = '2027-02-01', planned_end = '2027-01-01'", "case_ends_after_it_starts"),
        ("departed_on = '2027-02-01', arrived_on = '2027-01-31'", "case_arrives_after_departing"),
        ("departed_on = '2027-02-01', returned_on = '2027-01-31'", "case_returns_after_departing"),
        ("closed_on = '2027-02-01'", "case_closed_with_reason_and_day"),
    ],
)
def test_days_in_the_wrong_order_are_refused(changes, constraint):
    case = EnrolmentFactory()
    with pytest.raises(IntegrityError, match=constraint):
        sql(f"UPDATE programmes_enrolment SET {changes} WHERE id = %s", case.pk)


@pytest.mark.django_db
def test_a_booked_case_has_dates():
    with pytest.raises(IntegrityError, match="case_booked_has_dates"), transaction.atomic():
        EnrolmentFactory(status="selected", planned_start=None, planned_end=None)


@pytest.mark.django_db
def test_the_season_belongs_to_the_programme():
    case = EnrolmentFactory()
    with pytest.raises(DatabaseError, match="another programme"):
        sql("UPDATE programmes_enrolment SET season_id = %s WHERE id = %s", SeasonFactory().pk, case.pk)


@pytest.mark.django_db
def test_a_closed_case_is_read_only_and_reopens_where_it_was():
    case = EnrolmentFactory(status="closed")
    with pytest.raises(DatabaseError, match="closed"):
        sql("UPDATE programmes_enrolment SET outcome = 'changed' WHERE id = %s", case.pk)
    sql("UPDATE programmes_enrolment SET status = 'reopened', closed_on = NULL WHERE id = %s", case.pk)
    with pytest.raises(DatabaseError, match="goes back"):
        sql("UPDATE programmes_enrolment SET status = 'in_reintegration' WHERE id = %s", case.pk)
    sql("UPDATE programmes_enrolment SET status = 'returned' WHERE id = %s", case.pk)


@pytest.mark.django_db
def test_a_case_with_a_movement_is_never_deleted():
    gone = EnrolmentFactory(status="registered")
    sql("DELETE FROM programmes_enrolment WHERE id = %s", gone.pk)
    moved = EnrolmentFactory(status="active")
    with pytest.raises(DatabaseError, match="only anonymised"):
        sql("DELETE FROM programmes_enrolment WHERE id = %s", moved.pk)


@pytest.mark.django_db
def test_every_change_by_sql_counts_the_version_and_stays_in_the_history():
    case = EnrolmentFactory()
    sql("UPDATE programmes_enrolment SET registered_on = '2026-01-02' WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.version == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM programmes_enrolmentevent WHERE pgh_obj_id = %s", [case.pk])
        assert cursor.fetchone()[0] == 2
    sql("UPDATE programmes_enrolment SET next_due_on = '2026-01-02' WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.version == 2


def at_once(count, work):
    """Run `work(n)` in `count` real threads that start together; return what each raised or None."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(n):
        barrier.wait()
        try:
            work(n)
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_twenty_people_opening_the_same_case_at_once_open_one(user_for):
    by, season, person = user_for("caseworker"), SeasonFactory(), PersonFactory()

    def work(_n):
        actions.register(
            person, by=by, programme=season.programme, season=season, office=person.office, on=date.today()
        )

    errors = [error for error in at_once(20, work) if error]
    assert len(errors) == 19
    assert {error.code for error in errors} == {"case_one_per_person_and_season"}
    assert Enrolment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_case_numbers_are_unique_when_given_at_once():
    numbers = []

    def work(_n):
        with transaction.atomic():
            numbers.extend(actions.next_numbers("GTM", 2026, 1))

    assert not any(at_once(20, work))
    assert len(set(numbers)) == 20
    assert CaseNumber.objects.get().last == 20


@pytest.mark.django_db(transaction=True)
def test_of_twenty_moves_of_one_version_one_is_made(user_for):
    by, case = user_for("caseworker"), EnrolmentFactory()

    def work(_n):
        actions.move(case, "waitlisted", by=by, on=date.today() - timedelta(days=1), version=case.version)

    errors = [error for error in at_once(20, work) if error]
    assert len(errors) == 19
    assert case.diary.count() == 1
