"""Ten thousand cases at once: seen before, followed while they change, and put back as they were."""

from unittest.mock import ANY

import pytest

from accounts.models import User
from programmes.base.batches import runner
from programmes.base.batches.states import RowState, Status
from programmes.base.notifications import delivery
from programmes.base.rulebook.models import Code
from programmes.journey.enrolment import actions as enrolments
from programmes.models import Batch, Enrolment, Letter
from tests.desk.bulk.deeds import preview
from tests.fixtures.accounts import sign_in

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ten_thousand_people")]
MANY = 10_000
CHANGED = 20


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    """No broker, and a worker that goes back into the queue often enough to be watched."""
    monkeypatch.setattr(delivery, "_quiet_until", float("inf"))
    monkeypatch.setattr(runner, "BUDGET_SECONDS", 1)


@pytest.fixture(scope="module")
def manager(ten_thousand_people):
    """The manager who sees all of these cases."""
    return sign_in(User.objects.get(email="manager@example.org"))


@pytest.fixture(scope="module")
def colleague(manager):
    """A colleague to whom most cases can be given."""
    return User.objects.get(email="manager@example.org")


def everything() -> dict[int, dict]:
    """Every case with every column; how often it was written apart."""
    return {row["id"]: row | {"version": ANY} for row in Enrolment.objects.values()}


def previewed(client, deed, **typed) -> Batch:
    """The batch of all of them, with a page that shows what it will do; `make bench` says how soon."""
    batch = preview(client, deed, everything=True, q="view=all", **typed)
    assert client.get(batch.get_absolute_url()).status_code == 200
    assert batch.total >= MANY
    return batch


def carried_out(client, batch, name, *, until) -> Batch:
    """Press the button, let workers take it up until it is done, and watch the bar move on its page."""
    form = client.get(f"{batch.get_absolute_url()}{name}/").context["form"]
    sent = {"version": form["version"].value(), "key": form["key"].value()}
    assert client.post(f"{batch.get_absolute_url()}{name}/", sent).status_code == 302
    seen = []
    while (batch := Batch.objects.get(pk=batch.pk)).status != until:
        assert batch.is_at_work, batch.problem
        seen.append(batch.finished_rows)
        assert str(client.get(batch.get_absolute_url()).context["status_line"])
        runner.work(batch.pk)
    assert seen == sorted(set(seen)), "each look finds more rows done"
    assert sum(batch.counts.values()) == batch.total
    return batch


def stuck(client, batch) -> set[int]:
    """The cases that the page names as not put back, whatever their number; the reason counts them all."""
    page = client.get(f"{batch.get_absolute_url()}?state=stuck")
    reason = page.context["reasons"][0]
    rows = page.context["rows"]
    assert reason["href"].startswith("?state=stuck")
    assert all(item["name"] and item["href"] and item["problems"] for item in rows)
    assert reason["count"] == len(rows) == batch.count(RowState.STUCK)
    return {item["row"].subject_id for item in rows}


def given_to_somebody_else(pks, before, *, by) -> set[int]:
    """Some of these cases after somebody gave each of them to a colleague of its office, on its own page's way."""
    of_offices: dict[tuple, dict] = {}
    for pk in sorted(pks):
        row = before[pk]
        if row["owner_id"] and row["owner_id"] != by.pk:
            of_offices.setdefault((row["office_id"], row["programme_id"]), {}).setdefault(row["owner_id"], pk)
    owners = dict(list(max(of_offices.values(), key=len).items())[:CHANGED])
    colleagues = User.objects.in_bulk(owners)
    for owner, pk in owners.items():
        other = next(colleague for key, colleague in colleagues.items() if key != owner)
        enrolments.assign(Enrolment.objects.get(pk=pk), by=by, owner=other)
    assert len(owners) >= 2
    return set(owners.values())


def test_ten_thousand_cases_are_given_away_and_come_back_but_for_those_changed_on_purpose(manager, colleague):
    before = everything()
    batch = previewed(manager, "assign", owner=str(colleague.public_id))
    assert everything() == before, "a preview changes nobody"
    ready = set(batch.rows.filter(state="staged").values_list("subject_id", flat=True))
    batch = carried_out(manager, batch, "start", until=Status.DONE)
    assert set(Enrolment.objects.filter(owner=colleague).values_list("pk", flat=True)) >= ready
    assert len(ready) == batch.outcomes["changed"]
    assert Letter.objects.filter(kind="cases_assigned", key=f"cases_assigned:{batch.pk}").count() <= 1

    changed = given_to_somebody_else(ready, before, by=manager.user)
    after_changes = everything()

    batch = carried_out(manager, batch, "undo", until=Status.UNDONE)
    assert stuck(manager, batch) == changed
    assert everything() == before | {pk: after_changes[pk] for pk in changed}


def test_ten_thousand_cases_are_tagged_and_come_back_but_for_those_changed_on_purpose(manager):
    before = everything()
    tag = Code.objects.of("case_tag")[0].code
    batch = previewed(manager, "tag", add=[tag])
    ready = set(batch.rows.filter(state="staged").values_list("subject_id", flat=True))
    carried_out(manager, batch, "start", until=Status.DONE)
    tagged = set(Enrolment.objects.filter(tags__contains=[tag]).values_list("pk", flat=True))
    assert tagged >= ready
    changed = set(sorted(ready)[:: len(ready) // CHANGED][:CHANGED])
    for case in Enrolment.objects.filter(pk__in=changed):
        enrolments.tag(case, by=manager.user, remove=[tag])
    after_changes = everything()
    batch = carried_out(manager, Batch.objects.get(pk=batch.pk), "undo", until=Status.UNDONE)
    assert stuck(manager, batch) == changed
    assert everything() == before | {pk: after_changes[pk] for pk in changed}
