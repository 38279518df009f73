"""Who holds which position."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from programmes.models import Candidacy, Position, Selection
from tests.factories.demand import JobDemandFactory
from tests.factories.enrolment import EnrolmentFactory


class SelectionFactory(DjangoModelFactory):
    """A selected case that holds the first vacant position of an open demand of its season.

    Give `demand`, `enrolment`, or `position_status` (reserved, offered, accepted, occupied).
    """

    class Meta:
        model = Selection

    class Params:
        position_status = "reserved"
        case_status = "selected"
        demand = factory.SubFactory(JobDemandFactory, status="open")

    enrolment = factory.LazyAttribute(lambda o: EnrolmentFactory(status=o.case_status, season=o.demand.season))
    position = factory.LazyAttribute(lambda o: take(o.demand, o.position_status))
    selected_on = factory.LazyFunction(date.today)


def take(demand, status: str) -> Position:
    """The first vacant position of a demand, brought into a status step by step, as the table allows."""
    position = Position.objects.filter(demand=demand, status="vacant").order_by("number").first()
    way = ["reserved", "offered", "accepted", "occupied", "vacated"]
    for step in way[: way.index(status) + 1]:
        Position.objects.filter(pk=position.pk).update(status=step)
    position.refresh_from_db()
    return position


class CandidacyFactory(DjangoModelFactory):
    """A rostered case on the shortlist of an open demand of its season. Give `status`; a reserve needs its `rank`."""

    class Meta:
        model = Candidacy

    demand = factory.SubFactory(JobDemandFactory, status="open")
    enrolment = factory.LazyAttribute(lambda o: EnrolmentFactory(status="rostered", season=o.demand.season))
    why = factory.LazyAttribute(lambda o: "other" if getattr(o, "status", "") in {"not_selected", "released"} else "")
