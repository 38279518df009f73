"""Handing out a file. The view has found it through what its reader may see; everything else is here."""

from django.http import FileResponse, Http404
from django.utils.http import content_disposition_header

from programmes.base.common.storage import private_storage
from programmes.base.files import actions
from programmes.base.files.models import StoredFile

# Whatever the content does once it is opened, it does without our origin, without scripts and without a network.
POLICY = "sandbox; default-src 'none'"


def serve(request, file: StoredFile, *, inline: bool = False) -> FileResponse:
    """The file as a download, or (`inline`) a picture inside a page of ours.

    404 for what the scanner has not let through, and for what is gone from the storage. Never answers in parts or with
    "not modified". Effects: a line in the access log for each GET.
    """
    if not file.is_available or (inline and not file.is_picture):
        raise Http404
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY,
        "Content-Disposition": content_disposition_header(not inline, file.name),
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    try:
        content = private_storage().open(file.stored)
    except FileNotFoundError as error:
        raise Http404 from error
    if request.method == "GET":
        actions.log_reading(file, by=request.user)
    return FileResponse(content, content_type=file.kind, headers=headers)
