"""What a reader does not want to hear, and when: muted cases and kinds, quiet hours, a weekly digest."""

import datetime as dt
import zoneinfo

import pytest
import time_machine
from django.core import mail
from django.db import ProgrammingError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from programmes.base.notifications import actions, delivery, digests, rules
from programmes.base.notifications.kinds import ACCOUNT_CHANGED, CASE_ASSIGNED, STEP_DUE, Channel
from programmes.base.notifications.models import Letter, MutedCase, State
from programmes.base.notifications.sources import Group

LIST = "/notifications/"
PREFERENCES = "/notifications/preferences/"
MUTE = "/notifications/mute/"
MONDAY = dt.date(2026, 3, 9)
STEP = {"case_number": "GT-2026-00418", "step": "Exam", "due_on": MONDAY}
NUMBERS = iter(range(10**6))


@pytest.fixture
def caseworker(client_for):
    return client_for("caseworker", language="en")


def queue(to, kind=STEP_DUE, enrolment=None):
    context = STEP if kind == STEP_DUE else {"case_number": "GT-2026-00418"}
    if kind == ACCOUNT_CHANGED:
        context = {"what": "Your password was changed."}
    return actions.queue(key=f"wish:{next(NUMBERS)}", to=to, kind=kind, context=context, path="/", enrolment=enrolment)


def test_a_muted_case_is_heard_of_no_more_but_for_what_one_answers_for(caseworker, reader, case, everybody_sees):
    first, other = case(), case()
    letter = queue(caseworker.user, enrolment=first)
    page = caseworker.get(LIST).content.decode()
    assert "Mute this case" in page

    said = caseworker.post(MUTE, {"letter": letter.public_id, "what": "case"}, follow=True).content.decode()
    assert "Its steps stay on Today and in the digest." in said
    assert "Hear of it again" in said
    letter.refresh_from_db()
    # It had not gone out yet, so it only stands in the list.
    assert (letter.state, letter.channel) == (State.KEPT, Channel.LIST)
    unwanted = queue(caseworker.user, enrolment=first)
    assert unwanted.state == State.DROPPED
    assert unwanted.reason == "Its reader does not want to hear of this kind or of this case."
    assert queue(caseworker.user, enrolment=first, kind=CASE_ASSIGNED).state == State.QUEUED
    assert queue(caseworker.user, enrolment=other).state == State.QUEUED
    assert queue(reader(), enrolment=first).state == State.QUEUED
    assert actions.unread_count(caseworker.user) == 3


def test_a_muted_case_can_be_heard_of_again_from_the_list_and_from_the_preferences(caseworker, case, everybody_sees):
    muted = case()
    letter = queue(caseworker.user, kind=CASE_ASSIGNED, enrolment=muted)
    for way in (
        lambda: caseworker.post(MUTE, {"letter": letter.public_id, "what": "again"}),
        lambda: caseworker.post(reverse("notifications:unmute", args=[MutedCase.objects.get().pk])),
    ):
        for _twice in range(2):
            caseworker.post(MUTE, {"letter": letter.public_id, "what": "case"})
        assert MutedCase.objects.count() == 1
        assert muted.number in caseworker.get(PREFERENCES).content.decode()
        assert way().status_code == 302
        assert queue(caseworker.user, enrolment=muted).state == State.QUEUED
    everybody_sees.no = True
    caseworker.post(MUTE, {"letter": letter.public_id, "what": "case"})
    assert not MutedCase.objects.exists()


def test_a_kind_can_be_muted_where_its_letter_stands(caseworker):
    letter = queue(caseworker.user)
    page = caseworker.get(LIST).content.decode()
    assert "Why you get this" in page
    assert "Mute this kind" in page
    caseworker.post(MUTE, {"letter": letter.public_id, "what": "kind"})
    assert actions.preferences_of(caseworker.user)[STEP_DUE] == Channel.OFF
    gone = queue(caseworker.user)
    assert (gone.state, gone.body_text) == (State.DROPPED, "")
    assert gone.subject
    # Chosen again later, the old news does not come after all.
    actions.choose(caseworker.user, channels={STEP_DUE: Channel.NOW})
    again = actions.queue(key=gone.key, to=caseworker.user, kind=STEP_DUE, context=STEP)
    assert again is None


def test_a_kind_somebody_answers_for_says_why_it_cannot_be_muted(caseworker):
    letter = queue(caseworker.user, kind=CASE_ASSIGNED)
    page = caseworker.get(LIST).content.decode()
    assert "You answer for this case, so this cannot be switched off." in page
    assert "Mute this kind" not in page
    said = caseworker.post(MUTE, {"letter": letter.public_id, "what": "kind"}, follow=True).content.decode()
    assert "You answer for this case, so this cannot be switched off." in said
    assert queue(caseworker.user, kind=CASE_ASSIGNED).state == State.QUEUED
    with pytest.raises(ProgrammingError, match="Cannot insert or update"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(channel="off", state="dropped", last_error="x")


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({}, 400),
        ({"letter": "nonsense", "what": "case"}, 404),
        ({"letter": "0f9d5c1e-7c0a-4e0e-9a53-5b7c1f2d3e4f", "what": "case"}, 404),
        ({"what": "everything"}, 400),
        ({"what": "case"}, 400),
    ],
)
def test_a_wish_about_nothing_is_refused(caseworker, typed, status):
    """The last two name a letter that is about no case."""
    letter = queue(caseworker.user)
    if typed and "letter" not in typed:
        typed = {**typed, "letter": letter.public_id}
    assert caseworker.post(MUTE, typed).status_code == status
    assert caseworker.get(MUTE).status_code == 405


def test_nobody_mutes_by_anothers_letter_or_takes_back_anothers_mute(caseworker, reader, case, everybody_sees):
    stranger, about = reader(), case()
    letter = queue(stranger, enrolment=about)
    actions.mute_case(stranger, enrolment_pk=about.pk)
    assert caseworker.post(MUTE, {"letter": letter.public_id, "what": "case"}).status_code == 404
    theirs = reverse("notifications:unmute", args=[MutedCase.objects.get().pk])
    assert caseworker.post(theirs).status_code == 404
    assert MutedCase.objects.get().user == stranger


def test_the_preferences_are_one_table_of_kinds_and_ways(caseworker):
    text = caseworker.get(PREFERENCES).content.decode()
    for way in ("E-mail now", "In the digest", "Only in the list", "Not at all"):
        assert f">{way}</th>" in text
    assert 'name="step_due" value="off"' in text
    assert 'name="case_assigned" value="off"' not in text
    assert 'name="account_changed"' not in text


# --- Quiet hours ------------------------------------------------------------------------------------------------------


@given(
    now=st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1), timezones=st.just(dt.UTC)),
    zone=st.sampled_from(["America/Guatemala", "Europe/Madrid", "America/New_York", "Asia/Kathmandu", "nonsense"]),
    start=st.integers(0, 23),
    end=st.integers(0, 23),
)
def test_quiet_hours_end_at_their_hour_and_within_a_day(now, zone, start, end):
    until = rules.quiet_until(now, zone, start, end)
    hour = rules.local_time(now, zone).hour
    quiet = {(start + n) % 24 for n in range((end - start) % 24)}
    assert (until is not None) == (hour in quiet)
    if until is not None:
        local = rules.local_time(until, zone)
        assert now < until <= now + dt.timedelta(hours=25)
        # An hour that a change of the clocks skips ends an hour later.
        assert (local.hour, local.minute) in {(end, 0), ((end + 1) % 24, 0)}


def test_without_quiet_hours_nothing_waits():
    now = dt.datetime(2026, 3, 9, 3, tzinfo=dt.UTC)
    assert rules.quiet_until(now, "UTC", None, None) is None


def test_a_letter_of_the_night_waits_for_the_morning_and_one_about_the_account_does_not(reader):
    person = reader(time_zone="America/Guatemala", quiet_from=20, quiet_until=6)
    now = dt.datetime.now(dt.UTC)
    night = now.astimezone(zoneinfo.ZoneInfo("America/Guatemala")).replace(hour=23, minute=30) + dt.timedelta(days=2)
    with time_machine.travel(night, tick=False):
        letter, warning = queue(person), queue(person, kind=ACCOUNT_CHANGED)
    assert letter.not_before == night.replace(hour=6, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    assert delivery.deliver([letter.pk, warning.pk]) == 1
    assert [message.subject for message in mail.outbox] == [warning.subject]
    # In the list it stands at once.
    assert actions.unread_count(person) == 2
    Letter.objects.filter(pk=letter.pk).update(not_before=now)
    assert delivery.deliver([letter.pk]) == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"quiet_from": "22", "quiet_until": "6"}, (22, 6)),
        ({"quiet_from": "0", "quiet_until": "23"}, (0, 23)),
        ({"quiet_from": "", "quiet_until": ""}, (None, None)),
        ({"quiet_from": "22", "quiet_until": ""}, "two different hours"),
        ({"quiet_from": "", "quiet_until": "6"}, "two different hours"),
        ({"quiet_from": "6", "quiet_until": "6"}, "two different hours"),
    ],
)
def test_quiet_hours_are_kept_from_the_profile(caseworker, typed, kept):
    form = {
        "full_name": "Ana",
        "language": "en",
        "time_zone": "UTC",
        "digest": "4",
        "digest_hour": "7",
        "theme": "auto",
    } | typed
    answer = caseworker.post("/profile/", form)
    user = User.objects.get(pk=caseworker.user.pk)
    if isinstance(kept, str):
        assert answer.status_code == 422
        assert kept in answer.content.decode()
        return
    assert (user.quiet_from, user.quiet_until) == kept
    assert (user.digest_on, user.digest_weekday) == (True, 4)
    assert "each Friday at 07:00" in caseworker.get(PREFERENCES).content.decode()
    caseworker.post("/profile/", form | {"digest": "never"})
    user.refresh_from_db()
    # The day is remembered for the time when the digest is wanted again.
    assert (user.digest_on, user.digest_weekday) == (False, 4)
    assert "It is switched off." in caseworker.get(PREFERENCES).content.decode()


# --- A weekly digest --------------------------------------------------------------------------------------------------


@given(weekday=st.integers(0, 6), start=st.integers(0, 6), missed=st.sets(st.integers(0, 40)))
def test_a_weekly_digest_comes_once_a_week_also_when_days_are_missed(weekday, start, missed):
    """`missed` are the days on which nobody makes digests."""
    last, made = MONDAY + dt.timedelta(days=start) - dt.timedelta(days=7), []
    for number in range(41):
        today = MONDAY + dt.timedelta(days=start + number)
        if number not in missed and rules.is_digest_day(today, weekday, last):
            last = today
            made.append(today)
    weeks = [rules.digest_day(day, weekday) for day in made]
    assert weeks == sorted(set(weeks))
    if not missed:
        assert {day.weekday() for day in made[1:]} <= {weekday}
        assert len(made) >= 5


def test_who_has_just_chosen_a_weekly_digest_waits_for_its_day():
    thursday = MONDAY + dt.timedelta(days=3)
    assert not rules.is_digest_day(thursday, 0, None)
    assert not rules.is_digest_day(thursday, 0, thursday - dt.timedelta(days=90))
    assert rules.is_digest_day(MONDAY, 0, None)


def run(now):
    """What the scheduler and the workers do at one tick; the letters that went out."""
    before = len(mail.outbox)
    with time_machine.travel(now, tick=False):
        delivery.deliver(digests.compose(digests.due_users(now), now))
    return mail.outbox[before:]


def test_a_weekly_digest_goes_out_on_its_day_and_is_made_up_for(reader, due_work):
    person = reader(language="en", time_zone="America/Guatemala", digest_hour=7, digest_weekday=0)
    due_work[person.pk] = [(Group.OVERDUE, -2, "Repeat medical exam", "GT-2026-00352")]
    monday = dt.datetime(2026, 3, 9, 13, 3, tzinfo=dt.UTC)

    def mails(day):
        return [m for hours in (0, 5) for m in run(monday + dt.timedelta(days=day, hours=hours))]

    assert mails(-3) == []
    (first,) = mails(0)
    assert "You get this each Monday at 07:00" in first.body
    assert [mails(day) for day in range(1, 7)] == [[]] * 6
    # The scheduler stands still on the second Monday: the digest comes on Tuesday and says so.
    (second,) = mails(8)
    assert second.subject.endswith("(late)")
    assert "no digest went out on 16 Mar" in second.body
    assert [mails(day) for day in range(9, 14)] == [[]] * 5
    assert len(mails(14)) == 1
    assert "(late)" not in mail.outbox[-1].subject
