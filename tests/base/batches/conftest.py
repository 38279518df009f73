"""What the tests of batches stand on."""

import pytest

from programmes.base.batches import actions, kinds, runner
from programmes.base.batches.models import Batch
from programmes.base.notifications import delivery
from tests.base.batches import work
from tests.factories.people import PersonFactory


@pytest.fixture(autouse=True)
def _the_test_kind(monkeypatch):
    """Known while these tests run, and to nobody else."""
    monkeypatch.setitem(kinds.KINDS, work.MOVING.code, work.MOVING)
    monkeypatch.setattr(delivery, "_quiet_until", 0.0)


@pytest.fixture
def mover(user_for):
    """Somebody who may change people of the office."""
    return user_for("caseworker")


@pytest.fixture
def moving(mover):
    """`moving(count=7, row3="rule")`: a batch that is ready, about so many new people."""

    def moving(count=7, *, by=None, params=None, **broken):
        people = PersonFactory.create_batch(count)
        return actions.open_batch(
            "test_moving", by=by or mover, office=people[0].office, params={"to": "Nueva", **(params or {})},
            rows=work.rows_about(people, **broken),
        )  # fmt: skip

    return moving


@pytest.fixture
def carried_out():
    """`carried_out(batch)`: what a worker does with it, in this process; returns the batch as it then is."""

    def carried_out(batch) -> Batch:
        runner.work(batch.pk)
        return Batch.objects.get(pk=batch.pk)

    return carried_out
