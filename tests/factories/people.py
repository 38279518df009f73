"""People and their consents."""

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from programmes.models import Consent, Person
from tests.fixtures.accounts import make_office


class PersonFactory(DjangoModelFactory):
    """An adult from Chimaltenango with consent in force. Trait `without_consent` leaves the consent out."""

    class Meta:
        model = Person
        skip_postgeneration_save = True

    office = factory.LazyFunction(lambda: make_office("GT-CHM"))
    given_names = factory.Sequence(lambda n: f"María {'ABCDEFGHIJ'[n % 10]}na")
    first_surname = "Tzoc"
    second_surname = factory.Sequence(lambda n: f"Caal{n}")
    sex = "female"
    birth_date = date(1992, 3, 14)
    nationality = "GTM"
    phone = "+50255550142"

    @factory.post_generation
    def consent(self, create, extracted, **kwargs):
        """Consent for case management, unless `consent=False`."""
        if create and extracted is not False:
            ConsentFactory(person=self)


class ConsentFactory(DjangoModelFactory):
    """Consent in writing, given a month ago for two years."""

    class Meta:
        model = Consent

    person = factory.SubFactory(PersonFactory, consent=False)
    purposes = ["case_management"]
    mode = "written"
    language = "es"
    notice = "2026-1"
    given_on = factory.LazyFunction(lambda: date.today() - timedelta(days=30))
    expires_on = factory.LazyFunction(lambda: date.today() + timedelta(days=700))
