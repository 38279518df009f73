"""Contents that people upload, as they would send them."""

from contextlib import contextmanager
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from programmes.base.files import actions, storing

# A PDF with what a PDF may carry: a script, an attachment, a program to start, a form.
PDF = (
    b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/Names<</EmbeddedFiles 2 0 R>>"
    b"/AcroForm<</Fields[]>>/AA<</O<</S/Launch/F(calc.exe)>>>>>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
)


def pdf(name: str = "scan.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """An uploaded PDF."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def keep_file(enrolment, *, by=None, upload=None):
    """A file of a case, stored and with its row."""
    with storing.passing([upload or pdf()]) as stored:
        return actions.keep(stored[0], by=by, office=enrolment.office, enrolment=enrolment)


@contextmanager
def full_disk(folder: Path):
    """A disk without any place left, as the storage meets it: directories of this name cannot be made."""
    where = folder / storing.FOLDER
    moved = where.with_name("moved")
    if where.exists():
        where.rename(moved)
    where.write_text("a file where the directory should be")
    yield
    where.unlink()
    if moved.exists():
        moved.rename(where)
