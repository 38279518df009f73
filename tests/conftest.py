"""What every test stands on. Fixtures live in tests/fixtures, one file for each subject."""

import importlib.util

import pytest

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.services",
    "tests.fixtures.chromium",
    *(
        name
        for name in ("tests.fixtures.accounts", "tests.fixtures.cases")
        if importlib.util.find_spec(name) is not None
    ),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run quick tests first and the browser last, so that a simple mistake shows at once."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: ("browser" in item.keywords, "slow" in item.keywords))
