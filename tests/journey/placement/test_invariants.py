"""What the database itself refuses about placements, also by raw SQL (domain.md 2.4)."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from programmes.base.common.errors import in_words
from tests.factories.placement import PlacementFactory, days

pytestmark = pytest.mark.django_db


def sql(changes, placement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE programmes_placement SET {changes} WHERE id = %s", [placement.pk])


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("ends_on = starts_on - 1", "placement_ends_after_it_starts"),
        ("ended_on = starts_on - 1", "placement_ended_after_it_started"),
        ("status = 'completed'", "placement_over_has_a_last_day"),
        ("employer_rating = 0", "placement_employer_rating_in_range"),
        ("employer_rating = 6", "placement_employer_rating_in_range"),
        ("worker_rating = 0", "placement_worker_rating_in_range"),
        ("worker_rating = 6", "placement_worker_rating_in_range"),
    ],
)
def test_impossible_facts_are_refused_in_words(changes, constraint):
    placement = PlacementFactory()
    with pytest.raises(IntegrityError, match=constraint) as refused:
        sql(changes, placement)
    assert in_words(refused.value).message


@pytest.mark.parametrize(
    "changes",
    [
        "ends_on = starts_on",
        "ended_on = starts_on",
        "status = 'completed', ended_on = starts_on",
        "worker_rating = 1",
        "employer_rating = 5",
    ],
)
def test_what_lies_just_inside_is_taken(changes):
    placement = PlacementFactory()
    version = placement.version
    sql(changes, placement)
    placement.refresh_from_db()
    assert placement.version == version + 1


@pytest.mark.parametrize("target", ["planned", "cancelled", "asleep"])
def test_a_running_placement_moves_only_as_the_table_says(target):
    with pytest.raises(DatabaseError, match="Invalid transition"):
        sql(f"status = '{target}'", PlacementFactory())


def test_a_placement_that_is_over_stays_over():
    placement = PlacementFactory(status="completed", ended_on=days(-1))
    for target in ("started", "terminated_early"):
        with pytest.raises(DatabaseError, match="Invalid transition"):
            sql(f"status = '{target}'", placement)
