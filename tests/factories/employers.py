"""Employers and their sites."""

import factory
from factory.django import DjangoModelFactory

from programmes.models import Association, AssociationMember, Employer, Licence, Recruiter, Site
from tests.fixtures.accounts import make_office


class EmployerFactory(DjangoModelFactory):
    """An active employer in Canada kept by the office GT-CHM; `programmes` are those it takes part in."""

    class Meta:
        model = Employer
        skip_postgeneration_save = True

    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    name = factory.Sequence(lambda n: f"Serres du Val-Clair {n}")
    country = "CAN"
    sector = "A"

    @factory.post_generation
    def programmes(self, create, extracted, **kwargs):
        """None unless given."""
        if create and extracted:
            self.programmes.set(extracted)


class SiteFactory(DjangoModelFactory):
    """A greenhouse."""

    class Meta:
        model = Site

    employer = factory.SubFactory(EmployerFactory)
    name = factory.Sequence(lambda n: f"Serre {n}")
    place = "Saint-Rémi"
    region = "CA-QC"


class AssociationFactory(DjangoModelFactory):
    """An association kept by the office GT-CHM; `employers` are its members."""

    class Meta:
        model = Association
        skip_postgeneration_save = True

    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    name = factory.Sequence(lambda n: f"FERME {n}")
    country = "CAN"

    @factory.post_generation
    def employers(self, create, extracted, **kwargs):
        """None unless given."""
        for employer in extracted or ():
            AssociationMember.objects.create(association=self, employer=employer)


class RecruiterFactory(DjangoModelFactory):
    """A recruiter nobody has looked into yet."""

    class Meta:
        model = Recruiter

    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    name = factory.Sequence(lambda n: f"Agencia del Valle {n}")
    country = "GTM"


class LicenceFactory(DjangoModelFactory):
    """A recruiter's licence without an end; give its owner."""

    class Meta:
        model = Licence

    kind = "recruiter_licence"
    number = factory.Sequence(lambda n: f"L-{n}")
    country = "CAN"
