"""The code lists and programmes that come with iomcase."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import translation

from programmes.base.rulebook import codes, shipped
from programmes.base.rulebook.catalogue import DEADLINES, RULES, RequirementKind, WaitsFor
from programmes.base.rulebook.coherence import incoherences
from programmes.base.rulebook.models import Code, Deadline, Programme, Requirement, RuleValue, Season

TODAY = dt.date(2026, 11, 22)
RUNNING = {"gt-ca-agriculture", "co-es-circular"}
# They come with their rules, and take cases when an administrator has chosen their offices.
EXAMPLES = {"mx-ca-sawp", "gt-us-h2a", "ws-nz-rse", "vu-au-palm"}
LISTS = {
    "country", "subdivision", "currency", "language", "language_level", "isco", "isic", "isced", "document",
    "return_type", "assistance", "consent_purpose", "channel", "housing", "marital", "closure", "early_end",
    "visa_refusal", "withdrawal", "ineligibility", "non_selection", "suspension", "no_show", "reopening", "void",
}  # fmt: skip


@pytest.fixture
def loaded(db):
    codes.forget()
    yield shipped.load(today=TODAY)
    codes.forget()


def test_every_list_comes_with_labels_in_both_languages(loaded):
    assert set(Code.objects.values_list("list", flat=True).distinct()) >= LISTS
    for row in Code.objects.all():
        row.full_clean()
        assert row.labels["es"].strip() == row.labels["es"]
        assert row.source


def test_codes_of_a_list_are_unique_in_code_and_in_label(loaded):
    for language in ("es", "en"):
        seen = list(Code.objects.values_list("list", "code", f"labels__{language}"))
        # Two departments of two countries may share a name; within one country they may not.
        named = {(name, code.split("-")[0] if name == "subdivision" else "", label) for name, code, label in seen}
        assert len(named) == len(seen)


def test_a_department_belongs_to_its_country(loaded):
    countries = set(Code.objects.of("country").values_list("code", flat=True))
    assert {"GTM", "COL", "CAN", "ESP", "NZL", "WSM"} <= countries
    assert Code.objects.of("subdivision").filter(code__startswith="GT-").count() == 22
    assert Code.objects.of("subdivision").filter(code__startswith="CO-").count() == 33
    assert Code.objects.get(list="subdivision", code="GT-04").labels["es"] == "Chimaltenango"


def test_the_reasons_of_closure_know_a_recalled_worker(loaded):
    with translation.override("es"):
        assert ("recalled", "Llamada a una nueva temporada") in Code.objects.choices("closure")


def test_the_six_programmes_are_whole(loaded):
    assert set(Programme.objects.filter(active=True).values_list("code", flat=True)) == RUNNING
    assert set(Programme.objects.filter(active=False).values_list("code", flat=True)) == EXAMPLES
    for model in (Programme, Season, Requirement, RuleValue, Deadline):
        for row in model.objects.all():
            row.full_clean(exclude=["offices"])
    for programme in Programme.objects.all():
        assert Code.objects.filter(list="document", code=programme.authorisation_kind).exists()
        assert Code.objects.filter(list="currency", code=programme.currency).exists()
        assert programme.source


def test_every_fact_of_a_programme_says_where_it_comes_from(loaded):
    for model in (Requirement, RuleValue, Deadline):
        assert not model.objects.filter(source="").exists()


def test_the_published_rules_are_what_the_code_judges_by(loaded):
    canada = Programme.objects.get(code="gt-ca-agriculture").rules()
    spain = Programme.objects.get(code="co-es-circular").rules()
    assert (canada["minimum_age"], canada["max_stay_months"], canada["document_margin_months"]) == (18, 24, 6)
    assert (spain["min_stay_months"], spain["max_stay_months"], spain["stay_window_months"]) == (4, 9, None)
    assert (spain["authorisation_year_months"], spain["authorisation_years"]) == (9, 4)
    assert (spain["minimum_batch"], spain["return_commitment"], canada["return_commitment"]) == (5, True, False)
    assert set(canada) == set(RULES)
    assert set(Programme.objects.get(code="co-es-circular").deadlines()) == set(DEADLINES)


@pytest.mark.parametrize(
    ("code", "nationality", "values"),
    [
        ("gt-ca-agriculture", "GTM", {"fees_prohibited": True, "travel_worker_percent": 0, "records_years": 6, "housing_inspection_months": 8}),
        ("mx-ca-sawp", "MEX", {"max_stay_months": 8, "season_opens": "01-01", "season_closes": "12-15", "guarantee_contract_hours": 240, "guarantee_contract_weeks": 6, "records_years": 6}),
        ("gt-us-h2a", "GTM", {"guarantee_percent": 75, "travel_refund_percent": 50, "early_leave_notice_days": 2, "fees_prohibited": True}),
        ("ws-nz-rse", "WSM", {"max_stay_months": 7, "stay_window_months": 11, "hours_guarantee": 30, "travel_worker_percent": 50}),
        ("ws-nz-rse", "KIR", {"max_stay_months": 9, "stay_window_months": 11}),
        ("ws-nz-rse", "TUV", {"max_stay_months": 9, "stay_window_months": 11}),
        ("vu-au-palm", "VUT", {"max_stay_months": 9, "guarantee_block_hours": 120, "guarantee_block_weeks": 4, "welfare_contact_days": 14}),
    ],
)  # fmt: skip
def test_the_columns_of_the_published_table(loaded, code, nationality, values):
    programme = Programme.objects.get(code=code)
    assert programme.rules(TODAY, nationality).items() >= values.items()


def test_a_guarantee_of_2024_does_not_touch_the_work_before_it(loaded):
    palm = Programme.objects.get(code="vu-au-palm")
    assert palm.rules(dt.date(2024, 6, 30))["guarantee_block_hours"] is None
    assert palm.rules(dt.date(2024, 7, 1))["guarantee_block_hours"] == 120


def test_the_shipped_values_fit_together(loaded):
    for programme in Programme.objects.all():
        rows = {(row.key, row.nationality, row.valid_from): row for row in programme.rule_values.all()}
        assert list(incoherences(rows)) == [], programme.code


def test_requirements_name_documents_of_the_list(loaded):
    known = set(Code.objects.of("document").values_list("code", flat=True))
    for row in Requirement.objects.filter(kind__in=[RequirementKind.DOCUMENT, RequirementKind.PERMIT]):
        assert row.code in known
    purposes = set(Code.objects.of("consent_purpose").values_list("code", flat=True))
    for row in Requirement.objects.filter(kind=RequirementKind.CONSENT):
        assert row.code in purposes
    assert set(Requirement.objects.values_list("waits_for", flat=True)) <= set(WaitsFor.values)


def test_seasons_are_counted_from_the_day_of_loading(loaded):
    seasons = Season.objects.filter(programme__code="gt-ca-agriculture").order_by("code")
    assert [s.code for s in seasons] == ["2024", "2025", "2026", "2027"]
    assert (seasons[2].starts_on, seasons[2].ends_on) == (dt.date(2026, 1, 1), dt.date(2027, 6, 30))


def test_loading_again_changes_nothing_and_keeps_what_was_edited(loaded):
    Code.objects.filter(list="closure", code="security").update(labels={"es": "Otra", "en": "Another"}, active=False)
    Programme.objects.filter(code="co-es-circular").update(currency="USD")
    Requirement.objects.filter(code="carencia_de_arraigo").delete()
    before = Code.objects.count()
    assert shipped.load(today=TODAY).items() >= {"codes": 0, "programmes": 0}.items()
    assert Code.objects.count() == before
    assert Code.objects.get(list="closure", code="security").labels["es"] == "Otra"
    assert Programme.objects.get(code="co-es-circular").currency == "USD"
    assert not Requirement.objects.filter(code="carencia_de_arraigo").exists()


def test_a_code_added_later_reaches_an_old_installation(loaded):
    Code.objects.filter(list="closure", code="security").delete()
    assert shipped.load(today=TODAY)["codes"] == 1


def test_a_new_programme_gets_the_offices_of_its_mission_that_exist(db, office_for):
    office_for("GT-CHM")
    partner = office_for("GT-SOC", kind="partner")
    shipped.load(today=TODAY)
    programme = Programme.objects.get(code="gt-ca-agriculture")
    assert {office.code for office in programme.offices.all()} == {"GT", "GT-CHM"}
    assert partner not in programme.offices.all()
    assert not Programme.objects.get(code="co-es-circular").offices.exists()


def test_the_command_says_what_it_added(db, capsys):
    call_command("load_rulebook")
    assert "6 programmes" in capsys.readouterr().out
    call_command("load_rulebook")
    assert "0 codes, 0 programmes" in capsys.readouterr().out
