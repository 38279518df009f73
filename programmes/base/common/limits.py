"""How often one person may ask a page that looks people up, so that nobody reads a register through the search box."""

import time
from functools import wraps

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.shortcuts import render
from django.utils.crypto import salted_hmac


def at_most(most: int, *, seconds: int = 60, what: str, part: str = ""):
    """Let each user send a view's form `most` times in `seconds`; then 429, and Retry-After in seconds.

    Only POST counts. `part` is the template for htmx and scripts, which swap a part of a page. While the cache is away
    nothing is counted: it holds hints, and work goes on. Stands under `@requires`, so that somebody is signed in.
    """

    def decorate(view):
        @wraps(view)
        def limited(request, *args, **kwargs):
            if request.method != "POST" or _count(what, request.user.pk, seconds) <= most:
                return view(request, *args, **kwargs)
            wait = seconds - int(time.time()) % seconds
            template = part if part and request.htmx else "components/too_often.html"
            response = render(request, template, {"wait": wait}, status=429)
            response["Retry-After"] = wait
            return response

        return limited

    return decorate


def at_most_from_one_place(most: int, *, seconds: int = 60, what: str):
    """Let each network address open a public page `most` times in `seconds`, by GET or POST; then 429 and Retry-After.

    The address itself goes nowhere: only a keyed hash of it is counted.
    """

    def decorate(view):
        @wraps(view)
        def limited(request, *args, **kwargs):
            place = salted_hmac("iomcase.limits", get_adapter().get_client_ip(request)).hexdigest()[:32]
            if _count(what, place, seconds) <= most:
                return view(request, *args, **kwargs)
            wait = seconds - int(time.time()) % seconds
            response = render(request, "components/too_often.html", {"wait": wait}, status=429)
            response["Retry-After"] = wait
            return response

        return limited

    return decorate


def is_too_often(user, most: int, *, seconds: int, what: str) -> bool:
    """Count one more `what` of this user in the running window; say whether that is more than `most`.

    For a form that says so itself. While the cache is away nothing is counted.
    """
    return _count(what, user.pk, seconds) > most


def _count(what: str, user: int | str, seconds: int) -> int:
    """Count this time in the running window; 1 when there is nobody to count."""
    key = f"at_most:{what}:{user}:{int(time.time()) // seconds}"
    cache.add(key, 0, timeout=seconds)
    try:
        return cache.incr(key)
    except ValueError:  # the window ended, or Redis came back, between the two lines
        return 1
