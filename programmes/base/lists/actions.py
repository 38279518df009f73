"""Deeds on lists: choose columns, keep a view, ask for a file, decide on a request."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from accounts.roles import GRANTS, Permission, Role
from programmes.base.common.errors import RuleBroken
from programmes.base.lists import letters
from programmes.base.lists.models import LONGEST_DEFINITION, Export, ListPreference, SavedView

KEPT_DAYS = 7
# So many files of one person are written at the same moment; one that takes longer than this has died.
AT_ONCE = 2
LONGEST_SECONDS = 15 * 60
MOST_PINNED = 12


def _preference(user, code: str) -> ListPreference:
    ListPreference.objects.bulk_create([ListPreference(user=user, listing=code)], ignore_conflicts=True)
    return ListPreference.objects.select_for_update(no_key=True).get(user=user, listing=code)


@transaction.atomic
def choose_columns(user, *, code: str, columns: list[str]) -> ListPreference:
    """Keep the columns in which a person wants a list. None: those that come with it."""
    wish = _preference(user, code)
    wish.columns = list(dict.fromkeys(columns))
    wish.save(update_fields=["columns"])
    return wish


@transaction.atomic
def keep_view(*, by, code: str, query: str, name: str, office=None, programme=None, replace: bool = False) -> SavedView:
    """Keep a list under a name. `query` is its definition, as it would stand in the address.

    `replace`: one's own view of this name gets the new definition, and stays where others have it on their tabs.
    """
    if len(query) > LONGEST_DEFINITION:
        raise RuleBroken(_("This view has too many filters to be kept. Take some away."), field="name")
    _may_share(by, office, programme)
    mine = SavedView.objects.locked().filter(created_by=by, listing=code, name=name).first()
    if mine is not None:
        if not replace:
            raise RuleBroken(_("You have a view of this name already. Tick below to replace it."), field="name")
        mine.query, mine.office, mine.programme = query, office, programme
        mine.write("query", "office", "programme")
        return mine
    return SavedView.objects.create(
        listing=code, name=name, query=query, office=office, programme=programme, created_by=by
    )


@transaction.atomic
def change_view(view: SavedView, *, by, version: int, name: str, office=None, programme=None, query=None) -> SavedView:
    """Rename a view, share it with others, or give it another definition."""
    view = SavedView.objects.locked().get(pk=view.pk)
    view.expect_version(version)
    _may_change(view, by)
    if (view.office_id, view.programme_id) != (office and office.pk, programme and programme.pk):
        _may_share(by, office, programme)
    view.name, view.office, view.programme = name, office, programme
    if query is not None:
        view.query = query
    view.write("name", "office", "programme", "query")
    return view


@transaction.atomic
def drop_view(view: SavedView, *, by) -> None:
    """Delete a view; whoever had it on a tab or as the first view gets the usual one."""
    view = SavedView.objects.locked().get(pk=view.pk)
    _may_change(view, by)
    view.delete()


def _may_change(view: SavedView, by) -> None:
    if not view.may_be_changed_by(by):
        raise RuleBroken(_("Only whoever made this view, or a manager of its office, may change it."), code="right")


def _may_share(by, office, programme) -> None:
    works_there = office is None or any(row.office_id == office.pk for row in by.current_memberships)
    reached = (
        programme is None
        or type(programme).objects.reachable_by(by, Permission.CASE_VIEW).filter(pk=programme.pk).exists()
    )
    if not works_there or not reached:
        raise RuleBroken(_("You can share a view where you work yourself."), field="share")


@transaction.atomic
def place_view(user, *, view: SavedView, pinned: bool | None = None, home: bool | None = None) -> ListPreference:
    """Put a view on one's tabs or take it away; have the list open with it, or not any more. None: as it is."""
    wish = _preference(user, view.listing)
    if pinned is not None:
        others = [key for key in wish.pinned if key != view.public_id]
        wish.pinned = [*others, view.public_id] if pinned else others
        if len(wish.pinned) > MOST_PINNED:
            raise RuleBroken(_("At most %(n)d views fit on the tabs. Take one away first.") % {"n": MOST_PINNED})
    if home is not None:
        wish.home = view if home else None
    wish.save(update_fields=["pinned", "home"])
    return wish


def is_at_once(user) -> bool:
    """Whether this person takes names and numbers out without asking: a manager (domain.md 6)."""
    return bool(user.roles & GRANTS[Permission.EXPORT_IDENTIFIED] & {Role.MANAGER})


def deciders(office) -> list[User]:
    """The managers who decide what leaves this office: of the office and of those above it."""
    managing = Membership.objects.filter(
        office__in=office.ancestor_ids, role=Role.MANAGER, user__is_active=True
    ).current(office.today())
    return list(User.objects.filter(memberships__in=managing).distinct().order_by("pk"))


def may_decide(export: Export, user) -> bool:
    """Whether this person decides on a request of somebody else."""
    return user.pk != export.created_by_id and any(
        row.role == Role.MANAGER and row.office_id in export.office.ancestor_ids for row in user.current_memberships
    )


@transaction.atomic
def ask(
    *,
    by,
    code: str,
    query: str,
    columns: list[str],
    purpose: str,
    why: str,
    format: str,  # noqa: A002 -- the field is called so
    mark: bool,
    identified: bool,
) -> Export:
    """Ask for a file of a list. Effects: its line in the log; with names, for whoever is no manager, a request with a
    letter to the managers of the office. Raises RuleBroken without the right, or when no manager could decide."""
    if not by.may(Permission.CASE_EXPORT) or (identified and not by.may(Permission.EXPORT_IDENTIFIED)):
        raise RuleBroken(_("You have no right to take this out."), field="identified" if identified else None)
    office = _office_of(by, Permission.EXPORT_IDENTIFIED if identified else Permission.CASE_EXPORT)
    waits = identified and not is_at_once(by)
    managers = [user for user in deciders(office) if user.pk != by.pk] if waits else []
    if waits and not managers:
        raise RuleBroken(_("No manager of your office could approve this. Ask your administrator."), field="identified")
    export = Export.objects.create(
        listing=code,
        query=query,
        columns=columns,
        format=format,
        mark=mark,
        identified=identified,
        purpose=purpose,
        why=why,
        office=office,
        state=Export.State.ASKED if waits else Export.State.READY,
        expires_on=None if waits else timezone.localdate() + timedelta(days=KEPT_DAYS),
        created_by=by,
    )
    if waits:
        letters.queue_asked(export, managers)
    return export


def _office_of(user, permission: Permission):
    return next(row.office for row in user.current_memberships if row.role in GRANTS[permission])


@transaction.atomic
def decide(export: Export, *, by, version: int, decision: str, reason: str = "") -> Export:
    """A manager approves or declines a request. Effects: a letter to whoever asked; the file is theirs for a week."""
    export = Export.objects.locked().select_related("office", "created_by").get(pk=export.pk)
    export.expect_version(version)
    if not may_decide(export, by):
        raise RuleBroken(_("Nobody approves a request of their own; a manager of the office does."), code="right")
    if export.state != Export.State.ASKED:
        raise RuleBroken(_("This request was decided already."), code="decided")
    export.state = Export.State.READY if decision == "approve" else Export.State.DECLINED
    export.decided_by, export.decided_at, export.decision = by, timezone.now(), reason
    export.expires_on = timezone.localdate() + timedelta(days=KEPT_DAYS) if decision == "approve" else None
    export.write("state", "decided_by", "decided_at", "decision", "expires_on")
    letters.queue_decided(export)
    return export


@transaction.atomic
def begin(export: Export, *, by) -> Export:
    """A file is about to be written. Raises RuleBroken when it may not be, or when two others of this person are."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    export = Export.objects.locked().get(pk=export.pk)
    if export.created_by_id != by.pk or not by.may(Permission.CASE_EXPORT):
        raise RuleBroken(_("You have no right to take this out."), code="right")
    if export.identified and not by.may(Permission.EXPORT_IDENTIFIED):
        raise RuleBroken(_("You have no right to take names and numbers out any more."), code="right")
    if export.identified and export.decided_by_id is None and not is_at_once(by):
        raise RuleBroken(_("A manager has not approved this."), code="right")
    if export.state in {Export.State.ASKED, Export.State.DECLINED} or export.is_over:
        raise RuleBroken(_("This file cannot be downloaded any more. Ask for it anew."), code="over")
    moment = timezone.now()
    busy = Export.objects.filter(created_by=by, started_at__gt=moment - timedelta(seconds=LONGEST_SECONDS))
    if busy.exclude(pk=export.pk).count() >= AT_ONCE:
        raise RuleBroken(
            _("Two of your files are being written at this moment. Wait until one of them is there."), code="busy"
        )
    export.started_at = moment
    export.save(update_fields=["started_at"])
    return export


def finish(export: Export, *, rows: int | None) -> None:
    """Write down how many rows left the system; None when the writing stopped half-way."""
    if rows is None:
        Export.objects.filter(pk=export.pk).update(state=Export.State.FAILED, started_at=None)
        return
    done = Export.objects.filter(pk=export.pk)
    done.update(
        state=Export.State.DONE,
        rows=rows,
        downloads=export.downloads + 1,
        downloaded_at=timezone.now(),
        started_at=None,
    )


def remove_expired() -> int:
    """Remove files whose week is over; returns how many. What was taken out, by whom and why, stays."""
    gone = 0
    for export in Export.objects.filter(expires_on__lt=timezone.localdate()).exclude(file="")[:100]:
        export.file.delete(save=False)
        Export.objects.filter(pk=export.pk).update(file="")
        gone += 1
    return gone
