"""What the palette can do beside finding: one table of pages, with the rights that the pages themselves declare."""

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import BORROWED, Access
from accounts.roles import Permission
from programmes.base.common import text


@dataclass(frozen=True)
class Command:
    """A page one can go to. Who may is what its view declares (`@requires`); `also` are further words to find it by."""

    label: str | Promise
    route: str
    also: str | Promise = ""


# In the order in which they are offered. A route of a room that is not built is left out.
COMMANDS = (
    Command(_("Today"), "worklist:today", _("start, tasks, due")),
    Command(_("Cases"), "worklist:cases", _("list, open cases")),
    Command(_("People"), "people:list", _("workers, persons, list")),
    Command(_("Quick intake"), "enrolment:intake", _("register, registration, several people")),
    Command(_("New person"), "people:new", _("register, registration, intake")),
    Command(_("Employers"), "employers:list", _("companies, farms")),
    Command(_("New employer"), "employers:new", _("company, farm")),
    Command(_("Demands"), "demand:list", _("positions, vacancies, orders")),
    Command(_("New demand"), "demand:new", _("positions, vacancies")),
    Command(_("Readiness"), "readiness:board", _("who can travel, flights, missing")),
    Command(_("Training sessions"), "training:list", _("orientation, course, attendance")),
    Command(_("Returns"), "returns:list", _("back home, overdue")),
    Command(_("Reintegration"), "reintegration:list", _("plans, follow-up")),
    Command(_("Possible duplicates"), "people:duplicates", _("merge, twice")),
    Command(_("Imports and bulk work"), "batches:list", _("import, upload, spreadsheet, Excel, bulk, undo")),
    Command(_("Reports"), "reports:list", _("figures, indicators")),
    Command(_("Notifications"), "notifications:list", _("letters, messages")),
    Command(_("Letters you get"), "notifications:preferences", _("digest, mail, settings")),
    Command(_("Your profile"), "accounts:profile", _("language, time zone, colours, settings")),
    Command(_("Second factor"), "mfa_index", _("security, password, passkey")),
    Command(_("Configuration"), "admin:index", _("users, offices, code lists, rules")),
    Command(_("Help"), "worklist:help", _("questions, keys")),
)


@cache
def _page(route: str) -> tuple[str, Access | None] | None:
    """The address of a route and what it declares; None when there is no such route."""
    try:
        address = reverse(route)
    except NoReverseMatch:
        return None
    declared = getattr(resolve(address).func, "access", None)
    return address, declared or BORROWED.get(route) or BORROWED.get(f"{route.split(':')[0]}:*")


def commands_for(user) -> list[tuple[str, str, str]]:
    """What this user may go to: label, address, and all words to find it by, folded."""
    offered = []
    for command in COMMANDS:
        page = _page(command.route)
        if page is None or not _may(user, command.route, page[1]):
            continue
        offered.append((str(command.label), page[0], text.fold(f"{command.label} {command.also}")))
    return offered


def _may(user, route: str, access: Access | None) -> bool:
    if route.startswith("admin:"):
        return user.is_staff
    return access is not None and user.may(access.permission or Permission.SELF)


def matching(user, typed: str) -> list[tuple[str, str]]:
    """Commands of which every typed word begins some word; those whose label begins so come first."""
    words = text.fold(typed).split()
    found = [
        (not text.fold(label).startswith(words[0]), place, label, address)
        for place, (label, address, known) in enumerate(commands_for(user))
        if words and all(any(one.startswith(word) for one in known.split()) for word in words)
    ]
    return [(label, address) for _first, _place, label, address in sorted(found)]
