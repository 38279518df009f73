"""Going on as another role: in the demonstration alone, and only as one of its eight users."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role

PLAY = "/profile/play/"


@pytest.fixture
def players(user_for):
    """The demo users of three roles; one of them was switched off."""
    return {
        role: user_for(role, email=f"{role}@example.org", is_active=role != Role.AUDITOR)
        for role in (Role.CASEWORKER, Role.MANAGER, Role.AUDITOR)
    }


@pytest.mark.parametrize("demo", [False, True])
def test_outside_the_demonstration_nobody_becomes_somebody_else(players, signed_in, settings, demo):
    settings.DEMO = demo
    client = signed_in(players[Role.CASEWORKER])
    home = client.get(reverse("worklist:help")).content.decode()
    assert (PLAY in home) == demo
    assert client.get(PLAY).status_code == (200 if demo else 404)
    assert client.post(PLAY, {"role": "manager"}).status_code == (302 if demo else 404)
    now = players[Role.MANAGER if demo else Role.CASEWORKER]
    assert client.get("/").context["user"] == now


@pytest.mark.parametrize("typed", ["", "auditor", "nobody", "manager@example.org", "1", "x" * 5000])
def test_only_a_demo_user_who_may_sign_in_can_be_chosen(players, user_for, signed_in, settings, typed):
    settings.DEMO = True
    user_for("administrator", email="somebody@example.org")
    client = signed_in(players[Role.CASEWORKER])
    page = client.get(PLAY).content.decode()
    assert "somebody@example.org" not in page
    assert "auditor@example.org" not in page
    assert client.post(PLAY, {"role": typed}).status_code == 400
    assert client.get("/").context["user"] == players[Role.CASEWORKER]


def test_the_session_of_before_is_over(players, signed_in, settings):
    settings.DEMO = True
    client = signed_in(players[Role.CASEWORKER])
    before = client.session.session_key
    client.post(PLAY, {"role": "manager"})
    assert client.session.session_key != before
    assert User.objects.get(pk=client.session["_auth_user_id"]) == players[Role.MANAGER]
