"""The edges of every request: hostile bytes out, nothing kept in the browser."""

import re
from urllib.parse import unquote_to_bytes

import structlog
from django.http import HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from programmes.base.common.errors import bad_request, database_away, was_just_away

log = structlog.get_logger(__name__)
LONGEST_ADDRESS = 8000
# Five files of ten megabytes and the form around them; the largest import is half of it.
LARGEST_BODY = 60 * 1024 * 1024
_POSITION = re.compile(rb"\x00")


def _hostile(raw: bytes) -> bool:
    return bool(_POSITION.search(unquote_to_bytes(raw)))


class RefuseHostileInput:
    """400 for NUL anywhere in the address or a form, 414 for an address nobody types (assurance.md Q2, Q9).

    413 for a body that says it is larger than any form, before it is read; 507 when there is no room to take a file in.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
        if len(request.path) + len(query) > LONGEST_ADDRESS:
            return HttpResponse(status=414)
        if "\x00" in request.path or _hostile(query):
            return bad_request(request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Read the form only here, when a view was found and the size limits of Django apply."""
        if request.method != "POST":
            return None
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length) > LARGEST_BODY:
            return render(request, "413.html", {"limit": "60 MB"}, status=413)
        try:
            sent = request.POST.lists()
        except UnreadablePostError:
            raise  # whoever sent it is gone
        except OSError as error:
            # Django puts files down while it reads the form, and the place for that may be full.
            log.exception("no_room_to_take_files_in", error=type(error).__name__)
            return render(request, "507.html", status=507)
        if any("\x00" in value for values in sent for value in [values[0], *values[1]]):
            return bad_request(request)
        return None


class SpareWhoeverComesNext:
    """503 at once while the database is known to be away; files and the health page stand before this."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return database_away() if was_just_away() else self.get_response(request)


class KeepNothingInTheBrowser:
    """`no-store` on every page of a signed-in person (assurance.md C4)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            add_never_cache_headers(response)
        return response
