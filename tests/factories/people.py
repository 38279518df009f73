"""People and their consents."""

from datetime import date, timedelta
from io import BytesIO

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from factory.django import DjangoModelFactory
from PIL import Image

from programmes.journey.people import photos
from programmes.models import Consent, HouseholdMember, Identity, Person, PersonAddress, PersonPhone
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


class IdentityFactory(DjangoModelFactory):
    """A passport of the person's country, valid for years."""

    class Meta:
        model = Identity

    person = factory.SubFactory(PersonFactory)
    kind = "passport"
    country = "GTM"
    number = factory.Sequence(lambda n: f"P {1000000 + n}")
    expires_on = factory.LazyFunction(lambda: date.today() + timedelta(days=900))


class PersonPhoneFactory(DjangoModelFactory):
    """A neighbour's phone."""

    class Meta:
        model = PersonPhone

    person = factory.SubFactory(PersonFactory)
    kind = "neighbour"
    number = factory.Sequence(lambda n: f"+5025555{1000 + n % 9000}")


class PersonAddressFactory(DjangoModelFactory):
    """Where the person comes from."""

    class Meta:
        model = PersonAddress

    person = factory.SubFactory(PersonFactory)
    kind = "birth"
    country = "GTM"
    subdivision = "GT-04"
    municipality = "Patzún"


class HouseholdMemberFactory(DjangoModelFactory):
    """A child."""

    class Meta:
        model = HouseholdMember

    person = factory.SubFactory(PersonFactory)
    relation = "child"
    name = "Ixchel Tzoc"
    birth_year = 2015


def picture(kind="JPEG", size=(900, 1200), **options) -> SimpleUploadedFile:
    """An uploaded picture, upper half red and lower half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0], size[1] // 2))
    out = BytesIO()
    image.save(out, kind, **options)
    return SimpleUploadedFile(f"photo.{kind.lower()}", out.getvalue(), content_type=f"image/{kind.lower()}")


def take_photo(person, *, by=None):
    """A photo of the person, stored; they must have consented to it."""
    return photos.put(person, by=by, stored=photos.store(picture()))
