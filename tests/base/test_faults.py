"""Servers end and come back while people work, and people work at the same moment: nothing acknowledged is lost.

Web server, worker, PostgreSQL and Redis are real processes of this test's own (assurance.md E1, E2, F3, F4).
"""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

import pytest
import redis
from django.conf import settings
from django.db import connection

from programmes.base.notifications.models import State
from programmes.base.rulebook import codes
from programmes.models import CaseEvent, Consent, Enrolment, Letter, Person
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_user, sign_in
from tests.fixtures.database import address_of_database
from tests.fixtures.own_servers import own_redis_server
from tests.fixtures.services import Sink, wait_until
from tests.fixtures.web import environment_of_web, web_server

pytestmark = pytest.mark.slow
WRITERS, READERS = 8, 2
PRESSES = 50
PAIRS = 100
RECOVERED_WITHIN_SECONDS = 5
CSRF = "c" * 32


@dataclass
class Answer:
    """What came back, and when it was asked for; status 0 when nothing did."""

    asked_at: float
    status: int
    headers: dict
    body: str
    seconds: float


class Browser:
    """A signed-in person who opens a new connection for every request."""

    def __init__(self, site, user):
        self.host = urlsplit(site).netloc
        self.headers = {"Cookie": f"sessionid={sign_in(user).cookies['sessionid'].value}; csrftoken={CSRF}"}

    def ask(self, path, typed=None):
        """GET a page, or POST what was typed; never raises."""
        began = time.monotonic()
        headers, body = self.headers, None
        if typed is not None:
            body = urlencode({"csrfmiddlewaretoken": CSRF, **typed}, doseq=True)
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        wire = http.client.HTTPConnection(self.host, timeout=30)
        try:
            wire.request("POST" if body else "GET", path, body, headers)
            answer = wire.getresponse()
            text = answer.read().decode()
            return Answer(began, answer.status, dict(answer.headers), text, time.monotonic() - began)
        except (OSError, http.client.HTTPException) as error:
            return Answer(began, 0, {}, repr(error), time.monotonic() - began)
        finally:
            wire.close()

    def insist(self, path, typed, answers=None):
        """Send the same form again, as the page itself does, until it is taken or refused."""
        while True:
            answer = self.ask(path, typed)
            if answers is not None:
                answers.append(answer)
            if answer.status not in {0, 503}:
                return answer
            time.sleep(0.2)


def together(*deeds):
    """Do all of it at the same moment; return what each gave."""
    barrier, found = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(place, deed):
        barrier.wait()
        found[place] = deed()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# --- The house and its people -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_redis():
    """A Redis of this module's own."""
    with own_redis_server() as own:
        yield own


@pytest.fixture(scope="module")
def people(own_postgres):
    """Two caseworkers and a manager of one office, and the code lists of the form for new people."""
    lists = {"consent_purpose": "case_management", "language": "es", "country": "GTM", "subdivision": "GT-04"}
    for name, code in (lists | {"isced": "1", "isco": "6111"}).items():
        CodeFactory(list=name, code=code)
    yield {name: make_user(role) for name, role in {"ana": "caseworker", "luz": "caseworker", "eva": "manager"}.items()}
    codes.forget()


@pytest.fixture(scope="module")
def house(own_redis, people):
    """The environment of processes on the servers of this module, in the role that owns nothing."""
    address = address_of_database().replace("iomcase_owner", "iomcase_web")
    return {"DATABASE_URL": address, "REDIS_URL": own_redis.url}


@pytest.fixture(scope="module")
def site(house):
    """The address of the web server."""
    with web_server(**house) as address:
        yield address


# --- Many at the same moment ------------------------------------------------------------------------------------


def test_fifty_presses_register_one_person(site, people):
    ana = people["ana"]
    typed = {
        "key": str(uuid.uuid4()), "purposes": "case_management", "mode": "written", "language": "es",
        "given_on": date.today().isoformat(), "office": str(ana.memberships.get().office_id),
        "given_names": "María José", "first_surname": "Núñez", "second_surname": "", "sex": "female",
        "birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1992", "birth_precision": "day",
        "nationality": "GTM", "phone": "5555 0142", "languages": "es", "dependants": "0",
    }  # fmt: skip
    browser = Browser(site, ana)
    answers = together(*[lambda: browser.insist("/people/new/", typed)] * PRESSES)
    person = Person.objects.get(first_surname="Núñez")
    assert {(answer.status, answer.headers.get("Location")) for answer in answers} == {(302, person.get_absolute_url())}
    assert Consent.objects.filter(person=person).count() == 1


def test_a_hundred_pairs_of_edits_lose_none(site, people):
    case = EnrolmentFactory(owner=people["ana"])
    path = f"/cases/{case.public_id}/dates/"
    pair = [Browser(site, people["ana"]), Browser(site, people["luz"])]
    start = date.today() + timedelta(days=40)
    for number in range(PAIRS):
        version = Enrolment.objects.get(pk=case.pk).version
        days = [(start + timedelta(days=2 * number + who)).isoformat() for who in range(2)]
        until = (start + timedelta(days=400)).isoformat()
        typed = [{"version": version, "planned_start": day, "planned_end": until} for day in days]
        answers = together(*(partial(pair[n].insist, path, typed[n]) for n in range(2)))
        assert sorted(answer.status for answer in answers) == [302, 409]
        first = [answer.status for answer in answers].index(302)
        assert Enrolment.objects.get(pk=case.pk).planned_start.isoformat() == days[first]
        refused = answers[1 - first].body
        assert f'value="{days[1 - first]}"' in refused, "what was typed stays"
        assert re.search(r'name="version" value="(\d+)"', refused)[1] == str(version + 1), "and can be sent again"
    assert CaseEvent.objects.filter(enrolment=case, what="dates_set").count() == PAIRS


@pytest.mark.parametrize("version", ["", "0", "-1", "many", "999"])
def test_an_edit_with_a_bad_token_changes_nothing(site, people, version):
    case = EnrolmentFactory(owner=people["ana"])
    typed = {"version": version, "planned_start": "2031-01-01", "planned_end": "2031-06-01"}
    answer = Browser(site, people["ana"]).ask(f"/cases/{case.public_id}/dates/", typed)
    assert answer.status in {409, 422}
    assert Enrolment.objects.get(pk=case.pk).planned_start == case.planned_start


# --- PostgreSQL ends and comes back -----------------------------------------------------------------------------


class Load:
    """People who write notes and read lists all the time, until told to stop."""

    def __init__(self, site, writer, cases):
        self.told_to_stop = threading.Event()
        self.answers: list[Answer] = []
        self.taken: list[str] = []
        # Signed in before the database goes away.
        browsers = [Browser(site, writer) for _ in range(WRITERS + READERS)]
        self.threads = [
            threading.Thread(target=self._write, args=(browser, case))
            for browser, case in zip(browsers[READERS:], cases, strict=True)
        ]
        self.threads += [threading.Thread(target=self._read, args=(browser,)) for browser in browsers[:READERS]]

    def _write(self, browser, case):
        today = date.today().isoformat()
        while not self.told_to_stop.is_set():
            text = f"note {uuid.uuid4()}"
            typed = {"key": str(uuid.uuid4()), "kind": "note_call", "on": today, "text": text}
            if browser.insist(f"/cases/{case.public_id}/note/", typed, self.answers).status == 302:
                self.taken.append(text)

    def _read(self, browser):
        while not self.told_to_stop.is_set():
            self.answers.append(browser.ask("/cases/?view=open"))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.told_to_stop.set()
        for thread in self.threads:
            thread.join()


def test_postgresql_restarts_lose_no_acknowledged_write(site, people, own_postgres, record_testsuite_property):
    cases = [EnrolmentFactory(owner=people["ana"]) for _ in range(WRITERS)]
    back, gone = [], []
    with Load(site, people["ana"], cases) as load:
        wait_until(lambda: len(load.taken) > WRITERS, seconds=30)
        # Stopped in an orderly way for a moment; then crashed, and away for longer than anybody waits for it.
        for number, away in ((signal.SIGINT, 0.5), (signal.SIGQUIT, 9)):
            gone.append(time.monotonic())
            own_postgres.stop(number)
            time.sleep(away)
            own_postgres.start()
            back.append(time.monotonic())
            time.sleep(RECOVERED_WITHIN_SECONDS + 2)
        gone.append(time.monotonic())
    connection.close()  # this test's own one did not survive
    record_testsuite_property("notes taken over two restarts", len(load.taken))
    refused = [answer for answer in load.answers if answer.status not in {200, 302}]
    assert {answer.status for answer in refused} == {503}, {(a.status, a.body[:200]) for a in refused}
    assert all(answer.headers["Retry-After"] for answer in refused)
    late = [
        round(answer.asked_at - start, 1)
        for answer in refused
        for start, end in zip(back, gone[1:], strict=True)
        if start + RECOVERED_WITHIN_SECONDS < answer.asked_at and answer.asked_at + answer.seconds < end
    ]
    assert late == [], "refused although PostgreSQL had been back for so many seconds"
    assert all(answer.seconds < 12 for answer in load.answers), "nobody hangs"
    written = list(CaseEvent.objects.filter(note__startswith="note ").values_list("note", flat=True))
    assert len(written) == len(set(written)), "sent again and again, written once"
    assert set(load.taken) <= set(written), "acknowledged and lost"


# --- Redis is emptied, ends and comes back ----------------------------------------------------------------------


@contextmanager
def background_work(directory, **environment):
    """A worker that is its own scheduler, ticking each second, while the block runs."""
    command = [sys.executable, "-W", "ignore", "-m", "celery", "--app", "tests.base.notifications.fast_beat", "--quiet"]
    command += ["worker", "--beat", "--schedule", str(directory / "beat"), "--concurrency", "1"]
    command += ["--loglevel", "critical", "--without-gossip", "--without-mingle"]
    environment = os.environ | environment_of_web(LETTER_SWEEP_AFTER_SECONDS="1", **environment)
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_redis_may_be_emptied_and_vanish(site, people, house, own_redis, tmp_path, record_testsuite_property):
    ana, eva = Browser(site, people["ana"]), Browser(site, people["eva"])

    def give_to_luz():
        """Eva gives a case of Ana's to Luz, who shall get a letter; returns the letter and how long Eva waited."""
        case = EnrolmentFactory(owner=people["ana"])
        typed = {"version": case.version, "owner": people["luz"].pk, "note": ""}
        answer = eva.ask(f"/cases/{case.public_id}/assign/", typed)
        assert answer.status == 302, answer.body
        return Letter.objects.get(enrolment=case), answer.seconds

    def is_sent(letter):
        letter.refresh_from_db()
        return letter.state == State.SENT

    sink = Sink()
    sink.start()
    try:
        with background_work(tmp_path, **house, EMAIL_URL=sink.url):
            first, _seconds = give_to_luz()
            wait_until(lambda: is_sent(first), seconds=60)

            redis.Redis.from_url(own_redis.url).flushall()
            assert ana.ask("/").status == 200, "the session lives in PostgreSQL"
            second, _seconds = give_to_luz()
            wait_until(lambda: is_sent(second), seconds=30)

            own_redis.stop(signal.SIGKILL)
            waits = [give_to_luz() for _ in range(3)]
            letters, seconds = [letter for letter, _wait in waits], [wait for _letter, wait in waits]
            for path in ("/", "/cases/", "/people/", "/notifications/", "/accounts/login/"):
                answer = ana.ask(path)
                assert answer.status in {200, 302}, path
                seconds.append(answer.seconds)
            assert max(seconds) < 3, "nobody waits for Redis"
            health = ana.ask("/health/")
            assert (health.status, json.loads(health.body)["broker"]) == (503, "no answer")
            assert not any(map(is_sent, letters))

            own_redis.start()
            began = time.monotonic()
            wait_until(lambda: all(map(is_sent, letters)), seconds=120)
            record_testsuite_property("seconds until letters go out after Redis is back", time.monotonic() - began)
    finally:
        sink.stop()
    for letter in [first, second, *letters]:
        assert sink.message_ids.count(letter.message_id) == 1
