"""The board: who can travel, who cannot, what is missing, who acts, since when."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.chips import chips_of
from programmes.base.common.pages import COUNT_LIMIT, PAGE_SIZE, keyset, page_or_part
from programmes.base.common.wording import full_day
from programmes.desk.readiness import board as shown
from programmes.desk.readiness.filters import ReadinessFilter
from programmes.journey.departure.readiness.wording import words

# As many as anybody pins on a wall.
MOST_PRINTED = 300


@requires(Permission.CASE_MATCH)
@require_safe
def board(request):
    """For a demand, a flight, a season or all that one works on: who lacks least first, then who can travel."""
    user, query = request.user, request.GET
    filters = ReadinessFilter(query, user=user)
    known = shown.requirements(user)
    labels = {requirement.code: requirement.label for requirement in reversed(known.values())}
    around = filters.around
    counted = shown.numbers(around)
    groups = shown.groups(counted, around, labels, user, query) if counted else None
    printing = "print" in query
    page = keyset(
        request,
        filters.seen,
        order=("readiness__ready", "readiness__blockers", "id"),
        size=MOST_PRINTED if printing else PAGE_SIZE,
        count=_count(filters, groups),
        columns=(*shown.COLUMNS, "being_judged"),
        keys_first=True,
        adds={"being_judged": shown.BEING_JUDGED},
    )
    form = filters.form
    if blocker := query.get("blocker"):
        form.fields["blocker"].choices = [(blocker, words(blocker, labels))]
    here = reverse("readiness:board")
    return page_or_part(
        request,
        "desk/readiness/board.html",
        "results",
        {
            "demand": filters.chosen("demand"),
            "title": _title(form),
            "today": full_day(timezone.localdate()),
            "filters": form,
            "panel": "panel" in query or not form.is_valid(),
            "chips": chips_of(request, form),
            "page": page,
            "matrix": shown.matrix(page.rows, known, lacking=printing),
            "groups": groups,
            "forecast": shown.forecast(counted, labels, query) if counted else [],
            "flights": shown.flights(counted, query) if counted and not query.get("flight") else [],
            "can": shown.with_lens(query, travel="can"),
            "here": here,
            "printing": printing,
        },
    )


def _count(filters, groups) -> int | None:
    """How many are looked at, from the groups where they say it; beyond a thousand nobody counts."""
    wanted = filters.form.cleaned_data if filters.form.is_valid() else {}
    if groups is None:
        return None
    if wanted.get("expires"):
        return min(filters.seen.order_by().count(), COUNT_LIMIT)
    numbers = {group.code: group.count for group in groups.lacking}
    if wanted.get("blocker"):
        return min(numbers.get(wanted["blocker"], 0), COUNT_LIMIT) if wanted.get("travel") != "can" else 0
    by_travel = {"can": groups.can, "cannot": groups.cannot}
    return min(by_travel.get(wanted.get("travel", ""), groups.can + groups.cannot), COUNT_LIMIT)


def _title(form) -> str:
    wanted = form.cleaned_data if form.is_valid() else {}
    if wanted.get("demand"):
        return f"{wanted['demand'].number}, {wanted['demand'].employer.name}"
    if wanted.get("flight"):
        return " · ".join(filter(None, [wanted["flight"], str(wanted.get("departs") or "")]))
    if wanted.get("season"):
        return f"{wanted['season'].programme.name} {wanted['season'].code}"
    return _("All that you work on")
