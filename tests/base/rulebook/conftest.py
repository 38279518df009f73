"""The lists that the pages of the rulebook offer, an administrator, a programme."""

import pytest

from programmes.base.rulebook import codes
from programmes.base.rulebook.shipped import code_lists
from programmes.models import Code
from tests.factories.rulebook import ProgrammeFactory


@pytest.fixture
def lists(db):
    wanted = {"currency", "document", "consent_purpose", "withdrawal"}
    Code.objects.bulk_create(row for row in code_lists() if row.list in wanted)
    codes.forget()
    yield
    codes.forget()


@pytest.fixture
def admin(client_for, lists):
    return client_for("administrator", language="en")


@pytest.fixture
def programme(lists):
    return ProgrammeFactory(code="gt-ca")
