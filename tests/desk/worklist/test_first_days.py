"""The first days: what to try, ticked by what was done; help at the page's own topic; a problem that is reported."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from programmes.base.notifications import actions, delivery
from programmes.base.notifications.kinds import PROBLEM_REPORTED, STEP_DUE
from programmes.desk.worklist import firststeps, problems
from programmes.models import CaseEvent, Letter, SavedView
from tests.factories.enrolment import EnrolmentFactory

PROBLEM = "/help/problem/"


def steps(client) -> dict[str, bool]:
    """The list on Today: words and whether they are ticked."""
    return {str(step["label"]): step["done"] for step in client.get("/").context["first_steps"]}


@pytest.mark.django_db
def test_a_caseworkers_first_steps_are_ticked_by_facts_and_go_when_all_are_done(client_for):
    client = client_for("caseworker", language="en")
    user = client.user
    assert "Your first steps" in client.get("/").content.decode()
    assert set(steps(client).values()) == {False}
    opened = EnrolmentFactory(owner=user, created_by=user)
    assert [words for words, done in steps(client).items() if done] == [
        "Open a case: register somebody and choose a season"
    ]
    CaseEvent.objects.create(
        by=user, kind="note", subject="enrolment", subject_id=opened.pk, enrolment=opened, on=timezone.localdate()
    )
    SavedView.objects.create(listing="cases", name="Mine", query="view=mine", created_by=user)
    actions.choose(user, channels={STEP_DUE: "digest"})
    assert list(steps(client).values()).count(False) == 1
    user.authenticator_set.create(type="totp", data={})
    assert steps(client) == {}
    assert "Your first steps" not in client.get("/").content.decode()


@pytest.mark.django_db
def test_what_colleagues_did_ticks_nothing(client_for, user_for):
    client, colleague = client_for("caseworker"), user_for("caseworker")
    EnrolmentFactory(owner=client.user, created_by=colleague)
    SavedView.objects.create(listing="cases", name="Mine", query="view=mine", created_by=colleague)
    assert set(steps(client).values()) == {False}


@pytest.mark.django_db
def test_the_list_is_put_away_for_good_and_after_the_first_days(client_for, django_assert_num_queries):
    client = client_for("manager")
    assert steps(client)
    for _twice in range(2):
        assert client.post(reverse("worklist:close_first_steps")).status_code == 302
    client.user.refresh_from_db()
    closed_at = client.user.first_steps_closed_at
    assert closed_at
    assert steps(client) == {}
    old = client_for("manager", created_at=timezone.now() - firststeps.FIRST_DAYS - timedelta(days=1))
    assert steps(old) == {}
    with django_assert_num_queries(0):
        assert firststeps.for_user(User(created_at=old.user.created_at)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_first_steps_that_it_may_take(client_for, role):
    client = client_for(role)
    found = client.get("/").context["first_steps"]
    assert 2 <= len(found) <= 5
    for step in found:
        assert client.get(step["href"]).status_code == 200, step


@pytest.mark.django_db
def test_an_administrators_invitation_is_a_fact(client_for):
    client = client_for("administrator", language="en")
    assert steps(client)["Make an account for a colleague"] is False
    typed = {"full_name": "Nueva Persona", "email": "nueva@example.org", "language": "es", "is_active": "on"}
    typed |= {"time_zone": "America/Guatemala", "digest_on": "on", "digest_hour": "7"}
    rows = {f"memberships-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    assert client.post(reverse("admin:accounts_user_add"), typed | rows).status_code == 302
    assert steps(client)["Make an account for a colleague"] is True


# --- Help and problems ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "topic"), [("/", "today"), ("/cases/", "lists"), ("/profile/", "letters"), ("/people/new/", "people")]
)
def test_the_help_link_leads_to_the_topic_of_the_page(client_for, path, topic):
    client = client_for("caseworker")
    link = re.search(r'href="(/help/[^"]*)"', client.get(path).content.decode())[1]
    assert link.endswith(f"#{topic}")
    help_page = client.get(link.partition("#")[0].replace("&amp;", "&")).content.decode()
    assert f'id="{topic}"' in help_page
    way = re.search(r'href="(/help/problem/[^"]*)"', help_page)[1].replace("&amp;", "&")
    form = client.get(way).context["form"]
    assert form["page"].value() == path
    assert re.fullmatch(r"[0-9a-f-]{36}", form["request"].value())


@pytest.mark.django_db
def test_a_problem_goes_to_every_administrator_once(client_for, user_for):
    client = client_for("caseworker", full_name="Ana Beltrán")
    reader = user_for("administrator", language="en")
    user_for("administrator", is_active=False)
    user_for("manager")
    number = "0f9d5c1e-7c0a-4e0e-9a53-5b7c1f2d3e4f"
    page = client.get(PROBLEM, {"page": "/cases/?q=Rosa", "id": number})
    typed = {name: page.context["form"][name].value() for name in ("key", "page", "request")}
    for _twice in range(2):
        answer = client.post(PROBLEM, {**typed, "words": "The page stays <white>.\nThen nothing."})
        assert (answer.status_code, answer["Location"]) == (302, "/cases/")
    letter = Letter.objects.get(kind=PROBLEM_REPORTED)
    assert letter.to == reader
    delivery.deliver([letter.pk])
    (message,) = mail.outbox
    for words in ("Ana Beltrán", "The page stays <white>.\nThen nothing.", "Page: /cases/\n", number, "UTC"):
        assert words in message.body
    assert "Rosa" not in message.body
    assert "&lt;white&gt;" in message.alternatives[0][0]
    assert not actions.KINDS[PROBLEM_REPORTED].can_be_stopped


@pytest.mark.django_db
def test_a_problem_is_refused_with_a_sentence_and_nothing_typed_is_lost(client_for, user_for):
    client = client_for("caseworker", language="en")
    key = client.get(PROBLEM).context["form"]["key"].value()
    nobody = client.post(PROBLEM, {"key": key, "words": "It stays white."})
    assert nobody.status_code == 422
    assert "Nobody administers this system" in nobody.content.decode()
    assert "It stays white." in nobody.content.decode()
    user_for("administrator")
    assert client.post(PROBLEM, {"key": key, "words": " "}).status_code == 422
    assert client.post(PROBLEM, {"words": "It stays white."}).status_code == 422
    assert client.post(PROBLEM, {"key": key, "words": "x" * 2001}).status_code == 422
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("/cases/0f9d5c1e/", "/cases/0f9d5c1e/"),
        ("/people/search/?q=Rosa", "/people/search/"),
        ("//evil.example/", ""),
        ("https://evil.example/", ""),
        ("javascript:alert(1)", ""),
        ("/cases/\r\nBcc: x", "/cases/"),
        ("", ""),
    ],
)
def test_a_page_is_one_of_ours_and_only_its_path(typed, page):
    assert problems.page_of(typed) == page
    assert len(problems.page_of("/" + "x" * 5000)) <= problems.LONGEST_PAGE
