"""A private PostgreSQL and Redis for machines that have neither: both come as Python wheels and live under var/.

Any process that needs a server *joins* it: it takes a shared file lock that the kernel gives back when the process
ends, however it ends. Each server has one small keeper process that starts it, restarts it after a crash, and stops
it when the last lock is gone. So a shell, a test run and `make run` can share the servers, nothing is left behind
when they are killed, and no list of process ids can go stale.

Only unix sockets in a directory closed to other users are opened, no network port. Nothing here is for production.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from iomcase.servers import DATABASE, POLL_SECONDS, EmbeddedServerError, Lock, Postgres, Redis, Server

START_SECONDS = 60
RESTART_PAUSE_SECONDS = 5
ROOT = Path(__file__).resolve().parent.parent


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
        was_last = users.try_alone()
        users.close()
        keeper = _keepers.pop(server.dir, None)
        give_up = time.monotonic() + wait_seconds
        while was_last and server.is_kept() and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS / 2)
        if keeper is not None and was_last:
            with suppress(subprocess.TimeoutExpired):
                keeper.wait(5)


def in_use(var_dir: Path) -> bool:
    """Say whether any process holds one of the private servers under `var_dir`."""
    return any(server.is_kept() for server in (Postgres(var_dir), Redis(var_dir)))


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
            [sys.executable, "-m", "iomcase.embedded", server.name, str(server.var_dir)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=ROOT,
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


# --- The keeper -------------------------------------------------------------------------------------------------


def keep(server: Server) -> int:
    """Run `server` until nobody uses it or this process is told to stop; return the exit code.

    A server that was stopped in an orderly way (somebody asked it to) stays stopped; one that crashed is started
    again after a pause, long enough for a health check to notice.
    """
    keeper_lock = server.lock("keeper")
    keeper_lock.alone()  # others hold it for a moment only, to look whether a keeper is alive
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
    if server.socket_dir.parent != server.dir:
        shutil.rmtree(server.socket_dir, ignore_errors=True)
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
