"""A roster of tens of thousands for one demand, for as long as its candidates are measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from typing import Any

MOST = 50_000
LACKING = 0.4
CODE = "roster-bench"


@contextmanager
def demand() -> Iterator[tuple[Any, int]]:
    """An open demand, and how many stand on the roster of its season; both are gone afterwards.

    Papers are those that the people have; of the tests, and of medical exams that hold long enough, four in ten lack.
    """
    from programmes.models import JobDemand

    remove()  # a run that was broken off may have left it
    like = JobDemand.objects.filter(season__programme__code="gt-ca-agriculture", status="open").order_by("-positions")[
        0
    ]
    try:
        yield fill(like)
    finally:
        remove()


@contextmanager
def _unwatched(*models: Any) -> Iterator[None]:
    """History and judgement of so many rows would take minutes, and are thrown away with them."""
    from django.db import connection, transaction

    tables = [connection.ops.quote_name(model._meta.db_table) for model in models]
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        # What is still to be checked at the commit stands in the way of ALTER TABLE.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def remove() -> None:
    """Take the season away with all that stands in it."""
    from programmes.models import Enrolment, JobDemand, Medical, Season, TestResult

    gone = Season.objects.filter(code=CODE)
    with _unwatched(Enrolment, TestResult, Medical):
        Enrolment.objects.filter(season__in=gone).delete()
    JobDemand.objects.filter(season__in=gone).delete()
    gone.delete()


def fill(like: Any) -> tuple[Any, int]:
    """A season some years ahead with a demand on the terms of `like`, and a roster of whoever is free."""
    from django.utils import timezone

    from programmes.base.common.bulk import insert_many
    from programmes.management.seeding.seed import analyse
    from programmes.models import Enrolment, JobDemand, Medical, Person, Requirement, Season, TestResult

    today = timezone.localdate()
    start = date(today.year + 3, 3, 1)
    season = Season.objects.create(
        programme=like.season.programme, code=CODE, starts_on=start, ends_on=start + timedelta(days=300)
    )
    made = JobDemand.objects.create(
        number="B-CANDIDATES", season=season, employer=like.employer, site=like.site, status="open", positions=50,
        occupation=like.occupation, language=like.language, starts_on=start, ends_on=start + timedelta(days=180),
        wage=like.wage, wage_currency=like.wage_currency, wage_unit=like.wage_unit, requested_on=today,
        hours_per_week=like.hours_per_week,
    )  # fmt: skip
    made.places.bulk_create(made.places.model(demand=made, number=number) for number in range(1, made.positions + 1))
    rng = Random(MOST)  # noqa: S311 demo data, nothing secret
    people = Person.objects.filter(office__country="GTM", merged_into__isnull=True, birth_date__lt="2000-01-01")
    with _unwatched(Enrolment, TestResult, Medical):
        cases = insert_many(
            Enrolment(
                person=person, programme=season.programme, season=season, office_id=person.office_id, status="rostered",
                number=f"B-{place}", registered_on=today,
            )
            for place, person in enumerate(people.order_by("pk")[:MOST])
        )  # fmt: skip
        tests = list(Requirement.objects.filter(programme=season.programme, kind="test", active=True))
        insert_many(
            TestResult(enrolment=case, requirement=test, passed=True, taken_on=today)
            for case in cases
            if rng.random() > LACKING
            for test in tests
        )
        until = made.ends_on + timedelta(days=100)
        insert_many(
            Medical(
                enrolment=case, clinic="Clínica", scheduled_on=today, status="fit", result_on=today, valid_until=until
            )
            for case in cases
            if rng.random() > LACKING
        )  # fmt: skip
    # Without figures about the new rows PostgreSQL would read them one by one: half a minute, by hand too.
    analyse()
    return made, len(cases)
