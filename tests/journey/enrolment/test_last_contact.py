"""The day of the last contact follows the diary, through whichever door a line came."""

from datetime import date, timedelta

import pytest

from programmes.base.lifecycle.models import record
from programmes.journey.enrolment import actions
from tests.factories.enrolment import EnrolmentFactory

pytestmark = pytest.mark.django_db
TODAY = date.today()


def contact_of(case):
    case.refresh_from_db()
    return case.last_contact_on


@pytest.mark.parametrize("kind", ["note_call", "note_visit", "note_office"])
def test_a_talk_with_the_worker_is_a_contact(user_for, kind):
    case, by = EnrolmentFactory(), user_for("caseworker")
    version = case.version
    actions.write_note(case, by=by, text="Habló con ella.", kind=kind, on=TODAY - timedelta(days=3))
    assert contact_of(case) == TODAY - timedelta(days=3)
    assert case.version == version, "an open form must not grow stale because somebody wrote a note"


@pytest.mark.parametrize("what", ["note_other", "check_in_tried", "assigned"])
def test_what_nobody_answered_is_none(user_for, what):
    case = EnrolmentFactory()
    record(case, by=user_for("caseworker"), what=what)
    assert contact_of(case) is None


def test_an_earlier_talk_that_is_written_down_later_changes_nothing(user_for):
    case, by = EnrolmentFactory(), user_for("caseworker")
    for days in (2, 9):
        record(case, by=by, what="note_call", on=TODAY - timedelta(days=days))
    assert contact_of(case) == TODAY - timedelta(days=2)


def test_a_closed_case_hears_of_a_talk_too(user_for):
    case = EnrolmentFactory(status="closed")
    record(case, by=user_for("caseworker"), what="note_call")
    assert contact_of(case) == TODAY
