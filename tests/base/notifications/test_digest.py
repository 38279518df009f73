"""The daily digest: one for each person and local date, what is due in the reader's words, nothing when nothing is."""

import datetime as dt
import re
import threading
from email import message_from_bytes, policy
from html.parser import HTMLParser
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from programmes.base.notifications import actions, delivery, digests, letters, rules, sources
from programmes.base.notifications.kinds import CASE_ASSIGNED, DIGEST, STEP_DUE, Channel
from programmes.base.notifications.models import Letter, State
from programmes.base.notifications.sources import Group, Line

MORNING = dt.datetime(2026, 3, 12, 13, 3, tzinfo=dt.UTC)  # 07:03 in Guatemala
WORK = [
    (Group.OVERDUE, -2, "Repeat medical exam", "GT-2026-00352"),
    (Group.TODAY, 0, "First wellbeing call", "GT-2026-00369"),
    (Group.OVERDUE, -5, "Answer a grievance", "GT-2026-00291"),
    (Group.WEEK, 3, "Decide season recall", "GT-2025-00812"),
]
HOME = {"time_zone": "America/Guatemala", "digest_hour": 7}


@pytest.fixture(autouse=True)
def _on_that_morning():
    with time_machine.travel(MORNING, tick=False):
        yield


def run(now=MORNING):
    """What the scheduler and the workers do at one tick; the letters that went out."""
    before = len(mail.outbox)
    delivery.deliver(digests.compose(digests.due_users(now), now))
    return mail.outbox[before:]


def test_a_digest_lists_what_is_due_in_the_order_of_today(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    (message,) = run()

    assert message.subject == "2 overdue, 1 due today, 1 due this week"
    places = [message.body.index(words) for words in ("00291", "00352", "00369", "00812")]
    assert places == sorted(places)
    assert "7 Mar (5 days ago): Answer a grievance, GT-2026-00291\n  http://127.0.0.1:8000/cases/GT-2026-00291/" in (
        message.body
    )
    assert "Thursday, 12 March 2026" in message.body.replace("Thursday 12", "Thursday, 12")
    assert message.extra_headers["List-Unsubscribe"]


def test_a_digest_speaks_its_readers_language(reader, due_work):
    for language in ("en", "es"):
        due_work[reader(language=language, **HOME).pk] = WORK
    english, spanish = run()
    assert "2 overdue" in english.subject
    assert "vencid" in spanish.subject
    assert "jueves, 12 de marzo de 2026" in spanish.body
    assert "7 mar" in spanish.body
    assert '<html lang="es"' in spanish.alternatives[0][0]
    for english_words in ("overdue", "Open Today", "days ago", "You get this"):
        assert english_words not in spanish.body


class Words(HTMLParser):
    """The words and the links of an HTML part, in order."""

    def __init__(self, html):
        super().__init__()
        self.words, self.links, self.hidden = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in {"style", "title"}
        self.links += [dict(attrs)["href"]] if tag == "a" else []

    def handle_endtag(self, tag):
        self.hidden -= tag in {"style", "title"}

    def handle_data(self, data):
        self.words += [] if self.hidden else re.findall(r"\w+", data)


def test_both_parts_say_the_same(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    (message,) = run()
    html = Words(message.alternatives[0][0])
    links = re.findall(r"https?://\S+", message.body)
    assert sorted(links) == sorted(html.links)
    words = re.findall(r"\w+", re.sub(r"https?://\S+", "", message.body))
    assert sorted(words) == sorted(html.words)


def test_a_long_digest_stays_small_and_its_counts_whole(reader, due_work):
    label = "Completar el contrato y la orientación previa a la partida ñ"
    person = reader(language="es", **HOME)

    def lines(users, days):
        return {
            person.pk: [
                Line(group, MORNING.date() + dt.timedelta(days=day), label, f"GT-2026-{n:05}", f"/cases/{uuid4()}/")
                for group, day in ((Group.OVERDUE, -3), (Group.TODAY, 0), (Group.WEEK, 4))
                for n in range(40)
            ]
        }

    sources.register("long", lines)
    (message,) = run()
    assert message.subject.count("40") == 3
    assert message.body.count("/cases/") == digests.MOST_LINES
    assert len(message.message().as_bytes()) <= 60_000


def test_there_is_no_digest_when_there_is_nothing_to_say(reader, due_work):
    person = reader(**HOME)
    assert run() == []
    row = Letter.objects.get(to=person)
    assert (row.state, row.last_error) == (State.DROPPED, "There was nothing to say.")
    # Something comes due at eleven: it waits for tomorrow's digest.
    due_work[person.pk] = WORK
    assert run(MORNING + dt.timedelta(hours=4)) == []
    assert len(run(MORNING + dt.timedelta(days=1))) == 1


def test_a_day_has_one_digest_however_often_the_scheduler_ticks(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    assert [len(run(MORNING + dt.timedelta(minutes=n))) for n in range(0, 16 * 60, 30)] == [1] + [0] * 31
    assert len(run(MORNING + dt.timedelta(days=1))) == 1


def test_nobody_gets_a_digest_before_the_hour(reader, due_work):
    due_work[reader(time_zone="America/Guatemala", digest_hour=8).pk] = WORK
    assert run() == []
    assert len(run(MORNING + dt.timedelta(minutes=57))) == 1


@pytest.mark.parametrize("fields", [{"digest_on": False}, {"is_active": False}])
def test_who_does_not_want_or_may_not_get_one_gets_none(reader, due_work, fields):
    due_work[reader(**HOME, **fields).pk] = WORK
    assert run() == []
    assert not Letter.objects.exists()


def test_somebody_deactivated_after_the_digest_was_written_does_not_get_it(reader, due_work):
    person = reader(**HOME)
    due_work[person.pk] = WORK
    written = digests.compose(digests.due_users(MORNING), MORNING)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert delivery.deliver(written) == 0
    assert mail.outbox == []


def test_the_database_finds_the_same_people_as_the_rule(reader, due_work):
    zones = ["America/Guatemala", "Europe/Madrid", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "UTC"]
    people = [reader(time_zone=zone, digest_hour=hour) for zone in zones for hour in range(0, 24, 3)]
    for hour in range(0, 24, 5):
        now = MORNING + dt.timedelta(hours=hour)
        due = {p.pk for p in people if rules.is_digest_hour(now, p.time_zone, p.digest_hour)}
        assert set(digests.due_users(now)) == due


@pytest.mark.parametrize(
    ("zone", "hour", "start"),
    [
        ("Africa/Cairo", 0, dt.datetime(2026, 4, 22, 10, tzinfo=dt.UTC)),
        ("Asia/Beirut", 0, dt.datetime(2026, 3, 27, 10, tzinfo=dt.UTC)),
        ("Africa/Casablanca", 2, dt.datetime(2026, 3, 20, 10, tzinfo=dt.UTC)),
        ("America/New_York", 1, dt.datetime(2026, 10, 30, 10, tzinfo=dt.UTC)),
    ],
)
def test_a_change_of_the_clocks_harms_no_digest(reader, due_work, zone, hour, start):
    due_work[reader(time_zone=zone, digest_hour=hour).pk] = WORK
    for tick in range(0, 4 * 24 * 60, 55):
        now = start + dt.timedelta(minutes=tick)
        with time_machine.travel(now, tick=False):
            digests.compose(digests.due_users(now), now)
    days = sorted(rules.day_of_digest(key) for key in Letter.objects.values_list("key", flat=True))
    assert days == [days[0] + dt.timedelta(days=n) for n in range(len(days))]
    assert len(days) == 5


def test_after_twenty_six_hours_without_a_scheduler_there_is_one_digest_marked_late(reader, due_work):
    person = reader(**HOME)
    due_work[person.pk] = WORK
    yesterday = MORNING - dt.timedelta(days=1)
    run(yesterday - dt.timedelta(days=1))
    # The scheduler stops an hour before yesterday's digest and comes back 26 hours later, at 08:03.
    (message,) = run(MORNING + dt.timedelta(hours=1))
    assert message.subject.endswith("(late)")
    assert "Late: no digest went out on 11 Mar." in message.body
    assert "Late: no digest went out on 11 Mar." in message.alternatives[0][0]
    assert run(MORNING + dt.timedelta(hours=2)) == []


def test_a_digest_of_the_day_that_comes_hours_late_says_so(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    run(MORNING - dt.timedelta(days=1))
    (message,) = run(MORNING + dt.timedelta(hours=3))
    assert "Late: this digest comes after your usual hour." in message.body


def test_a_newcomers_first_digest_is_not_late(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    (message,) = run(MORNING + dt.timedelta(hours=9))
    assert "ate" not in message.subject


def test_somebody_who_flies_west_does_not_get_yesterday_again(reader, due_work):
    person = reader(time_zone="Pacific/Auckland", digest_hour=0)
    due_work[person.pk] = WORK
    assert len(run()) == 1
    User.objects.filter(pk=person.pk).update(time_zone="America/Los_Angeles")
    assert run() == []
    assert Letter.objects.count() == 1


def test_a_wrong_time_zone_in_one_record_stops_nobody(reader, due_work):
    people = [reader(**HOME), reader(time_zone="Nowhere/Atlantis", digest_hour=7)]
    for person in people:
        due_work[person.pk] = WORK
    assert len(run()) == 2


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_chunk_costs_the_same_statements_for_any_number_of_people(reader, due_work, count):
    people = [reader(**HOME) for _ in range(count)]
    for person in people:
        due_work[person.pk] = WORK
    with CaptureQueriesContext(
        connection,
    ) as seen:
        written = digests.compose([person.pk for person in people], MORNING)
    sql = [query["sql"].split()[0] for query in seen.captured_queries]
    # One statement reads the people; the source of the tests needs none; one inserts, one reads the new keys.
    assert [word for word in sql if word in {"SELECT", "INSERT"}] == ["SELECT", "INSERT", "SELECT"]
    assert due_work.calls == 1
    assert len(written) == count


def test_the_work_is_handed_out_in_tasks_of_five_hundred(db, monkeypatch):
    told = []
    monkeypatch.setattr(digests.delivery, "hint", lambda task, pks: told.append((task, len(pks))) or True)
    User.objects.bulk_create(
        [User(email=f"many{n}@example.org", full_name="M", time_zone="UTC", digest_hour=1) for n in range(1001)]
    )
    assert digests.send_due(MORNING) == 1001
    assert told == [
        ("notifications.digest_chunk", 500),
        ("notifications.digest_chunk", 500),
        ("notifications.digest_chunk", 1),
    ]


def test_without_redis_the_digests_wait_for_the_next_tick(reader, due_work, monkeypatch):
    due_work[reader(**HOME).pk] = WORK
    monkeypatch.setattr(digests.delivery, "hint", lambda *args: False)
    assert digests.send_due(MORNING) == 1
    assert not Letter.objects.exists()
    assert len(run(MORNING + dt.timedelta(minutes=1))) == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_write_one_digest_each(reader, due_work):
    people = [reader(**HOME) for _ in range(20)]
    for person in people:
        due_work[person.pk] = WORK

    def tick():
        for _ in range(5):
            delivery.deliver(digests.compose(digests.due_users(MORNING), MORNING))
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Letter.objects.filter(kind=DIGEST, state=State.SENT).count() == 20
    assert len(mail.outbox) == 20


def test_one_record_that_cannot_be_read_costs_one_person_the_digest(reader, due_work):
    people = [reader(**HOME) for _ in range(16)]
    for person in people:
        due_work[person.pk] = WORK
    due_work.broken = {people[5].pk}
    assert len(run()) == 15
    flagged = Letter.objects.get(state=State.FLAGGED)
    assert (flagged.to, flagged.last_error) == (people[5], "The digest could not be written.")

    due_work.broken = set()
    assert run() == []
    assert actions.send_again([flagged]) == 1
    assert len(run()) == 1


def test_one_digest_that_cannot_be_put_into_words_costs_one_person(reader, due_work):
    people = [reader(**HOME) for _ in range(5)]
    for person in people:
        due_work[person.pk] = WORK
    due_work[people[1].pk] = [(Group.TODAY, 0, None, 7), (Group.TODAY, 0, "Exam", "GT-2026-00001")]
    assert len(run()) == 4
    assert Letter.objects.get(state=State.FLAGGED).to == people[1]


def assign(person, key="assigned:1", **more):
    return actions.queue(
        key=key, to=person, kind=CASE_ASSIGNED, context={"case_number": "GT-2026-00999"}, path="/cases/9/", **more
    )


def test_what_came_new_since_the_last_digest_is_in_it_once(reader, due_work):
    person = reader(**HOME)
    actions.choose(person, channels={CASE_ASSIGNED: Channel.DIGEST})
    letter = assign(person)
    Letter.objects.filter(pk=letter.pk).update(created_at=MORNING - dt.timedelta(hours=3))
    (message,) = run()
    assert message.subject == "1 new"
    assert "- A case was given to you, GT-2026-00999\n  http://127.0.0.1:8000/cases/9/" in message.body
    assert run(MORNING + dt.timedelta(days=1)) == []


def test_news_that_was_opened_or_is_not_wanted_by_mail_is_not_in_the_digest(reader, due_work):
    person = reader(**HOME)
    actions.choose(person, channels={STEP_DUE: Channel.LIST})
    opened = assign(person)
    actions.mark_read(person, public_ids=[opened.public_id])
    step = {"case_number": "GT-2026-00999", "step": "Exam", "due_on": dt.date(2026, 3, 12)}
    actions.queue(key="step", to=person, kind=STEP_DUE, context=step)
    Letter.objects.update(created_at=MORNING - dt.timedelta(hours=1))
    assert run() == []


def test_news_about_a_case_that_is_no_longer_theirs_is_left_out(reader, case, due_work, everybody_sees):
    person = reader(**HOME)
    assign(person, enrolment=case())
    Letter.objects.update(created_at=MORNING - dt.timedelta(hours=1))
    everybody_sees.no = True
    assert run() == []


def test_the_access_of_a_whole_chunk_is_asked_once(reader, case, due_work, everybody_sees):
    people = [reader(**HOME) for _ in range(10)]
    for person in people:
        assign(person, key=f"a:{person.pk}", enrolment=case())
    Letter.objects.update(created_at=MORNING - dt.timedelta(hours=1))
    assert len(digests.compose([p.pk for p in people], MORNING)) == 10
    assert everybody_sees.asked == 1


def test_todays_digest_can_be_asked_for_before_its_hour_and_does_not_come_twice(reader, due_work):
    person = reader(time_zone="America/Guatemala", digest_hour=20)
    due_work[person.pk] = WORK
    letter = digests.send_now(person, MORNING)
    assert delivery.deliver([letter.pk]) == 1
    assert digests.send_now(person, MORNING + dt.timedelta(minutes=1)) == letter
    assert run(MORNING + dt.timedelta(hours=14)) == []
    assert len(mail.outbox) == 1


def test_a_day_with_nothing_to_say_can_still_be_asked_for_later(reader, due_work):
    person = reader(**HOME)
    assert run() == []
    assert digests.send_now(person, MORNING + dt.timedelta(hours=1)) is None
    due_work[person.pk] = WORK
    letter = digests.send_now(person, MORNING + dt.timedelta(hours=2))
    assert delivery.deliver([letter.pk]) == 1
    assert Letter.objects.filter(kind=DIGEST).count() == 1


def test_a_preview_shows_what_would_be_mailed_and_writes_nothing(reader, due_work):
    person = reader(**HOME)
    assert digests.preview(person, MORNING) is None
    due_work[person.pk] = WORK
    words = digests.preview(person, MORNING)
    assert not Letter.objects.exists()
    (message,) = run()
    assert (words.subject, words.text) == (message.subject, message.body)
    assert letters.for_mail(words.html) == message.alternatives[0][0]


def test_the_look_is_in_the_tags_and_the_rules_for_dark_screens_stay(reader, due_work):
    due_work[reader(**HOME).pk] = WORK
    (message,) = run()
    html = message.alternatives[0][0]
    assert "prefers-color-scheme:dark" in html
    assert 'class="late"' not in html
    assert "max-width: 600px" in html
    assert not re.search(r"<(img|script|link|form|iframe)|url\(|@import", html)
    shown = letters.for_screen(Letter.objects.get().body_html)
    assert "style" not in shown.replace("stylesheet", "")
    assert "css/letter.css" in shown


def test_a_digest_survives_the_wire(reader, due_work, sink):
    due_work[reader(language="es", **HOME).pk] = [(Group.OVERDUE, -1, "Cita médica en Cobán ñ", "GT-2026-00001")]
    delivery.deliver(digests.compose(digests.due_users(MORNING), MORNING))
    (message,) = sink.messages
    again = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert "Cita médica en Cobán ñ" in again.get_body(("plain",)).get_content()
    assert "Cita médica en Cobán ñ" in again.get_body(("html",)).get_content()


def test_the_clock_of_the_database_decides(db):
    # This process believes it is March; the scheduler still asks the one clock that all share.
    assert digests.database_now() - MORNING > dt.timedelta(hours=1)
