"""From ticked cases to a batch: the deed's form, then the page of the batch, which shows who will be changed and who is
left out before anything happens."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import requires
from accounts.roles import GRANTS, Permission
from programmes.base.batches import actions as batches
from programmes.base.common import wording
from programmes.base.common.deeds import attempt, form_page
from programmes.base.common.errors import RuleBroken
from programmes.desk.bulk.forms import FORMS
from programmes.desk.bulk.kinds import DEEDS
from programmes.desk.bulk.selection import MOST_CASES, Selection


@requires(Permission.CASE_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def deed(request, name):
    """One deed on many cases: its form first, then the preview."""
    kind = DEEDS.get(name)
    if kind is None:
        raise Http404
    if not kind.is_for(request.user):
        raise PermissionDenied
    if request.method != "POST":
        return render(request, "desk/bulk/choose.html", {"title": kind.title, "back": ""})
    chosen = Selection.of(request.POST)
    if not (chosen.ids or request.POST.get("all") or request.POST.get("selection")):
        return render(request, "desk/bulk/choose.html", {"title": kind.title, "back": chosen.back}, status=422)
    is_fresh = "selection" not in request.POST
    data = None if is_fresh else request.POST
    usual = kind.usual(QueryDict(chosen.query))
    form = FORMS[name](data, user=request.user, initial={"selection": chosen.token(), **usual})
    if data is not None and form.is_valid():
        done = attempt(request, form, lambda: _staged(kind, chosen, form.deed(), by=request.user))
        if done:
            return done
    return form_page(
        request, form, title=kind.title, do=_("Show who will be changed"),
        intro=_about(chosen), cancel=chosen.back,
        effects=[_("You see first who will be changed and who is left out. Nothing happens before you start it.")],
    )  # fmt: skip


def _about(chosen: Selection) -> str:
    if chosen.ids:
        return _("%(n)s ticked cases.") % {"n": wording.number(len(chosen.ids))}
    return _("All cases of the list as it is filtered now.")


def _staged(kind, chosen: Selection, params: dict, *, by):
    """The batch with a row for each case, ready or left out. Raises RuleBroken when there are none, or too many."""
    cases = chosen.cases(by)
    if cases.order_by()[: MOST_CASES + 1].count() > MOST_CASES:
        raise RuleBroken(
            _("More than %(most)s cases are chosen. Narrow the list and do it in parts.")
            % {"most": wording.number(MOST_CASES)}
        )
    office = next(row.office for row in by.current_memberships if row.role in _roles(kind))
    batch = batches.open_batch(
        kind.code,
        by=by,
        office=office,
        params={**params, "header": [_("Case number")]},
        rows=kind.preview(cases, params, by),
    )
    if not batch.total:
        raise RuleBroken(_("No case matches any more. Go back to the list and choose again."))
    return batch


def _roles(kind):
    return frozenset().union(*(GRANTS[permission] for permission in kind.permissions))
