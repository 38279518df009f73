"""From a valid form to its effect: once, with every refusal turned into words in the form."""

from django.contrib import messages
from django.db import DatabaseError, transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.parking import parked_for
from programmes.base.common import drafts
from programmes.base.common.conflicts import conflict_of
from programmes.base.common.errors import Collision, RuleBroken, Stale, in_words, is_worth_a_retry
from programmes.base.common.models import Submission


def typed(request):
    """What the form is bound to: the POST, text parked when a session ended, the draft that is resumed, or None."""
    return request.POST if request.method == "POST" else parked_for(request) or drafts.resumed(request)


def attempt(request, form, deed, *, done=None, to=None):
    """Run `deed()` for a valid `form`; answer with a redirect, or with None after writing the refusal into the form.

    Effects: one transaction holds the deed and the form's Submission row, so sending twice has one effect; a
    deadlock is retried once. `done` is the sentence shown afterwards; `to` is the address to go to (default: the
    result's own). A refusal of a rule or of the database appears at its field; `form.missing` lists what is missing.
    """
    for last in (False, True):
        try:
            with transaction.atomic():
                return _once(request, form, deed, done=done, to=to)
        except RuleBroken as refusal:
            return _refuse(form, refusal)
        except DatabaseError as error:
            if is_worth_a_retry(error) and not last:
                continue
            refusal = in_words(error)
            if refusal is None:
                raise
            return _refuse(form, refusal)
    return None


def repeated(request, form):
    """The redirect to what this very form did when it was sent before; None when it did nothing yet."""
    first = Submission.objects.filter(user=request.user, key=form.cleaned_data.get("key")).first()
    same = first is not None and first.digest == form.digest() and first.result_url
    return HttpResponseRedirect(first.result_url) if same else None


def _once(request, form, deed, *, done, to):
    key = form.cleaned_data.get("key")
    submission = None
    if key:
        submission = Submission(user=request.user, key=key, digest=form.digest())
        Submission.objects.bulk_create([submission], ignore_conflicts=True)
        first = Submission.objects.get(user=request.user, key=key)
        if first.digest != submission.digest:
            raise Collision(_("This page was sent before with other values. Open a fresh page to record another."))
        if first.result_url:
            return HttpResponseRedirect(first.result_url)
        submission = first
    result = deed()
    target = to or (result if isinstance(result, str) else result.get_absolute_url())
    if submission:
        submission.result_url = target
        submission.save(update_fields=["result_url"])
        if form.keeps_draft:
            drafts.done(request, key)
    if done:
        messages.success(request, done)
    return HttpResponseRedirect(target)


def _refuse(form, refusal):
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, refusal.message)
    form.missing = refusal.missing
    form.status = refusal.status
    if isinstance(refusal, Stale) and form.record is not None:
        form.stale = True
        form.record.refresh_from_db()
        form._renew("version", form.record.version)
    return


def form_page(request, form, template="components/form_page.html", **context):
    """Show a form: 200 when it is fresh, 422 (or 409 when stale) when something in it was refused.

    A stale form is shown under both versions, field by field; what was typed stays in it, with a fresh token. A form
    that `keeps_draft` is saved on the server while it is typed; a resumed draft is not finished, and not judged yet.
    """
    if form.keeps_draft:
        if hasattr(request, "resumed_draft"):
            form.judge_later()
        context.setdefault("draft", drafts.offer(request, form))
    refused = form.is_bound and request.method == "POST"
    status = getattr(form, "status", 422) if refused else 200
    shown = {"form": form, "missing": getattr(form, "missing", []), "conflict": conflict_of(form), **context}
    return render(request, template, shown, status=status)
