"""One person works at one place at a time: held by PostgreSQL, whoever writes and however many at once."""

import threading
import uuid
from collections import Counter

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programmes.base.common.errors import RuleBroken, in_words
from programmes.journey.placement import actions
from programmes.models import Placement, Position
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.placement import PlacementFactory, days, occupied_position, travelling_case
from tests.factories.rulebook import SeasonFactory

INSERT = """
INSERT INTO programmes_placement (public_id, created_at, version, status, status_since, enrolment_id, person_id,
    position_id, starts_on, ends_on, ended_on, end_cause)
VALUES (gen_random_uuid(), now(), 1, %s, now(), %s, %s, %s, %s, %s, %s, '')
"""
# (first day, length, days cut off by an early end or None, cancelled)
PERIODS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 20), st.none() | st.integers(0, 20), st.booleans()), max_size=8
)


def insert(case, position, starts, ends, *, ended=None, status="started"):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, [status, case.pk, case.person_id, position.pk, starts, ends, ended])


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(periods=PERIODS)
def test_the_constraint_agrees_with_a_day_by_day_model(periods):
    """A period is taken exactly when none of its days is; an early end frees the rest, a cancelled one frees all."""
    with transaction.atomic():
        case = EnrolmentFactory()
        position = occupied_position(case)
        taken: set = set()
        for first, length, cut, cancelled in periods:
            last = first + length
            ended = None if cut is None or cancelled else max(first, last - cut)
            worked = set(range(first, (last if ended is None else ended) + 1))
            expected = cancelled or not worked & taken
            refused = None
            try:
                insert(
                    case,
                    position,
                    days(first),
                    days(last),
                    ended=None if ended is None else days(ended),
                    status="cancelled" if cancelled else "completed" if ended is not None else "started",
                )
            except IntegrityError as refusal:
                refused = in_words(refusal)
            assert (refused is None) == expected
            assert refused is None or refused.message == "This person already has a placement at these dates."
            if expected and not cancelled:
                taken |= worked
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_two_people_may_work_at_the_same_dates():
    first, second = PlacementFactory(), PlacementFactory()
    assert (first.starts_on, first.person) != (second.starts_on, second.person)
    assert Placement.objects.running().count() == 2


@pytest.mark.django_db
def test_arrival_names_the_placement_in_the_way(user_for):
    person = PersonFactory()
    season = SeasonFactory()
    other = PlacementFactory(
        first=-40, last=-5, status="completed", ended_on=days(-5),
        case={"person": person, "status": "ended"},
    )  # fmt: skip
    case = travelling_case(starts=-5, departed=-12, season=season, person=person)
    with pytest.raises(RuleBroken, match="already has a placement from") as refused:
        actions.confirm_arrival(case, by=user_for("liaison"), on=days(-6), starts_on=days(-5))
    assert refused.value.field == "starts_on"
    assert actions.confirm_arrival(case, by=user_for("liaison"), on=days(-6), starts_on=days(-4)).person == other.person


def together(*deeds):
    """Run the deeds at the same moment, each in a thread with a connection of its own; returns what each came to."""
    outcomes: list = [None] * len(deeds)
    gate = threading.Barrier(len(deeds))

    def run(place, deed):
        try:
            gate.wait(20)
            outcomes[place] = deed()
        except (DatabaseError, RuleBroken) as refusal:
            outcomes[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_place_one_person_at_overlapping_dates_one_wins(user_for):
    """Eighteen by SQL, two through the deed with cases of their own: one placement stands, the others are refused."""
    by, person = user_for("liaison"), PersonFactory()
    spring = travelling_case(starts=-10, ends=20, departed=-12, person=person)
    summer = travelling_case(starts=21, ends=60, departed=-12, person=person)
    past = EnrolmentFactory(person=person)
    place = occupied_position(past)

    def by_deed(case, ends):
        return lambda: actions.confirm_arrival(case, by=by, on=days(-9), starts_on=days(-8), ends_on=days(ends))

    def by_sql(n):
        return lambda: insert(past, place, days(-8 - n), days(10 + n)) or "inserted"

    outcomes = together(by_deed(spring, 20), by_deed(summer, 30), *(by_sql(n) for n in range(18)))
    refusals = [one for one in outcomes if isinstance(one, Exception)]
    assert Placement.objects.filter(person=person).count() == 1
    assert len(refusals) == 19
    for refusal in refusals:
        words = refusal if isinstance(refusal, RuleBroken) else in_words(refusal)
        assert words is not None, refusal


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_confirm_the_same_arrival_one_does(user_for, signed_in):
    """Through the page: one redirect, nineteen clear refusals, no error page; one placement, one occupied position."""
    by = user_for("liaison", office="GT-CHM")
    case = travelling_case()
    address = reverse("casefile:move", args=[case.public_id, "active"])
    clients = [signed_in(by) for _ in range(20)]
    form = {"version": case.version, "on": days(-11).isoformat(), "starts_on": days(-10).isoformat(), "note": ""}
    answers = together(*(lambda c=c: c.post(address, {**form, "key": uuid.uuid4()}) for c in clients))
    assert Counter(answer.status_code for answer in answers) == {302: 1, 409: 19}
    assert Placement.objects.get().person == case.person
    assert Position.objects.filter(status="occupied").count() == 1
    assert all("changed after you opened it" in a.content.decode() for a in answers if a.status_code == 409)
    case.refresh_from_db()
    assert (case.status, case.arrived_on, case.steps.open().count()) == ("active", days(-11), 2)
