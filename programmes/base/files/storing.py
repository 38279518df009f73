"""Contents on their way: put into the private storage before the transaction, removed when no row names them.

    with storing.passing(uploads) as stored:                 # judged, written
        attempt(request, form, lambda: deed(stored))         # inside: actions.keep(one, by=…, office=…)

A deed that fails, a form sent twice, a process that is killed: none leaves more than a content without a row, and that
is removed at once or by the daily sweep.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import structlog
from django.core import signing
from django.core.files.base import ContentFile, File
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.common.storage import RandomName, private_storage
from programmes.base.files.judging import judged
from programmes.base.files.models import StoredFile
from programmes.base.files.rules import shown_name

log = structlog.get_logger(__name__)
FOLDER = "files"
SALT = "programmes.files.held"
# Shorter than the sweep waits for a row.
HELD = timedelta(hours=20)


@dataclass(frozen=True)
class Stored:
    """A content that lies in the storage; no row names it yet."""

    stored: str
    name: str
    kind: str
    size: int
    sha256: str
    made: bool = False


@contextlib.contextmanager
def passing(uploads: Iterable[Any], *, field: str = "pages") -> Iterator[list[Stored]]:
    """Judge uploaded files and put them into the storage, all or none; afterwards remove what no row names.

    Raises RuleBroken in words for a person at the form's `field`. Stands around the transaction, never inside it.
    """
    stored: list[Stored] = []
    try:
        for upload in uploads:
            stored.append(store(upload, field=field))
        yield stored
    finally:
        let_go(stored)


@contextlib.contextmanager
def passing_made(content: bytes, *, name: str, kind: str) -> Iterator[Stored]:
    """The same for a content we made ourselves, such as a letter: neither judged nor scanned, and the name is ours."""
    stored = _put(ContentFile(content), name=name, kind=kind, made=True, field=None)
    try:
        yield stored
    finally:
        let_go([stored])


def store(upload: Any, *, field: str = "pages") -> Stored:
    """Judge one uploaded file and put it into the storage; whoever calls this lets it go when no row names it."""
    page = judged(upload, field=field)
    name = shown_name(upload.name or "", page.kind, otherwise=_("file"))
    return _put(page.content, name=name, kind=page.kind, made=False, field=field)


def held(stored: Iterable[Stored], by) -> str:
    """Contents on their way, as a signed word in a form that is sent once more; the daily sweep waits for it a day."""
    return signing.dumps([asdict(one) for one in stored], salt=f"{SALT}:{by.pk}") if stored else ""


def taken_up(word: str, by) -> list[Stored]:
    """The contents that such a word names, as far as they still lie there and nobody has kept them.

    Raises signing.BadSignature for a word that is not ours, another person's, or older than the sweep waits.
    """
    found = [Stored(**one) for one in signing.loads(word, salt=f"{SALT}:{by.pk}", max_age=HELD)] if word else []
    kept = set(StoredFile.objects.filter(stored__in=[one.stored for one in found]).values_list("stored", flat=True))
    return [one for one in found if one.stored not in kept and private_storage().exists(one.stored)]


def _put(content: File, *, name: str, kind: str, made: bool, field: str | None) -> Stored:
    digest, size = sha256(), 0
    for chunk in content.chunks():
        digest.update(chunk)
        size += len(chunk)
    return Stored(put(content, FOLDER, field=field), name, kind, size, digest.hexdigest(), made)


def put(content: File, folder: str, *, field: str | None = None, ending: str = "") -> str:
    """Write a content into the storage under a random name; returns that name.

    A storage that is full or away is told in words, and half a content is removed again.
    """
    name = RandomName(folder)(None, "") + ending
    try:
        content.seek(0)
        return private_storage().save(name, content)
    except Exception as error:
        # Every storage has errors of its own (a full disk, a bucket that is away); none may be a broken page.
        log.warning("file_not_stored", error=type(error).__name__)
        discard(name)
        raise RuleBroken(_("The file could not be stored. Try again in a moment."), field=field) from error


def let_go(stored: Iterable[Stored]) -> None:
    """Remove contents from the storage that no row names."""
    names = {one.stored for one in stored}
    if not names:
        return
    with contextlib.suppress(DatabaseError):  # who cannot ask removes nothing: the daily sweep asks again
        names -= set(StoredFile.objects.filter(stored__in=names).values_list("stored", flat=True))
        for name in names:
            discard(name)


def discard(name: str) -> None:
    """Remove one content; what cannot be removed now is swept later."""
    try:
        private_storage().delete(name)
    except Exception as error:
        log.warning("file_not_removed", error=type(error).__name__)


def sweep_folder(folder: str, named: Iterable[str], older_than: timedelta = timedelta(days=1)) -> int:
    """Remove contents of a folder whose names are not among `named`. Returns how many were removed.

    They were left by a process that was killed between storing and writing the row. Young ones stay: their row may be
    on its way.
    """
    storage = private_storage()
    names: list[str] = []
    with contextlib.suppress(FileNotFoundError):  # nothing was ever put there; a bucket knows no folders and says so
        _folders, names = storage.listdir(folder)
    before, known = timezone.now() - older_than, set(named)
    left = [name for name in (f"{folder}/{name}" for name in names) if name not in known]
    left = [name for name in left if storage.get_modified_time(name) < before]
    for name in left:
        discard(name)
    return len(left)


def sweep(older_than: timedelta = timedelta(days=1)) -> int:
    """Remove contents that no file names any more. Returns how many were removed."""
    return sweep_folder(FOLDER, StoredFile.objects.values_list("stored", flat=True).iterator(), older_than)
