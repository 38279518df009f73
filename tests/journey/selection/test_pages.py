"""The shortlist of a demand and selecting from it, through the pages."""

import re
import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from programmes.journey.enrolment import actions as cases
from programmes.journey.selection import candidacies
from programmes.models import Enrolment, InterviewDay, InterviewPlace, Position, Proposal, Selection
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import RequirementFactory, SeasonFactory
from tests.factories.selection import CandidacyFactory, SelectionFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def demand():
    return JobDemandFactory(status="open", positions=2)


@pytest.fixture
def liaison(client_for, demand):
    return client_for("liaison", language="en")


def rostered(demand, *, days=10, **more):
    return EnrolmentFactory(
        season=demand.season, status="rostered", status_since=timezone.now() - timedelta(days=days), **more
    )


def shortlist(demand):
    return reverse("selection:candidates", args=[demand.public_id])


def select_url(demand, case):
    return reverse("selection:select", args=[demand.public_id, case.public_id])


def numbers(response):
    return [case.number for case in response.context["rows"]]


def test_the_shortlist_puts_whom_the_employer_knows_first_then_who_waited_longest(liaison, demand):
    fresh, waited = rostered(demand, days=2), rostered(demand, days=200)
    known = rostered(demand, days=1)
    before = JobDemandFactory(
        status="closed", employer=demand.employer, season=SeasonFactory(programme=demand.season.programme)
    )
    SelectionFactory(
        demand=before,
        enrolment=EnrolmentFactory(
            person=known.person, season=before.season, status="closed", departed_on=TODAY - timedelta(300)
        ),
        position_status="vacated",
    )
    rostered(JobDemandFactory(status="open"))
    EnrolmentFactory(season=demand.season, status="selected")
    response = liaison.get(shortlist(demand))
    assert numbers(response) == [known.number, waited.number, fresh.number]
    page = response.content.decode()
    assert "2 positions are vacant." in page
    assert "1 season" in page
    assert page.count(">Reserve a position<") == 3


def test_the_ranking_goes_on_page_by_page(liaison, demand):
    cases = [rostered(demand, days=100 - n) for n in range(30)]
    first = liaison.get(shortlist(demand))
    second = liaison.get(shortlist(demand), {"after": first.context["page"].after})
    assert numbers(first) + numbers(second) == [case.number for case in cases]
    assert numbers(liaison.get(shortlist(demand), {"before": second.context["page"].before})) == numbers(first)
    for broken in ("0", "-1", "x", "9" * 30):
        assert numbers(liaison.get(shortlist(demand), {"after": broken})) == numbers(first)
    assert numbers(liaison.get(shortlist(demand), {"after": "9999"})) == []
    part = liaison.get(shortlist(demand), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part


def test_a_candidate_is_found_by_post_and_never_by_address(liaison, demand):
    person = PersonFactory(given_names="José Ángel", first_surname="Núñez", second_surname="Xol")
    wanted, other = rostered(demand, person=person), rostered(demand)
    find = reverse("selection:find", args=[demand.public_id])
    assert numbers(liaison.post(find, {"q": "nunez JOSE"})) == [wanted.number]
    assert numbers(liaison.post(find, {"q": other.number.lower()})) == [other.number]
    assert numbers(liaison.post(find, {"q": "%"})) == []
    assert numbers(liaison.post(find, {"q": ""})) == []
    nobody = liaison.post(find, {"q": "Zzz"})
    assert "No candidate matches" in nobody.content.decode()
    assert liaison.get(find).url == shortlist(demand)
    assert 'method="post"' in liaison.get(shortlist(demand)).content.decode()


def test_select_from_the_shortlist(liaison, demand):
    case = rostered(demand)
    url = select_url(demand, case)
    page = liaison.get(url).content.decode()
    assert case.person.full_name in page
    assert "One of 2 vacant positions is reserved." in page
    response = send(liaison, url, on=TODAY.isoformat(), named="on")
    assert response.url == demand.get_absolute_url() + "#seats"
    selection = Selection.objects.get()
    assert (selection.enrolment, selection.named, selection.created_by) == (case, True, liaison.user)
    assert case.person.full_name in liaison.get(demand.get_absolute_url()).content.decode()


def test_what_is_missing_is_named_before_and_after_sending(liaison, demand):
    case = rostered(demand)
    RequirementFactory(
        programme=demand.season.programme, stage="selected", labels={"es": "Entrevista", "en": "Interview"}
    )
    url = select_url(demand, case)
    page = liaison.get(url).content.decode()
    assert "Not yet: 1 thing missing" in page
    assert "Interview" in page
    refused = send(liaison, url, on=TODAY.isoformat())
    assert refused.status_code == 422
    assert "Not yet: 1 thing is missing: Interview." in refused.content.decode()
    assert not Selection.objects.exists()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("", "required"),
        ((TODAY + timedelta(1)).isoformat(), "lies in the future"),
        ("2020-01-01", "before the registration"),
        ("03/04/2026", "read in two ways"),
        ("2026-02-30", "valid date"),
    ],
)
def test_the_day_of_selection_is_read_carefully(liaison, demand, day, words):
    response = send(liaison, select_url(demand, rostered(demand)), on=day)
    assert response.status_code == 422
    assert words in str(response.context["form"].errors["on"])
    assert not Position.objects.exclude(status="vacant").exists()


def test_a_stale_case_is_refused_and_shown(liaison, demand):
    case = rostered(demand)
    url = select_url(demand, case)
    typed = {**machinery(liaison, url), "on": TODAY.isoformat()}
    Enrolment.objects.filter(pk=case.pk).update(registered_on=case.registered_on - timedelta(1))
    stale = liaison.post(url, typed)
    assert stale.status_code == 409
    assert "changed after you opened it" in stale.content.decode()
    for token in ("", "text", "-1"):
        assert liaison.post(url, {**typed, "version": token}).status_code in {409, 422}
    assert not Selection.objects.exists()


def test_when_the_last_position_is_gone_the_page_says_so(liaison, demand):
    case = rostered(demand)
    url = select_url(demand, case)
    typed = {**machinery(liaison, url), "on": TODAY.isoformat()}
    SelectionFactory(demand=demand)
    SelectionFactory(demand=demand)
    refused = liaison.post(url, typed)
    assert refused.status_code == 422
    assert "This demand has no vacant position left." in refused.content.decode()
    assert ">Reserve a position<" not in liaison.get(shortlist(demand)).content.decode()


def test_the_case_s_own_form_offers_demands_with_vacancies(liaison, demand):
    case = rostered(demand)
    full = JobDemandFactory(status="open", season=demand.season, positions=1)
    SelectionFactory(demand=full)
    JobDemandFactory(status="draft", season=demand.season)
    JobDemandFactory(status="open")
    url = reverse("casefile:move", args=[case.public_id, "selected"])
    form = liaison.get(url).context["form"]
    assert [value for value, _label in form.fields["demand"].choices] == ["", str(demand.public_id)]
    refused = send(liaison, url, demand=str(full.public_id), on=TODAY.isoformat())
    assert "no vacant position left" in str(refused.context["form"].errors["demand"])
    foreign = send(liaison, url, demand=str(JobDemandFactory(status="open").public_id), on=TODAY.isoformat())
    assert "takes no workers any more" in str(foreign.context["form"].errors["demand"])
    assert send(liaison, url, demand="1", on=TODAY.isoformat()).status_code == 422
    assert send(liaison, url, demand=str(demand.public_id), on=TODAY.isoformat()).status_code == 302
    case.refresh_from_db()
    assert case.status == "selected"


def test_offer_accept_and_give_back_through_the_pages(liaison, demand):
    first, second = SelectionFactory(demand=demand), SelectionFactory(demand=demand)
    offer = reverse("selection:offer", args=[demand.public_id, first.position.number])
    assert send(liaison, offer, on=TODAY.isoformat()).status_code == 302
    assert liaison.get(offer).status_code == 404
    page = liaison.get(demand.get_absolute_url()).content.decode()
    answer = reverse("casefile:move", args=[first.enrolment.public_id, "in_documentation"])
    assert answer in page
    assert send(liaison, answer, on=TODAY.isoformat()).status_code == 302
    back = reverse("casefile:move", args=[second.enrolment.public_id, "rostered"])
    assert send(liaison, back, on=TODAY.isoformat(), reason="").status_code == 422
    assert send(liaison, back, on=TODAY.isoformat(), reason="worker_declined", note="Family.").status_code == 302
    demand.refresh_from_db()
    statuses = Position.objects.filter(demand=demand).order_by("number").values_list("status", flat=True)
    assert (demand.status, list(statuses)) == ("partly_filled", ["accepted", "vacant"])


# --- Who sees what ------------------------------------------------------------------------------------------------


def pages(demand, case, number):
    return [
        shortlist(demand),
        reverse("selection:find", args=[demand.public_id]),
        select_url(demand, case),
        reverse("selection:offer", args=[demand.public_id, number]),
    ]


def test_other_offices_find_nothing(client_for, demand):
    case, held = rostered(demand), SelectionFactory(demand=demand)
    stranger = client_for("liaison", office="CO-BOG", language="en")
    urls = pages(demand, case, held.position.number)
    assert {stranger.get(url).status_code for url in urls} == {404}
    assert {stranger.post(url, {}).status_code for url in urls[1:]} == {404}


def test_candidates_of_another_office_are_not_shown_and_not_selected(client_for, demand):
    case = rostered(demand)
    demand.season.programme.offices.add(make_office("GT-HUE"))
    colleague = client_for("liaison", office="GT-HUE", language="en")
    mine = rostered(demand, office=make_office("GT-HUE"))
    assert numbers(colleague.get(shortlist(demand))) == [mine.number]
    assert colleague.get(select_url(demand, case)).status_code == 404
    assert numbers(colleague.post(reverse("selection:find", args=[demand.public_id]), {"q": case.number})) == []


def test_a_case_of_another_season_is_not_selected_here(liaison, demand):
    assert (
        liaison.get(
            select_url(demand, rostered(JobDemandFactory(status="open", season__programme=demand.season.programme)))
        ).status_code
        == 404
    )


@pytest.mark.parametrize("role", ["data", "protection", "auditor", "partner", "administrator"])
def test_other_roles_do_not_match(client_for, demand, role):
    case, held = rostered(demand), SelectionFactory(demand=demand)
    client = client_for(role, language="en")
    assert {client.get(url).status_code for url in pages(demand, case, held.position.number)} == {403}


@pytest.mark.parametrize("role", ["caseworker", "manager"])
def test_caseworkers_and_managers_match_too(client_for, demand, role):
    case = rostered(demand)
    client = client_for(role, language="en")
    assert send(client, select_url(demand, case), on=TODAY.isoformat()).status_code == 302


# --- Counts -------------------------------------------------------------------------------------------------------


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_shortlist_asks_the_same_number_of_questions_for_any_number_of_rows(liaison, demand):
    rostered(demand)
    one = queries(liaison, shortlist(demand))
    for _ in range(2):
        rostered(demand, person=PersonFactory(occupation="9214", experience_years=3))
    assert queries(liaison, shortlist(demand)) == one
    assert one == 10


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "1e3", "٣", "0x1", "%00"])
def test_positions_that_do_not_exist_are_not_found(liaison, demand, number):
    assert liaison.get(f"{demand.get_absolute_url()}positions/{number}/offer/").status_code in {400, 404}


@pytest.mark.parametrize("broken", ["1", "0", "not-a-uuid", "00000000-0000-0000-0000-000000000000"])
def test_demands_and_cases_that_do_not_exist_are_not_found(liaison, demand, broken):
    assert liaison.get(f"/demands/{broken}/").status_code == 404
    assert liaison.get(f"/demands/{broken}/candidates/").status_code == 404
    assert liaison.get(f"{shortlist(demand)}{broken}/").status_code == 404


def test_a_case_handed_to_another_office_meanwhile_is_not_selected(liaison, demand):
    case = rostered(demand)
    url = select_url(demand, case)
    typed = {**machinery(liaison, url), "on": TODAY.isoformat()}
    Enrolment.objects.filter(pk=case.pk).update(office=make_office("GT-HUE"))
    assert liaison.post(url, typed).status_code == 404
    assert not Selection.objects.exists()


# --- Shortlist, interviews, seats ---------------------------------------------------------------------------------


def listed_page(demand):
    return reverse("selection:shortlist", args=[demand.public_id])


def test_ticked_candidates_come_onto_the_shortlist_and_get_results_there(liaison, demand):
    first, second = rostered(demand), rostered(demand)
    page = liaison.get(shortlist(demand)).content.decode()
    assert "First season abroad" in page
    put = reverse("selection:put_forward", args=[demand.public_id])
    typed = machinery(liaison, shortlist(demand))
    nobody = liaison.post(put, typed)
    assert (nobody.status_code, "Tick the candidates first." in nobody.content.decode()) == (422, True)
    answer = liaison.post(put, {**typed, "cases": [str(first.public_id), str(second.public_id)]})
    assert answer.url == listed_page(demand)
    assert 'name="cases"' not in liaison.get(shortlist(demand)).content.decode()
    one, two = demand.candidacies.order_by("pk")
    result = reverse("selection:decide", args=[demand.public_id, one.public_id])
    refused = send(liaison, result, result="not_selected", on=TODAY.isoformat(), note="Kept.")
    assert refused.status_code == 422
    assert "Kept." in refused.content.decode()
    assert send(liaison, result, result="selected", position="2", on=TODAY.isoformat()).url == listed_page(demand)
    assert Selection.objects.get().position.number == 2
    later = reverse("selection:decide", args=[demand.public_id, two.public_id])
    taken = send(liaison, later, result="selected", position="2", on=TODAY.isoformat())
    assert "The next vacant one is position 1" in taken.content.decode()
    assert send(liaison, later, result="reserve", on=TODAY.isoformat()).status_code == 302
    page = liaison.get(listed_page(demand)).content.decode()
    assert "place 1" in page
    assert "Ready" in page


def test_the_day_of_interviews_is_planned_filled_and_listed(liaison, demand):
    one = CandidacyFactory(demand=demand)
    address = reverse("selection:plan_day", args=[demand.public_id])
    terms = {"channel": "in_person", "place": "Salón comunal", "first_at": "08:00", "minutes": 20, "slots": 3}
    past = send(liaison, address, day="2020-01-01", capacity=2, **terms)
    assert "Choose today or a later day." in past.content.decode()
    day = send(liaison, address, day=(TODAY + timedelta(3)).isoformat(), capacity=2, **terms).url
    assert liaison.get(day).content.decode().count(">free<") == 6
    assert liaison.post(f"{day}fill/").url == day
    page = liaison.get(day).content.decode()
    assert (one.enrolment.person.full_name in page, page.count(">free<")) == (True, 5)
    turn = reverse("selection:invite", args=[demand.public_id, one.public_id])
    assert send(liaison, turn, place="").status_code == 302
    assert send(liaison, turn, place="999999").status_code == 422
    candidacies.decide(
        demand.candidacies.get(), by=liaison.user, version=demand.candidacies.get().version, result="selected", on=TODAY
    )
    assert liaison.get(reverse("selection:decide", args=[demand.public_id, one.public_id])).status_code == 404
    type(demand).objects.filter(pk=demand.pk).update(status="cancelled")
    refused = liaison.post(f"{day}fill/", follow=True)
    assert (refused.status_code, "takes no workers now" in refused.content.decode()) == (200, True)


def test_a_seat_tells_who_held_it_and_why_not_any_more_and_the_next_is_given_it_in_one_action(
    liaison, client_for, demand
):
    selection = SelectionFactory(demand=demand, position_status="accepted", case_status="in_documentation")
    following = CandidacyFactory(demand=demand, status="reserve", rank=1)
    cases.move(selection.enrolment, "unfit", by=liaison.user, on=TODAY, reason="health")
    page = liaison.get(listed_page(demand)).content.decode()
    gave, comes = selection.enrolment.person.full_name, following.enrolment.person.full_name
    assert gave in page
    form = page.split('<form method="post" action="' + (give := give_url(demand)))[1].split("</form>")[0]
    typed = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert liaison.post(give, typed).url == listed_page(demand)
    assert liaison.post(give, {**typed, "key": str(uuid.uuid4())}).status_code == 422
    seat = reverse("selection:seat", args=[demand.public_id, 1])
    story = liaison.get(seat).content.decode()
    assert story.index(comes) < story.index(gave)
    assert "Why not any more" in story
    assert seat in liaison.get(demand.get_absolute_url()).content.decode()
    stranger = client_for("auditor", office="CO-BOG", language="en")
    assert stranger.get(seat).status_code == 404


def give_url(demand):
    proposal = Proposal.objects.open().get(position__demand=demand)
    return reverse("selection:give", args=[demand.public_id, proposal.public_id])


def test_the_shortlist_and_the_day_ask_the_same_number_of_questions_for_any_number_of_rows(liaison, demand):
    def more(rank):
        CandidacyFactory(demand=demand)
        CandidacyFactory(demand=demand, status="reserve", rank=rank)
        place = InterviewPlace.objects.create(day=day, starts_at="08:00", number=rank)
        CandidacyFactory(demand=demand, place=place)
        gone = EnrolmentFactory(season=demand.season, status="withdrawn")
        position = demand.places.get(number=rank)
        SelectionFactory(enrolment=gone, position=position, released_on=TODAY, release_reason="health")

    demand = JobDemandFactory(status="open", positions=3, season=demand.season)
    day = InterviewDay.objects.create(demand=demand, day=TODAY, place="Salón")
    more(1)
    listed, planned = queries(liaison, listed_page(demand)), queries(liaison, day.get_absolute_url())
    for rank in (2, 3):
        more(rank)
    assert queries(liaison, listed_page(demand)) == listed
    assert queries(liaison, day.get_absolute_url()) == planned
    assert planned <= 9
    assert listed <= 22
