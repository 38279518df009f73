"""Pages of reports: the list, one report, its spreadsheet, making one now."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset
from programmes.base.rulebook.models import Programme
from programmes.desk.reports import actions, present, rules
from programmes.desk.reports.export import csv_lines
from programmes.desk.reports.forms import MakeForm, month_name
from programmes.desk.reports.models import ReportRun


def question(run: ReportRun) -> str:
    """What the report answers, as its name."""
    return _("How did %(month)s go?") % {"month": month_name(run.period_from)}


def _reader(request) -> present.Reader:
    return present.Reader(sees_all=request.user.may(Permission.CASE_READ))


def _visible(request):
    return ReportRun.objects.visible_to(request.user).select_related("programme", "asked_by")


@requires(Permission.REPORT_VIEW, scope=Scope.AGGREGATE)
@require_safe
def listing(request):
    """Reports that were made, the latest period first; by programme when one is chosen."""
    programmes = list(Programme.objects.reachable_by(request.user, Permission.REPORT_VIEW))
    chosen = next((p for p in programmes if p.code == request.GET.get("programme")), None)
    runs = _visible(request).defer("figures")
    if chosen:
        runs = runs.filter(programme=chosen)
    page = keyset(request, runs, order=("-period_to", "-as_of", "-id"), count=False)
    views = [{"label": _("All programmes"), "href": "?", "current": chosen is None}]
    views += [{"label": p.name, "href": f"?programme={p.code}", "current": p == chosen} for p in programmes]
    return render(
        request,
        "desk/reports/list.html",
        {
            "page": page,
            "rows": [{"run": run, "question": question(run)} for run in page.rows],
            "views": views if len(programmes) > 1 else [],
            "may_make": request.user.may(Permission.REPORT_RUN),
        },
    )


@requires(Permission.REPORT_VIEW, scope=Scope.AGGREGATE)
@require_safe
def detail(request, public_id):
    """One report: headline figures, tables with bars, the definition of each figure."""
    run = get_object_or_404(_visible(request), public_id=public_id)
    reader = _reader(request)
    return render(
        request,
        "desk/reports/report.html",
        {
            "run": run,
            "question": question(run),
            "shown": present.page(run.figures, reader),
            "sees_all": reader.sees_all,
            "smallest": rules.SMALLEST_SHOWN,
        },
    )


@requires(Permission.REPORT_VIEW, scope=Scope.AGGREGATE)
@require_safe
def table(request, public_id):
    """The report as a spreadsheet, with the same figures as on its page."""
    run = get_object_or_404(_visible(request), public_id=public_id)
    # Made at once, in the reader's language: a response that streams is written after the language is put back.
    lines = "".join(csv_lines(present.table(run, _reader(request))))
    name = f"{run.programme.code}-{run.period_from:%Y-%m}.csv"
    return HttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@requires(Permission.REPORT_RUN, scope=Scope.AGGREGATE)
def make(request):
    """Make a report now, of a month that is over."""
    form = MakeForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.make(by=request.user, **form.deed()),
            done=_("The report is made and kept."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Make a report now"),
        intro=_("The figures are counted at this moment and kept as they are."),
        do=_("Make the report"),
        cancel=reverse("reports:list"),
    )
