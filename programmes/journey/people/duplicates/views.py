"""The duplicates desk: pairs by score, side by side, what is decided, merges and how they come apart."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.chips import chips_of
from programmes.base.common.choices import is_identifier
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.journey.people.duplicates import actions, checking, merging, sides, unmerging
from programmes.journey.people.duplicates.filters import PairFilter
from programmes.journey.people.duplicates.forms import DifferentForm, MergeForm, ProposeForm, UndoForm
from programmes.journey.people.duplicates.models import DuplicatePair, Merge
from programmes.journey.people.duplicates.scoring import WORDS, Reason
from programmes.journey.people.forms import PersonForm
from programmes.journey.people.models import Person

FORMS = ["GET", "HEAD", "POST"]
PEOPLE = ("first__office", "second__office")


def _tabs(here: str) -> list[dict]:
    return [
        {"label": _("Pairs"), "href": reverse("people:duplicates"), "current": here == "pairs"},
        {"label": _("Merges"), "href": reverse("people:merges"), "current": here == "merges"},
    ]


# --- The list --------------------------------------------------------------------------------------------------------
@requires(Permission.DUPLICATE_REVIEW)
@require_safe
def pairs(request):
    """Pairs of records that may be one person, the surest first; only pairs both of which the user may see."""
    visible = DuplicatePair.objects.visible_to(request.user).select_related(*PEOPLE)
    filtered = PairFilter(request.GET, queryset=visible, user=request.user)
    form = filtered.form
    page = keyset(request, filtered.qs if form.is_valid() else visible.none(), order=("-score", "id"))
    for pair in page.rows:
        pair.told = told(pair)
    context = {"page": page, "filters": form, "chips": chips_of(request, form), "tabs": _tabs("pairs")}
    return page_or_part(request, "journey/people/duplicates/list.html", "results", context)


def told(pair: DuplicatePair) -> list[Reason]:
    """The stored reasons; one whose code is no longer known is left out."""
    return [Reason(code, sign) for code, sign in pair.reasons if code in WORDS]


# --- One pair --------------------------------------------------------------------------------------------------------
def _pair(request, public_id, permission: Permission) -> DuplicatePair:
    """The pair; 404 unless both persons are seen, 403 unless the right reaches both."""
    visible = DuplicatePair.objects.visible_to(request.user).select_related(*PEOPLE)
    pair = get_object_or_404(visible, public_id=public_id)
    if not sides.may(request.user, permission, pair.first, pair.second):
        raise PermissionDenied
    return pair


@requires(Permission.DUPLICATE_REVIEW)
@require_safe
def pair(request, public_id):
    """Two records side by side: what is the same, what hangs on each, what may be decided."""
    visible = DuplicatePair.objects.visible_to(request.user).select_related(*PEOPLE, "decided_by")
    found = get_object_or_404(visible, public_id=public_id)
    return _side_by_side(request, found, MergeForm(user=request.user, record=found))


def _side_by_side(request, found, form, status=200):
    people = (found.first, found.second)
    user = request.user
    held = sides.holdings(people, user)
    can_merge = found.is_undecided and sides.may(user, Permission.PERSON_MERGE, *people)
    missing = getattr(form, "missing", None) or (merging.obstacles(*people, by=user) if can_merge else [])
    shown = {
        "pair": found,
        "form": form,
        "rows": form.rows(),
        "told": told(found),
        "sides": [{"person": person, "held": held[person.pk]} for person in people],
        "missing": missing,
        "can_merge": can_merge,
        "can_review": found.is_undecided and sides.may(user, Permission.DUPLICATE_REVIEW, *people),
        "effects": _effects(people),
    }
    return render(request, "journey/people/duplicates/pair.html", shown, status=status)


def _effects(people) -> list[str]:
    cases = sum(person.enrolments.count() for person in people)
    return [
        ngettext("The record that stays has %(count)d case.", "The record that stays has %(count)d cases.", cases)
        % {"count": cases},
        _("Documents, consents, phones, household and everything else come to it."),
        _("The other record no longer appears in lists and searches; its address leads to the one that stays."),
        _("A number or a name that is not taken is kept as a further document or name."),
        _("A manager can undo the merge: both records are then as they were."),
    ]


@requires(Permission.PERSON_MERGE)
@require_POST
def merge_pair(request, public_id):
    """Join the two records, with the values that were chosen; refused, they stand side by side with the reasons."""
    found = _pair(request, public_id, Permission.PERSON_MERGE)
    form = MergeForm(request.POST, user=request.user, record=found)
    if form.is_valid():
        done = attempt(
            request,
            form,
            lambda: merging.merge(by=request.user, **form.deed()),
            done=_("The two records are one now."),
        )
        if done:
            return done
        if getattr(form, "stale", False):
            # Shown again as they are now, with what was chosen: sending it once more is a decision about that.
            found = _pair(request, public_id, Permission.PERSON_MERGE)
            for name, person in (("first_version", found.first), ("second_version", found.second)):
                form._renew(name, person.version)
    return _side_by_side(request, found, form, status=getattr(form, "status", 422))


@requires(Permission.DUPLICATE_REVIEW)
@require_http_methods(FORMS)
def different(request, public_id):
    """These are different persons, because …"""
    return _decide(
        request, public_id, DifferentForm, actions.tell_different, title=_("Different persons"),
        do=_("Different persons"), done=_("The two records will not be shown as alike again."),
    )  # fmt: skip


@requires(Permission.DUPLICATE_REVIEW)
@require_http_methods(FORMS)
def propose(request, public_id):
    """Ask a manager to merge, because …"""
    return _decide(
        request, public_id, ProposeForm, actions.propose, title=_("Propose the merge"),
        do=_("Propose the merge"), done=_("The merge was proposed. A manager decides."),
    )  # fmt: skip


def _decide(request, public_id, form_class, deed, *, title, do, done):
    found = _pair(request, public_id, Permission.DUPLICATE_REVIEW)
    form = form_class(typed(request), user=request.user, record=found)
    if request.method == "POST" and form.is_valid():
        answer = attempt(
            request,
            form,
            lambda: deed(found, by=request.user, version=form.version_token(), reason=form.cleaned_data["reason"]),
            done=done,
            to=reverse("people:duplicates"),
        )
        if answer:
            return answer
    names = _("%(one)s and %(other)s") % {"one": found.first.full_name, "other": found.second.full_name}
    return form_page(request, form, title=title, intro=names, do=do, cancel=found.get_absolute_url())


@requires(Permission.DUPLICATE_REVIEW)
@require_POST
def later(request, public_id):
    """Put the pair off for two weeks."""
    found = _pair(request, public_id, Permission.DUPLICATE_REVIEW)
    if found.is_undecided:
        actions.put_off(found, by=request.user)
    return redirect("people:duplicates")


# --- Merges ----------------------------------------------------------------------------------------------------------
@requires(Permission.DUPLICATE_REVIEW)
@require_safe
def merges(request):
    """Merges into records the user may see, newest first."""
    visible = Merge.objects.visible_to(request.user).defer("journal")
    found = visible.select_related("survivor", "absorbed", "created_by", "undone_by")
    context = {"page": keyset(request, found, order=("-id",)), "tabs": _tabs("merges")}
    return page_or_part(request, "journey/people/duplicates/merges.html", "results", context)


def _merge(request, public_id) -> Merge:
    visible = Merge.objects.visible_to(request.user)
    return get_object_or_404(
        visible.select_related("survivor", "absorbed", "created_by", "undone_by"), public_id=public_id
    )


def _may_undo(user, done: Merge) -> bool:
    """The right to merge reaches the record that stays, and the other one or a case that goes back to it."""
    if done.undone_at or not sides.may(user, Permission.PERSON_MERGE, done.survivor):
        return False
    if Person.objects.changeable_by(user, Permission.PERSON_MERGE).filter(pk=done.absorbed_id).exists():
        return True
    cases = [row.pk for row in unmerging.rows_of(done) if row.model == "programmes.enrolment"]
    every = done.survivor.enrolments.model.objects
    return every.within_reach_of(user, Permission.PERSON_MERGE).filter(pk__in=cases).exists()


@requires(Permission.DUPLICATE_REVIEW)
@require_safe
def merge(request, public_id):
    """One merge: what was joined, what undoing it would bring back, and what would stay."""
    done = _merge(request, public_id)
    return render(
        request,
        "journey/people/duplicates/merge.html",
        {
            "merge": done,
            "kinds": sides.brought_back(done),
            "left": [] if done.undone_at else _would_stay(done),
            "stayed": _in_words(done.left),
            "later": None if done.undone_at else unmerging.later_merges(done).first(),
            "can_undo": _may_undo(request.user, done),
        },
    )


def _would_stay(done: Merge) -> list[str]:
    standing = [one.as_data() for one in unmerging.standings(done) if one.fields or one.state == "gone"]
    return _in_words([*standing, *(new.as_data() for new in unmerging.added_since(done))])


def _in_words(left: list[dict]) -> list[str]:
    words = {
        "changed": _("%(kind)s: changed since (%(fields)s); the change stays"),
        "gone": _("%(kind)s: no longer there"),
        "added": _("%(kind)s: added since; stays with the record it was added to"),
        "went_along": _("%(kind)s: added since to a case that goes back; goes with it"),
    }
    return [
        words[one["what"]]
        % {"kind": sides.kind_words(one["model"]), "fields": ", ".join(sides.field_words(one["model"], one["fields"]))}
        for one in left
    ]


@requires(Permission.PERSON_MERGE)
@require_http_methods(FORMS)
def unmerge(request, public_id):
    """Take two records apart again."""
    done = _merge(request, public_id)
    if not _may_undo(request.user, done):
        if done.undone_at:
            return redirect(done)
        raise PermissionDenied
    form = UndoForm(typed(request), user=request.user, record=done)
    if request.method == "POST" and form.is_valid():
        answer = attempt(
            request,
            form,
            lambda: unmerging.undo(done, by=request.user, reason=form.cleaned_data["reason"]),
            done=_("The two records are apart again."),
        )
        if answer:
            return answer
    return form_page(
        request, form, title=_("Undo the merge"), intro=done.survivor.full_name, do=_("Undo the merge"),
        cancel=done.get_absolute_url(), danger=True, effects=_would_stay(done),
    )  # fmt: skip


# --- From a person, and while somebody types -------------------------------------------------------------------------
@requires(Permission.DUPLICATE_REVIEW)
@require_http_methods(FORMS)
def alike(request, public_id):
    """Who is like this person, within the user's reach; sent with one of them, the two are put side by side."""
    person = get_object_or_404(Person.objects.visible_to(request.user).select_related("office"), public_id=public_id)
    if request.method == "POST" and request.POST.get("other"):
        other = _named(request, "other")
        if other.pk == person.pk or not sides.may(request.user, Permission.DUPLICATE_REVIEW, person, other):
            raise PermissionDenied
        return redirect(actions.pair_up(person, other, by=request.user))
    found = checking.like_person(request.user, person)
    status = 422 if request.method == "POST" else 200
    return render(request, "journey/people/duplicates/alike.html", {"person": person, "found": found}, status=status)


def _named(request, field: str) -> Person:
    """The person whose public identifier was sent, or 404."""
    value = request.POST.get(field, "")
    if not is_identifier(value):
        raise Http404
    return get_object_or_404(Person.objects.visible_to(request.user), public_id=value)


@requires(Permission.PERSON_EDIT)
@require_POST
def possible(request):
    """Part of a page: who may be the person whose facts are typed. Asked by POST, so that nothing stands in an address.

    `but` names the record that is being edited. What cannot be read yet is not compared.
    """
    form = PersonForm(request.POST, user=request.user)
    form.is_valid()
    but = _named(request, "but") if request.POST.get("but") else None
    found = checking.check(request.user, checking.typed_facts(form), but=but)
    return render(request, "journey/people/duplicates/_possible.html", {"possible": found})
