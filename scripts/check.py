"""Every check that is not a test, as `make check` runs them; the first line of each says what it is.

Two run at the same time. Nothing stops at the first failure: one run shows all that is wrong. The exit code is the
number of failed checks.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
# The set that docs/operations.md documents. Nothing is contacted: these checks read the settings only.
PRODUCTION = {
    "IOMCASE_MODE": "production",
    "SECRET_KEY": "for-this-check-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "ALLOWED_HOSTS": "cases.example.net",
    "SITE_URL": "https://cases.example.net",
    "DATABASE_URL": "postgres://iomcase_web:secret@database.example.net/iomcase",
    "DATABASE_OWNER_URL": "postgres://iomcase_owner:secret@database.example.net/iomcase",
    "REDIS_URL": "rediss://:secret@redis.example.net/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.net:587",
    "DEFAULT_FROM_EMAIL": "iomcase <no-reply@example.net>",
    "MESSAGE_ID_DOMAIN": "cases.example.net",
}
MOST_LINES = 60
CHECKS: list[tuple[str, list[str], dict[str, str]]] = [
    ("types (mypy)", [PYTHON, "-m", "mypy"], {}),
    (
        "formatting (make fix repairs it)",
        [PYTHON, "-m", "ruff", "format", "--check", "--output-format", "concise", "."],
        {},
    ),
    (
        "linter (make fix repairs some of it)",
        [PYTHON, "-m", "ruff", "check", "--quiet", "--output-format", "concise", "."],
        {},
    ),
    ("import contracts (pyproject.toml)", [str(Path(PYTHON).with_name("lint-imports"))], {}),
    ("templates (djlint)", [PYTHON, "-m", "djlint", "--lint", "--quiet", "templates"], {}),
    ("message files", [PYTHON, "-m", "iomcase.catalogues"], {}),
    ("migrations (manage.py makemigrations)", [*MANAGE, "makemigrations", "--check", "--dry-run"], {}),
    ("system checks", [*MANAGE, "check", "--fail-level", "WARNING", "--database", "default"], {}),
    ("system checks for production", [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
]


def run(check: tuple[str, list[str], dict[str, str]]) -> bool:
    """Run one check, print its outcome, return whether it passed."""
    name, command, environment = check
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = done.stdout.rstrip().splitlines() if done.returncode else []
    if len(lines) > MOST_LINES:
        lines[MOST_LINES // 2 : -MOST_LINES // 2] = [f"… {len(lines) - MOST_LINES} lines more: {' '.join(command)}"]
    words = "".join(f"\n    {line}" for line in lines)
    print(f"{'FAILED' if done.returncode else 'ok':6} {name}, {time.monotonic() - began:.1f} s{words}", flush=True)
    return done.returncode == 0


def main() -> int:
    """Run all checks; return how many failed."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, CHECKS)).count(False)


if __name__ == "__main__":
    sys.exit(main())
