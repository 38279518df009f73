"""Today and the case list."""

from django.core.exceptions import SuspiciousOperation
from django.db.models import BigIntegerField, Func, OuterRef, Subquery, Value
from django.db.models.functions import Cast, NullIf
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.common.limits import at_most
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.models import Requirement, translated
from programmes.desk.worklist import palette, recent
from programmes.desk.worklist import today as today_page
from programmes.desk.worklist.filters import SORTS, VIEWS, CaseFilter
from programmes.journey.enrolment import steps
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import TONES, Status

COLUMNS = (
    "id",
    "public_id",
    "number",
    "status",
    "status_since",
    "next_step",
    "next_due_on",
    "person__given_names",
    "person__first_surname",
    "person__second_surname",
    "programme__names",
    "programme__code",
    "season__code",
    "owner__full_name",
    "required",
)
# The labels of the requirement that a next step such as "requirement:24" names.
_AFTER_THE_COLON = Func(OuterRef("next_step"), Value(":"), Value(2), function="split_part")
REQUIRED = Requirement.objects.filter(pk=Cast(NullIf(_AFTER_THE_COLON, Value("")), BigIntegerField())).values("labels")


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
    """The caseload: a view, filters, a sort, all in the address; keyset pages."""
    user = request.user
    works = user.may(Permission.CASE_EDIT)
    view = request.GET.get("view") or ("mine" if works else "open")
    sort = request.GET.get("sort") or "due"
    if view not in VIEWS or sort not in SORTS:
        raise SuspiciousOperation("Unknown view or sort.")
    if sort == "name" and not user.may(Permission.PERSON_VIEW):
        raise SuspiciousOperation("Not a field this reader sees.")
    filtered = CaseFilter(request.GET, queryset=VIEWS[view][1](Enrolment.objects.visible_to(user), user), user=user)
    valid = filtered.form.is_valid()
    queryset = filtered.qs if valid else Enrolment.objects.none()
    page = keyset(request, queryset.annotate(required=Subquery(REQUIRED)), order=SORTS[sort], columns=COLUMNS)
    _say(page.rows)
    return page_or_part(
        request,
        "desk/worklist/cases.html",
        "results",
        {
            "page": page,
            "form": None,
            "filters": filtered.form,
            "said": filtered.said(),
            "view": view,
            "sort": sort,
            "views": _views(request, view, works),
            "chips": _chips(request, filtered) if valid else [],
            "names": user.may(Permission.PERSON_VIEW),
            "now": timezone.localdate(),
        },
    )


def _say(rows) -> None:
    """Put words to codes, once per page and not once per cell."""
    today_ = timezone.localdate()
    labels = dict(Status.choices)
    for row in rows:
        kind, _colon, pk = row["next_step"].partition(":")
        row["step"] = translated(row["required"], "") if pk else steps.label(kind) if kind else ""
        row["state"] = labels[row["status"]]
        row["tone"] = TONES[row["status"]]
        row["late"] = row["next_due_on"] is not None and row["next_due_on"] < today_
        row["name"] = " ".join(
            p for p in (row["person__given_names"], row["person__first_surname"], row["person__second_surname"]) if p
        )


def _views(request, current, works):
    """The tabs above the list; each keeps nothing of the filters, so that a tab always means the same."""
    return [
        {"label": label, "href": f"{request.path}?view={code}", "current": code == current}
        for code, (label, _query) in VIEWS.items()
        if works or code != "mine"
    ]


def _chips(request, filtered) -> list[dict]:
    """One removable chip per filter in force."""
    chips = []
    for name, value in filtered.form.cleaned_data.items():
        if value in (None, "", [], False):
            continue
        field = filtered.form.fields[name]
        values = value if isinstance(value, list) else [value]
        for one in values:
            rest = request.GET.copy()
            kept = [v for v in rest.getlist(name) if isinstance(value, list) and v != str(one)]
            rest.setlist(name, kept)
            for key in ("after", "before"):
                rest.pop(key, None)
            words = {str(k): v for k, v in getattr(field, "choices", [])}.get(one, one) if isinstance(one, str) else one
            label = (
                str(field.label) if one is True else _("%(field)s: %(value)s") % {"field": field.label, "value": words}
            )
            chips.append({"label": label, "href": f"{request.path}?{rest.urlencode()}"})
    return chips


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
