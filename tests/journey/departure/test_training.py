"""Training sessions through their pages: planned, seated, attended by tap or code, tested, closed, certified; refusals."""

from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programmes.base.common.errors import RuleBroken
from programmes.base.papers import shipped
from programmes.journey.departure import rules as departure
from programmes.journey.departure.readiness import actions as readiness
from programmes.journey.departure.training import actions, rules
from programmes.models import (
    Enrolment,
    IssuedLetter,
    LetterTemplate,
    Orientation,
    Readiness,
    Step,
    TrainingSeat,
    TrainingSession,
)
from tests.factories.departure import TrainingSeatFactory, TrainingSessionFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory, RuleValueFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import machinery, send

HERE = ZoneInfo("America/Guatemala")
# The day in Guatemala, whatever the hour here.
TODAY = datetime.now(HERE).date()


@pytest.fixture
def officer(client_for, season):
    return client_for("caseworker", language="en")


@pytest.fixture
def asked(require):
    """The programme asks for the orientation."""
    return require("orientation", "pdo", "Pre-departure orientation")


@pytest.fixture
def session(season):
    return TrainingSessionFactory(programme=season.programme)


@pytest.fixture
def worker(season):
    """`worker()`: one more case in documentation."""

    def worker(**fields):
        fields = {"status": "in_documentation", "registered_on": TODAY - timedelta(days=60), **fields}
        return EnrolmentFactory(season=season, **fields)

    return worker


def at(name, *keys):
    return reverse(f"training:{name}", args=[getattr(key, "public_id", key) for key in keys])


def page(client, name, *keys):
    answer = client.get(at(name, *keys))
    assert answer.status_code == 200
    return answer.content.decode()


def tap(client, session, seat, mark="present", **scores):
    """Press one of the big buttons, with what stands in the fields beside it."""
    form = client.get(at("attendance", session)).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    typed = {f"{part}-{seat.public_id}": score for part, score in scores.items()}
    return client.post(at("attendance", session), {**shown, **typed, mark: str(seat.public_id)})


def lacks(case):
    readiness.keep_all()
    return Readiness.objects.get(enrolment=case).blocker


def test_a_session_goes_from_its_plan_to_the_certificates(officer, season, asked, case, worker):
    for code in ("rights", "money"):
        CodeFactory(list="orientation_module", code=code)
    absent, late = worker(), worker()
    office = make_office("GT-CHM")
    facts = {
        "programme": season.programme.public_id, "season": season.public_id, "title": "Orientación de marzo",
        "office": office.public_id, "day": TODAY.isoformat(), "begins": "08:30", "hours": "4", "places": "2",
        "languages": ["es", "kek"], "modules": ["rights", "money"], "highest": "20", "trainer": "Rosa Xoc",
    }  # fmt: skip
    wrong = send(officer, at("new"), **{**facts, "begins": "half past", "places": "0"})
    assert wrong.status_code == 422
    assert "Write the hour in 24 hours" in wrong.content.decode()
    assert "Rosa Xoc" in wrong.content.decode()
    assert send(officer, at("new"), **facts).status_code == 302
    session = TrainingSession.objects.get()
    assert session.starts_at == datetime(TODAY.year, TODAY.month, TODAY.day, 8, 30, tzinfo=HERE)
    assert session.place == office.name
    # Those who lack the orientation are offered; a third does not fit, and is told how many do.
    readiness.keep_all()
    assert lacks(case) == "orientation:pdo"
    offered = officer.get(at("join", session)).context["rows"]
    assert {one.pk for one in offered} == {case.pk, absent.pk, late.pk}
    three = send(officer, at("join", session), cases=[one.public_id for one in (case, absent, late)])
    assert three.status_code == 422
    assert "2 places are left, and 3 are asked for" in three.content.decode()
    unknown = send(officer, at("join", session), cases=[case.public_id], numbers="GT-1999-00001")
    assert "You work on no case with this number: GT-1999-00001" in unknown.content.decode()
    assert send(officer, at("join", session), cases=[case.public_id], numbers=absent.number.lower()).status_code == 302
    assert {one.pk for one in officer.get(at("join", session)).context["rows"]} == {late.pk}
    papers = officer.get(reverse("departure:documents", args=[case.public_id])).content.decode()
    assert "Has a place" in papers
    assert "Orientación de marzo" in papers
    assert "Training sessions within a week" in officer.get("/").content.decode()
    # One tap: checklist, readiness and the move follow at once; a wrong one is taken back.
    mine, other = (TrainingSeat.objects.get(enrolment=one) for one in (case, absent))
    assert tap(officer, session, other).status_code == 302
    assert tap(officer, session, mine, before="8", after="15.5").status_code == 302
    attended = Orientation.objects.get(enrolment=case)
    assert (attended.attended_on, attended.hours, attended.language) == (TODAY, Decimal(4), "kek")
    assert attended.modules == ["rights", "money"]
    assert lacks(case) == ""
    assert tap(officer, session, other, "unknown").status_code == 302
    assert not Orientation.objects.filter(enrolment=absent).exists()
    assert lacks(absent) == "orientation:pdo"
    shown = page(officer, "session", session)
    assert "Average before, 1 worker" in shown
    assert "7.5" in shown
    # Closed: who was not marked did not come, and is offered again.
    ended = send(officer, at("end", session), how="close")
    assert ended.status_code == 302
    other.refresh_from_db()
    assert other.present is False
    assert absent.diary.filter(what="training_missed").exists()
    again = TrainingSessionFactory(programme=season.programme)
    assert {one.pk for one in officer.get(at("join", again)).context["rows"]} == {absent.pk, late.pk}
    assert tap(officer, session, other).status_code == 422
    # Certificates for those who attended, once.
    shipped.load()
    template = LetterTemplate.objects.get(kind="orientation_certificate")
    for made in ("1 certificate is being made", "0 certificates are being made. 1 worker has one already"):
        sent = send(officer, at("certificates", session), template=template.pk, language="es", second="fr")
        assert sent.status_code == 302
        assert made in page(officer, "session", session)
    letter = IssuedLetter.objects.get()
    assert (letter.enrolment, letter.languages) == (case, ["es", "fr"])
    assert letter.code


def test_typed_scores_are_kept_and_named_by_person_and_field(officer, session, worker, user_for):
    seats = [TrainingSeatFactory(session=session, enrolment=worker()) for _n in range(2)]
    one, two = (str(seat.public_id) for seat in seats)
    name = seats[0].enrolment.person.full_name
    url = at("attendance", session)
    typed = {f"was-{one}": "|", f"was-{two}": "|", f"before-{one}": "101", f"after-{one}": "x", f"before-{two}": "7.5"}
    answer = officer.post(url, {**machinery(officer, url), **typed})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert f"{name}, test before: A score lies between 0 and 100." in shown
    assert 'value="101"' in shown
    assert 'value="7.5"' in shown
    assert not TrainingSeat.objects.filter(before__isnull=False).exists()
    # Two phones: what a colleague has typed meanwhile is neither blanked nor overwritten.
    stale = {**machinery(officer, url), f"was-{one}": "|", f"was-{two}": "|"}
    colleague = user_for("caseworker")
    actions.mark(session, by=colleague, marks={}, scores={seats[0].pk: (Decimal(40), None)})
    assert officer.post(url, {**stale, f"after-{two}": "60"}).status_code == 302
    refused = officer.post(url, {**stale, f"before-{one}": "50"})
    assert refused.status_code == 422
    assert "Somebody else has written 40 meanwhile" in refused.content.decode()
    assert list(TrainingSeat.objects.order_by("pk").values_list("before", "after")) == [(40, None), (None, 60)]


def test_a_pass_mark_hours_and_modules_are_data_of_the_programme(officer, session, case, require, season):
    require("orientation", "pdo", "Orientation")
    RuleValueFactory(programme=season.programme, key="orientation_pass_percent", value=60)
    RuleValueFactory(programme=season.programme, key="orientation_hours", value=5)
    seat = TrainingSeatFactory(session=session, enrolment=case)
    tap(officer, session, seat, after="59")
    assert not Orientation.objects.exists()
    assert "the test is not passed" in page(officer, "session", session)
    seat.refresh_from_db()
    actions.mark(session, by=officer.user, marks={}, scores={seat.pk: (None, Decimal(60))})
    assert Orientation.objects.count() == 1
    assert lacks(case) == "orientation:pdo"  # three hours of five
    more = TrainingSeatFactory(session=TrainingSessionFactory(programme=season.programme), enrolment=case)
    tap(officer, more.session, more, after="100")
    assert lacks(case) == ""
    require("orientation", "module-housing", "Housing")
    assert lacks(case) == "orientation:module-housing"
    # The same, pure.
    assert departure.is_oriented("pdo", [((), Decimal(3)), ((), Decimal(2))], 5)
    assert not departure.is_oriented("pdo", [], None)
    assert departure.is_oriented("module-rights", [(["rights"], Decimal(1))], 5)
    assert not departure.is_oriented("module-money", [(["rights"], Decimal(9))], 5)
    assert departure.has_passed(Decimal(12), 20, 60)
    assert not departure.has_passed(None, 20, 60)
    assert departure.has_passed(None, 20, None)
    gain = rules.gain_of([(Decimal(40), Decimal(60)), (None, Decimal(90)), (Decimal(20), None)])
    assert (gain.before, gain.before_count, gain.after, gain.after_count) == (30, 2, 75, 2)
    assert (gain.gain, gain.both_count) == (20, 1)


def test_the_code_of_an_invitation_asks_for_sign_in_and_a_button(officer, client_for, session, case):
    seat = TrainingSeatFactory(session=session, enrolment=case)
    sheet = page(officer, "invitations", session)
    assert at("qr", seat.code) in sheet
    picture = officer.get(at("qr", seat.code))
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"<path" in picture.content
    door = at("here", seat.code)
    assert Client().get(door)["Location"].startswith("/accounts/login/")
    assert Client().post(door)["Location"].startswith("/accounts/login/")
    assert case.person.full_name in officer.get(door).content.decode()
    seat.refresh_from_db()
    assert seat.present is None  # looking is not marking
    assert send(officer, door).status_code == 302
    seat.refresh_from_db()
    assert (seat.present, seat.marked_by) == (True, officer.user)
    assert seat.orientation.place == session.place
    # Nobody's code, and the code of a case that one may not see.
    assert officer.get(at("here", "0123456789ABCDEF")).status_code == 404
    elsewhere = client_for("caseworker", office="CO-BOG")
    assert elsewhere.get(door).status_code == 404
    assert elsewhere.post(door).status_code == 404
    assert elsewhere.get(at("qr", seat.code)).status_code == 404
    assert client_for("liaison").post(door).status_code == 403


def test_other_offices_see_no_session_and_of_a_shared_one_only_how_many(officer, client_for, session, case, season):
    neighbour = make_office("GT-XEL")
    season.programme.offices.add(neighbour)
    theirs = EnrolmentFactory(
        season=season, status="in_documentation", office=neighbour, person=PersonFactory(office=neighbour)
    )
    for one in (case, theirs):
        TrainingSeatFactory(session=session, enrolment=one)
    for name in ("session", "invitations", "attendance"):
        shown = page(officer, name, session)
        assert case.person.first_surname in shown
        assert theirs.number not in shown
    assert "1 of them belongs to a case that you may not see" in page(officer, "session", session)
    guest = client_for("caseworker", office=neighbour, language="en")
    assert theirs.number in page(guest, "session", session)
    assert case.number not in page(guest, "session", session)
    assert guest.get(at("end", session)).status_code == 403
    assert guest.get(at("change", session)).status_code == 403
    stranger = client_for("caseworker", office="CO-BOG", language="en")
    assert stranger.get(at("session", session)).status_code == 404
    assert session.title not in page(stranger, "list")


def test_a_session_is_changed_called_off_and_left_with_a_reason(officer, session, case, worker, asked):
    seat = TrainingSeatFactory(session=session, enrolment=case)
    other = TrainingSeatFactory(session=session, enrolment=worker())
    off = at("take_off", session, other)
    assert send(officer, off, reason="").status_code == 422
    assert send(officer, off, reason="Está enferma").status_code == 302
    assert other.enrolment.diary.get(what="training_left").note == "Está enferma"
    tomorrow = session.starts_at + timedelta(days=1)
    facts = {
        name: getattr(session, name)
        for name in ("title", "office", "place", "starts_at", "hours", "languages", "trainer", "modules", "highest")
    }
    with pytest.raises(RuleBroken, match="1 worker has a place"):
        actions.change(session, by=officer.user, version=1, **facts, places=0)
    actions.change(session, by=officer.user, version=1, **{**facts, "starts_at": tomorrow}, places=5)
    assert "takes place at another time" in case.diary.get(what="tell_worker").note
    with pytest.raises(RuleBroken, match="has not come yet"):
        actions.mark(session, by=officer.user, marks={seat.pk: True})
    with pytest.raises(RuleBroken, match="in another session"):
        actions.seat(TrainingSessionFactory(programme=session.programme), by=officer.user, cases=[case])
    assert "Say why the session is called off" in send(officer, at("end", session), how="call_off").content.decode()
    assert send(officer, at("end", session), how="call_off", reason="Huelga").status_code == 302
    assert Step.objects.filter(enrolment=case, kind="tell_worker", done_at=None).count() == 1
    seat.refresh_from_db()
    assert (seat.left_why, lacks(case)) == ("Huelga", "orientation:pdo")
    assert not TrainingSeat.objects.ahead().exists()
    # Whoever withdraws gives up the place by that.
    more = TrainingSeatFactory(session=TrainingSessionFactory(programme=session.programme), enrolment=case)
    case.refresh_from_db()
    with transaction.atomic():
        Enrolment.objects.locked().get(pk=case.pk).move_to("withdrawn", by=officer.user, reason="other")
    more.refresh_from_db()
    assert more.left_on is not None


def test_two_people_never_take_the_last_place_and_the_database_judges_it(transactional_db, user_for):
    people, ready, outcomes = [user_for("caseworker"), user_for("caseworker")], Barrier(2), []
    cases = [EnrolmentFactory(status="in_documentation")]
    cases.append(EnrolmentFactory(status="in_documentation", season=cases[0].season))
    session = TrainingSessionFactory(programme=cases[0].programme, places=1)

    def take(user, case):
        try:
            ready.wait(10)
            actions.seat(session, by=user, cases=[case])
            outcomes.append("seated")
        except RuleBroken as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=take, args=pair) for pair in zip(people, cases, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["seated", "session_full"]
    free = next(case for case in cases if not case.trainingseats.exists())
    with pytest.raises(DatabaseError, match="full"), transaction.atomic():
        TrainingSeatFactory(session=session, enrolment=free)


@pytest.mark.parametrize("name", ["list", "session", "attendance"])
def test_the_same_queries_for_one_and_for_three(officer, session, worker, name):
    counts = []
    for rows in (1, 3):
        while TrainingSeat.objects.count() < rows:
            TrainingSeatFactory(session=session, enrolment=worker())
        while name == "list" and TrainingSession.objects.count() < rows:
            TrainingSessionFactory(programme=session.programme)
        url = at(name) if name == "list" else at(name, session)
        officer.get(url)
        with CaptureQueriesContext(connection) as queries:
            officer.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 12  # session, reader and bell included
