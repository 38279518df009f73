"""Celery's doors of this room; each is safe to run twice."""

import contextlib

from celery import shared_task

from programmes.base.files import actions, scanner, storing
from programmes.base.files.models import StoredFile


@shared_task(name="files.scan")
def scan(pk):
    """Right after an upload: give the file to the scanner. While it is away, the sweep asks again."""
    with contextlib.suppress(scanner.Away, StoredFile.DoesNotExist):
        actions.scan(pk)


@shared_task(name="files.scan_waiting")
def scan_waiting():
    """Each minute: what still waits for the scanner, and what it saw a month ago."""
    actions.scan_waiting()


@shared_task(name="files.sweep")
def sweep():
    """Each day: remove contents that no row names."""
    storing.sweep()
