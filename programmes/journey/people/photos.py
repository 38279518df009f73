"""Photos of people: judged by content, encoded anew, kept privately, served only to whoever may see the person.

What arrives is never stored. It is decoded within limits and written again as JPEG, so that places, faces in thumbnails
and anything hidden behind the picture are gone; how the camera was held is kept. File names are random and appear in no
address. The storage is `STORAGES["private"]`: a directory, or any storage that every web process shares.
"""

import contextlib
import secrets
import warnings
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import puremagic
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from programmes.base.common.errors import RuleBroken
from programmes.base.lifecycle.models import record
from programmes.journey.people.identity import Photo
from programmes.journey.people.models import Consent, Person

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
SIDE, SMALL_SIDE = 1200, 160
SMALL_BYTES = 15_000
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
FOLDER = "photos"
PURPOSE = "photo"
# Pillow itself refuses what is twice as large before it decodes, and warns from here on.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class TooLarge(RuleBroken):
    """More bytes than are taken."""

    status = 413


@dataclass(frozen=True)
class Stored:
    """Names and measures of a picture that lies in the storage; no row names it yet."""

    image: str
    thumbnail: str
    width: int
    height: int
    size: int


def storage():
    """Where private files lie."""
    return storages["private"]


def may_be_kept(person, on) -> bool:
    """Whether a consent with the purpose "photo" is in force; without it no photo is taken, and none is shown."""
    return person.consents.in_force(on).filter(purposes__contains=[PURPOSE]).exists()


def is_shown(person: str = "pk", *, on) -> Q:
    """The same in a query, and that there is a photo; `person` names the column that holds the person's key."""
    held, agreed = Photo.objects.filter(person=OuterRef(person)), Consent.objects.in_force(on)
    return Q(Exists(held), Exists(agreed.filter(person=OuterRef(person), purposes__contains=[PURPOSE])))


def store(file) -> Stored:
    """Judge an uploaded file, encode it anew and put it into the storage.

    Takes JPEG, PNG and WebP by content, whatever the browser says, up to 10 MB and 40 million pixels. Raises RuleBroken
    in words for a person. Effects: two files, or none. Call it outside a transaction.
    """
    picture = _decoded(file)
    large = _encoded(picture, SIDE, quality=82)
    small = _encoded(picture, SMALL_SIDE, quality=80)
    for quality in (60, 40, 20):
        if len(small) <= SMALL_BYTES:
            break
        small = _encoded(picture, SMALL_SIDE, quality=quality)
    width, height = Image.open(BytesIO(large)).size
    written = []
    try:
        for content in (large, small):
            name = f"{FOLDER}/{secrets.token_hex(16)}.jpg"
            written.append(name)
            storage().save(name, ContentFile(content))
    except OSError as error:
        for name in written:
            with contextlib.suppress(OSError):
                storage().delete(name)  # what cannot be removed now is swept later
        raise RuleBroken(_("The photo could not be stored. Try again in a moment."), field="file") from error
    return Stored(image=written[0], thumbnail=written[1], width=width, height=height, size=len(large))


def discard(stored) -> None:
    """Remove the files of a picture (a `Stored` or a `Photo`) that no row names any more."""
    for name in (stored.image, stored.thumbnail):
        storage().delete(name)


@transaction.atomic
def put(person, *, by, stored: Stored) -> Photo:
    """Make a stored picture the photo of a person.

    Refused without a consent to it in force. Effects: the row, a diary line; an older photo is removed, and its files
    after the commit.
    """
    person = Person.objects.locked().get(pk=person.pk)
    if not may_be_kept(person, timezone.localdate()):
        raise RuleBroken(_("Record first that the person consents to a photo."), field="file", code="consent")
    _forget(person)
    photo = Photo.objects.create(person=person, created_by=by, **vars(stored))
    record(photo, by=by, what="photo_added")
    return photo


@transaction.atomic
def remove(person, *, by) -> Person:
    """Remove the photo of a person. Effects: row gone, diary line, files gone after the commit."""
    person = Person.objects.locked().get(pk=person.pk)
    if _forget(person):
        record(person, by=by, what="photo_removed")
    return person


def _forget(person) -> int:
    old = list(person.photos.all())
    for photo in old:
        transaction.on_commit(lambda photo=photo: discard(photo), robust=True)
        photo.delete()
    return len(old)


def sweep(older_than: timedelta = timedelta(days=1)) -> int:
    """Remove files that no row names: left by a process that was killed between storing and writing the row.

    Young files stay, their row may be on its way. Returns how many were removed.
    """
    _folders, names = storage().listdir(FOLDER) if storage().exists(FOLDER) else ([], [])
    known = {name for pair in Photo.objects.values_list("image", "thumbnail") for name in pair}
    before = timezone.now() - older_than
    left = [name for name in (f"{FOLDER}/{name}" for name in names) if name not in known]
    left = [name for name in left if storage().get_modified_time(name) < before]
    for name in left:
        storage().delete(name)
    return len(left)


def _decoded(file) -> Image.Image:
    if not file.size:
        raise RuleBroken(_("The file is empty."), field="file")
    if file.size > MOST_BYTES:
        raise TooLarge(_("The file is larger than 10 MB. Choose a smaller photo."), field="file")
    kind = _kind(file)
    if kind is None:
        raise RuleBroken(_("This is no photo. Choose a JPEG, PNG or WebP picture."), field="file")
    too_many = _("The photo has more than 40 million pixels. Choose a smaller one.")
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=[kind])
        if picture.width * picture.height > MOST_PIXELS:
            raise RuleBroken(too_many, field="file")
        picture.draft("RGB", (SIDE, SIDE))
        return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RuleBroken(too_many, field="file") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise RuleBroken(_("The photo is damaged and cannot be read. Take it again."), field="file") from error


def _kind(file) -> str | None:
    """The format that the first bytes tell, among those that are taken."""
    file.seek(0)
    head = file.read(2048)
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    return next((FORMATS[match.mime_type] for match in found if match.mime_type in FORMATS), None)


def _encoded(picture: Image.Image, side: int, *, quality: int) -> bytes:
    """The picture alone as JPEG, no larger than `side`: no metadata, transparency as white."""
    smaller = picture.convert("RGBA")
    smaller.thumbnail((side, side))
    clean = Image.new("RGB", smaller.size, "white")
    clean.paste(smaller, mask=smaller.getchannel("A"))
    out = BytesIO()
    clean.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
