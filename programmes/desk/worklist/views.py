"""Today and the case list."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.limits import at_most
from programmes.base.common.pages import page_or_part
from programmes.base.lists import page
from programmes.base.lists.around import context_of
from programmes.desk.worklist import beside, firststeps, palette, problems, recent
from programmes.desk.worklist import today as today_page
from programmes.desk.worklist.caselist import CASES


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def today(request):
    """What needs me, overdue first; for managers the office's caseload beside it."""
    user = request.user
    day = timezone.localdate()
    works = user.may(Permission.CASE_EDIT) or user.may(Permission.CASE_MATCH)
    found = today_page.groups(user, day) if works else []
    return render(
        request,
        "desk/worklist/today.html",
        {
            "day": day,
            "works": works,
            "groups": found,
            "sentence": today_page.sentence(found),
            "next_day": today_page.next_after(user, day) if works and not found else None,
            "numbers": today_page.numbers(user) if works else [],
            "office": today_page.office_numbers(user, day) if user.may(Permission.CASE_ASSIGN) else None,
            "reads": user.may(Permission.CASE_VIEW),
            "configures": user.is_staff,
            "first_steps": firststeps.for_user(user),
            **beside.read(user, recent.opened_by(request)),
        },
    )


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def close_first_steps(request):
    """Put the list of first steps away."""
    firststeps.close(request.user)
    return redirect("worklist:today")


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def help_page(request):
    """Short answers to what people ask first, for what this user may do."""
    return render(request, "desk/worklist/help.html", {"origin": problems.origin(request)})


@requires(Permission.SELF, scope=Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
@at_most(6, what="problem")
def report_problem(request):
    """Tell the administrators what went wrong, with page, time and request number."""
    page = problems.page_of(request.GET.get("page", ""))
    known = {"page": page, "request": problems.request_of(request.GET.get("id", ""))}
    form = problems.ProblemForm(typed(request), user=request.user, initial=known)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: problems.report(by=request.user, key=form.cleaned_data["key"], **form.deed()),
            done=_("The administrators were told. Thank you."),
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("Report a problem"),
        intro=_(
            "The administrators get your name, your words, the page, the time and the number of the request, and no "
            "picture of the page."
        ),
        do=_("Send"),
        cancel=page or "/",
    )


@requires(Permission.CASE_VIEW)
@require_safe
def cases(request):
    """The caseload: a view, filters, a sort, columns, all in the address; keyset pages."""
    shown = page.show(request, CASES)
    context = context_of(request, shown)
    context["said"] = shown.filters.said()
    return page_or_part(request, "desk/worklist/cases.html", shown.part, context)


@requires(Permission.SELF, scope=Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
@at_most(240, what="palette", part="desk/worklist/_palette_too_often.html")
def find_anything(request):
    """Find people, cases, employers and pages: the part that the palette shows, or a plain page without script."""
    typed = request.POST.get("q", "")[: palette.MOST_LETTERS]
    groups = palette.groups(request.user, typed, recent.opened_by(request))
    count = sum(len(group.hits) for group in groups)
    return page_or_part(
        request, "desk/worklist/palette.html", "hits", {"typed": typed, "groups": groups, "count": count}
    )
