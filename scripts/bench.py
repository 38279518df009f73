"""Measure the main pages on a large private database: `make bench`, or `make bench PEOPLE=100000`.

The database lives under var/bench, is seeded once and kept. Pages are asked for in this process, as a signed-in demo
user, so the figures are those of the server alone. Prints, for each page, the median and the 95th percentile in
milliseconds, the number of queries, and the compressed size in kB; what is over its ceiling is marked, and the exit
code is the number of marks.
"""

import gzip
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = int(os.environ.get("PEOPLE") or 10_000)
ROUNDS = 25
sys.path.insert(0, str(ROOT))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "iomcase.settings",
    "IOMCASE_MODE": "demo",
    "IOMCASE_VAR": str(ROOT / "var" / f"bench-{PEOPLE}"),
    "IOMCASE_SEED": str(PEOPLE),
    "IOMCASE_DATABASE_ROLE": "owner",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class Page:
    """One page to measure: who asks for it, and what it may cost (p95 in ms, queries, kB compressed)."""

    name: str
    role: str
    path: str
    milliseconds: int
    queries: int
    kilobytes: float
    form: dict[str, str] = field(default_factory=dict)


def pages() -> list[Page]:
    """Return the pages, with a case and a person of the caseworker's own office."""
    from accounts.models import User
    from programmes.models import Enrolment

    caseworker = User.objects.get(email="caseworker@example.org")
    case = Enrolment.objects.visible_to(caseworker).order_by("-pk")[0]
    return [
        Page("Today", "caseworker", "/", 200, 12, 15),
        Page("Today of a manager", "manager", "/", 200, 12, 15),
        Page("case list", "caseworker", "/cases/", 200, 8, 12),
        Page("case list of a manager", "manager", "/cases/", 200, 8, 12),
        Page("case file", "caseworker", f"/cases/{case.public_id}/", 250, 15, 15),
        Page("people", "caseworker", "/people/", 200, 8, 12),
        Page("people search", "caseworker", "/people/search/", 200, 8, 12, {"q": case.person.full_name[:6]}),
        Page("employers", "liaison", "/employers/", 200, 8, 12),
        Page("demands", "liaison", "/demands/", 200, 8, 12),
        Page("reports", "manager", "/reports/", 200, 10, 12),
    ]


def measure(page: Page) -> int:
    """Ask for the page again and again, print one line, return how many ceilings it broke."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    client = Client(headers={"accept-language": "es"})
    client.force_login(User.objects.get(email=f"{page.role}@example.org"))
    times = []
    answer = ask(client, page)
    if answer.status_code != 200:
        print(f"{page.name:24} {answer.status_code} !")
        return 1
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = ask(client, page)
        times.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ask(client, page)
    p95 = statistics.quantiles(times, n=20)[-1]
    size = len(gzip.compress(answer.content, 6)) / 1000
    broken = [p95 > page.milliseconds, len(queries) > page.queries, size > page.kilobytes]
    marks = ["!" if mark else " " for mark in broken]
    print(
        f"{page.name:24} {answer.status_code} {statistics.median(times):7.0f} ms {p95:7.0f} ms{marks[0]}"
        f" {len(queries):4} queries{marks[1]} {size:6.1f} kB{marks[2]}"
    )
    return sum(broken)


def ask(client, page: Page):
    """Ask for the page once, following the redirect of a search."""
    if page.form:
        return client.post(page.path, page.form, follow=True)
    return client.get(page.path)


def main() -> int:
    """Prepare the database if need be, measure every page, return how many ceilings were broken."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import override_settings

    from accounts.models import User

    call_command("migrate", interactive=False, verbosity=0)
    if not User.objects.exists():
        began = time.monotonic()
        call_command("seed", people=PEOPLE, seed=1, if_empty=True)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(f"seeded {PEOPLE} people in {time.monotonic() - began:.1f} s")
    print(f"{'page':24}      median     p95")
    with override_settings(ALLOWED_HOSTS=["*"], SECURE_SSL_REDIRECT=False, STORAGES=_plain(settings.STORAGES)):
        return sum(measure(page) for page in pages())


def _plain(storages: dict) -> dict:
    """Name static files without digests: nobody has collected them for this database."""
    return storages | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


if __name__ == "__main__":
    sys.exit(main())
