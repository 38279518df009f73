"""Opening a case and moving it: what is checked, what changes, what the diary says, what is due next."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.enrolment import actions
from programmes.journey.enrolment.states import Status
from programmes.models import CaseEvent, Enrolment, Letter, Step, Tick
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import ProgrammeFactory, RequirementFactory, RuleValueFactory, SeasonFactory

pytestmark = pytest.mark.django_db
TODAY = date.today()


def register(person, by, **changes):
    season = changes.pop("season", None) or SeasonFactory()
    facts = {"programme": season.programme, "season": season, "office": person.office, "on": TODAY} | changes
    return actions.register(person, by=by, **facts)


def test_register_opens_a_numbered_case_with_its_first_step(user_for):
    by = user_for("caseworker")
    case = register(PersonFactory(), by)
    assert case.number.startswith(f"GT-{TODAY.year}-")
    assert (case.status, case.owner, case.created_by) == (Status.REGISTERED, by, by)
    assert case.steps.get().kind == "screening"
    assert case.next_due_on == TODAY + timedelta(days=7)
    assert case.diary.get().what == "registered"
    assert not Letter.objects.exists()


def test_numbers_follow_each_other(user_for):
    by, season = user_for("caseworker"), SeasonFactory()
    first, second = (register(PersonFactory(), by, season=season).number for _ in range(2))
    assert int(second[-5:]) == int(first[-5:]) + 1


def test_register_for_a_colleague_sends_that_colleague_one_letter(user_for):
    by, colleague = user_for("caseworker"), user_for("caseworker")
    case = register(PersonFactory(), by, owner=colleague)
    letter = Letter.objects.get()
    assert (letter.to, letter.kind, letter.enrolment) == (colleague, "case_assigned", case)
    assert case.person.first_surname not in letter.subject + letter.body_text + letter.body_html


@pytest.mark.parametrize(
    ("person", "changes", "words"),
    [
        ({"consent": False}, {}, "consent"),
        ({"birth_date": TODAY - timedelta(days=17 * 366)}, {}, "18"),
        ({}, {"on": TODAY + timedelta(days=1)}, "future"),
    ],
)
def test_register_refuses(user_for, person, changes, words):
    season = SeasonFactory(ends_on=date(TODAY.year, 12, 31))
    with pytest.raises(RuleBroken, match=words):
        register(PersonFactory(**person), user_for("caseworker"), season=season, **changes)
    assert not Enrolment.objects.exists()


def test_register_refuses_a_season_of_another_programme_and_a_closed_one(user_for, office_for):
    by, person = user_for("caseworker"), PersonFactory()
    with pytest.raises(RuleBroken, match="another programme"):
        actions.register(
            person, by=by, programme=ProgrammeFactory(), season=SeasonFactory(), office=person.office, on=TODAY
        )
    with pytest.raises(RuleBroken, match="no new cases"):
        register(person, by, season=SeasonFactory(active=False))
    with pytest.raises(RuleBroken, match="does not run"):
        register(person, by, season=SeasonFactory(programme=ProgrammeFactory(offices=[office_for("CO-BOG")])))


def test_one_person_has_one_case_a_season(user_for, client_for):
    by, season = user_for("caseworker"), SeasonFactory()
    person = PersonFactory()
    register(person, by, season=season)
    with pytest.raises(RuleBroken, match="already has a case in this season"), transaction.atomic():
        register(person, by, season=season)
    Enrolment.objects.update(status=Status.WITHDRAWN)
    register(person, by, season=season)


def test_a_move_writes_the_diary_and_opens_the_next_step(user_for):
    by = user_for("caseworker")
    case = register(PersonFactory(), by)
    actions.move(case, Status.ELIGIBLE, by=by, on=TODAY, note="seen")
    case.refresh_from_db()
    assert case.status == Status.ELIGIBLE
    line = CaseEvent.objects.filter(kind="move").get()
    assert (line.from_status, line.to_status, line.by, line.on, line.note) == (
        "registered",
        "eligible",
        by,
        TODAY,
        "seen",
    )
    assert list(Step.objects.open().values_list("kind", flat=True)) == ["testing"]


def test_a_move_names_everything_that_is_missing_at_once(user_for):
    case = EnrolmentFactory()
    labels = [RequirementFactory(programme=case.programme).label for _ in range(3)]
    with pytest.raises(RuleBroken) as refusal:
        actions.move(case, Status.ELIGIBLE, by=user_for("caseworker"), on=TODAY)
    assert [item.label for item in refusal.value.missing] == labels
    assert all(item.href for item in refusal.value.missing)
    assert not CaseEvent.objects.exists()


def test_ticking_what_is_missing_makes_the_move_possible(user_for):
    by, case = user_for("caseworker"), EnrolmentFactory()
    requirement = RequirementFactory(programme=case.programme)
    actions.tick(case, requirement, by=by, done_on=TODAY)
    actions.move(case, Status.ELIGIBLE, by=by, on=TODAY)
    case.refresh_from_db()
    assert case.status == Status.ELIGIBLE


def test_only_a_manager_waives_and_only_with_a_reason(user_for):
    case = EnrolmentFactory()
    requirement = RequirementFactory(programme=case.programme)
    with pytest.raises(RuleBroken, match="manager"):
        actions.waive(case, requirement, by=user_for("caseworker"), reason="no need")
    with pytest.raises(RuleBroken, match="why"):
        actions.waive(case, requirement, by=user_for("manager"), reason=" ")
    assert not Tick.objects.exists()
    actions.waive(case, requirement, by=user_for("manager"), reason="Exempt by rule")
    assert case.missing_for("eligible") == []


def test_a_manager_makes_an_exception_that_stays_visible(user_for):
    case = EnrolmentFactory()
    RequirementFactory(programme=case.programme)
    with pytest.raises(RuleBroken, match="manager"):
        actions.move(case, Status.ELIGIBLE, by=user_for("caseworker"), on=TODAY, override=True)
    event = actions.move(case, Status.ELIGIBLE, by=user_for("manager"), on=TODAY, override=True)
    assert event.data == {"override": True}


@pytest.mark.parametrize("target", [Status.ACTIVE, Status.CLOSED, Status.SELECTED])
def test_an_illegal_move_is_refused_in_a_sentence(user_for, target):
    case = EnrolmentFactory()
    with pytest.raises(RuleBroken, match="cannot become"):
        actions.move(case, target, by=user_for("caseworker"), on=TODAY)


def test_a_reason_is_asked_for_where_the_table_says_so(user_for):
    case = EnrolmentFactory()
    with pytest.raises(RuleBroken, match="reason"):
        actions.move(case, Status.WITHDRAWN, by=user_for("caseworker"), on=TODAY)
    actions.move(case, Status.WITHDRAWN, by=user_for("caseworker"), on=TODAY, reason="family")


def test_a_move_on_an_old_version_is_stale(user_for):
    case = EnrolmentFactory()
    by = user_for("caseworker")
    actions.move(case, Status.WAITLISTED, by=by, on=TODAY, version=case.version)
    with pytest.raises(Stale):
        actions.move(case, Status.ELIGIBLE, by=by, on=TODAY, version=case.version)


def test_an_ineligible_person_waits_before_being_screened_again(user_for):
    case = EnrolmentFactory(status="ineligible")
    with pytest.raises(RuleBroken, match="waiting time"):
        actions.move(case, Status.REGISTERED, by=user_for("caseworker"), on=TODAY)
    Enrolment.objects.filter(pk=case.pk).update(status_since=case.status_since - timedelta(days=181))
    actions.move(case, Status.REGISTERED, by=user_for("caseworker"), on=TODAY)


def test_dates_beyond_the_programmes_longest_stay_are_refused_with_the_last_possible_day(user_for):
    case = EnrolmentFactory(status="rostered")
    RuleValueFactory(programme=case.programme, key="max_stay_months", value=8)
    with pytest.raises(RuleBroken, match="8 months"):
        actions.set_dates(
            case, by=user_for("caseworker"), planned_start=date(2027, 3, 1), planned_end=date(2027, 11, 1), version=1
        )
    case.refresh_from_db()
    assert case.planned_start is None


def test_assigning_writes_one_letter_and_a_diary_line(user_for):
    case, colleague = EnrolmentFactory(), user_for("caseworker")
    actions.assign(case, by=user_for("manager"), owner=colleague)
    case.refresh_from_db()
    assert case.owner == colleague
    assert Letter.objects.get().to == colleague
    assert case.diary.get().what == "assigned"


def test_a_case_is_not_given_to_somebody_without_right_to_it(user_for):
    case = EnrolmentFactory()
    for stranger in (user_for("caseworker", office="CO-BOG"), user_for("auditor"), user_for("administrator")):
        with pytest.raises(RuleBroken, match="no right"):
            actions.assign(case, by=user_for("manager"), owner=stranger)
    case.refresh_from_db()
    assert case.owner is None


def test_a_note_stays(user_for):
    case = EnrolmentFactory()
    actions.write_note(case, by=user_for("caseworker"), text="Called, will come on Monday.", kind="note_call", on=TODAY)
    line = case.diary.get()
    with pytest.raises(Exception, match="written_once|Cannot"), transaction.atomic():
        CaseEvent.objects.filter(pk=line.pk).update(note="something else")
    with pytest.raises(RuleBroken, match="Write the note"):
        actions.write_note(case, by=user_for("caseworker"), text="  ", kind="note_call", on=TODAY)


def test_putting_a_step_off_hides_it_until_its_day(user_for):
    by = user_for("caseworker")
    case = register(PersonFactory(), by)
    step = case.steps.get()
    with pytest.raises(RuleBroken, match="after today"):
        actions.snooze(step, by=by, until=TODAY, reason="later")
    actions.snooze(step, by=by, until=TODAY + timedelta(days=3), reason="on holiday")
    step.refresh_from_db()
    assert step.snoozed_until == TODAY + timedelta(days=3)


def test_a_recalled_worker_keeps_tests_and_checks_of_the_season_before(user_for):
    by, last_year = user_for("caseworker"), EnrolmentFactory(status="eligible")
    test = RequirementFactory(programme=last_year.programme, stage="rostered", kind="test", code="literacy")
    check = RequirementFactory(programme=last_year.programme, stage="rostered")
    actions.record_test(last_year, test, by=by, taken_on=TODAY, passed=True)
    actions.tick(last_year, check, by=by, done_on=TODAY)
    recalled = EnrolmentFactory(
        person=last_year.person,
        season=SeasonFactory(programme=last_year.programme),
        previous=last_year,
        status="eligible",
    )
    stranger = EnrolmentFactory(season=recalled.season, status="eligible")
    assert recalled.missing_for("rostered") == []
    assert len(stranger.missing_for("rostered")) == 2
