"""Associations, recruiters, licences, inspections, partners, compliance: written down, shown, refused."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programmes.journey.demand import actions as demands
from programmes.models import AssociationMember, CaseEvent, ComplianceEvent, Contact, Inspection, Licence, Recruiter
from tests.factories.demand import JobDemandFactory
from tests.factories.employers import AssociationFactory, EmployerFactory, LicenceFactory, RecruiterFactory, SiteFactory
from tests.factories.rulebook import ProgrammeFactory, SeasonFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

pytestmark = pytest.mark.django_db
TODAY = date.today()
DAY = timedelta(days=1)


@pytest.fixture
def programme():
    return ProgrammeFactory()


@pytest.fixture
def liaison(client_for, programme):
    return client_for("liaison", language="en")


@pytest.fixture
def site(programme):
    return SiteFactory(employer=EmployerFactory(programmes=[programme]))


def add(client, owner, part, **typed):
    return send(client, reverse("employers:add_part", args=[owner.public_id, part]), **typed)


def words(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_association_with_members_contacts_and_a_licence(liaison, site):
    employer = site.employer
    made = send(
        liaison,
        "/associations/new/",
        name="FERME",
        country="CAN",
        office=str(liaison.office.public_id),
        registration="7",
    )
    association = employer.associations.model.objects.get()
    assert made.url == association.get_absolute_url()
    member = {"employer": str(employer.public_id), "number": "M-12", "joined_on": "2024-03-01"}
    assert add(liaison, association, "member", **member).status_code == 302
    twice = add(liaison, association, "member", **member)
    assert (twice.status_code, "is a member already" in twice.content.decode()) == (409, True)
    assert add(liaison, association, "association-contact", name="Marie Côté", phone="+14505550142").status_code == 302
    licence = {"kind": "iris", "country": "CAN", "valid_until": (TODAY + 30 * DAY).isoformat()}
    assert add(liaison, association, "association-licence", **licence).status_code == 302
    page = words(liaison, made.url)
    for shown in (employer.name, "M-12", "Marie Côté", "expires soon"):
        assert shown in page
    assert "FERME" in words(liaison, "/associations/")
    assert "FERME" in words(liaison, employer.get_absolute_url())
    row = AssociationMember.objects.get()
    edit = reverse("employers:edit_part", args=[association.public_id, row.public_id, "member"])
    assert send(liaison, edit, **{**member, "left_on": "2023-01-01"}).status_code == 422
    assert send(liaison, edit, **{**member, "left_on": TODAY.isoformat()}).status_code == 302
    assert add(liaison, association, "member", **member).status_code == 302  # a member again
    assert CaseEvent.objects.filter(subject="association").count() == 6


def test_a_recruiter_its_sub_agents_and_its_due_diligence(liaison, site):
    office = str(liaison.office.public_id)
    send(liaison, "/recruiters/new/", name="Agencia Norte", country="GTM", office=office)
    agency = Recruiter.objects.get()
    assert "Nobody has looked into this recruiter yet" in words(liaison, agency.get_absolute_url())
    sub = {"name": "Don Chepe", "country": "GTM", "office": office, "agent_of": str(agency.public_id)}
    assert send(liaison, "/recruiters/new/", **sub).status_code == 302
    agent = Recruiter.objects.get(name="Don Chepe")
    url = reverse("employers:edit_recruiter", args=[agency.public_id])
    facts = {"name": agency.name, "country": "GTM", "office": office}
    circle = send(liaison, url, **facts, agent_of=str(agent.public_id))
    assert "sub-agent of the recruiter itself" in str(circle.context["form"].errors["agent_of"])
    assert "checked_result" in send(liaison, url, **facts, checked_on="2026-01-05").context["form"].errors
    later = send(liaison, url, **facts, checked_on=(TODAY + DAY).isoformat(), checked_result="passed")
    assert "checked_on" in later.context["form"].errors
    done = {"checked_on": "2026-01-05", "checked_result": "conditions", "checked_note": "Fees were repaid."}
    assert send(liaison, url, **facts, **done).status_code == 302
    employer = {"employer": str(site.employer.public_id), "since": "2025-01-01"}
    assert add(liaison, agency, "engagement", **employer).status_code == 302
    LicenceFactory(recruiter=agency, valid_until=TODAY - DAY)
    page = words(liaison, agency.get_absolute_url())
    for shown in ("passed with conditions", "Fees were repaid.", "Don Chepe", site.employer.name, "expired"):
        assert shown in page
    assert "passed with conditions" in words(liaison, f"/employers/{site.employer.public_id}/compliance/")
    assert "no due diligence yet" in words(liaison, "/recruiters/")


def test_compliance_of_an_employer_housing_and_partners_of_its_sites(liaison, site):
    employer, page = site.employer, f"/employers/{site.employer.public_id}/compliance/"
    old, new = TODAY - 300 * DAY, TODAY - 20 * DAY
    for day, result in ((old, "passed"), (new, "passed"), (TODAY - DAY, "failed")):
        typed = {"inspected_on": day.isoformat(), "result": result, "inspector": "Ville"}
        assert add(liaison, site, "inspection", **typed).status_code == 302
    site.refresh_from_db()
    assert site.housing_inspected_on == new
    row = Inspection.objects.get(inspected_on=new)
    edit = reverse("employers:edit_part", args=[site.public_id, row.public_id, "inspection"])
    assert liaison.post(edit, {**machinery(liaison, edit), "remove": "yes", "version": "99"}).status_code == 409
    assert liaison.post(edit, {**machinery(liaison, edit), "remove": "yes"}).status_code == 302
    site.refresh_from_db()
    assert site.housing_inspected_on == old
    future = add(liaison, site, "inspection", inspected_on=(TODAY + DAY).isoformat(), result="passed")
    assert "future" in str(future.context["form"].errors["inspected_on"])
    assert add(liaison, site, "partner", kind="union", name="TUAC").status_code == 302
    assert add(liaison, employer, "contact", name="Luc", job="Foreman", email="luc@example.org").status_code == 302
    event = {"kind": "complaint", "site": str(site.public_id), "on": new.isoformat(), "note": "Cold rooms"}
    assert add(liaison, employer, "event", **event, settled_on=old.isoformat()).status_code == 422
    assert add(liaison, employer, "event", **event).status_code == 302
    foreign = add(liaison, employer, "event", **{**event, "site": str(SiteFactory().public_id)})
    assert "site" in foreign.context["form"].errors
    shown = words(liaison, page)
    for text in ("TUAC", "Cold rooms", "failed", "Inspection of"):
        assert text in shown
    assert "Foreman" in words(liaison, employer.get_absolute_url())


def test_a_suspension_stands_in_the_history_and_stops_what_is_on_its_way(liaison, user_for, site):
    employer = site.employer
    season = SeasonFactory(programme=employer.programmes.get())
    draft, approved = (
        JobDemandFactory(employer=employer, site=site, season=season, status=status) for status in ("draft", "approved")
    )
    suspend = reverse("employers:suspend", args=[employer.public_id])
    assert send(liaison, suspend, reason="wages_unpaid", note="Three months").status_code == 302
    for deed, demand in ((demands.submit, draft), (demands.open_demand, approved)):
        with pytest.raises(Exception, match="The employer is suspended"):
            deed(demand, by=liaison.user, version=demand.version)
    assert "Three months" in words(liaison, f"/employers/{employer.public_id}/compliance/")
    again = reverse("employers:reactivate", args=[employer.public_id])
    assert send(liaison, again, note="Paid").status_code == 302
    events = ComplianceEvent.objects.order_by("pk").values_list("kind", "note", "settled_on")
    assert list(events) == [("suspension", "Three months", TODAY), ("reinstatement", "Paid", None)]
    demands.submit(draft, by=liaison.user, version=draft.version)


def test_rows_of_others_do_not_exist_and_those_of_other_offices_are_only_read(liaison, client_for, site):
    foreign_office = make_office("CO-BOG")
    foreign = EmployerFactory(office=foreign_office)
    kept = EmployerFactory(office=foreign_office, programmes=[site.employer.programmes.get()])
    unseen = RecruiterFactory(office=foreign_office)
    seen = AssociationFactory(office=foreign_office, employers=[kept, foreign])
    answers = {
        "foreign": add(liaison, foreign, "contact").status_code,
        "kept": add(liaison, kept, "contact").status_code,
        "foreign site": add(liaison, SiteFactory(employer=foreign), "inspection").status_code,
        "kept site": add(liaison, SiteFactory(employer=kept), "inspection").status_code,
        "unknown part": add(liaison, site.employer, "nonsense").status_code,
        "part of another": add(liaison, site.employer, "member").status_code,
        "unseen": liaison.get(unseen.get_absolute_url()).status_code,
        "seen": liaison.get(seen.get_absolute_url()).status_code,
        "edit seen": liaison.get(reverse("employers:edit_association", args=[seen.public_id])).status_code,
    }
    assert answers == {
        "foreign": 404, "kept": 403, "foreign site": 404, "kept site": 403, "unknown part": 404,
        "part of another": 404, "unseen": 404, "seen": 200, "edit seen": 403,
    }  # fmt: skip
    assert foreign.name not in words(liaison, seen.get_absolute_url())
    row = Contact.objects.create(employer=site.employer, name="Luc")
    stranger = client_for("liaison", office="CO-BOG")
    edit = reverse("employers:edit_part", args=[site.employer.public_id, row.public_id, "contact"])
    assert stranger.get(edit).status_code == 404
    other = reverse("employers:edit_part", args=[kept.public_id, row.public_id, "contact"])
    assert stranger.get(other).status_code == 404


def test_the_database_knows_whose_a_row_is(site):
    employer, recruiter = site.employer, RecruiterFactory()
    for owners in ({}, {"employer": employer, "recruiter": recruiter}):
        with pytest.raises(IntegrityError, match="contact_of_one"), transaction.atomic():
            Contact.objects.create(name="X", **owners)
        with pytest.raises(IntegrityError, match="licence_of_one"), transaction.atomic():
            Licence.objects.create(kind="iris", country="CAN", **owners)
    with pytest.raises(IntegrityError, match="recruiter_is_nobodys_own_agent"), transaction.atomic():
        Recruiter.objects.filter(pk=recruiter.pk).update(agent_of=recruiter)
    with pytest.raises(IntegrityError, match="recruiter_checked_with_result"), transaction.atomic():
        Recruiter.objects.filter(pk=recruiter.pk).update(checked_on=TODAY)


@pytest.mark.parametrize("what", ["associations", "recruiters", "compliance"])
def test_pages_ask_the_same_number_of_questions_for_one_row_and_three(liaison, site, what):
    url = f"/{what}/" if what != "compliance" else f"/employers/{site.employer.public_id}/compliance/"

    def more():
        agency = RecruiterFactory()
        LicenceFactory(recruiter=agency)
        AssociationFactory(employers=[EmployerFactory()])
        place = SiteFactory(employer=site.employer)
        Inspection.objects.create(site=place, inspected_on=TODAY)
        ComplianceEvent.objects.create(employer=site.employer, site=place, kind="visit", on=TODAY)
        agency.engagements.create(employer=site.employer)

    def queries():
        liaison.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert liaison.get(url).status_code == 200
        return len(captured)

    more()
    one = queries()
    more()
    more()
    assert queries() == one <= 12


def test_words_of_old_become_records():
    """As the migration does: the word on an employer becomes an association with members."""
    from importlib import import_module

    from django.apps import apps

    names = [EmployerFactory(association=name) for name in ("FERME", "FERME", "")]
    SiteFactory(employer=names[0], housing_inspected_on=TODAY)
    import_module("programmes.migrations.0003_from_demand_to_departure").give_records_to_what_was_a_word(apps, None)
    assert list(AssociationMember.objects.values_list("association__name", flat=True)) == ["FERME"] * 2
    assert Inspection.objects.get().inspected_on == TODAY
