"""What the database itself refuses about returns, also by raw SQL; and two jobs at once."""

import threading
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from programmes.base.common.errors import in_words
from programmes.journey.returns import actions
from programmes.journey.returns.states import RETURN, Status
from programmes.models import CaseEvent, Step
from tests.factories.returns import ReturnFactory

TODAY = date.today()


def sql(changes, trip):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE programmes_return SET {changes} WHERE id = %s", [trip.pk])


@pytest.mark.django_db
def test_an_arrival_before_the_departure_is_refused_in_words():
    trip = ReturnFactory()
    with pytest.raises(IntegrityError, match="return_arrives_after_departing") as refused:
        sql("departed_on = current_date, arrived_on = current_date - 1", trip)
    assert in_words(refused.value).message == "The arrival lies before the departure."
    sql("departed_on = current_date, arrived_on = current_date", trip)


@pytest.mark.django_db
def test_a_confirmed_return_carries_its_day():
    trip = ReturnFactory(status="departed")
    with pytest.raises(IntegrityError, match="return_confirmed_has_a_day"):
        sql("status = 'arrived_confirmed'", trip)
    sql("status = 'arrived_confirmed', arrived_on = current_date", trip)


@pytest.mark.django_db
@pytest.mark.parametrize("source", Status.values)
def test_sql_moves_a_return_as_the_table_says(source):
    for target in Status.values:
        if target == source:
            continue
        trip = ReturnFactory(status=source, arrived_on=TODAY)
        if RETURN.allows(source, target):
            sql(f"status = '{target}'", trip)
        else:
            with pytest.raises(DatabaseError, match="Invalid transition"):
                sql(f"status = '{target}'", trip)


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_mark_each_return_once():
    trips = [ReturnFactory(planned=-10) for _ in range(6)]
    marked = []

    def run():
        try:
            marked.append(actions.mark_overdue())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(marked) == 6
    assert CaseEvent.objects.filter(to_status="return_overdue").count() == 6
    assert Step.objects.open().filter(kind="whereabouts").count() == len(trips)
