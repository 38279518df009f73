"""Pages of an import: a file comes in, its columns are matched, doubtful rows are decided, a template goes out."""

import io

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.batches import actions, files, imports, kinds, said
from programmes.base.batches.import_forms import TAB, UploadForm, limits
from programmes.base.batches.imports import ImportKind
from programmes.base.batches.models import Batch
from programmes.base.batches.problems import Unreadable
from programmes.base.batches.states import RowState, Status
from programmes.base.common.deeds import attempt, typed
from programmes.base.common.errors import RuleBroken
from programmes.base.common.pages import keyset


def _kind(code: str, user) -> ImportKind:
    kind = kinds.KINDS.get(code)
    if not isinstance(kind, ImportKind):
        raise Http404
    if not user.may(kind.permission):
        raise PermissionDenied
    return kind


@requires(Permission.PERSON_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request, kind):
    """Send a file. The same bytes again lead to the import that has them."""
    kind = _kind(kind, request.user)
    sent = request.FILES if request.method == "POST" else None
    form = UploadForm(typed(request), sent, user=request.user, kind=kind)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            batch, is_new = imports.receive(
                kind, given["file"], by=request.user, office=given["office"], title=given["title"]
            )
        except Unreadable as refusal:
            form.refuse(refusal)
        except RuleBroken as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            if is_new:
                return redirect("batches:columns", batch.public_id)
            messages.warning(request, _("This very file was uploaded before. Nothing was taken in twice: see here."))
            return redirect(batch)
    context = {"form": form, "kind": kind, "limits": limits()}
    return render(request, "base/batches/upload.html", context, status=422 if form.is_bound else 200)


def _own_batch(request, public_id) -> tuple[Batch, ImportKind]:
    found = Batch.objects.visible_to(request.user).select_related("office", "created_by")
    batch = get_object_or_404(found, public_id=public_id)
    kind = kinds.KINDS.get(batch.kind)
    if not isinstance(kind, ImportKind):
        raise Http404
    if not kind.is_permitted(batch, request.user):
        raise PermissionDenied
    return batch, kind


@requires(Permission.PERSON_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request, public_id):
    """Match the columns of the file, say how it is written and what holds for all rows; then it is checked."""
    batch, kind = _own_batch(request, public_id)
    if batch.status not in {Status.DRAFTED, Status.STAGED, Status.FAILED}:
        return redirect(batch)
    form = kind.form(typed(request), user=request.user, record=batch, kind=kind)
    if request.method == "POST" and "again" in request.POST:
        return _look_again(request, form, batch, kind)
    if batch.params.get("ask"):
        return render(request, "base/batches/sheet.html", {"batch": batch, "title": said.title_of(batch)})
    if request.method == "POST" and form.is_valid():
        params = {"mapping": form.mapping(), "options": form.options()}
        done = attempt(
            request, form, lambda: actions.check(batch, by=request.user, params=params),
            done=_("The rows are being checked. You may leave this page."),
        )  # fmt: skip
        if done:
            return done
    context = {"form": form, "batch": batch, "title": said.title_of(batch), "kind": kind}
    return render(request, "base/batches/columns.html", context, status=422 if form.is_bound else 200)


def _look_again(request, form, batch: Batch, kind: ImportKind):
    form.full_clean()
    given, sheet = form.cleaned_data, form.other_sheet()
    # Where the header of one sheet stands says nothing about another.
    line = 0 if sheet else given.get("header_line") or 0
    try:
        found = imports.look_again(
            kind, batch, by=request.user, sheet=sheet, header_line=line,
            encoding=given.get("encoding") or "", separator=(given.get("separator") or "").replace(TAB, "\t"),
        )  # fmt: skip
    except (Unreadable, UnicodeError, LookupError) as refusal:
        text = said.in_words(refusal) if isinstance(refusal, Unreadable) else _("The file cannot be read like that.")
        messages.error(request, text)
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        if found != batch:
            messages.warning(request, _("This sheet was uploaded before. Nothing was taken in twice: see here."))
            return redirect(found)
    return redirect("batches:columns", batch.public_id)


@requires(Permission.PERSON_IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request, public_id):
    """Rows that may be somebody who is known: the same person, somebody new, or left out. One by one or all at once."""
    batch, kind = _own_batch(request, public_id)
    if batch.status != Status.STAGED:
        return redirect(batch)
    doubtful = batch.rows.filter(state=RowState.DOUBTFUL)
    if request.method == "POST":
        count = actions.decide(batch, by=request.user, choices=_choices(request, kind, doubtful))
        if count:
            words = ngettext("%(count)d row was decided.", "%(count)d rows were decided.", count) % {"count": count}
            messages.success(request, words)
        left = doubtful.exists()
        return redirect("batches:decide", batch.public_id) if left and count else redirect(batch)
    page = keyset(request, doubtful, order=("number",))
    context = {
        "batch": batch,
        "title": said.title_of(batch),
        "page": page,
        "rows": list(kind.doubts(page.rows, request.user)),
        "whole_count": batch.count(RowState.DOUBTFUL),
    }
    return render(request, "base/batches/decide.html", context)


def _choices(request, kind: ImportKind, doubtful) -> dict[int, str]:
    """What was chosen for the rows on the page, or for every row that is left, as far as each row offers it."""
    everything = request.POST.get("all", "")
    if everything in {"best", "similar", "new", "skip"}:
        rows = list(doubtful.order_by("number")[:100_000])
        chosen = {row.number: kind.decision(row, everything, request.user) for row in rows}
        return {number: choice for number, choice in chosen.items() if choice}
    typed_for = {
        int(name.removeprefix("row_")): value
        for name, value in request.POST.items()
        if name.startswith("row_") and name[4:].isascii() and name[4:].isdecimal() and len(name) < 12
    }
    rows = list(doubtful.filter(number__in=typed_for))
    chosen = {row.number: kind.decision(row, typed_for[row.number], request.user) for row in rows}
    return {number: choice for number, choice in chosen.items() if choice}


@requires(Permission.PERSON_IMPORT)
@require_safe
def template(request, kind):
    """The workbook to fill in, in the reader's language."""
    found = _kind(kind, request.user)
    made = io.BytesIO()
    files.write_book(made, found.template())
    response = HttpResponse(made.getvalue(), content_type=files.XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{found.code}.xlsx"'
    return response
