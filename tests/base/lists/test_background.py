"""Files that take longer than a page may: written by a worker, under the rights of that moment, kept for a week."""

import io
from datetime import date, timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from programmes.base.batches import actions as batches
from programmes.base.batches import runner
from programmes.base.batches.states import Status
from programmes.base.lists import actions, export, kinds
from programmes.base.notifications import delivery
from programmes.models import Batch, CaseEvent, Export
from tests.base.lists.files import asked, fetched
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("purposes")]
TODAY = date.today()
AS_SEEN = "view=open&sort=-number&columns=name.phone.since.owner"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr(delivery, "_quiet_until", float("inf"))


def at_work(client, taken):
    """Ask for the file: it is not there yet, and a batch writes it."""
    answer = client.post(f"/exports/{taken.public_id}/file/")
    assert answer["Location"] == taken.get_absolute_url()
    taken.refresh_from_db()
    assert taken.batch.status == Status.RUNNING
    return taken.batch


def written(client, taken):
    """Have a worker write the file."""
    runner.work(at_work(client, taken).pk)
    taken.refresh_from_db()
    return taken


def workbook(client, taken):
    """The workbook as it is downloaded: what its first sheet holds, row by row, and the facts on its second."""
    answer = client.post(f"/exports/{taken.public_id}/file/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith('.xlsx"')
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows, about = book.worksheets
    return rows, dict(about.iter_rows(values_only=True))


def test_a_workbook_holds_the_list_as_it_is_seen_and_nothing_that_runs(client_for, elsewhere):
    manager = client_for("manager", language="en")
    colleague = client_for("caseworker", full_name="=cmd()").user
    first = EnrolmentFactory(
        owner=colleague, person__given_names="=1+1", person__first_surname="@SUM", person__phone="+50255550999"
    )
    second = EnrolmentFactory()
    EnrolmentFactory(status="closed")
    taken = asked(manager, query=AS_SEEN, format="xlsx", identified="on")
    taken = written(manager, taken)
    assert taken.rows == 2
    sheet, about = workbook(manager, taken)
    heads, *rows = list(sheet.iter_rows())
    shown = [str(head["label"]) for head in manager.get(f"/cases/?{AS_SEEN}").context["heads"]]
    assert [cell.value for cell in heads] == ["Case number", *shown]
    assert [row[0].value for row in rows] == [second.number, first.number]
    name, phone, _since, owner = rows[1][1:]
    assert (name.value[:10], phone.value, owner.value) == ("=1+1 @SUM ", "+50255550999", "=cmd()")
    assert {cell.data_type for row in rows for cell in row if cell.value} <= {"s", "d", "n"}
    assert name.data_type == phone.data_type == owner.data_type == "s"
    assert about["Taken by"] == manager.user.full_name
    assert "Para la auditoría." in about["Purpose"]
    assert elsewhere.number not in str([[cell.value for cell in row] for row in rows])
    taken.refresh_from_db()
    assert (taken.state, taken.rows, taken.downloads) == ("done", 2, 1)
    assert client_for("auditor").get("/exports/").context["rows"][0]["export"] == taken


def test_a_long_csv_is_written_by_a_worker_and_is_the_same_as_a_streamed_one(client_for, monkeypatch):
    client = client_for("caseworker")
    EnrolmentFactory.create_batch(3)
    streamed = fetched(client, asked(client, query=AS_SEEN))
    monkeypatch.setattr(export, "MOST_STREAMED", 2)
    taken = asked(client, query=AS_SEEN, why="Para otra cosa.")
    batch = at_work(client, taken)
    page = client.get(taken.get_absolute_url())
    assert page.context["at_work"]
    assert not page.context["may_fetch"]
    assert client.post(f"/exports/{taken.public_id}/file/").status_code == 302, "asking twice writes one file"
    runner.work(batch.pk)
    runner.work(batch.pk)
    assert client.get(taken.get_absolute_url()).context["may_fetch"]
    assert fetched(client, taken) == streamed
    assert Batch.objects.filter(kind="export").count() == 1


def test_names_wait_for_a_manager_also_when_a_worker_writes_them(client_for):
    officer, manager = client_for("data"), client_for("manager")
    case = EnrolmentFactory()
    taken = asked(officer, query=AS_SEEN, format="xlsx", identified="on")
    assert officer.post(f"/exports/{taken.public_id}/file/").status_code == 403
    assert not Batch.objects.exists()
    send(manager, f"/exports/{taken.public_id}/decide/", decision="approve", reason="")
    sheet, _about = workbook(officer, written(officer, taken))
    assert sheet.cell(2, 2).value == case.person.full_name
    assert manager.post(f"/exports/{taken.public_id}/file/").status_code == 404, "only whoever asked fetches it"


def test_without_names_a_workbook_holds_none(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory(person__phone="+50255550999")
    sheet, _about = workbook(client, written(client, asked(client, query=AS_SEEN, format="xlsx")))
    assert sheet.cell(2, 1).value == case.number
    assert case.person.first_surname not in str([[cell.value for cell in row] for row in sheet.iter_rows()])


def test_a_right_that_is_taken_away_while_the_file_waits_stops_it(client_for):
    client, auditor = client_for("caseworker"), client_for("auditor")
    EnrolmentFactory()
    taken = asked(client, format="xlsx")
    batch = at_work(client, taken)
    client.user.memberships.update(valid_to=TODAY - timedelta(days=1))
    runner.work(batch.pk)
    taken.refresh_from_db()
    assert (taken.batch.status, bool(taken.file)) == (Status.FAILED, False)
    assert auditor.get(taken.get_absolute_url()).context["trouble"].sentence


def test_a_workbook_that_would_be_too_long_says_so_and_what_to_do(client_for, monkeypatch):
    client = client_for("caseworker", language="en")
    EnrolmentFactory.create_batch(3)
    monkeypatch.setattr(export, "MOST_IN_WORKBOOK", 2)
    taken = written(client, asked(client, format="xlsx"))
    page = client.get(taken.get_absolute_url()).content.decode()
    assert "A sheet holds no more than 2 rows. Ask for the list as CSV, or narrow it first." in page
    assert not taken.file


def test_a_file_is_gone_after_its_week_and_what_was_taken_stays_written_down(client_for):
    client = client_for("caseworker")
    EnrolmentFactory()
    taken = written(client, asked(client, format="xlsx"))
    assert taken.expires_on == timezone.localdate() + timedelta(days=actions.KEPT_DAYS)
    storage, name = taken.file.storage, taken.file.name
    assert storage.exists(name)
    assert actions.remove_expired() == 0
    Export.objects.filter(pk=taken.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    assert actions.remove_expired() == 1
    assert not storage.exists(name)
    assert actions.remove_expired() == 0
    taken.refresh_from_db()
    assert (taken.rows, taken.purpose, taken.why) == (1, "audit", "Para la auditoría.")
    assert not client.get(taken.get_absolute_url()).context["may_fetch"]
    assert client.post(f"/exports/{taken.public_id}/file/").status_code == 403


def test_a_worker_that_dies_while_writing_leaves_nothing_and_the_next_one_writes_it(client_for, monkeypatch):
    client = client_for("caseworker")
    EnrolmentFactory()
    taken = asked(client, format="xlsx")
    batch = at_work(client, taken)
    whole = export.write_workbook

    def dies(*args, **more):
        whole(*args, **more)
        raise SystemExit

    monkeypatch.setattr(export, "write_workbook", dies)
    with pytest.raises(SystemExit):
        runner.work(batch.pk)
    taken.refresh_from_db()
    assert not taken.file
    monkeypatch.setattr(export, "write_workbook", whole)
    runner.work(batch.pk)
    assert workbook(client, taken)[0].max_row == 2


def test_the_purpose_is_asked_for_a_workbook_too(client_for):
    client = client_for("caseworker")
    EnrolmentFactory()
    for missing in ("purpose", "why"):
        typed = {"purpose": "audit", "why": "Para la auditoría.", "format": "xlsx", missing: ""}
        assert send(client, "/lists/cases/export/?view=all", **typed).status_code == 422
    assert not Export.objects.exists()
    assert not CaseEvent.objects.filter(what__startswith="batch").exists()
    assert kinds.ExportKind.can_be_undone is False
    batch = at_work(client, asked(client, format="xlsx"))
    assert batch.purpose == "Para la auditoría."
    batches.pause(batch, by=client.user)
    runner.work(batch.pk)
    batches.resume(batch, by=client.user)
    runner.work(batch.pk)
    assert Export.objects.get().rows == 1
