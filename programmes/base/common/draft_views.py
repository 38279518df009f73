"""Saving and discarding drafts. Everything travels by POST; nothing of it stands in an address or a log."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import Scope, requires
from accounts.roles import Permission
from programmes.base.common import drafts


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def save(request):
    """Keep what stands in a form: 200 with one line to show, 204 when there was nothing to keep, 400 for no page."""
    page = drafts.page_of(request.user, request.POST.get(drafts.RESUME, ""))
    if page is None:
        return HttpResponse(status=400)
    row = drafts.save(request.user, page, request.POST)
    return render(request, "components/_draft_saved.html", {"row": row}) if row else HttpResponse(status=204)


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def discard(request):
    """Forget the drafts of a page (one of them when its key is given), and show that page afresh."""
    page = drafts.page_of(request.user, request.POST.get(drafts.RESUME, ""))
    if page is None:
        return HttpResponse(status=400)
    held = drafts.Draft.objects.filter(user=request.user, page=page)
    key = drafts.as_key(request.POST.get("key"))
    (held.filter(key=key) if key else held).delete()
    return HttpResponseRedirect(page)
