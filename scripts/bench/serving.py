"""The servers that are measured, and how much processor time they use."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.database import ROOT

WORKERS = ["--workers", "2", "--log-level", "warning", "--no-control-socket"]


@dataclass(frozen=True)
class Serving:
    """A web server that runs: its port and the process that keeps its workers."""

    port: int
    process: int


@contextmanager
def _gunicorn(words: list[str], environment: dict[str, str]) -> Iterator[Serving]:
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
        yield Serving(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def web() -> AbstractContextManager[Serving]:
    """The web server exactly as `make run` starts it, in the role that owns nothing."""
    from iomcase import run

    part = next(part for part in run.parts(0) if part.name == "web")
    words = [word.replace(":0", ":{port}") if word == f"{run.HOST}:0" else word for word in part.command]
    return _gunicorn(words, part.environment | {"IOMCASE_DATABASE_ROLE": "web"})


def floor() -> AbstractContextManager[Serving]:
    """The same work by hand: SQL and the smallest template, no sign-in; processes without threads."""
    from django.db import connection

    values = connection.get_connection_params()
    address = " ".join(
        f"{name}={values[name]}" for name in ("host", "port", "user", "password", "dbname") if values.get(name)
    )
    return _gunicorn(
        ["-m", "gunicorn", "scripts.bench.floor", "--bind", "127.0.0.1:{port}", *WORKERS], {"FLOOR_DATABASE": address}
    )


def stock_admin() -> AbstractContextManager[Serving]:
    """Django's own admin over the same tables, with the settings of the application otherwise."""
    words = ["-m", "gunicorn", "scripts.bench.admin:application", "--bind", "127.0.0.1:{port}", *WORKERS]
    return _gunicorn(words, {"DJANGO_SETTINGS_MODULE": "scripts.bench.admin_settings", "IOMCASE_DATABASE_ROLE": "web"})


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
