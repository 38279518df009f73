"""A flight group changes: who leads it, a leg that falls away, new times and calling it off, and who hears of it."""

from datetime import date, timedelta

import pytest

from programmes.base.notifications.kinds import FLIGHT_CALLED_OFF, FLIGHT_DELAYED
from programmes.journey.departure.travel import letters, rules
from programmes.models import CaseEvent, Letter, Readiness, Trip
from tests.factories.departure import FlightGroupFactory, TripFactory, hold_position
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import send

SOON = date.today() + timedelta(days=10)
ONWARD = {
    "carrier": "Air Canada", "flight": "AC 8", "origin": "YUL", "departs_at": f"{SOON}T20:00",
    "departs_zone": "America/Toronto", "destination": "Québec", "arrives_at": f"{SOON}T21:00",
    "arrives_zone": "America/Toronto",
}  # fmt: skip
SHUTTLE = {**ONWARD, "flight": "BUS 1", "origin": "Québec", "departs_at": f"{SOON}T22:00"}
SHUTTLE |= {"destination": "Lévis", "arrives_at": f"{SOON}T23:00"}


@pytest.fixture
def manager(client_for, season):
    return client_for("manager", language="en")


@pytest.fixture
def owner(user_for):
    return user_for("caseworker", language="en")


@pytest.fixture
def there(user_for, season):
    """The liaison at the destination; another one works at the office of origin."""
    season.programme.destination_office = make_office("CA-MTL")
    season.programme.save()
    user_for("liaison")
    return user_for("liaison", office="CA-MTL", language="en")


@pytest.fixture
def cases(season, owner, there):
    """Two cases ready to travel, of one owner."""
    made = EnrolmentFactory.create_batch(2, season=season, status="ready_to_travel", owner=owner)
    for case in made:
        hold_position(case)
    return made


@pytest.fixture
def group(season, cases):
    group = FlightGroupFactory(season=season, first_day=SOON)
    for case in cases:
        TripFactory(enrolment=case, group=group, departs_on=SOON)
    return group


def said(client, url, **typed):
    """What the page says that refuses this."""
    answer = send(client, url, **typed)
    assert answer.status_code == 422
    return answer.content.decode()


def test_one_leads_a_group_a_worker_or_one_of_the_staff_who_may_see_it(manager, group, owner, user_for):
    here = group.get_absolute_url()
    stranger = user_for("caseworker", office="HN-TGU")
    seat = group.trips.first()
    manager.post(f"{here}workers/{seat.public_id}/leader/")
    change = f"{here}change/"
    assert stranger.full_name not in manager.get(change).content.decode()
    assert "Select a valid choice" in said(manager, change, name="Québec", leader=str(stranger.public_id))
    answer = send(manager, change, name="Québec", leader=str(owner.public_id), staff="")
    assert answer.status_code == 302
    assert not Trip.objects.filter(leads=True).exists()
    shown = manager.get(here).content.decode()
    assert "<h1" in shown
    assert "Québec" in shown
    assert f"{owner.full_name} leads the group" in shown
    # A worker again: the one of the staff does not lead any more.
    manager.post(f"{here}workers/{seat.public_id}/leader/")
    group.refresh_from_db()
    assert (group.leader, group.trips.get(leads=True)) == (None, seat)
    FlightGroupFactory(season=group.season, name="Taken")
    taken = send(manager, change, name="Taken")
    assert taken.status_code == 409
    assert "already has a flight group of this name" in taken.content.decode()


def test_new_times_are_told_once_to_owners_destination_and_leader_with_numbers_of_cases_alone(
    manager, group, cases, owner, there, user_for
):
    leader = user_for("manager")
    group.leader = leader
    group.write("leader")
    leg = group.legs.get()
    url = f"{group.get_absolute_url()}legs/{leg.public_id}/delay/"
    so_far = {"departs_at": f"{leg.departs_there:%Y-%m-%dT%H:%M}", "arrives_at": f"{leg.arrives_there:%Y-%m-%dT%H:%M}"}
    assert "stand there already" in said(manager, url, **so_far)
    late = {"departs_at": f"{SOON}T11:30", "arrives_at": f"{SOON}T20:30", "why": "Fog"}
    assert send(manager, url, **late).status_code == 302
    told = Letter.objects.filter(kind=FLIGHT_DELAYED)
    assert {letter.to for letter in told} == {owner, there, leader}
    letter = told.get(to=owner)
    assert "11:30" in letter.body_text
    assert "08:00" in letter.body_text
    for case in cases:
        assert case.number in letter.body_text
        assert case.person.first_surname not in letter.body_text + letter.subject
    # The same delay again writes nothing, the next one does.
    group.refresh_from_db()
    leg.refresh_from_db()
    letters.queue_delayed(group, leg, leg.planned_there, cases, by=manager.user)
    assert told.all().count() == 3
    assert send(manager, url, departs_at=f"{SOON}T12:30", arrives_at=f"{SOON}T21:30").status_code == 302
    assert told.all().count() == 6


def test_a_leg_is_removed_unless_it_is_flown_the_only_one_or_holds_the_journey_together(manager, group, cases):
    here, first = group.get_absolute_url(), group.legs.get()
    assert "at least one leg" in said(manager, f"{here}legs/{first.public_id}/remove/")
    for leg in (ONWARD, SHUTTLE):
        assert send(manager, f"{here}legs/new/", **leg).status_code == 302
    second, third = group.legs.filter(number__gt=1)
    words = said(manager, f"{here}legs/{second.public_id}/remove/")
    assert "AV640 arrives in YUL, and BUS 1 leaves from Québec" in words
    assert send(manager, f"{here}legs/{third.public_id}/remove/").status_code == 302
    assert set(group.trips.values_list("destination", "ticket_number")) == {("Québec", "134-2400123456")}
    # Without the first leg the others move up, and the trips leave from where they leave.
    assert send(manager, f"{here}legs/{first.public_id}/remove/").status_code == 302
    assert list(group.legs.values_list("number", "flight")) == [(1, "AC 8")]
    assert set(group.trips.values_list("flight", "origin", "departs_on")) == {("AC 8", "YUL", SOON)}
    told = CaseEvent.objects.filter(what="flight_leg_removed", enrolment=cases[0]).order_by("pk")
    assert [line.data["flight"] for line in told] == ["BUS 1", "AV640"]
    past = FlightGroupFactory(season=group.season, first_day=date.today() - timedelta(days=3))
    gone = past.legs.get()
    assert "has been flown" in said(manager, f"{past.get_absolute_url()}legs/{gone.public_id}/remove/")


def test_calling_off_gives_up_every_seat_with_the_reason_and_readiness_follows(
    manager, group, cases, owner, there, require
):
    CodeFactory(list="flight_called_off", code="weather", labels={"es": "Mal tiempo", "en": "Bad weather"})
    require("ticket", "air_ticket", "Air ticket")
    here = group.get_absolute_url()
    url = f"{here}call-off/"
    assert send(manager, url, reason="").status_code == 422
    # Somebody who left by the case's own page is on the way: the flight is not called off under them.
    type(cases[0]).objects.filter(pk=cases[0].pk).update(departed_on=date.today())
    assert "has left with this flight" in said(manager, url, reason="weather")
    type(cases[0]).objects.filter(pk=cases[0].pk).update(departed_on=None)
    assert send(manager, url, reason="weather", note="Ice on the runway").status_code == 302
    assert not group.trips.filter(cancelled_on__isnull=True).exists()
    assert set(Readiness.objects.values_list("ready", "blocker")) == {(False, "ticket:air_ticket")}
    line = CaseEvent.objects.get(what="flight_called_off", enrolment=cases[1])
    assert (line.note, line.data["called_off"]) == ("Ice on the runway", "weather")
    assert "called the flight off, Bad weather" in manager.get(cases[1].get_absolute_url()).content.decode()
    told = Letter.objects.filter(kind=FLIGHT_CALLED_OFF)
    assert {letter.to for letter in told} == {owner, there}
    assert cases[1].number in told.get(to=there).body_text
    assert "called off: Bad weather." in told.get(to=there).body_text
    shown = manager.get(here).content.decode()
    assert "Bad weather" in shown
    assert f"{here}workers/" not in shown
    # Nothing is done to it any more, and it is called off once.
    assert "was called off" in said(manager, f"{here}legs/new/", **ONWARD)
    assert send(manager, url, reason="weather").status_code == 422
    assert told.all().count() == 2


def test_places_join_by_their_words():
    assert rules.joins(" Ciudad de  Guatemala", "ciudad de guatemala")
    assert not rules.joins("Montréal", "Québec")
