"""The files of documents and applications beside the catalogue of uploads: who adds and removes them, what they follow."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from programmes.base.common.errors import RuleBroken
from programmes.base.files import storing
from programmes.journey.departure import actions
from programmes.journey.departure.rules import WITHOUT_SCANS, covers, holds_until
from programmes.journey.people.duplicates import merging
from programmes.models import AccessLine, CaseEvent, Document, Requirement, Scan, StoredFile
from tests.factories.departure import DocumentFactory, PermitFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.files import keep_file, pdf
from tests.factories.rulebook import CodeFactory, RuleValueFactory, SeasonFactory
from tests.journey.departure.test_pages import LONG, hidden, page, send


@pytest.fixture(autouse=True)
def _own_storage(own_media):
    """A storage of this test's own."""


def scan_of(paper, case, by=None) -> Scan:
    owner = {"document": paper} if isinstance(paper, Document) else {"permit": paper}
    return Scan.objects.create(file=keep_file(case, by=by), **owner)


def told(case) -> list[str]:
    return list(CaseEvent.objects.filter(enrolment=case).order_by("pk").values_list("what", flat=True))


def test_files_of_an_application_are_added_and_shown_and_removed_while_it_is_not_decided(client_for, case):
    client = client_for("caseworker", language="en")
    permit = PermitFactory(enrolment=case, status="in_process", valid_until=None, valid_from=None)
    assert send(client, page("attach_permit", case, permit), pages=[pdf("acuse.pdf")]).status_code == 302
    shown = client.get(page("documents", case)).content.decode().split('id="permit"')[1]
    assert ">acuse.pdf</a>" in shown
    scan = Scan.objects.get()
    remove = reverse("departure:remove_file", args=[case.public_id, scan.file.public_id])
    assert remove in shown
    type(permit).objects.filter(pk=permit.pk).update(status="approved", valid_until=LONG)
    assert remove not in client.get(page("documents", case)).content.decode()
    response = send(client, remove)
    assert response.status_code == 422
    assert "This file was seen when somebody decided, so it stays." in response.content.decode()
    assert told(case) == ["file_attached"]


def test_what_was_verified_is_what_was_seen(client_for, case, django_capture_on_commit_callbacks):
    client = client_for("caseworker", language="en")
    document = DocumentFactory(enrolment=case, status="submitted")
    first, second = scan_of(document, case), scan_of(document, case)
    remove = reverse("departure:remove_file", args=[case.public_id, first.file.public_id])
    with django_capture_on_commit_callbacks(execute=True):
        assert send(client, remove).status_code == 302
    assert list(StoredFile.objects.all()) == [second.file]
    assert storing.sweep(older_than=timedelta(seconds=-5)) == 0  # its content went with it
    client.post(page("verify", case, document), hidden(client.get(page("verify", case, document))))
    with pytest.raises(RuleBroken, match="was seen when somebody decided"):
        actions.remove_file(second, by=client.user, case=case)
    assert send(client, page("attach", case, document), pages=[pdf()]).status_code == 302  # more of it is no change
    Document.objects.filter(pk=document.pk).update(status="revoked")
    refused = send(client, page("attach", case, document), pages=[pdf()])
    assert "This document no longer counts. Record the new one with its files." in refused.content.decode()
    assert told(case) == ["file_removed", "document_verified", "file_attached"]


def test_of_health_there_is_a_result_and_never_a_paper(client_for, case, require):
    client = client_for("caseworker", language="en")
    for kind in WITHOUT_SCANS:
        CodeFactory(list="document", code=kind)
        asked = require("document", kind)
        assert 'type="file"' not in client.get(page("record", case, asked)).content.decode()
        for address in (page("other", case), page("record", case, asked)):
            refused = send(client, address, number="1", kind=kind, pages=[pdf("Diagnóstico.pdf")])
            assert "Medical papers are not kept here, only their result." in refused.content.decode()
        document = DocumentFactory(enrolment=case, type=kind, status="submitted")
        assert page("attach", case, document) not in client.get(page("documents", case)).content.decode()
        assert send(client, page("attach", case, document), pages=[pdf()]).status_code == 422
        with pytest.raises(DatabaseError, match="Medical papers"), transaction.atomic():
            scan_of(document, case)  # by whatever way
    assert not StoredFile.objects.exists()
    assert 'type="file"' not in client.get(page("medical", case)).content.decode()


def test_where_the_programme_asks_for_two_people_the_recorder_does_not_verify(client_for, case, user_for):
    one, other = client_for("caseworker", language="en"), client_for("caseworker", language="en")
    record = {"by": one.user, "kind": "passport", "number": "P1", "expires_on": LONG}
    document = actions.record_document(case, **record)
    verify = page("verify", case, document)
    RuleValueFactory(programme=case.programme, key="document_second_person", value=True)
    refused = send(one, verify)
    assert refused.status_code == 422
    assert "somebody else must verify it: this programme asks for two people." in refused.content.decode()
    scan_of(document, case, by=other.user)  # who uploads a page knows as much
    assert send(other, verify).status_code == 422
    assert send(client_for("protection", language="en"), verify).status_code == 302
    case.programme.rule_values.all().delete()
    alone = actions.record_document(case, **record | {"kind": "birth_certificate"})
    assert send(one, page("verify", case, alone)).status_code == 302


def test_a_passport_that_expires_the_day_after_the_return_is_short_of_a_margin_and_enough_without_one(case, require):
    after = case.planned_end + timedelta(days=1)
    today = timezone.localdate()
    assert covers(after, holds_until(case.planned_end, 0), today)
    assert not covers(case.planned_end - timedelta(days=1), holds_until(case.planned_end, 0), today)
    assert not covers(after, holds_until(case.planned_end, 6), today)
    DocumentFactory(enrolment=case, expires_on=after)
    asked = require("document", "passport", "Passport", margin_months=6)
    assert [missing.label for missing in case.missing_for("ready_to_travel")] == ["Passport"]
    Requirement.objects.filter(pk=asked.pk).update(margin_months=0)
    fresh = type(case).objects.get(pk=case.pk)
    assert fresh.missing_for("ready_to_travel") == []


def test_a_waiver_is_a_managers_and_has_a_reason(client_for, case, require):
    asked = require("document", "passport", "Passport")
    address = reverse("enrolment:waive", args=[case.public_id, asked.public_id])
    for role in ("caseworker", "protection", "liaison"):
        assert client_for(role).post(address, {"reason": "because"}).status_code == 403
    manager = client_for("manager", language="en")
    assert send(manager, address, reason="").status_code == 422
    assert send(manager, address, reason="Travels with an emergency passport").status_code == 302


def test_who_opened_a_file_is_seen_by_whoever_watches_over_the_history(client_for, case):
    document = DocumentFactory(enrolment=case)
    scans = [scan_of(document, case) for _n in range(3)]
    reader, manager = client_for("liaison"), client_for("manager", language="en")
    opened = reverse("departure:opened", args=[case.public_id])
    assert "Nobody has opened a file of this case" in manager.get(opened).content.decode()
    queries = []
    for scan in (*scans, scans[0]):
        reader.get(reverse("departure:file", args=[case.public_id, scan.file.public_id]))
        queries.append(len(_asked(manager, opened)))
    page = manager.get(opened).content.decode()
    assert page.count(reader.user.full_name) == 4
    assert len(set(queries[1:])) == 1  # the first one reads the names of documents
    StoredFile.objects.filter(pk=scans[2].file.pk).delete()
    assert "A file that was removed" in manager.get(opened).content.decode()
    assert scans[0].file.name not in client_for("auditor").get(opened).content.decode()
    assert client_for("caseworker").get(opened).status_code == 403
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessLine.objects.all().delete()


def test_files_stay_with_the_person_through_a_merge(season, user_for):
    case = EnrolmentFactory(season=season, status="registered")
    kept = EnrolmentFactory(season=season, status="registered").person
    document = DocumentFactory(enrolment=case)
    scan = scan_of(document, case)
    case.person.enrolments.update(status="void_duplicate")
    merging.merge(kept, case.person, by=user_for("manager"))
    document.refresh_from_db()
    assert document.person == kept
    later = EnrolmentFactory(person=kept, season=SeasonFactory(programme=case.programme), status="in_documentation")
    assert list(Scan.objects.of_case(later)) == [scan]


def test_a_deleted_case_takes_its_rows_along_and_the_sweep_its_contents(case):
    scan_of(DocumentFactory(enrolment=case), case)
    case.delete()
    assert not StoredFile.objects.exists()
    assert storing.sweep(older_than=timedelta(seconds=-5)) == 1


def test_a_file_has_one_owner(case):
    with pytest.raises(DatabaseError, match="scan_of_one_paper"), transaction.atomic():
        Scan.objects.create(file=keep_file(case))


def test_the_page_of_papers_costs_one_query_whatever_the_number_of_files(client_for, case):
    client = client_for("caseworker")
    document, permit = DocumentFactory(enrolment=case), PermitFactory(enrolment=case)
    scan_of(document, case)
    client.get(page("documents", case))
    before = len(_asked(client, page("documents", case)))
    for paper in (document, permit, permit):
        scan_of(paper, case)
    assert len(_asked(client, page("documents", case))) == before


def _asked(client, address):
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return queries.captured_queries
