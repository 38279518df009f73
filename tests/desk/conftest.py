"""Actions and rules are called outside a request here; their words are asserted in English."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english():
    """Speak English outside requests; pages follow their user as ever."""
    with translation.override("en"):
        yield
