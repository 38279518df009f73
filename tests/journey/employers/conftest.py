"""What every test of this room finds in place."""

import pytest

from tests.fixtures.matching import make_code_lists


@pytest.fixture(autouse=True)
def code_lists(request):
    """The code lists that the forms offer."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if _commits(request) else "db")
        make_code_lists()


def _commits(request):
    marker = request.node.get_closest_marker("django_db")
    return marker.kwargs.get("transaction", False)
