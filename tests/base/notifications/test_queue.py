"""A letter is a row first: one for each key, in the reader's language and the way the reader wants it."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.template import TemplateDoesNotExist
from django.utils import translation

from programmes.base.common.errors import RuleBroken
from programmes.base.notifications import actions, delivery, letters, sources
from programmes.base.notifications.kinds import CASE_ASSIGNED, KINDS, REPORT_READY, STEP_DUE, Channel
from programmes.base.notifications.models import Letter, NotificationPreference, State
from programmes.base.notifications.sources import Reminder

STEP = {"case_number": "GT-2026-00418", "step": "Book a medical exam", "due_on": dt.date(2026, 3, 16)}


def queue(to, key="assigned:1", **more):
    values = {"kind": CASE_ASSIGNED, "context": {"case_number": "GT-2026-00418"}, "path": "/cases/1/"} | more
    return actions.queue(key=key, to=to, **values)


def test_a_letter_is_written_in_the_readers_language(reader):
    english, spanish = queue(reader(language="en")), queue(reader(language="es"), key="assigned:2")

    assert english.subject == "Case GT-2026-00418 was given to you"
    assert spanish.language == "es"
    assert spanish.subject != english.subject
    assert "GT-2026-00418" in spanish.subject
    assert "http://127.0.0.1:8000/cases/1/" in english.body_text
    assert "http://127.0.0.1:8000/cases/1/" in english.body_html
    assert english.state == State.QUEUED


def test_a_key_makes_one_letter(reader):
    person = reader()
    assert queue(person) is not None
    assert queue(person) is None
    assert queue(reader()) is None
    assert Letter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_people_queueing_one_key_make_one_letter(reader):
    person, made = reader(), []

    def press():
        made.append(queue(person))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([letter for letter in made if letter]) == 1
    assert Letter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_fails_leaves_no_letter_and_gives_no_hint(reader, monkeypatch):
    told = []
    monkeypatch.setattr(delivery, "tell", told.append)

    def deed(person):
        with transaction.atomic():
            queue(person)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        deed(reader())
    assert not Letter.objects.exists()
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_a_request_goes_on_when_redis_is_away(reader, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr(delivery.app, "send_task", away)
    letter = queue(reader())
    assert letter.state == State.QUEUED
    # The second letter does not even try: each try would cost its user the timeout.
    monkeypatch.setattr(delivery.app, "send_task", lambda *args, **kwargs: pytest.fail("tried again at once"))
    assert queue(reader(), key="assigned:2").state == State.QUEUED


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "unknown"},
        {"context": {"case_number": "GT-1", "name": "Xochiquetzal"}},
        {"context": {"case_number": object()}},
        {"context": {"case_number": ["GT-1"]}},
        {"path": "https://evil.example/"},
        {"path": "//evil.example/"},
    ],
)
def test_facts_that_do_not_belong_into_a_letter_are_refused(reader, wrong):
    with pytest.raises(ValueError):
        queue(reader(), **wrong)
    assert not Letter.objects.exists()


def test_a_broken_template_makes_a_flagged_row_and_not_an_error(reader, monkeypatch):
    def broken(kind, *, context):
        raise TemplateDoesNotExist(kind)

    monkeypatch.setattr(letters, "render", broken)
    letter = queue(reader())
    assert (letter.state, letter.last_error) == (State.FLAGGED, "The letter could not be written.")
    assert letter.subject == "A case is given to you"


def test_text_from_outside_cannot_add_header_lines_or_markup(reader):
    step = "Exam\r\nBcc: spy@evil.example\r\n<script>alert(1)</script>"
    letter = queue(reader(), kind=STEP_DUE, context=STEP | {"step": step})
    assert "\n" not in letter.subject
    assert "<script>" not in letter.body_html
    assert "&lt;script&gt;" in letter.body_html
    assert "Bcc" not in letters.message_for(letter).message()


def test_a_preference_decides_how_a_letter_is_heard_of(reader):
    person = reader()
    wanted = {CASE_ASSIGNED: Channel.DIGEST, STEP_DUE: Channel.LIST}
    actions.choose(person, channels={kind: channel.value for kind, channel in wanted.items()})

    assigned = queue(person)
    step = queue(person, key="step", kind=STEP_DUE, context=STEP)
    report = queue(person, key="report", kind=REPORT_READY, context={"programme": "Canada", "month": "March"})

    assert (assigned.state, assigned.channel) == (State.KEPT, Channel.DIGEST)
    assert (step.state, step.channel) == (State.KEPT, Channel.LIST)
    assert (report.state, report.channel) == (State.QUEUED, Channel.NOW)
    assert actions.unread_count(person) == 3


def test_a_locked_kind_cannot_be_switched_off(reader):
    person = reader()
    with pytest.raises(RuleBroken):
        actions.choose(person, channels={CASE_ASSIGNED: Channel.LIST})
    with pytest.raises(RuleBroken):
        actions.choose(person, channels={"account_changed": Channel.DIGEST})
    with pytest.raises(RuleBroken):
        actions.choose(person, channels={"digest": Channel.LIST})
    with pytest.raises(ProgrammingError, match="Cannot insert or update"), transaction.atomic():
        NotificationPreference.objects.create(user=person, kind=CASE_ASSIGNED, channel=Channel.LIST)
    # A row from a time when the kind still allowed it does not hold any more.
    assert actions.channel_for(1, CASE_ASSIGNED, {(1, CASE_ASSIGNED): "none"}) == Channel.NOW


def test_choosing_twice_keeps_one_row(reader):
    person = reader()
    for channel in (Channel.LIST, Channel.NOW, Channel.DIGEST):
        actions.choose(person, channels={STEP_DUE: channel})
    assert NotificationPreference.objects.get(user=person).channel == Channel.DIGEST
    assert actions.preferences_of(person)[STEP_DUE] == Channel.DIGEST


def test_many_letters_are_queued_in_as_many_statements_as_one(reader, django_assert_num_queries):
    people = [reader() for _ in range(30)]

    def wanted(some, key):
        return [Reminder(f"{key}:{person.pk}", person, STEP_DUE, STEP, "/cases/1/") for person in some]

    with django_assert_num_queries(3):
        assert len(actions.queue_many(wanted(people[:1], "a"))) == 1
    with django_assert_num_queries(3):
        assert len(actions.queue_many(wanted(people, "b"))) == 30


def reminders(*people, due_on=dt.date(2026, 3, 16)):
    return [
        Reminder(
            actions.reminder_key("medical", person.pk, due_on),
            person,
            STEP_DUE,
            STEP | {"due_on": due_on},
            "/cases/1/",
        )
        for person in people
    ]


def test_a_due_step_sends_one_letter_however_often_it_is_asked(reader):
    person = reader(digest_hour=7)
    sources.register_reminders("test", lambda now: reminders(person))
    morning = dt.datetime(2026, 3, 16, 7, 2, tzinfo=dt.UTC)

    assert actions.remind_due(morning - dt.timedelta(minutes=5)) == 0
    assert actions.remind_due(morning) == 1
    assert actions.remind_due(morning + dt.timedelta(minutes=5)) == 0
    letter = Letter.objects.get()
    assert letter.key == f"reminder:medical:{person.pk}:2026-03-16"
    assert "16 Mar" in letter.body_text
    # The step is put off to another day: that is another due date and another letter.
    sources.register_reminders("test", lambda now: reminders(person, due_on=dt.date(2026, 3, 18)))
    assert actions.remind_due(morning + dt.timedelta(days=2)) == 1


def test_a_source_that_fails_does_not_stop_the_others(reader):
    def broken(now):
        raise ValueError("a record that cannot be read")

    sources.register_reminders("broken", broken)
    person = reader()
    sources.register_reminders("test", lambda now: reminders(person))
    assert actions.remind_due(dt.datetime(2026, 3, 16, 9, tzinfo=dt.UTC)) == 1


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"state": State.SENT}, "letter_sent_has_its_time"),
        ({"sent_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "letter_sent_has_its_time"),
        ({"state": State.SENDING}, "letter_claimed_while_sending"),
        ({"claimed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, "letter_claimed_while_sending"),
        ({"state": State.FLAGGED}, "letter_not_sent_has_a_reason"),
        ({"state": State.DROPPED}, "letter_not_sent_has_a_reason"),
        ({"channel": Channel.DIGEST}, "letter_kept_is_never_mailed"),
        ({"attempts": 7}, "letter_attempts_end"),
        ({"state": "lost"}, "letter_state_is_known"),
    ],
)
def test_the_database_refuses_a_letter_that_contradicts_itself(reader, fields, name):
    letter = queue(reader())
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(**fields)
    letter.refresh_from_db()
    assert letter.state == State.QUEUED


def test_the_database_keeps_no_letter_that_nobody_wants(reader):
    letter = queue(reader(), kind=STEP_DUE, context=STEP)
    with pytest.raises(IntegrityError, match="letter_unwanted_is_dropped"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(state=State.KEPT, channel=Channel.OFF)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.SENT, "sent_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"state": State.SENDING, "claimed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"state": State.FLAGGED, "last_error": "550"},
        {"state": State.KEPT, "channel": Channel.LIST},
        {"attempts": 6},
    ],
)
def test_the_database_takes_a_letter_that_agrees_with_itself(reader, fields):
    letter = queue(reader())
    assert Letter.objects.filter(pk=letter.pk).update(**fields) == 1


def test_a_preference_with_an_unknown_channel_is_refused_by_the_database(reader):
    with pytest.raises(ProgrammingError, match="Cannot insert or update"), transaction.atomic():
        NotificationPreference.objects.create(user=reader(), kind=STEP_DUE, channel="pigeon")


def test_every_kind_has_its_templates(reader):
    facts = {"case_number": "GT-1", "step": "Exam", "due_on": dt.date(2026, 3, 1), "programme": "P", "what": "W"}
    facts |= {"count": 12, "who": "Ana Beltrán", "approved": True}
    facts |= dict.fromkeys(("ready", "to_decide", "wrong", "done", "left_out", "stuck"), 7) | {"state": "staged"}
    facts |= {"page": "/cases/", "at": "2026-03-01 10:00 UTC", "request": "4f0c", "words": "It stays white."}
    facts |= {"number": 12, "head": "5f" * 32}
    facts |= {"demand": "D-2026-1", "day": 12, "limit": 15, "until": dt.date(2026, 3, 1), "held": 2}
    facts |= {"link": "http://127.0.0.1:8000/accounts/password/reset/key/x/", "month": dt.date(2026, 3, 1)}
    leg = {"flight": "AV 640", "day": dt.date(2026, 3, 2), "day_was": dt.date(2026, 3, 1), "lands": dt.date(2026, 3, 2)}
    leg |= {"at": "09:10", "at_was": "23:50", "lands_at": "15:40", "origin": "GUA", "destination": "YUL"}
    leg |= {"cases": "GT-1, GT-2", "count": 2, "reason": "The runway is closed."}
    for kind in KINDS.values():
        known = leg if "flight" in kind.facts else facts
        letter = actions.queue(
            key=kind.code, to=reader(), kind=kind.code, context={name: known[name] for name in kind.facts}
        )
        assert letter.state == State.QUEUED, kind.code
        assert letter.subject
        assert "March 2026" in letter.subject or kind.code != REPORT_READY


def test_the_reason_is_said_in_the_readers_language(reader):
    letter = queue(reader())
    letter.last_error = delivery.GONE
    with translation.override("es"):
        assert letter.reason == "La cuenta de quien lo recibe ya no está activa."
    letter.last_error = "550 5.1.1 unknown"
    assert letter.reason == "550 5.1.1 unknown"
