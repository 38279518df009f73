"""One command starts everything, one signal ends it; health tells the truth; no production with demo values."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psycopg
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from iomcase import addresses, embedded, health
from iomcase.catalogues import compile_changed
from iomcase.celery import BEAT, app
from scripts.check import PRODUCTION
from tests.fixtures.services import wait_until

# --- Health -----------------------------------------------------------------------------------------------------


@pytest.fixture
def hearts():
    """Worker and beat said that they are alive."""
    for part in ("worker", "beat"):
        health.beat_heart(part)
    yield
    for part in ("worker", "beat"):
        health.stop_heart(part)


def test_health_names_every_part(client, db, hearts):
    answer = client.get("/health/")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "broker": "ok", "worker": "ok", "beat": "ok"}
    assert "no-store" in answer["Cache-Control"]
    assert reverse("health") == health.PATH


def test_health_answers_head_and_refuses_post(client, db, hearts):
    assert client.head("/health/").status_code == 200
    assert client.post("/health/").status_code == 405


def test_health_asks_for_no_session_and_no_allowed_host(db, hearts, django_assert_num_queries):
    client = Client(headers={"host": "10.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with django_assert_num_queries(0):
        assert client.get("/health/").status_code == 200


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_health_notices_a_silent_part(client, db, hearts, part):
    health.stop_heart(part)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert {name for name, state in answer.json().items() if state == "no heartbeat"} == {part}
    assert answer["Retry-After"]


def test_health_notices_a_database_that_is_away(client, hearts, monkeypatch):
    monkeypatch.setattr(health.psycopg, "connect", _refuse)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["database"] == "no answer"
    assert answer.json()["broker"] == "ok"


def _refuse(**parameters):
    raise psycopg.OperationalError("connection to server at 10.1.2.3 failed: password of iomcase_web")


@override_settings(REDIS_URL="redis://127.0.0.1:1/0")
def test_health_notices_a_broker_that_is_away(client, db):
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json()["broker"] == "no answer"
    assert answer.json()["database"] == "ok"


def test_a_heartbeat_grows_old_within_half_a_minute():
    health.beat_heart("worker")
    lives = redis.Redis.from_url(settings.REDIS_URL).ttl("iomcase:heart:worker")
    assert 2 * health.HEARTBEAT_SECONDS < lives <= 30


# --- Background work --------------------------------------------------------------------------------------------


def test_every_tick_of_beat_is_a_task():
    app.loader.import_default_modules()
    assert set(BEAT) <= set(app.tasks)


def test_emptying_the_cache_leaves_the_queue():
    queue = redis.Redis.from_url(settings.REDIS_URL)
    queue.set("queued", 1)
    cache.set("cached", 1)
    cache.clear()
    assert queue.get("queued") == b"1"
    queue.delete("queued")


def test_a_worker_tells_health_that_it_works(start_worker):
    worker = start_worker()
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert client.exists("iomcase:heart:worker")
    worker.stop()


@pytest.mark.parametrize(
    ("url", "number", "changed", "broker"),
    [
        ("redis://h:6379", 0, "redis://h:6379/3", "redis://h:6379"),
        ("rediss://:p@h/5", 5, "rediss://:p@h/3", "rediss://:p@h/5"),
        ("unix:///a/b.sock", 0, "unix:///a/b.sock?db=3", "redis+socket:///a/b.sock?virtual_host=0"),
        ("unix:///a/b.sock?db=4", 4, "unix:///a/b.sock?db=3", "redis+socket:///a/b.sock?virtual_host=4"),
    ],
)
def test_addresses_of_redis(url, number, changed, broker):
    assert addresses.redis_database(url) == number
    assert addresses.with_redis_database(url, 3) == changed
    assert addresses.celery_broker(url) == broker


def test_message_files_are_compiled_once(tmp_path):
    source = tmp_path / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Case"\nmsgstr "Expediente"\n'
    )
    assert compile_changed(tmp_path) == [source.with_suffix(".mo")]
    assert b"Expediente" in source.with_suffix(".mo").read_bytes()
    assert compile_changed(tmp_path) == []


# --- Settings ---------------------------------------------------------------------------------------------------


def _manage(*words, **environment):
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env=clean | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_documented_production_passes_every_check():
    done = _manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": settings.DEMO_SECRET_KEY}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"SITE_URL": "http://cases.example.net"}, "SITE_URL"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"EMAIL_URL": ""}, "EMAIL_URL"),
        ({"DEFAULT_FROM_EMAIL": "iomcase <no-reply@example.org>"}, "DEFAULT_FROM_EMAIL"),
        ({"SECOND_FACTOR_REQUIRED": "0"}, "SECOND_FACTOR_REQUIRED"),
        ({"IOMCASE_MODE": "prod"}, "IOMCASE_MODE"),
    ],
    ids=lambda value: "-".join(f"{k}={v}"[:30] for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_production_refuses_a_mistake(mistake, complaint, monkeypatch):
    environment = {**PRODUCTION, **mistake}
    done = subprocess.run(
        [sys.executable, "-c", "import iomcase.settings"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr
    assert complaint in done.stderr.splitlines()[-1] or complaint in done.stderr.partition("refuses to start")[2]


def test_production_refuses_a_role_that_owns_tables(db, database_url):
    done = _manage("check", "--database", "default", **{**PRODUCTION, "DATABASE_URL": database_url})
    assert done.returncode != 0
    assert "iomcase.E001" in done.stdout


@pytest.mark.skipif(not settings.DATABASE_URL_IS_PRIVATE, reason="the roles are made in the private server only")
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a int)",
        "DROP SCHEMA public CASCADE",
        "ALTER ROLE iomcase_web CREATEDB",
        "SET ROLE iomcase_owner",
        "SET session_replication_role = replica",
        "CREATE DATABASE d",
    ],
)
@pytest.mark.parametrize("role", ["web", "reports"])
def test_web_and_reports_cannot_change_the_database(role, statement):
    url = embedded.database_url(settings.VAR_DIR, role)
    host, name = re.fullmatch(r"postgres://\w+@/(/.+)/(\w+)", url).groups()
    refused = pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction))
    with psycopg.connect(host=host, dbname=name, user=f"iomcase_{role}", autocommit=True) as database, refused:
        database.execute(statement)


def test_every_variable_is_documented():
    read = re.findall(r'env\.\w+\(\s*"(\w+)"', (settings.BASE_DIR / "iomcase/settings.py").read_text())
    table = (settings.BASE_DIR / "docs/operations.md").read_text()
    assert [name for name in read if f"`{name}`" not in table] == []


# --- The process manager ----------------------------------------------------------------------------------------


class Running:
    """`make run` without make, on a free port, with a Redis of its own and the test's migrated database."""

    def __init__(self, tmp_path, database_url, log="log"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
        self.log = (tmp_path / log).open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iomcase.run"],
            cwd=settings.BASE_DIR,
            env=clean
            | {"PORT": str(self.port), "IOMCASE_VAR": str(tmp_path), "IOMCASE_SEED": "0", "DATABASE_URL": database_url},
            stdout=self.log,
            stderr=self.log,
        )

    def health(self):
        """Return status and body of the health page, (0, {}) when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            return 0, {}

    def words(self):
        """Return what was printed."""
        self.log.seek(0)
        return self.log.read()


def _processes_of(mark):
    """Return {pid: command line} of the processes whose environment or command line holds `mark`."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                command = cmdline.read()
                if mark.encode() in environ.read() + command:
                    found[int(pid)] = command.replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_everything_starts_is_looked_after_and_ends(tmp_path, database_url):
    running = Running(tmp_path, database_url)
    try:
        wait_until(lambda: running.health()[0] == 200 or running.process.poll() is not None, seconds=120)
        assert running.process.poll() is None, running.words()
        wait_until(lambda: "administrator@example.org" in running.words(), seconds=10)
        # Nobody else may start on the same data meanwhile.
        other = Running(tmp_path, database_url, log="other")
        assert other.process.wait(60) == 1
        assert "runs already" in other.words()
        other.log.close()
        # A part that crashes is named, and comes back.
        worker = next(
            pid for pid, command in _processes_of(str(tmp_path)).items() if " worker --concurrency" in command
        )
        os.killpg(os.getpgid(worker), signal.SIGKILL)
        wait_until(lambda: running.health()[1].get("worker") == "no heartbeat", seconds=10)
        wait_until(lambda: running.health()[0] == 200, seconds=60)
        # One that is stopped in an orderly way stays stopped, and is named.
        beat = next(pid for pid, command in _processes_of(str(tmp_path)).items() if " beat " in command)
        os.kill(beat, signal.SIGTERM)
        wait_until(lambda: running.health() == (503, running.health()[1] | {"beat": "no heartbeat"}), seconds=20)
        running.process.terminate()
        assert running.process.wait(60) == 0
        assert _processes_of(str(tmp_path)) == {}
        assert "Stopped." in running.words()
    finally:
        for pid in _processes_of(str(tmp_path)):
            os.kill(pid, signal.SIGKILL)
        running.process.wait()
        running.log.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_private_servers_end_with_their_last_user_even_when_it_is_killed(tmp_path):
    use = "import sys, time; from pathlib import Path; from iomcase import embedded\n"
    use += "embedded.database_url(Path(sys.argv[1])); embedded.redis_url(Path(sys.argv[1])); print('in', flush=True)\n"
    use += "time.sleep(60)"
    users = [
        subprocess.Popen(
            [sys.executable, "-c", use, str(tmp_path / "var")], cwd=settings.BASE_DIR, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for user in users:
        assert user.stdout.readline() == b"in\n"
    servers = [command for command in _processes_of(str(tmp_path)).values() if "redis-server" in command]
    assert len(servers) == 1
    users[0].terminate()
    users[1].terminate()
    time.sleep(1)
    assert embedded.in_use(tmp_path / "var")
    users[2].kill()
    wait_until(lambda: not embedded.in_use(tmp_path / "var"), seconds=30)
    for user in users:
        user.wait()
        user.stdout.close()
    wait_until(lambda: _processes_of(str(tmp_path)) == {}, seconds=10)


def test_a_taken_port_is_said_with_the_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "iomcase.run"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    assert done.returncode == 1
    assert f"PORT={port + 1} make run" in done.stdout
