"""The documents page and the small pages of each deed: who sees what, who may do what, and every refusal in words."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import Membership
from programmes.models import Contract, Document, Medical, Orientation, Permit, Trip
from tests.factories.departure import (
    ContractFactory,
    DocumentFactory,
    MedicalFactory,
    OrientationFactory,
    PermitFactory,
    TripFactory,
)
from tests.factories.enrolment import EnrolmentFactory

TODAY = date.today()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LONG = TODAY + timedelta(days=3000)


def page(name, case, *papers):
    return reverse(f"departure:{name}", args=[case.public_id, *(paper.public_id for paper in papers)])


def hidden(response):
    """The key, the version and the stage a page was opened with."""
    return dict(
        re.findall(r'<input type="hidden" name="(key|version|stage)" value="([^"]*)"', response.content.decode())
    )


def send(client, address, **typed):
    """Open a page and send its form."""
    return client.post(address, {**hidden(client.get(address)), **typed})


@pytest.fixture
def worker(client_for):
    return client_for("caseworker", language="en")


@pytest.fixture
def papers(case, selection):
    """One paper of each kind."""
    return {
        "document": DocumentFactory(enrolment=case, number="P1234567"),
        "waiting": DocumentFactory(enrolment=case, type="visa", status="submitted"),
        "exam": MedicalFactory(enrolment=case, status="scheduled", valid_until=None, result_on=None),
        "permit": PermitFactory(enrolment=case, status="in_process", valid_until=None, valid_from=None),
        "contract": ContractFactory(selection=selection, status="draft"),
        "orientation": OrientationFactory(enrolment=case),
        "trip": TripFactory(enrolment=case),
    }


# --- The documents page -----------------------------------------------------------------------------------------


def test_page_shows_the_checklist_and_every_kind_of_paper(worker, case, five, papers):
    shown = worker.get(page("documents", case))
    assert shown.status_code == 200
    words = shown.content.decode()
    for label in (
        "Passport",
        "Medical clearance",
        "Work permit",
        "Contract signed by both",
        "Pre-departure orientation",
    ):
        assert label in words
    for anchor in ("tasks", "papers", "medical", "permit", "contract", "orientation", "trip"):
        assert f'id="{anchor}"' in words
    assert "2 of 5 done" in words  # passport and orientation
    assert shown.context["tab"] == "documents"


def test_every_link_of_the_page_leads_somewhere(worker, case, five, papers):
    words = worker.get(page("documents", case)).content.decode()
    links = set(re.findall(r'href="(/cases/[^"#]+/documents/[^"#]+)"', words))
    assert len(links) >= 10
    for link in links:
        assert worker.get(link).status_code == 200, link


@pytest.mark.parametrize("role", ["caseworker", "liaison", "manager", "protection"])
def test_who_works_with_papers_sees_numbers(client_for, case, papers, role):
    assert "P1234567" in client_for(role).get(page("documents", case)).content.decode()


def test_auditor_sees_what_there_is_but_no_number_and_no_medical_result(client_for, case, five, papers):
    """domain.md 6: documents as a list only, medical results as figures only."""
    words = client_for("auditor").get(page("documents", case)).content.decode()
    assert "P1234567" not in words
    assert "•••567" in words
    assert "W300123456" not in words
    assert "134-2400123456" not in words
    assert "Clínica del Valle" not in words


@pytest.mark.parametrize("role", ["data", "partner", "administrator"])
def test_who_has_no_right_to_documents_gets_none(client_for, case, role):
    assert client_for(role).get(page("documents", case)).status_code == 403


@pytest.mark.parametrize("role", ["caseworker", "liaison", "manager", "protection", "auditor"])
def test_papers_of_another_office_do_not_exist(client_for, case, papers, role):
    stranger = client_for(role, office="CO-BOG")
    assert stranger.get(page("documents", case)).status_code == 404


def test_missing_case_does_not_exist(worker):
    assert worker.get(reverse("departure:documents", args=[uuid.uuid4()])).status_code == 404


def test_page_of_a_closed_case_only_shows(worker, season, five):
    case = EnrolmentFactory(season=season, status="closed")
    DocumentFactory(enrolment=case, status="submitted")
    words = worker.get(page("documents", case)).content.decode()
    assert "/verify/" not in words.split('id="papers"')[1]
    assert "/medical/" not in words


def test_manager_is_offered_exceptions(client_for, case, five):
    words = client_for("manager", language="en").get(page("documents", case)).content.decode()
    for requirement in five:
        assert reverse("enrolment:waive", args=[case.public_id, requirement.public_id]) in words


def test_earlier_papers_stand_apart(worker, case):
    DocumentFactory(enrolment=case, status="rejected", number="OLD")
    DocumentFactory(enrolment=case, number="NEW")
    words = worker.get(page("documents", case)).content.decode().split('id="papers"')[1]
    assert words.index("NEW") < words.index("<details") < words.index("OLD")


def _fill(case, selection, each):
    for number in range(each):
        DocumentFactory(enrolment=case, type=f"type-{number}")
        MedicalFactory(enrolment=case, status="missed", valid_until=None, result_on=None)
        PermitFactory(enrolment=case, type=f"type-{number}")
        ContractFactory(selection=selection, contract_version=Contract.objects.count() + 1)
        OrientationFactory(enrolment=case)
        TripFactory(enrolment=case, cancelled_on=TODAY)


def test_page_costs_the_same_queries_for_one_paper_of_a_kind_and_for_three(
    worker, case, selection, five, django_assert_num_queries
):
    # Session, user, rights, unread letters and the case are every page's; then requirements, exceptions, the
    # programme's margin, one query for each of the six kinds, and one for the files of all of them.
    everywhere, own = 5, 10
    _fill(case, selection, 1)
    worker.get(page("documents", case))
    with django_assert_num_queries(everywhere + own):
        worker.get(page("documents", case))
    _fill(case, selection, 2)
    with django_assert_num_queries(everywhere + own):
        worker.get(page("documents", case))


# --- Who may do what --------------------------------------------------------------------------------------------

DEEDS = {
    "document": ["request", "record", "other", "edit", "verify", "reject", "revoke"],
    "case": [
        "medical",
        "result",
        "missed",
        "permit",
        "permit_step",
        "permit_withdraw",
        "orientation",
        "trip",
        "trip_cancel",
    ],
    "match": ["contract", "explain", "worker_signs", "employer_signs"],
}
MAY = {
    "caseworker": {"document", "case", "match"},
    "liaison": {"match"},
    "manager": {"case", "match"},
    "protection": {"document"},
    "data": set(),
    "auditor": set(),
    "partner": set(),
    "administrator": set(),
}


@pytest.fixture
def addresses(case, papers, five):
    """Every deed's page on this case."""
    passport, permit = five[0], five[2]
    about = {
        "request": [passport], "record": [passport], "permit": [permit],
        "edit": [papers["waiting"]], "verify": [papers["waiting"]], "reject": [papers["waiting"]],
        "revoke": [papers["document"]], "result": [papers["exam"]], "missed": [papers["exam"]],
        "permit_step": [papers["permit"]], "permit_withdraw": [papers["permit"]],
        "explain": [papers["contract"]], "worker_signs": [papers["contract"]], "employer_signs": [papers["contract"]],
        "trip_cancel": [papers["trip"]],
    }  # fmt: skip
    names = [name for group in DEEDS.values() for name in group]
    return {name: page(name, case, *about.get(name, [])) for name in names}


@pytest.mark.parametrize("role", sorted(MAY))
def test_each_role_opens_exactly_its_deeds(client_for, addresses, role):
    client = client_for(role)
    for group, names in DEEDS.items():
        expected = 200 if group in MAY[role] else 403
        for name in names:
            assert client.get(addresses[name]).status_code == expected, (role, name)
            if expected == 403:
                assert client.post(addresses[name], {}).status_code == 403


def test_deeds_on_another_offices_case_do_not_exist(client_for, addresses):
    stranger = client_for("caseworker", office="CO-BOG")
    for name, address in addresses.items():
        assert stranger.get(address).status_code == 404, name
        assert stranger.post(address, {}).status_code == 404, name


def test_right_to_read_elsewhere_does_not_become_a_right_to_write_there(client_for, signed_in, user_for, case):
    """A caseworker of one office who audits another one reads there, and writes only at home."""
    user = user_for("caseworker", office="CO-BOG")
    Membership.objects.create(user=user, office=case.office, role="auditor", valid_from=YESTERDAY)
    client = signed_in(user)
    assert client.get(page("documents", case)).status_code == 200
    assert client.get(page("medical", case)).status_code == 403
    assert client.get(page("other", case)).status_code == 403


def test_paper_of_another_case_does_not_exist_here(worker, case, papers, season):
    other = EnrolmentFactory(season=season, status="in_documentation")
    for name, paper in (
        ("verify", papers["waiting"]),
        ("edit", papers["waiting"]),
        ("result", papers["exam"]),
        ("permit_step", papers["permit"]),
        ("explain", papers["contract"]),
        ("trip_cancel", papers["trip"]),
    ):
        assert worker.get(page(name, other, paper)).status_code == 404, name


def test_requirement_of_another_kind_or_programme_does_not_exist(worker, case, five):
    assert worker.get(page("record", case, five[1])).status_code == 404
    assert worker.get(page("permit", case, five[0])).status_code == 404
    other = EnrolmentFactory(status="in_documentation")
    assert worker.get(page("record", other, five[0])).status_code == 404


# --- Deeds through their pages ----------------------------------------------------------------------------------


def test_document_is_recorded_corrected_and_verified_through_pages(worker, case, five):
    answer = send(worker, page("record", case, five[0]), number="ab 12\u201134", expires_on=LONG.isoformat())
    assert answer.status_code == 302
    assert answer["Location"] == page("documents", case) + "#papers"
    document = Document.objects.get()
    assert (document.number, document.type, document.status) == ("AB 12-34", "passport", "submitted")
    send(worker, page("edit", case, document), number="AB 12-35", expires_on=LONG.isoformat())
    send(worker, page("verify", case, document))
    document.refresh_from_db()
    assert (document.number, document.status) == ("AB 12-35", "verified")


def test_days_of_a_document_are_typed_in_three_boxes(worker, case, five):
    boxes = {"expires_on_0": "14", "expires_on_1": "1", "expires_on_2": "2034"}
    assert send(worker, page("record", case, five[0]), number="P1", **boxes).status_code == 302
    assert Document.objects.get().expires_on == date(2034, 1, 14)


def test_other_document_is_recorded_with_its_type(worker, case):
    answer = send(worker, page("other", case), kind="birth_certificate", number="77")
    assert answer.status_code == 302
    assert Document.objects.get().type == "birth_certificate"
    refused = send(worker, page("other", case), kind="visa", number="78")  # a visa always ends
    assert refused.status_code == 422
    assert "expires_on" in refused.context["form"].errors


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "   "}, "number"),
        ({"number": "\u200b\u00a0"}, "number"),
        ({"number": "P" * 61}, "number"),
        ({"number": "P\x0b1"}, "number"),
        ({"number": "РА12Z"}, "number"),
        ({"issued_on": TOMORROW.isoformat()}, "issued_on"),
        ({"issued_on": "2027-02-29"}, "issued_on"),
        ({"expires_on": "03/04/2030"}, "expires_on"),
        ({"expires_on": ""}, "expires_on"),
        ({"expires_on": YESTERDAY.isoformat()}, "expires_on"),
        ({"issued_on": TODAY.isoformat(), "expires_on": TODAY.isoformat()}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
    ],
)
def test_impossible_document_is_refused_at_its_field_and_kept(worker, case, five, typed, field):
    typed = {"number": "P123", "expires_on": LONG.isoformat(), **typed}
    refused = send(worker, page("record", case, five[0]), **typed)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert not Document.objects.exists()


def test_arabic_indic_digits_are_read(worker, case, five):
    send(worker, page("record", case, five[0]), number="P1", expires_on="٢٠٣٤-٠١-٠٥")
    assert Document.objects.get().expires_on == date(2034, 1, 5)


def test_hostile_text_is_kept_and_shown_as_text(worker, case, five):
    send(
        worker,
        page("record", case, five[0]),
        number="P1",
        issuer="<script>alert(1)</script>",
        expires_on=LONG.isoformat(),
    )
    words = worker.get(page("documents", case)).content.decode()
    assert "&lt;script&gt;alert(1)" in words
    assert "<script>alert(1)" not in words


def test_reason_that_was_withdrawn_or_invented_is_refused(worker, case, papers):
    typed = {"on": TODAY.isoformat(), "approved": "no", "reason": "invented"}
    refused = send(worker, page("permit_step", case, papers["permit"]), **typed)
    assert list(refused.context["form"].errors) == ["reason"]


def test_form_sent_twice_has_one_effect(worker, case, five):
    address = page("orientation", case)
    typed = {
        **hidden(worker.get(address)),
        "attended_on": TODAY.isoformat(),
        "place": "Cobán",
        "hours": "6",
        "language": "es",
    }
    for _again in range(2):
        assert worker.post(address, typed).status_code == 302
    assert Orientation.objects.count() == 1
    changed = worker.post(address, {**typed, "hours": "7"})
    assert changed.status_code == 409
    assert Orientation.objects.count() == 1


def test_step_of_an_application_sent_twice_has_one_effect(worker, case, papers):
    permit = papers["permit"]
    Permit.objects.filter(pk=permit.pk).delete()
    permit = PermitFactory(enrolment=case, status="preparing", valid_until=None, valid_from=None, lodged_on=None)
    address = page("permit_step", case, permit)
    typed = {**hidden(worker.get(address)), "on": TODAY.isoformat()}
    for _again in range(2):
        assert worker.post(address, typed).status_code == 302
    permit.refresh_from_db()
    assert (permit.status, permit.version) == ("lodged", 2)


def test_creating_page_without_its_key_is_prepared_again(worker, case):
    answer = worker.post(page("medical", case), {"clinic": "Clínica", "scheduled_on": TODAY.isoformat()})
    assert answer.status_code == 422
    assert not Medical.objects.exists()
    again = {"clinic": "Clínica", "scheduled_on": TODAY.isoformat(), "key": answer.context["form"].data["key"]}
    assert worker.post(page("medical", case), again).status_code == 302


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "99"])
def test_editing_page_without_the_present_version_is_refused(worker, case, papers, version):
    address = page("edit", case, papers["waiting"])
    typed = {**hidden(worker.get(address)), "version": version, "number": "P9", "expires_on": LONG.isoformat()}
    assert worker.post(address, typed).status_code in {409, 422}
    assert Document.objects.get(pk=papers["waiting"].pk).number != "P9"


def test_stale_page_shows_how_the_paper_stands_and_keeps_what_was_typed(worker, case, papers, by):
    address = page("edit", case, papers["waiting"])
    opened = hidden(worker.get(address))
    send(worker, address, number="THEIRS", expires_on=LONG.isoformat())
    answer = worker.post(address, {**opened, "number": "MINE", "expires_on": LONG.isoformat()})
    words = answer.content.decode()
    assert answer.status_code == 409
    assert "Two people changed this at once" in words
    assert "THEIRS" in words
    assert 'value="MINE"' in words
    # Sending once more, having seen it, keeps mine.
    again = {**dict(answer.context["form"].data.items()), "number": "MINE"}
    assert worker.post(address, again).status_code == 302
    assert Document.objects.get(pk=papers["waiting"].pk).number == "MINE"


def test_second_of_two_who_verify_is_told_how_it_stands(worker, client_for, case, papers):
    address = page("verify", case, papers["waiting"])
    mine, theirs = hidden(worker.get(address)), client_for("protection", language="en")
    send(theirs, address)
    answer = worker.post(address, mine)
    assert answer.status_code == 409
    assert "Verified" in answer.content.decode()


def test_trip_and_its_cancellation_through_pages(worker, case):
    typed = {"carrier": "Avianca", "flight": "AV640", "origin": "GUA", "destination": "YUL", "ticket_number": "1"}
    typed |= {"departs_on": case.planned_start.isoformat(), "paid_by": "worker", "cost": "480.50", "currency": "cad"}
    assert send(worker, page("trip", case), **typed).status_code == 302
    trip = Trip.objects.get()
    assert (str(trip.cost), trip.currency) == ("480.50", "CAD")
    assert send(worker, page("trip_cancel", case, trip), on=TODAY.isoformat(), note="strike").status_code == 302
    trip.refresh_from_db()
    assert trip.cancelled_on == TODAY


@pytest.mark.parametrize(
    ("cost", "currency", "field"),
    [
        ("1.234", "CAD", "cost"),
        ("-1", "CAD", "cost"),
        ("1,5", "CAD", "cost"),
        ("5", "", "currency"),
        ("5", "C1D", "currency"),
    ],
)
def test_money_is_typed_with_point_two_decimals_and_currency(worker, case, cost, currency, field):
    typed = {"carrier": "Avianca", "flight": "AV640", "origin": "GUA", "destination": "YUL", "ticket_number": "1"}
    typed |= {"departs_on": case.planned_start.isoformat(), "paid_by": "employer", "cost": cost, "currency": currency}
    refused = send(worker, page("trip", case), **typed)
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]


def test_liaison_records_the_employers_signature(client_for, selection, case):
    contract = ContractFactory(selection=selection, status="signed_worker", employer_signed_on=None)
    liaison = client_for("liaison", language="en")
    assert send(liaison, page("employer_signs", case, contract), on=TODAY.isoformat()).status_code == 302
    contract.refresh_from_db()
    assert contract.status == "signed_all"


def test_workers_own_language_is_offered_first_for_the_explanation(worker, case, papers):
    form = worker.get(page("explain", case, papers["contract"])).context["form"]
    assert [code for code, _label in form.fields["language"].choices][:2] == ["", "kek"]
    assert form["language"].initial == "kek"


def test_contract_page_without_a_position_says_so(worker, case):
    typed = {"starts_on": TODAY.isoformat(), "ends_on": LONG.isoformat(), "wage": "18", "hours_per_week": "40"}
    refused = send(worker, page("contract", case), **typed)
    assert refused.status_code == 422
    assert "Select the worker for a position first" in refused.content.decode()


def test_decided_application_has_no_next_step(worker, case):
    permit = PermitFactory(enrolment=case)
    assert worker.get(page("permit_step", case, permit)).status_code == 404


def test_deeds_on_a_closed_case_are_refused_in_words(worker, season):
    case = EnrolmentFactory(season=season, status="closed")
    refused = send(worker, page("medical", case), clinic="Clínica", scheduled_on=TODAY.isoformat())
    assert refused.status_code == 422
    assert "Reopen it" in refused.content.decode()
