"""Bring database, message files and static files up to date before the servers start.

Each step remembers in a stamp what it was done for, so that a start without changes does not even load Django. The
steps run side by side, each in a process of its own (`python -m iomcase.prepare <step>`); the one for the database
signs in to PostgreSQL as the owner of the tables (`IOMCASE_DATABASE_ROLE=owner`, set by whoever starts it).
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from iomcase import settings
from iomcase.servers import Postgres

PEOPLE = int(os.environ.get("IOMCASE_SEED") or 300)


def needed() -> list[str]:
    """Return the steps that have something to do."""
    return [name for name, (files, stamp, _) in STEPS.items() if not _is_done(stamp(), _digest(files()))]


def main(name: str) -> None:
    """Do one step, unless nothing changed since the last time, and remember what it was done for."""
    began = time.monotonic()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
    files, stamp, do = STEPS[name]
    digest = _digest(files())
    if _is_done(stamp(), digest):
        return
    import django  # costs a second, and the process manager imports this module too

    django.setup()
    do()
    if (path := stamp()) is not None:
        path.write_text(digest)
    print(f"{name} ready, {time.monotonic() - began:.1f} s", flush=True)


def _database() -> None:
    from django.core.management import call_command, get_commands

    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_rulebook", verbosity=0)
    if settings.DEMO and PEOPLE and "seed" in get_commands():
        call_command("seed", people=PEOPLE, seed=1, if_empty=True)


def _database_files() -> Iterable[Path]:
    for app in ("accounts", "programmes"):
        # Triggers follow what the models declare, so a changed table of moves is as good as a migration.
        for pattern in ("migrations/*.py", "**/models.py", "**/states.py", "**/machine.py", "history.py"):
            yield from (settings.BASE_DIR / app).glob(pattern)
    yield from (path for path in (settings.BASE_DIR / "programmes/base/rulebook/data").rglob("*") if path.is_file())


def _database_stamp() -> Path | None:
    # The private database is what we left it; of another one we know nothing, so look each time.
    return Postgres(settings.VAR_DIR).dir / "prepared" if settings.DATABASE_URL_IS_PRIVATE else None


def _static() -> None:
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, clear=True, verbosity=0)


def _static_files() -> Iterable[Path]:
    return (path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file())


def _static_stamp() -> Path:
    return settings.VAR_DIR / "static.stamp"


def _digest(files: Iterable[Path]) -> str:
    """Return a digest of the files and of the installed packages, which bring migrations and static files too."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.txt").read_bytes())
    for path in sorted(files):
        digest.update(f"{path.relative_to(settings.BASE_DIR)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _is_done(stamp: Path | None, digest: str) -> bool:
    return stamp is not None and stamp.exists() and stamp.read_text() == digest


Step = tuple[Callable[[], Iterable[Path]], Callable[[], Path | None], Callable[[], None]]
STEPS: dict[str, Step] = {
    "database": (_database_files, _database_stamp, _database),
    "static files": (_static_files, _static_stamp, _static),
}

if __name__ == "__main__":
    main(sys.argv[1])
