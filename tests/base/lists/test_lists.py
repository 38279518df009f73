"""Lists: columns, kept views, files taken out; nothing is seen by them that its reader may not see."""

import csv
import io
import time
from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from programmes.base.lists import reading
from programmes.base.lists.columns import FORMULA, Inert
from programmes.base.lists.models import Export, ListPreference, SavedView
from programmes.base.rulebook import codes
from programmes.models import Enrolment, Letter, Person
from tests.base.lists.files import asked, fetched, read
from tests.factories.departure import DocumentFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import send
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_office

TODAY = date.today()
CASES, PEOPLE = "/cases/", "/people/"


# --- Columns, sorts, filters ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_chosen_columns_stay_with_their_person(client_for):
    client, other = client_for("caseworker", language="en"), client_for("caseworker")
    EnrolmentFactory(tags=["urgent"])
    done = send(client, "/lists/cases/columns/?view=open", columns=["tags", "due"], place_tags="1", place_due="2")
    assert done.status_code == 302
    assert ListPreference.objects.get().columns == ["tags", "due"]
    shown = [str(head["label"]) for head in client.get(CASES, {"view": "open"}).context["heads"]]
    assert shown == ["Person", "Tags", "Next step, due"]
    assert len(other.get(CASES, {"view": "open"}).context["heads"]) == 5
    send(client, "/lists/cases/columns/?view=open", usual="1")
    assert len(client.get(CASES, {"view": "open"}).context["heads"]) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("sort", ["number", "name", "since", "due", "contact", "registered"])
def test_every_column_that_sorts_does_so_both_ways(client_for, sort):
    client = client_for("caseworker")
    for days in range(3):
        EnrolmentFactory(registered_on=TODAY - timedelta(days=days), next_due_on=TODAY + timedelta(days=days))
    up = [row["public_id"] for row in client.get(CASES, {"view": "open", "sort": sort}).context["page"].rows]
    down = [row["public_id"] for row in client.get(CASES, {"view": "open", "sort": f"-{sort}"}).context["page"].rows]
    assert len(up) == 3
    assert down == up[::-1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "query"),
    [
        ("data", "expires_before=2026-12-01"),
        ("partner", "sort=name"),
        ("partner", "tag=urgent"),
        ("partner", "columns=name"),
        ("caseworker", "columns=password"),
        ("caseworker", "sort=owner"),
        ("caseworker", "person__phone=1"),
    ],
)
def test_what_a_reader_may_not_see_is_neither_filter_nor_sort_nor_column(client_for, role, query):
    assert client_for(role).get(f"{CASES}?view=open&{query}").status_code == 400


@pytest.mark.django_db
def test_filters_find_what_they_say(client_for, user_for):
    client, colleague = client_for("caseworker"), user_for("caseworker")
    CodeFactory(list="case_tag", code="urgent")
    codes.forget()
    wanted = {
        "tag=urgent": EnrolmentFactory(tags=["urgent"]),
        f"owner={colleague.public_id}": EnrolmentFactory(owner=colleague),
        f"quiet_since={TODAY - timedelta(days=500)}": EnrolmentFactory(registered_on=TODAY - timedelta(days=600)),
        f"expires_before={TODAY + timedelta(days=40)}": EnrolmentFactory(status="in_documentation"),
        "status=eligible&status=suspended": EnrolmentFactory(status="suspended"),
    }
    DocumentFactory(
        enrolment=wanted[f"expires_before={TODAY + timedelta(days=40)}"],
        status="verified",
        expires_on=TODAY + timedelta(days=9),
    )
    for query, case in wanted.items():
        found = [row["public_id"] for row in client.get(f"{CASES}?view=open&{query}").context["page"].rows]
        assert found == [case.public_id], query


@pytest.mark.django_db
def test_a_great_many_are_not_counted_again_and_few_are(django_assert_num_queries):
    EnrolmentFactory.create_batch(2)
    every = Enrolment.objects.all()
    for most, question, statements in ((2, "all", 1), (2, "all", 0), (2, "mine", 1), (3, "all", 1), (3, "all", 1)):
        with django_assert_num_queries(statements):
            hits = reading.look_once(every, most, f"test {question}")
        assert (hits.count, hits.few is None) == (2, most == 2)


@pytest.mark.django_db(transaction=True)
def test_what_takes_too_long_to_count_stands_without_a_number(client_for):
    EnrolmentFactory()
    slow = Enrolment.objects.extra(where=["pg_sleep(0.3) IS NOT NULL"])
    assert reading.look(slow, milliseconds=50) == reading.Hits(None, None)
    assert reading.look(Enrolment.objects.all(), milliseconds=5000).count == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0", "the limit ends with its statement"


# --- Views ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_view_keeps_filters_sort_and_columns_and_opens_first_when_asked(client_for):
    client = client_for("caseworker", language="en")
    wanted, _other = EnrolmentFactory(status="eligible"), EnrolmentFactory()
    address = "/lists/cases/save/?view=open&status=eligible&sort=-since&columns=name.owner"
    done = send(client, address, name="Elegibles", pinned="on", home="on")
    assert done.status_code == 302
    for where in (done["Location"], CASES):
        page = client.get(where)
        assert [row["public_id"] for row in page.context["page"].rows] == [wanted.public_id]
        assert [str(head["label"]) for head in page.context["heads"]] == ["Person", "Owner"]
        assert [tab["label"] for tab in page.context["views"] if tab["current"]] == ["Elegibles"]
    counted = client.get("/lists/cases/counts/?view=open").content.decode()
    assert ">1<" in counted


@pytest.mark.django_db
def test_a_view_gets_another_definition_when_its_maker_says_so(client_for):
    client = client_for("caseworker")
    first, second = EnrolmentFactory(status="eligible"), EnrolmentFactory(status="suspended")
    send(client, "/lists/cases/save/?view=open&status=eligible", name="Mía", pinned="on")
    view = SavedView.objects.get()
    again = "/lists/cases/save/?view=open&status=suspended"
    assert send(client, again, name="Mía", pinned="on").status_code == 422
    shown = [row["public_id"] for row in client.get(f"{CASES}?saved={view.public_id}").context["page"].rows]
    assert shown == [first.public_id]
    assert send(client, again, name="Mía", pinned="on", replace="on").status_code == 302
    assert SavedView.objects.get().public_id == view.public_id
    shown = [row["public_id"] for row in client.get(f"{CASES}?saved={view.public_id}").context["page"].rows]
    assert shown == [second.public_id]


@pytest.mark.django_db
def test_a_shared_view_shows_each_reader_their_own_rows(client_for, elsewhere):
    here, there = client_for("caseworker", office="GT-CHM"), client_for("caseworker", office="CO-BOG")
    case = EnrolmentFactory()
    shared = SavedView.objects.create(
        listing="cases", name="De todos", query="view=all&sort=due", office=make_office("GT-CHM"), created_by=here.user
    )
    colleague = client_for("caseworker", office="GT-CHM")
    page = colleague.get(f"{CASES}?saved={shared.public_id}")
    assert [row["public_id"] for row in page.context["page"].rows] == [case.public_id]
    foreign = there.get(f"{CASES}?saved={shared.public_id}")
    assert foreign.context["notes"]
    assert "De todos" not in foreign.content.decode()
    assert there.get(f"/views/{shared.public_id}/").status_code == 404
    assert colleague.get(f"/views/{shared.public_id}/").status_code == 403


@pytest.mark.django_db
def test_a_view_whose_filter_vanished_says_so_and_shows_nothing(client_for):
    client = client_for("caseworker")
    EnrolmentFactory()
    view = SavedView.objects.create(
        listing="cases", name="Vieja", query="view=all&season=987654", created_by=client.user
    )
    page = client.get(f"{CASES}?saved={view.public_id}")
    assert page.status_code == 200
    assert page.context["page"].rows == []
    assert "Temporada" in page.context["notes"][0] or "Season" in page.context["notes"][0]


@pytest.mark.django_db
def test_a_view_that_filters_by_what_its_reader_may_not_see_shows_nothing(client_for):
    maker, reader = client_for("caseworker"), client_for("data")
    EnrolmentFactory()
    view = SavedView.objects.create(
        listing="cases",
        name="Vencen",
        query="view=all&expires_before=2030-01-01",
        office=maker.office,
        created_by=maker.user,
    )
    page = reader.get(f"{CASES}?saved={view.public_id}")
    assert page.context["page"].rows == []
    assert page.context["notes"]


@pytest.mark.django_db
def test_a_view_is_deleted_by_its_maker_or_a_manager_of_its_office(client_for):
    maker, colleague, manager = client_for("caseworker"), client_for("caseworker"), client_for("manager")
    view = SavedView.objects.create(
        listing="cases", name="V", query="view=all", office=maker.office, created_by=maker.user
    )
    assert colleague.post(f"/views/{view.public_id}/delete/").status_code == 403
    assert manager.post(f"/views/{view.public_id}/delete/").status_code == 302
    assert not SavedView.objects.exists()


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_without_names_holds_none_and_is_logged(client_for, purposes, elsewhere):
    client = client_for("caseworker", language="en")
    case = EnrolmentFactory(person__phone="+50255550999", person__national_id="1234567890101")
    export = asked(client, query="view=all&sort=number&columns=name.phone.national_id.office.since")
    text = fetched(client, export)
    rows = read(text)
    assert rows[0] == ["Case number", "Office", "State, since"]
    assert [row[0] for row in rows[1:]] == [case.number]
    for hidden in (case.person.first_surname, "50255550999", "1234567890101", elsewhere.number, "Ajeno"):
        assert hidden not in text
    export.refresh_from_db()
    assert (export.state, export.rows, export.downloads) == ("done", 1, 1)
    auditor = client_for("auditor").get("/exports/").content.decode()
    assert client.user.full_name in auditor


@pytest.mark.django_db
def test_a_manager_takes_names_at_once_and_formulas_stay_text(client_for, purposes):
    manager = client_for("manager")
    EnrolmentFactory(person__given_names="=1+1", person__first_surname="@SUM", person__phone="+50255550999")
    export = asked(manager, query="view=all&sort=number&columns=name.phone", identified="on")
    rows = read(fetched(manager, export))
    assert rows[1][1].startswith("'=1+1 @SUM")
    assert rows[1][2] == "'+50255550999"


@pytest.mark.django_db
def test_a_data_officer_waits_for_a_manager_who_is_told(client_for, purposes):
    officer, manager, stranger = client_for("data"), client_for("manager"), client_for("manager", office="CO-BOG")
    EnrolmentFactory()
    export = asked(officer, identified="on")
    assert export.state == "asked"
    assert list(Letter.objects.values_list("to", "kind")) == [(manager.user.pk, "export_asked")]
    assert officer.post(f"/exports/{export.public_id}/file/").status_code == 403
    assert stranger.get(f"/exports/{export.public_id}/decide/").status_code == 404
    send(manager, f"/exports/{export.public_id}/decide/", decision="approve", reason="")
    assert "Tzoc" in fetched(officer, export)
    assert Letter.objects.filter(to=officer.user, kind="export_decided").exists()


@pytest.mark.django_db
def test_a_caseworker_never_gets_names(client_for, purposes):
    client = client_for("caseworker")
    EnrolmentFactory()
    export = asked(client, identified="on")
    assert not export.identified
    assert "Tzoc" not in fetched(client, export)


@pytest.mark.django_db
def test_names_of_more_than_a_hundred_need_a_fresh_sign_in(client_for, purposes):
    manager = client_for("manager", password="a-long-enough-password-for-tests")
    season = EnrolmentFactory().season
    EnrolmentFactory.create_batch(100, season=season)
    export = asked(manager, identified="on")
    answer = manager.post(f"/exports/{export.public_id}/file/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    session = manager.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    assert len(read(fetched(manager, export))) == 102


@pytest.mark.django_db
def test_a_right_that_was_taken_away_stops_the_file(client_for, purposes):
    client = client_for("caseworker")
    EnrolmentFactory()
    export = asked(client)
    client.user.memberships.update(valid_to=TODAY - timedelta(days=1))
    assert client.post(f"/exports/{export.public_id}/file/").status_code == 403


@pytest.mark.django_db
def test_two_files_at_a_time(client_for, purposes):
    client = client_for("caseworker")
    EnrolmentFactory()
    first, second, third = (asked(client, why=f"Motivo {n}.") for n in range(3))
    for one in (first, second):
        Export.objects.filter(pk=one.pk).update(started_at=one.created_at)
    assert client.post(f"/exports/{third.public_id}/file/").status_code == 429
    assert client.post(f"/exports/{first.public_id}/file/").status_code == 200


@pytest.mark.django_db
def test_an_empty_list_is_a_file_with_heads(client_for, purposes):
    client = client_for("caseworker")
    assert len(read(fetched(client, asked(client)))) == 1


@settings(max_examples=200)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
        min_size=1,
        max_size=5,
    )
)
@pytest.mark.django_db
def test_whatever_is_written_is_read_back_and_never_a_formula(texts):
    for text in texts:
        (row,) = csv.reader(io.StringIO(_through_copy(text), newline=""))
        runs = bool(text.lstrip(" ")) and text.lstrip(" ")[0] in FORMULA
        assert row == [f"'{text}" if runs else text]


def _through_copy(text):
    from django.db.models import TextField, Value
    from django.db.models.sql.compiler import SQLCompiler

    query = Person.objects.all().query
    sql, params = Inert(Value(text, output_field=TextField())).as_sql(SQLCompiler(query, connection, None), connection)
    with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT {sql}) TO STDOUT WITH (FORMAT csv)", params) as copy:
        return b"".join(bytes(part) for part in copy).decode()


# --- People -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_list_of_people_is_filtered_without_naming_anybody(client_for, elsewhere):
    client = client_for("caseworker")
    man, woman = PersonFactory(sex="male", nationality="HND"), PersonFactory()
    EnrolmentFactory(person=man)
    for query, person in (("sex=male", man), ("open_case=on", man), ("sex=female", woman)):
        found = [row["public_id"] for row in client.get(f"{PEOPLE}?{query}").context["page"].rows]
        assert found == [person.public_id], query
    assert client.get(f"{PEOPLE}?first_surname=Tzoc").status_code == 400
    assert "Ajeno" not in client.get(PEOPLE).content.decode()


@pytest.mark.django_db
def test_people_are_taken_out_like_cases(client_for, purposes, elsewhere):
    manager = client_for("manager")
    PersonFactory()
    plain = fetched(manager, asked(manager, "people", "sort=name"))
    assert "Tzoc" not in plain
    named = fetched(manager, asked(manager, "people", "sort=name", identified="on", why="Otro motivo."))
    assert "Tzoc" in named
    assert "Ajeno" not in named


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", [f"{PEOPLE}?sort=name", "/lists/cases/views/", "/exports/", "/lists/cases/counts/?view=open"]
)
def test_pages_ask_as_often_for_three_rows_as_for_one(
    client_for, django_assert_max_num_queries, django_assert_num_queries, address
):
    client = client_for("caseworker")

    def one_more(n):
        EnrolmentFactory()
        SavedView.objects.create(listing="cases", name=f"V{n}", query="view=all", created_by=client.user)
        Export.objects.create(
            listing="cases",
            columns=["name"],
            format="csv",
            purpose="audit",
            why="x",
            office=client.office,
            created_by=client.user,
        )

    one_more(1)
    client.get(address)
    with django_assert_max_num_queries(12) as one:
        client.get(address)
    one_more(2)
    one_more(3)
    with django_assert_num_queries(len(one.captured_queries)):
        client.get(address)
