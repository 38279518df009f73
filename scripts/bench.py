"""Measure the main pages on a large private database: `make bench`, or `make bench PEOPLE=100000`.

The database lives under var/bench-<people>, is seeded once and kept until the models, the seeder or the week change.
Every page is asked for through the web server of `make run`, signed in, in the same rounds as the floor page
(scripts/floor.py), whose time on the same machine in the same minutes is the yardstick: on a busy machine the
milliseconds say little and the ratios much. Processor milliseconds (web server and PostgreSQL together) hardly move
with the neighbours. Writes var/bench/latest.json, prints the table of docs/performance.md, and returns the number of
pages with more queries or bytes than they may have.
"""

import hashlib
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = int(os.environ.get("PEOPLE") or 10_000)
VAR_DIR = ROOT / "var" / f"bench-{PEOPLE}"
ROUNDS, REQUESTS = 7, 30
DEEP_PAGES = 40
SESSION = "sessionid"
sys.path.insert(0, str(ROOT))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "iomcase.settings",
    "IOMCASE_MODE": "demo",
    "IOMCASE_VAR": str(VAR_DIR),
    "IOMCASE_DATABASE_ROLE": "owner",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class Page:
    """A page to measure: who asks for it, and the most queries and kB (compressed) it may cost."""

    name: str
    user: object
    path: str
    queries: int
    kilobytes: float
    form: dict[str, str] = field(default_factory=dict)


# --- The database ---------------------------------------------------------------------------------------------------


def prepare() -> None:
    """Make the private database, unless one made from the same models by the same seeder this week is there."""
    from iomcase import embedded

    files = [ROOT / "requirements.txt"]
    for pattern in (
        "accounts/**/*.py",
        "programmes/**/models.py",
        "programmes/**/states.py",
        "programmes/management/**/*.py",
    ):
        files += sorted(ROOT.glob(pattern))
    week = time.strftime("%G %V")  # the data are made for a day, and grow old
    state = hashlib.sha256(week.encode() + b"".join(path.read_bytes() for path in files)).hexdigest()
    stamp = VAR_DIR / "seeded"
    fresh = not stamp.exists() or stamp.read_text() != state
    if fresh and VAR_DIR.exists() and embedded.reset(VAR_DIR):
        sys.exit(1)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if fresh:
        began = time.monotonic()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("seed", people=PEOPLE, seed=1, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        stamp.write_text(state)
        print(f"{PEOPLE} people in {time.monotonic() - began:.0f} seconds", flush=True)


def pages() -> list[Page]:
    """Return the pages: those of the busiest caseworker, and the case list of a manager."""
    from django.db.models import Count, Q

    from accounts.models import User
    from programmes.models import Enrolment

    open_cases = Count("cases", filter=Q(cases__is_open=True))
    caseworker = User.objects.filter(memberships__role="caseworker").annotate(n=open_cases).order_by("-n")[0]
    manager = User.objects.get(email="manager@example.org")
    own = Enrolment.objects.visible_to(caseworker).filter(owner=caseworker)
    longest = own.annotate(n=Count("events")).order_by("-n").select_related("person")[0]
    return [
        Page("today", caseworker, "/", 12, 12),
        Page("today_manager", manager, "/", 12, 12),
        Page("case_list", caseworker, "/cases/?view=open", 8, 12),
        Page("case_list_manager", manager, "/cases/?view=open", 8, 12),
        Page("case_list_deep", manager, "/cases/?view=all", 8, 12),
        Page("case_file", caseworker, f"/cases/{longest.public_id}/", 15, 15),
        Page("search_exact", caseworker, "/people/search/", 8, 12, {"q": longest.person.full_name}),
    ]


# --- The servers ----------------------------------------------------------------------------------------------------


@contextmanager
def serving(words: list[str], environment: dict[str, str]):
    """Run a gunicorn while the block runs; give its port and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *(word.replace("{port}", str(port)) for word in words)]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    try:
        for _ in range(300):
            with socket.socket() as knock:
                if knock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait(20)


def web_server():
    """The web server exactly as `make run` starts it, in the role that owns nothing."""
    from iomcase import run

    part = next(part for part in run.parts(0) if part.name == "web")
    words = [word.replace(":0", ":{port}") if word == f"{run.HOST}:0" else word for word in part.command]
    return serving(words, part.environment | {"IOMCASE_DATABASE_ROLE": "web"})


def floor_server(office: int):
    """Gunicorn with the floor page, two workers."""
    from django.db import connection

    values = connection.get_connection_params()
    address = f"host={values['host']} user={values['user']} dbname={values['dbname']}"
    words = [
        "-m",
        "gunicorn",
        "scripts.floor",
        "--bind",
        "127.0.0.1:{port}",
        "--workers",
        "2",
        "--log-level",
        "warning",
    ]
    return serving([*words, "--no-control-socket"], {"FLOOR_DATABASE": address, "FLOOR_OFFICE": str(office)})


def processor_seconds(*roots: int) -> float:
    """Processor time used so far by these processes and their children."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) in roots or int(status.parent.name) in roots:
            total += int(words[11]) + int(words[12])
    return total / ticks


# --- The measuring --------------------------------------------------------------------------------------------------


class Visitor:
    """One signed-in person who asks for one page again and again over one connection."""

    def __init__(self, port: int, page: Page | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Accept-Encoding": "gzip"}
        self.method, self.path, self.body = "GET", page.path if page else "/", None
        if page:
            self.headers["Cookie"] = f"{SESSION}={_session(page.user)}"
        if page and page.form:
            token = re.search(r'"X-CSRFToken": "(\w+)"', self._open_plainly("/people/"))[1]
            self.method, self.body = "POST", urlencode(page.form)
            self.headers |= {"X-CSRFToken": token, "Content-Type": "application/x-www-form-urlencoded"}
            self.headers["Cookie"] += f"; {self.cookie}"

    def _open_plainly(self, path: str) -> str:
        self.connection.request("GET", path, headers={"Cookie": self.headers["Cookie"]})
        answer = self.connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        return answer.read().decode()

    def ask(self) -> tuple[float, int]:
        """Ask once; return milliseconds and bytes on the wire."""
        began = time.perf_counter()
        self.connection.request(self.method, self.path, self.body, self.headers)
        answer = self.connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            sys.exit(f"{self.path} answered {answer.status}")
        return (time.perf_counter() - began) * 1000, size


def _session(user) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.middleware import SEEN, STARTED

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    # Written down as just seen for the whole run, so that no page carries the write of once a minute.
    session[STARTED] = time.time()
    session[SEEN] = time.time() + 3600
    session.save()
    return session.session_key


def queries_of(page: Page) -> int:
    """How many queries the page makes."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, override_settings

    plain = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    plain["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client()
    client.cookies[SESSION] = _session(page.user)
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES=plain):
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.post(page.path, page.form) if page.form else client.get(page.path)
    return len(queries)


def beyond(page: Page, port: int) -> str:
    """The address of the list's page so many pages on, found by following "next" as a reader would."""
    path = page.path
    for _ in range(DEEP_PAGES):
        visitor = Visitor(port, page)
        following = re.search(r'rel="next" href="([^"]+)"', visitor._open_plainly(path))
        if following is None:
            break
        path = page.path.partition("?")[0] + following[1].replace("&amp;", "&")
    return path


def measure(all_pages: list[Page]) -> list[dict]:
    """Visit all pages in turn in every round; return one entry for each."""
    from django.db import connection

    from iomcase.servers import Postgres

    office = all_pages[0].user.memberships.first().office_id
    database = int((Postgres(VAR_DIR).dir / "pid").read_text())
    counts = {page.name: queries_of(page) for page in all_pages}
    connection.close()
    with web_server() as (port, web), floor_server(office) as (floor_port, floor):
        for page in all_pages:
            if page.name == "case_list_deep":
                page.path = beyond(page, port)
        visitors = {"floor": (Visitor(floor_port), floor)} | {p.name: (Visitor(port, p), web) for p in all_pages}
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in visitors}
        sizes = {}
        for number in range(ROUNDS + 1):
            for name, (visitor, process) in visitors.items():
                visitor.connection.close()  # the server gave it up meanwhile
                used = processor_seconds(process.pid, database)
                times, size = zip(*(visitor.ask() for _ in range(REQUESTS)), strict=True)
                used = processor_seconds(process.pid, database) - used
                sizes[name] = size[-1]
                if number:  # the first round warms caches and templates
                    found[name].append((statistics.median(times), p95(times), used * 1000 / REQUESTS))
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    floor_p50, floor_p95, floor_processor = medians["floor"]
    return [
        {
            "name": page.name,
            "people": PEOPLE,
            "p50_ms": round(medians[page.name][0], 1),
            "p95_ms": round(medians[page.name][1], 1),
            "reference_p50_ms": round(floor_p50, 1),
            "reference_p95_ms": round(floor_p95, 1),
            "queries": counts[page.name],
            "bytes": sizes[page.name],
            "extra": {
                "processor_ms": round(medians[page.name][2], 1),
                "reference_processor_ms": round(floor_processor, 1),
                "most_queries": page.queries,
                "most_bytes": round(page.kilobytes * 1000),
            },
        }
        for page in all_pages
    ]


def p95(times) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def table(entries: list[dict]) -> str:
    """The entries as they stand in docs/performance.md."""
    first = entries[0]
    lines = [
        "| page | p50 ms | × floor | p95 ms | × floor | processor ms | × floor | queries | kB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    floor = [first["reference_p50_ms"], first["reference_p95_ms"], first["extra"]["reference_processor_ms"]]
    lines.append(f"| floor page | {' | 1 | '.join(map(str, floor))} | 1 | 1 | |")
    for entry in entries:
        extra = entry["extra"]
        lines.append(
            f"| {entry['name']} | {entry['p50_ms']} | {entry['p50_ms'] / entry['reference_p50_ms']:.1f} "
            f"| {entry['p95_ms']} | {entry['p95_ms'] / entry['reference_p95_ms']:.1f} "
            f"| {extra['processor_ms']} | {extra['processor_ms'] / extra['reference_processor_ms']:.1f} "
            f"| {entry['queries']} | {entry['bytes'] / 1000:.1f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Prepare, measure, write down; return how many pages broke a ceiling that does not depend on the machine."""
    prepare()
    subprocess.run(
        [sys.executable, "-m", "iomcase.prepare", "static files"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    entries = measure(pages())
    latest = ROOT / "var" / "bench" / "latest.json"
    latest.parent.mkdir(parents=True, exist_ok=True)
    latest.write_text(json.dumps(entries, indent=1) + "\n")
    print(f"{PEOPLE} people, {ROUNDS} rounds of {REQUESTS} requests; also in {latest.relative_to(ROOT)}\n")
    print(table(entries))
    over = [
        entry["name"]
        for entry in entries
        if entry["queries"] > entry["extra"]["most_queries"] or entry["bytes"] > entry["extra"]["most_bytes"]
    ]
    if over:
        print(f"\nToo many queries or bytes: {', '.join(over)}")
    return len(over)


if __name__ == "__main__":
    sys.exit(main())
