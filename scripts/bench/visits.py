"""One signed-in person who asks for a page again and again; all pages in turn in every round."""

import http.client
import itertools
import re
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from scripts.bench.serving import Serving, processor_seconds

SESSION = "sessionid"
ROUNDS, REQUESTS = 5, 15
# A page that takes long is asked for less often, but at least so many times in each round.
MOST_SECONDS_A_ROUND, FEWEST_REQUESTS = 1.5, 2


@dataclass
class Visited:
    """What is asked for: the address, and for searches the forms that are sent in turn."""

    path: str
    user: Any = None
    forms: Sequence[dict[str, str]] = ()
    # Sent in the address and not by POST.
    by_get: bool = False
    # Where a page stands whose token the forms need.
    form_page: str = "/people/"


@dataclass
class Times:
    """What the rounds found: p50 and p95 in milliseconds, processor milliseconds, the size of the last answer."""

    rounds: list[tuple[float, float, float]] = field(default_factory=list)
    size: int = 0
    status: int = 200

    def median(self, column: int) -> float:
        return statistics.median(row[column] for row in self.rounds)

    @property
    def figures(self) -> dict[str, float]:
        """Medians over the rounds."""
        return {
            "p50_ms": round(self.median(0), 2),
            "p95_ms": round(self.median(1), 2),
            "processor_ms": round(self.median(2), 2),
        }


class Visitor:
    """Asks one server for one thing over one connection."""

    def __init__(self, server: Serving, visited: Visited, requests: int = REQUESTS) -> None:
        self.server, self.visited, self.requests = server, visited, requests
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {"Accept-Encoding": "gzip"}
        if visited.user is not None:
            self.headers["Cookie"] = f"{SESSION}={session_of(visited.user)}"
        self.paths: Iterable[str] = itertools.repeat(visited.path)
        self.bodies: Iterable[str | None] = itertools.repeat(None)
        if visited.forms and visited.by_get:
            sign = "&" if "?" in visited.path else "?"
            self.paths = itertools.cycle([f"{visited.path}{sign}{urlencode(form)}" for form in visited.forms])
        elif visited.forms:
            token = re.search(r'"X-CSRFToken": "(\w+)"', self.read(visited.form_page))
            self.headers |= {
                "X-CSRFToken": token[1] if token else "",
                "Content-Type": "application/x-www-form-urlencoded",
            }
            self.bodies = itertools.cycle([urlencode(form) for form in visited.forms])
        self.next_path, self.next_body = iter(self.paths), iter(self.bodies)

    def read(self, path: str) -> str:
        """Open a page as a reader would; keeps the cookies it sets."""
        self.connection.request("GET", path, headers={"Cookie": self.headers["Cookie"]})
        answer = self.connection.getresponse()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        if cookie:
            self.headers["Cookie"] += f"; {cookie}"
        return answer.read().decode()

    def ask(self) -> tuple[float, int, int]:
        """Ask once; return milliseconds, bytes on the wire and the status."""
        body = next(self.next_body)
        began = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", next(self.next_path), body, self.headers)
        answer = self.connection.getresponse()
        size = len(answer.read())
        return (time.perf_counter() - began) * 1000, size, answer.status


def visit(visitors: dict[str, Visitor], database: int) -> dict[str, Times]:
    """Ask every visitor in turn in every round; `database` is the process of PostgreSQL."""
    found = {name: Times() for name in visitors}
    for number in range(ROUNDS + 1):
        for name, visitor in visitors.items():
            visitor.connection.close()  # the server gave it up meanwhile
            if visitor.visited.forms:
                _forget_how_often()
            used = processor_seconds(visitor.server.process, database)
            began = time.monotonic()
            asked: list[tuple[float, int, int]] = []
            while len(asked) < FEWEST_REQUESTS or (
                len(asked) < visitor.requests and time.monotonic() - began < MOST_SECONDS_A_ROUND
            ):
                asked.append(visitor.ask())
            used = processor_seconds(visitor.server.process, database) - used
            times, sizes, states = zip(*asked, strict=True)
            found[name].size, found[name].status = sizes[-1], max(states)
            if number:  # the first round warms caches and templates
                found[name].rounds.append((statistics.median(times), p95(times), used * 1000 / len(asked)))
    return found


def _forget_how_often() -> None:
    """Let one person search more often in a minute than base/common/limits.py lets anybody."""
    import redis
    from django.conf import settings

    with redis.Redis.from_url(str(settings.CACHES["default"]["LOCATION"])) as hints:
        for key in hints.scan_iter("*at_most*"):
            hints.delete(key)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def session_of(user: Any) -> str:
    """The key of a session in which this user has just signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.middleware import SEEN, STARTED

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.backends.Backend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    # Written down as just seen for the whole run, so that no page carries the write of once a minute.
    session[STARTED] = time.time()
    session[SEEN] = time.time() + 3600
    session.save()
    return str(session.session_key)


def queries_of(visited: Visited) -> int:
    """How many queries the page makes when it is asked for the second time."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, override_settings

    plain = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    plain["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client()
    client.cookies[SESSION] = session_of(visited.user)
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES=plain):
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.post(visited.path, visited.forms[0]) if visited.forms else client.get(visited.path)
    return len(queries)
