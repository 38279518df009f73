"""Flight groups through their pages: seats, tickets, manifest, departure, no-show, delay, arrival; the clocks of places."""

from datetime import UTC, date, datetime, timedelta
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from programmes.base.lists import export as files
from programmes.journey.departure.readiness import actions as readiness
from programmes.journey.departure.travel import rules
from programmes.models import CaseEvent, Document, Export, FlightGroup, Placement, Position, Selection, Trip
from tests.factories.departure import DocumentFactory, FlightGroupFactory, TripFactory, hold_position
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

TODAY = date.today()
# A ticket's clocks: out today, in the place's own time.
TIMES = {
    "departs_at": f"{TODAY}T08:15",
    "departs_zone": "America/Guatemala",
    "arrives_at": f"{TODAY}T16:40",
    "arrives_zone": "America/Toronto",
}
LEG = {"carrier": "Air Transat", "flight": "TS 415", "origin": "Guatemala", "destination": "Montréal", **TIMES}


@pytest.fixture
def manager(client_for, season):
    return client_for("manager", language="en")


@pytest.fixture
def demand(case):
    """A demand whose first position the case holds, made ready to travel today."""
    type(case).objects.filter(pk=case.pk).update(status="ready_to_travel", planned_start=TODAY)
    case.refresh_from_db()
    return hold_position(case).position.demand


@pytest.fixture
def worker(demand, season):
    """`worker(status)`: one more worker of the demand."""

    def worker(status="ready_to_travel"):
        number = demand.places.count() + 1
        more = EnrolmentFactory(
            season=season, status=status, registered_on=TODAY - timedelta(days=60), planned_start=TODAY,
            planned_end=demand.ends_on,
        )  # fmt: skip
        position = Position.objects.create(demand=demand, number=number, status="accepted")
        Selection.objects.create(enrolment=more, position=position, selected_on=TODAY)
        return more

    return worker


@pytest.fixture
def group(season, demand):
    return FlightGroupFactory(season=season, first_day=TODAY)


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_group_goes_from_its_plan_to_the_arrival_and_holds_back_who_is_not_ready(
    manager, case, demand, worker, season, require, tmp_path
):
    require("document", "passport", "Passport")
    require("ticket", "air_ticket", "Air ticket")
    late = worker("in_documentation")
    for one in (case, late):
        DocumentFactory(enrolment=one)
    wrong = send(manager, "/flights/new/", season=season.public_id, name="Montréal", **{**LEG, "arrives_zone": "Mars"})
    assert wrong.status_code == 422
    assert "This is no time zone" in wrong.content.decode()
    assert send(manager, "/flights/new/", season=season.public_id, name="Montréal", **LEG).status_code == 302
    group = FlightGroup.objects.get()
    leg, here = group.legs.get(), group.get_absolute_url()
    assert leg.departs_at == datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=14, minutes=15)
    # Both workers of the demand are offered; a seat without a ticket number is no ticket yet.
    url = f"{here}workers/?demand={demand.public_id}"
    joined = manager.post(
        url,
        {**machinery(manager, url), "cases": [case.public_id, late.public_id], "paid_by": "employer", "cost": "980"},
    )
    assert joined.status_code == 422
    assert "Give the cost with its currency" in joined.content.decode()
    seats = {"cases": [case.public_id, late.public_id], "paid_by": "employer", "cost": "980", "currency": "cad"}
    assert manager.post(url, {**machinery(manager, url), **seats}).status_code == 302
    seat = Trip.objects.get(enrolment=case)
    assert (seat.flight, seat.destination, seat.departs_on, seat.currency) == ("TS 415", "Montréal", TODAY, "CAD")
    assert "Air ticket" in page(manager, here)
    numbers = {f"ticket-{trip.public_id}": f"=1+{trip.pk}" for trip in group.trips.all()}
    twice = send(manager, f"{here}tickets/", **dict.fromkeys(numbers, "77"))
    assert twice.status_code == 422
    assert "has the same ticket number" in twice.content.decode()
    assert send(manager, f"{here}tickets/", **numbers).status_code == 302
    # One passport turns out to be wrong: its worker stays, and is named with it, ticked or not.
    Document.objects.filter(enrolment=late).update(status="revoked")
    readiness.keep_all()
    shown = page(manager, f"{here}departure/")
    assert "Passport" in shown
    assert shown.count(" checked") == 1
    alone = send(manager, f"{here}departure/", cases=[late.public_id], on=TODAY.isoformat())
    assert alone.status_code == 422
    assert f"{late.person.full_name}: Passport" in alone.content.decode()
    both = send(manager, f"{here}departure/", cases=[case.public_id, late.public_id], on=TODAY.isoformat())
    assert both.status_code == 302
    assert "1 worker left. 1 is held back" in page(manager, here)
    for one, status, left in ((case, "travelling", TODAY), (late, "in_documentation", None)):
        one.refresh_from_db()
        assert (one.status, one.departed_on) == (status, left)
    group.refresh_from_db()
    assert group.departed_on == TODAY
    manifest = page(manager, f"{here}manifest/")
    assert case.person.first_surname in manifest
    assert seat.enrolment.documents.get().number in manifest
    # The file of it goes the way of all files: for a purpose, into the log, with formulas inert.
    CodeFactory(list="export_purpose", code="audit")
    asked = {"purpose": "audit", "why": "The airline asks.", "format": "csv", "identified": "on", "mark": "on"}
    made = send(manager, f"/lists/manifest/export/?group={group.public_id}", **asked)
    assert made.status_code == 302, made.content.decode()
    export = Export.objects.get(listing="manifest")
    lines = b"".join(manager.post(f"{export.get_absolute_url()}file/").streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert all("'=1+" in line for line in lines[1:])
    assert (
        files.write_workbook(export, export.created_by, str(tmp_path / "manifest.xlsx"), going=lambda rows: True) == 2
    )
    with ZipFile(tmp_path / "manifest.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "=1+" in sheet
    assert "<f>" not in sheet
    # All who left are confirmed at once; nobody is when one cannot be.
    early = send(
        manager, f"{here}arrivals/", cases=[case.public_id], on=(TODAY - timedelta(days=1)).isoformat(), starts_on=""
    )
    assert early.status_code == 422
    assert "The arrival lies before the departure" in early.content.decode()
    done = send(manager, f"{here}arrivals/", cases=[case.public_id], on=TODAY.isoformat(), starts_on="")
    assert done.status_code == 302
    case.refresh_from_db()
    assert case.status == "active"
    assert Placement.objects.get().starts_on == TODAY


def test_a_no_show_frees_seat_and_position_and_the_leader_is_one(manager, case, group, worker):
    CodeFactory(list="no_show", code="illness")
    other = worker()
    first, second = (TripFactory(enrolment=one, group=group) for one in (case, other))
    here = group.get_absolute_url()
    for trip in (first, second):
        assert manager.post(f"{here}workers/{trip.public_id}/leader/").status_code == 302
    assert list(Trip.objects.filter(leads=True)) == [second]
    url = f"{here}workers/{second.public_id}/no-show/"
    assert send(manager, url, reason="", on=TODAY.isoformat()).status_code == 422
    assert send(manager, url, reason="illness", on=TODAY.isoformat()).status_code == 302
    for one in (other, second):
        one.refresh_from_db()
    assert (other.status, second.cancelled_on) == ("no_show", TODAY)
    assert other.selections.get().released_on == TODAY
    assert manager.get(url).status_code == 404
    assert "seat given up on" in page(manager, here)


def test_new_times_are_noted_in_each_case_and_keep_their_neighbours(manager, case, group):
    trip = TripFactory(enrolment=case, group=group, departs_on=TODAY)
    here, leg = group.get_absolute_url(), group.legs.get()
    tomorrow = TODAY + timedelta(days=1)
    onward = {**LEG, "flight": "AC 8", "origin": "Montréal", "destination": "Québec", "departs_zone": "America/Toronto"}
    onward |= {"departs_at": f"{TODAY}T20:00", "arrives_at": f"{TODAY}T21:00"}
    assert send(manager, f"{here}legs/new/", **{**onward, "departs_at": f"{TODAY}T09:00"}).status_code == 422
    assert send(manager, f"{here}legs/new/", **onward).status_code == 302
    trip.refresh_from_db()
    assert trip.destination == "Québec"
    url = f"{here}legs/{leg.public_id}/delay/"
    missed = send(manager, url, departs_at=f"{tomorrow}T08:00", arrives_at=f"{tomorrow}T17:00")
    assert missed.status_code == 422
    assert "AC 8, would be missed" in missed.content.decode()
    last = group.legs.get(number=2)
    shift = {"departs_at": f"{tomorrow}T20:00", "arrives_at": f"{tomorrow}T21:00"}
    assert send(manager, f"{here}legs/{last.public_id}/delay/", **shift).status_code == 302
    late = {"departs_at": f"{tomorrow}T08:00", "arrives_at": f"{tomorrow}T17:00", "why": "Storm"}
    assert send(manager, url, **late).status_code == 302
    for one in (trip, group):
        one.refresh_from_db()
    assert trip.departs_on == group.first_day == tomorrow
    told = CaseEvent.objects.filter(what="flight_delayed", enrolment=case).latest("pk")
    assert (told.note, told.data["flight_was"], told.data["flight_now"]) == (
        "Storm", f"{TODAY} 08:00", f"{tomorrow} 08:00",
    )  # fmt: skip
    assert "planned for" in page(manager, here)


def test_a_case_is_in_one_live_group(manager, case, group, demand, season):
    TripFactory(enrolment=case, group=group)
    second = FlightGroupFactory(season=season, first_day=TODAY)
    with pytest.raises(IntegrityError, match="trip_one_booked_per_case"), transaction.atomic():
        TripFactory(enrolment=case, group=second)
    url = f"{second.get_absolute_url()}workers/?demand={demand.public_id}"
    assert "Everybody here has a seat on a flight" in page(manager, url)
    sent = manager.post(
        url, {**machinery(manager, second.get_absolute_url() + "departure/"), "cases": [case.public_id]}
    )
    assert sent.status_code == 422
    assert second.trips.count() == 0


def test_a_booking_on_the_same_flight_becomes_a_seat_with_its_ticket(manager, case, group, demand):
    booked = TripFactory(enrolment=case, departs_on=TODAY, ticket_number="134-9", paid_by="worker")
    url = f"{group.get_absolute_url()}workers/?demand={demand.public_id}"
    assert send(manager, url, cases=[case.public_id], paid_by="employer").status_code == 302
    booked.refresh_from_db()
    assert (booked.group, booked.ticket_number, booked.paid_by) == (group, "134-9", "worker")


def test_groups_are_seen_where_their_programme_runs_and_cost_as_much_for_three_as_for_one(
    client_for, group, case, worker, season, require
):
    require("document", "passport", "Passport")
    liaison = client_for("liaison", language="en")
    stranger = client_for("liaison", office=make_office("HN-TGU"), language="en")
    here = group.get_absolute_url()
    assert stranger.get(here).status_code == 404
    assert group.name not in page(stranger, "/flights/")
    assert liaison.get(f"{here}departure/").status_code == 403
    # The way back from the pages of the manifest's file.
    assert liaison.get(f"/flights/travellers/?group={group.public_id}").url == here
    assert "<h1>Choose a flight" in page(liaison, "/flights/travellers/").replace('<h1 tabindex="-1">', "<h1>")
    TripFactory(enrolment=case, group=group)
    readiness.keep_all()
    urls = ("/flights/", here, f"{here}manifest/")
    for url in urls:
        page(liaison, url)

    def counts():
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                page(liaison, url)
            found.append(len(queries))
        return found

    one = counts()
    for _n in range(2):
        TripFactory(enrolment=worker(), group=group)
        FlightGroupFactory(season=season)
    readiness.keep_all()
    assert counts() == one


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1)),
    st.sampled_from(["America/Toronto", "Europe/Madrid", "Pacific/Apia", "America/Guatemala", "Australia/Lord_Howe"]),
)
def test_a_clock_is_a_moment_that_shows_it_or_none(clock, zone):
    found = rules.moment(clock, zone)
    there = ZoneInfo(zone)
    if found is not None:
        assert found.astimezone(there).replace(tzinfo=None) == clock
        return
    # No moment within a day and a half on either side shows it: the clocks jumped over it.
    middle = clock.replace(tzinfo=UTC)
    around = (middle + timedelta(minutes=15 * n) for n in range(-150, 151))
    off = {moment.astimezone(there).utcoffset() for moment in around}
    assert all((middle - gap).astimezone(there).replace(tzinfo=None) != clock for gap in off)


def test_an_hour_that_is_jumped_over_is_refused():
    assert rules.moment(datetime(2026, 3, 8, 2, 30), "America/Toronto") is None
    assert rules.moment(datetime(2026, 11, 1, 1, 30), "America/Toronto") == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
