"""Search among ten thousand: nobody is missed, and nothing reads a large table from end to end."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from programmes.journey.people import search
from programmes.models import Person
from scripts.bench_search import FIRST, KINDS, queries

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ten_thousand_people")]
LARGE = {
    "programmes_person",
    "programmes_enrolment",
    "programmes_identity",
    "programmes_personphone",
    "programmes_document",
}


@pytest.fixture(scope="module")
def manager(ten_thousand_people, django_db_blocker):
    """Somebody who sees most of the people."""
    with django_db_blocker.unblock():
        yield User.objects.filter(memberships__role="manager").order_by("pk")[0]


@pytest.fixture(autouse=True)
def _database(django_db_blocker):
    with django_db_blocker.unblock():
        yield


def scanned(statements):
    """Large tables that some statement would read from end to end, by PostgreSQL's own plan."""
    found = set()

    def walk(node):
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE:
            found.add(node["Relation Name"])
        for child in node.get("Plans", ()):
            walk(child)

    with connection.cursor() as cursor:
        for statement in statements:
            if re.match(r"\s*(SELECT|\(SELECT|WITH)", statement["sql"]):
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement['sql']}")
                plan = cursor.fetchone()[0]
                walk((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return found


def test_the_right_person_stands_among_the_first_ten(manager):
    asked = queries(manager, 180)
    missed = [
        query
        for query in asked
        if query.person not in [one.person.pk for one in search.find(manager, query.typed)[:FIRST]]
    ]
    assert {query.kind for query in asked} == set(KINDS)
    assert len(missed) <= len(asked) * 0.02, missed
    assert sum(query.kind == "one edit" for query in missed) <= 1


@pytest.mark.parametrize(
    "typed",
    ["{name}", "{given} {surname} 1990", "{surname} Xyzzy", "{given} {surname} 1/2/1990", "{document}", "{phone}", "1990-02-01",
     "GT-2026-00012"],
)  # fmt: skip
def test_no_search_reads_a_large_table_from_end_to_end(manager, typed):
    person = Person.objects.visible_to(manager).exclude(national_id="").exclude(phone="").order_by("pk")[77]
    words = typed.format(
        name=person.full_name, given=person.given_names, surname=person.first_surname, document=person.national_id,
        phone=str(person.phone)[4:],
    )  # fmt: skip
    with CaptureQueriesContext(connection) as statements:
        search.find(manager, words)
    assert len(statements) <= 8
    assert scanned(statements) == set()


def test_no_page_of_the_list_of_people_sorts_them_all(manager):
    people = Person.objects.listed_for(manager).order_by("first_surname", "second_surname", "given_names", "id")
    with CaptureQueriesContext(connection) as statements:
        list(people[:26])
    assert scanned(statements[-1:]) <= {"programmes_enrolment"}
