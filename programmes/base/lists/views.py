"""Pages about lists: columns, kept views, how many stand behind a tab, files."""

import time
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.batches.said import trouble
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.errors import RuleBroken
from programmes.base.common.pages import COUNT_LIMIT, keyset
from programmes.base.lists import actions, export, kinds, page, reading
from programmes.base.lists.around import changed, count_in_words, described, tabs
from programmes.base.lists.forms import ColumnsForm, DecideForm, ExportForm, ViewForm
from programmes.base.lists.listing import LISTINGS, Listing
from programmes.base.lists.models import Export, SavedView
from programmes.base.rulebook.codes import label

# All the numbers on the tabs together may take so long; those that are not counted by then are left out.
COUNTS_MS = 250
# Above this, names are only handed out to somebody who showed within ten minutes that it is still them.
MOST_WITHOUT_ASKING = 100
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _listing(request, code: str) -> Listing:
    listing = LISTINGS.get(code)
    if listing is None:
        raise Http404
    if not request.user.may(listing.permission):
        raise PermissionDenied
    return listing


def _asked(request, listing: Listing):
    asked, furniture, filters = page.ask(listing, request.GET, request.user)
    return asked, furniture, filters, asked.definition()


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request, code):
    """Choose the columns of a list and their order; they stay as they are for this person."""
    listing = _listing(request, code)
    asked, _furniture, _filters, definition = _asked(request, listing)
    available = listing.columns_for(request.user)
    form = ColumnsForm(typed(request), user=request.user, available=available, shown=asked.columns)
    if request.method == "POST" and form.is_valid():
        chosen = [] if "usual" in request.POST else form.chosen()
        fixed = [column.code for column in available if column.fixed]
        words = ".".join([*fixed, *chosen]) if chosen else None
        done = attempt(
            request,
            form,
            lambda: actions.choose_columns(request.user, code=code, columns=chosen),
            done=_("The list has your columns now."),
            to=listing.url(changed(definition, columns=words)),
        )
        if done:
            return done
    return form_page(
        request, form, "base/lists/columns.html", title=_("Columns"), do=_("Show these columns"),
        cancel=listing.url(definition),
    )  # fmt: skip


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def save(request, code):
    """Keep the list as it is under a name."""
    listing = _listing(request, code)
    asked, _furniture, filters, definition = _asked(request, listing)
    form = ViewForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():

        def keep():
            view = actions.keep_view(by=request.user, code=code, query=definition, **form.deed())
            pinned, home = form.cleaned_data["pinned"], form.cleaned_data["home"]
            actions.place_view(request.user, view=view, pinned=pinned, home=home)
            return listing.url(f"saved={view.public_id}")

        done = attempt(request, form, keep, done=_("The view was saved."))
        if done:
            return done
    return form_page(
        request, form, "base/lists/view_form.html", title=_("Save this view"), do=_("Save"),
        cancel=listing.url(definition), described=described(listing, asked, filters),
    )  # fmt: skip


@requires(Permission.CASE_VIEW)
@require_safe
def views(request, code):
    """All views of a list: one's own and those that are shared with one."""
    listing = _listing(request, code)
    found = page.Furniture(listing, request.user)
    kept = SavedView.objects.visible_to(request.user).filter(listing=code).distinct()
    rows = [
        {
            "view": view,
            "href": listing.url(f"saved={view.public_id}"),
            "who": _shared_with(view),
            "pinned": str(view.public_id) in found.pinned,
            "home": found.home is not None and found.home.id == view.pk,
            "may_change": view.may_be_changed_by(request.user),
        }
        for view in kept.select_related("office", "programme", "created_by").order_by("name", "pk")
    ]
    return render(request, "base/lists/views.html", {"listing": listing, "rows": rows, "back": listing.url()})


def _shared_with(view: SavedView) -> str:
    shared = view.office or view.programme
    if shared is None:
        return _("Only you")
    return _("%(shared)s, made by %(who)s") % {"shared": shared, "who": view.created_by}


def _visible_view(request, public_id) -> SavedView:
    found = SavedView.objects.visible_to(request.user).select_related("office", "programme").distinct()
    return get_object_or_404(found, public_id=public_id)


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_view(request, public_id):
    """Rename a view, or share it with others."""
    view = _visible_view(request, public_id)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied
    found = page.Furniture(LISTINGS[view.listing], request.user)
    shown = {"pinned": str(view.public_id) in found.pinned, "home": found.home is not None and found.home.id == view.pk}
    form = ViewForm(typed(request), user=request.user, record=view, initial=shown)
    back = reverse("lists:views", args=[view.listing])
    if request.method == "POST" and form.is_valid():

        def change():
            actions.change_view(view, by=request.user, version=form.version_token(), **form.deed())
            pinned, home = form.cleaned_data["pinned"], form.cleaned_data["home"]
            actions.place_view(request.user, view=view, pinned=pinned, home=home)
            return back

        done = attempt(request, form, change, done=_("The view was saved."))
        if done:
            return done
    return form_page(request, form, title=view.name, do=_("Save"), cancel=back)


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def drop_view(request, public_id):
    """Delete a view, after saying who loses it."""
    view = _visible_view(request, public_id)
    if not view.may_be_changed_by(request.user):
        raise PermissionDenied
    back = reverse("lists:views", args=[view.listing])
    if request.method == "POST":
        actions.drop_view(view, by=request.user)
        return redirect(back)
    return render(request, "base/lists/drop_view.html", {"view": view, "who": _shared_with(view), "cancel": back})


@requires(Permission.CASE_VIEW)
@require_POST
def place(request, public_id):
    """Put a view on one's tabs, take it away, or open the list with it."""
    view = _visible_view(request, public_id)
    wish = {"pin": {"pinned": True}, "unpin": {"pinned": False}, "home": {"home": True}, "unhome": {"home": False}}
    deed = wish.get(request.POST.get("do", ""))
    if deed is None:
        return render(request, "400.html", status=400)
    try:
        actions.place_view(request.user, view=view, **deed)
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    return redirect("lists:views", view.listing)


@requires(Permission.CASE_VIEW)
@require_safe
def counts(request, code):
    """The tabs of a list with how many stand behind each, as far as that is counted quickly, for this very reader."""
    listing = _listing(request, code)
    asked, furniture, filters = page.ask(listing, request.GET, request.user)
    shown = page.Shown(listing, asked, furniture, filters, None, "", True, [])
    found = tabs(shown)
    stop = time.monotonic() + COUNTS_MS / 1000
    for tab in found:
        left = int((stop - time.monotonic()) * 1000)
        if left > 0:
            tab["count"] = _count(listing, furniture, tab["key"], request.user, left)
    return render(request, "base/lists/tabs.html", {"views": found})


def _count(listing, furniture, key: str, user, milliseconds: int) -> str:
    kept = furniture.views.get(key)
    words = QueryDict(kept.query if kept else f"view={key}")
    names = listing.filters.names_for(user)
    if kept and page.address.hidden_words(kept, names):
        return ""
    asked = page.address.read(listing, QueryDict(f"saved={key}") if kept else words, user, names=names, saved=kept)
    furniture.bring(asked.filters, asked.filters)
    filters = page.filters_of(listing, asked, furniture, only=asked.filters)
    hits = reading.look(page.matching(asked, filters), milliseconds=milliseconds)
    if hits.count is None or (kept and not filters.form.is_valid()):
        return ""
    return "1,000+" if hits.count >= COUNT_LIMIT else str(hits.count)


# --- Files ---------------------------------------------------------------------------------------------------------


@requires(Permission.CASE_EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def take(request, code):
    """Ask for the list as a file: what is in it, what it is for."""
    listing = _listing(request, code)
    asked, _furniture, filters, definition = _asked(request, listing)
    user = request.user
    codes = [column.code for column in asked.columns]
    form = ExportForm(typed(request), user=user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form, lambda: actions.ask(by=user, code=code, query=definition, columns=codes, **form.deed())
        )
        if done:
            return done
    hits = reading.look(page.matching(asked, filters))
    plain = export.columns_of(listing, codes, user, identified=False)
    named = export.columns_of(listing, codes, user, identified=True)
    return form_page(
        request, form, "base/lists/take.html", title=_("Export"), do=_("Go on"), cancel=listing.url(definition),
        described=described(listing, asked, filters),
        count=count_in_words(listing, hits.count),
        plain=[column.label for column in plain], names=[column.label for column in named if column not in plain],
        at_once=actions.is_at_once(user),
    )  # fmt: skip


@requires(Permission.CASE_EXPORT)
@require_safe
def exports(request):
    """What was taken out: one's own files, and for whoever watches over an office all of its."""
    found = Export.objects.visible_to(request.user).select_related("created_by", "office")
    shown = keyset(request, found, order=("-created_at", "-id"), count=False)
    rows = [{"export": one, "list": _named(one), "purpose": label("export_purpose", one.purpose)} for one in shown.rows]
    return render(request, "base/lists/exports.html", {"page": shown, "rows": rows})


def _named(one: Export) -> str:
    return str(LISTINGS[one.listing].label) if one.listing in LISTINGS else one.listing


def _visible_export(request, public_id) -> Export:
    found = Export.objects.visible_to(request.user).select_related("created_by", "office", "decided_by", "batch")
    return get_object_or_404(found, public_id=public_id)


@requires(Permission.CASE_EXPORT)
@require_safe
def one_export(request, public_id):
    """One file: what is in it, who took it and why, and the way to fetch it."""
    one = _visible_export(request, public_id)
    mine = one.created_by_id == request.user.pk
    may_fetch = mine and one.state not in {one.State.ASKED, one.State.DECLINED} and not one.is_over
    at_work = one.batch is not None and not one.file and one.batch.status not in {"failed", "cancelled"}
    return render(
        request,
        "base/lists/export.html",
        {
            "export": one,
            "name": _named(one),
            "facts": [
                *export.described_to_all(one),
                {"label": _("Purpose"), "value": f"{label('export_purpose', one.purpose)}: {one.why}"},
            ],
            "may_fetch": may_fetch and not at_work,
            "at_work": at_work and mine,
            "trouble": trouble(one.batch) if one.batch is not None and not one.file else None,
            "may_decide": one.state == one.State.ASKED and actions.may_decide(one, request.user),
        },
    )


@requires(Permission.CASE_EXPORT)
@require_POST
def fetch(request, public_id):
    """Hand out the file: streamed at once when it is CSV of ordinary length, else written by a worker first."""
    one = get_object_or_404(
        Export.objects.filter(created_by=request.user).select_related("office", "created_by"), public_id=public_id
    )
    try:
        if one.file and not one.is_over:
            return _written(request, one)
        rows, _columns = export.rows_of(one, request.user)
        found = rows.order_by().values_list("pk", flat=True)[: export.MOST_STREAMED + 1].count()
        if one.identified and found > MOST_WITHOUT_ASKING and not did_recently_reauthenticate(request):
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': one.get_absolute_url()})}")
        if one.format == Export.Format.XLSX or found > export.MOST_STREAMED:
            kinds.write_in_background(one, by=request.user)
            return redirect(one)
        one = actions.begin(one, by=request.user)
    except RuleBroken as refusal:
        status = 429 if refusal.code == "busy" else 403
        return render(
            request,
            "base/lists/no_file.html",
            {"words": refusal.message, "back": one.get_absolute_url()},
            status=status,
        )
    response = StreamingHttpResponse(export.csv_parts(one, request.user), content_type=CSV_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{export.file_name(one)}"'
    return response


def _written(request, one: Export):
    actions.begin(one, by=request.user)
    if one.identified and (one.rows or 0) > MOST_WITHOUT_ASKING and not did_recently_reauthenticate(request):
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': one.get_absolute_url()})}")
    actions.finish(one, rows=one.rows or 0)
    kind = XLSX_TYPE if one.format == Export.Format.XLSX else CSV_TYPE
    return FileResponse(one.file.open("rb"), as_attachment=True, filename=export.file_name(one), content_type=kind)


@requires(Permission.CASE_ASSIGN)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request, public_id):
    """A manager's word on somebody's request."""
    one = _visible_export(request, public_id)
    if not actions.may_decide(one, request.user):
        raise PermissionDenied
    form = DecideForm(typed(request), user=request.user, record=one)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.decide(one, by=request.user, version=form.version_token(), **form.deed()),
            done=_("Your decision was saved and sent."),
        )
        if done:
            return done
    return form_page(
        request, form, title=_("A file with names"), do=_("Send the decision"), cancel=one.get_absolute_url(),
        intro=_("%(who)s asks for it. Purpose: %(why)s") % {"who": one.created_by, "why": one.why},
    )  # fmt: skip
