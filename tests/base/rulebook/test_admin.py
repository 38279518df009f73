"""The configuration site's pages of the rulebook: who may, what is refused in which words, what history keeps."""

import pytest
from django.contrib import admin as admin_site
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programmes.base.rulebook import codes
from programmes.base.rulebook.catalogue import DEADLINES, STAGES
from programmes.base.rulebook.lists import LISTS
from programmes.base.rulebook.shipped import code_lists
from programmes.journey.enrolment.states import Status
from programmes.models import Code, Programme, Requirement, Season
from tests.base.rulebook.pages import SITE, FormOf, errors_of, line, new_programme, page_of, requirement_form, send
from tests.factories.enrolment import EnrolmentFactory, StepFactory
from tests.factories.rulebook import (
    CodeFactory,
    DeadlineFactory,
    ProgrammeFactory,
    RequirementFactory,
    RuleValueFactory,
    SeasonFactory,
)

PAGES = [f"{SITE}{model}/{page}" for model in ("programme", "season", "requirement", "code") for page in ("", "add/")]
# What the configuration site may show. Nothing here belongs to one person or one case.
ALLOWED = {
    "accounts.Membership",
    "accounts.Office",
    "accounts.OfficeHoliday",
    "accounts.User",
    "programmes.LetterTemplate",
    "programmes.Code",
    "programmes.DuplicateHint",
    "programmes.Letter",
    "programmes.Programme",
    "programmes.ReportSchedule",
    "programmes.Requirement",
    "programmes.Season",
}
BORROWED = {"account", "auth", "mfa", "socialaccount", "usersessions"}


# --- Who ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_administrators(admin, path):
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_data_officer_sees_code_lists_only(client_for, lists, path):
    expected = 200 if "/code/" in path else 403
    assert client_for("data").get(path).status_code == expected


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["caseworker", "liaison", "manager", "protection", "auditor", "partner", None])
def test_pages_are_closed_to_everybody_else(client_for, path, role):
    client = client_for(role)
    assert client.get(path, follow=True).status_code == 403
    assert client.post(path, {}, follow=True).status_code == 403


def test_the_site_shows_no_case_content(admin):
    registered = {model._meta.label for model in admin_site.site._registry if model._meta.app_label not in BORROWED}
    assert registered <= ALLOWED
    listed = {
        entry["model"]._meta.label for group in admin.get("/admin/").context["app_list"] for entry in group["models"]
    }
    assert listed <= ALLOWED
    for model in admin_site.site._registry:
        if model._meta.app_label in BORROWED:
            assert admin.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 403


def test_every_page_says_that_this_is_a_test(admin):
    assert 'class="environment">Test: nothing' in admin.get("/admin/").content.decode()


# --- A programme --------------------------------------------------------------------------------------------------


def test_a_programme_with_all_that_belongs_to_it(admin, office_for):
    path = f"{SITE}programme/add/"
    season = {
        "seasons-0-code": "2027",
        "seasons-0-starts_on": "2027-01-01",
        "seasons-0-ends_on": "2027-12-31",
        "seasons-0-active": "on",
    }
    requirement = {
        "requirements-0-stage": "eligible",
        "requirements-0-kind": "consent",
        "requirements-0-code": "case_management",
        "requirements-0-labels_es": "Consentimiento",
        "requirements-0-labels_en": "Consent",
        "requirements-0-waits_for": "worker",
        "requirements-0-lead_days": "14",
        "requirements-0-order": "10",
        "requirements-0-active": "on",
    }
    response = send(admin, path, **new_programme(office_for("GT-CHM"), **season, **requirement, **{
        "seasons-TOTAL_FORMS": "1",
        "requirements-TOTAL_FORMS": "1",
        f"{line('rule_values', 'max_stay_months')}__value": "7",
        f"{line('rule_values', 'stay_window_months')}__value": "11",
        f"{line('rule_values', 'season_closes')}__value_day": "15",
        f"{line('rule_values', 'season_closes')}__value_month": "12",
        f"{line('rule_values', 'nationalities')}__value": "wsm, TON tuv",
        f"{line('rule_values', 'minimum_wage')}__value": "nzd  23,15",
        f"{line('rule_values', 'return_commitment')}__value": "False",
        f"{line('deadline_rows', 'first_call')}__days": "3",
        f"{line('deadline_rows', 'first_call')}__source": "Own choice",
    }))  # fmt: skip
    assert response.status_code == 302, errors_of(response)
    programme = Programme.objects.get(code="gt-nz-rse")
    assert programme.names == {"es": "Nueva Zelandia RSE", "en": "New Zealand RSE"}
    assert programme.created_by == admin.user
    assert dict(programme.rule_values.values_list("key", "value")) == {
        "max_stay_months": 7,
        "stay_window_months": 11,
        "season_closes": "12-15",
        "nationalities": ["WSM", "TON", "TUV"],
        "minimum_wage": "NZD 23.15",
        "return_commitment": False,
    }
    assert programme.deadline_rows.get().days == 3
    assert programme.seasons.get().created_by == admin.user
    assert programme.requirements.get().label == "Consent"
    assert programme.deadlines()["check_in"] == DEADLINES["check_in"].default


def test_saving_a_page_untouched_changes_nothing(admin, programme):
    for key, value in {"max_stay_months": 7, "season_opens": "02-01", "nationalities": ["MEX", "JAM"], "minimum_wage": "CAD 16.60", "return_commitment": True}.items():  # fmt: skip
        RuleValueFactory(programme=programme, key=key, value=value)
    DeadlineFactory(programme=programme, key="offer", days=0)
    SeasonFactory(programme=programme)
    RequirementFactory(programme=programme, labels={"es": "Pasaporte", "en": "Passport", "fr": "Passeport"})
    events = connection.ops.quote_name
    tables = [
        f"programmes_{name}event"
        for name in ("programme", "season", "requirement", "rulevalue", "deadline", "programmeoffice")
    ]

    def count():
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {events(t)}" for t in tables))
            return cursor.fetchall()

    before = count()
    response = send(admin, page_of(programme))
    assert response.status_code == 302, errors_of(response)
    assert count() == before


def test_a_programme_is_never_deleted_and_keeps_its_code(admin, programme):
    assert admin.post(f"{SITE}programme/{programme.pk}/delete/", {"post": "yes"}).status_code == 403
    send(admin, page_of(programme), code="another", names_en="Renamed")
    programme.refresh_from_db()
    assert (programme.code, programme.names["en"]) == ("gt-ca", "Renamed")


def test_texts_in_other_languages_stay(admin, programme):
    Programme.objects.update(names={"es": "Uno", "en": "One", "fr": "Un"})
    send(admin, page_of(programme), names_es="Dos")
    assert Programme.objects.get().names == {"es": "Dos", "en": "One", "fr": "Un"}


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"names_es": ""}, "names", "in Spanish too"),
        ({"names_en": "  "}, "names", "in English too"),
        ({"names_es": "", "names_en": ""}, "names", "in Spanish and in English"),
        ({"names_es": "x" * 201}, "names", "200"),
        ({"origin": "GT"}, "origin", "valid choice"),
        ({"destination": ""}, "destination", "required"),
        ({"currency": "XXX"}, "currency", "valid choice"),
        ({"code": "Not a slug"}, "code", "slug"),
        ({"offices": []}, "offices", "required"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(admin, office_for, values, field, says):
    response = send(admin, f"{SITE}programme/add/", **new_programme(office_for("GT-CHM"), **values))
    found = errors_of(response)
    assert says in found[field]
    assert not Programme.objects.exists()


# --- Requirements and seasons -------------------------------------------------------------------------------------


def test_a_stage_is_chosen_by_its_label(admin, programme):
    assert set(STAGES) <= set(Status.values)
    page = admin.get(f"{SITE}requirement/add/").content.decode()
    assert '<option value="ready_to_travel">Ready to travel</option>' in page
    assert 'value="refused"' not in page
    response = send(admin, f"{SITE}requirement/add/", **requirement_form(programme))
    assert response.status_code == 302
    assert Requirement.objects.get().stage == "ready_to_travel"


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"stage": "deceased"}, "stage", "valid choice"),
        ({"stage": ""}, "stage", "required"),
        ({"code": "pasaporte"}, "code", "has no code"),
        ({"kind": "consent", "code": "everything"}, "code", "Purposes of consent"),
        ({"labels_es": ""}, "labels", "in Spanish too"),
        ({"lead_days": "-1"}, "lead_days", "greater than or equal to 0"),
        ({"kind": "magic"}, "kind", "valid choice"),
    ],
)
def test_a_wrong_requirement_is_refused_at_its_field(admin, programme, values, field, says):
    response = send(admin, f"{SITE}requirement/add/", **requirement_form(programme, **values))
    assert says in errors_of(response)[field]


def test_the_same_requirement_twice_is_refused(admin, programme):
    RequirementFactory(programme=programme, stage="ready_to_travel", kind="document", code="passport")
    response = send(admin, f"{SITE}requirement/add/", **requirement_form(programme))
    assert "already asks for this" in errors_of(response)["__all__"]


@pytest.mark.parametrize("make", [RequirementFactory, SeasonFactory])
def test_what_no_case_uses_can_be_deleted(admin, programme, make):
    row = make(programme=programme)
    table = "requirements" if make is RequirementFactory else "seasons"
    assert send(admin, page_of(programme), **{f"{table}__0__DELETE": "on"}).status_code == 302
    assert not type(row).objects.exists()


@pytest.mark.parametrize("model", [Requirement, Season])
def test_what_a_case_uses_stays_and_the_case_is_not_named(admin, programme, model):
    case = EnrolmentFactory(season=SeasonFactory(programme=programme))
    row = case.season
    if model is Requirement:
        row = RequirementFactory(programme=programme)
        StepFactory(enrolment=case, kind="requirement", requirement=row)
    table = "requirements" if model is Requirement else "seasons"
    response = send(admin, page_of(programme), **{f"{table}__0__DELETE": "on"})
    assert "is used by cases and stays" in errors_of(response)[table]
    page = response.content.decode()
    assert case.number not in page
    assert case.person.given_names not in page
    delete = f"{SITE}{model._meta.model_name}/{row.pk}/delete/"
    assert admin.get(delete).status_code == 403
    assert admin.post(delete, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_a_season_that_ends_before_it_starts_is_refused(admin, programme):
    values = {"programme": programme.pk, "code": "2027", "starts_on": "2027-02-01", "ends_on": "2027-01-01"}
    response = send(admin, f"{SITE}season/add/", **values)
    assert "before the first day" in " ".join(errors_of(response).values())


@pytest.mark.parametrize("what", ["programme", "requirement"])
def test_a_page_opened_before_a_colleague_changed_it_is_refused(admin, programme, what):
    row = programme if what == "programme" else RequirementFactory(programme=programme, order=1)
    opened = FormOf(admin.get(page_of(row)).content.decode()).fields
    opened = {name: value for name, value in opened.items() if "__prefix__" not in name}
    type(row).objects.filter(pk=row.pk).update(source="A new law")
    response = admin.post(page_of(row), {**opened, "source": "An old law"})
    assert "Somebody else changed" in errors_of(response)["__all__"]
    row.refresh_from_db()
    assert row.source == "A new law"


# --- Code lists ---------------------------------------------------------------------------------------------------


def test_a_data_officer_adds_and_renames_a_code(client_for, lists):
    data = client_for("data", language="en")
    values = {
        "list": "withdrawal",
        "code": "studies",
        "labels_es": "Estudios",
        "labels_en": "Studies",
        "order": "5",
        "active": "on",
    }
    assert send(data, f"{SITE}code/add/", **values).status_code == 302
    row = Code.objects.get(code="studies")
    assert codes.label("withdrawal", "studies") == "Studies"
    send(data, page_of(row), labels_es="Sigue estudiando", labels_en="Studies on", code="other", list="document")
    row.refresh_from_db()
    assert (row.list, row.code, row.labels["es"]) == ("withdrawal", "studies", "Sigue estudiando")
    assert codes.label("withdrawal", "studies") == "Studies on"
    assert data.post(f"{SITE}code/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_code_of_a_standard_is_read_only(client_for, db):
    row = CodeFactory(list="country", code="GTM", standard=True)
    data = client_for("data", language="en")
    page = data.get(page_of(row)).content.decode()
    assert 'name="labels_es"' not in page
    assert "GTM (es) · GTM (en)" in page
    assert data.post(page_of(row), {"labels_es": "x", "labels_en": "x", "order": "1"}).status_code == 403


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "dos palabras"}, "code"),
        ({"code": "año"}, "code"),
        ({"list": "unheard_of"}, "list"),
        ({"labels_en": ""}, "labels"),
    ],
)
def test_a_wrong_code_is_refused_at_its_field(admin, values, field):
    right = {"list": "withdrawal", "code": "studies", "labels_es": "Estudios", "labels_en": "Studies", "order": "5"}
    assert field in errors_of(send(admin, f"{SITE}code/add/", **{**right, **values}))


def test_every_shipped_list_has_a_name():
    assert {row.list for row in code_lists()} == set(LISTS)


# --- History, lists, queries --------------------------------------------------------------------------------------


def test_history_tells_who_changed_the_programme_and_what_belongs_to_it(admin, programme, office_for):
    RequirementFactory(programme=programme, labels={"es": "Pasaporte", "en": "Passport"}, order=1)
    stay = line("rule_values", "max_stay_months", programme)
    offices = [office_for("GT-CHM").pk, office_for("GT-XEL", name="Quetzaltenango").pk]
    response = send(
        admin,
        page_of(programme),
        names_en="Renamed",
        offices=offices,
        requirements__0__order="7",
        **{f"{stay}__value": "7"},
    )
    assert response.status_code == 302, errors_of(response)
    page = admin.get(f"{SITE}programme/{programme.pk}/history/")
    said = {(entry["about"], str(entry["what"]), entry["by"]) for entry in page.context["entries"]}
    name = admin.user.full_name
    assert ("", "Changed", name) in said
    assert ("Requirement: Passport", "Changed", name) in said
    assert ("Rule value: Longest stay: 7", "Created", name) in said
    assert ("Office: Quetzaltenango", "Created", name) in said
    assert "Order: 1 → 7" in page.content.decode()


def test_history_of_a_requirement_and_of_a_code(admin, programme):
    for row in (RequirementFactory(programme=programme), CodeFactory(list="withdrawal", code="new")):
        response = send(admin, page_of(row), labels_en="In other words")
        assert response.status_code == 302, errors_of(response)
        page = admin.get(f"{SITE}{row._meta.model_name}/{row.pk}/history/").content.decode()
        assert "In other words" in page
        assert admin.user.full_name in page


def test_a_programme_with_ten_requirements_asks_the_database_little(admin, programme):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(page_of(programme)).status_code == 200
        return len(captured)

    queries()
    for n in range(10):
        RequirementFactory(programme=programme, order=n)
    ten = queries()
    for n in range(10):
        RequirementFactory(programme=programme, order=n)
        SeasonFactory(programme=programme)
    assert ten <= 30
    assert queries() == ten


@pytest.mark.parametrize("model", ["programme", "season", "requirement", "code"])
def test_lists_ask_the_database_as_often_for_one_row_as_for_many(admin, model):
    path, counts = f"{SITE}{model}/", []
    for _round in range(2):
        for _row in range(3):
            RequirementFactory(programme=SeasonFactory().programme)
        with CaptureQueriesContext(connection) as captured:
            assert admin.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("model", ["programme", "season", "requirement", "code"])
@pytest.mark.parametrize(
    "query", ["?q=pasaporte", "?active__exact=1", "?stage=eligible", "?list=document", "?o=1.-2", "?q=%27%22"]
)
def test_lists_answer(admin, programme, model, query):
    assert admin.get(f"{SITE}{model}/{query}").status_code in {200, 302}


def test_search_finds_a_programme_by_its_name_in_any_language(admin):
    ProgrammeFactory(code="one", names={"es": "Nueva Zelandia", "en": "New Zealand"})
    for words in ("zelandia", "new zea", "ONE"):
        assert "New Zealand" in admin.get(f"{SITE}programme/", {"q": words}).content.decode()
