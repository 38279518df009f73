"""The catalogue of uploads (assurance.md, U1 to U11), row by row, through the pages on which people send them."""

import re
import time
import zipfile
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from PIL import Image

from programmes.base.common.storage import private_storage
from programmes.base.files import actions as files_actions
from programmes.base.files import forms as files_forms
from programmes.base.files import judging, storing
from programmes.base.files.rules import MOST_BYTES
from programmes.models import AccessLine, CaseEvent, Document, Scan, StoredFile
from tests.factories.departure import DocumentFactory
from tests.factories.files import PDF, full_disk, keep_file, pdf
from tests.factories.people import picture
from tests.fixtures.clamd import EICAR, clamd
from tests.journey.departure.test_pages import LONG, hidden

GPS, ORIENTATION = 0x8825, 0x0112


@pytest.fixture(autouse=True)
def media(own_media):
    """A storage of this test's own."""
    return own_media


@pytest.fixture
def worker(client_for):
    return client_for("caseworker", language="en")


@pytest.fixture
def passport(case):
    """A passport that awaits verification."""
    return DocumentFactory(enrolment=case, status="submitted")


@pytest.fixture
def attach(worker, case, passport):
    """`attach(file, …)`: send files to the passport; the answer."""
    address = reverse("departure:attach", args=[case.public_id, passport.public_id])
    machinery = hidden(worker.get(address))

    def attach(*files, **more):
        return worker.post(address, machinery | {"pages": list(files)} | more)

    attach.address, attach.machinery = address, machinery
    return attach


def named(name: str, content: bytes, kind: str = "image/jpeg") -> SimpleUploadedFile:
    file = SimpleUploadedFile(name, content, content_type=kind)
    file._name = name  # as the browser sent it: Django has already taken the folders away
    return file


def contents() -> list[str]:
    storage = private_storage()
    return sorted(storage.listdir(storing.FOLDER)[1]) if storage.exists(storing.FOLDER) else []


def said(response) -> str:
    """What stands at the field."""
    return " ".join(response.context["form"].errors.get("pages", []))


def nothing_is_kept() -> bool:
    return not StoredFile.objects.exists() and contents() == []


def at(route, case, file) -> str:
    return reverse(f"departure:{route}", args=[case.public_id, file.public_id])


# --- U1 to U4: what is taken ------------------------------------------------------------------------------------


def test_u1_empty_exactly_the_limit_one_more_and_a_photo_of_fifty_megabytes(attach):
    assert (attach(named("x.pdf", b"")).status_code, attach().status_code) == (422, 422)
    most = PDF[:-7] + b" " * (MOST_BYTES - len(PDF)) + PDF[-7:]
    for size in (MOST_BYTES + 1, 50 * 1024 * 1024):
        began = time.monotonic()
        response = attach(named("x.jpg", b"\xff\xd8\xff" + bytes(size - 3)))
        assert (response.status_code, time.monotonic() - began < 2) == (413, True)
        assert said(response) == "The file is larger than 10 MB. Choose a smaller one."
    assert nothing_is_kept()
    assert len(most) == MOST_BYTES
    assert attach(named("x.pdf", most)).status_code == 302
    assert StoredFile.objects.get().size == MOST_BYTES


def test_u1_what_did_not_arrive_whole_is_refused(worker, attach):
    body = encode_multipart(BOUNDARY, attach.machinery | {"pages": pdf()})
    for length in ("-1", "x"):
        response = worker.generic("POST", attach.address, body, MULTIPART_CONTENT, CONTENT_LENGTH=length)
        assert response.status_code in {400, 422}
    cut = worker.generic("POST", attach.address, body[: body.index(b"startxref")], MULTIPART_CONTENT)
    assert cut.status_code in {400, 422}
    assert nothing_is_kept()


def test_u1_a_body_larger_than_any_form_is_refused_before_it_is_read(worker, attach):
    response = worker.generic("POST", attach.address, b"--x", MULTIPART_CONTENT, CONTENT_LENGTH=str(2**40))
    assert response.status_code == 413
    assert "We take up to 60 MB in one go." in response.content.decode()


def test_u8_no_room_to_take_a_large_file_in_is_said_on_a_page(attach, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "gone")
    response = attach(pdf(content=PDF[:-7] + bytes(3_000_000) + PDF[-7:]))
    assert response.status_code == 507
    assert "There is no room for files right now" in response.content.decode()
    assert nothing_is_kept()


def _polyglot() -> bytes:
    out = BytesIO(PDF)
    out.seek(0, 2)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("run.js", "alert(1)" * 10)
    return out.getvalue()[:-22] + out.getvalue()[-22:-2] + b"\x06\x00%%EOF\n"


def _huge() -> bytes:
    """A PNG that says 50,000 x 50,000 pixels in a few bytes."""
    size = (50_000).to_bytes(4, "big")
    parts = [(b"IHDR", size * 2 + b"\x08\x00\x00\x00\x00"), (b"IDAT", zlib.compress(bytes(50_000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big") for name, data in parts
    )


def _animation() -> bytes:
    out, frames = BytesIO(), [Image.new("P", (8, 8), n % 255) for n in range(500)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


REFUSED = {
    "U2 HTML called PDF": ("x.pdf", b"<html><script>alert(1)</script></html>", "neither a photo nor a PDF"),
    "U2 HTML before a PDF": ("x.pdf", b"<script>alert(1)</script>" + PDF, "neither a photo nor a PDF"),
    "U2 SVG called PNG": ("x.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "neither a photo"),
    "U2 PDF and ZIP in one": ("x.pdf", _polyglot(), "an archive of other files"),
    "U2 GIF header and script": ("x.gif", b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)", "neither a photo nor a PDF"),
    "U2 a program": ("photo.jpg", b"MZ\x90\x00" + bytes(500), "neither a photo nor a PDF"),
    "U3 half a PDF": ("x.pdf", PDF[:60], "did not arrive whole"),
    "U4 fifty thousand square": ("x.png", _huge(), "more than 40 million pixels"),
    "U4 five hundred frames": ("x.gif", _animation(), "neither a photo nor a PDF"),
    "HEIC": ("IMG_1.HEIC", b"\x00\x00\x00\x18ftypheic" + bytes(200), "HEIC cannot be read here"),
    "half a photo": ("x.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50), "damaged"),
}


def test_u2_u4_what_is_neither_photo_nor_pdf_is_refused_in_words_and_nothing_stays(attach):
    for what, (name, content, words) in REFUSED.items():
        began = time.monotonic()
        response = attach(named(name, content, "application/pdf"))
        assert (what, response.status_code) == (what, 422)
        assert words in said(response), what
        assert time.monotonic() - began < 2, what
    assert "Send 5 files at once" in said(attach(*(pdf() for _n in range(6))))
    assert nothing_is_kept()
    assert said(attach(pdf("a.pdf"), named("b.jpg", b"MZ"))).startswith("b: This is neither a photo nor a PDF.")
    assert not StoredFile.objects.exists()


def test_u2_u5_of_a_photo_only_the_picture_stays_turned_as_it_was_held(attach):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # held on its side: to be turned a quarter to the right
    exif.get_ifd(GPS)[2] = (14.0, 38.0, 0.0)
    with picture(size=(3000, 1500), exif=exif, comment=b"Patzun") as photo:
        sent = photo.read() + b"<script>alert('behind')</script>PK\x03\x04"
    assert attach(named("x.pdf", sent, "application/pdf"), picture("PNG"), picture("WEBP")).status_code == 302
    first = StoredFile.objects.first()
    with private_storage().open(first.stored) as file:
        content = file.read()
        assert Image.open(BytesIO(content)).size == (judging.PAGE_SIDE // 2, judging.PAGE_SIDE)
    for gone in (b"Exif", b"Patzun", b"script", b"PK\x03\x04"):
        assert gone not in content
    assert set(StoredFile.objects.values_list("kind", "name")) == {("image/jpeg", "x.jpg"), ("image/jpeg", "photo.jpg")}


def test_u3_a_pdf_with_all_it_may_carry_is_stored_and_only_ever_a_download_in_a_sandbox(attach, worker, case, media):
    assert attach(pdf("Carta de oferta.pdf")).status_code == 302
    file = StoredFile.objects.get()
    response = worker.get(at("file", case, file))
    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="Carta de oferta.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "no-store" in response["Cache-Control"]
    assert worker.get(at("picture", case, file)).status_code == 404
    assert str(case.public_id) not in file.stored
    (media / file.stored).write_bytes(PDF.replace(b"alert", b"fetch"))  # somebody reached the disk
    assert worker.get(at("file", case, file)).status_code == 404
    (media / file.stored).unlink()
    assert worker.get(at("file", case, file)).status_code == 404


# --- U6, U11: names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x", "x.jpg"),
        ("a/b.pdf", "b.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("CON.pdf", "_CON.jpg"),
        ("x" * 300, "x" * 76 + ".jpg"),
        ('"quoted".jpg', "quoted.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("resume.pdf.exe", "resume.jpg"),
        ("Cédula", "Cédula.jpg"),
    ],
)
def test_u6_the_stored_name_is_random_and_the_shown_one_clean(attach, worker, case, name, shown):
    assert attach(named(name, picture().read())).status_code == 302
    file = StoredFile.objects.get()
    assert (file.name, len(file.stored), contents()) == (shown, 38, [file.stored.removeprefix("files/")])
    assert f">{shown}</a>" in worker.get(reverse("departure:documents", args=[case.public_id])).content.decode()
    assert worker.get("/static/" + file.stored).status_code == 404


def test_u6_u11_names_that_only_a_script_sends(worker, attach):
    parts = {
        'filename=".."': None,
        'filename="a\\nb\x01.pdf"': {"a nb .pdf", "a b .pdf", "nb .pdf", "nb.pdf"},
        'filename="one.pdf"; filename="two.exe"': {"one.pdf", "two.pdf"},
        "filename*=ISO-8859-1''c%E9dula.pdf": {"cédula.pdf", "c dula.pdf", "c\ufffddula.pdf"},
        "filename*=UTF-8''c%C3%A9dula.pdf": {"cédula.pdf"},
    }
    for disposition, names in parts.items():
        fields = [f'form-data; name="{name}"\r\n\r\n{value}' for name, value in attach.machinery.items()]
        fields.append(f'form-data; name="pages"; {disposition}\r\nContent-Type: text/html\r\n\r\n{PDF.decode()}')
        body = "".join(f"--{BOUNDARY}\r\nContent-Disposition: {field}\r\n" for field in fields) + f"--{BOUNDARY}--\r\n"
        response = worker.generic("POST", attach.address, body.encode(), MULTIPART_CONTENT)
        assert response.status_code == (302 if names else 422), disposition
        if names:
            file = StoredFile.objects.get()
            assert file.name in names
            StoredFile.objects.all().delete()
            attach.machinery.update(hidden(worker.get(attach.address)))


# --- U7: the scanner --------------------------------------------------------------------------------------------


def test_u7_what_the_scanner_finds_is_quarantined_and_what_it_has_not_seen_waits(attach, worker, case, settings):
    overview = reverse("departure:documents", args=[case.public_id])
    settings.CLAMAV = "tcp://127.0.0.1:1"  # nobody is there
    assert attach(pdf("clean.pdf"), pdf("virus.pdf", PDF[:9] + EICAR + PDF[9:])).status_code == 302
    clean, virus = StoredFile.objects.all()
    page = worker.get(overview).content.decode()
    assert page.count("Waiting for the virus scanner; it can be opened afterwards.") == 2
    assert f'href="{at("file", case, clean)}"' not in page
    assert {worker.get(at("file", case, file)).status_code for file in (clean, virus)} == {404}
    with clamd() as (settings.CLAMAV, _seen):
        files_actions.scan_waiting()
        page = worker.get(overview).content.decode()
        assert "Quarantined: the virus scanner found something in it." in page
        assert worker.get(at("file", case, clean)).status_code == 200
        assert worker.get(at("file", case, virus)).status_code == 404
    assert CaseEvent.objects.filter(enrolment=case, what="file_infected", by=None).count() == 1
    assert attach(named("eicar.pdf", EICAR)).status_code == 422  # by itself it is no document at all
    removed = at("remove_file", case, virus)
    assert worker.post(removed, hidden(worker.get(removed))).status_code == 302
    assert [scan.file for scan in Scan.objects.all()] == [clean]


def test_u7_without_a_scanner_the_page_says_so(attach, worker, case):
    attach(pdf())
    page = worker.get(reverse("departure:documents", args=[case.public_id])).content.decode()
    assert "Not scanned: no virus scanner is set up." in page


# --- U8: limits and a full disk ---------------------------------------------------------------------------------


def test_u8_the_twenty_sixth_file_an_office_over_its_quota_and_a_full_disk(attach, case, settings, media):
    assert settings.FILES_PER_CASE == 25
    settings.FILES_PER_CASE = 2
    keep_file(case)
    response = attach(pdf(), pdf())  # two, and room for one
    assert response.status_code == 422
    assert "This case has 2 files, as many as it may have." in said(response)
    settings.FILES_PER_CASE, settings.FILES_OFFICE_MEGABYTES = 25, 0
    assert "take all the place it has (1 kB)" in said(attach(pdf()))
    settings.FILES_OFFICE_MEGABYTES = 1
    with full_disk(media):
        response = attach(pdf())
        assert (response.status_code, said(response)) == (422, "The file could not be stored. Try again in a moment.")
    assert StoredFile.objects.count() == 1
    assert not Scan.objects.exists()
    assert {(media / storing.FOLDER / name).stat().st_size for name in contents()} == {len(PDF)}  # whole ones only
    assert attach(pdf()).status_code == 302


def test_u8_so_many_files_an_hour_and_no_more(attach, monkeypatch):
    monkeypatch.setattr(files_forms, "MOST_AN_HOUR", 2)
    assert attach(pdf(), named("x.exe", b"MZ")).status_code == 422
    response = attach(pdf())
    assert (response.status_code, said(response)) == (429, "You have sent 2 files within an hour. Go on later.")


# --- U9, U10: who opens them ------------------------------------------------------------------------------------


def test_u9_u10_a_file_exists_for_whoever_may_see_it_and_for_nobody_else(attach, worker, client, client_for, case):
    attach(picture())
    file = StoredFile.objects.get()
    addresses = [at("file", case, file), at("picture", case, file)]
    asked = (
        {},
        {"Range": "bytes=0-10"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Wed, 01 Jan 2031 00:00:00 GMT"},
    )
    stranger, data, auditor = client_for("caseworker", office="CO-BOG"), client_for("data"), client_for("auditor")
    elsewhere = DocumentFactory().enrolment
    for address in addresses:
        for headers in asked:
            assert stranger.get(address, headers=headers).status_code == 404
            assert client.get(address, headers=headers).url.startswith("/accounts/login/")
            assert worker.get(address, headers=headers).status_code == 200
        assert stranger.head(address).status_code == 404
        assert {data.get(address).status_code, auditor.get(address).status_code} == {403}
        assert worker.head(address).content == b""
    assert worker.get(at("file", elsewhere, file)).status_code == 404
    page = auditor.get(reverse("departure:documents", args=[case.public_id])).content.decode()
    assert file.name not in page
    lines = AccessLine.objects.filter(what="file_opened", enrolment=case, subject=str(file.public_id))
    assert {line.by for line in lines} == {worker.user}
    assert lines.count() == len(addresses) * len(asked)  # a HEAD opens nothing
    Document.objects.update(enrolment=elsewhere, person=elsewhere.person)
    assert worker.get(addresses[0]).status_code == 404


def test_who_only_reads_papers_opens_files_and_adds_none(attach, client_for, case):
    attach(pdf())
    for role in ("liaison", "manager"):
        client = client_for(role)
        assert client.get(at("file", case, StoredFile.objects.get())).status_code == 200
        assert client.get(attach.address).status_code == 403
        assert client.get(at("remove_file", case, StoredFile.objects.get())).status_code == 403


def attach_to(document, case) -> str:
    return reverse("departure:attach", args=[case.public_id, document.public_id])


# --- Recording with files ---------------------------------------------------------------------------------------


def test_a_document_is_recorded_with_a_phones_photo_and_a_pdf_at_once(worker, case, require):
    address = reverse("departure:record", args=[case.public_id, require("document", "passport", "Passport").public_id])
    form = worker.get(address).content.decode()
    assert 'capture="environment"' in form
    assert 'enctype="multipart/form-data"' in form
    assert "at most 10 MB each" in form
    facts = {"number": "P1234567", "expires_on": LONG.isoformat(), "photo": picture(), "pages": [pdf()]}
    wrong = worker.post(address, hidden(worker.get(address)) | facts | {"expires_on": "2001-01-01"})
    assert wrong.status_code == 422
    again = wrong.content.decode()
    assert "Kept already: photo.jpg, scan.pdf. Choose only what is missing." in again
    assert 'value="P1234567"' in again
    assert not StoredFile.objects.exists()
    held = re.search(r'name="kept" value="([^"]+)"', again)[1]
    facts = {"number": "P1234567", "expires_on": LONG.isoformat(), "kept": held}
    assert worker.post(address, hidden(worker.get(address)) | facts | {"kept": held[:-1]}).status_code == 422
    for _again in range(2):
        assert worker.post(address, hidden(wrong) | facts).status_code == 302
    other = worker.post(
        attach_to(Document.objects.get(), case),
        hidden(worker.get(attach_to(Document.objects.get(), case))) | {"kept": held},
    )
    assert said(other) == "Choose a file, or take a photo."  # what was kept is not taken twice
    document = Document.objects.get()
    assert document.status == "submitted"
    assert [scan.file.name for scan in document.scans.order_by("pk")] == ["photo.jpg", "scan.pdf"]
    assert len(contents()) == 2
    verify = worker.get(reverse("departure:verify", args=[case.public_id, document.public_id])).content.decode()
    assert verify.count("<img") == 1  # the photographed page stands beside what is compared with it
