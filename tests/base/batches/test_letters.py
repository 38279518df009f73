"""Whoever asked for long work hears once that it is over or waits for them: counts and the way there, no names."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from programmes.base.batches import actions, kinds
from programmes.base.notifications import actions as notifications
from programmes.models import Batch, Letter

pytestmark = pytest.mark.django_db


def letters():
    return Letter.objects.filter(kind="batch_ended").order_by("pk")


def test_short_work_that_was_waited_for_is_not_written_about(moving, mover, carried_out):
    carried_out(actions.start(moving(3), by=mover))
    assert not letters()


def test_work_of_a_minute_ends_with_one_letter_of_counts(moving, mover, carried_out):
    batch = actions.start(moving(3, row2="rule"), by=mover)
    Batch.objects.filter(pk=batch.pk).update(started_at=timezone.now() - timedelta(seconds=61))
    carried_out(batch)
    carried_out(batch)
    (letter,) = letters()
    assert (letter.to, letter.path, letter.state) == (mover, batch.get_absolute_url(), "queued")
    assert any(words in letter.body_text for words in ("Done: 2. Wrong: 1.", "Hechas: 2. Con errores: 1."))


def test_it_follows_what_its_reader_chose(moving, mover, carried_out, monkeypatch):
    monkeypatch.setattr(kinds.KINDS["test_moving"], "always_told", True)
    notifications.choose(mover, channels={"batch_ended": "digest"})
    batch = carried_out(actions.start(moving(2), by=mover))
    assert [letter.state for letter in letters()] == ["kept"]
    carried_out(actions.undo(batch, by=mover))
    assert letters().count() == 2, "each ending has its own letter"


def test_work_that_stops_says_so(moving, mover, carried_out):
    batch = actions.start(moving(2), by=mover)
    Membership.objects.filter(user=mover).delete()
    assert carried_out(batch).status == "failed"
    assert letters().count() == 1
