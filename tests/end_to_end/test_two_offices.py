"""Two offices: what A's pages say, and what they cost, is the same whether B's person exists or not.

Each way is asked before the person of B is registered and again afterwards. Equal pages cannot tell anything.
"""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programmes.models import DuplicateHint, DuplicatePair, Identity, Person
from tests.base.lists.files import asked, fetched
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TYPED = (
    "Zoila Ixmucané", "soyla iskmucane", "Zoila Ixmucan", "ZoilaIxmucané", "Zoi la Ixmucané", "2345678990101", "A1234567",
    "41236789", "14/3/1992", "Zoila 1992", "Ixmucané Xyzzy",
)  # fmt: skip
FACTS = {
    "given_names": "Zoila", "first_surname": "Ixmucané", "second_surname": "Batz", "sex": "female",
    "birth_date": date(1992, 3, 14), "nationality": "GTM", "national_id": "2345678990101", "phone": "+50241236789",
}  # fmt: skip
# What differs between two equal pages: tokens, keys of forms and requests, the time of day.
CHANGING = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_:.-]{32,}|nonce=\S+|\d{1,2}:\d{2}")


@pytest.fixture
def client(client_for):
    """A manager of A, who may do the most, with a few people and cases of A."""
    CodeFactory(list="export_purpose", code="audit")
    for surname in ("Tzoc", "Ixcot", "Ixmacué"):
        EnrolmentFactory(person=PersonFactory(given_names="Ana", first_surname=surname, second_surname="Pop"))
    return client_for("manager", office="GT-CHM", language="en")


def somebody_comes_to_b():
    """B registers a person with documents, phone and a case; and has a pair of records to look at."""
    office = make_office("CO-BOG")
    case = EnrolmentFactory(office=office, person=PersonFactory(**FACTS, office=office))
    Identity.objects.create(person=case.person, kind="passport", country="GTM", number="A1234567")
    twin = PersonFactory(**FACTS | {"national_id": "", "given_names": "Zoila María"}, office=office)
    DuplicatePair.objects.create(first=case.person, second=twin, score=80, level="probable")
    return case


def page(response) -> str:
    assert response.status_code == 200
    cache.clear()  # searches are counted by the minute
    return CHANGING.sub("…", response.content.decode())


def search(client):
    return [page(client.post("/people/search/", {"q": typed})) for typed in TYPED]


def palette(client):
    return [page(client.post("/palette/", {"q": typed}, HTTP_HX_REQUEST="true")) for typed in TYPED]


def count(client):
    addresses = (
        "/people/", "/people/duplicates/", "/cases/?view=all", "/cases/?view=mine", "/lists/cases/counts/",
        "/lists/people/counts/", "/",
    )  # fmt: skip
    return [page(client.get(address, follow=True)) for address in addresses]


def duplicate_hint(client):
    """What is only alike says nothing at all: neither a name nor that there is an office to ask."""
    weak = ({"given_names": "Rosa"}, {"birth_date": date(1969, 1, 2)}, {"sex": "male", "given_names": "Juan"})
    alone = {"phone": "", "national_id": ""}
    return [page(client.post("/people/possible/", typed(FACTS | alone | change))) for change in weak]


def export(client):
    people = asked(client, code="people", query="view=all", identified="on")
    cases = asked(client, query="view=all&sort=number&columns=name.phone.national_id", identified="on")
    return [fetched(client, one) for one in (people, cases)]


def typed(facts):
    born = facts["birth_date"]
    dated = {"birth_date_0": born.day, "birth_date_1": born.month, "birth_date_2": born.year}
    return {name: value for name, value in facts.items() if name != "birth_date"} | dated


@pytest.mark.parametrize("way", [search, palette, count, duplicate_hint, export], ids=lambda way: way.__name__)
def test_nothing_of_bs_person_is_told_to_a(client, way):
    before = way(client)
    case = somebody_comes_to_b()
    after = way(client)
    for earlier, later in zip(before, after, strict=True):
        assert set(later.splitlines()) ^ set(earlier.splitlines()) == set()
    assert after == before
    for told in after:
        for hidden in (case.number, str(case.person.public_id)[:8], "Batz"):
            assert hidden not in told
    assert not DuplicateHint.objects.exists()


def test_of_a_strong_likeness_the_office_is_named_and_nothing_else(client):
    case = somebody_comes_to_b()
    told = page(client.post("/people/possible/", typed(FACTS)))
    assert case.office.name in told
    for hidden in ("Batz", "2345678990101", case.number, "1992", str(case.person.public_id)):
        assert hidden not in told
    assert DuplicateHint.objects.get().office == case.office


def rows_read() -> int:
    """Rows of people that this transaction has taken from the table, by whichever way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'programmes_person'"
        )
        return int(cursor.fetchone()[0])


def cost(client, address, sent) -> tuple[list[str], int]:
    """The statements of a page, by their beginnings, and the rows of people that it read."""
    before = rows_read()
    with CaptureQueriesContext(connection) as queries:
        client.post(address, sent)
    cache.clear()
    return [" ".join(CHANGING.sub("…", query["sql"]).split())[:60] for query in queries], rows_read() - before


@pytest.mark.parametrize("words", TYPED)
def test_bs_person_costs_a_no_further_statement_and_no_more_rows_than_there_are_of_b(client, words):
    """A person whom an index finds has to be read before the scope can say no: once for each time it is asked."""
    cost(client, "/people/search/", {"q": words})
    before, rows = cost(client, "/people/search/", {"q": words})
    somebody_comes_to_b()
    after, more = cost(client, "/people/search/", {"q": words})
    assert after == before
    of_b, asked_at_most = Person.objects.filter(office__code="CO-BOG").count(), 5
    assert more - rows <= of_b * asked_at_most
