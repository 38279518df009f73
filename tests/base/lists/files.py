"""Asking for a list as a file, as a browser does, and reading what came."""

import csv
import io

from programmes.models import Export
from tests.factories.pages import send


def asked(client, code="cases", query="view=all&sort=number", **typed):
    typed = {"purpose": "audit", "why": "Para la auditoría.", "format": "csv", "mark": "on", **typed}
    done = send(client, f"/lists/{code}/export/?{query}", **typed)
    assert done.status_code == 302, done.content.decode()[:2000]
    return Export.objects.get(public_id=done["Location"].rstrip("/").rsplit("/", 1)[1])


def fetched(client, export):
    answer = client.post(f"/exports/{export.public_id}/file/")
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def read(text):
    return list(csv.reader(io.StringIO(text)))
