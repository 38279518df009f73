"""The pages: my list, my choices, the demonstration's mailbox, and the link that stops letters."""

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts.models import User
from programmes.base.notifications import actions, delivery, letters
from programmes.base.notifications.kinds import (
    ACCOUNT_CHANGED,
    ACCOUNT_PASSWORD_RESET,
    AUDIT_HEAD,
    BATCH_ENDED,
    CASE_ASSIGNED,
    CASES_ASSIGNED,
    DIGEST,
    EXPORT_ASKED,
    EXPORT_DECIDED,
    FILE_INFECTED,
    FLIGHT_CALLED_OFF,
    FLIGHT_DELAYED,
    PROBLEM_REPORTED,
    REPORT_READY,
    STEP_DUE,
    Channel,
)
from programmes.base.notifications.models import Letter, NotificationPreference, State
from programmes.base.notifications.sources import Group

LIST = "/notifications/"
PREFERENCES = "/notifications/preferences/"
NUMBERS = iter(range(10**6))


@pytest.fixture
def caseworker(client_for):
    return client_for("caseworker", language="en")


def queue(to, number="GT-2026-00418", **more):
    values = {"kind": CASE_ASSIGNED, "context": {"case_number": number}, "path": f"/cases/{number}/"} | more
    return actions.queue(key=f"page:{next(NUMBERS)}", to=to, **values)


def report(to):
    return queue(to, kind=REPORT_READY, context={"programme": "Canada", "month": dt.date(2026, 3, 1)}, path="/reports/")


def test_the_list_groups_by_case_and_says_why(caseworker):
    for number in ("GT-2026-00001", "GT-2026-00002", "GT-2026-00001"):
        queue(caseworker.user, number)
    report(caseworker.user)
    page = caseworker.get(LIST)
    text = page.content.decode()
    assert [number for number, _rows in page.context["groups"]] == ["GT-2026-00001", "GT-2026-00002", ""]
    assert "You are the owner of this case." in text
    assert 'href="/cases/GT-2026-00001/"' in text
    assert "Report ready: Canada, March 2026" in text


def test_the_list_shows_my_letters_only_and_no_digest(caseworker, reader):
    queue(reader(), "GT-2026-99999")
    mine = queue(caseworker.user)
    Letter.objects.create(
        key="digest:1:2026-01-01", to=caseworker.user, kind=DIGEST, language="en", subject="3 overdue"
    )
    link = {"link": "http://127.0.0.1:8000/accounts/password/reset/key/x/"}
    queue(caseworker.user, kind=ACCOUNT_PASSWORD_RESET, context=link, path="")
    text = caseworker.get(LIST).content.decode()
    assert mine.subject in text
    assert "GT-2026-99999" not in text
    assert "3 overdue" not in text
    assert "reset" not in text
    assert actions.unread_count(caseworker.user) == 1


def test_a_case_i_may_no_longer_see_is_not_in_the_list(caseworker, case, everybody_sees):
    queue(caseworker.user, "GT-2026-00777", enrolment=case())
    assert "GT-2026-00777" in caseworker.get(LIST).content.decode()
    everybody_sees.no = True
    assert "GT-2026-00777" not in caseworker.get(LIST).content.decode()


def test_an_empty_list_says_what_would_fill_it(caseworker):
    assert "No notifications" in caseworker.get(LIST).content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_row_and_three(caseworker, django_assert_num_queries, rows):
    for number in range(rows):
        queue(caseworker.user, f"GT-2026-0000{number}")
    caseworker.get(LIST)
    # Session, user, memberships, the rows, the bell.
    with django_assert_num_queries(5):
        caseworker.get(LIST)


def test_the_list_goes_on_by_pages(caseworker):
    for number in range(30):
        queue(caseworker.user, f"GT-2026-{number:05}")
    first = caseworker.get(LIST)
    second = caseworker.get(LIST, {"after": first.context["page"].after})
    numbers = [row.case_number for page in (first, second) for row in page.context["page"]]
    assert len(numbers) == len(set(numbers)) == 30


def test_one_notification_can_be_marked_as_read(caseworker):
    one, other = queue(caseworker.user), queue(caseworker.user)
    answer = caseworker.post(reverse("notifications:read"), {"letter": one.public_id})
    assert answer.status_code == 302
    assert list(Letter.objects.unread()) == [other]
    assert actions.unread_count(caseworker.user) == 1


def test_all_of_mine_can_be_marked_as_read_and_nobody_elses(caseworker, reader):
    stranger = reader()
    queue(stranger)
    queue(caseworker.user)
    caseworker.post(reverse("notifications:read"))
    assert actions.unread_count(caseworker.user) == 0
    assert actions.unread_count(stranger) == 1


@pytest.mark.parametrize("wrong", ["nonsense", "0", "0f9d5c1e-7c0a-4e0e-9a53-5b7c1f2d3e4f", "\u0663", "x" * 5000])
def test_marking_something_that_is_not_there_is_404(caseworker, wrong):
    assert caseworker.post(reverse("notifications:read"), {"letter": wrong}).status_code == 404


def test_marking_a_strangers_notification_is_404(caseworker, reader):
    letter = queue(reader())
    assert caseworker.post(reverse("notifications:read"), {"letter": letter.public_id}).status_code == 404
    assert Letter.objects.get().read_at is None


def test_reading_the_list_changes_nothing(caseworker):
    queue(caseworker.user)
    before = list(Letter.objects.values())
    caseworker.get(LIST)
    assert list(Letter.objects.values()) == before
    assert caseworker.get(reverse("notifications:read")).status_code == 405


def test_the_bell_counts_what_is_unread(caseworker):
    queue(caseworker.user)
    queue(caseworker.user)
    assert 'aria-label="Notifications: 2 unread"' in caseworker.get(PREFERENCES).content.decode()


def test_the_bell_counts_no_further_than_a_hundred(caseworker):
    Letter.objects.bulk_create(
        [Letter(key=f"b:{n}", to=caseworker.user, kind=STEP_DUE, language="en", subject="s") for n in range(130)]
    )
    assert actions.unread_count(caseworker.user) == 100
    assert "99+" in caseworker.get(PREFERENCES).content.decode()


# The kinds about which there is something to choose, in the order of the page.
CHOSEN = [CASE_ASSIGNED, CASES_ASSIGNED, STEP_DUE, REPORT_READY, FLIGHT_DELAYED, FLIGHT_CALLED_OFF, FILE_INFECTED]
CHOSEN += [EXPORT_ASKED, EXPORT_DECIDED, BATCH_ENDED]


def choices(**chosen):
    return dict.fromkeys(CHOSEN, "now") | chosen


def test_preferences_are_one_table_with_reasons_for_what_is_locked(caseworker):
    page = caseworker.get(PREFERENCES)
    text = page.content.decode()
    assert "You answer for this case, so this cannot be switched off." in text
    assert "It protects your account, so it always comes at once." in text
    assert [kind.code for kind, _cells in page.context["form"].rows()] == [
        *CHOSEN,
        ACCOUNT_CHANGED,
    ]
    assert 'name="case_assigned" value="none"' not in text
    assert "07:00 (America/Guatemala)" in text


@pytest.mark.parametrize(("role", "kind"), [("administrator", PROBLEM_REPORTED), ("auditor", AUDIT_HEAD)])
def test_what_goes_to_one_role_alone_stands_on_the_pages_of_that_role(client_for, role, kind):
    shown = {about.code for about, _cells in client_for(role).get(PREFERENCES).context["form"].rows()}
    assert shown & {PROBLEM_REPORTED, AUDIT_HEAD} == {kind}


def test_preferences_are_kept(caseworker):
    answer = caseworker.post(PREFERENCES, choices(step_due="none", case_assigned="digest"))
    assert (answer.status_code, answer["Location"]) == (302, PREFERENCES)
    assert actions.preferences_of(caseworker.user) == {
        **dict.fromkeys(actions.KINDS, Channel.NOW),
        STEP_DUE: Channel.LIST,
        CASE_ASSIGNED: Channel.DIGEST,
    }
    again = caseworker.get(PREFERENCES)
    assert again.context["form"]["step_due"].initial == "none"


@pytest.mark.parametrize(
    "wrong",
    [
        {"case_assigned": "none"},
        {"step_due": "pigeon"},
        {"step_due": ""},
        {"step_due": "\u0000"},
        {"report_ready": "now" * 2000},
    ],
)
def test_a_choice_that_is_not_offered_is_refused_and_nothing_is_kept(caseworker, wrong):
    answer = caseworker.post(PREFERENCES, choices(**wrong))
    assert answer.status_code in {400, 422}
    assert not NotificationPreference.objects.exists()


def test_a_field_that_is_not_on_the_form_changes_nothing(caseworker):
    caseworker.post(PREFERENCES, choices(account_changed="none", digest="none", user="1", is_staff="on"))
    assert set(NotificationPreference.objects.values_list("user", "kind")) == {
        (caseworker.user.pk, kind) for kind in CHOSEN
    }


def test_the_preview_is_the_digest_as_mailed(caseworker, due_work):
    answer = caseworker.get(reverse("notifications:preview"))
    assert answer["Location"] == PREFERENCES
    due_work[caseworker.user.pk] = [(Group.OVERDUE, -1, "Repeat medical exam", "GT-2026-00352")]
    page = caseworker.get(reverse("notifications:preview"))
    text = page.content.decode()
    assert "Repeat medical exam" in text
    assert "style=" not in text
    assert "'unsafe-inline'" not in page["Content-Security-Policy"]
    assert not Letter.objects.exists()


def test_todays_digest_can_be_sent_now_and_once(caseworker, due_work, django_capture_on_commit_callbacks):
    send = reverse("notifications:send_digest")
    nothing = caseworker.post(send, follow=True)
    assert "no digest was sent" in nothing.content.decode()
    due_work[caseworker.user.pk] = [(Group.OVERDUE, -1, "Repeat medical exam", "GT-2026-00352")]
    with django_capture_on_commit_callbacks() as told:
        assert "is on its way" in caseworker.post(send, follow=True).content.decode()
    assert told
    assert "There is one digest a day" in caseworker.post(send, follow=True).content.decode()
    assert Letter.objects.filter(kind=DIGEST).count() == 1
    assert caseworker.get(send).status_code == 405


@pytest.mark.parametrize("name", ["mailbox", "mailbox_letter", "mailbox_html"])
def test_outside_the_demonstration_there_is_no_mailbox(caseworker, name):
    letter = queue(caseworker.user)
    address = reverse(f"notifications:{name}", args=[] if name == "mailbox" else [letter.public_id])
    assert caseworker.get(address).status_code == 404
    with override_settings(DEMO=True):
        assert caseworker.get(address).status_code == 200


def test_the_mailbox_shows_letters_as_sent(caseworker, reader):
    letter = queue(reader(email="carla@example.org"), "GT-2026-00555")
    delivery.deliver([letter.pk])
    with override_settings(DEMO=True):
        inbox = caseworker.get(reverse("notifications:mailbox")).content.decode()
        one = caseworker.get(reverse("notifications:mailbox_letter", args=[letter.public_id])).content.decode()
        html = caseworker.get(reverse("notifications:mailbox_html", args=[letter.public_id])).content.decode()
    assert letter.subject in inbox
    assert "carla@example.org" in inbox
    assert "Open case GT-2026-00555" in one
    assert letter.message_id.strip("<>") in one
    assert "List-Unsubscribe" in one
    assert "style=" not in html
    assert "<h1" in html


def test_the_mailbox_never_runs_what_a_letter_says(caseworker, reader):
    step = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    letter = queue(
        reader(), kind=STEP_DUE, context={"case_number": "GT-1", "step": step, "due_on": dt.date(2026, 3, 1)}
    )
    with override_settings(DEMO=True):
        for name in ("mailbox_letter", "mailbox_html"):
            text = caseworker.get(reverse(f"notifications:{name}", args=[letter.public_id])).content.decode()
            assert "<script>alert" not in text
            assert "<img" not in text


def stop_link(letter):
    header = letters.message_for(letter).message()["List-Unsubscribe"]
    return header.strip(" \r\n<>").removeprefix("http://127.0.0.1:8000")


def test_the_stop_link_works_with_one_click_and_without_signing_in(reader):
    letter = queue(reader())
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(stop_link(letter), {"List-Unsubscribe": "One-Click"}).status_code == 200
    # This kind cannot be switched off, so it goes into the digest.
    assert actions.preferences_of(letter.to)[CASE_ASSIGNED] == Channel.DIGEST
    assert strict.post(stop_link(letter)).status_code == 200


def test_the_stop_link_of_a_digest_switches_the_digest_off(reader):
    person = reader()
    letter = Letter.objects.create(key="d", to=person, kind=DIGEST, language="en", subject="1 overdue")
    Client().post(stop_link(letter))
    assert not User.objects.get(pk=person.pk).digest_on


def test_looking_at_the_stop_page_stops_nothing(reader):
    letter = queue(reader(), kind=REPORT_READY, context={"programme": "P", "month": "M"})
    page = Client(headers={"accept-language": "en"}).get(stop_link(letter))
    assert page.status_code == 200
    assert "Stop these letters?" in page.content.decode()
    assert not NotificationPreference.objects.exists()
    Client().post(stop_link(letter))
    assert actions.preferences_of(letter.to)[REPORT_READY] == Channel.LIST


def test_every_copy_of_a_letter_has_the_same_stop_link(reader):
    letter = queue(reader())
    assert stop_link(letter) == stop_link(Letter.objects.get())


@pytest.mark.parametrize("change", [lambda t: t[:-2] + "xx", lambda t: "abc", lambda t: "eyJ1IjoxfQ:" + t[-43:]])
def test_a_stop_link_that_was_not_made_by_us_is_404(reader, change):
    letter = queue(reader())
    token = stop_link(letter).split("/")[-2]
    assert Client().post(reverse("notifications:stop", args=[change(token)])).status_code == 404
    assert not NotificationPreference.objects.exists()


def test_letters_that_protect_the_account_have_no_stop_link(reader):
    letter = queue(reader(), kind=ACCOUNT_CHANGED, context={"what": "Your password was changed."}, path="/profile/")
    assert "List-Unsubscribe" not in letters.message_for(letter).message()
    token = letters.stop_token(letter)
    assert Client().post(reverse("notifications:stop", args=[token])).status_code == 404


@pytest.mark.parametrize("path", [LIST, PREFERENCES, "/notifications/digest/", "/mailbox/"])
def test_nobody_sees_these_pages_without_signing_in(db, path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_kept_letter_is_never_mailed(caseworker):
    actions.choose(caseworker.user, channels={STEP_DUE: Channel.LIST})
    step = {"case_number": "GT-1", "step": "Exam", "due_on": dt.date(2026, 3, 1)}
    letter = queue(caseworker.user, kind=STEP_DUE, context=step)
    assert delivery.deliver([letter.pk]) == 0
    assert (letter.state, mail.outbox) == (State.KEPT, [])
    assert letter.subject in caseworker.get(LIST).content.decode()
