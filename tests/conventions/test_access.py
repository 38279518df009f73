"""Every route declares who may use it, and the declarations are kept."""

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.views.decorators.http import require_POST

from accounts.access import BORROWED, Access, Route, Scope, declared, declared_routes, public, requires
from accounts.roles import Permission

MOST_PUBLIC_ROUTES = 10
# Open although they answer nothing secret: the sign-in pages of the organisation's own server, when one is set.
ONLY_WHEN_SET = {"openid_connect_login", "openid_connect_callback"}
# The page of all components exists in demonstrations and tests, never in production.
NOT_IN_PRODUCTION = {"gallery"}


def routes() -> list[Route]:
    return list(declared_routes())


def test_every_route_declares_access():
    assert [route.route for route in routes() if route.access is None] == []


def test_few_routes_are_public():
    open_ones = (
        {route.name for route in routes() if route.access.scope == Scope.PUBLIC} - ONLY_WHEN_SET - NOT_IN_PRODUCTION
    )
    assert len(open_ones) <= MOST_PUBLIC_ROUTES, sorted(open_ones)


def test_every_route_outside_the_configuration_site_has_a_name():
    assert [route.route for route in routes() if not route.name and route.access.scope != Scope.ADMIN] == []


def test_table_of_borrowed_routes_names_no_route_that_is_gone():
    names = {route.name for route in routes()} | {route.name.split(":")[0] + ":*" for route in routes()}
    assert set(BORROWED) - names - ONLY_WHEN_SET - {"socialaccount_connections"} == set()


def test_no_own_view_hides_in_the_table():
    """A view of ours declares itself where it stands; the table is for what others wrote."""
    ours = [
        route.name
        for route in routes()
        if route.pattern.callback.__module__.startswith(("accounts.", "programmes."))
        and route.name.split(":")[0] not in {"admin", "account_reset_password"}
        and not isinstance(getattr(route.pattern.callback, "access", None), Access)
    ]
    assert ours == []


@pytest.mark.django_db
def test_strangers_get_no_further_than_the_door():
    """Every route without arguments that is not public sends a stranger to the sign-in page, or refuses."""
    client, let_in = Client(), []
    for route in routes():
        if "<" in route.route or "(?P" in route.route or route.access.scope == Scope.PUBLIC:
            continue
        for method in (client.get, client.post):
            response = method("/" + route.route.replace("^", "").replace("$", ""))
            if response.status_code == 200 or (response.status_code == 302 and "/login/" not in response["Location"]):
                let_in.append((route.name, response.status_code))
    assert [entry for entry in let_in if entry[0] not in {"account_logout"}] == []


# --- The check itself ---------------------------------------------------------------------------------------------


def undeclared(request):
    return HttpResponse("open to all by oversight")


@requires(Permission.CASE_VIEW)
def declared_view(request):
    return HttpResponse("a case")


@public
def open_view(request):
    return HttpResponse("hello")


urlpatterns = [
    path("forgotten/", undeclared, name="forgotten"),
    path("inner/", include(([path("forgotten/", undeclared, name="forgotten")], "inner"))),
    path("declared/", declared_view, name="declared"),
    path("wrapped/", require_POST(declared_view), name="wrapped"),
    path("open/", open_view, name="open"),
    path("accounts/login/", open_view, name="account_login"),
]


@pytest.fixture
def forgetful(settings):
    settings.ROOT_URLCONF = "tests.conventions.test_access"


def test_application_does_not_start_with_an_undeclared_route(forgetful):
    errors = [error for error in run_checks(tags=["security"]) if error.id == "accounts.E001"]
    assert [error.msg.split("'")[1] for error in errors] == ["forgotten/", "inner/forgotten/"]


def test_declaration_survives_other_decorators(forgetful):
    by_name = {route.name: route for route in routes()}
    assert by_name["wrapped"].access == Access(Permission.CASE_VIEW, Scope.OFFICE)
    assert by_name["open"].access == Access(None, Scope.PUBLIC)
    assert by_name["inner:forgotten"].access is None
    assert declared(by_name["declared"].pattern) == Access(Permission.CASE_VIEW, Scope.OFFICE)


def test_requires_answers_each_kind_of_visitor(forgetful, client_for, rf, user_for):
    from django.contrib.auth.models import AnonymousUser
    from django.core.exceptions import PermissionDenied

    request = rf.get("/declared/?a=1")
    request.user = AnonymousUser()
    assert declared_view(request)["Location"] == "/accounts/login/?next=/declared/%3Fa%3D1"
    request.user = user_for("administrator")
    with pytest.raises(PermissionDenied):
        declared_view(request)
    request.user = user_for("caseworker")
    assert declared_view(request).content == b"a case"
