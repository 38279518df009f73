"""Claim, send, mark: against a real mail server, and against one that fails in every way we know."""

import datetime as dt
import smtplib
import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import override_settings

from programmes.base.notifications import actions, delivery, letters, sources
from programmes.base.notifications.kinds import ACCOUNT_PASSWORD_RESET, CASE_ASSIGNED
from programmes.base.notifications.models import MOST_ATTEMPTS, Letter, State

KEYS = iter(range(10**6))


def queue(to, **more):
    values = {"kind": CASE_ASSIGNED, "context": {"case_number": "GT-2026-00418"}, "path": "/cases/1/"} | more
    return actions.queue(key=f"test:{next(KEYS)}", to=to, **values)


def fresh(letter):
    letter.refresh_from_db()
    return letter


def make_due(*found, **more):
    """Let the pause of these letters be over."""
    Letter.objects.filter(pk__in=[letter.pk for letter in found]).update(not_before=Now(), **more)


class Script:
    """A connection that raises what it is told, once for each message; None accepts."""

    def __init__(self, *acts):
        self.acts = list(acts)
        self.sent = []
        self.opened = 0
        self.refuses = None
        self.connection = None

    def open(self):
        if self.refuses:
            raise self.refuses
        if self.connection is None:
            self.connection = object()
            self.opened += 1

    def close(self):
        self.connection = None

    def send_messages(self, messages):
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        if act:
            act()
        self.sent += messages


@pytest.fixture
def script(monkeypatch):
    """`script(error, None, …)`: what happens to the next messages."""

    def script(*acts):
        made = Script(*acts)
        monkeypatch.setattr(delivery, "get_connection", lambda **kwargs: made)
        return made

    return script


def test_a_letter_reaches_the_mail_server_with_both_parts(reader, sink):
    letter = queue(reader(email="carla@example.org", language="en"))
    assert delivery.deliver([letter.pk]) == 1

    (message,) = sink.messages
    assert message["Message-ID"] == letter.message_id
    assert message["To"] == "carla@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Iomcase-Resent"] is None
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "GT-2026-00418" in message.get_body(("plain",)).get_content()
    assert fresh(letter).state == State.SENT
    assert letter.sent_at is not None


def test_a_sent_letter_is_not_sent_again(reader, sink):
    letter = queue(reader())
    assert [delivery.deliver([letter.pk]) for _ in range(3)] == [1, 0, 0]
    assert len(sink.messages) == 1


def test_a_chunk_goes_over_one_connection(reader, sink, monkeypatch):
    opened = []
    known = smtplib.SMTP.connect
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *args, **kwargs: opened.append(1) or known(*args, **kwargs))
    found = [queue(reader()) for _ in range(60)]
    assert delivery.deliver([letter.pk for letter in found]) == 60
    assert len(opened) == 1


def test_a_letter_costs_two_statements(reader, script, django_assert_max_num_queries):
    script()
    found = [queue(reader()) for _ in range(50)]
    with django_assert_max_num_queries(2 * 50 + 2):
        delivery.deliver([letter.pk for letter in found])


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_letter_once(reader, sink):
    found = [queue(reader()).pk for _ in range(40)]

    def work():
        delivery.deliver(found)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sink.messages) == 40
    assert len(set(sink.message_ids)) == 40
    assert not Letter.objects.exclude(state=State.SENT, attempts=1, uncertain=False).exists()


@pytest.mark.django_db(transaction=True)
def test_of_ten_workers_that_reach_for_one_letter_at_the_same_moment_one_gets_it(reader):
    letter, got = queue(reader()), []

    def reach():
        got.append(delivery._claim(Letter.objects.get(pk=letter.pk)))
        connection.close()

    threads = [threading.Thread(target=reach) for _ in range(10)]
    # Everybody has judged the row and waits for its lock when this transaction ends.
    with transaction.atomic():
        Letter.objects.select_for_update().get(pk=letter.pk)
        for thread in threads:
            thread.start()
        time.sleep(1)
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 9 + [True]
    assert fresh(letter).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_inside_a_transaction(reader, script):
    seen = []
    script(lambda: seen.append(connection.in_atomic_block))
    delivery.deliver([queue(reader()).pk])
    assert seen == [False]


@pytest.mark.parametrize("answer", ["421 Closing", "450 Mailbox busy", "451 Later", "452 Full"])
def test_a_refusal_for_now_is_tried_again_later(reader, sink, answer):
    letter, other = queue(reader()), queue(reader())
    sink.answers = [answer]
    assert delivery.deliver([letter.pk, other.pk]) == 1

    assert fresh(letter).state == State.QUEUED
    assert letter.last_error.startswith(answer[:3])
    assert not letter.uncertain
    assert letter.not_before > letter.created_at + dt.timedelta(seconds=50)
    assert fresh(other).state == State.SENT
    assert delivery.deliver([letter.pk]) == 0
    make_due(letter)
    assert delivery.deliver([letter.pk]) == 1
    assert sink.message_ids.count(letter.message_id) == 1


@pytest.mark.parametrize("answer", ["550 No such user", "552 Too big", "554 Refused"])
def test_a_refusal_for_good_is_shown_to_a_person_and_not_tried_again(reader, sink, answer):
    letter, other = queue(reader()), queue(reader())
    sink.answers = [answer]
    assert delivery.deliver([letter.pk, other.pk]) == 1
    assert (fresh(letter).state, letter.attempts) == (State.FLAGGED, 1)
    assert fresh(other).state == State.SENT
    make_due(letter)
    assert delivery.deliver([letter.pk]) == 0


def test_a_refused_address_is_flagged_without_being_written_down(reader, script):
    letter = queue(reader(email="gone@example.org"))
    script(smtplib.SMTPRecipientsRefused({"gone@example.org": (550, b"5.1.1 <gone@example.org> unknown")}))
    delivery.deliver([letter.pk])
    assert fresh(letter).state == State.FLAGGED
    assert letter.last_error == "550 5.1.1 … unknown"


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPSenderRefused(530, b"Authentication required", "no-reply@example.org"),
        smtplib.SMTPSenderRefused(550, b"Sender not allowed", "no-reply@example.org"),
        smtplib.SMTPRecipientsRefused({"a@example.org": (450, b"Greylisted")}),
        smtplib.SMTPNotSupportedError("SMTPUTF8"),
        smtplib.SMTPHeloError(500, b"What?"),
    ],
)
def test_trouble_between_the_servers_is_no_fault_of_the_letter(reader, script, error):
    letter = queue(reader())
    script(error)
    delivery.deliver([letter.pk])
    assert (fresh(letter).state, letter.uncertain) == (State.QUEUED, False)


@pytest.mark.parametrize(
    "error",
    [smtplib.SMTPServerDisconnected("gone after DATA"), TimeoutError("no answer"), ConnectionResetError("reset")],
)
def test_a_line_that_breaks_while_sending_leaves_the_letter_uncertain(reader, script, error):
    letter, other = queue(reader()), queue(reader())
    connection = script(error)
    assert delivery.deliver([letter.pk, other.pk]) == 1
    assert connection.opened == 2
    assert (fresh(letter).state, letter.uncertain) == (State.QUEUED, True)
    make_due(letter)
    again = script()
    assert delivery.deliver([letter.pk]) == 1
    (message,) = again.sent
    assert message.extra_headers["Message-ID"] == letter.message_id
    assert message.extra_headers["X-Iomcase-Resent"] == "uncertain"


def test_six_failures_flag_a_letter_for_a_person(reader, script):
    letter = queue(reader())
    for attempt in range(1, MOST_ATTEMPTS + 1):
        make_due(letter)
        script(smtplib.SMTPDataError(451, b"Later"))
        delivery.deliver([letter.pk])
        assert fresh(letter).attempts == attempt
    assert letter.state == State.FLAGGED
    make_due(letter)
    assert delivery.deliver([letter.pk]) == 0

    assert actions.send_again([letter]) == 1
    assert (fresh(letter).state, letter.attempts) == (State.QUEUED, 0)
    script()
    assert delivery.deliver([letter.pk]) == 1


def test_an_hour_without_a_mail_server_loses_nothing(reader, sink):
    found = [queue(reader()) for _ in range(40)]
    port, passed = sink.port, dt.timedelta()
    sink.stop()
    while True:
        delivery.deliver([letter.pk for letter in found])
        waiting = Letter.objects.filter(state=State.QUEUED)
        if not waiting:
            break
        # The clock of this story jumps to the end of the pause.
        passed += max(waiting.values_list("not_before", flat=True)) - dt.datetime.now(dt.UTC)
        waiting.update(not_before=Now())
        if passed >= dt.timedelta(minutes=60) and sink.controller is None:
            sink.start(port)

    assert passed < dt.timedelta(minutes=90)
    assert sorted(sink.message_ids) == sorted(letter.message_id for letter in found)
    assert not Letter.objects.filter(uncertain=True).exists()


def test_a_server_that_is_away_is_asked_once_for_a_whole_chunk(reader, script):
    found = [queue(reader()) for _ in range(30)]
    connection = script()
    connection.refuses = ConnectionRefusedError("no one listens")
    assert delivery.deliver([letter.pk for letter in found]) == 0
    assert connection.sent == []
    states = Letter.objects.values_list("state", "attempts", "uncertain", "last_error")
    assert list(states.order_by().distinct()) == [(State.QUEUED, 1, False, "ConnectionRefusedError")]
    for _ in range(MOST_ATTEMPTS):
        make_due(*found)
        delivery.deliver([letter.pk for letter in found])
    assert set(Letter.objects.values_list("state", "attempts")) == {(State.FLAGGED, MOST_ATTEMPTS)}


def test_a_claim_without_an_end_is_sent_again_as_uncertain(reader, sink):
    letter = queue(reader())
    Letter.objects.update(state=State.SENDING, attempts=1, claimed_at=Now() - dt.timedelta(seconds=301))
    assert delivery.sweep() == 1
    assert (fresh(letter).state, letter.uncertain) == (State.QUEUED, True)
    assert delivery.deliver([letter.pk]) == 1
    assert sink.messages[0]["X-Iomcase-Resent"] == "uncertain"
    assert sink.messages[0]["Message-ID"] == letter.message_id


def test_a_claim_that_is_young_is_left_alone(reader):
    letter = queue(reader())
    Letter.objects.update(state=State.SENDING, attempts=1, claimed_at=Now() - dt.timedelta(seconds=200))
    assert delivery.sweep() == 0
    assert fresh(letter).state == State.SENDING


def test_a_letter_that_kills_six_workers_is_flagged(reader):
    letter = queue(reader())
    Letter.objects.update(state=State.SENDING, attempts=MOST_ATTEMPTS, claimed_at=Now() - dt.timedelta(seconds=301))
    assert delivery.sweep() == 0
    assert (fresh(letter).state, letter.uncertain) == (State.FLAGGED, True)
    assert letter.reason


def test_the_sweep_tells_again_of_letters_nobody_took(reader, monkeypatch):
    told = []
    monkeypatch.setattr(delivery, "tell", told.extend)
    old, young, later = queue(reader()), queue(reader()), queue(reader())
    make_due(old, young, later)
    Letter.objects.filter(pk=old.pk).update(not_before=Now() - dt.timedelta(seconds=61))
    Letter.objects.filter(pk=later.pk).update(not_before=Now() + dt.timedelta(hours=1))
    assert delivery.sweep() == 1
    assert told == [old.pk]


def test_the_sweep_reads_only_what_waits(reader, django_assert_num_queries):
    with django_assert_num_queries(3):
        delivery.sweep()


def test_a_slow_worker_that_lost_its_claim_still_marks_what_it_sent(reader, script):
    letter = queue(reader())

    def the_sweep_comes():
        Letter.objects.update(claimed_at=Now() - dt.timedelta(seconds=301))
        delivery.sweep()

    script(the_sweep_comes)
    assert delivery.deliver([letter.pk]) == 1
    assert fresh(letter).state == State.SENT


def test_a_slow_worker_does_not_undo_what_a_second_one_did(reader, script):
    letter = queue(reader())

    def a_second_worker_sends_it():
        Letter.objects.update(claimed_at=Now() - dt.timedelta(seconds=301))
        delivery.sweep()
        delivery.deliver([letter.pk])
        raise smtplib.SMTPDataError(451, b"Later")

    script(a_second_worker_sends_it)
    delivery.deliver([letter.pk])
    assert (fresh(letter).state, letter.attempts, letter.uncertain) == (State.SENT, 2, True)


@pytest.mark.django_db
def test_somebody_deactivated_meanwhile_gets_nothing(reader, sink):
    person = reader()
    letter = queue(person)
    person.is_active = False
    person.save()
    assert delivery.deliver([letter.pk]) == 0
    assert (fresh(letter).state, letter.last_error) == (State.DROPPED, "The recipient's account is no longer active.")
    assert sink.messages == []


def test_somebody_deactivated_between_reading_and_claiming_gets_nothing(reader, sink, monkeypatch):
    person = reader()
    letter = queue(person)
    claim = delivery._claim

    def deactivated_first(row):
        type(person).objects.filter(pk=person.pk).update(is_active=False)
        return claim(row)

    monkeypatch.setattr(delivery, "_claim", deactivated_first)
    assert delivery.deliver([letter.pk]) == 0
    assert sink.messages == []


def test_somebody_who_lost_the_case_gets_nothing(reader, case, sink, everybody_sees):
    letter, other = queue(reader(), enrolment=case()), queue(reader())
    everybody_sees.no = True
    assert delivery.deliver([letter.pk, other.pk]) == 1
    assert (fresh(letter).state, letter.last_error) == (State.DROPPED, "The recipient may no longer see this case.")
    assert sink.message_ids == [other.message_id]


def test_without_a_judge_of_access_a_letter_about_a_case_waits(reader, case, sink):
    letter = queue(reader(), enrolment=case())
    assert delivery.deliver([letter.pk]) == 0
    assert (fresh(letter).state, letter.last_error) == (State.QUEUED, "ImproperlyConfigured")


def test_an_access_check_that_fails_stops_one_letter_only(reader, case, sink):
    def broken(pairs):
        raise KeyError("a record that cannot be read")

    sources.register_access(broken)
    letter, other = queue(reader(), enrolment=case()), queue(reader())
    assert delivery.deliver([letter.pk, other.pk]) == 1
    assert fresh(letter).state == State.QUEUED
    assert fresh(other).state == State.SENT


def test_one_letter_that_cannot_be_put_together_does_not_stop_the_rest(reader, sink, monkeypatch):
    found = [queue(reader()) for _ in range(5)]
    known = letters.message_for

    def broken(letter, connection=None, **more):
        if letter.pk == found[2].pk:
            raise ValueError("impossible data")
        return known(letter, connection, **more)

    monkeypatch.setattr(letters, "message_for", broken)
    assert delivery.deliver([letter.pk for letter in found]) == 4
    assert fresh(found[2]).state == State.QUEUED


def test_a_task_hands_the_rest_to_the_sweep_when_its_time_is_up(reader, script, monkeypatch):
    monkeypatch.setattr(delivery, "BUDGET_SECONDS", -1)
    connection = script()
    letter = queue(reader())
    assert delivery.deliver([letter.pk]) == 0
    assert connection.sent == []
    assert fresh(letter).state == State.QUEUED


@pytest.mark.parametrize(("demo", "kept"), [(False, False), (True, True)])
def test_a_link_that_opens_an_account_is_forgotten_once_sent(reader, sink, demo, kept):
    link = "http://127.0.0.1:8000/accounts/password/reset/key/abc-secret/"
    letter = queue(reader(), kind=ACCOUNT_PASSWORD_RESET, context={"link": link}, path="")
    with override_settings(DEMO=demo):
        delivery.deliver([letter.pk])
    assert link in sink.messages[0].get_body(("plain",)).get_content()
    assert ("abc-secret" in fresh(letter).body_text + letter.body_html) is kept
    assert letter.state == State.SENT


def test_a_gone_letter_is_passed_over(db):
    assert delivery.deliver([10**12]) == 0
    assert delivery.deliver([]) == 0


def test_hints_are_cut_into_tasks_of_five_hundred(monkeypatch):
    told = []
    monkeypatch.setattr(delivery, "hint", lambda task, *args: told.append((task, args)))
    delivery.tell(list(range(1001)))
    assert [(task, len(args[0]) if isinstance(args[0], list) else 1) for task, args in told] == [
        ("notifications.deliver_many", 500),
        ("notifications.deliver_many", 500),
        ("notifications.deliver", 1),
    ]
