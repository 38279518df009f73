"""Pages of batches: which there are, how one of them goes, its rows with their reasons, its files."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.batches import files, kinds, said
from programmes.base.batches.forms import DeedForm
from programmes.base.batches.imports import ImportKind
from programmes.base.batches.models import Batch
from programmes.base.batches.reasons import with_reason
from programmes.base.batches.states import RowState, Status
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.lifecycle.models import record


@requires(Permission.SELF, Scope.OFFICE)
@require_safe
def listing(request):
    """Imports, bulk deeds and exports: one's own and those one oversees, newest first."""
    found = Batch.objects.visible_to(request.user).select_related("office", "created_by")
    page = keyset(request, found, order=("-created_at", "-id"))
    rows = [{"batch": batch, "title": said.title_of(batch), "line": said.line_of(batch)} for batch in page.rows]
    ways = [
        {"label": kind.title, "href": reverse("batches:upload", args=[kind.code])}
        for kind in kinds.KINDS.values()
        if isinstance(kind, ImportKind) and request.user.may(kind.permission)
    ]
    return page_or_part(request, "base/batches/list.html", "results", {"page": page, "rows": rows, "ways": ways})


def visible_batch(request, public_id) -> Batch:
    """The batch, or 404."""
    found = Batch.objects.visible_to(request.user).select_related("office", "created_by", "confirmed_by")
    return get_object_or_404(found, public_id=public_id)


@requires(Permission.SELF, Scope.OFFICE)
@require_safe
def detail(request, public_id):
    """One batch: how far it is, what can be done with it, its rows by state with the reasons."""
    batch = visible_batch(request, public_id)
    state = request.GET.get("state", "")
    shown = state if state in RowState.values else said.state_to_show(batch)
    why = request.GET.get("why", "")
    rows = batch.rows.filter(state=shown)
    if why:
        rows = with_reason(rows, why)
    page = keyset(request, rows, order=("number",), count=False)
    kind = kinds.KINDS.get(batch.kind)
    nothing = {"name": "", "href": "", "cells": []}
    presented = list(kind.present(page.rows, request.user)) if kind else [nothing for _row in page.rows]
    columns = kind.columns if kind else {}
    told, more = said.reasons_of(batch, request.user)
    context = {
        "batch": batch,
        "title": said.title_of(batch),
        "status_line": said.line_of(batch),
        "figures": said.figures(batch),
        "facts": said.facts(batch),
        "tabs": said.tabs(batch, shown),
        "shown": shown,
        "reasons": told,
        "more_reasons": more,
        "why": next((reason for reason in told if reason["key"] == why), None) if why else None,
        "query": urlencode({"state": shown, **({"why": why} if why else {})}),
        "warning": str(kind.warning) if kind and batch.status in {Status.STAGED, Status.DONE} else "",
        "page": page,
        "rows": [
            {"row": row, **seen, "problems": said.problems_of(row, columns), "result": said.result_of(row)}
            for row, seen in zip(page.rows, presented, strict=True)
        ],
        "deeds": said.deeds_for(batch, request.user),
        "trouble": said.trouble(batch),
        "whole_count": batch.count(shown),
        "as_workbook": batch.count(shown) <= files.MOST_XLSX_ROWS,
        "ways": kind.ways(batch, request.user) if kind else [],
    }
    return page_or_part(request, "base/batches/detail.html", "batch", context)


@requires(Permission.SELF, Scope.OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request, public_id, name):
    """Do something with the whole batch, after saying what follows."""
    batch = visible_batch(request, public_id)
    about = said.DEEDS.get(name)
    if about is None:
        raise Http404
    if not about.is_allowed(batch, request.user):
        raise PermissionDenied
    form = DeedForm(typed(request), user=request.user, record=batch)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: about.act(batch, by=request.user, version=form.version_token()),
            done=str(about.done),
        )
        if done:
            return done
    return form_page(
        request, form, title=about.words(batch), intro=said.title_of(batch), do=about.words(batch),
        cancel=batch.get_absolute_url(), danger=about.danger, effects=about.effects(batch),
    )  # fmt: skip


@requires(Permission.SELF, Scope.OFFICE)
@require_POST
def rows_file(request, public_id):
    """The rows of one state as a file, as they were received and with what is wrong with them; noted in the diary."""
    batch = visible_batch(request, public_id)
    state = request.POST.get("state", "")
    if state not in RowState.values:
        return render(request, "400.html", status=400)
    record(batch, by=request.user, what="batch_downloaded", state=state, rows=batch.count(state))
    columns = kinds.KINDS[batch.kind].columns if batch.kind in kinds.KINDS else {}
    header = [*(batch.params.get("header") or []), _("Row"), _("What became of it"), _("Reasons")]
    width = len(header) - 3
    found = batch.rows.filter(state=state).order_by("number").iterator(chunk_size=1000)

    def cells():
        for row in found:
            raw = [said.raw_text(cell) for cell in row.raw][:width] if width else []
            raw += [""] * (width - len(raw))
            reasons = "; ".join(said.in_line(one) for one in said.problems_of(row, columns))
            yield [*raw, row.number, said.result_of(row), reasons]

    name = f"{said.slug(batch)}-{state}"
    if request.POST.get("format") == "xlsx" and batch.count(state) <= files.MOST_XLSX_ROWS:
        response = HttpResponse(content_type=files.XLSX_TYPE)
        files.write_xlsx(response, header, ([files.shortened_cell(cell) for cell in row] for row in cells()))
        response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
        return response
    response = StreamingHttpResponse(files.csv_lines(header, cells()), content_type=files.CSV_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


@requires(Permission.SELF, Scope.OFFICE)
@require_POST
def original(request, public_id):
    """The file as it was received; noted in the diary."""
    return _hand_out(request, visible_batch(request, public_id), "file", "batch_file_downloaded")


@requires(Permission.SELF, Scope.OFFICE)
@require_POST
def result(request, public_id):
    """The file that was made; noted in the diary."""
    return _hand_out(request, visible_batch(request, public_id), "result", "batch_result_downloaded")


def _hand_out(request, batch, field: str, what: str):
    stored, name = getattr(batch, field), getattr(batch, f"{field}_name")
    if not stored:
        raise Http404
    record(batch, by=request.user, what=what)
    return FileResponse(
        stored.open("rb"), as_attachment=True, filename=name or "file", content_type="application/octet-stream"
    )
