"""The chain over history: whoever edits it, with whatever rights, is found out."""

import threading
from contextlib import contextmanager

import pghistory
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from programmes.base.audit import letters, seals
from programmes.base.notifications import delivery
from programmes.base.notifications.models import Letter
from programmes.journey.enrolment import actions
from programmes.models import CaseEvent, Seal
from tests.factories.enrolment import EnrolmentFactory

pytestmark = pytest.mark.django_db(transaction=True)
DIARY, HISTORY = "programmes_caseevent", "programmes_enrolmentevent"


@pytest.fixture
def sealed(user_for, monkeypatch):
    """A case with twelve notes, sealed in links of five rows; returns its owner."""
    monkeypatch.setattr(seals, "ROWS", 5)
    worker = user_for("caseworker")
    case = EnrolmentFactory(owner=worker)
    for n in range(12):
        actions.write_note(case, by=worker, kind="note_call", on=case.registered_on, text=f"note {n}")
    with pghistory.context(user=worker.pk):
        case.tags = ["priority"]
        case.save(update_fields=["tags"])
    seals.seal()
    return worker


def write(by, text):
    case = EnrolmentFactory()
    actions.write_note(case, by=by, kind="note_call", on=case.registered_on, text=text)


@contextmanager
def by_the_owner(sql, table=DIARY):
    """For a moment, what the owner of the tables can do: put the triggers away, change history, put them back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql)
        assert cursor.rowcount
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        yield
        transaction.set_rollback(True)


def test_what_nobody_touched_is_as_it_was_sealed_and_new_lines_follow_the_old(sealed, capsys):
    assert Seal.objects.filter(table=DIARY).count() >= 3
    assert sum(Seal.objects.filter(table=DIARY).values_list("count", flat=True)) == CaseEvent.objects.count()
    call_command("verify_audit", head=seals.head().mac)
    assert seals.head().mac in capsys.readouterr().out
    before = list(Seal.objects.values_list("mac", flat=True))
    assert seals.seal() == 0
    write(sealed, "more")
    assert seals.seal() > 0
    assert list(Seal.objects.order_by("id").values_list("mac", flat=True))[: len(before)] == before
    assert list(seals.broken(before[-1])) == []


EDITS = {
    f"UPDATE {DIARY} SET note = 'nothing happened' WHERE note = 'note 3'": DIARY,
    f"UPDATE {DIARY} SET by_id = NULL WHERE note = 'note 0'": DIARY,
    f"DELETE FROM {DIARY} WHERE note = 'note 5'": DIARY,
    f"DELETE FROM {DIARY} WHERE id = (SELECT max(id) FROM {DIARY})": DIARY,
    f"UPDATE {DIARY} SET id = (SELECT max(id) FROM {DIARY}) + 1000 WHERE note = 'note 7'": DIARY,
    f"UPDATE {DIARY} SET note = CASE note WHEN 'note 1' THEN 'note 2' ELSE 'note 1' END"
    " WHERE note IN ('note 1', 'note 2')": DIARY,
    f"UPDATE {HISTORY} SET status = 'closed'": HISTORY,
    "UPDATE pghistory_context SET metadata = '{\"user\": 7777}'": "pghistory_context",
}


def test_every_edit_by_the_owner_of_the_tables_is_named_and_so_is_a_chain_without_its_key_or_its_end(sealed, settings):
    for edit, table in EDITS.items():
        with by_the_owner(edit, table):
            named = HISTORY if table == "pghistory_context" else table
            assert [words for words in seals.broken() if words.startswith(named)], edit
    assert list(seals.broken()) == []
    known = seals.head().mac
    with by_the_owner(
        "DELETE FROM programmes_seal WHERE id = (SELECT max(id) FROM programmes_seal)", "programmes_seal"
    ):
        assert list(seals.broken()) == []  # nothing inside the database can tell
        assert "links were cut off" in list(seals.broken(known))[-1]
        with pytest.raises(CommandError):
            call_command("verify_audit", head=known)
    with by_the_owner("UPDATE programmes_seal SET count = count + 1", "programmes_seal"):
        assert "the chain was changed" in next(seals.broken())
    settings.AUDIT_KEY = "guessed"
    assert "the chain was changed" in next(seals.broken())


def test_a_link_waits_for_transactions_that_still_draw_keys_and_four_jobs_make_one_chain(sealed):
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        with transaction.atomic():
            write(sealed, "slow")
            begun.set()
            go_on.wait(20)
        connection.close()

    before = Seal.objects.count()
    thread = threading.Thread(target=slowly)
    thread.start()
    assert begun.wait(20)
    write(sealed, "quick")
    assert seals.seal() == 0
    go_on.set()
    thread.join()
    jobs = [threading.Thread(target=lambda: (seals.seal(), connection.close())) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert Seal.objects.count() > before
    assert list(seals.broken()) == []


def test_auditors_learn_once_a_day_where_the_chain_ends(sealed, user_for):
    auditor, _other = user_for("auditor"), user_for("manager")
    assert letters.queue_head() == 1
    assert letters.queue_head() == 0
    letter = Letter.objects.get(kind="audit_head")
    assert letter.to == auditor
    delivery.deliver([letter.pk])
    assert seals.head().mac in mail.outbox[-1].body
