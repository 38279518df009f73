"""Calling last season's workers again: offered, accepted into a later season, declined."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from programmes.base.common.errors import RuleBroken
from programmes.journey.enrolment import requirements, stays
from programmes.journey.enrolment.states import Status
from programmes.journey.recall import actions
from programmes.models import Enrolment, Requirement, Step, TestResult
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.pages import hidden, send
from tests.factories.placement import ship_codes
from tests.factories.rulebook import SeasonFactory
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def by(user_for):
    return user_for("liaison")


def case_in(status="recall_offered", **fields):
    return EnrolmentFactory(status=status, **fields)


def next_season(case, **fields):
    starts_on = case.season.starts_on + timedelta(days=365)
    return SeasonFactory(
        programme=case.programme, starts_on=starts_on, ends_on=starts_on + timedelta(days=500), **fields
    )


def test_offer_waits_for_the_worker(by):
    case = case_in("returned")
    actions.offer(case, by=by, on=TODAY)
    case.refresh_from_db()
    step = Step.objects.open().get(enrolment=case)
    assert (case.status, step.kind, step.waits_for) == (Status.RECALL_OFFERED, "recall", "worker")
    assert step.due_on == TODAY + timedelta(days=14)


def test_acceptance_closes_the_case_and_opens_the_next_on_the_roster(by, user_for):
    case = case_in(owner=user_for("caseworker"))
    season = next_season(case)
    following = actions.accept(case, by=by, season=season, on=TODAY, note="Same farm")
    case.refresh_from_db()
    assert (case.status, case.closure_reason, case.closed_on, case.closed_from) == (
        "closed", "recalled", TODAY, "recall_offered",
    )  # fmt: skip
    assert (case.next_step, case.next_due_on, Step.objects.open().filter(enrolment=case).count()) == ("", None, 0)
    assert (following.status, following.previous, following.season) == ("rostered", case, season)
    assert (following.person, following.office, following.owner) == (case.person, case.office, case.owner)
    assert following.diary.get(what="recalled").data == {"previous": case.number}
    assert case.next == following


def test_a_case_is_followed_by_one_at_most(by):
    case = case_in()
    actions.accept(case, by=by, season=next_season(case), on=TODAY)
    with pytest.raises(RuleBroken, match="Offer the recall first"):
        actions.accept(case, by=by, season=next_season(case), on=TODAY)
    with pytest.raises(Exception, match="previous_id"):
        EnrolmentFactory(previous=case)


def test_acceptance_needs_a_later_season_of_the_same_programme(by):
    case = case_in()
    for season in (case.season, SeasonFactory(starts_on=next_season(case).starts_on)):
        with pytest.raises(RuleBroken, match="later season") as refused:
            actions.accept(case, by=by, season=season, on=TODAY)
        assert refused.value.field == "season"
    assert Enrolment.objects.count() == 1


def test_acceptance_without_consent_in_force_changes_nothing(by):
    case = case_in()
    case.person.consents.all().delete()
    with pytest.raises(RuleBroken, match="consent"):
        actions.accept(case, by=by, season=next_season(case), on=TODAY)
    case.refresh_from_db()
    assert (case.status, Enrolment.objects.count()) == (Status.RECALL_OFFERED, 1)


def test_acceptance_needs_an_offer(by):
    case = case_in("returned")
    with pytest.raises(RuleBroken, match="Offer the recall first"):
        actions.accept(case, by=by, season=next_season(case), on=TODAY)


def test_declining_is_told_and_the_next_decision_is_due(by):
    case = case_in()
    actions.decline(case, by=by, on=TODAY, reason="family")
    case.refresh_from_db()
    assert case.status == Status.RECALL_OFFERED
    assert case.diary.get(what="recall_declined").data == {"recall_refusal": "family"}
    assert [(s.kind, s.due_on) for s in Step.objects.open().filter(enrolment=case)] == [
        ("after_return", TODAY + timedelta(days=14))
    ]


def address(case, name):
    return reverse(f"recall:{name}", args=[case.public_id])


def test_acceptance_through_the_page_leads_to_the_new_case(client_for):
    case, client = case_in(), client_for("liaison")
    season = next_season(case)
    next_season(case, active=False)
    page = client.get(address(case, "accept")).content.decode()
    assert page.count("<option") == 2  # the empty one and the season that takes cases
    form = hidden(page) | {"season": season.pk, "on": TODAY.isoformat(), "note": ""}
    for _ in range(2):
        response = client.post(address(case, "accept"), form)
        following = Enrolment.objects.get(previous=case)
        assert response.url == following.get_absolute_url()
    page = client.get(reverse("returns:detail", args=[case.public_id])).content.decode()
    assert following.number in page


def test_declining_through_the_page(client_for):
    ship_codes("withdrawal")
    case = case_in()
    response = send(client_for("liaison"), address(case, "decline"), reason="better_job", on=TODAY.isoformat())
    assert response.url == reverse("returns:detail", args=[case.public_id])
    assert case.diary.filter(what="recall_declined").exists()
    page = client_for("caseworker").get(reverse("returns:detail", args=[case.public_id])).content.decode()
    assert address(case, "accept") not in page
    assert reverse("casefile:move", args=[case.public_id, "in_reintegration"]) in page
    assert reverse("casefile:move", args=[case.public_id, "closed"]) in page


def test_the_section_return_offers_both_answers(client_for, by):
    case = case_in("returned")
    actions.offer(case, by=by, on=TODAY)
    page = client_for("liaison").get(reverse("returns:detail", args=[case.public_id])).content.decode()
    assert address(case, "accept") in page
    assert address(case, "decline") in page


@pytest.mark.parametrize("role", ["data", "protection", "auditor", "partner", "administrator"])
@pytest.mark.parametrize("name", ["accept", "decline"])
def test_who_may_not_answer_a_recall(client_for, role, name):
    assert client_for(role).post(address(case_in(), name), {}).status_code == 403


@pytest.mark.parametrize("name", ["accept", "decline"])
def test_another_office_does_not_find_it(client_for, name):
    client = client_for("liaison", office=make_office("CO-BOG"))
    assert client.get(address(case_in(), name)).status_code == 404


def test_a_season_of_another_programme_is_no_choice(client_for):
    case = case_in()
    response = send(client_for("liaison"), address(case, "accept"), season=SeasonFactory().pk, on=TODAY.isoformat())
    assert response.status_code == 422
    assert Enrolment.objects.count() == 1


def test_who_was_tested_seasons_ago_is_still_tested_however_often_recalled(by, django_assert_num_queries):
    first = case_in("closed")
    asked = Requirement.objects.create(
        programme=first.programme, stage="rostered", kind="test", code="literacy", labels={"es": "Leer", "en": "Read"}
    )
    TestResult.objects.create(enrolment=first, requirement=asked, score=90, passed=True, taken_on=TODAY)
    seasons = [first]
    for _season in range(3):
        before = seasons[-1]
        seasons.append(
            EnrolmentFactory(status="closed", previous=before, season=next_season(before), person=first.person)
        )
    latest, alone = Enrolment.objects.get(pk=seasons[-1].pk), EnrolmentFactory()
    with django_assert_num_queries(1):
        stays.read_chains([alone, latest])
        assert stays.chain_of(latest) == [case.pk for case in reversed(seasons)]
        assert stays.chain_of(alone) == [alone.pk]
    (standing,) = requirements.standings(latest, stages={"rostered"})
    assert standing.is_met
