"""Photos: only with consent, only pictures, encoded anew, served to whoever may see the person (assurance.md U1-U11)."""

import re
import time
import zlib
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from programmes.base.common.storage import private_storage
from programmes.journey.people import photo_views, photos
from programmes.models import CaseEvent, Consent, Photo
from tests.factories.enrolment import EnrolmentFactory
from tests.factories.people import ConsentFactory, PersonFactory, picture, take_photo
from tests.fixtures.accounts import make_office

pytestmark = pytest.mark.django_db
GPS, ORIENTATION = 0x8825, 0x0112


@pytest.fixture(autouse=True)
def _own_storage(own_media):
    """A storage of this test's own."""


@pytest.fixture
def person():
    """A person who consented to a photo."""
    person = PersonFactory()
    ConsentFactory(person=person, purposes=["photo"])
    return person


def files() -> list[str]:
    return sorted(private_storage().listdir(photos.FOLDER)[1]) if private_storage().exists(photos.FOLDER) else []


def send(client, person, file, **more):
    address = reverse("people:upload_photo", args=[person.public_id])
    key = re.search(r'name="key" value="([^"]+)"', client.get(address).content.decode())[1]
    return client.post(address, {"key": key, "file": file} | more)


def test_a_photo_is_stored_small_and_private_and_shown(client_for, person):
    client = client_for("caseworker")
    response = send(client, person, picture(size=(3000, 4000)))
    assert response.url == person.get_absolute_url()
    photo = Photo.objects.get()
    assert (photo.width, photo.height, photo.created_by) == (900, 1200, client.user)
    assert len(files()) == 2
    assert str(person.public_id) not in photo.image
    page = client.get(person.get_absolute_url()).content.decode()
    assert reverse("people:thumbnail", args=[person.public_id]) in page
    small = client.get(reverse("people:thumbnail", args=[person.public_id]))
    assert small["Content-Type"] == "image/jpeg"
    assert small["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in small["Cache-Control"]
    assert len(small.content) <= 15_000
    assert CaseEvent.objects.filter(what="photo_added").count() == 1


def test_a_noisy_picture_has_a_small_thumbnail_too(person):
    noise = BytesIO()
    Image.effect_noise((2000, 2000), 120).convert("RGB").save(noise, "PNG")
    stored = photos.store(SimpleUploadedFile("x.png", noise.getvalue()))
    assert private_storage().size(stored.thumbnail) <= photos.SMALL_BYTES


def test_without_consent_to_a_photo_nothing_is_stored(client_for):
    client = client_for("caseworker")
    response = send(client, PersonFactory(), picture())
    assert response.status_code == 422
    assert not Photo.objects.exists()
    assert files() == []


def test_withdrawn_consent_hides_the_photo_at_once(client_for, person):
    client = client_for("caseworker")
    take_photo(person)
    address = reverse("people:photo", args=[person.public_id])
    assert client.get(address).status_code == 200
    Consent.objects.filter(purposes=["photo"]).update(withdrawn_at=timezone.now(), withdrawn_by=client.user)
    assert client.get(address).status_code == 404
    assert "<img" not in client.get(person.get_absolute_url()).content.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_of_three_kinds_are_taken_whatever_their_name_says(client_for, person, kind):
    file = picture(kind)
    file.name, file.content_type = "resume.pdf.exe", "text/html"
    assert send(client_for("caseworker"), person, file).status_code == 302
    with private_storage().open(Photo.objects.get().image) as stored:
        assert Image.open(stored).format == "JPEG"


def bomb() -> bytes:
    """A PNG that says 50,000 x 50,000 pixels in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    size = (50_000).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [
            chunk(b"IHDR", size + size + b"\x08\x00\x00\x00\x00"),
            chunk(b"IDAT", zlib.compress(b"\x00" * 50_000)),
            chunk(b"IEND", b""),
        ]
    )


def wide(pixels) -> bytes:
    out = BytesIO()
    Image.new("1", (pixels, 1)).resize((pixels // 1000, 1000)).save(out, "PNG")
    return out.getvalue()


REFUSED = {
    "empty": (b"", 422),
    "html": (b"<html><script>alert(1)</script></html>", 422),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 422),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", 422),
    "gif with script": (b"GIF89a/*" + b"\x00" * 40 + b"*/=1;alert(1)", 422),
    "zip": (b"PK\x03\x04" + b"\x00" * 100, 422),
    "half a picture": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 50, 422),
    "fifty thousand square": (bomb(), 422),
    "forty-one million pixels": (wide(41_000_000), 422),
    "ninety million pixels": (wide(90_000_000), 422),
    "larger than ten megabytes": (b"\xff\xd8\xff" + b"\x00" * (10 * 1024 * 1024 - 2), 413),
    "only text": (b"no picture, whatever its name says", 422),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_photo_is_refused_in_words_and_nothing_is_left(client_for, person, what):
    content, status = REFUSED[what]
    began = time.monotonic()
    response = send(client_for("caseworker"), person, SimpleUploadedFile("x.jpg", content, content_type="image/jpeg"))
    assert time.monotonic() - began < 2
    assert response.status_code == status
    assert response.context["form"].errors["file"]
    assert not Photo.objects.exists()
    assert files() == []


def test_exactly_the_limit_of_pixels_is_taken(person):
    out = BytesIO()
    Image.new("1", (40_000, 1000)).save(out, "PNG")
    assert photos.store(SimpleUploadedFile("x.png", out.getvalue())).width == photos.SIDE


def test_places_and_whatever_hides_behind_the_picture_are_gone_and_the_orientation_stays(person):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # held on its side: to be turned a quarter to the right
    exif.get_ifd(GPS)[2] = (14.0, 38.0, 0.0)
    with picture(size=(1000, 500), exif=exif, comment=b"Patzun") as whole:
        content = whole.read() + b"<script>alert('behind')</script>PK\x03\x04"
    stored = photos.store(SimpleUploadedFile("x.jpg", content))
    for name in (stored.image, stored.thumbnail):
        with private_storage().open(name) as file:
            content = file.read()
        assert b"Exif" not in content
        assert b"Patzun" not in content
        assert b"script" not in content
    assert (stored.width, stored.height) == (500, 1000)
    with private_storage().open(stored.image) as file:
        shown = Image.open(file)
        left, right = shown.getpixel((50, 500)), shown.getpixel((450, 500))
    assert left[2] > 200 > left[0]  # what lay below is on the left now
    assert right[0] > 200 > right[2]


@pytest.mark.parametrize(
    "name",
    ["../../x", "a/b.pdf", "..", ".htaccess", "CON.pdf", "x" * 300 + ".jpg", 'a"b.jpg', "a\nb.jpg", "\u202egpj.exe", "x"],
)  # fmt: skip
def test_the_name_of_the_file_is_nowhere(person, name):
    file = picture()
    file._name = name
    stored = photos.store(file)
    assert re.fullmatch(r"photos/[0-9a-f]{32}\.jpg", stored.image)


def test_so_many_photos_an_hour_and_no_more(client_for, person, monkeypatch):
    monkeypatch.setattr(photo_views, "MOST_AN_HOUR", 2)
    client = client_for("caseworker", language="en")
    answers = [send(client, person, picture()) for _n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "You have sent 2 photos within an hour. Go on later." in answers[2].content.decode()
    assert len(files()) <= 4
    assert Photo.objects.count() == 1


def test_another_photo_takes_the_place_of_the_first(client_for, person, django_capture_on_commit_callbacks):
    client = client_for("caseworker")
    with django_capture_on_commit_callbacks(execute=True):
        send(client, person, picture())
        first = Photo.objects.get()
        send(client, person, picture("PNG"))
    assert Photo.objects.get().image != first.image
    assert len(files()) == 2


def test_a_photo_is_removed_with_its_files(client_for, person, django_capture_on_commit_callbacks):
    client = client_for("caseworker")
    take_photo(person)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("people:remove_photo", args=[person.public_id]))
    assert not Photo.objects.exists()
    assert files() == []


def test_pressing_twice_leaves_one_photo_and_no_file_of_nobody(client_for, person):
    client = client_for("caseworker")
    address = reverse("people:upload_photo", args=[person.public_id])
    key = re.search(r'name="key" value="([^"]+)"', client.get(address).content.decode())[1]
    for _again in range(2):
        assert client.post(address, {"key": key, "file": picture()}).status_code == 302
    assert Photo.objects.count() == 1
    assert len(files()) == 2


def test_the_band_of_a_case_shows_it_small_without_a_further_question(client_for, person):
    def asked(client, case):
        client.get(case.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            page = client.get(case.get_absolute_url()).content.decode()
        return len(queries), page

    client, case = client_for("caseworker"), EnrolmentFactory(person=person)
    before, page = asked(client, case)
    small = reverse("people:thumbnail", args=[person.public_id])
    assert small not in page
    take_photo(person)
    after, page = asked(client, case)
    assert re.search(rf'<img class="face[^"]*" src="{small}" alt="" width="40" height="40" loading="lazy">', page)
    assert after == before
    case.shared_with.add(make_office("CA-MTL"))
    assert small not in asked(client_for("partner", office="CA-MTL"), case)[1]
    Consent.objects.filter(person=person).update(withdrawn_at=timezone.now(), withdrawn_by=client.user)
    assert small not in asked(client, case)[1]


@pytest.mark.parametrize("route", ["photo", "thumbnail"])
def test_another_office_and_the_signed_out_get_nothing(client_for, client, person, route):
    take_photo(person)
    address = reverse(f"people:{route}", args=[person.public_id])
    stranger = client_for("caseworker", office="CO-BOG")
    for headers in ({}, {"Range": "bytes=0-10"}, {"If-None-Match": "x"}):
        assert stranger.get(address, headers=headers).status_code == 404
    assert stranger.head(address).status_code == 404
    assert client.get(address).status_code == 302
    assert client.get("/static/" + Photo.objects.get().image).status_code == 404


def test_a_full_disk_leaves_no_half_photo(client_for, person, tmp_path):
    client = client_for("caseworker")
    Path(tmp_path / "photos").write_text("a file where the directory should be")
    response = send(client, person, picture())
    assert response.status_code == 422
    assert not Photo.objects.exists()


def test_files_that_no_row_names_are_swept_when_they_are_old(person):
    kept = take_photo(person)
    photos.store(picture())
    assert photos.sweep() == 0
    assert photos.sweep(older_than=timedelta(seconds=-5)) == 2
    assert files() == sorted([kept.image.removeprefix("photos/"), kept.thumbnail.removeprefix("photos/")])


def test_consent_of_another_purpose_is_no_consent_to_a_photo():
    person = PersonFactory()
    assert not photos.may_be_kept(person, date.today())
