"""Real workers, a real mail server, real kills: no digest is lost, and what came twice says so.

A worker is killed in two ways, both with SIGKILL: only its child process, as the kernel does when memory is short, and
its whole process group, as a power cut does.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings

from accounts.models import User
from iomcase.celery import app
from programmes.base.notifications.models import Letter, State
from tests.fixtures.services import Process, Sink, wait_until

pytestmark = pytest.mark.slow
PEOPLE = 500
KILLS = 50
# Of so many kills one takes the whole worker, the others its child only: a new worker costs seconds of this machine.
WHOLE_GROUP_EVERY = 4
FAST = {"LETTER_IN_FLIGHT_SECONDS": "2", "LETTER_SWEEP_AFTER_SECONDS": "1"}


class SlowSink(Sink):
    """Takes the message, and answers a moment later: the gap in which a kill leaves everybody in doubt."""

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.pause)
        return answer

    pause = 0.0


@pytest.fixture
def slow_sink():
    server = SlowSink()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def people(transactional_db):
    """Five hundred people whose digest is due now, half of them in each language."""
    User.objects.bulk_create(
        User(
            email=f"due{n}@example.org",
            full_name=f"Due {n}",
            time_zone="UTC",
            digest_hour=0,
            language=("en", "es")[n % 2],
        )
        for n in range(PEOPLE)
    )


@pytest.fixture
def workers(people, environment, slow_sink):
    """Two workers that share one queue."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    found = []
    for number in range(2):
        words = ["--concurrency", "1", "--loglevel", "error", "--without-gossip", "--without-mingle"]
        words += ["--hostname", f"kills{number}@localhost", "--include", "tests.base.notifications.work_for_all"]
        found.append(Process("worker", words, environment | FAST | {"EMAIL_URL": slow_sink.url}))
    for worker in found:
        worker.start(wait=False)
    wait_until(lambda: redis.Redis.from_url(settings.REDIS_URL).exists("iomcase:heart:worker"), seconds=40)
    yield found
    for worker in found:
        worker.kill()


@pytest.fixture
def ticks():
    """A scheduler in this process that ticks several times a second."""
    stop = threading.Event()

    def tick():
        while not stop.wait(0.4):
            for task in ("notifications.send_digests", "notifications.sweep"):
                with suppress(Exception):
                    app.send_task(task, expires=2, retry=False)

    thread = threading.Thread(target=tick)
    yield thread
    stop.set()
    if thread.ident:
        thread.join()


def children_of(pid):
    """The process ids of a worker's children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            if status.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(status.parent.name))
    return found


def kill_child(worker):
    """Kill what does the work and leave its master alive; false when there was nothing to kill."""
    killed = 0
    for child in children_of(worker.process.pid):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
            killed += 1
    return bool(killed)


def all_sent():
    """Whether every digest is marked as sent."""
    return Letter.objects.filter(state=State.SENT).count() == PEOPLE


def settled(sink):
    """What everybody must agree on in the end, whatever happened."""
    assert Letter.objects.count() == PEOPLE
    assert set(Letter.objects.values_list("state", flat=True)) == {State.SENT}
    due = set(Letter.objects.values_list("message_id", flat=True))
    assert set(sink.message_ids) == due, "none lost, none invented"
    to = Counter(message["To"] for message in sink.messages)
    assert set(to) == {f"due{n}@example.org" for n in range(PEOPLE)}


def test_fifty_kills_lose_no_digest_and_every_duplicate_is_recognisable(
    workers, slow_sink, ticks, record_testsuite_property
):
    slow_sink.pause = 0.06
    dice = random.Random(20261122)
    ticks.start()
    wait_until(lambda: len(slow_sink.messages) > 5, seconds=40)

    kills = 0
    while kills < KILLS:
        time.sleep(dice.uniform(0.1, 0.6))
        # There must be work left until the last kill, however fast this machine is.
        slow_sink.pause = 0.06 if len(slow_sink.messages) < PEOPLE - 100 else 0.5
        worker = workers[dice.randrange(2)]
        if kills % WHOLE_GROUP_EVERY == 0 or worker.process.poll() is not None:
            worker.kill()
            worker.start(wait=False)
            kills += 1
        else:
            kills += kill_child(worker)
    slow_sink.pause = 0.0
    assert not all_sent(), "the kills came while there was work"
    wait_until(all_sent, seconds=60)

    settled(slow_sink)
    copies = Counter(slow_sink.message_ids)
    duplicates = sum(copies.values()) - PEOPLE
    assert duplicates <= KILLS, f"{duplicates} duplicates after {KILLS} kills"
    record_testsuite_property("duplicates", duplicates)
    seen = set()
    for message in slow_sink.messages:
        if message["Message-ID"] in seen:
            assert message["X-Iomcase-Resent"] == "uncertain"
        seen.add(message["Message-ID"])


def start_beat(environment, directory, number):
    """A real scheduler on a schedule file of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "celery", "--app", "tests.base.notifications.fast_beat", "--quiet"]
    command += ["beat", "--loglevel", "error", "--schedule", str(directory / f"beat{number}"), "--pidfile", ""]
    return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, start_new_session=True)


def test_two_schedulers_and_an_emptied_redis_send_nothing_twice(workers, slow_sink, environment, tmp_path):
    slow_sink.pause = 0.01
    beats = [start_beat(environment, tmp_path, number) for number in range(2)]
    try:
        wait_until(lambda: len(slow_sink.messages) > PEOPLE // 3, seconds=60)
        client = redis.Redis.from_url(settings.REDIS_URL)
        client.flushdb()
        redis.Redis.from_url(settings.CACHES["default"]["LOCATION"]).flushdb()
        wait_until(all_sent, seconds=60)
        # The schedulers tick on: whatever they still start must find nothing to do.
        time.sleep(3)
    finally:
        for beat in beats:
            with suppress(ProcessLookupError):
                os.killpg(beat.pid, signal.SIGKILL)
            beat.wait()
    settled(slow_sink)
    assert len(slow_sink.messages) == PEOPLE
    assert not Letter.objects.exclude(uncertain=False, attempts=1).exists()
    assert not any(message["X-Iomcase-Resent"] for message in slow_sink.messages)
