"""The palette: people, cases, employers and pages in one box; never more than the reader may see and do."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from iomcase.cache import HintsInRedis
from programmes.desk.worklist.commands import COMMANDS, commands_for
from programmes.models import Person
from tests.factories.employers import EmployerFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
PALETTE = "/palette/"
PART = {"HTTP_HX_REQUEST": "true"}


def hits(client, typed=""):
    """Every hit as (words, second line, address)."""
    part = client.post(PALETTE, {"q": typed}, **PART).content.decode()
    found = re.findall(r'<a role="option" tabindex="-1" href="([^"]+)">(.*?)</a>', part, re.DOTALL)
    plain = [(href, re.sub(r"</?bdi[^>]*>", "", inside)) for href, inside in found]
    return [
        (words.split("<i>")[0], re.sub(r".*<i>|</i>", "", words) if "<i>" in words else "", href)
        for href, words in plain
    ]


def words(client, typed=""):
    return [hit[0] for hit in hits(client, typed)]


@pytest.fixture
def client(client_for):
    """A caseworker of Chimaltenango who reads English."""
    return client_for("caseworker", office="GT-CHM", language="en")


def test_a_name_finds_the_person_and_their_case(client):
    case = EnrolmentFactory(person=PersonFactory(given_names="Candelaria", first_surname="Ixcot", second_surname=""))
    person, found_case = hits(client, "candelaria iskot")
    assert (person[0], person[2]) == ("Candelaria Ixcot", case.person.get_absolute_url())
    assert person[1].endswith("sounds like Ixcot")
    assert found_case[0] == case.number
    assert "Candelaria Ixcot" in found_case[1]
    assert found_case[2] == case.get_absolute_url()


def test_the_last_word_may_still_be_going_on(client):
    PersonFactory(given_names="Candelaria", first_surname="Ixcot", second_surname="")
    for typed in ("cand", "candelaria ix", "ixcot candel"):
        assert "Candelaria Ixcot" in words(client, typed)


@pytest.mark.parametrize("form", ["{}", "{} ", "{plain}"])
def test_a_case_number_finds_the_case_however_it_is_written(client, form):
    case, other = EnrolmentFactory(), EnrolmentFactory()
    country, year, serial = case.number.split("-")
    found = words(client, form.format(case.number, plain=f"{country.lower()} {year} {int(serial)}"))
    assert case.number in found
    assert other.number not in found


def test_an_employer_is_found_by_any_part_of_its_name(client_for):
    client = client_for("manager", office="GT-CHM", language="en")
    employer = EmployerFactory(name="Érablière Côté & Fils", office=make_office("GT-CHM"))
    assert (employer.name.replace("&", "&amp;"), "employer", employer.get_absolute_url()) in hits(client, "cote erab")


def test_pages_are_found_by_their_name_and_by_other_words(client):
    assert words(client, "new per") == ["New person"]
    assert "New person" in words(client, "intake")
    assert words(client, "zzzz") == []


def test_before_anything_is_typed_stand_what_was_opened_last_and_where_one_can_go(client):
    first, second = PersonFactory(given_names="Primera"), PersonFactory(given_names="Segunda")
    case = EnrolmentFactory()
    assert words(client)[:2] == ["Today", "Cases"]
    for page in (first, second, case, second):
        assert client.get(page.get_absolute_url()).status_code == 200
    assert words(client)[:4] == [second.full_name, case.number, first.full_name, "Today"]


def test_what_was_opened_last_is_forgotten_with_the_right_with_the_user_and_with_the_session(client, client_for):
    person = PersonFactory()
    client.get(person.get_absolute_url())
    assert person.full_name in words(client)
    stranger = client_for("caseworker", office="GT-CHM", language="en")
    stranger.cookies["recent"] = client.cookies["recent"].value
    assert person.full_name not in words(stranger)
    Person.objects.filter(pk=person.pk).update(office=make_office("CO-BOG"))
    assert person.full_name not in words(client)
    kept = client.cookies["recent"].value
    client.logout()
    client.cookies["recent"] = kept
    client.get("/accounts/login/")
    assert not client.cookies["recent"].value


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "eyJ9:1uX:zzz"])
def test_a_bent_cookie_is_an_empty_one(client, cookie):
    client.cookies["recent"] = cookie
    assert words(client)[0] == "Today"


def test_nothing_of_another_office_shows(client):
    elsewhere = make_office("CO-BOG")
    case = EnrolmentFactory(
        office=elsewhere, person=PersonFactory(office=elsewhere, given_names="Zoila", first_surname="Ixmucané")
    )
    EmployerFactory(name="Ixmucané Flores", office=elsewhere)
    for typed in ("zoila", "ixmucane", "ixmu", case.number):
        assert hits(client, typed) == []


@pytest.mark.parametrize(
    "role", ["caseworker", "liaison", "manager", "data", "protection", "auditor", "partner", "administrator"]
)
def test_every_command_that_is_offered_opens(client_for, role):
    client = client_for(role)
    offered = commands_for(client.user)
    assert offered
    for label, address, _known in offered:
        assert client.get(address).status_code in (200, 302), label


def test_commands_that_are_not_offered_are_refused(client_for):
    auditor = client_for("auditor")
    offered = {address for _label, address, _known in commands_for(auditor.user)}
    for command in COMMANDS:
        try:
            address = reverse(command.route)
        except NoReverseMatch:
            continue  # of a room that is not built
        if address not in offered and not command.route.startswith("admin"):
            assert auditor.get(address).status_code == 403, command.route


def test_a_partner_gets_no_name(client_for):
    client = client_for("partner", office="CA-MTL", language="en")
    case = EnrolmentFactory(person=PersonFactory(given_names="Candelaria"))
    case.shared_with.add(client.office)
    assert words(client, "Candelaria") == []
    found = hits(client, case.number)
    assert [hit[0] for hit in found] == [case.number]
    assert "Candelaria" not in found[0][1]


def test_the_part_is_small_and_asks_as_often_for_many_as_for_one(client):
    def cost(typed):
        with CaptureQueriesContext(connection) as queries:
            part = client.post(PALETTE, {"q": typed}, **PART)
        return len(queries), len(part.content)

    EnrolmentFactory(person=PersonFactory(given_names="Candelaria", first_surname="Ixcot", second_surname="Uno"))
    client.post(PALETTE, {"q": "x"}, **PART)
    few, _size = cost("candelaria ixcot")
    for n in range(12):
        person = PersonFactory(given_names="Candelaria", first_surname="Ixcot", second_surname=f"Otra{n}")
        EnrolmentFactory(person=person)
        EmployerFactory(name=f"Candelaria Ixcot {n}", office=client.office)
    many, size = cost("candelaria ixcot")
    assert many <= few <= 13
    assert size <= 3000


def test_the_palette_is_a_plain_page_without_script(client):
    PersonFactory(given_names="Candelaria")
    page = client.get(PALETTE).content.decode()
    assert 'action="/palette/"' in page
    assert "Go to" in page
    assert "Candelaria" in client.post(PALETTE, {"q": "Candelaria"}).content.decode()
    assert "Nothing found" in client.post(PALETTE, {"q": "zzzzzz"}).content.decode()


def test_nobody_asks_the_palette_without_end(client):
    sent = 0
    while (last := client.post(PALETTE, {"q": ""}, **PART)).status_code == 200:
        sent += 1
        assert sent <= 480
    assert (last.status_code, "You searched very often" in last.content.decode()) == (429, True)
    assert int(last["Retry-After"]) <= 60
    assert "<html" not in last.content.decode()


def test_without_redis_nothing_is_counted_and_everything_works(client, settings):
    address = "unix:///nowhere/redis.sock"
    settings.CACHES = settings.CACHES | {"default": {**settings.CACHES["default"], "LOCATION": address}}
    HintsInRedis._asks_again_at = 0.0
    try:
        assert cache.incr("any") == 1
        assert client.post(PALETTE, {"q": "new"}, **PART).status_code == 200
    finally:
        HintsInRedis._asks_again_at = 0.0
