"""Returnees in reintegration."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from programmes.models import FollowUp, PlanLine, Reintegration
from tests.factories.enrolment import EnrolmentFactory


def ago(n: int) -> date:
    """The day `n` days before today."""
    return date.today() - timedelta(days=n)


class ReintegrationFactory(DjangoModelFactory):
    """A reintegration opened two days after a return twelve days ago. Give `returned` (days before today), `status`."""

    class Meta:
        model = Reintegration

    class Params:
        returned = 12
        case = factory.LazyFunction(dict)

    enrolment = factory.LazyAttribute(
        lambda o: EnrolmentFactory(
            **{
                "status": "in_reintegration",
                "returned_on": ago(o.returned),
                "departed_on": ago(o.returned + 150),
                "arrived_on": ago(o.returned + 149),
                **o.case,
            }
        )
    )
    opened_on = factory.LazyAttribute(lambda o: o.enrolment.returned_on + timedelta(days=2))
    status = "opened"
    goals = factory.LazyAttribute(lambda o: "" if o.status in {"opened", "assessed"} else "Una panadería propia.")
    assessed_on = factory.LazyAttribute(lambda o: None if o.status == "opened" else o.opened_on)
    agreed_on = factory.LazyAttribute(
        lambda o: (
            o.opened_on if o.status in {"plan_agreed", "in_implementation", "completed", "in_monitoring"} else None
        )
    )


class PlanLineFactory(DjangoModelFactory):
    """An oven for a bakery."""

    class Meta:
        model = PlanLine

    reintegration = factory.SubFactory(ReintegrationFactory, status="plan_drafted")
    enrolment = factory.LazyAttribute(lambda o: o.reintegration.enrolment)
    dimension = "economic"
    assistance = "micro_business"
    description = "Horno"
    cost = "4850.00"
    currency = "GTQ"


class FollowUpFactory(DjangoModelFactory):
    """The follow-up three months after the return of a reintegration."""

    class Meta:
        model = FollowUp

    class Params:
        reintegration = factory.SubFactory(ReintegrationFactory)

    enrolment = factory.LazyAttribute(lambda o: o.reintegration.enrolment)
    months = 3
    due_on = factory.LazyAttribute(lambda o: o.enrolment.returned_on + timedelta(days=91))
