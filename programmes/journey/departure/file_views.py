"""The pages of documents and of applications: added, opened, removed."""

from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.audit.models import AccessLine
from programmes.base.common.deeds import typed
from programmes.base.common.pages import keyset
from programmes.base.files.models import StoredFile
from programmes.base.files.serving import serve
from programmes.base.rulebook.codes import label
from programmes.journey.departure import actions, forms, pages
from programmes.journey.departure.deed_pages import deed_page, facts_of, paper_of, sent_files
from programmes.journey.departure.models import Document, Permit
from programmes.journey.departure.scans import Scan
from programmes.journey.departure.views import form_methods
from programmes.journey.enrolment.views import visible_case


@requires(Permission.DOCUMENT_EDIT)
@form_methods
def attach(request, public_id, paper_id):
    """Add pages to a document."""
    return _attach(request, public_id, paper_id, Document, anchor="papers")


@requires(Permission.DOCUMENT_EDIT)
@form_methods
def attach_permit(request, public_id, paper_id):
    """Add pages to an application for a visa or permit: the form that was lodged, the decision."""
    return _attach(request, public_id, paper_id, Permit, anchor="permit")


def _attach(request, public_id, paper_id, model, *, anchor):
    enrolment = visible_case(request, public_id)
    paper = paper_of(model, enrolment, paper_id)
    form = forms.AttachForm(typed(request), sent_files(request), user=request.user, enrolment=enrolment, record=paper)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.attach_files(
            paper, by=request.user, version=form.version_token(), case=enrolment, **form.deed()
        ),
        title=_("Add files: %(document)s") % {"document": label("document", paper.type)},
        do=_("Add"),
        said=_("The files were added."),
        anchor=anchor,
        facts=facts_of(paper),
        pages=pages.of_paper(enrolment, paper, request.user),
    )


def _scan(enrolment, file_id) -> Scan:
    """A page of this case's papers, or 404."""
    scans = Scan.objects.of_case(enrolment).select_related("file", "document", "permit")
    return get_object_or_404(scans, file__public_id=file_id)


@requires(Permission.FILE_VIEW)
@require_safe
def file(request, public_id, file_id):
    """Download one page."""
    return serve(request, _scan(visible_case(request, public_id), file_id).file)


@requires(Permission.FILE_VIEW)
@require_safe
def picture(request, public_id, file_id):
    """One photographed page, shown beside the form that judges it."""
    return serve(request, _scan(visible_case(request, public_id), file_id).file, inline=True)


@requires(Permission.HISTORY_VIEW)
@require_safe
def opened(request, public_id):
    """Who opened which page of this case's documents, the latest first."""
    enrolment = visible_case(request, public_id)
    lines = AccessLine.objects.filter(enrolment=enrolment, what="file_opened").select_related("by")
    page = keyset(request, lines, order=("-at", "-id"), size=50)
    files = StoredFile.objects.filter(public_id__in=[line.subject for line in page])
    there = {str(file.public_id): file for file in files.select_related("scan__document", "scan__permit")}
    for line in page:
        line.paper, line.name = _what(there.get(line.subject), request.user)
    return render(request, "journey/departure/opened.html", {"enrolment": enrolment, "tab": "documents", "page": page})


def _what(file, user) -> tuple[str, str]:
    """A file in the words of the access log: what it is of, and its name for whoever may open it."""
    if file is None:
        return _("A file that was removed"), ""
    scan = getattr(file, "scan", None)
    paper = scan and (scan.document or scan.permit)
    return label("document", paper.type) if paper else _("A letter"), file.name if user.may(
        Permission.FILE_VIEW
    ) else ""


@requires(Permission.DOCUMENT_EDIT)
@form_methods
def remove_file(request, public_id, file_id):
    """Remove a page that was added by mistake."""
    enrolment = visible_case(request, public_id)
    scan = _scan(enrolment, file_id)
    form = forms.ConfirmForm(typed(request), user=request.user, enrolment=enrolment)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: actions.remove_file(scan, by=request.user, case=enrolment),
        title=_("Remove the file %(name)s") % {"name": scan.file.name},
        do=_("Remove"),
        danger=True,
        said=_("The file was removed."),
        anchor="papers" if scan.document_id else "permit",
    )
