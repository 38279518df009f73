"""Browser tests: the ORM is used beside Playwright's event loop, and every complaint of the console fails a test."""

import os

import pytest

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(autouse=True)
def _no_complaints(complaints: list[str]) -> None:
    """Watch the console in each browser test."""
