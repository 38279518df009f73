"""Bring database, message files and static files up to date before the servers start.

One process for all of it, because starting Django costs more than most of the steps. It signs in to PostgreSQL as
the owner of the tables (`IOMCASE_DATABASE_ROLE=owner`, set by whoever starts it).
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path


def main() -> None:
    """Do each step that has something to do, saying so."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
    from iomcase.catalogues import compile_changed

    compile_changed()  # before Django starts, which reads them once

    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command, get_commands

    from iomcase.embedded import Postgres

    # The private database remembers which migrations it was given; of another one we know nothing, so look each time.
    private = settings.DATABASE_URL_IS_PRIVATE
    _unless_unchanged(
        "Bringing the database up to date",
        Postgres(settings.VAR_DIR).dir / "migrated" if private else None,
        (path for app in ("accounts", "programmes") for path in (settings.BASE_DIR / app).glob("migrations/*.py")),
        lambda: (
            call_command("migrate", interactive=False, verbosity=0),
            call_command("load_rulebook", verbosity=0),
        ),
    )
    if not settings.DEBUG:
        _unless_unchanged(
            "Collecting static files",
            settings.VAR_DIR / "static.stamp",
            (path for path in (settings.BASE_DIR / "static").rglob("*") if path.is_file()),
            lambda: call_command("collectstatic", interactive=False, clear=True, verbosity=0),
        )
    people = int(os.environ.get("IOMCASE_SEED") or 300)
    if settings.DEMO and people and "seed" in get_commands():
        call_command("seed", people=people, seed=1, if_empty=True)


def _unless_unchanged(what: str, stamp: Path | None, files: Iterable[Path], step: Callable[[], object]) -> None:
    """Run `step` unless `stamp` remembers it for the very same files and installed packages."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256((root / "requirements.txt").read_bytes())
    for path in sorted(files):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    if stamp is not None and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    began = time.monotonic()
    print(f"{what} …", end=" ", flush=True)
    step()
    print(f"{time.monotonic() - began:.1f} s")
    if stamp is not None:
        stamp.write_text(digest.hexdigest())


if __name__ == "__main__":
    main()
