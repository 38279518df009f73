"""Handing out a file. The view has found it through what its reader may see; everything else is here."""

from hashlib import sha256

import structlog
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from programmes.base.common.storage import private_storage
from programmes.base.files import actions
from programmes.base.files.models import StoredFile

log = structlog.get_logger(__name__)
# Whatever the content does once it is opened, it does without our origin, without scripts and without a network.
POLICY = "sandbox; default-src 'none'"


def serve(request, file: StoredFile, *, inline: bool = False) -> HttpResponse:
    """The file as a download, or (`inline`) a picture inside a page of ours.

    404 for what the scanner has not let through, for what is gone from the storage, and for what is not the content
    that was stored. Never answers in parts or with "not modified". Effects: a line in the access log for each GET.
    """
    if not file.is_available or (inline and not file.is_picture):
        raise Http404
    try:
        with private_storage().open(file.stored) as stored:
            content = stored.read()  # ten megabytes at most
    except FileNotFoundError as error:
        log.exception("file_gone", pk=file.pk)
        raise Http404 from error
    if sha256(content).hexdigest() != file.sha256:
        log.error("file_not_what_was_stored", pk=file.pk)
        raise Http404
    if request.method == "GET":
        actions.log_reading(file, by=request.user)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY,
        "Content-Disposition": content_disposition_header(not inline, file.name),
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return HttpResponse(content, content_type=file.kind, headers=headers)
