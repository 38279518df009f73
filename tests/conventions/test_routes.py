"""The table of `routes.py` holds: routes × roles × {own, colleague's, other office, missing}, and no page writes.

Each role is tried on each route. What a route answers beyond the right itself (colleague's records, missing ones, pieces
of foreign ones, HEAD, POST) is tried with one of the roles that may open it, each time; with all of them when the
environment says ALL_ROLES=1, as before a release.
"""

import os
from collections import Counter
from datetime import date

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import middleware
from accounts.access import declared_routes
from accounts.models import Membership
from accounts.roles import Role
from tests.conventions import routes
from tests.conventions.routes import ROWS, Row
from tests.conventions.world import EVERYBODYS, PERSONAL, World
from tests.fixtures.accounts import make_office, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ALL_ROLES = bool(os.environ.get("ALL_ROLES"))
OPENED = {200, 302, 409, 422}
SENT = OPENED | {204, 400}
DENIED = {403, 404}
DOOR = "/accounts/login/"
# Recovery codes are shown once, and that they were is written down.
SHOWN_ONCE = "mfa_view_recovery_codes"
# That a file was opened is written into the access log, and nothing else.
LOGGED = {"departure:file", "departure:picture", "departure:letter_file"}
# Forms that ask and change nothing: who is like this person, and what stands in a batch and its files.
ASK_ONLY = {"people:alike", "batches:rows", "batches:file", "batches:result"}
# Work of the kind that the world is made with may be begun by everybody; real kinds have tests of their own.
ANYBODYS = {"batches:deed"}
# Sessions are written when they are used, and are nobody's record.
NOT_RECORDS = ["django_session"]
WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
WHERE relname <> ALL(%s) AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""


@pytest.fixture(autouse=True)
def _as_in_the_demonstration(settings, monkeypatch):
    """The mailbox exists only there; and nobody is noted to be at work while this takes its minutes."""
    settings.DEMO = True
    monkeypatch.setattr(middleware, "NOTE_EVERY_SECONDS", 24 * 3600)


def written() -> Counter:
    """Rows written so far in this transaction, by table; what was rolled back counts too."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [NOT_RECORDS])
        return Counter(dict(cursor.fetchall()))


def address(row: Row, args: list) -> str:
    return reverse(row.name, args=[*args, *([row.last] if row.last else [])])


def is_at_the_door(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith(DOOR)


def test_every_route_stands_in_the_table_and_every_row_names_a_route():
    known = {route.name for route in declared_routes() if not route.name.startswith("admin:")} - routes.ONLY_WHEN_SET
    named = {row.name for row in ROWS}
    assert sorted(known - named) == [], "routes that are not in the table"
    assert sorted(named - known) == [], "rows that name no route"
    assert [str(row) for row, count in Counter(ROWS).items() if count > 1] == [], "rows that stand there twice"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_table_says(role):
    world = World(role).build()
    world.turn = list(Role).index(role)
    client = sign_in(world.user)
    client.raise_request_exception = False
    wrong = []
    for place, row in enumerate(ROWS):
        client.cookies.pop("messages", None)  # what was done on the row before is not said on a page of this one
        before = written()
        if not row.is_open_to(role):
            wrong += refused(client, row, world, place)
        elif ALL_ROLES or role == _tried_by(row, place):
            wrong += looked_at(client, row, world) + refused_to_send(client, row, world)
        else:
            wrong += glanced_at(client, row, world)
        changed = written() - before
        if row.name in LOGGED:
            del changed["programmes_accessline"]
        if changed and row.name != SHOWN_ONCE:
            wrong.append((str(row), "wrote", dict(changed)))
        if row.is_open_to(role) and (ALL_ROLES or role == _tried_by(row, place)):
            wrong += sent(client, row, world)
    assert not wrong, "\n".join(map(str, wrong))


def _tried_by(row: Row, place: int) -> str:
    """The role that tries everything on this row: another one from row to row."""
    able = [role for role in Role if row.is_open_to(role)]
    return able[place % len(able)]


def refused(client, row: Row, world: World, place: int) -> list:
    """Without the right: neither shown nor sent. The methods take turns, so that a row sees both from some role."""
    methods = [client.get, client.post] if ALL_ROLES else [(client.get, client.post)[(place + world.turn) % 2]]
    found = []
    for args in list(world.reachable(row).values())[:1]:
        for method in methods:
            got = method(address(row, args))
            found.append((str(row), got.request["REQUEST_METHOD"], got.status_code))
    # What is only shown takes nothing from anybody.
    denied = DENIED | {405} if row.how == "page" else DENIED
    return [entry for entry in found if entry[-1] not in denied]


def glanced_at(client, row: Row, world: World) -> list:
    """With the right: one's own is there, another office's is not."""
    wrong = [
        look for whose, args in list(world.reachable(row).items())[:1] for look in _shown(client, row, whose, args)
    ]
    if row.how == "deed":
        return wrong
    for whose, args in world.unreachable(row).items():
        if whose == "other office" and (status := client.get(address(row, args)).status_code) != 404:
            wrong.append((str(row), whose, status))
    return wrong


def looked_at(client, row: Row, world: World) -> list:
    """With the right: own and colleague's are there, also by HEAD; all else is a 404 like any other."""
    wrong = [look for whose, args in world.reachable(row).items() for look in _shown(client, row, whose, args)]
    for whose, args in world.reachable(row).items():
        get, head = client.get(address(row, args)), client.head(address(row, args))
        if head.status_code != get.status_code or (head.content and head.status_code == 200):
            wrong.append((str(row), whose, "HEAD", head.status_code))
    if row.how != "deed":
        wrong += _alike(row, {whose: client.get(address(row, args)) for whose, args in world.unreachable(row).items()})
        wrong += _alike(row, {whose: client.head(address(row, args)) for whose, args in world.unreachable(row).items()})
    return wrong


def _shown(client, row: Row, whose: str, args: list) -> list:
    got = client.get(address(row, args))
    if row.how == "deed":
        right = got.status_code == 405 and "POST" in got["Allow"]
    else:
        # No worker and no scheduler runs beside the tests, and the health page says so.
        right = got.status_code in (OPENED | {503} if row.name == "health" else OPENED) and not is_at_the_door(got)
    return [] if right else [(str(row), whose, "GET", got.status_code)]


def _alike(row: Row, answers: dict) -> list:
    """What cannot be reached looks as what is not there: the same status, the same length within two per cent."""
    wrong = []
    for whose, answer in answers.items():
        length, usual = len(answer.content), len(answers["missing"].content)
        if answer.status_code != 404:
            wrong.append((str(row), whose, answer.request["REQUEST_METHOD"], answer.status_code))
        elif abs(length - usual) > usual * 0.02:
            wrong.append((str(row), whose, "length", length, "but missing", usual))
    return wrong


def refused_to_send(client, row: Row, world: World) -> list:
    """With the right: nothing is sent to what cannot be reached, nor to a page that is only shown."""
    if row.how in {"form", "deed"}:
        return _alike(row, {whose: client.post(address(row, args)) for whose, args in world.unreachable(row).items()})
    if row.how == "page":
        found = {whose: client.post(address(row, args)) for whose, args in world.reachable(row).items()}
        return [(str(row), whose, "POST", got.status_code) for whose, got in found.items() if got.status_code != 405]
    return []


def sent(client, row: Row, world: World) -> list:
    """With the right: an empty form is answered, and what it did is taken back before the next row."""
    if row.how not in {"form", "deed"} or row.name == "account_logout":
        return []
    wrong = []
    with transaction.atomic():
        for whose, args in world.reachable(row).items():
            got = client.post(address(row, args))
            for close in got._resource_closers:  # a file that is handed out; close() would end the connection too
                close()
            if got.status_code not in SENT:
                wrong.append((str(row), whose, "POST", got.status_code))
        transaction.set_rollback(True)
    return wrong


@pytest.mark.parametrize("who", ["nobody", "somebody deactivated"])
def test_a_stranger_stands_before_the_door(who):
    world = World("manager").build()
    client = Client() if who == "nobody" else sign_in(world.user)
    client.raise_request_exception = False
    world.user.is_active = False
    world.user.save()
    wrong = []
    for row in ROWS:
        if row.roles is None or row.name == "account_logout":
            continue
        places = [*world.reachable(row).items(), *world.unreachable(row).items()]
        for whose, args in places:
            for method in (client.get, client.post):
                got = method(address(row, args))
                if not is_at_the_door(got):
                    wrong.append((str(row), whose, got.request["REQUEST_METHOD"], got.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def test_public_pages_are_open_to_a_stranger():
    world, client = World("manager").build(), Client()
    rows = [row for row in ROWS if row.roles is None and row.name not in routes.HALFWAY_IN]
    assert [
        look
        for row in rows
        for whose, args in world.reachable(row).items()
        for look in _shown(client, row, whose, args)
    ] == []


def test_a_right_held_elsewhere_adds_nothing_here():
    """Who only reads in this office changes nothing here, whatever they may do in another office."""
    world = World("auditor").build()
    for role in ("caseworker", "liaison", "manager", "protection"):
        Membership.objects.create(user=world.user, office=make_office("ES-LLE"), role=role, valid_from=date(2020, 1, 1))
    client = sign_in(world.user)
    client.raise_request_exception = False
    before, wrong = written(), []
    for row in ROWS:
        if row.how not in {"form", "deed"} or row.record in {"", *PERSONAL, *EVERYBODYS}:
            continue
        if row.name in ASK_ONLY | ANYBODYS:
            continue
        for method in (client.post,) if row.how == "deed" else (client.get, client.post):
            got = method(address(row, world.colleagues.args(row.record)))
            if got.status_code not in DENIED:
                wrong.append((str(row), got.request["REQUEST_METHOD"], got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert written() - before == Counter()


# --- The configuration site ---------------------------------------------------------------------------------------


def admin_rows() -> list[tuple[str, str, frozenset[str]]]:
    """(model, page, roles that may open it) for each page of the configuration site."""
    models = {
        route.name.removeprefix("admin:").rpartition("_")[0]
        for route in declared_routes()
        if route.name.endswith("_changelist")
    }
    assert sorted(models ^ set(routes.ADMIN)) == [], "models of the configuration site and those of the table"
    return [
        (model, page, roles if page in pages.split() else frozenset())
        for model, (roles, pages) in routes.ADMIN.items()
        for page in ("changelist", "add", "change", "history", "delete")
    ]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_part_of_the_configuration(role):
    world = World(role).build()
    client = sign_in(world.user)
    client.raise_request_exception = False
    wrong = []
    staff = role in routes.STAFF
    for name in ("index", "password_change", "jsi18n"):
        got = client.get(reverse(f"admin:{name}"))
        turned_away = got.status_code == 302 and "/login/" in got["Location"]
        if turned_away == staff or got.status_code not in {200, 302}:
            wrong.append((name, got.status_code))
    before = written()
    for model, page, roles in admin_rows():
        app, _underscore, name = model.partition("_")
        record = apps.get_model(app, name).objects.order_by("-pk").first()
        if record is None and page not in {"changelist", "add"}:
            continue
        args = [] if page in {"changelist", "add"} else [record.pk]
        for method in (client.get, client.head):
            got = method(reverse(f"admin:{model}_{page}", args=args))
            opened = got.status_code == 200
            if opened != (role in roles) or got.status_code >= 500:
                wrong.append((model, page, got.request["REQUEST_METHOD"], got.status_code))
    assert not wrong, "\n".join(map(str, wrong))
    assert written() - before == Counter()
