"""The engine and its diary: one statement, one line, all that is missing at once, nothing half done."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from programmes.base.common.errors import Collision, Missing, RuleBroken, Stale, in_words
from programmes.base.lifecycle import guards, sentences
from programmes.base.lifecycle.models import CaseEvent, record
from programmes.journey.enrolment.states import Status
from programmes.models import Enrolment
from tests.factories.enrolment import EnrolmentFactory


@pytest.fixture(autouse=True)
def _english():
    """The tests quote English sentences."""
    with translation.override("en"):
        yield


@pytest.fixture
def case(db):
    return EnrolmentFactory(status="registered")


@pytest.fixture
def guarded(monkeypatch):
    """Guards and consequences of this test alone."""
    monkeypatch.setattr(guards, "_GUARDS", guards.defaultdict(list))
    monkeypatch.setattr(guards, "_CONSEQUENCES", guards.defaultdict(list))


def test_move_belongs_inside_a_transaction(transactional_db):
    case = EnrolmentFactory(status="registered")
    with pytest.raises(RuntimeError):
        case.move_to(Status.WAITLISTED, by=None)


def test_move_saves_what_changed_and_writes_one_line(case, user_for, guarded):
    user = user_for("caseworker")
    before = timezone.now()
    day = date.today() - timedelta(days=2)
    case.move_to(Status.WAITLISTED, by=user, on=day, note="no place yet", planned_start=date(2027, 3, 1))
    case.refresh_from_db()
    assert (case.status, case.planned_start, case.version) == ("waitlisted", date(2027, 3, 1), 2)
    assert case.status_since >= before
    line = CaseEvent.objects.get(subject="enrolment", subject_id=case.pk)
    assert (line.kind, line.from_status, line.to_status) == ("move", "registered", "waitlisted")
    assert (line.by, line.on, line.note, line.enrolment) == (user, day, "no place yet", case)
    assert line.at >= before


def test_move_names_everything_that_is_missing_at_once(case, guarded):
    guards.guard("enrolment", "waitlisted")(
        lambda record, **_: [Missing("one", "the first"), Missing("two", "the second")]
    )
    guards.guard("enrolment", "waitlisted")(lambda record, **_: [Missing("three", "the third")])
    with pytest.raises(RuleBroken) as refusal:
        case.move_to(Status.WAITLISTED, by=None)
    assert [item.code for item in refusal.value.missing] == ["one", "two", "three"]
    assert all(words in refusal.value.message for words in ("the first", "the second", "the third"))
    assert Enrolment.objects.get(pk=case.pk).status == "registered"
    assert not CaseEvent.objects.filter(kind="move").exists()


def test_guard_hears_where_to_when_and_who(case, user_for, guarded):
    user, heard = user_for("manager"), {}
    guards.guard("enrolment", "waitlisted")(lambda record, **facts: heard.update(facts) or [])
    case.move_to(Status.WAITLISTED, by=user, on=date(2026, 1, 5))
    assert heard == {"to": "waitlisted", "on": date(2026, 1, 5), "by": user}


def test_override_passes_the_guards_and_says_so_for_ever(case, user_for, guarded):
    guards.guard("enrolment", "waitlisted")(lambda record, **_: [Missing("one", "the first")])
    event = case.move_to(Status.WAITLISTED, by=user_for("manager"), override=True)
    assert event.data == {"override": True}


def test_override_does_not_make_an_illegal_move_legal(case, guarded):
    with pytest.raises(RuleBroken):
        case.move_to(Status.ACTIVE, by=None, override=True)


def test_consequence_runs_in_the_same_transaction(case, guarded):
    def fail(record, *, event, by):
        raise RuleBroken("the consequence says no")

    guards.consequence("enrolment", "waitlisted")(fail)
    with pytest.raises(RuleBroken), transaction.atomic():
        case.move_to(Status.WAITLISTED, by=None)
    assert Enrolment.objects.get(pk=case.pk).status == "registered"
    assert not CaseEvent.objects.exists()


def test_consequence_hears_of_the_move(case, user_for, guarded):
    heard, user = [], user_for("caseworker")
    guards.consequence("enrolment", "waitlisted")(lambda record, *, event, by: heard.append((record.pk, event, by)))
    event = case.move_to(Status.WAITLISTED, by=user)
    assert heard == [(case.pk, event, user)]


def test_a_guard_registered_twice_is_asked_once(case, guarded):
    def judge(record, **_):
        return [Missing("one", "the first")]

    guards.guard("enrolment", "waitlisted")(judge)
    guards.guard("enrolment", "waitlisted")(judge)
    assert len(case.missing_for("waitlisted")) == 1


def test_move_may_carry_a_sentence_of_its_own(case, guarded):
    event = case.move_to(Status.WAITLISTED, by=None, what="put_aside", facts={"place": "Cobán"})
    sentences.register({"put_aside": "put the case aside in {place}"})
    assert (event.what, event.data) == ("put_aside", {"place": "Cobán"})
    assert sentences.sentence(event) == "put the case aside in Cobán"


# --- The diary --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["UPDATE programmes_caseevent SET note = 'other'", "DELETE FROM programmes_caseevent"]
)
def test_diary_lines_are_written_once(case, statement):
    record(case, by=None, what="ticked")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert CaseEvent.objects.filter(what="ticked", note="").count() == 1


def test_diary_line_finds_its_case_and_person(case):
    assert record(case, by=None, what="x").enrolment_id == case.pk
    assert record(case.person, by=None, what="x").person_id == case.person_id


def test_diary_refuses_an_update_by_the_orm_too(case):
    line = record(case, by=None, what="ticked")
    line.note = "changed"
    with pytest.raises(DatabaseError), transaction.atomic():
        line.save()


# --- The version token ------------------------------------------------------------------------------------------


def _sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_version_counts_a_change_by_sql(case):
    _sql("UPDATE programmes_enrolment SET planned_start = '2027-03-01' WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.version == 2


def test_version_counts_a_written_change_once(case):
    case.planned_start = date(2027, 3, 1)
    case.write("planned_start")
    case.refresh_from_db()
    assert case.version == 2


def test_version_stays_when_nothing_changed(case):
    _sql("UPDATE programmes_enrolment SET planned_start = planned_start WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.version == 1


def test_version_stays_when_only_the_machine_noted_the_next_step(case):
    """An open form does not grow stale without anybody's doing."""
    _sql("UPDATE programmes_enrolment SET next_step = 'x', next_due_on = '2027-03-01' WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.version == 1


@pytest.mark.parametrize("token", [None, 0, 2, -1])
def test_version_token_must_be_the_present_one(case, token):
    with pytest.raises(Stale):
        case.expect_version(token)


def test_version_token_may_come_as_typed(case):
    case.expect_version(1)
    case.expect_version("1")


# --- What the database holds against everybody ------------------------------------------------------------------


def _refused(statement, *values) -> str:
    """Run a statement that must be refused; return the refusal in words for people."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        _sql(statement, *values)
    refusal = in_words(error.value)
    assert isinstance(refusal, Collision)
    return refusal.message


def test_illegal_move_by_sql_is_refused_in_words(case):
    message = _refused("UPDATE programmes_enrolment SET status = 'active' WHERE id = %s", case.pk)
    assert "moved this record meanwhile" in message


@pytest.mark.parametrize(
    "change", ["outcome = 'other'", "planned_start = '2027-03-01'", "closure_reason = 'x', version = 9"]
)
def test_closed_case_is_read_only(db, change):
    case = EnrolmentFactory(status="closed")
    assert "closed" in _refused(f"UPDATE programmes_enrolment SET {change} WHERE id = %s", case.pk)


def test_closed_case_may_be_given_to_another_owner(db, user_for):
    """A colleague who leaves hands over closed cases too."""
    case, user = EnrolmentFactory(status="closed"), user_for("caseworker")
    _sql("UPDATE programmes_enrolment SET owner_id = %s WHERE id = %s", user.pk, case.pk)
    case.refresh_from_db()
    assert case.owner == user


def test_open_case_may_be_changed(case):
    _sql("UPDATE programmes_enrolment SET outcome = 'other' WHERE id = %s", case.pk)
    case.refresh_from_db()
    assert case.outcome == "other"


def test_reopened_case_goes_back_to_where_it_was_closed_from_only(db):
    case = EnrolmentFactory(status="reopened", closed_from="returned", closed_on=None, closure_reason="")
    message = _refused("UPDATE programmes_enrolment SET status = 'in_reintegration' WHERE id = %s", case.pk)
    assert "goes back" in message
    _sql("UPDATE programmes_enrolment SET status = 'returned' WHERE id = %s", case.pk)


@pytest.mark.parametrize(
    ("status", "stays"), [("active", True), ("closed", True), ("returned", True), ("registered", False)]
)
def test_case_with_a_movement_is_not_deleted(db, status, stays):
    case = EnrolmentFactory(status=status)
    statement = "DELETE FROM programmes_enrolment WHERE id = %s"
    if stays:
        assert "anonymised" in _refused(statement, case.pk)
    else:
        _sql(statement, case.pk)
    assert Enrolment.objects.filter(pk=case.pk).exists() is stays


def test_season_belongs_to_the_programme_of_the_case(case):
    other = EnrolmentFactory(status="registered")
    message = _refused("UPDATE programmes_enrolment SET season_id = %s WHERE id = %s", other.season_id, case.pk)
    assert "another programme" in message
    _sql(
        "UPDATE programmes_enrolment SET season_id = %s, programme_id = %s WHERE id = %s",
        other.season_id,
        other.programme_id,
        case.pk,
    )


def test_two_people_move_one_case_at_once_and_one_of_them_is_told(transactional_db, user_for):
    """The row lock lets them pass one after the other; the second sees where the case stands now."""
    case = EnrolmentFactory(status="registered")
    people, ready, outcomes = [user_for("caseworker"), user_for("caseworker")], Barrier(2), []

    def move(user, reason):
        try:
            ready.wait(10)
            with transaction.atomic():
                Enrolment.objects.locked().get(pk=case.pk).move_to(Status.WITHDRAWN, by=user, reason=reason)
            outcomes.append("moved")
        except RuleBroken as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=move, args=(user, user.full_name)) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["illegal_move", "moved"]
    assert CaseEvent.objects.filter(kind="move", enrolment=case).count() == 1
