"""The tests of this room read the pages in English."""

import pytest
from django.utils import translation

from programmes.base.rulebook import codes


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield
    codes.forget()


@pytest.fixture
def client_for(client_for):
    """As everywhere, for somebody who reads English."""
    return lambda role, **fields: client_for(role, **{"language": "en", **fields})


@pytest.fixture
def user_for(user_for):
    """As everywhere, for somebody who reads English."""
    return lambda role, **fields: user_for(role, **{"language": "en", **fields})
