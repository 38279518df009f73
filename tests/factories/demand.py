"""Authorisations, demands and their positions."""

from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from programmes.models import Authorisation, Deduction, JobDemand, Position
from tests.factories.employers import EmployerFactory, SiteFactory
from tests.factories.rulebook import SeasonFactory


class AuthorisationFactory(DjangoModelFactory):
    """An LMIA for twenty positions, valid from a month ago for two years."""

    class Meta:
        model = Authorisation

    employer = factory.SubFactory(EmployerFactory)
    kind = "lmia_approval"
    number = factory.Sequence(lambda n: f"LMIA-{n:05d}")
    positions = 20
    valid_from = factory.LazyFunction(lambda: date.today() - timedelta(days=30))
    valid_until = factory.LazyFunction(lambda: date.today() + timedelta(days=700))


class JobDemandFactory(DjangoModelFactory):
    """A draft for three workers from a month ahead, for half a year.

    Give `status`; from approval on its positions exist, all vacant. Without `employer` it gets one that takes part in
    the programme of its season, with a site; the programme asks for no authorisation unless the test says so.
    """

    class Meta:
        model = JobDemand
        skip_postgeneration_save = True

    season = factory.SubFactory(SeasonFactory)
    employer = factory.LazyAttribute(lambda o: EmployerFactory(programmes=[o.season.programme]))
    site = factory.LazyAttribute(lambda o: o.employer.sites.first() or SiteFactory(employer=o.employer))
    number = factory.Sequence(lambda n: f"D-{date.today().year}-{n + 9000:04d}")
    occupation = "9214"
    positions = 3
    starts_on = factory.LazyFunction(lambda: date.today() + timedelta(days=30))
    ends_on = factory.LazyAttribute(lambda o: o.starts_on + timedelta(days=180))
    wage = Decimal("16.60")
    wage_currency = "CAD"
    hours_per_week = Decimal("45.0")
    requested_on = factory.LazyFunction(date.today)
    status = "draft"

    @factory.post_generation
    def places(self, create, extracted, **kwargs):
        """Positions, as approval makes them."""
        if create and self.status in {"approved", "open", "partly_filled", "filled", "closed"}:
            Position.objects.bulk_create(Position(demand=self, number=n) for n in range(1, self.positions + 1))


class PositionFactory(DjangoModelFactory):
    """The next position of a demand; give `status`."""

    class Meta:
        model = Position

    demand = factory.SubFactory(JobDemandFactory, status="open", positions=1)
    number = 1


class DeductionFactory(DjangoModelFactory):
    """Housing, 30.00 every week."""

    class Meta:
        model = Deduction

    demand = factory.SubFactory(JobDemandFactory)
    what = "housing"
    amount = Decimal("30.00")
    how_often = "week"
