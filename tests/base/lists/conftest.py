"""What the tests of lists stand on."""

import pytest

from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import PersonFactory
from tests.factories.rulebook import CodeFactory
from tests.fixtures.accounts import make_office


@pytest.fixture
def elsewhere(db):
    """A case and its person in an office of another country."""
    office = make_office("CO-BOG")
    person = PersonFactory(office=office, first_surname="Ajeno", national_id="9999", phone="+573001112233")
    return EnrolmentFactory(office=office, person=person)


@pytest.fixture
def purposes(db):
    CodeFactory(list="export_purpose", code="audit")
