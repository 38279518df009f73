"""Real workers and real kills: an import that loses its workers again and again ends as one that never did."""

import random
import time
from datetime import date

import pytest
import redis
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from programmes.base.batches import runner
from programmes.base.batches.states import Status
from programmes.base.rulebook import shipped
from programmes.models import Batch, CaseEvent, Code, Consent, Enrolment, Person, Step
from tests.factories.rulebook import SeasonFactory
from tests.fixtures.services import Process, wait_until
from tests.journey.people.sheets import HEADER, as_xlsx, good_row

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PEOPLE, BAD = 800, 8


@pytest.fixture
def workers(transactional_db, environment):
    """Two workers on one queue, of which tests kill one after the other."""
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    found = []
    for number in range(2):
        words = ["--concurrency", "1", "--loglevel", "error", "--without-gossip", "--without-mingle"]
        words += ["--include", "tests.base.batches.small_chunks"]
        words += ["--hostname", f"import{number}@localhost"]
        found.append(Process("worker", words, environment | {"BATCH_SWEEP_AFTER_SECONDS": "1"}))
    for worker in found:
        worker.start(wait=False)
    wait_until(lambda: redis.Redis.from_url(settings.REDIS_URL).exists("iomcase:heart:worker"), seconds=60)
    yield found
    for worker in found:
        worker.kill()


def sweep_until(happened, seconds):
    """Wait as long, with a sweep now and then as the scheduler would do it."""
    give_up, swept = time.monotonic() + seconds, 0.0
    while not happened():
        assert time.monotonic() < give_up, "the batch did not get on"
        if time.monotonic() - swept > 0.5:
            runner.sweep()
            swept = time.monotonic()
        time.sleep(0.02)


def kill_and_start(worker):
    worker.kill()
    worker.start(wait=False)


def test_an_import_whose_workers_are_killed_ends_as_if_nothing_had_happened(workers, client_for, settings):
    settings.BATCH_SWEEP_AFTER_SECONDS, settings.BATCH_CONFIRM_ABOVE = 1, 100_000
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    client, season, dice = client_for("manager"), SeasonFactory(), random.Random(7)
    rows = [good_row(n) for n in range(PEOPLE)]
    for n in range(0, PEOPLE, PEOPLE // BAD):
        rows[n][4] = "31/02/1990"
    file = SimpleUploadedFile("people.xlsx", as_xlsx([HEADER, *rows]))
    client.post("/imports/people_import/", {"office": client.office.pk, "file": file})
    batch = Batch.objects.get()
    today = date.today().isoformat()
    answers = {f"column_{place}": code or "-" for place, code in enumerate(batch.params["mapping"])}
    answers |= {
        "version": batch.version, "date_style": "dmy", "season": season.pk, "on": today, "purposes": ["case_management"],
        "mode": "written", "language": "es", "given_on": today, "header_line": 1, "sheet": "0",
    }  # fmt: skip
    assert client.post(reverse("batches:columns", args=[batch.public_id]), answers).status_code == 302

    def now():
        return Batch.objects.get()

    sweep_until(lambda: now().total > 100, 90)
    kill_and_start(workers[dice.randrange(2)])
    sweep_until(lambda: now().status == Status.STAGED, 180)
    assert now().counts == {"staged": PEOPLE - BAD, "refused": BAD}
    address = reverse("batches:deed", args=[batch.public_id, "start"])
    assert client.post(address, {"version": now().version}).status_code == 302
    for done in (100, 400):
        sweep_until(lambda done=done: now().outcomes.get("created", 0) >= done or now().status == Status.DONE, 120)
        assert now().status == Status.RUNNING, "killed too late to tell anything"
        kill_and_start(workers[dice.randrange(2)])
    sweep_until(lambda: now().status == Status.DONE, 180)

    assert now().outcomes == {"created": PEOPLE - BAD}
    assert now().rows.count() == now().total == PEOPLE
    assert {model.objects.count() for model in (Person, Enrolment, Consent, Step)} == {PEOPLE - BAD}, (
        "each once and whole"
    )
    assert CaseEvent.objects.filter(what="registered").count() == PEOPLE - BAD
    numbers = sorted(int(number.rpartition("-")[2]) for number in Enrolment.objects.values_list("number", flat=True))
    assert numbers == list(range(1, PEOPLE - BAD + 1)), "no case number is skipped or given twice"
