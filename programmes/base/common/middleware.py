"""The edges of every request: hostile bytes out, nothing kept in the browser."""

import re
from urllib.parse import unquote_to_bytes

from django.http import HttpResponse
from django.utils.cache import add_never_cache_headers

from programmes.base.common.errors import bad_request, database_away, was_just_away

LONGEST_ADDRESS = 8000
_POSITION = re.compile(rb"\x00")


def _hostile(raw: bytes) -> bool:
    return bool(_POSITION.search(unquote_to_bytes(raw)))


class RefuseHostileInput:
    """400 for NUL anywhere in the address or a form, 414 for an address nobody types (assurance.md Q2, Q9)."""

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
        if request.method == "POST" and any(
            "\x00" in value for values in request.POST.lists() for value in [values[0], *values[1]]
        ):
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
