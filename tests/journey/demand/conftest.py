"""What every test of this room finds in place."""

import pytest
from django.utils import translation

from tests.fixtures.matching import make_code_lists


@pytest.fixture(autouse=True)
def code_lists(request):
    """The code lists that the forms offer."""
    marker = request.node.get_closest_marker("django_db")
    if marker:
        request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
        make_code_lists()


@pytest.fixture(autouse=True)
def in_english():
    """Sentences are compared as they stand in the source."""
    with translation.override("en"):
        yield
