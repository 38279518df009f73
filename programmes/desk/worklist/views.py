"""Today and the case list."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.common.limits import at_most
from programmes.base.common.pages import page_or_part
from programmes.base.lists import page
from programmes.base.lists.around import context_of
from programmes.desk.worklist import palette, recent
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
        },
    )


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def help_page(request):
    """Short answers to what people ask first, for what this user may do."""
    return render(request, "desk/worklist/help.html")


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
