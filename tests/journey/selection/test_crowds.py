"""Many people, one position: whoever is first has it, everybody else is told so, and nothing is overbooked."""

from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from programmes.base.common import deeds
from programmes.base.common.errors import RuleBroken, in_words
from programmes.journey.demand import actions as demand_actions
from programmes.journey.selection import actions
from programmes.models import Enrolment, Position, Selection
from tests.factories.demand import AuthorisationFactory, JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.fixtures.accounts import sign_in
from tests.fixtures.matching import machinery
from tests.fixtures.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date.today()
CROWD = 20


def crowd(demand, size=CROWD):
    return [EnrolmentFactory(season=demand.season, status="rostered") for _ in range(size)]


def test_twenty_threads_want_the_last_position_and_one_gets_it(user_for):
    by = user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=1)
    cases = crowd(demand)
    won, refused = at_once(CROWD, lambda n: actions.select(cases[n], by=by, demand=demand, on=TODAY))
    assert (len(won), len(refused)) == (1, CROWD - 1)
    assert all(isinstance(refusal, RuleBroken) for refusal in refused), refused
    assert {refusal.message for refusal in refused} == {"This demand has no vacant position left."}
    assert Selection.objects.get().position.status == "reserved"
    assert Enrolment.objects.filter(status="selected").count() == 1
    assert Enrolment.objects.filter(status="rostered", planned_start=None).count() == CROWD - 1


def test_twenty_threads_and_five_positions_fill_each_once(user_for):
    by = user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=5)
    cases = crowd(demand)

    def select_and_accept(n):
        actions.select(cases[n], by=by, demand=demand, on=TODAY)
        actions.accept(cases[n], by=by, on=TODAY)

    won, refused = at_once(CROWD, select_and_accept)
    demand.refresh_from_db()
    assert (len(won), len(refused)) == (5, CROWD - 5)
    assert {type(refusal) for refusal in refused} == {RuleBroken}
    assert sorted(Selection.objects.values_list("position__number", flat=True)) == [1, 2, 3, 4, 5]
    assert (demand.status, Position.objects.filter(status="accepted").count()) == ("filled", 5)


def test_twenty_browsers_want_the_last_position_and_one_gets_it(user_for):
    user = user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=1)
    cases = crowd(demand)
    browsers = [sign_in(user, Client()) for _ in range(CROWD)]
    addresses = [reverse("selection:select", args=[demand.public_id, case.public_id]) for case in cases]
    typed = [
        {**machinery(browser, address), "on": TODAY.isoformat()}
        for browser, address in zip(browsers, addresses, strict=True)
    ]
    answers, raised = at_once(CROWD, lambda n: browsers[n].post(addresses[n], typed[n]))
    assert raised == []
    assert sorted({answer.status_code for answer in answers}) == [302, 422]
    refused = [answer.content.decode() for answer in answers if answer.status_code == 422]
    assert len(refused) == CROWD - 1
    assert all("This demand has no vacant position left." in page for page in refused)
    assert Selection.objects.count() == 1


def test_one_person_is_selected_once_by_two_at_the_same_moment(user_for):
    by = user_for("liaison", language="en")
    person = PersonFactory()
    demands = [JobDemandFactory(status="open") for _ in range(2)]
    cases = [EnrolmentFactory(person=person, season=demand.season, status="rostered") for demand in demands]
    won, refused = at_once(2, lambda n: actions.select(cases[n], by=by, demand=demands[n], on=TODAY))
    assert (len(won), len(refused)) == (1, 1)
    refusal = refused[0] if isinstance(refused[0], RuleBroken) else in_words(refused[0])
    assert "already selected or abroad in" in refusal.message
    assert Selection.objects.count() == 1
    assert Position.objects.filter(status="reserved").count() == 1


def test_the_same_form_sent_by_twenty_threads_has_one_effect(user_for):
    user = user_for("liaison", language="en")
    demand = JobDemandFactory(status="open", positions=3)
    case = EnrolmentFactory(season=demand.season, status="rostered")
    browsers = [sign_in(user, Client()) for _ in range(CROWD)]
    address = reverse("selection:select", args=[demand.public_id, case.public_id])
    typed = {**machinery(browsers[0], address), "on": TODAY.isoformat()}
    answers, raised = at_once(CROWD, lambda n: browsers[n].post(address, typed))
    assert raised == []
    assert {answer.status_code for answer in answers} <= {302, 409, 422}
    assert [answer.status_code for answer in answers].count(302) >= 1
    assert Selection.objects.count() == 1


def test_a_demand_is_not_cancelled_under_a_selection(user_for):
    """Whoever comes first wins; never is a worker left on a cancelled demand."""
    by = user_for("liaison", language="en")
    for _ in range(5):
        demand = JobDemandFactory(status="open", positions=1)
        case = EnrolmentFactory(season=demand.season, status="rostered")
        deeds_ = [
            lambda demand=demand, case=case: actions.select(case, by=by, demand=demand, on=TODAY),
            lambda demand=demand: demand_actions.cancel(demand, by=by, version=demand.version, reason="no_work"),
        ]
        at_once(2, lambda n, deeds_=deeds_: deeds_[n]())
        demand.refresh_from_db()
        held = Position.objects.filter(demand=demand).exclude(status="vacant").exists()
        assert (demand.status, held) in {("cancelled", False), ("open", True)}


def test_two_demands_on_one_authorisation_never_claim_more_than_it_covers(user_for):
    by = user_for("liaison", language="en")
    first = JobDemandFactory(positions=6)
    programme = first.season.programme
    programme.authorisation_kind = "lmia_approval"
    programme.save()
    held = AuthorisationFactory(employer=first.employer, positions=10)
    demands = [first] + [
        JobDemandFactory(positions=6, season=first.season, employer=first.employer, site=first.site) for _ in range(3)
    ]
    for demand in demands:
        demand.authorisation = held
        demand.save()
        demand.refresh_from_db()
    won, refused = at_once(4, lambda n: demand_actions.submit(demands[n], by=by, version=demands[n].version))
    assert (len(won), len(refused)) == (1, 3)
    assert all("so 4 are left" in refusal.message for refusal in refused)
    assert demand_actions.claimed_positions(held) == 6


class Form:
    """The least that `attempt` asks of a form."""

    cleaned_data: dict = {}
    fields: dict = {}
    record = None

    def __init__(self):
        self.errors = []

    def add_error(self, field, message):
        self.errors.append(message)


def deadlock():
    error = OperationalError("deadlock detected")
    error.__cause__ = psycopg.errors.DeadlockDetected("deadlock detected")
    return error


def test_a_deadlock_is_retried_once_and_then_told(rf, user_for):
    demand = JobDemandFactory(status="open")
    case = EnrolmentFactory(season=demand.season, status="rostered")
    by, tries = user_for("liaison", language="en"), []

    def select_with_bad_luck(times):
        tries.append(1)
        selection = actions.select(case, by=by, demand=demand, on=TODAY)
        if len(tries) <= times:
            raise deadlock()
        return selection

    request = rf.post("/")
    request.user = by
    form = Form()
    assert deeds.attempt(request, form, lambda: select_with_bad_luck(2)) is None
    assert (len(tries), form.errors) == (
        2,
        ["Someone else was changing the same record. Nothing was saved. Try again."],
    )
    assert not Selection.objects.exists()
    tries.clear()
    assert deeds.attempt(request, Form(), lambda: select_with_bad_luck(1)).status_code == 302
    assert (len(tries), Selection.objects.count()) == (2, 1)


def test_a_real_deadlock_between_two_demands_ends_well(user_for, rf):
    """Two people lock the same two demands in opposite order: PostgreSQL ends one of them, the retry succeeds."""
    by = user_for("liaison", language="en")
    demands = [JobDemandFactory(status="open") for _ in range(2)]

    def lock_both(n):
        request = rf.post("/")
        request.user = by

        def deed():
            with connection.cursor() as cursor:
                for demand in demands if n else reversed(demands):
                    cursor.execute("UPDATE programmes_jobdemand SET terms = terms || 'x' WHERE id = %s", [demand.pk])
                    cursor.execute("SELECT pg_sleep(0.3)")
            return "/"

        return deeds.attempt(request, Form(), deed)

    answers, raised = at_once(2, lock_both)
    assert raised == []
    assert [answer.status_code for answer in answers] == [302, 302]
    for demand in demands:
        demand.refresh_from_db()
        assert demand.terms == "xx"


def test_no_more_positions_than_demanded_whoever_writes():
    demand = JobDemandFactory(status="open", positions=2)
    with pytest.raises(Exception, match="no more positions"), transaction.atomic():
        Position.objects.create(demand=demand, number=3)
    with pytest.raises(IntegrityError, match="position_number_once_per_demand"), transaction.atomic():
        Position.objects.create(demand=demand, number=2)
    with pytest.raises(Exception, match="more positions already"), transaction.atomic():
        JobDemandFactory._meta.model.objects.filter(pk=demand.pk).update(positions=1)
    JobDemandFactory._meta.model.objects.filter(pk=demand.pk).update(positions=3)
    Position.objects.create(demand=demand, number=3)
