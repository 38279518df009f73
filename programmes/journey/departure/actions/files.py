"""The files of documents and of applications: added, removed. What was verified is what was seen."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from programmes.base.common.errors import RuleBroken
from programmes.base.files import actions as files_actions
from programmes.base.files.models import StoredFile
from programmes.base.files.storing import Stored
from programmes.base.lifecycle.models import record
from programmes.journey.departure.actions.ground import locked, open_case
from programmes.journey.departure.models import Document, Permit
from programmes.journey.departure.rules import WITHOUT_SCANS
from programmes.journey.departure.scans import Scan
from programmes.journey.departure.states import DOCUMENT, PERMIT, DocumentStatus


def attach(paper: Document | Permit, files: Sequence[Stored], *, by, case) -> list[Scan]:
    """Give stored contents to a document or an application, inside the deed of a case that is locked.

    Refused: papers about somebody's health, of which only the result is kept; what files.actions.keep refuses.
    Effects: rows, one diary line.
    """
    if not files:
        return []
    if paper.type in WITHOUT_SCANS:
        raise RuleBroken(_("Medical papers are not kept here, only their result."), field="pages", code="medical")
    owner = {"document": paper} if isinstance(paper, Document) else {"permit": paper}
    kept = [files_actions.keep(one, by=by, office=case.office, enrolment=case) for one in files]
    scans = [Scan.objects.create(file=file, **owner) for file in kept]
    record(paper, by=by, what="file_attached", document=paper.type)
    return scans


@transaction.atomic
def attach_files(paper: Document | Permit, *, by, version: int, files: Sequence[Stored], case) -> list[Scan]:
    """Add files to a document or an application; `case` is the one the reader has open.

    A document that was rejected, revoked or has expired takes no more: another one is recorded.
    """
    case = open_case(case)
    paper = locked(paper, version)
    _refuse_anothers(paper, case)
    if isinstance(paper, Document) and paper.status not in DOCUMENT.groups["awaited"] | DOCUMENT.groups["good"]:
        raise RuleBroken(_("This document no longer counts. Record the new one with its files."), code="settled")
    return attach(paper, files, by=by, case=case)


@transaction.atomic
def remove_file(scan: Scan, *, by, case) -> None:
    """Remove a file that was added by mistake, as long as nobody has judged by it.

    What the virus scanner found something in goes at any time. Effects: rows at once, content after the commit, diary
    line.
    """
    case = open_case(case)
    paper = scan.document or scan.permit
    assert paper is not None  # scan_of_one_paper
    paper = type(paper).objects.locked().get(pk=paper.pk)
    _refuse_anothers(paper, case)
    if not may_be_removed(scan, paper):
        raise RuleBroken(
            _("This file was seen when somebody decided, so it stays. Add the right one beside it."), code="settled"
        )
    record(paper, by=by, what="file_removed", document=paper.type)
    files_actions.remove(scan.file)


def may_be_removed(scan: Scan, paper: Document | Permit) -> bool:
    """Whether nobody has judged by this file yet."""
    if scan.file.status == StoredFile.Status.INFECTED:
        return True
    if isinstance(paper, Document):
        return paper.status == DocumentStatus.SUBMITTED
    return paper.status in PERMIT.groups["pending"]


def _refuse_anothers(paper, case) -> None:
    """The reader's case and the paper belong together; a document belongs to its person in every case."""
    own = paper.person_id == case.person_id if isinstance(paper, Document) else paper.enrolment_id == case.pk
    if not own:
        raise RuleBroken(_("This document belongs to another person."), code="other_person")
