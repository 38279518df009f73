"""What every test stands on. Fixtures live in tests/fixtures, one file for each subject."""

import gc
import importlib.util
from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.services",
    "tests.fixtures.web",
    "tests.fixtures.media",
    "tests.fixtures.own_servers",
    "tests.fixtures.chromium",
    *(
        name
        for name in ("tests.fixtures.accounts", "tests.fixtures.cases")
        if importlib.util.find_spec(name) is not None
    ),
]

# No test fails because the machine has other things to do.
settings.register_profile("iomcase", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("iomcase")

# Looking for cycles through all of Django again and again takes a tenth of the time of the tests.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def _in_the_source_language() -> Iterator[None]:
    """Speak English where a test calls the code itself; pages choose the language of their reader as always."""
    with translation.override("en"):
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run quick tests first and the browser last, so that a simple mistake shows at once."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
    gc.collect()
    gc.freeze()
    items.sort(key=lambda item: ("browser" in item.keywords, "slow" in item.keywords))
