"""Start iomcase on this machine and keep it running: `make run`.

Starts the private servers (unless addresses are given), brings database and files up to date, starts web server,
worker and beat, and prints where to go. One Ctrl-C or SIGTERM ends all of it, in order, and so does the death of
this process. A part that crashes is started again; a part that is stopped in an orderly way (SIGTERM to it) stays
stopped, and the health page says so.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

HOST = "127.0.0.1"
ROLES = ("caseworker", "liaison", "manager", "data", "protection", "auditor", "partner", "administrator")
RESTART_PAUSE_SECONDS = 3
# So many deaths within so many seconds mean that starting it once more will not help.
DEATHS_TOO_MANY = 5
DEATHS_WITHIN_SECONDS = 60
STOP_SECONDS = 15
READY_SECONDS = 90
_PR_SET_PDEATHSIG = 1


class Part:
    """One of the processes that make up iomcase, in a process group of its own."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None
        self.restart_at: float | None = None
        self.deaths: deque[float] = deque(maxlen=DEATHS_TOO_MANY)

    def start(self) -> None:
        """Start the process. Its own session keeps the terminal's Ctrl-C from reaching it before its turn."""
        self.restart_at = None
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )

    def died(self) -> int | None:
        """Return the exit code once, when the process has ended; end what it left behind."""
        if self.process is None or self.process.poll() is None:
            return None
        code = self.process.returncode
        self.kill()
        self.process = None
        return code

    def terminate(self) -> None:
        """Ask the process to finish what it does and end."""
        if self.process is not None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the process, then end whatever is left of its group."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(seconds, 0))
        self.kill()
        self.process.wait()

    def kill(self) -> None:
        """End the process and its children without asking."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Starts the parts, starts crashed ones again and ends all of them."""

    def __init__(self, parts: list[Part], on_death: Callable[[Part], None]) -> None:
        self.parts = parts
        self.on_death = on_death
        self.told_to_stop = False
        self.exit_code = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._told_to_stop)

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self.told_to_stop:
            for part in self.parts:
                part.kill()
        self.told_to_stop = True

    def start(self) -> None:
        """Start every part."""
        for part in self.parts:
            part.start()

    def finish(self, steps: list[Part]) -> bool:
        """Run all `steps` to their end, side by side; say whether all went well and nobody told us to stop."""
        if steps:
            say(f"Preparing {' and '.join(step.name for step in steps)} …")
        for step in steps:
            step.start()
        running = list(steps)
        while running and not self.told_to_stop and not self.exit_code:
            time.sleep(0.05)
            for step in list(running):
                code = step.died()
                if code is not None:
                    running.remove(step)
                    self.exit_code = self.exit_code or abs(code)
        for step in running:
            step.terminate()
            step.wait(STOP_SECONDS)
        return not self.told_to_stop and not self.exit_code

    def look_after(self, seconds: float) -> None:
        """Watch the parts for so long, or until told to stop."""
        until = time.monotonic() + seconds
        while not self.told_to_stop and time.monotonic() < until:
            for part in self.parts:
                self._look_at(part)
            time.sleep(0.1)

    def _look_at(self, part: Part) -> None:
        if part.restart_at is not None and time.monotonic() >= part.restart_at:
            part.start()
        code = part.died()
        if code is None:
            return
        self.on_death(part)
        if code == 0:
            say(f"{part.name} was stopped. It stays stopped until the next `make run`.")
            return
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        now = time.monotonic()
        part.deaths.append(now)
        if len(part.deaths) == DEATHS_TOO_MANY and now - part.deaths[0] < DEATHS_WITHIN_SECONDS:
            say(f"{part.name} ended {how}, {DEATHS_TOO_MANY} times in a minute. Stopping; its words above say why.")
            self.exit_code = 1
            self.told_to_stop = True
            return
        say(f"{part.name} ended {how}. Starting it again in {RESTART_PAUSE_SECONDS} seconds.")
        part.restart_at = now + RESTART_PAUSE_SECONDS

    def stop(self) -> None:
        """Ask all parts to end, give them time, then end what is left."""
        for part in self.parts:
            part.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        for part in self.parts:
            part.wait(give_up - time.monotonic())


def main() -> int:
    """Run iomcase until told to stop; return the exit code."""
    began = time.monotonic()
    # When make is killed, nobody would be left to stop us.
    if os.environ.get("MAKELEVEL") and (die := die_with_parent()) is not None:
        die()
    port = int(os.environ.get("PORT") or 8000)
    address = f"http://{HOST}:{port}/"
    os.environ.setdefault("SITE_URL", address.rstrip("/"))
    if is_taken(port):
        print(f"Port {port} is taken. Choose another: PORT={port + 1} make run", file=sys.stderr)
        return 1
    supervisor = Supervisor(parts(port), on_death=tell_health)
    # Importing the settings starts the private servers and holds them until this process ends.
    from iomcase import catalogues, embedded, prepare, settings

    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    alone = embedded.Lock(settings.VAR_DIR / "run.lock")
    try:
        if not alone.try_alone():
            say(f"iomcase runs already on the data in {settings.VAR_DIR}. Stop it first, or name another IOMCASE_VAR.")
            return 1
        catalogues.compile_changed()
        steps = [
            Part(name, ["-m", "iomcase.prepare", name], {"IOMCASE_DATABASE_ROLE": "owner"}) for name in prepare.needed()
        ]
        if not supervisor.finish(steps):
            return supervisor.exit_code
        supervisor.start()
        ready = False
        while not supervisor.told_to_stop:
            supervisor.look_after(0.2 if not ready else 3600)
            well = ready or is_well(address)
            if not well and time.monotonic() - began > READY_SECONDS:
                say(f"Not everything is well yet: {address}health/ says what.")
                began = time.monotonic()
            if well and not ready:
                ready = True
                say_welcome(address, settings.DEMO, settings.DEMO_PASSWORD, time.monotonic() - began)
        say("Stopping …")
        supervisor.stop()
        return supervisor.exit_code
    finally:
        supervisor.stop()
        embedded.leave()
        say("Stopped.")


def parts(port: int) -> list[Part]:
    """Return the processes to run. The web server comes first, so that it stops taking requests first."""
    gunicorn = ["-m", "gunicorn", "iomcase.wsgi", "--bind", f"{HOST}:{port}", "--no-control-socket"]
    gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    gunicorn += ["--graceful-timeout", "10"]
    # Celery warns root of pickle, which the settings refuse.
    celery = ["-W", "ignore:You're running the worker", "-m", "celery", "--app", "iomcase", "--quiet"]
    worker = [*celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "warning"]
    beat = [*celery, "beat", "--pidfile=", "--loglevel", "warning"]
    return [
        Part("web", gunicorn, {"IOMCASE_WEB": "1"}),
        Part("beat", beat, {}),
        Part("worker", worker, {}),
    ]


def tell_health(part: Part) -> None:
    """Let the health page know at once that a part has died."""
    # Needs settings, which must not be imported before SITE_URL is known.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
    from iomcase.health import stop_heart

    stop_heart(part.name)


def say_welcome(address: str, demo: bool, password: str, seconds: float) -> None:
    """Print where to go and, in a demo, who one can be."""
    lines = [f"iomcase is ready at {address} after {seconds:.1f} seconds. Ctrl-C stops it."]
    if demo:
        lines.append(f"Sign in as one of these, password {password}")
        lines += [f"  {role}@example.org" for role in ROLES]
    say("\n".join(lines))


def is_well(address: str) -> bool:
    """Ask the health page whether every part runs."""
    try:
        with urllib.request.urlopen(f"{address}health/", timeout=5) as answer:  # noqa: S310 our own address
            return json.load(answer)["status"] == "ok"
    except (OSError, ValueError):
        return False


def is_taken(port: int) -> bool:
    """Say whether another process listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def die_with_parent() -> Callable[[], None] | None:
    """Return a function which asks the kernel to send SIGTERM when the parent dies; None where that is not offered."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))

    return ask


def say(words: str) -> None:
    """Print a message of the process manager."""
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
