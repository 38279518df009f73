"""The pages of documents as they are shown: name, size, what the scanner said, where they are opened and removed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from accounts.roles import Permission
from programmes.journey.departure.actions.files import may_be_removed
from programmes.journey.departure.scans import Scan


@dataclass(frozen=True)
class Page:
    """One file of a paper. An address that is empty leads nowhere: the reader may not, or the scanner has not."""

    name: str
    size: str
    note: str
    href: str
    picture: str
    remove: str


def of_case(enrolment, user) -> dict[tuple[str, int], list[Page]]:
    """The pages of all papers of a case, by kind and key of the paper; no query for whoever reads lists only."""
    if not user.may(Permission.FILE_VIEW):
        return {}
    found: dict[tuple[str, int], list[Page]] = defaultdict(list)
    papers = {("document", paper.pk): paper for paper in enrolment.papers.documents}
    papers |= {("permit", paper.pk): paper for paper in enrolment.papers.permits}
    for scan in Scan.objects.of_case(enrolment):
        key = ("document", scan.document_id) if scan.document_id else ("permit", scan.permit_id)
        found[key] += _shown(enrolment, papers[key], [scan], user)
    return found


def of_paper(enrolment, paper, user) -> list[Page]:
    """The pages of one document or application."""
    if not user.may(Permission.FILE_VIEW):
        return []
    return _shown(enrolment, paper, paper.scans.select_related("file").order_by("pk"), user)


def _shown(enrolment, paper, scans: Iterable[Scan], user) -> list[Page]:
    edits = user.may(Permission.DOCUMENT_EDIT) and not enrolment.is_over
    return [
        Page(
            name=scan.file.name,
            size=scan.file.size_words,
            note=scan.file.scan_words,
            href=_at("file", enrolment, scan) if scan.file.is_available else "",
            picture=_at("picture", enrolment, scan) if scan.file.is_available and scan.file.is_picture else "",
            remove=_at("remove_file", enrolment, scan) if edits and may_be_removed(scan, paper) else "",
        )
        for scan in scans
    ]


def _at(name, enrolment, scan) -> str:
    return reverse(f"departure:{name}", args=[enrolment.public_id, scan.file.public_id])
