"""Beside the worklist: decisions that wait, cases given to me and by me, where I was last, the views I keep at hand."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from programmes.base.lists import actions as lists
from programmes.journey.enrolment import actions
from programmes.models import Batch, Export, ReportSchedule, SavedView
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory, StepFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db


def around(client, part) -> list[str]:
    """What a part says: numbers of cases, or names of views."""
    return [row.get("number") or row["label"] for row in client.get("/").context["around"].get(part, [])]


def waiting(client) -> dict[str, int]:
    return {str(row["label"]): row["count"] for row in client.get("/").context["waiting"]}


def give(case, to, by):
    actions.assign(case, by=by, owner=to)
    case.refresh_from_db()


def test_a_case_that_changes_hands_is_seen_by_both_until_it_moves_on(client_for, user_for):
    manager, worker = client_for("manager", language="en"), client_for("caseworker", language="en")
    case = EnrolmentFactory(owner=None)
    give(case, worker.user, manager.user)
    assert around(worker, "to_me") == [case.number]
    assert around(manager, "by_me") == [case.number]
    assert around(worker, "by_me") == around(manager, "to_me") == []
    text = worker.get("/").content.decode()
    assert "Given to you" in text
    assert case.person.first_surname in text
    assert f"to {worker.user.full_name}" in manager.get("/").content.decode()

    give(case, user_for("caseworker"), manager.user)
    assert around(worker, "to_me") == []
    worker.user.letters.update(created_at=timezone.now() - timedelta(days=8))
    assert around(worker, "to_me") == []


def test_a_case_out_of_reach_is_not_named(client_for):
    """Given while it was in reach; then it went to another office."""
    manager, worker = client_for("manager"), client_for("caseworker")
    case = EnrolmentFactory(owner=None)
    give(case, worker.user, manager.user)
    worker.get(case.get_absolute_url())
    assert around(worker, "recent") == [case.number]
    other = make_office("CO-BOG")
    type(case).objects.filter(pk=case.pk).update(office=other, owner=None)
    type(case.person).objects.filter(pk=case.person_id).update(office=other)
    for client in (manager, worker):
        assert case.number not in client.get("/").content.decode()


def test_the_last_five_cases_stand_in_the_order_they_were_opened(client_for):
    client = client_for("caseworker")
    cases = [EnrolmentFactory(owner=client.user) for _ in range(6)]
    for case in cases:
        client.get(case.get_absolute_url())
    assert around(client, "recent") == [case.number for case in reversed(cases[1:])]


def test_views_i_keep_at_hand_lead_to_their_list(client_for, user_for):
    client = client_for("caseworker")
    mine, other = (
        SavedView.objects.create(listing="cases", name=name, query="view=open", created_by=client.user)
        for name in ("Kept", "Not kept")
    )
    lists.place_view(client.user, view=mine, pinned=True)
    assert around(client, "view") == ["Kept"]
    [row] = client.get("/").context["around"]["view"]
    assert "Kept" in client.get(row["href"]).content.decode()
    # A view that is no longer shared with me is gone.
    SavedView.objects.update(created_by=user_for("caseworker"))
    assert around(client, "view") == []
    assert other.name not in client.get("/").content.decode()


def export(by, office):
    return Export.objects.create(
        listing="cases", query="view=open", columns=["name"], format="csv", purpose="audit", why="A reason.",
        identified=True, office=office, state="asked", created_by=by,
    )  # fmt: skip


def test_what_waits_for_a_managers_decision_is_counted_and_leads_there(client_for, user_for):
    manager = client_for("manager", language="en")
    assert waiting(manager) == {}
    assert "Waiting for your decision" not in manager.get("/").content.decode()
    clerk = user_for("data")
    export(clerk, manager.office)
    export(manager.user, manager.office)
    export(clerk, make_office("CO-BOG"))
    JobDemandFactory(status="submitted", season__programme__offices=[manager.office])
    Batch.objects.create(kind="people_import", office=manager.office, created_by=clerk, status="waiting")
    found = waiting(manager)
    assert found == {
        "Files with names to decide": 1,
        "Demands to review": 1,
        "Imports to confirm as the second person": 1,
    }
    for row in manager.get("/").context["waiting"]:
        assert manager.get(row["href"]).status_code == 200
    assert waiting(client_for("caseworker")) == {}
    assert waiting(client_for("manager", office="CO-BOG", language="en")) == {"Files with names to decide": 1}


def test_what_waits_for_a_data_officer(client_for, user_for):
    client = client_for("data", language="en")
    Batch.objects.create(kind="people_import", office=client.office, created_by=client.user, status="staged")
    Batch.objects.create(kind="people_import", office=client.office, created_by=user_for("manager"), status="waiting")
    season = EnrolmentFactory().season
    ReportSchedule.objects.update_or_create(
        programme=season.programme, defaults={"next_run_at": timezone.now() + timedelta(days=2)}
    )
    assert waiting(client) == {
        "Imports and bulk work of yours, checked and not started": 1,
        "Imports to confirm as the second person": 1,
        "Reports due within a week": 1,
    }
    ReportSchedule.objects.update(active=False)
    assert "Reports due within a week" not in waiting(client)


@pytest.mark.parametrize("role", ["caseworker", "manager", "data", "partner", "administrator"])
def test_today_asks_no_more_when_there_is_more_beside_it(
    client_for, user_for, role, django_assert_max_num_queries, django_assert_num_queries
):
    client = client_for(role)
    cases = [EnrolmentFactory(owner=client.user) for _ in range(3)]
    manager = user_for("manager")

    def more(case, number):
        StepFactory(enrolment=case, due_on=date.today())
        give(EnrolmentFactory(owner=None), user_for("caseworker"), manager if role != "manager" else client.user)
        export(user_for("data"), client.office)
        view = SavedView.objects.create(listing="cases", name=str(number), query="", created_by=client.user)
        lists.place_view(client.user, view=view, pinned=True)
        client.get(case.get_absolute_url())

    more(cases[0], 0)
    client.get("/")
    with django_assert_max_num_queries(12) as one:
        client.get("/")
    asked = len(one.captured_queries)
    more(cases[1], 1)
    more(cases[2], 2)
    with django_assert_num_queries(asked):
        page = client.get("/")
    assert page.status_code == 200
