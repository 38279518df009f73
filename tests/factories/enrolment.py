"""Cases in any state, as the database would hold them: for tests that are about what comes next."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from programmes.journey.enrolment.states import ENROLMENT
from programmes.models import Enrolment, Step
from tests.factories.people import PersonFactory
from tests.factories.rulebook import SeasonFactory
from tests.fixtures.accounts import make_office

DATED = ENROLMENT.groups["booked"] | ENROLMENT.groups["abroad"]


class EnrolmentFactory(DjangoModelFactory):
    """A case of the office GT-CHM, registered ten days ago. Give `status`; dates that state needs are filled in."""

    class Meta:
        model = Enrolment

    person = factory.SubFactory(PersonFactory)
    season = factory.SubFactory(SeasonFactory)
    programme = factory.LazyAttribute(lambda o: o.season.programme)
    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    number = factory.Sequence(lambda n: f"GT-{date.today().year}-{n + 90000:05d}")
    status = "registered"
    registered_on = factory.LazyFunction(lambda: date.today() - timedelta(days=400))
    planned_start = factory.LazyAttribute(lambda o: date.today() + timedelta(days=30) if o.status in DATED else None)
    planned_end = factory.LazyAttribute(lambda o: o.planned_start + timedelta(days=180) if o.planned_start else None)
    departed_on = factory.LazyAttribute(
        lambda o: date.today() - timedelta(days=60) if o.status in ENROLMENT.groups["moved"] else None
    )
    returned_on = factory.LazyAttribute(
        lambda o: (
            date.today() - timedelta(days=5) if o.status in {"returned", "recall_offered", "in_reintegration"} else None
        )
    )
    closed_from = factory.LazyAttribute(lambda o: "returned" if o.status in {"closed", "reopened"} else "")
    closed_on = factory.LazyAttribute(lambda o: date.today() if o.status == "closed" else None)
    closure_reason = factory.LazyAttribute(lambda o: "completed_support" if o.status == "closed" else "")


class StepFactory(DjangoModelFactory):
    """A step due today."""

    class Meta:
        model = Step

    enrolment = factory.SubFactory(EnrolmentFactory)
    kind = "screening"
    due_on = factory.LazyFunction(date.today)
