"""A worker carries a batch out: each row once, none lost, one bad row never stops the rest, and all can be undone."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Membership
from programmes.base.batches import actions, kinds, runner
from programmes.base.batches.states import RowState, Status
from programmes.base.common.errors import RuleBroken, Stale
from programmes.models import Batch, BatchRow, CaseEvent, Person

pytestmark = pytest.mark.django_db


def adds_up(batch):
    """The counts that are kept agree with the rows, and with the total."""
    counted = {state: batch.rows.filter(state=state).count() for state in RowState.values}
    assert {k: v for k, v in batch.counts.items() if v} == {k: v for k, v in counted.items() if v}
    assert sum(counted.values()) == batch.total
    return True


def test_every_row_is_carried_out_once_and_counted(moving, mover, carried_out):
    batch = actions.start(moving(120), by=mover)
    batch = carried_out(batch)
    assert batch.status == Status.DONE
    assert batch.outcomes == {"changed": 120}
    assert adds_up(batch)
    assert Person.objects.filter(community="Nueva").count() == 120
    assert set(Person.objects.values_list("version", flat=True)) == {2}
    carried_out(batch)
    assert set(Person.objects.values_list("version", flat=True)) == {2}, "a second call does nothing"


@pytest.mark.parametrize("how", ["rule", "error", "database"])
def test_one_bad_row_never_stops_the_rest(moving, mover, carried_out, how):
    batch = carried_out(actions.start(moving(60, row17=how), by=mover))
    assert batch.status == Status.DONE
    assert batch.outcomes == {"changed": 59}
    assert adds_up(batch)
    bad = batch.rows.get(state=RowState.FAILED)
    assert bad.number == 17
    assert bad.problems
    assert Person.objects.filter(community="Nueva").count() == 59


def test_the_reason_of_a_bad_row_is_said_in_the_readers_words(moving, mover, carried_out, signed_in):
    batch = carried_out(actions.start(moving(3, row2="rule", row3="database"), by=mover))
    mover.language = "en"
    mover.save()
    page = signed_in(mover).get(batch.get_absolute_url()).content.decode()
    assert "This one is not moved." in page
    assert "Give a given name and a first surname." in page


def test_rights_are_asked_again_when_the_work_is_done(moving, mover, carried_out):
    batch = actions.start(moving(5), by=mover)
    Membership.objects.filter(user=mover).update(valid_to=timezone.localdate() - timedelta(days=1))
    batch = carried_out(batch)
    assert batch.status == Status.FAILED
    assert batch.problem["code"] == "no_right"
    assert not Person.objects.filter(community="Nueva").exists()


def test_what_the_requester_may_not_see_is_left_out_and_said(moving, mover, carried_out, office_for):
    batch = moving(4)
    Person.objects.filter(pk=batch.rows.get(number=2).subject_id).update(office=office_for("CO-BOG"))
    batch = carried_out(actions.start(batch, by=mover))
    assert batch.outcomes == {"changed": 3}
    assert [row.problems[0]["code"] for row in batch.rows.filter(state=RowState.SKIPPED)] == ["unseen"]


def test_undo_puts_back_all_but_what_was_changed_since_and_names_it(moving, mover, carried_out):
    batch = carried_out(actions.start(moving(30), by=mover))
    touched = Person.objects.get(pk=batch.rows.get(number=11).subject_id)
    touched.phone = "+50255550199"
    touched.write("phone")
    batch = carried_out(actions.undo(batch, by=mover))
    assert batch.status == Status.UNDONE
    assert batch.count(RowState.UNDONE) == 29
    assert [row.number for row in batch.rows.filter(state=RowState.STUCK)] == [11]
    assert adds_up(batch)
    assert Person.objects.filter(community="Nueva").count() == 1


def test_a_paused_batch_waits_and_goes_on(moving, mover, carried_out):
    batch = actions.pause(actions.start(moving(5), by=mover), by=mover)
    assert carried_out(batch).outcomes == {}
    batch = carried_out(actions.resume(batch, by=mover))
    assert batch.outcomes == {"changed": 5}


def test_a_batch_ended_half_way_leaves_out_the_rest(moving, mover, carried_out):
    batch = actions.pause(actions.start(moving(5), by=mover), by=mover)
    batch = actions.cancel(batch, by=mover)
    assert batch.status == Status.DONE
    assert adds_up(Batch.objects.get(pk=batch.pk))
    assert batch.rows.filter(state=RowState.SKIPPED).count() == 5


def test_a_large_one_needs_a_second_person(moving, mover, user_for, carried_out):
    batch = actions.start(moving(2, params={"second": True}), by=mover)
    assert batch.status == Status.WAITING
    with pytest.raises(RuleBroken, match="Somebody else"):
        actions.confirm(batch, by=mover)
    second = user_for("manager")
    batch = carried_out(actions.confirm(batch, by=second))
    assert batch.status == Status.DONE
    assert batch.confirmed_by == second


def test_a_button_pressed_on_an_old_page_does_nothing(moving, mover):
    batch = moving(2)
    actions.start(batch, by=mover)
    with pytest.raises(Stale):
        actions.pause(batch, by=mover, version=batch.version)


def test_the_diary_and_the_history_say_who_and_by_which_batch(moving, mover, carried_out):
    batch = carried_out(actions.start(moving(2), by=mover))
    moves = CaseEvent.objects.filter(subject="batch", subject_id=batch.pk).order_by("pk")
    assert [line.to_status for line in moves] == ["staged", "running", "done"]
    event = Person._meta.get_field("events").related_model.objects.filter(pgh_label="update").first()
    assert event.pgh_context.metadata["batch"] == batch.pk
    assert event.pgh_context.metadata["user"] == mover.pk


def test_what_was_received_is_never_changed(moving):
    row = moving(1).rows.get()
    with pytest.raises(Exception, match="Cannot update"):
        BatchRow.objects.filter(pk=row.pk).update(raw=["other"])


@pytest.mark.django_db(transaction=True)
def test_several_workers_share_a_batch_and_none_does_what_another_did(moving, mover):
    batch = actions.start(moving(400), by=mover)

    def worker():
        try:
            runner.work(batch.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    batch.refresh_from_db()
    assert batch.status == Status.DONE
    assert adds_up(batch)
    assert batch.outcomes == {"changed": 400}
    assert set(Person.objects.values_list("version", flat=True)) == {2}


def test_a_worker_that_comes_late_to_a_file_does_not_read_it_again(moving, mover, carried_out, monkeypatch):
    """Two workers take up the same file; the second gets the lock when the first has read it to the end."""
    batch, read = moving(3), []
    Batch.objects.filter(pk=batch.pk).update(status="staging", is_read=False)
    monkeypatch.setattr(kinds.KINDS["test_moving"], "stage", lambda batch, by, going: read.append(batch.pk))
    late = Batch.objects.get(pk=batch.pk)
    carried_out(batch)
    Batch.objects.filter(pk=batch.pk).update(status="staging")
    assert runner._step(kinds.KINDS["test_moving"], late, mover)
    assert read == [batch.pk]


def test_the_sweep_finds_what_was_left_behind_and_nothing_else(moving, mover, carried_out):
    done = carried_out(actions.start(moving(2), by=mover))
    fresh = actions.start(moving(2), by=mover)
    Batch.objects.filter(pk=fresh.pk).update(heartbeat_at=timezone.now())
    assert runner.sweep() == 0
    Batch.objects.filter(pk__in=[fresh.pk, done.pk]).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert runner.sweep() == 1
