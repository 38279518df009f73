"""Each test has a storage of its own, with nothing in it."""

import pytest


@pytest.fixture(autouse=True)
def media(own_media):
    """The directory of private files."""
    return own_media
