"""The whole season over HTTP: every form as the page serves it, filled in and sent; nothing skipped."""

import pytest
from django import forms

from programmes.models import (
    CaseEvent,
    Enrolment,
    Letter,
    Placement,
    Position,
    ReadinessDue,
    Reintegration,
    Return,
    Step,
)
from tests.end_to_end.story import World, whole_season
from tests.fixtures.accounts import sign_in
from tests.journey.departure.readiness.comparing import stale

pytestmark = pytest.mark.django_db


def as_served(form: forms.Form) -> dict:
    """What a browser would send if nobody typed: the form's initial values, a MultiWidget in its boxes."""
    data = {}
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        if isinstance(widget, forms.MultiWidget):
            parts = value if isinstance(value, list) else widget.decompress(value)
            data |= {f"{bound.html_name}_{n}": part or "" for n, part in enumerate(parts)}
        elif isinstance(widget, forms.CheckboxInput):
            data |= {bound.html_name: "on"} if value else {}
        elif value is not None:
            prepared = bound.field.prepare_value(value)
            shown = [bound.field.prepare_value(v) for v in prepared] if isinstance(prepared, list) else prepared
            data[bound.html_name] = (
                shown if isinstance(shown, list) else getattr(shown, "isoformat", lambda s=shown: str(s))()
            )
    return data


def send(client, deed):
    """Open the page that links to the form, then the form, fill it in, send it; fail with the form's own words."""
    if deed.found_on:
        page = client.get(deed.found_on)
        assert page.status_code == 200, (deed.found_on, page.status_code)
        assert deed.page.partition("?")[0] in page.content.decode(), f"{deed.found_on} does not lead to {deed.page}"
    opened = client.get(deed.page)
    assert opened.status_code == 200, (deed.page, opened.status_code)
    form = opened.context["form"]
    typed = {k: ("on" if v is True else v) for k, v in deed.typed.items()}
    for name, value in typed.items():
        if value == "@first":
            typed[name] = next(str(code) for code, _label in form.fields[name].choices if code)
    unknown = {k for k in typed if k not in form.fields and k.rsplit("_", 1)[0] not in form.fields}
    assert not unknown, f"{deed.page} has no field {unknown}; it has {set(form.fields)}"
    response = client.post(deed.page, as_served(form) | typed)
    if response.status_code != 302:
        refused = response.context["form"] if response.context else None
        pytest.fail(
            f"{deed.by} {deed.page}: {response.status_code} {dict(refused.errors) if refused else response.content[:300]}"
        )


def test_one_worker_from_registration_to_closure():
    world = World()
    clients = {role: sign_in(user) for role, user in world.users.items()}
    for deed in whole_season(world):
        send(clients[deed.by], deed)
        # Whatever was sent: who can travel is known when the next page opens.
        assert not ReadinessDue.objects.exists(), deed.page
        assert stale() == set(), deed.page
    case = Enrolment.objects.get()
    assert case.status == "closed"
    assert list(case.diary.filter(kind="move", subject="enrolment").order_by("id").values_list("to_status", flat=True)) == [
        "eligible", "rostered", "selected", "in_documentation", "ready_to_travel", "travelling", "active", "ended",
        "returned", "in_reintegration", "closed", "reopened", "in_reintegration", "closed",
    ]  # fmt: skip
    assert Placement.objects.get().status == "completed"
    assert sorted(Position.objects.values_list("status", flat=True)) == ["vacant", "vacated"]
    assert Return.objects.get().status == "arrived_confirmed"
    assert Reintegration.objects.get().status == "closed"
    assert not Step.objects.open().exists()
    assert all(event.by for event in CaseEvent.objects.all())
    said = " ".join(letter.subject + letter.body_text + letter.body_html for letter in Letter.objects.all())
    assert "Tzoc" not in said
    page = clients["manager"].get(f"/cases/{case.public_id}/history/").content.decode()
    assert "La familia recibió el primer envío" in page
