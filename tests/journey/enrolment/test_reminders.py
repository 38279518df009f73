"""The same steps everywhere: what Today shows is what the digest lists and what a letter announces."""

import datetime as dt

import pytest
from django.core import mail

from accounts.models import User
from programmes.base.notifications import actions, delivery, digests
from programmes.base.notifications.kinds import STEP_DUE
from programmes.base.notifications.models import Letter, State
from programmes.journey.enrolment import reminders
from programmes.journey.enrolment.models import Enrolment
from tests.factories.enrolment import EnrolmentFactory, StepFactory

TODAY = dt.date.today()
NOON = dt.datetime.combine(TODAY, dt.time(18), tzinfo=dt.UTC)  # midday in Guatemala, the same date
HOME = {"language": "en", "time_zone": "America/Guatemala", "digest_hour": 7}


@pytest.fixture
def owner(user_for):
    return user_for("caseworker", **HOME)


def step(owner, days=0, **fields):
    return StepFactory(
        enrolment=fields.pop("enrolment", None) or EnrolmentFactory(owner=owner),
        due_on=TODAY + dt.timedelta(days=days),
        **fields,
    )


def test_a_digest_lists_the_steps_of_own_cases_within_the_week(owner, user_for):
    for days in (-3, 0, 7):
        step(owner, days)
    step(owner, 8)
    step(owner, done_at=NOON)
    step(owner, snoozed_until=TODAY + dt.timedelta(days=2))
    step(user_for("caseworker"))
    lines = reminders.digest_lines([owner], {owner.pk: TODAY})[owner.pk]
    assert [(line.group, line.due_on - TODAY) for line in lines] == [
        ("overdue", dt.timedelta(days=-3)),
        ("today", dt.timedelta()),
        ("week", dt.timedelta(days=7)),
    ]
    assert {line.case_number for line in lines} <= set(Enrolment.objects.values_list("number", flat=True))


@pytest.mark.parametrize("people", [1, 3])
def test_the_lines_of_everybody_are_read_at_once(user_for, django_assert_num_queries, people):
    users = [user_for("caseworker", **HOME) for _ in range(people)]
    for user in users:
        step(user)
    with django_assert_num_queries(1):
        assert len(reminders.digest_lines(users, dict.fromkeys([user.pk for user in users], TODAY))) == people


def test_a_digest_goes_out_with_the_steps_of_the_case(owner):
    due = step(owner, -2)
    delivery.deliver(digests.compose([owner.pk], NOON))
    (message,) = mail.outbox
    assert message.subject == "1 overdue"
    assert due.enrolment.number in message.body
    assert f"/cases/{due.enrolment.public_id}/" in message.body
    assert due.enrolment.person.first_surname not in message.body


def test_a_due_step_sends_its_owner_one_letter(owner):
    due = step(owner)
    step(owner, 1)
    assert actions.remind_due(NOON) == 1
    assert actions.remind_due(NOON) == 0
    letter = Letter.objects.get(kind=STEP_DUE)
    assert letter.key == f"reminder:{due.kind}:{due.pk}:{TODAY.isoformat()}"
    assert delivery.deliver([letter.pk]) == 1


def test_who_lost_the_office_before_the_letter_went_out_does_not_get_it(owner):
    step(owner)
    actions.remind_due(NOON)
    owner.memberships.all().delete()
    delivery.deliver(Letter.objects.values_list("pk", flat=True))
    assert mail.outbox == []
    assert Letter.objects.get().state == State.DROPPED


def test_a_wrong_time_zone_in_one_record_stops_nobody_elses_reminder(owner, user_for):
    wrong = user_for("caseworker", **HOME)
    step(owner)
    step(wrong)
    User.objects.filter(pk=wrong.pk).update(time_zone="Nowhere/Atlantis")
    assert actions.remind_due(NOON) == 2
