"""Photos of people: judged by content, encoded anew, kept privately, served only to whoever may see the person.

What arrives is never stored. It is decoded within limits and written again as JPEG, so that places, faces in thumbnails
and anything hidden behind the picture are gone; how the camera was held is kept. File names are random and appear in no
address. The storage is `STORAGES["private"]`: a directory, or any storage that every web process shares.
"""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from programmes.base.common.errors import RuleBroken
from programmes.base.files import judging, storing
from programmes.base.lifecycle.models import record
from programmes.journey.people.identity import Photo
from programmes.journey.people.models import Consent, Person

SIDE, SMALL_SIDE = 1200, 160
SMALL_BYTES = 15_000
FOLDER = "photos"
PURPOSE = "photo"


@dataclass(frozen=True)
class Stored:
    """Names and measures of a picture that lies in the storage; no row names it yet."""

    image: str
    thumbnail: str
    width: int
    height: int
    size: int


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
    picture = judging.picture(file, SIDE)
    large = judging.encoded(picture, SIDE, quality=82)
    small = judging.encoded(picture, SMALL_SIDE, quality=80)
    for quality in (60, 40, 20):
        if len(small) <= SMALL_BYTES:
            break
        small = judging.encoded(picture, SMALL_SIDE, quality=quality)
    width, height = Image.open(BytesIO(large)).size
    written: list[str] = []
    try:
        for content in (large, small):
            written.append(storing.put(ContentFile(content), FOLDER, field="file", ending=".jpg"))
    except RuleBroken:
        for name in written:
            storing.discard(name)
        raise
    return Stored(image=written[0], thumbnail=written[1], width=width, height=height, size=len(large))


def discard(stored) -> None:
    """Remove the files of a picture (a `Stored` or a `Photo`) that no row names any more."""
    for name in (stored.image, stored.thumbnail):
        storing.discard(name)


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

    Returns how many were removed.
    """
    pairs = Photo.objects.values_list("image", "thumbnail")
    return storing.sweep_folder(FOLDER, (name for pair in pairs for name in pair), older_than)
