"""A private database of so many people, seeded once and kept until the models, the seeder or the week change."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MADE_FROM = (
    "requirements.txt",
    "accounts/**/models.py",
    "accounts/migrations/*.py",
    "programmes/**/models.py",
    "programmes/**/states.py",
    "programmes/migrations/*.py",
    "programmes/management/**/*.py",
)


def directory(people: int) -> Path:
    """Where the database and all other files of this size live."""
    return ROOT / "var" / f"bench-{people}"


def settle_environment(people: int) -> None:
    """Let Django, once it is set up, work on this database as its owner."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "iomcase.settings",
        "IOMCASE_MODE": "demo",
        "IOMCASE_VAR": str(directory(people)),
        "IOMCASE_DATABASE_ROLE": "owner",
        "LOG_LEVEL": "CRITICAL",
    }


def prepare(people: int) -> None:
    """Make the database unless a right one is there. Each step is a process, so that the servers stop in between.

    The private PostgreSQL sizes its memory by the data that it finds when it starts.
    """
    from iomcase import embedded

    # The data are made for a day, and grow old.
    digest = hashlib.sha256(time.strftime("%G %V").encode())
    for pattern in MADE_FROM:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    stamp = directory(people) / "seeded"
    if not stamp.exists() or stamp.read_text() != digest.hexdigest():
        if directory(people).exists() and embedded.reset(directory(people)):
            sys.exit(1)
        began = time.monotonic()
        _manage(people, "migrate", "--verbosity", "0")
        print(f"Making {people:,} people …", flush=True)
        _manage(people, "seed", "--people", str(people), "--seed", "1", "--verbosity", "2")
        stamp.write_text(digest.hexdigest())
        print(f"The database of {people:,} people took {time.monotonic() - began:.0f} seconds.", flush=True)
    subprocess.run(
        [sys.executable, "-m", "iomcase.prepare", "static files"],
        check=True,
        cwd=ROOT,
        env=_environment(people),
        stdout=subprocess.DEVNULL,
    )


def _manage(people: int, *words: str) -> None:
    subprocess.run([sys.executable, "manage.py", *words], check=True, cwd=ROOT, env=_environment(people))


def _environment(people: int) -> dict[str, str]:
    before = dict(os.environ)
    settle_environment(people)
    found = dict(os.environ)
    os.environ.clear()
    os.environ.update(before)
    return found
