"""Deeds on many cases: who is changed and who is left out is known before; what is done can be taken back."""

import uuid
from datetime import date, timedelta

import pytest

from programmes.base.batches.states import RowState, Status
from programmes.desk.bulk.kinds import DEEDS
from programmes.journey.enrolment import actions as enrolments
from programmes.models import Batch, BatchRow, CaseEvent, Document, Enrolment, Letter, Step
from tests.desk.bulk.deeds import address, preview, reasons, run
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import SeasonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_lists_of_codes")]
TODAY = date.today()


def test_the_preview_says_who_is_changed_and_who_is_left_out_and_changes_nobody(client_for, user_for):
    manager, worker = client_for("manager"), user_for("caseworker")
    new, his = EnrolmentFactory(), EnrolmentFactory(owner=worker)
    batch = preview(manager, "assign", [new, his], owner=str(worker.public_id))
    assert batch.status == Status.STAGED
    assert (batch.count("staged"), batch.count("skipped")) == (1, 1)
    assert reasons(batch) == {his.pk: "case_has_it"}
    new.refresh_from_db()
    assert new.owner is None
    page = manager.get(batch.get_absolute_url())
    assert new.person.full_name in page.content.decode()


def test_reasons_are_counted_with_the_first_of_each_and_lead_to_all_of_them(client_for, django_assert_max_num_queries):
    client = client_for("caseworker", language="en")
    tagged = EnrolmentFactory.create_batch(5, tags=["urgent"])
    over, free = EnrolmentFactory(status="closed"), EnrolmentFactory()
    batch = preview(client, "tag", [*tagged, over, free], add=["urgent"])
    with django_assert_max_num_queries(18):
        page = client.get(batch.get_absolute_url())
    said = page.content.decode()
    assert "Cases that will be changed: 1. Left out: 6." in said
    told = page.context["reasons"]
    assert [(one["said"].sentence, one["count"]) for one in told] == [
        ("The tags are so already.", 5),
        ("The case is over.", 1),
    ]
    assert [row["name"] for row in told[0]["examples"]] == [case.person.full_name for case in tagged[:3]]
    rows = client.get(batch.get_absolute_url() + told[1]["href"]).context["rows"]
    assert [item["row"].subject_id for item in rows] == [over.pk]
    assert len(client.get(batch.get_absolute_url() + told[0]["href"]).context["rows"]) == 5
    assert client.get(batch.get_absolute_url() + "?state=skipped&why=x").context["rows"] == []


def test_assigning_many_writes_each_diary_one_letter_and_is_taken_back_where_unchanged(client_for, user_for):
    manager, worker, other = client_for("manager"), user_for("caseworker"), user_for("caseworker")
    cases = EnrolmentFactory.create_batch(5, owner=other)
    batch = run(preview(manager, "assign", cases, owner=str(worker.public_id)))
    assert batch.status == Status.DONE
    assert Enrolment.objects.filter(owner=worker).count() == 5
    assert CaseEvent.objects.filter(what="assigned", enrolment__in=cases).count() == 5
    assert [letter.kind for letter in Letter.objects.filter(to=worker)] == ["cases_assigned"]
    touched = Enrolment.objects.get(pk=cases[2].pk)
    enrolments.assign(touched, by=manager.user, owner=manager.user)
    batch = run(batch, "undo")
    assert batch.status == Status.UNDONE
    assert reasons(batch) == {touched.pk: "changed_since"}
    assert Enrolment.objects.filter(owner=other).count() == 4
    touched.refresh_from_db()
    assert touched.owner == manager.user


def test_all_of_a_list_is_its_filter_and_not_a_list_of_ids(client_for):
    manager = client_for("manager")
    for status in ("registered", "registered", "eligible"):
        EnrolmentFactory(status=status)
    late = {
        "everything": True,
        "q": "view=open&status=registered&sort=due&columns=name",
        "owner": str(manager.user.public_id),
    }
    form = manager.post(address("assign"), {"all": "1", "q": late["q"]})
    EnrolmentFactory(status="registered")  # joins the list before the preview
    fields = form.context["form"]
    manager.post(
        address("assign"),
        {"selection": fields["selection"].value(), "key": fields["key"].value(), "owner": late["owner"]},
    )
    assert Batch.objects.get().total == 3


def test_the_same_box_twice_counts_once_and_a_foreign_one_refuses_the_whole_deed(client_for):
    manager = client_for("manager")
    own, foreign = (
        EnrolmentFactory(),
        EnrolmentFactory(office=manager.office.__class__.objects.create(code="CO-1", name="Otra", country="COL")),
    )
    once = preview(manager, "tag", [own, own], add=["urgent"])
    assert once.total == 1
    for unseen in (foreign.public_id, uuid.uuid4()):
        form = manager.post(address("tag"), {"pick": [str(own.public_id), str(unseen)], "q": "view=all"})
        fields = form.context["form"]
        refused = manager.post(
            address("tag"), {"selection": fields["selection"].value(), "key": fields["key"].value(), "add": ["urgent"]}
        )
        assert refused.status_code == 422
        assert foreign.number not in refused.content.decode()
        assert str(unseen) not in refused.content.decode()
    assert Batch.objects.count() == 1


def test_too_many_boxes_are_refused_with_the_limit(client_for):
    manager = client_for("manager")
    form = manager.post(address("tag"), {"pick": [str(uuid.uuid4()) for _ in range(501)], "q": ""})
    fields = form.context["form"]
    refused = manager.post(
        address("tag"), {"selection": fields["selection"].value(), "key": fields["key"].value(), "add": ["urgent"]}
    )
    assert refused.status_code == 422
    assert "500" in refused.content.decode()
    assert manager.post(address("tag"), {"pick": [str(uuid.uuid4()) for _ in range(5001)], "q": ""}).status_code == 400


@pytest.mark.parametrize("bent", [{"selection": "abc"}, {"pick": ["1"]}, {"pick": ["x' or 1=1"]}])
def test_a_bent_selection_is_400(client_for, bent):
    assert client_for("manager").post(address("tag"), {"add": ["urgent"], **bent}).status_code == 400


def test_nothing_ticked_says_so(client_for):
    assert client_for("manager").post(address("tag"), {"q": "view=open"}).status_code == 422


def test_tags_come_and_go_and_come_back(client_for):
    client = client_for("caseworker")
    tagged, bare, closed = (
        EnrolmentFactory(tags=["urgent"]),
        EnrolmentFactory(tags=["first_season"]),
        EnrolmentFactory(status="closed"),
    )
    batch = preview(client, "tag", [tagged, bare, closed], add=["urgent"], remove=["first_season"])
    assert reasons(batch) == {tagged.pk: "case_tagged_so", closed.pk: "case_over"}
    batch = run(batch)
    bare.refresh_from_db()
    assert bare.tags == ["urgent"]
    assert set(CaseEvent.objects.filter(enrolment=bare).values_list("what", flat=True)) == {"tagged", "untagged"}
    batch = run(batch, "undo")
    bare.refresh_from_db()
    assert bare.tags == ["first_season"]


def test_whoever_takes_over_gets_only_what_nobody_has(client_for, user_for):
    client, colleague = client_for("caseworker"), user_for("caseworker")
    free, taken = EnrolmentFactory(), EnrolmentFactory(owner=colleague)
    batch = run(preview(client, "take", [free, taken]))
    free.refresh_from_db()
    assert free.owner == client.user
    assert reasons(batch) == {taken.pk: "case_has_owner"}
    assert not Letter.objects.exists()


def test_what_owners_should_tell_becomes_a_step_and_a_line_in_the_diary(client_for):
    client = client_for("caseworker")
    case = EnrolmentFactory()
    batch = run(preview(client, "tell", [case], text="El vuelo se adelanta.", until=TODAY.isoformat()))
    step = Step.objects.get(enrolment=case, kind="tell_worker")
    assert (step.due_on, step.done_at) == (TODAY, None)
    assert CaseEvent.objects.get(enrolment=case, what="tell_worker").note == "El vuelo se adelanta."
    case.refresh_from_db()
    assert case.next_step == "tell_worker"
    run(batch, "undo")
    assert Step.objects.get(pk=step.pk).done_at is not None


def test_documents_are_requested_once(client_for):
    client = client_for("caseworker")
    asked, other = EnrolmentFactory(status="in_documentation"), EnrolmentFactory(status="in_documentation")
    run(preview(client, "request", [asked], document="passport"))
    batch = preview(client, "request", [asked, other], document="passport")
    assert reasons(batch) == {asked.pk: "case_awaited"}
    batch = run(batch)
    assert Document.objects.filter(status="requested", type="passport").count() == 2
    run(batch, "undo")
    assert list(Document.objects.values_list("enrolment", flat=True)) == [asked.pk]


def test_cases_move_through_their_own_guards_and_back(client_for):
    client = client_for("caseworker")
    season = SeasonFactory()
    ready = EnrolmentFactory(status="registered", season=season)
    young = EnrolmentFactory(status="registered", season=season, person__birth_date=TODAY - timedelta(days=365))
    closed = EnrolmentFactory(status="closed", season=season)
    batch = preview(client, "move", [ready, young, closed], target="eligible", on=TODAY.isoformat(), reason="", note="")
    assert reasons(batch) == {closed.pk: "case_no_move"}
    batch = run(batch)
    states = dict(Enrolment.objects.values_list("pk", "status"))
    assert states == {ready.pk: "eligible", young.pk: "registered", closed.pk: "closed"}
    assert batch.rows.get(subject_id=young.pk).state == RowState.SKIPPED
    assert Step.objects.get(enrolment=ready, done_at=None).kind == "testing"
    batch = run(batch, "undo")
    ready.refresh_from_db()
    assert ready.status == "registered"
    assert (batch.count("undone"), batch.count("stuck")) == (1, 0)


def test_a_case_that_went_on_is_not_moved_back(client_for):
    client = client_for("caseworker")
    went, stayed = EnrolmentFactory(status="registered"), EnrolmentFactory(status="registered")
    batch = run(preview(client, "move", [went, stayed], target="eligible", on=TODAY.isoformat(), reason="", note=""))
    enrolments.move(went, "withdrawn", by=client.user, on=TODAY, reason="family")
    batch = run(batch, "undo")
    assert reasons(batch) == {went.pk: "changed_since"}
    assert Enrolment.objects.get(pk=stayed.pk).status == "registered"


def test_what_was_seen_in_the_preview_and_is_not_any_more_is_left_out(client_for, user_for):
    client = client_for("caseworker")
    case, lost = EnrolmentFactory(), EnrolmentFactory()
    batch = preview(client, "tag", [case, lost], add=["urgent"])
    elsewhere = client.office.__class__.objects.create(code="CO-2", name="Otra", country="COL")
    Enrolment.objects.filter(pk=lost.pk).update(office=elsewhere)
    batch = run(batch)
    assert reasons(batch) == {lost.pk: "unseen"}
    assert Enrolment.objects.get(pk=lost.pk).tags == []


def test_cases_that_are_read_and_not_worked_on_are_left_out(client_for, office_for):
    client = client_for("caseworker")
    from accounts.models import Membership

    far = office_for("GT-QUE")
    Membership.objects.create(user=client.user, office=far, role="auditor", valid_from=TODAY - timedelta(days=9))
    own, read = EnrolmentFactory(), EnrolmentFactory(office=far)
    batch = preview(client, "tag", [own, read], add=["urgent"])
    assert reasons(batch) == {read.pk: "case_out_of_reach"}


def test_sending_the_form_twice_makes_one_batch(client_for):
    client = client_for("caseworker")
    form = client.post(address("tag"), {"pick": [str(EnrolmentFactory().public_id)], "q": ""})
    fields = form.context["form"]
    typed = {"selection": fields["selection"].value(), "key": fields["key"].value(), "add": ["urgent"]}
    first, second = (client.post(address("tag"), typed) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Batch.objects.count() == 1


def test_the_preview_of_many_asks_as_often_as_that_of_one(client_for, django_assert_num_queries):
    client = client_for("caseworker")
    cases = EnrolmentFactory.create_batch(3)
    params = {"add": ["urgent"], "remove": []}

    def rows(count):
        return list(
            DEEDS["tag"].preview(Enrolment.objects.filter(pk__in=[c.pk for c in cases[:count]]), params, client.user)
        )

    assert client.user.current_memberships
    with django_assert_num_queries(1):
        assert len(rows(1)) == 1
    with django_assert_num_queries(1):
        assert len(rows(3)) == 3
    assert BatchRow.objects.count() == 0
