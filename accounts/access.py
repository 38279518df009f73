"""What every route declares about itself, and the check that refuses to start when one declares nothing.

Own views say it with `@requires(Permission.X)` or `@public`. Routes that come with Django and allauth are declared in
`BORROWED` below. A route in neither stops the application at start-up, so nothing is reachable by oversight.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.checks import Error, Tags, register
from django.core.exceptions import PermissionDenied
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles import Permission


class Scope(StrEnum):
    """Whose rows a view shows."""

    OFFICE = "office"  # rows within the reach of the right
    SELF = "self"  # the signed-in user's own
    AGGREGATE = "aggregate"  # figures only
    ADMIN = "admin"  # configuration of the whole system
    PUBLIC = "public"  # nobody's: open without signing in


@dataclass(frozen=True)
class Access:
    """What a route declares: the right it asks for (None: no right, see the scope) and whose rows it shows."""

    permission: Permission | None
    scope: Scope


PUBLIC = Access(None, Scope.PUBLIC)
OWN = Access(Permission.SELF, Scope.SELF)
# The configuration site asks `User.is_staff` at the door and a right on each model (accounts.admin_base).
CONFIGURATION = Access(None, Scope.ADMIN)

# Routes of Django and allauth, by full name (a namespace with `:*` covers all of it).
BORROWED: dict[str, Access] = {
    "admin:*": CONFIGURATION,
    "health": PUBLIC,
    "account_login": PUBLIC,
    "account_logout": OWN,
    "account_reauthenticate": OWN,
    "account_change_password": OWN,
    "account_set_password": OWN,
    "account_reset_password": PUBLIC,
    "account_reset_password_from_key": PUBLIC,
    "mfa_authenticate": PUBLIC,
    "mfa_login_webauthn": PUBLIC,
    "mfa_index": OWN,
    "mfa_reauthenticate": OWN,
    "mfa_reauthenticate_webauthn": OWN,
    "mfa_activate_totp": OWN,
    "mfa_deactivate_totp": OWN,
    "mfa_view_recovery_codes": OWN,
    "mfa_generate_recovery_codes": OWN,
    "mfa_download_recovery_codes": OWN,
    "mfa_list_webauthn": OWN,
    "mfa_add_webauthn": OWN,
    "mfa_edit_webauthn": OWN,
    "mfa_remove_webauthn": OWN,
    "usersessions_list": OWN,
    # Present only when an OpenID Connect server is set.
    "openid_connect_login": PUBLIC,
    "openid_connect_callback": PUBLIC,
    "socialaccount_connections": OWN,
}


def requires(permission: Permission, scope: Scope = Scope.OFFICE):
    """Declare and enforce the right a view asks for.

    Nobody signed in is sent to the sign-in page; somebody without the right gets 403. Which rows the view then shows
    is up to its query, which starts at `.visible_to(request.user)`.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = Access(permission, scope)
        return guarded

    return decorate


def public(view):
    """Declare a view that is open to everybody, signed in or not."""

    @wraps(view)
    def opened(request, *args, **kwargs):
        return view(request, *args, **kwargs)

    opened.access = PUBLIC
    return login_not_required(opened)


@dataclass(frozen=True)
class Route:
    """One URL pattern of the application.

    Attributes:
        name: full name with namespaces, such as "people:list"; "" when it has none.
        route: the address as written in the URL configuration.
        pattern: Django's own object.
        access: what it declares; None when it declares nothing.
    """

    name: str
    route: str
    pattern: URLPattern
    access: Access | None


def declared(pattern: URLPattern, name: str = "") -> Access | None:
    """Return what a URL pattern declares, or None.

    Args:
        pattern: one entry of a URL configuration.
        name: its full name with namespaces; the pattern's own name when left out.
    """
    access = getattr(pattern.callback, "access", None)
    if isinstance(access, Access):
        return access
    name = name or pattern.name or ""
    return BORROWED.get(name) or BORROWED.get(name.split(":")[0] + ":*" if ":" in name else "")


def declared_routes() -> Iterator[Route]:
    """Walk the whole URL configuration and yield every route with what it declares."""
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(patterns, namespace, prefix):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, inner, route)
        else:
            # A nameless page inside a namespace (the admin site has one) is still covered by the namespace.
            name = f"{namespace}{entry.name or ''}"
            yield Route(name, route, entry, declared(entry, name))


@register(Tags.security, Tags.urls)
def every_route_declares_access(app_configs, **kwargs):
    """System check: a route without declared access is an error."""
    return [
        Error(
            f"The route {route.route!r} ({route.name or 'no name'}) does not declare who may use it.",
            hint="Decorate its view with @requires(Permission.…) or @public from accounts.access.",
            id="accounts.E001",
        )
        for route in declared_routes()
        if route.access is None
    ]
