"""Browser tests: the ORM is used beside Playwright's event loop, and every complaint of the console fails a test."""

import os
import threading
from collections.abc import Iterator

import pytest

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


STILL = 10  # seconds


@pytest.fixture
def _answered_before_the_tables_are_emptied() -> Iterator[None]:
    """Let requests that a closing page leaves behind (a draft being saved) end before the database is emptied."""
    yield
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(STILL)


@pytest.fixture(autouse=True)
def _no_complaints(_answered_before_the_tables_are_emptied: None, complaints: list[str]) -> None:
    """Watch the console in each browser test."""
