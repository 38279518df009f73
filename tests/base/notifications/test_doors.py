"""The doors: Celery's tasks and the configuration site's list of letters."""

import datetime as dt

import pytest
from django.core import mail
from django.urls import reverse

from programmes.base.notifications import actions, digests, sources, tasks
from programmes.base.notifications.kinds import CASE_ASSIGNED, STEP_DUE
from programmes.base.notifications.models import Letter, State
from programmes.base.notifications.sources import Group, Reminder


@pytest.fixture
def letter(reader):
    return actions.queue(key="door", to=reader(), kind=CASE_ASSIGNED, context={"case_number": "GT-2026-00777"})


def test_the_task_of_one_letter_sends_it(letter):
    tasks.deliver(letter.pk)
    assert len(mail.outbox) == 1


def test_the_task_of_many_letters_sends_them(letter):
    tasks.deliver_many([letter.pk, 10**12])
    tasks.deliver_many([letter.pk])
    assert len(mail.outbox) == 1


def test_the_tick_of_the_sweep_hands_old_letters_to_a_worker(letter, monkeypatch):
    told = []
    monkeypatch.setattr(digests.delivery, "hint", lambda *args: told.append(args))
    Letter.objects.update(not_before=letter.created_at - dt.timedelta(minutes=2))
    tasks.sweep()
    assert told == [("notifications.deliver", letter.pk)]


def test_the_ticks_of_digests_and_reminders_do_their_work(reader, due_work, monkeypatch):
    told = []
    monkeypatch.setattr(digests.delivery, "hint", lambda *args: told.append(args) or True)
    person = reader(digest_hour=0)
    due_work[person.pk] = [(Group.TODAY, 0, "Exam", "GT-2026-00001")]
    tasks.send_digests()
    assert told == [("notifications.digest_chunk", [person.pk])]
    tasks.digest_chunk([person.pk])
    tasks.digest_chunk([person.pk])
    assert [message.subject for message in mail.outbox] == ["1 due today"]

    step = {"case_number": "GT-2026-00001", "step": "Exam", "due_on": dt.date(2026, 1, 1)}
    sources.register_reminders("test", lambda now: [Reminder("reminder:x:1:2026-01-01", person, STEP_DUE, step, "/")])
    tasks.remind_due()
    tasks.remind_due()
    assert Letter.objects.filter(kind=STEP_DUE).count() == 1


def test_an_administrator_sees_which_letters_need_a_person_but_not_their_words(client_for, letter):
    Letter.objects.update(state=State.FLAGGED, last_error="550 unknown")
    admin = client_for("administrator", language="en")
    page = admin.get(reverse("admin:programmes_letter_changelist"), {"state": "flagged"})
    one = admin.get(reverse("admin:programmes_letter_change", args=[letter.pk]))
    for answer in (page, one):
        assert answer.status_code == 200
        assert "550 unknown" in answer.content.decode()
        assert "GT-2026-00777" not in answer.content.decode()


def test_an_administrator_can_have_flagged_letters_sent_again(client_for, letter):
    Letter.objects.update(state=State.FLAGGED, last_error="550 unknown")
    admin = client_for("administrator", language="en")
    chosen = {"action": "send_again", "_selected_action": [letter.pk]}
    answer = admin.post(reverse("admin:programmes_letter_changelist"), chosen, follow=True)
    assert "1 letter is tried again." in answer.content.decode()
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (State.QUEUED, 0)


def test_letters_can_be_neither_added_nor_removed_by_hand(client_for, letter):
    admin = client_for("administrator")
    assert admin.get(reverse("admin:programmes_letter_add")).status_code == 403
    assert admin.post(reverse("admin:programmes_letter_delete", args=[letter.pk])).status_code == 403
    assert Letter.objects.exists()


@pytest.mark.parametrize("role", ["caseworker", "manager", "auditor"])
def test_other_roles_do_not_see_the_outbox(client_for, letter, role):
    answer = client_for(role).get(reverse("admin:programmes_letter_changelist"))
    assert answer.status_code in {302, 403}
