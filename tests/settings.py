"""Settings of the tests: a strict environment first, then those of the application.

Tests use the servers that DATABASE_URL and REDIS_URL name, or else the private ones under var/, always with a
database and a Redis number of their own. Runs side by side in one checkout each take a free slot.
"""

import os
from pathlib import Path

from iomcase import embedded
from iomcase.addresses import with_redis_database
from iomcase.catalogues import compile_changed

FIRST_REDIS_DATABASE = 4
SLOTS = 6
VAR_DIR = Path(__file__).resolve().parent.parent / "var"
VAR_DIR.mkdir(exist_ok=True)


def _take_slot() -> int:
    """Return the number of a slot that no other test run holds; workers of pytest-xdist share that of their run."""
    if "IOMCASE_TEST_SLOT" in os.environ:
        return int(os.environ["IOMCASE_TEST_SLOT"])
    for number in range(SLOTS):
        lock = embedded.Lock(VAR_DIR / f"test-{number}.lock")
        if lock.try_alone():
            os.environ["IOMCASE_TEST_SLOT"] = str(number)
            return number
        lock.close()
    raise SystemExit(f"{SLOTS} test runs are going on in this checkout already. Wait for one of them to end.")


# What the developer's shell or a .env holds must not decide what a test sees.
for _name in {"SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL", "LOG_LEVEL", "SECOND_FACTOR_REQUIRED"}:
    os.environ.pop(_name, None)
os.environ["IOMCASE_MODE"] = "test"
os.environ["IOMCASE_DATABASE_ROLE"] = "owner"
SLOT = _take_slot()
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
_number = FIRST_REDIS_DATABASE + 2 * (SLOT * 4 + (int(_worker.removeprefix("gw")) + 1 if _worker else 0))
os.environ["REDIS_URL"] = with_redis_database(os.environ.get("REDIS_URL") or embedded.redis_url(VAR_DIR), _number)
# Processes that a test starts find the files it uploads.
os.environ["IOMCASE_MEDIA"] = str(VAR_DIR / f"test-media-{SLOT}")
compile_changed()

from iomcase.settings import *  # noqa: E402, F403 the environment above decides what these become
from iomcase.settings import DATABASES, TEMPLATES  # noqa: E402 -- after the environment
from tests.strict import UNDEFINED  # noqa: E402 -- after the environment

DATABASES["default"]["TEST"] = {"NAME": f"test_iomcase_{SLOT}"}
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UNDEFINED
# Signing in is tested a thousand times; how slow the real hash is gets tested once (tests/accounts).
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Nearly all people of the tests work in Guatemala: what a test calls "today" is their day, also in the hours in which
# the day of UTC is already the next one.
TIME_ZONE = "America/Guatemala"
