"""A few photographed documents, so that somebody who looks around finds what a caseworker would find: all invented."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from accounts.models import User
from programmes.base.files import storing
from programmes.base.rulebook.codes import label
from programmes.journey.departure import actions
from programmes.journey.departure.models import Document
from programmes.journey.departure.rules import WITHOUT_SCANS
from programmes.journey.departure.states import DocumentStatus

PAPER, INK, STAMP = "#f4efe2", "#26323b", "#b03a2e"
# Documents that get a page: those that await a look first.
MOST = {DocumentStatus.SUBMITTED: 6, DocumentStatus.VERIFIED: 6}


def add_scans(owner: User) -> int:
    """Give some documents in open cases of `owner` a photographed page; returns how many."""
    done = 0
    for status, most in MOST.items():
        papers = Document.objects.filter(status=status, enrolment__owner=owner, enrolment__is_open=True, scans=None)
        papers = papers.exclude(type__in=WITHOUT_SCANS).select_related("enrolment", "person").order_by("pk")[:most]
        for document in papers:
            with storing.passing([_photographed(document)]) as files:
                actions.attach_files(document, by=owner, version=document.version, files=files, case=document.enrolment)
            done += 1
    return done


def _photographed(document: Document) -> SimpleUploadedFile:
    page = Image.new("RGB", (1200, 840), PAPER)
    draw = ImageDraw.Draw(page)
    large, small = ImageFont.load_default(44), ImageFont.load_default(34)
    draw.rectangle((20, 20, 1180, 820), outline=INK, width=4)
    draw.text((70, 60), label("document", document.type).upper(), font=large, fill=INK)
    draw.rectangle((70, 170, 370, 560), fill="#d8d2c2")
    draw.ellipse((150, 220, 290, 380), fill="#b9b19c")
    draw.ellipse((110, 400, 330, 700), fill="#b9b19c")
    draw.rectangle((66, 560, 374, 704), fill=PAPER)
    lines = [
        document.person.full_name, document.number, document.issuer,
        f"{document.issued_on or ''}  -  {document.expires_on or ''}",
    ]  # fmt: skip
    for place, line in enumerate(lines):
        draw.text((430, 190 + place * 90), str(line), font=small, fill=INK)
    draw.text((430, 600), "SPECIMEN", font=ImageFont.load_default(90), fill=STAMP)
    out = BytesIO()
    page.save(out, "PNG")
    return SimpleUploadedFile(f"{document.type}.png", out.getvalue())
