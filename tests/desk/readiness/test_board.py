"""The board: who can travel, who cannot, what is missing, who acts, since when; and what is done for all of them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from programmes.base.common.wording import short_day
from programmes.base.rulebook import codes
from programmes.journey.departure.readiness import actions
from programmes.models import Batch, Document, Enrolment, Medical, Readiness, Requirement, Step, TrainingSeat, Trip
from tests.desk.bulk.deeds import run
from tests.factories.departure import (
    DocumentFactory,
    FlightGroupFactory,
    MedicalFactory,
    TrainingSessionFactory,
    TripFactory,
    hold_position,
)
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.rulebook import CodeFactory, RequirementFactory, SeasonFactory

TODAY = date.today()
BOARD = "/readiness/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def season(db):
    season = SeasonFactory()
    for place, (kind, code, label) in enumerate(
        [
            ("document", "passport", "Passport"),
            ("medical", "medical", "Medical exam"),
            ("orientation", "pdo", "Orientation"),
        ]
    ):
        RequirementFactory(
            programme=season.programme, stage="ready_to_travel", kind=kind, code=code, order=place,
            labels={"es": label, "en": label}, margin_months=6,
        )  # fmt: skip
    CodeFactory(list="document", code="passport")
    codes.forget()
    return season


def prepared(season, *, passport=True, medical=True, **fields):
    """A case in documentation that lacks what is said, and always its orientation."""
    case = EnrolmentFactory(season=season, status="in_documentation", **fields)
    if passport:
        DocumentFactory(enrolment=case)
    if medical:
        MedicalFactory(enrolment=case)
    return case


@pytest.fixture
def worker(client_for):
    return client_for("caseworker", language="en")


def shown(client, query=""):
    actions.keep_all()
    page = client.get(BOARD + query)
    assert page.status_code == 200
    return page


def names(page) -> list:
    return [row["number"] for row in page.context["page"].rows]


def test_who_can_travel_what_is_missing_and_the_page_that_mends_it(worker, season):
    ready = prepared(season)
    Requirement.objects.filter(kind="orientation").update(active=False)
    late = prepared(season, passport=False, planned_start=TODAY + timedelta(days=3))
    both = prepared(season, passport=False, medical=False)
    page = shown(worker)
    # Whoever lacks least first, then those who need nothing more.
    assert names(page) == [late.number, both.number, ready.number]
    groups = page.context["groups"]
    assert (groups.can, groups.cannot) == (1, 2)
    (group,) = groups.lacking
    assert (group.words, group.count, group.deed) == ("Passport", 2, "/cases/bulk/request/")
    html = page.content.decode()
    mends = reverse("departure:record", args=[late.public_id, Requirement.objects.get(kind="document").public_id])
    assert f't-problem text-wrap" href="{mends}"' in html  # it leaves within the week
    assert html.count('data-label="Medical exam"') == 1
    assert reverse("departure:medical", args=[both.public_id]) in html
    assert worker.get(mends).status_code == 200
    assert Readiness.objects.get(enrolment=late).since == late.status_since

    assert names(shown(worker, "?travel=can")) == [ready.number]
    assert names(shown(worker, "?blocker=document:passport")) == [late.number, both.number]
    # The numbers beside the list stay those of the whole board.
    assert shown(worker, "?travel=can").context["groups"].cannot == 2
    assert names(shown(worker, "?season=nonsense")) == []
    assert "print=1" in html
    assert len(names(shown(worker, "?print=1"))) == 3

    # The same answer on the case's own page and in the list of cases.
    assert "Cannot travel yet" in worker.get(late.get_absolute_url()).content.decode()
    listed = worker.get("/cases/?view=all&travel=cannot&columns=number.travel").content.decode()
    assert late.number in listed
    assert ready.number not in listed
    assert "Passport" in listed


def test_the_case_list_narrows_to_papers_that_are_missing_or_end_too_early(worker, client_for, season):
    fine, early, lacks = (prepared(season, passport=False, medical=False) for _ in range(3))
    for case in (fine, early):
        MedicalFactory(enrolment=case, valid_until=case.planned_end + timedelta(days=400))
    DocumentFactory(enrolment=fine, expires_on=fine.planned_end + timedelta(days=400))
    # Valid today, and not for as long as it is needed: it does not count as there.
    DocumentFactory(enrolment=early, expires_on=early.planned_end - timedelta(days=1))
    actions.keep_all()
    # Orientation, which all of them lack, is no paper.
    assert dict(Readiness.objects.values_list("enrolment", "papers")) == {fine.pk: 0, early.pk: 1, lacks.pk: 2}

    def listed(query, client=worker):
        page = client.get(f"/cases/?view=all&columns=number.papers.paper_ends&{query}").content.decode()
        return {case.number for case in (fine, early, lacks) if case.number in page}, page

    assert listed("")[0] == {fine.number, early.number, lacks.number}
    assert "Complete" in listed("")[1]
    for asked, found in (("missing", {early, lacks}), ("expiring", {early}), ("either", {early, lacks})):
        assert listed(f"papers={asked}")[0] == {case.number for case in found}
    page = listed("papers=either")[1]
    assert "2 missing" in page
    assert f"one ends on {short_day(early.planned_end - timedelta(days=1))}" in page
    # For whoever does not look at documents there is no such filter.
    assert client_for("partner").get("/cases/?view=all&papers=missing").status_code == 400


def test_a_demand_a_flight_a_week_and_what_expires_too_early(worker, season):
    Requirement.objects.filter(kind="orientation").update(active=False)
    one, other = prepared(season), prepared(season, medical=False)
    demand = hold_position(one).position.demand
    TripFactory(enrolment=one, departs_on=TODAY + timedelta(days=20), flight="AV640")
    # Valid on departure, not until the planned return; and valid to the day of it, not for the margin.
    MedicalFactory(enrolment=other, valid_until=TODAY + timedelta(days=40))
    Document.objects.filter(enrolment=one).delete()
    DocumentFactory(enrolment=one, expires_on=one.planned_end + timedelta(days=1))

    page = shown(worker)
    (flight,) = page.context["flights"]
    assert (flight["flight"], flight["count"], flight["waiting"]) == ("AV640", 1, 1)
    assert names(shown(worker, f"?{flight['query']}")) == [one.number]
    assert names(shown(worker, f"?demand={demand.public_id}")) == [one.number]
    assert demand.number in shown(worker, f"?demand={demand.public_id}").content.decode()
    (week,) = page.context["forecast"]
    assert (week["count"], week["early"], week["what"]) == (1, 0, ["Medical exam 1"])
    assert names(shown(worker, f"?{week['query']}")) == [other.number]
    row = Readiness.objects.get(enrolment=one)
    assert (row.expires, row.expires_on) == ("document:passport", one.planned_end + timedelta(days=1))
    assert not row.ready
    assert names(
        shown(worker, f"?office={one.office.public_id}&sex={one.person.sex}&programme={season.programme.public_id}")
    )


def test_nobody_sees_or_counts_cases_of_another_office(worker, client_for, season):
    prepared(season, passport=False)
    elsewhere = client_for("caseworker", office="CO-BOG", language="en")
    page = shown(elsewhere, f"?season={season.public_id}")
    assert names(page) == []
    assert (page.context["groups"].can, page.context["groups"].cannot) == (0, 0)
    assert "Passport" not in page.content.decode()
    assert client_for("auditor").get(BOARD).status_code == 403
    # Those on the roster prepare nothing yet.
    EnrolmentFactory(season=season, status="rostered")
    assert len(names(shown(worker))) == 1


def test_a_case_whose_facts_changed_a_moment_ago_says_so(worker, season):
    case = prepared(season)
    shown(worker)
    assert "being judged again" not in worker.get(BOARD).content.decode()
    Medical.objects.filter(enrolment=case).delete()
    assert "being judged again" in worker.get(BOARD).content.decode()


def test_the_same_queries_for_one_and_for_three(worker, season):
    counts = []
    for rows in (1, 3):
        while Enrolment.objects.count() < rows:
            prepared(season, passport=Enrolment.objects.exists())
        shown(worker)
        with CaptureQueriesContext(connection) as queries:
            worker.get(BOARD)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 10  # session, reader and bell included


def bulk(client, page, code, **typed):
    """Press the button of a group, fill the form in, carry the batch out."""
    group = next(group for group in page.context["groups"].lacking if group.code == code)
    form = client.post(group.deed, {"all": "1", "list": "readiness", "q": group.query})
    fields = form.context["form"]
    sent = {"selection": fields["selection"].value(), "key": fields["key"].value()}
    sent |= {
        name: fields[name].value() for name in fields.fields if fields[name].value() is not None and name not in sent
    }
    answer = client.post(group.deed, sent | typed)
    assert answer.status_code == 302, answer.context["form"].errors
    return run(Batch.objects.get(public_id=answer["Location"].rstrip("/").rsplit("/", 1)[1]))


def test_what_many_lack_is_asked_for_at_once_and_taken_back(worker, season):
    lacking = [prepared(season, passport=False) for _n in range(2)]
    exam = prepared(season, medical=False)
    invited = prepared(season)

    # The document that is missing is chosen already.
    asked = bulk(worker, shown(worker), "document:passport")
    assert asked.counts["done"] == 2
    assert set(Document.objects.filter(status="requested").values_list("enrolment", flat=True)) == {
        c.pk for c in lacking
    }

    booked = bulk(worker, shown(worker), "medical:medical", clinic="Clínica del Valle", scheduled_on=TODAY.isoformat())
    assert Medical.objects.get(enrolment=exam, status="scheduled").clinic == "Clínica del Valle"
    run(booked, "undo")
    assert not Medical.objects.filter(enrolment=exam).exists()

    day = (TODAY + timedelta(days=9)).isoformat()
    bulk(worker, shown(worker), "orientation:pdo", place="Cobán", held_on=day)
    assert Step.objects.get(kind="tell_worker").enrolment == invited
    assert "Cobán" in invited.diary.get(what="tell_worker").note


def test_those_who_can_travel_are_put_into_a_flight_and_each_refusal_has_its_worker(worker, season):
    Requirement.objects.all().delete()
    seated, booked, elsewhere = (prepared(season) for _n in range(3))
    stranger = prepared(SeasonFactory(programme=season.programme))
    group = FlightGroupFactory(season=season, first_day=TODAY + timedelta(days=9))
    over = FlightGroupFactory(season=season, first_day=TODAY + timedelta(days=9), departed_on=TODAY)
    kept = TripFactory(enrolment=booked, departs_on=group.first_day, ticket_number="134-9")
    TripFactory(enrolment=elsewhere, flight="TS 415")

    page = shown(worker)
    assert page.context["groups"].can == 4
    assert "Put them into a flight" in page.content.decode()
    url = page.context["groups"].seats
    form = worker.post(url, {"all": "1", "list": "readiness", "q": page.context["can"]}).context["form"]
    offered = [group.pk for group in form.fields["group"].queryset]
    assert offered == [group.pk]
    typed = {"selection": form["selection"].value(), "key": form["key"].value(), "paid_by": "employer"}
    assert worker.post(url, {**typed, "group": str(over.public_id)}).status_code == 422
    answer = worker.post(url, {**typed, "group": str(group.public_id), "cost": "980", "currency": "cad"})
    batch = run(Batch.objects.get(public_id=answer["Location"].rstrip("/").rsplit("/", 1)[1]))
    assert batch.counts["done"] == 2
    assert {seat.enrolment for seat in group.trips.all()} == {seated, booked}
    why = {row.subject_id: row.problems[0]["code"] for row in batch.rows.filter(state="skipped")}
    assert why == {elsewhere.pk: "case_has_trip", stranger.pk: "case_other_season"}
    # Taken back: the new seat is given up, the booking of before is as it was.
    run(batch, "undo")
    kept.refresh_from_db()
    assert (kept.group, kept.ticket_number, kept.cancelled_on) == (None, "134-9", None)
    assert Trip.objects.get(enrolment=seated).cancelled_on


def test_those_who_are_invited_get_a_place_in_the_session_as_long_as_there_are_any(worker, season):
    cases = [prepared(season) for _n in range(2)]
    begins = datetime.combine(TODAY + timedelta(days=9), time(8), UTC)
    session = TrainingSessionFactory(programme=season.programme, starts_at=begins, places=1)
    done = bulk(worker, shown(worker), "orientation:pdo", session=session.public_id)
    assert (done.counts["done"], done.counts["skipped"]) == (1, 1)
    seat = TrainingSeat.objects.get()
    assert seat.session == session
    assert "Chimaltenango" in seat.enrolment.diary.get(what="tell_worker").note
    (left,) = done.rows.filter(state="skipped")
    assert left.subject_id in {case.pk for case in cases} - {seat.enrolment_id}
    assert "0 places are left" in left.problems[-1]["facts"]["text"]
    run(done, "undo")
    assert not TrainingSeat.objects.live().exists()
    assert not Step.objects.filter(kind="tell_worker", done_at=None).exists()
