"""The same file gives the same result: in a fresh database, with workers that die elsewhere, and when it comes again."""

import random

import pytest
from django.db import transaction
from django.urls import reverse

from programmes.base.batches import runner
from programmes.base.batches.states import Status
from programmes.base.rulebook import codes, shipped
from programmes.journey.enrolment.imports import PeopleImport
from programmes.models import Batch, Code, Consent, Enrolment, Identity, Person, Step
from scripts.bench_import import result_of
from tests.factories.people import PersonFactory
from tests.factories.rulebook import SeasonFactory
from tests.journey.people.sheets import HEADER, as_xlsx, good_row
from tests.journey.people.test_import import batch_of, check, deed, send

pytestmark = pytest.mark.django_db
ROWS, BAD = 200, 5


class Killed(BaseException):
    """The worker is no more: nothing catches it, and the transaction it was in is gone."""


class FreshDatabase(Exception):
    """The end of a run in a database that the next one finds as it was."""


def sheet() -> list[list]:
    """Good rows, some of them wrong, the same person several times, and people who are known."""
    rows = [good_row(n) for n in range(ROWS)]
    for n in range(0, ROWS, ROWS // BAD):
        rows[n][4] = "31/02/1990"
    rows[17] = [*rows[101][:6], ""]
    rows[18] = [*rows[151][:6], f" {rows[151][6][:4]} {rows[151][6][4:]} "]
    rows[19] = [*rows[133][:4], "30/12/1999", *rows[133][5:]]
    return rows


@pytest.fixture
def client(client_for):
    Code.objects.bulk_create(shipped.code_lists(), ignore_conflicts=True)
    codes.forget()
    client = client_for("data", language="en")
    client.season = SeasonFactory()
    known, alike = good_row(5), good_row(6)
    PersonFactory(
        given_names=known[0],
        first_surname=known[1],
        second_surname=known[2],
        birth_date="1965-01-06",
        national_id=known[6],
    )
    PersonFactory(given_names=alike[0], first_surname=alike[1], second_surname=alike[2], birth_date="1966-01-07")
    return client


def run(client, content, *, deaths: int = 0, seed: int = 0, monkeypatch=None) -> tuple[dict, dict]:
    """Import the file whole; workers die so often on the way, each time in the middle of another chunk."""
    dice, left = random.Random(seed), [deaths]

    def dying(deed):
        def mortal(*args):
            done = deed(*args)
            if left[0] and dice.random() < 0.3:
                left[0] -= 1
                raise Killed
            return done

        return mortal

    one_life = runner.work

    def work(pk):
        while True:
            try:
                return one_life(pk)
            except Killed:
                continue

    with monkeypatch.context() as patched:
        if deaths:
            patched.setattr(PeopleImport, "chunk", dice.randrange(10, 30))
            for name in ("check", "apply"):
                patched.setattr(PeopleImport, name, dying(getattr(PeopleImport, name)))
        patched.setattr(runner, "work", work)
        batch = check(client, batch_of(send(client, content, "people.xlsx")), client.season)
        client.post(reverse("batches:decide", args=[batch.public_id]), {"all": "new"})
        batch = deed(client, batch, "start")
    assert left == [0], "or nobody died"
    assert batch.status == Status.DONE
    return batch, result_of(batch.pk)


def adds_up(batch):
    accounted = sum(batch.outcomes.values()) + batch.count("skipped") + batch.count("refused") + batch.count("failed")
    return accounted == batch.total == batch.rows.count() == ROWS


def test_the_same_file_gives_the_same_result_in_fresh_databases_wherever_workers_die(client, monkeypatch):
    content, results, counts = as_xlsx([HEADER, *sheet()]), [], []
    for deaths, seed in ((0, 0), (6, 1), (6, 2)):
        try:
            with transaction.atomic():
                batch, result = run(client, content, deaths=deaths, seed=seed, monkeypatch=monkeypatch)
                assert adds_up(batch)
                numbers = sorted(Enrolment.objects.values_list("number", flat=True))
                results.append(result)
                counts.append((batch.outcomes, {k: v for k, v in batch.counts.items() if v}, len(numbers)))
                raise FreshDatabase
        except FreshDatabase:
            pass
    assert Person.objects.count() == 2, "the database was as fresh as before"
    assert counts[0] == counts[1] == counts[2]
    assert counts[0][0] == {"created": ROWS - BAD - 4, "matched": 1}
    assert counts[0][1]["refused"] == BAD
    for other in results[1:]:
        assert [number for number in results[0] if results[0][number] != other[number]] == []
    assert len(results[0]) == ROWS


def test_a_file_that_comes_again_creates_nothing_twice(client, monkeypatch):
    """The same bytes lead to the import that has them; saved anew by another program, every row is known again."""
    rows = sheet()
    content = as_xlsx([HEADER, *rows])
    first, _result = run(client, content, monkeypatch=monkeypatch)
    kept = {model: model.objects.count() for model in (Person, Enrolment, Consent, Identity, Step)}
    assert send(client, content, "again.xlsx").headers["Location"] == first.get_absolute_url()
    assert Batch.objects.count() == 1
    again, _result = run(client, as_xlsx([HEADER, *rows, [""]], in_memory=False), monkeypatch=monkeypatch)
    assert again.pk != first.pk, "other bytes, and the same rows"
    assert adds_up(again)
    assert again.outcomes == {"matched": sum(first.outcomes.values())}
    assert (again.count("skipped"), again.count("refused")) == (first.count("skipped"), first.count("refused"))
    assert {model: model.objects.count() for model in kept} == kept
    same = dict(first.rows.filter(state="done").values_list("number", "subject_id"))
    assert dict(again.rows.filter(state="done").values_list("number", "subject_id")) == same
