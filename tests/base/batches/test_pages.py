"""Pages of batches: progress, rows with reasons, deeds, files; one's own and those one oversees."""

import pytest
from django.urls import reverse

from programmes.base.batches import actions
from programmes.base.batches.states import Status
from programmes.models import Batch, CaseEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(mover, signed_in):
    mover.language = "en"
    mover.save()
    return signed_in(mover)


def test_an_empty_list_says_what_will_stand_there(client):
    assert "Nothing was done in bulk yet" in client.get("/batches/").content.decode()


def test_the_list_shows_own_work_and_the_managers_that_of_the_office(client, moving, client_for):
    moving(3)
    for user, sees in ((client, True), (client_for("caseworker"), False), (client_for("manager"), True)):
        assert ("Moving house" in user.get("/batches/").content.decode()) is sees
    assert "Moving house" not in client_for("manager", office="CO-BOG").get("/batches/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_often_for_three_as_for_one(client, moving, django_assert_max_num_queries, count):
    for _number in range(count):
        moving(2)
    client.get("/batches/")
    with django_assert_max_num_queries(6):
        client.get("/batches/")


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_often_for_three_rows_as_for_one(client, moving, django_assert_max_num_queries, count):
    batch = moving(count)
    client.get(batch.get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get(batch.get_absolute_url())


def test_a_running_batch_looks_again_by_itself_and_a_done_one_does_not(client, moving, mover, carried_out):
    batch = actions.start(moving(3), by=mover)
    page = client.get(batch.get_absolute_url()).content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert "0 of 3 rows are carried out." in page
    carried_out(batch)
    part = client.get(batch.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "every 2s" not in part
    assert "3 of 3 rows were carried out." in part


def test_starting_says_first_what_follows_and_is_done_once(client, moving):
    batch = moving(4)
    address = reverse("batches:deed", args=[batch.public_id, "start"])
    page = client.get(address).content.decode()
    assert "4 rows will be carried out." in page
    answer = client.post(address, {"version": batch.version})
    assert answer.status_code == 302
    assert Batch.objects.get().status == Status.RUNNING
    assert client.post(address, {"version": batch.version}).status_code == 409


def test_an_unknown_deed_is_not_there_and_a_strangers_batch_neither(client, moving, client_for):
    batch = moving(1)
    assert client.get(reverse("batches:deed", args=[batch.public_id, "explode"])).status_code == 404
    other = client_for("manager", office="CO-BOG")
    for name in ("detail", "rows", "file", "result"):
        ask = other.get if name == "detail" else other.post
        assert ask(reverse(f"batches:{name}", args=[batch.public_id])).status_code == 404


def test_wrong_rows_are_downloaded_inert_and_that_is_noted(client, moving, mover, carried_out):
    batch = moving(3, row2="rule")
    batch.params["header"] = ["=cmd"]
    batch.save()
    carried_out(actions.start(batch, by=mover))
    answer = client.post(reverse("batches:rows", args=[batch.public_id]), {"state": "failed", "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0] == "'=cmd,Row,What became of it,Reasons"
    assert "This one is not moved." in text
    assert answer["Content-Disposition"].startswith("attachment")
    assert CaseEvent.objects.filter(what="batch_downloaded", data__rows=1).exists()
    book = client.post(reverse("batches:rows", args=[batch.public_id]), {"state": "failed", "format": "xlsx"})
    assert book.content.startswith(b"PK")
