"""The virus scanner: ClamAV's daemon, spoken to over its socket (INSTREAM), when the settings name its address."""

import re
import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

CHUNK = 64 * 1024
CONNECT_SECONDS, ANSWER_SECONDS = 3, 30


class Away(Exception):
    """The scanner does not answer."""


class Unreadable(Exception):
    """The scanner answered, but gave no verdict on this content."""


def ask(content: Any) -> str:
    """What the scanner finds in a content: the name of what it found, or "" when it is clean.

    `content` is open for reading in bytes. Raises Away or Unreadable.
    """
    try:
        with _connection() as line:
            line.sendall(b"zINSTREAM\0")
            while chunk := content.read(CHUNK):
                line.sendall(len(chunk).to_bytes(4, "big") + chunk)
            line.sendall((0).to_bytes(4, "big"))
            answer = _answer(line)
    except OSError as error:
        raise Away(type(error).__name__) from error
    if answer == "stream: OK":
        return ""
    if found := re.fullmatch(r"stream: (.+) FOUND", answer):
        return found[1]
    raise Unreadable(answer[:100])


def _connection() -> socket.socket:
    """A connection to `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`."""
    address = urlsplit(settings.CLAMAV)
    if address.scheme == "unix":
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(CONNECT_SECONDS)
        line.connect(address.path)
    else:
        line = socket.create_connection((address.hostname or "", address.port or 3310), timeout=CONNECT_SECONDS)
    line.settimeout(ANSWER_SECONDS)
    return line


def _answer(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and (part := line.recv(4096)):
        answer += part
    if not answer:
        raise ConnectionResetError("no answer")
    return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()
