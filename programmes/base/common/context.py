"""What every page needs around its own content: navigation, unread count, theme, session limits.

Everything costly is a cached callable: a part answered to htmx never asks for it and pays nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True)
class Place:
    """One of the five places of the main navigation: who sees it, where it leads, which rooms belong to it.

    `letter` is the second key of its shortcut: g, then the letter.
    """

    key: str
    letter: str
    label: str | Promise
    icon: str
    permissions: tuple[Permission, ...]
    routes: tuple[str, ...]
    rooms: frozenset[str]


PLACES = (
    Place("today", "t", _("Today"), "today", (Permission.SELF,), ("worklist:today",), frozenset()),
    Place(
        "cases",
        "c",
        _("Cases"),
        "case",
        (Permission.CASE_VIEW,),
        ("worklist:cases",),
        frozenset({"casefile", "people", "enrolment", "departure", "placement"}),
    ),
    Place(
        "placement",
        "p",
        _("Placement"),
        "place",
        (Permission.DEMAND_VIEW, Permission.EMPLOYER_VIEW),
        ("demand:list", "employers:list"),
        frozenset({"demand", "employers", "selection", "readiness", "travel", "training"}),
    ),
    Place(
        "return",
        "b",
        _("Return"),
        "return",
        (Permission.RETURN_EDIT, Permission.REINTEGRATION_VIEW),
        ("returns:list", "reintegration:list"),
        frozenset({"returns", "recall", "reintegration"}),
    ),
    Place(
        "reports",
        "r",
        _("Reports"),
        "chart",
        (Permission.REPORT_VIEW,),
        ("reports:list",),
        frozenset({"reports"}),
    ),
)

# The room of notifications stands above this one, so it hands over how to count; nothing is shown before it does.
_count_unread: list[Callable[[Any], int]] = []


def count_unread_with(count: Callable[[Any], int]) -> None:
    """Register the function that counts a user's unread notifications (called once at start-up)."""
    _count_unread[:] = [count]


@cache
def first_address(*routes: str) -> str:
    """Return the address of the first route that exists, or an empty text: the same as long as the process lives."""
    for route in routes:
        try:
            return reverse(route)
        except NoReverseMatch:
            continue
    return ""


def _place_of(request: HttpRequest, addresses: dict[str, str]) -> str:
    """Find the place of a page by its address; a room of its own address belongs where PLACES puts it.

    A case's return is a page of the case (/cases/…/return/), the list of returns is not.
    """
    for key, address in addresses.items():
        if len(address) > 1 and request.path.startswith(address):
            return key
    match = getattr(request, "resolver_match", None)
    room = match.view_name.partition(":")[0] if match and match.view_name else ""
    return next((place.key for place in PLACES if room in place.rooms), "")


def places_for(request: HttpRequest) -> list[dict[str, Any]]:
    """List the places this user may open: key, label, icon, address, and whether the page shown belongs there."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    addresses = {place.key: first_address(*place.routes) for place in PLACES}
    here = _place_of(request, addresses)
    shown = []
    for place in PLACES:
        address = addresses[place.key]
        if address and any(user.may(permission) for permission in place.permissions):
            current = "page" if request.path == address else "true" if place.key == here else ""
            shown.append(
                {
                    "key": place.key,
                    "letter": place.letter,
                    "label": place.label,
                    "icon": place.icon,
                    "href": address,
                    "current": current,
                }
            )
    return shown


# The part of the help page that speaks of a page: by its route, else by its room.
TOPICS = {
    "worklist:today": "today",
    "worklist:cases": "lists",
    "people:list": "lists",
    "lists": "lists",
    "bulk": "lists",
    "batches": "imports",
    "casefile": "cases",
    "departure": "cases",
    "placement": "cases",
    "returns": "cases",
    "recall": "cases",
    "reintegration": "cases",
    "people": "people",
    "enrolment": "people",
    "demand": "demands",
    "employers": "demands",
    "selection": "demands",
    "readiness": "demands",
    "travel": "demands",
    "training": "demands",
    "notifications": "letters",
    "accounts": "letters",
}


def _help_for(request: HttpRequest) -> str:
    """The help page at this page's own topic; it knows where it was called from, in case a problem is reported."""
    address = first_address("worklist:help")
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match and match.view_name else ""
    if not address or route.startswith("worklist:help") or route == "worklist:problem":
        return address
    topic = TOPICS.get(route) or TOPICS.get(route.partition(":")[0], "")
    number = structlog.contextvars.get_contextvars().get("request_id", "")
    origin = urlencode({"page": request.path, "id": number} if number else {"page": request.path})
    return f"{address}?{origin}{'#' if topic else ''}{topic}"


def theme_for(request: HttpRequest) -> str:
    """Return light, dark or auto: the signed-in user's own choice, else the browser's cookie."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", "") if user is not None else ""
    if chosen not in THEMES and chosen != "auto":
        chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "auto"


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor of every page; see the module's first lines for what it costs."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated

    def unread() -> int:
        return _count_unread[0](user) if signed_in and _count_unread else 0

    return {
        "nav": cache(lambda: places_for(request)),
        "unread": cache(unread),
        "theme": theme_for(request),
        "demo": settings.DEMO,
        "idle_seconds": settings.SESSION_IDLE_SECONDS if signed_in else 0,
        "can_search": cache(lambda: bool(user is not None and signed_in and user.may(Permission.PERSON_VIEW))),
        "help_url": cache(lambda: _help_for(request)),
        "address": cache(
            lambda: {
                "search": first_address("people:search"),
                "people": first_address("people:list"),
                "palette": first_address("worklist:palette"),
                "notifications": first_address("notifications:list"),
                "preferences": first_address("notifications:preferences"),
                "profile": first_address("accounts:profile"),
                "keepalive": first_address("accounts:keepalive"),
                "play": first_address("accounts:play"),
                "mailbox": first_address("notifications:mailbox"),
                "language": first_address("accounts:set_language", "set_language"),
                "theme": first_address("accounts:theme"),
                "logout": first_address("account_logout"),
                "login": first_address("account_login"),
                "admin": first_address("admin:index"),
                "second_factor": first_address("mfa_index"),
            }
        ),
    }
