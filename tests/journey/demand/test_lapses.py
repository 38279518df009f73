"""An authorisation that lapses, and seats nobody claims twice."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from programmes.base.common.errors import RuleBroken
from programmes.base.notifications import actions as letters
from programmes.base.notifications.kinds import AUTHORISATION_LAPSED, AUTHORISATION_LAPSES
from programmes.journey.demand import actions, rules
from programmes.journey.selection import actions as selections
from programmes.models import Authorisation, JobDemand, Letter
from tests.factories.demand import AuthorisationFactory, JobDemandFactory
from tests.factories.employers import EmployerFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import RuleValueFactory, SeasonFactory
from tests.factories.selection import SelectionFactory
from tests.fixtures.matching import send
from tests.fixtures.threads import at_once

TODAY = date.today()
DAY = timedelta(days=1)


def noon(day):
    return datetime.combine(day, time(18), tzinfo=UTC)


@pytest.mark.django_db
def test_a_lapse_keeps_the_seats_lets_nobody_travel_and_is_said_to_everybody(client_for, user_for):
    liaison = client_for("liaison", language="en", time_zone="America/Guatemala", digest_hour=7)
    manager = user_for("manager", time_zone="America/Guatemala", digest_hour=7)
    season = SeasonFactory()
    season.programme.authorisation_kind = "lmia_approval"
    season.programme.save()
    held = AuthorisationFactory(employer=EmployerFactory(programmes=[season.programme]))
    demand = JobDemandFactory(
        season=season, employer=held.employer, authorisation=held, status="open", positions=4, created_by=liaison.user
    )
    accepted = SelectionFactory(demand=demand, position_status="accepted", case_status="ready_to_travel")
    SelectionFactory(demand=demand)
    case = accepted.enrolment

    def stops():
        return "authorisation_lapsed" in {item.code for item in case.missing_for("travelling")}

    assert not stops()
    url = reverse("demand:edit_authorisation", args=[held.employer.public_id, held.public_id])
    facts = {
        "kind": held.kind, "number": held.number, "positions": "20", "valid_from": held.valid_from.isoformat(),
        "valid_until": held.valid_until.isoformat(),
    }  # fmt: skip
    assert send(liaison, url, **facts, withdrawn_on=(TODAY + DAY).isoformat()).status_code == 422
    assert send(liaison, url, **facts, withdrawn_on=TODAY.isoformat()).status_code == 302
    case.refresh_from_db()
    assert stops()
    with pytest.raises(RuleBroken, match="nobody is selected until it is renewed"):
        selections.select(EnrolmentFactory(season=season, status="rostered"), by=liaison.user, demand=demand, on=TODAY)
    assert actions.expire_lapsed(TODAY) == 0
    assert sorted(demand.places.values_list("status", flat=True)) == ["accepted", "reserved", "vacant", "vacant"]
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert f"The authorisation {held.number} lapsed" in page
    assert "2 positions are held and stay held; nobody travels and nobody is selected until it is renewed." in page
    assert "authorisation lapsed" in liaison.get("/demands/").content.decode()

    assert letters.remind_due(noon(TODAY)) == 2
    assert letters.remind_due(noon(TODAY + DAY)) == 0
    written = Letter.objects.filter(kind=AUTHORISATION_LAPSED)
    assert {letter.to for letter in written} == {liaison.user, manager}
    assert "2 positions of this demand are held" in written.get(to=liaison.user).body_text

    new = AuthorisationFactory(employer=held.employer, positions=3)
    renew = reverse("demand:renew", args=[demand.public_id])
    small = send(liaison, renew, authorisation=str(new.public_id))
    assert "covers 3 positions" in str(small.context["form"].errors["authorisation"])
    Authorisation.objects.filter(pk=new.pk).update(positions=4)
    assert send(liaison, renew, authorisation=str(new.public_id)).status_code == 302
    case = type(case).objects.get(pk=case.pk)
    assert not stops()


@pytest.mark.django_db
def test_the_liaison_hears_60_30_and_14_days_before_an_authorisation_lapses(user_for):
    liaison = user_for("liaison", time_zone="America/Guatemala", digest_hour=7)
    user_for("manager", time_zone="America/Guatemala")
    held = AuthorisationFactory(valid_until=TODAY + timedelta(60))
    season = SeasonFactory()
    for _ in range(2):  # two demands, one letter
        JobDemandFactory(season=season, authorisation=held, status="open", requested_on=TODAY - timedelta(90))
    found = [letters.remind_due(noon(held.valid_until - timedelta(left))) for left in (61, 60, 59, 30, 14, 13, 1)]
    assert found == [0, 1, 0, 1, 1, 0, 0]
    assert set(Letter.objects.values_list("to", "kind")) == {(liaison.pk, AUTHORISATION_LAPSES)}


@pytest.mark.django_db
def test_the_database_counts_authorised_seats_too():
    held = AuthorisationFactory(positions=5)
    JobDemandFactory(authorisation=held, status="open", positions=3)
    second = JobDemandFactory(authorisation=held, positions=3)
    rows = JobDemand.objects.filter(pk=second.pk)
    for change in ({"status": "submitted"},):
        with pytest.raises(DatabaseError, match="has not so many positions left"), transaction.atomic():
            rows.update(**change)
    rows.update(positions=2)
    assert rows.update(status="submitted") == 1
    with pytest.raises(DatabaseError, match="has not so many positions left"), transaction.atomic():
        rows.update(positions=3)
    with pytest.raises(DatabaseError, match="use more positions"), transaction.atomic():
        Authorisation.objects.filter(pk=held.pk).update(positions=4)


@pytest.mark.django_db(transaction=True)
def test_two_liaisons_hand_in_demands_on_one_authorisation_and_fill_them_at_once(user_for):
    by = [user_for("liaison", language="en") for _ in range(2)]
    held = AuthorisationFactory(positions=5)
    season = SeasonFactory()
    season.programme.authorisation_kind = held.kind
    season.programme.save()
    held.employer.programmes.add(season.programme)
    drafts = [
        JobDemandFactory(season=season, employer=held.employer, authorisation=held, positions=3) for _ in range(2)
    ]
    done, refused = at_once(2, lambda n: actions.submit(drafts[n], by=by[n], version=drafts[n].version))
    assert (len(done), [type(error) for error in refused]) == (1, [RuleBroken])
    claimed = JobDemand.objects.filter(authorisation=held, status="submitted")
    assert sum(claimed.values_list("positions", flat=True)) == 3
    demand = JobDemandFactory(season=season, employer=held.employer, authorisation=held, positions=2, status="open")
    cases = [EnrolmentFactory(season=season, status="rostered") for _ in range(4)]
    won, lost = at_once(4, lambda n: selections.select(cases[n], by=by[n % 2], demand=demand, on=TODAY))
    assert (len(won), {type(error) for error in lost}) == (2, {RuleBroken})
    assert {selection.position.number for selection in won} == {1, 2}


@pytest.mark.django_db
def test_housing_inspected_long_before_the_application_is_warned_of(client_for):
    liaison = client_for("liaison", language="en")
    demand = JobDemandFactory(season=SeasonFactory())
    RuleValueFactory(programme=demand.season.programme, key="housing_inspection_months", value=8)
    assert "No inspection of the housing is recorded." in liaison.get(demand.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("inspected", "applied", "old"),
    [
        (date(2026, 1, 31), date(2026, 9, 30), False),
        (date(2026, 1, 31), date(2026, 10, 1), True),
        (date(2025, 6, 29), date(2026, 2, 28), False),
        (date(2025, 6, 30), date(2026, 2, 28), False),
        (date(2025, 6, 28), date(2026, 3, 1), True),
        (date(2027, 6, 30), date(2028, 2, 29), False),
    ],
)
def test_eight_months_end_on_the_same_day_or_the_last_of_a_shorter_month(inspected, applied, old):
    assert bool(rules.inspection_problem(inspected, applied, 8)) is old
    assert rules.inspection_problem(inspected, applied, None) is None


@pytest.mark.parametrize(
    ("criteria", "word"),
    [
        ("Two years of experience with cattle. Driving licence.", None),
        ("Trabajadores con experiencia; hombres y mujeres por igual", None),
        ("Only men", "men"), ("Se buscan VARONES fuertes", "varones"), ("Señoritas con buena presencia", "senoritas"),
        ("women and men", None), ("Hommes et femmes", None), ("Homens", "homens"), ("menu planning", None), ("", None),
    ],
)  # fmt: skip
def test_criteria_name_no_sex(criteria, word):
    problem = rules.criteria_problem(criteria)
    assert (problem is None) if word is None else f"“{word}” names a sex" in problem
