"""Named positions: who is asked for by name, who may take them, what everybody can read afterwards."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.urls import reverse

from programmes.base.common.errors import RuleBroken, Stale
from programmes.journey.demand import actions, naming
from programmes.journey.selection import actions as selections
from programmes.models import CaseEvent, JobDemand, Position
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import SeasonFactory
from tests.fixtures.accounts import make_office
from tests.fixtures.matching import send

pytestmark = pytest.mark.django_db
TODAY = date.today()


@pytest.fixture
def liaison(client_for):
    return client_for("liaison", language="en")


@pytest.fixture
def season(liaison):
    return SeasonFactory()


def rostered(season, **names):
    return EnrolmentFactory(season=season, status="rostered", person=PersonFactory(**names))


def test_names_of_a_draft_become_its_first_positions(liaison, user_for, season):
    by, manager = liaison.user, user_for("manager")
    worker = rostered(season).person
    demand = JobDemandFactory(season=season, positions=3, created_by=by)
    naming.name_worker(demand, by=by, wanted_name="J. Pérez", wanted=worker)
    second = naming.name_worker(demand, by=by, wanted_name="Pedro")
    third = naming.name_worker(demand, by=by, wanted_name="Paula")
    with pytest.raises(RuleBroken, match="every one is named or held"):
        naming.name_worker(demand, by=by, wanted_name="One too many")
    naming.make_generic(second, by=by, version=second.version)
    demand.refresh_from_db()
    terms = {name: getattr(demand, name) for name in actions.TERMS}
    with pytest.raises(RuleBroken, match="2 workers are asked for by name") as refusal:
        actions.edit(demand, by=by, version=demand.version, **{**terms, "positions": 1})
    assert refusal.value.field == "positions"
    demand = actions.submit(demand, by=by, version=demand.version)
    demand = actions.take_up(demand, by=manager, version=demand.version)
    actions.approve(demand, by=manager, version=demand.version)
    rows = Position.objects.filter(demand=demand).order_by("number")
    assert list(rows.values_list("number", "named", "wanted", "wanted_name")) == [
        (1, True, worker.pk, "J. Pérez"), (2, False, None, ""), (3, True, None, "Paula"),
    ]  # fmt: skip
    assert third.pk == rows[2].pk
    said = CaseEvent.objects.filter(subject="demand", subject_id=demand.pk, what="worker_named")
    assert "Pérez" not in str(list(said.values()))


def test_a_named_position_waits_for_its_worker_and_then_for_anybody(liaison, season):
    by = liaison.user
    wanted, other, third = (rostered(season) for _ in range(3))
    demand = JobDemandFactory(season=season, status="open", positions=2)
    place = naming.name_worker(demand, by=by, wanted_name="J.", wanted=wanted.person)
    assert place.number == 1
    taken = selections.select(other, by=by, demand=demand, on=TODAY)
    assert (taken.position.number, taken.named) == (2, False)
    with pytest.raises(RuleBroken, match="The 1 position left is for a worker asked for by name") as refusal:
        selections.select(third, by=by, demand=demand, on=TODAY)
    assert refusal.value.code == "named_only"
    own = selections.select(wanted, by=by, demand=demand, on=TODAY)
    assert (own.position.number, own.named) == (1, True)
    wanted.refresh_from_db()
    selections.release(wanted, by=by, version=wanted.version, on=TODAY, reason="worker_declined")
    place.refresh_from_db()
    assert (place.status, place.wanted, place.open_to_others_on) == ("vacant", wanted.person, TODAY)
    assert selections.select(third, by=by, demand=demand, on=TODAY).position.number == 1
    page = liaison.get(demand.get_absolute_url()).content.decode()
    for words in (third.person.full_name, "Asked for:", wanted.person.full_name, "open to others"):
        assert words in page


def test_two_steps_name_a_worker_and_say_who_is_meant(liaison, season):
    worker = rostered(season, given_names="Juana", first_surname="Ixcoy").person
    demand = JobDemandFactory(season=season, status="open", positions=2)
    url = reverse("demand:name", args=[demand.public_id])
    asked = send(liaison, url, wanted_name="Juana Ixcoy")
    page = asked.content.decode()
    assert "Who is meant" in page
    assert f'value="{worker.public_id}"' in page
    assert not Position.objects.filter(named=True).exists()
    assert send(liaison, url, wanted_name="Juana Ixcoy", person=str(worker.public_id)).status_code == 302
    assert send(liaison, url, wanted_name="Nadie Conocido", person="nobody").status_code == 302
    assert send(liaison, url, wanted_name="Otra", person="nobody").status_code == 422
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert worker.full_name in page
    assert "Nadie Conocido" in page
    assert "not matched with a person yet" in page
    second = Position.objects.get(number=2)
    url = reverse("demand:position", args=[demand.public_id, 2])
    twice = send(liaison, url, wanted_name="Juana Ixcoy", person=str(worker.public_id))
    assert twice.status_code == 409
    assert "already asked for by name in this demand" in twice.content.decode()
    generic = reverse("demand:make_generic", args=[demand.public_id, 2])
    assert liaison.post(generic, {"version": second.version}).status_code == 302
    second.refresh_from_db()
    assert (second.named, second.wanted_name) == (False, "")


def test_a_person_out_of_reach_is_neither_offered_nor_chosen_nor_shown(liaison, season):
    hidden = PersonFactory(given_names="Secreta", first_surname="Lejana", office=make_office("CO-BOG"))
    demand = JobDemandFactory(season=season, status="open", positions=1)
    url = reverse("demand:name", args=[demand.public_id])
    assert str(hidden.public_id) not in send(liaison, url, wanted_name="Secreta Lejana").content.decode()
    forged = send(liaison, url, wanted_name="Secreta Lejana", person=str(hidden.public_id))
    assert forged.status_code == 422
    place = Position.objects.get()
    Position.objects.filter(pk=place.pk).update(named=True, wanted_name="Secreta Lejana", wanted=hidden)
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert "Lejana" not in page
    assert "a worker whom you may not see" in page


def test_the_database_knows_named_from_generic(season):
    place = JobDemandFactory(season=season, status="open", positions=1).places.get()
    rows = Position.objects.filter(pk=place.pk)
    for change, words in (
        ({"named": True}, "position_named_says_whom"),
        ({"wanted_name": "X"}, "position_generic_names_nobody"),
        ({"open_to_others_on": TODAY}, "position_generic_names_nobody"),
    ):
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            rows.update(**change)


def test_a_held_position_is_not_renamed_and_a_stale_page_changes_nothing(liaison, season):
    by = liaison.user
    worker = rostered(season)
    demand = JobDemandFactory(season=season, status="open", positions=1)
    place = naming.name_worker(demand, by=by, wanted_name="J.", wanted=worker.person)
    with pytest.raises(Stale):
        naming.open_to_others(place, by=by, version=place.version + 1)
    selections.select(worker, by=by, demand=demand, on=TODAY)
    place.refresh_from_db()
    with pytest.raises(RuleBroken, match="Somebody holds this position now"):
        naming.make_generic(place, by=by, version=place.version)


# --- Deductions, criteria, closing, approval, seasons -----------------------------------------------------------------


def test_deductions_are_lines_of_a_draft(liaison, season):
    demand = JobDemandFactory(season=season)
    url = reverse("demand:deductions", args=[demand.public_id])
    line = {"what": "housing", "how_often": "week"}
    for wrong in ({}, {"amount": "30", "per_cent": "2"}, {"amount": "0"}, {"per_cent": "100.01"}, {"amount": "1,5"}):
        refused = send(liaison, url, **line, **wrong)
        assert refused.status_code == 422
        assert refused.context["form"].errors
    assert send(liaison, url, **line, amount="30.00").status_code == 302
    assert send(liaison, url, **line, amount="31.00").status_code == 409
    assert send(liaison, url, what="meals", how_often="pay", per_cent="2.5").status_code == 302
    page = liaison.get(demand.get_absolute_url()).content.decode()
    assert "2.5 % of the wage every payday" in page
    held = demand.deductions.get(what="meals")
    remove = reverse("demand:remove_deduction", args=[demand.public_id, held.public_id])
    JobDemand.objects.filter(pk=demand.pk).update(status="submitted")
    liaison.post(remove)
    assert demand.deductions.count() == 2
    assert send(liaison, url, what="meals", how_often="pay", amount="1").status_code == 422


def test_a_partly_filled_demand_is_closed_with_a_reason(liaison, season):
    demand = JobDemandFactory(season=season, status="partly_filled", positions=2)
    url = reverse("demand:close", args=[demand.public_id])
    assert "given up" in liaison.get(url).content.decode()
    assert send(liaison, url).status_code == 422
    assert send(liaison, url, reason="season_over").status_code == 302
    demand.refresh_from_db()
    assert demand.status == "closed"


def test_the_database_refuses_approval_by_the_requester(liaison, user_for, season):
    manager = user_for("manager")
    demand = JobDemandFactory(season=season, created_by=liaison.user)
    demand = actions.submit(demand, by=manager, version=demand.version)
    assert (demand.submitted_by, demand.submitted_at is not None) == (manager, True)
    with pytest.raises(RuleBroken, match="Nobody approves a demand of their own"):
        actions.take_up(demand, by=manager, version=demand.version)
    for requester in (manager, liaison.user):
        with pytest.raises(IntegrityError, match="demand_approved_by_another"), transaction.atomic():
            JobDemand.objects.filter(pk=demand.pk).update(approved_by=requester)
    assert JobDemand.objects.filter(pk=demand.pk).update(approved_by=user_for("manager")) == 1


def test_a_season_with_demands_is_not_deleted_and_the_page_says_why(client_for, season):
    demand = JobDemandFactory(season=season)
    with pytest.raises(ProtectedError):
        season.delete()
    refused = client_for("administrator", language="en").post(
        f"/admin/programmes/season/{season.pk}/delete/", {"post": "yes"}
    )
    assert refused.status_code == 403
    words = refused.content.decode()
    assert "is used by demands or cases and stays. Take away its tick “takes new cases” instead." in words
    assert demand.number not in words
    assert type(season).objects.filter(pk=season.pk).exists()
