"""What an uploaded file is: its content decides, never its name and never the browser's word.

A picture is decoded within limits and written again as JPEG, so that places, faces in thumbnails and anything hidden
behind it are gone; how the camera was held is kept. A PDF is taken as it is, because nobody can make it harmless: it is
only ever handed out as a download (serving.py).
"""

import re
import warnings
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import puremagic
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from programmes.base.common.errors import RuleBroken
from programmes.base.files.rules import JPEG, MOST_BYTES, MOST_PIXELS, PDF

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
# The longest side of a page: a passport and a page of small print stay readable.
PAGE_SIDE, PAGE_QUALITY = 2200, 78
# Pillow itself refuses what is twice as large before it decodes, and warns from here on.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# Photos of iPhones. Pillow reads them only with a plug-in, which an installation may add.
_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)", re.DOTALL)


class TooLarge(RuleBroken):
    """More bytes than are taken."""

    status = 413


@dataclass(frozen=True)
class Judged:
    """What will be stored: the media type of it and the content."""

    kind: str
    content: File


def judged(file: Any, *, field: str = "pages") -> Judged:
    """Judge an uploaded page of a document: a picture, encoded anew, or a PDF.

    Raises RuleBroken in words for a person, at the form's `field`.
    """
    _refuse_size(file, field, _("The file is larger than 10 MB. Choose a smaller one."))
    if _kind(file) == PDF:
        return Judged(PDF, _whole_pdf(file, field))
    nothing = _("This is neither a photo nor a PDF. Choose a JPEG, PNG or WebP picture, or a PDF.")
    page = encoded(_decoded(file, PAGE_SIDE, field, nothing), PAGE_SIDE, quality=PAGE_QUALITY)
    return Judged(JPEG, ContentFile(page))


def picture(file: Any, side: int, *, field: str = "file") -> Image.Image:
    """Judge an uploaded photo and decode it, turned as the camera was held; at least `side` pixels long if it was.

    Raises RuleBroken in words for a person, at the form's `field`.
    """
    _refuse_size(file, field, _("The file is larger than 10 MB. Choose a smaller photo."))
    return _decoded(file, side, field, _("This is no photo. Choose a JPEG, PNG or WebP picture."))


def encoded(picture: Image.Image, side: int, *, quality: int) -> bytes:
    """The picture alone as JPEG, no larger than `side`: no metadata, transparency as white."""
    smaller = picture.convert("RGBA")
    smaller.thumbnail((side, side))
    clean = Image.new("RGB", smaller.size, "white")
    clean.paste(smaller, mask=smaller.getchannel("A"))
    out = BytesIO()
    clean.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _refuse_size(file, field, too_large) -> None:
    if not file.size:
        raise RuleBroken(_("The file is empty."), field=field)
    if file.size > MOST_BYTES:
        raise TooLarge(too_large, field=field)


def _head(file) -> bytes:
    file.seek(0)
    return file.read(2048)


def _kind(file) -> str | None:
    """The media type that the first bytes tell, among those that are taken."""
    head = _head(file)
    if head.startswith(b"%PDF-"):
        return PDF
    if _HEIC.match(head) and "HEIF" in Image.registered_extensions().values():
        return "image/heic"
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    return next((match.mime_type for match in found if match.mime_type in FORMATS), None)


def _decoded(file, side, field, nothing) -> Image.Image:
    kind = _kind(file)
    if kind is None and _HEIC.match(_head(file)):
        raise RuleBroken(
            _("Photos in the format HEIC cannot be read here. Take it again with the camera set to JPEG."), field=field
        )
    if kind is None or kind == PDF:
        raise RuleBroken(nothing, field=field)
    too_many = _("The photo has more than 40 million pixels. Choose a smaller one.")
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(file, formats=[FORMATS.get(kind, "HEIF")])
        if picture.width * picture.height > MOST_PIXELS:
            raise RuleBroken(too_many, field=field)
        picture.draft("RGB", (side, side))
        return ImageOps.exif_transpose(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RuleBroken(too_many, field=field) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise RuleBroken(_("The photo is damaged and cannot be read. Take it again."), field=field) from error


def _whole_pdf(file, field) -> File:
    """The PDF itself, when all of it arrived and it is nothing else at the same time."""
    file.seek(max(0, file.size - 1024))
    if b"%%EOF" not in file.read():
        raise RuleBroken(_("The PDF is damaged or did not arrive whole. Send it again."), field=field)
    file.seek(0)
    try:
        hidden = zipfile.ZipFile(file).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        hidden = []
    if hidden:
        raise RuleBroken(
            _("This PDF is an archive of other files at the same time. Print it to a PDF and send that."), field=field
        )
    file.seek(0)
    return file
