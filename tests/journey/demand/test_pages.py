"""Demands through the pages: from a draft to an open demand, and who may do what."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programmes.journey.demand import board
from programmes.models import Authorisation, JobDemand, Position
from tests.factories.demand import AuthorisationFactory, JobDemandFactory
from tests.factories.employers import EmployerFactory, SiteFactory
from tests.factories.enrolment import StepFactory
from tests.factories.rulebook import RequirementFactory, RuleValueFactory, SeasonFactory
from tests.factories.selection import SelectionFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def season():
    return SeasonFactory()


@pytest.fixture
def programme(season):
    return season.programme


@pytest.fixture
def site(programme):
    return SiteFactory(employer=EmployerFactory(programmes=[programme]))


@pytest.fixture
def liaison(client_for, season):
    return client_for("liaison", language="en")


@pytest.fixture
def manager(client_for, season):
    return client_for("manager", language="en")


def new_url(site):
    return f"/demands/new/?employer={site.employer.public_id}"


def typed(season, site, **changes):
    return {
        "season": str(season.public_id),
        "site": str(site.public_id),
        "occupation": "9214",
        "positions": "8",
        "starts_on": (TODAY + timedelta(30)).isoformat(),
        "ends_on": (TODAY + timedelta(200)).isoformat(),
        "wage": "16.60",
        "wage_currency": "CAD",
        "wage_unit": "hour",
        "hours_per_week": "45",
        "terms": "Transport from the airport.",
        "authorisation": "",
        "requested_on": TODAY.isoformat(),
        **changes,
    }


def step(client, demand, name, **more):
    return send(client, reverse(f"demand:{name}", args=[demand.public_id]), **more)


def test_a_demand_from_the_first_click_to_open(liaison, manager, season, site):
    choose = liaison.get("/demands/new/").content.decode()
    assert site.employer.name in choose
    response = send(liaison, new_url(site), **typed(season, site))
    demand = JobDemand.objects.get()
    assert response.url == f"/demands/{demand.public_id}/"
    assert (demand.wage, demand.positions, demand.created_by) == (Decimal("16.60"), 8, liaison.user)
    page = liaison.get(response.url).content.decode()
    assert "Hand in" in page
    assert "8 positions are asked for" in page
    assert step(liaison, demand, "submit").status_code == 302
    page = liaison.get(response.url).content.decode()
    assert "The programme manager takes the next step." in page
    assert step(manager, demand, "review").status_code == 302
    assert step(manager, demand, "approve").status_code == 302
    assert Position.objects.filter(demand=demand, status="vacant").count() == 8
    assert step(liaison, demand, "open").status_code == 302
    page = liaison.get(response.url).content.decode()
    assert "8 vacant" in page
    assert "Choose candidates" in page
    demand.refresh_from_db()
    assert demand.status == "open"


def test_a_returned_demand_is_corrected_and_handed_in_again(liaison, manager, season, site):
    demand = JobDemandFactory(status="under_review", season=season, employer=site.employer, site=site)
    assert step(manager, demand, "return", reason="").status_code == 422
    assert step(manager, demand, "return", reason="terms_incomplete", note="Housing?").status_code == 302
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert "Housing?" in page
    assert "Change the terms" in page
    assert step(liaison, demand, "edit", **typed(season, site, positions="9")).status_code == 302
    assert step(liaison, demand, "submit").status_code == 302
    demand.refresh_from_db()
    assert (demand.status, demand.positions) == ("submitted", 9)


def test_the_page_names_everything_that_is_missing_with_links(liaison, season, site):
    demand = JobDemandFactory(season=season, employer=site.employer, site=site)
    season.programme.authorisation_kind = "lmia_approval"
    season.programme.save()
    RuleValueFactory(programme=season.programme, key="minimum_batch", value=5)
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert "Not yet: 2 things missing" in page
    assert "An authorisation: lmia_approval (en)" in page
    assert f"/demands/{demand.public_id}/edit/#id_authorisation" in page
    assert 'aria-disabled="true"' in page
    refused = step(liaison, demand, "submit")
    assert refused.status_code == 422
    assert f"/demands/{demand.public_id}/edit/#id_positions" in refused.content.decode()


def test_sending_twice_makes_one_demand(liaison, season, site):
    url = new_url(site)
    data = {**typed(season, site), **machinery(liaison, url)}
    assert liaison.post(url, data).url == liaison.post(url, data).url
    assert JobDemand.objects.count() == 1
    assert liaison.post(url, {**data, "positions": "9"}).status_code == 409


def test_a_key_of_somebody_else_is_treated_as_unknown(client_for, liaison, season, site):
    url = new_url(site)
    data = {**typed(season, site), **machinery(liaison, url)}
    liaison.post(url, data)
    colleague = client_for("liaison", language="en")
    assert colleague.post(url, data).status_code == 302
    assert JobDemand.objects.count() == 2


def test_two_liaisons_change_one_draft(liaison, client_for, season, site):
    demand = JobDemandFactory(season=season, employer=site.employer, site=site)
    url = reverse("demand:edit", args=[demand.public_id])
    mine = {**typed(season, site, positions="5"), **machinery(liaison, url)}
    send(client_for("liaison", language="en"), url, **typed(season, site, positions="6"))
    stale = liaison.post(url, mine)
    assert stale.status_code == 409
    assert "Two people changed this at once" in stale.content.decode()
    demand.refresh_from_db()
    assert demand.positions == 6


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("positions", "1e3", "whole number"), ("positions", "1_000", "whole number"), ("positions", "-0", "greater"),
        ("positions", "2147483648", "less than"), ("positions", "NaN", "whole number"),
        ("positions", "1,5", "whole number"),
        ("positions", "1.5", "whole number"),
        ("wage", "16.605", "two decimals"), ("wage", "-5", "greater"), ("wage", "16,60", "two decimals"),
        ("wage", "NaN", "two decimals"), ("wage", "", "required"), ("wage_currency", "", "required"),
        ("wage_currency", "XXX", "valid choice"), ("wage_currency", "cad", "valid choice"),
        ("hours_per_week", "0.5", "greater"), ("hours_per_week", "81", "less than"),
        ("starts_on", "03/04/2026", "read in two ways"), ("starts_on", "2027-02-29", "valid date"),
        ("ends_on", "9999-12-31", "1900 and 2200"), ("requested_on", "0001-01-01", "1900 and 2200"),
        ("season", "1", "valid choice"), ("site", "x", "valid choice"), ("occupation", "0000", "valid choice"),
        ("terms", "x" * 20_001, "5000"), ("terms", "a\x0bb", "Character 2"),
    ],
)  # fmt: skip
def test_bad_input_is_said_at_its_field(liaison, season, site, field, value, words):
    response = send(liaison, new_url(site), **{**typed(season, site), field: value})
    assert response.status_code == 422
    assert words in str(response.context["form"].errors[field])
    assert not JobDemand.objects.exists()


@pytest.mark.parametrize("positions", ["٢١", " 21 ", "۲۱"])
def test_digits_of_other_scripts_are_digits(liaison, season, site, positions):
    assert send(liaison, new_url(site), **typed(season, site, positions=positions)).status_code == 302
    assert JobDemand.objects.get().positions == 21


def test_an_end_before_the_start_is_said_at_both_days(liaison, season, site):
    response = send(liaison, new_url(site), **typed(season, site, ends_on=TODAY.isoformat()))
    errors = response.context["form"].errors
    assert str(errors["starts_on"]).count("lies before the first") == 1
    assert "lies before the first" in str(errors["ends_on"])


def test_a_wage_below_the_minimum_is_refused_at_entry(liaison, season, site):
    RuleValueFactory(programme=season.programme, key="minimum_wage", value="CAD 17.00")
    response = send(liaison, new_url(site), **typed(season, site))
    assert "lowest wage of this programme is CAD 17.00" in str(response.context["form"].errors["wage"])
    assert 'value="16.60"' in response.content.decode()


def test_what_belongs_to_others_is_no_choice(liaison, season, site):
    other_site, other_season, held = SiteFactory(), SeasonFactory(), AuthorisationFactory()
    for field, foreign in (("site", other_site), ("season", other_season), ("authorisation", held)):
        response = send(liaison, new_url(site), **{**typed(season, site), field: str(foreign.public_id)})
        assert field in response.context["form"].errors
    assert liaison.get(new_url(other_site)).status_code == 200  # kept by the same office
    foreign = SiteFactory(employer=EmployerFactory(office=make_office("CO-BOG")))
    assert liaison.get(new_url(foreign)).status_code == 404
    assert liaison.get("/demands/new/?employer=1").status_code == 404


def test_the_form_says_what_the_employer_lacks_first(liaison, season):
    employer = EmployerFactory(programmes=[season.programme])
    url = f"/demands/new/?employer={employer.public_id}"
    assert "this employer has none yet" in liaison.get(url).content.decode()
    SiteFactory(employer=employer)
    assert "this employer has none yet" not in liaison.get(url).content.decode()
    season.programme.authorisation_kind = "lmia_approval"
    season.programme.save()
    assert f"/employers/{employer.public_id}/authorisations/new/" in liaison.get(url).content.decode()


def test_no_demand_of_a_suspended_employer(liaison, season, site):
    type(site.employer).objects.filter(pk=site.employer_id).update(status="suspended")
    assert liaison.get(new_url(site)).status_code == 404


def test_nobody_approves_their_own(liaison, manager):
    demand = JobDemandFactory(status="under_review", created_by=manager.user)
    season = demand.season
    response = step(manager, demand, "approve")
    assert response.status_code == 422
    assert "Nobody approves a demand of their own" in response.content.decode()
    assert season.demands.get().status == "under_review"


def test_cancel_and_close_through_the_pages(liaison, season, site):
    demand = JobDemandFactory(status="open", season=season, employer=site.employer, site=site)
    assert step(liaison, demand, "cancel", reason="no_work").status_code == 302
    filled = JobDemandFactory(status="filled", season=season, employer=site.employer, site=site, positions=1)
    SelectionFactory(demand=filled, position_status="occupied", case_status="active")
    refused = step(liaison, filled, "close")
    assert refused.status_code == 422
    assert "1 position is still held by a worker" in refused.content.decode()


# --- One demand ---------------------------------------------------------------------------------------------------


def test_the_board_says_who_holds_what_and_what_is_missing(liaison, season, site):
    demand = JobDemandFactory(status="partly_filled", season=season, employer=site.employer, site=site, positions=4)
    accepted = SelectionFactory(demand=demand, position_status="accepted", case_status="in_documentation", named=True)
    for requirement in RequirementFactory.create_batch(2, programme=season.programme, stage="ready_to_travel"):
        StepFactory(enrolment=accepted.enrolment, kind="requirement", requirement=requirement)
    reserved = SelectionFactory(demand=demand)
    page = liaison.get(demand.get_absolute_url())
    words = page.content.decode()
    assert accepted.enrolment.person.full_name in words
    assert accepted.enrolment.number in words
    assert "asked for by name" in words
    assert page.context["counts"].words == "2 vacant, 1 reserved, 1 accepted"
    assert [seat["lacks"] for seat in page.context["seats"]] == [2, None]
    assert reverse("selection:offer", args=[demand.public_id, reserved.position.number]) in words


def test_a_holder_the_reader_may_not_see_is_counted_and_not_named(liaison, client_for, season, site):
    demand = JobDemandFactory(status="open", season=season, employer=site.employer, site=site)
    held = SelectionFactory(demand=demand)
    season.programme.offices.add(make_office("GT-HUE"))
    colleague = client_for("liaison", office="GT-HUE", language="en")
    page = colleague.get(demand.get_absolute_url()).content.decode()
    assert held.enrolment.person.full_name not in page
    assert held.enrolment.number not in page
    assert "A worker whose case you may not see" in page
    assert "1 reserved" in page


def test_hundreds_of_positions_are_counted_and_not_drawn(liaison, season, site):
    demand = JobDemandFactory(status="open", season=season, employer=site.employer, site=site, positions=300)
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert "300 vacant" in page
    assert page.count("b-free") == 0


# --- Who sees what ------------------------------------------------------------------------------------------------

STEPS = ("edit", "submit", "review", "approve", "return", "reject", "open", "cancel", "close")


def urls(demand, names=STEPS):
    return [reverse(f"demand:{name}", args=[demand.public_id]) for name in names]


def test_demands_of_other_programmes_do_not_exist(client_for, season, site):
    demand = JobDemandFactory(season=season, employer=site.employer, site=site)
    for role in ("liaison", "manager"):
        stranger = client_for(role, office="CO-BOG", language="en")
        mine = STEPS[:2] + STEPS[6:] if role == "liaison" else STEPS[2:6]
        assert stranger.get(demand.get_absolute_url()).status_code == 404
        assert {stranger.get(url).status_code for url in urls(demand, mine)} == {404}
        assert {stranger.post(url, {}).status_code for url in urls(demand, mine)} == {404}
        assert demand.number not in stranger.get("/demands/").content.decode()


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("liaison", {"edit", "submit", "open", "cancel", "close"}),
        ("manager", {"review", "approve", "return", "reject"}),
        ("caseworker", set()), ("data", set()), ("protection", set()), ("auditor", set()),
    ],
)  # fmt: skip
def test_each_role_has_its_steps(client_for, season, site, role, allowed):
    demand = JobDemandFactory(season=season, employer=site.employer, site=site)
    client = client_for(role, language="en")
    assert client.get(demand.get_absolute_url()).status_code == 200
    for name, url in zip(STEPS, urls(demand), strict=True):
        assert client.get(url).status_code == (200 if name in allowed else 403), name
    assert client.get("/demands/new/").status_code == (200 if role == "liaison" else 403)


@pytest.mark.parametrize("role", ["partner", "administrator"])
def test_partners_and_administrators_see_no_demand(client_for, season, site, role):
    demand = JobDemandFactory(season=season, employer=site.employer, site=site)
    client = client_for(role, language="en")
    assert {client.get(url).status_code for url in ["/demands/", demand.get_absolute_url(), *urls(demand)]} == {403}


# --- The list -----------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_by_season_and_status(liaison, season, site):
    draft = JobDemandFactory(season=season, employer=site.employer, site=site, requested_on=TODAY - timedelta(1))
    later = SeasonFactory(programme=season.programme)
    opened = JobDemandFactory(season=later, employer=site.employer, site=site, status="open")

    def numbers(query):
        return [demand.number for demand in liaison.get("/demands/" + query).context["page"]]

    assert numbers("") == [opened.number, draft.number]
    assert numbers("?status=draft") == [draft.number]
    assert numbers(f"?season={later.public_id}") == [opened.number]
    assert numbers(f"?season={later.public_id}&status=draft") == []
    assert numbers("?status=nonsense") == []
    assert numbers("?season=1") == []
    assert numbers(f"?employer={site.employer.public_id}") == numbers("")
    assert numbers(f"?employer={EmployerFactory(programmes=[season.programme]).public_id}") == []
    assert numbers(f"?employer={EmployerFactory(office=make_office('CO-BOG')).public_id}") == []
    assert numbers("?employer=1") == []
    assert numbers("?employer__office=1") == numbers("")
    assert "No demand matches" in liaison.get("/demands/?status=closed").content.decode()


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_rows(liaison, season, site):
    JobDemandFactory(season=season, employer=site.employer, site=site, status="open")
    one = queries(liaison, "/demands/")
    for _ in range(2):
        JobDemandFactory(season=season, status="open")
    assert queries(liaison, "/demands/") == one
    assert one == 9


def test_one_demand_asks_the_same_number_of_questions_for_any_number_of_workers(liaison, season, site):
    demand = JobDemandFactory(status="open", season=season, employer=site.employer, site=site, positions=4)
    SelectionFactory(demand=demand)
    one = queries(liaison, demand.get_absolute_url())
    SelectionFactory(demand=demand, position_status="accepted", case_status="in_documentation")
    SelectionFactory(demand=demand)
    assert queries(liaison, demand.get_absolute_url()) == one
    assert one == 12


# --- Authorisations -----------------------------------------------------------------------------------------------


def test_an_authorisation_through_the_pages(liaison, season, site):
    season.programme.authorisation_kind = "lmia_approval"
    season.programme.save()
    employer = site.employer
    url = reverse("demand:add_authorisation", args=[employer.public_id])
    data = {
        "kind": "lmia_approval", "number": "8412345", "positions": "10",
        "valid_from": TODAY.isoformat(), "valid_until": (TODAY + timedelta(300)).isoformat(),
    }  # fmt: skip
    assert send(liaison, url, **data).status_code == 302
    held = Authorisation.objects.get()
    assert held.employer == employer
    twice = send(liaison, url, **data)
    assert (twice.status_code, "already recorded" in twice.content.decode()) == (409, True)
    backwards = send(liaison, url, **{**data, "number": "2", "valid_until": (TODAY - timedelta(1)).isoformat()})
    assert {"valid_from", "valid_until"} <= set(backwards.context["form"].errors)
    edit = reverse("demand:edit_authorisation", args=[employer.public_id, held.public_id])
    assert send(liaison, edit, **{**data, "positions": "12"}).status_code == 302
    held.refresh_from_db()
    assert held.positions == 12
    other = EmployerFactory(programmes=[season.programme])
    assert liaison.get(reverse("demand:edit_authorisation", args=[other.public_id, held.public_id])).status_code == 404


def test_counts_are_said_in_words():
    counts = board.Counts({"vacant": 5, "accepted": 1, "lost": 0})
    assert counts.words == "5 vacant, 1 accepted"
    assert (counts.total, counts.given, counts.vacant, counts.boxes) == (6, 1, 5, [1, 0, 0, 5])
