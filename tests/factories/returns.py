"""Workers whose season is over."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from programmes.models import Return
from tests.factories.enrolment import EnrolmentFactory


class ReturnFactory(DjangoModelFactory):
    """A return planned for three days from now, of a case whose season ended. Give `planned` in days from today."""

    class Meta:
        model = Return

    class Params:
        planned = 3
        case = factory.LazyFunction(dict)

    planned_on = factory.LazyAttribute(lambda o: date.today() + timedelta(days=o.planned))
    enrolment = factory.LazyAttribute(
        lambda o: EnrolmentFactory(
            **{
                "status": "ended",
                "planned_start": date.today() - timedelta(days=150),
                "planned_end": o.planned_on,
                "departed_on": date.today() - timedelta(days=152),
                "arrived_on": date.today() - timedelta(days=151),
                **o.case,
            }
        )
    )
    type = "end_of_contract"
    status = "planned"
