"""Employers and their sites, through the pages: what is written, what is refused, who sees what."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programmes.models import CaseEvent, Employer, Site
from tests.factories.demand import JobDemandFactory
from tests.factories.employers import EmployerFactory, SiteFactory
from tests.factories.rulebook import CodeFactory, ProgrammeFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

pytestmark = pytest.mark.django_db
NEW = "/employers/new/"
KEPT = "The page was incomplete. It has been prepared again"


@pytest.fixture
def programme():
    return ProgrammeFactory()


@pytest.fixture
def liaison(client_for, programme):
    return client_for("liaison", language="en")


def facts(client, programme, **changes):
    return {
        "name": "Serres O'Brien-Łukasz",
        "office": str(client.office.public_id),
        "programmes": [str(programme.public_id)],
        "country": "CAN",
        "registration": "BN 12345",
        "sector": "A",
        "association": "FERME",
        "contact_name": "Marie Côté",
        "contact_email": "marie@example.org",
        "contact_phone": "+1 450 555 0142",
        **changes,
    }


def test_register_an_employer(liaison, programme):
    response = send(liaison, NEW, **facts(liaison, programme))
    employer = Employer.objects.get()
    assert response.status_code == 302
    assert response.url == employer.get_absolute_url() == f"/employers/{employer.public_id}/"
    assert (employer.name, employer.status, employer.created_by) == ("Serres O'Brien-Łukasz", "active", liaison.user)
    assert (str(employer.contact_phone), employer.office) == ("+14505550142", liaison.office)
    assert list(employer.programmes.all()) == [programme]
    assert CaseEvent.objects.get(subject="employer").what == "employer_registered"
    page = liaison.get(response.url).content.decode()
    assert "Marie Côté" in page
    assert "registered the employer" in page


def test_sending_twice_registers_once(liaison, programme):
    typed = {**facts(liaison, programme), **machinery(liaison, NEW)}
    first, second = liaison.post(NEW, typed), liaison.post(NEW, typed)
    assert first.url == second.url
    assert Employer.objects.count() == 1
    reused = liaison.post(NEW, {**typed, "name": "Another"})
    assert reused.status_code == 409
    assert Employer.objects.count() == 1


def test_a_form_without_its_key_is_prepared_again(liaison, programme):
    response = liaison.post(NEW, facts(liaison, programme))
    assert response.status_code == 422
    assert KEPT in response.content.decode()
    assert not Employer.objects.exists()


@pytest.mark.parametrize("empty", ["", "   ", "\u200b", "\u00a0\u2060"])
def test_empty_fields_are_required(liaison, programme, empty):
    response = send(liaison, NEW, **facts(liaison, programme, name=empty, country="", sector="", programmes=[]))
    assert response.status_code == 422
    assert {"name", "country", "sector", "programmes"} <= set(response.context["form"].errors)


@pytest.mark.parametrize(
    "name",
    ["X", "X Æ", "مزرعة الوادي", "ኢትዮ እርሻ", "မြန်မာ", "🌱 Farm", "<script>alert(1)</script>", "{{7*7}}", "' OR 1=1--"],
)
def test_names_of_all_kinds_are_kept_and_shown_literally(liaison, programme, name):
    response = send(liaison, NEW, **facts(liaison, programme, name=name))
    assert response.status_code == 302
    assert Employer.objects.get().name == name
    page = liaison.get(response.url).content.decode()
    assert "<script>alert" not in page
    assert "49" not in page.split("<h1>")[1].split("</h1>")[0]


def test_names_are_stored_normalised_and_limited(liaison, programme):
    send(liaison, NEW, **facts(liaison, programme, name="Ge\u0301rard\u202e SA"))
    assert Employer.objects.get().name == "Gérard SA"
    response = send(liaison, NEW, **facts(liaison, programme, name="x" * 300, registration=""))
    assert "150" in str(response.context["form"].errors["name"])
    response = send(liaison, NEW, **facts(liaison, programme, name="a\x0bb", registration=""))
    assert "Character 2" in str(response.context["form"].errors["name"])
    assert liaison.post(NEW, facts(liaison, programme, name="a\x00b")).status_code == 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contact_email", "a@b@c"), ("contact_email", "a@b.org\nBcc: x"), ("contact_email", "x" * 260 + "@example.org"),
        ("contact_phone", "letters"), ("contact_phone", "+" + "1" * 40), ("country", "XX"), ("country", "can"),
        ("country", "GT"), ("sector", "ZZ"),
    ],
)  # fmt: skip
def test_what_does_not_belong_into_a_field_is_said_there(liaison, programme, field, value):
    response = send(liaison, NEW, **facts(liaison, programme, **{field: value}))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Employer.objects.exists()


def test_a_withdrawn_code_is_no_choice_any_more(liaison, programme):
    CodeFactory(list="isic", code="X", active=False)
    response = send(liaison, NEW, **facts(liaison, programme, sector="X"))
    assert "sector" in response.context["form"].errors


def test_offices_and_programmes_of_others_are_no_choice(liaison, programme):
    foreign = make_office("CO-BOG")
    other = ProgrammeFactory(offices=[foreign])
    response = send(liaison, NEW, **facts(liaison, programme, office=str(foreign.public_id)))
    assert "office" in response.context["form"].errors
    response = send(liaison, NEW, **facts(liaison, programme, programmes=[str(other.public_id)]))
    assert "programmes" in response.context["form"].errors
    response = send(liaison, NEW, **facts(liaison, programme, office="not-a-uuid"))
    assert "office" in response.context["form"].errors
    assert not Employer.objects.exists()


def test_fields_that_are_not_on_the_form_are_ignored(liaison, programme):
    send(liaison, NEW, **facts(liaison, programme, status="suspended", created_by="1", id="7"))
    assert Employer.objects.get().status == "active"


def test_a_registration_number_is_used_once_per_country(liaison, programme):
    EmployerFactory(registration="BN 12345")
    response = send(liaison, NEW, **facts(liaison, programme))
    assert response.status_code == 409
    assert "registration number already exists" in response.content.decode()


def test_edit_needs_the_version_it_was_opened_on(liaison, programme):
    employer = EmployerFactory(programmes=[programme], name="Before")
    url = reverse("employers:edit", args=[employer.public_id])
    typed = {**facts(liaison, programme, name="Mine"), **machinery(liaison, url)}
    send(liaison, url, **facts(liaison, programme, name="Theirs"))
    stale = liaison.post(url, typed)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "Two people changed this at once" in page
    assert "Mine" in page
    assert "Theirs" in page
    employer.refresh_from_db()
    assert employer.name == "Theirs"
    fresh = {**typed, "version": stale.context["form"]["version"].value()}
    assert liaison.post(url, fresh).status_code == 302
    employer.refresh_from_db()
    assert employer.name == "Mine"


@pytest.mark.parametrize("token", [None, "", "-1", "text", "99"])
def test_edit_refuses_a_token_that_is_none(liaison, programme, token):
    employer = EmployerFactory(programmes=[programme], name="Before")
    url = reverse("employers:edit", args=[employer.public_id])
    typed = facts(liaison, programme, name="After")
    response = liaison.post(url, typed if token is None else {**typed, "version": token})
    assert response.status_code in {409, 422}
    employer.refresh_from_db()
    assert employer.name == "Before"


def test_a_programme_with_demands_cannot_be_left(liaison, programme):
    other = ProgrammeFactory()
    employer = EmployerFactory(programmes=[programme, other])
    JobDemandFactory(employer=employer, season__programme=programme)
    url = reverse("employers:edit", args=[employer.public_id])
    response = send(liaison, url, **facts(liaison, other))
    assert "stays in that programme" in str(response.context["form"].errors["programmes"])


def test_suspend_needs_a_reason_and_reactivate_takes_up_again(liaison, programme):
    employer = EmployerFactory(programmes=[programme])
    url = reverse("employers:suspend", args=[employer.public_id])
    assert send(liaison, url, reason="").status_code == 422
    assert send(liaison, url, reason="wages_unpaid", note="Two weeks late.").status_code == 302
    employer.refresh_from_db()
    assert employer.status == "suspended"
    move = CaseEvent.objects.get(subject="employer", to_status="suspended")
    assert (move.reason, move.note, move.by) == ("wages_unpaid", "Two weeks late.", liaison.user)
    page = liaison.get(employer.get_absolute_url()).content.decode()
    assert "Suspended: it brings no new demand" in page
    assert "wages_unpaid (en)" in page
    assert "New demand" not in page
    again = reverse("employers:reactivate", args=[employer.public_id])
    assert send(liaison, again, note="Paid.").status_code == 302
    employer.refresh_from_db()
    assert employer.status == "active"
    refused = send(liaison, again)
    assert refused.status_code == 422
    assert "“active” cannot become “active”" in refused.content.decode()


def test_sites_are_added_and_changed(liaison, programme):
    employer = EmployerFactory(programmes=[programme])
    url = reverse("employers:add_site", args=[employer.public_id])
    typed = {"name": "Serre 1", "place": "Saint-Rémi", "region": "CA-QC", "housing": "employer_on_site"}
    assert send(liaison, url, **typed, housing_inspected_on=date.today().isoformat()).status_code == 302
    site = Site.objects.get()
    assert (site.employer, site.region, site.created_by) == (employer, "CA-QC", liaison.user)
    twice = send(liaison, url, **typed)
    assert "already has a site with this name" in twice.content.decode()
    edit = reverse("employers:edit_site", args=[employer.public_id, site.public_id])
    assert send(liaison, edit, **{**typed, "place": "Sherrington"}).status_code == 302
    site.refresh_from_db()
    assert site.place == "Sherrington"
    assert "ES-L" not in liaison.get(url).content.decode()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ((date.today() + timedelta(1)).isoformat(), "lies in the future"),
        ("03/04/2026", "can be read in two ways"),
        ("2027-02-29", "valid date"),
        ("0001-01-01", "between 1900 and 2200"),
        ("9999-12-31", "between 1900 and 2200"),
    ],
)
def test_days_of_inspection_are_read_carefully(liaison, programme, day, words):
    employer = EmployerFactory(programmes=[programme])
    url = reverse("employers:add_site", args=[employer.public_id])
    response = send(liaison, url, name="Serre", place="X", housing_inspected_on=day)
    assert words in str(response.context["form"].errors["housing_inspected_on"])


def test_arabic_digits_are_digits(liaison, programme):
    employer = EmployerFactory(programmes=[programme])
    url = reverse("employers:add_site", args=[employer.public_id])
    assert send(liaison, url, name="Serre", place="X", housing_inspected_on="٢٠٢٦-٠١-٠٥").status_code == 302
    assert Site.objects.get().housing_inspected_on == date(2026, 1, 5)


def test_a_site_of_another_employer_does_not_exist_here(liaison, programme):
    employer, other = EmployerFactory(programmes=[programme]), SiteFactory()
    url = reverse("employers:edit_site", args=[employer.public_id, other.public_id])
    assert liaison.get(url).status_code == 404
    assert liaison.post(url, {"name": "Mine"}).status_code == 404


# --- Who sees what ------------------------------------------------------------------------------------------------


def pages(employer):
    return [
        reverse(f"employers:{name}", args=[employer.public_id])
        for name in ("detail", "edit", "suspend", "reactivate", "add_site")
    ]


def test_employers_of_other_offices_do_not_exist(client_for, programme):
    employer = EmployerFactory(programmes=[programme])
    stranger = client_for("liaison", office="CO-BOG", language="en")
    assert {stranger.get(url).status_code for url in pages(employer)} == {404}
    assert {stranger.post(url, {}).status_code for url in pages(employer)[1:]} == {404}
    assert employer.name not in stranger.get("/employers/").content.decode()


def test_an_employer_kept_by_another_office_of_the_programme_is_read_only(client_for, programme):
    programme.offices.add(make_office("GT-HUE"))
    employer = EmployerFactory(programmes=[programme])
    colleague = client_for("liaison", office="GT-HUE", language="en")
    detail, *others = pages(employer)
    assert colleague.get(detail).status_code == 200
    assert "Suspend" not in colleague.get(detail).content.decode()
    assert {colleague.get(url).status_code for url in others} == {403}


@pytest.mark.parametrize("role", ["caseworker", "manager", "data", "protection", "auditor"])
def test_other_roles_read_employers_and_do_not_write(client_for, programme, role):
    employer = EmployerFactory(programmes=[programme])
    client = client_for(role, language="en")
    detail, *others = pages(employer)
    assert client.get(detail).status_code == 200
    assert {client.get(url).status_code for url in [*others, NEW]} == {403}


@pytest.mark.parametrize("role", ["partner", "administrator"])
def test_partners_and_administrators_do_not_see_employers(client_for, programme, role):
    employer = EmployerFactory(programmes=[programme])
    client = client_for(role, language="en")
    assert {client.get(url).status_code for url in ["/employers/", NEW, *pages(employer)]} == {403}


def test_a_stranger_signs_in_first(client, programme):
    assert client.get("/employers/").status_code == 302


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_by_the_address(liaison, programme):
    other = ProgrammeFactory()
    EmployerFactory(name="Ñandú Hermanos", programmes=[programme])
    EmployerFactory(name="Vergers Ste-Anne", programmes=[other], sector="C", status="suspended")

    def names(query):
        return [employer.name for employer in liaison.get("/employers/" + query).context["page"]]

    assert names("") == ["Vergers Ste-Anne", "Ñandú Hermanos"]
    assert names("?q=nandu+HERM") == ["Ñandú Hermanos"]
    assert names("?q=100%25") == []
    assert names("?q=_") == names("")
    assert names("?status=suspended") == ["Vergers Ste-Anne"]
    assert names("?sector=A") == ["Ñandú Hermanos"]
    assert names(f"?programme={other.code}") == ["Vergers Ste-Anne"]
    assert names("?status=nonsense") == []
    assert names("?pk__in=1&_connector=OR&office__id__gt=0") == names("")
    assert names("?after=bent") == names("")
    assert "No employer matches" in liaison.get("/employers/?q=zzz").content.decode()
    chips = liaison.get("/employers/?status=suspended&sector=C").context["chips"]
    assert [chip["label"] for chip in chips] == ["Status: suspended", "Sector: C (en)"]
    assert chips[0]["href"] == "/employers/?sector=C"


def test_the_list_goes_on_by_key(liaison, programme):
    for n in range(30):
        EmployerFactory(name=f"Farm {n:02d}", programmes=[programme])
    first = liaison.get("/employers/")
    assert (len(first.context["page"]), first.context["page"].count) == (25, 30)
    second = liaison.get("/employers/", {"after": first.context["page"].after})
    assert [employer.name for employer in second.context["page"]] == [f"Farm {n}" for n in range(25, 30)]
    back = liaison.get("/employers/", {"before": second.context["page"].before})
    assert [e.name for e in back.context["page"]] == [e.name for e in first.context["page"]]


def test_htmx_gets_only_the_part(liaison, programme):
    EmployerFactory(programmes=[programme])
    part = liaison.get("/employers/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="results"' in part


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_rows(liaison, programme):
    EmployerFactory(programmes=[programme])
    one = queries(liaison, "/employers/")
    for _ in range(2):
        EmployerFactory(programmes=[programme, ProgrammeFactory()])
    assert queries(liaison, "/employers/") == one
    assert one == 10


def test_one_employer_asks_the_same_number_of_questions_for_any_number_of_rows(liaison, programme):
    employer = EmployerFactory(programmes=[programme])

    def fill():
        SiteFactory(employer=employer)
        JobDemandFactory(employer=employer, season__programme=programme)

    fill()
    one = queries(liaison, employer.get_absolute_url())
    fill()
    fill()
    assert queries(liaison, employer.get_absolute_url()) == one == 13
