"""Pages about people."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, repeated, typed
from programmes.base.common.limits import at_most
from programmes.base.common.pages import page_or_part
from programmes.base.lists import page as lists
from programmes.base.lists.around import context_of
from programmes.journey.people import actions, asked, page, search
from programmes.journey.people.duplicates import asking, story, unmerging
from programmes.journey.people.forms import ConsentForm, PersonForm, RegisterForm, SearchForm
from programmes.journey.people.models import Consent, Person
from programmes.journey.people.peoplelist import PEOPLE


@requires(Permission.PERSON_VIEW)
@require_safe
def people(request):
    """Everybody the user may see: filters, a sort, columns, all in the address; names are searched by POST."""
    shown = lists.show(request, PEOPLE)
    context = {**context_of(request, shown), "form": SearchForm(), "said": shown.filters.said()}
    return page_or_part(request, "journey/people/list.html", shown.part, context)


@requires(Permission.PERSON_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
@at_most(60, what="search")
def find(request):
    """Search by POST, so that no name ever stands in an address or a log."""
    if request.method != "POST":
        return redirect("people:list")
    form = SearchForm(request.POST)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    return page_or_part(
        request,
        "journey/people/found.html",
        "results",
        {"form": form, "query": query or form["q"].value() or "", "answer": search.answer(request.user, query)},
    )


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Register a person with consent. What was typed into the search comes along by POST and fills the form."""
    searched = request.POST.get("searched")
    form = RegisterForm(
        typed(request) if searched is None else None,
        user=request.user,
        initial=asked.guess(searched or "", timezone.localdate()),
    )
    sent = form.is_bound and request.method == "POST" and form.is_valid()
    possible = asking.attend(form, request.user) if sent else None
    if sent and form.errors and (done := repeated(request, form)):
        # The strong match is the very person whom the first press of the button has just registered.
        return done
    if possible is not None and not form.errors:
        done = attempt(
            request,
            form,
            lambda: asking.settle(
                actions.register(
                    by=request.user, office=form.cleaned_data["office"], consent=form.consent(), **form.deed()
                ),
                possible, form, by=request.user,
            ),
            done=_("The person was registered. Now open a case."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, "journey/people/new.html", title=_("New person"), do=_("Register"), cancel="/people/",
        intro=_("Search first: is this person already registered?"), possible=possible,
    )  # fmt: skip


def visible_person(request, public_id) -> Person:
    """The person, or 404: unseen and missing cannot be told apart."""
    return get_object_or_404(Person.objects.visible_to(request.user).select_related("office"), public_id=public_id)


def changeable_person(request, public_id, permission=Permission.PERSON_EDIT) -> Person:
    """The person; 404 when the user may not see them, 403 when the right does not reach them."""
    person = visible_person(request, public_id)
    if not _reaches(request.user, person, permission):
        raise PermissionDenied
    return person


def _reaches(user, person, permission) -> bool:
    return user.may(permission) and Person.objects.changeable_by(user, permission).filter(pk=person.pk).exists()


@requires(Permission.PERSON_VIEW)
@require_safe
def detail(request, public_id):
    """One person: identity, contact, household, consents, cases over the seasons.

    The address of a record that was merged leads to the one that stayed, for whoever may see that one.
    """
    people = Person.objects.visible_to(request.user).select_related("office").filter(public_id=public_id)
    person = page.with_marks(people, request.user).first()
    if person is None:
        stayed = unmerging.leads_to(request.user, public_id)
        if stayed is None:
            raise Http404
        return redirect(stayed)
    cases = list(
        person.enrolments.visible_to(request.user)
        .select_related("programme", "season", "owner")
        .order_by("-season__starts_on", "-id")
    )
    consents = list(person.consents.select_related("created_by"))
    return render(
        request,
        "journey/people/detail.html",
        {
            "person": person,
            "cases": cases,
            "consents": consents,
            "purposes": page.purposes(consents),
            "facts": page.facts(person),
            "documents": page.documents(person, open_numbers=person.can_edit),
            "phones": page.phones(person),
            "addresses": page.addresses(person),
            "background": page.background(person),
            "household": page.household(person, request.user),
            "photo": page.photo(person, consents),
            "story": story.of_person(person),
            "can_edit": person.can_edit,
            "can_open": person.can_open,
        },
    )


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, public_id):
    """Correct what is known about a person."""
    person = changeable_person(request, public_id)
    form = PersonForm(typed(request), user=request.user, record=person)
    sent = request.method == "POST" and form.is_valid()
    possible = asking.attend(form, request.user, but=person) if sent else None
    if possible is not None and not form.errors:
        done = attempt(
            request,
            form,
            lambda: asking.settle(
                actions.correct(person, by=request.user, version=form.version_token(), **form.deed()),
                possible, form, by=request.user,
            ),
            done=_("The changes were saved."),
        )  # fmt: skip
        if done:
            return done
    return form_page(
        request, form, "journey/people/edit.html", title=_("Correct %(name)s") % {"name": person.full_name},
        cancel=person.get_absolute_url(), possible=possible, but=person.public_id,
    )  # fmt: skip


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request, public_id):
    """Record a further consent."""
    person = changeable_person(request, public_id)
    form = ConsentForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.give_consent(person, by=request.user, **form.deed()),
            done=_("The consent was recorded."),
            to=person.get_absolute_url(),
        )
        if done:
            return done
    return form_page(
        request, form, title=_("Consent of %(name)s") % {"name": person.full_name}, cancel=person.get_absolute_url()
    )


@requires(Permission.PERSON_EDIT)
@require_POST
def withdraw(request, public_id, consent_id):
    """Record that a consent is taken back."""
    person = changeable_person(request, public_id)
    held = get_object_or_404(Consent, person=person, public_id=consent_id)
    if held.withdrawn_at is None:
        actions.withdraw_consent(held, by=request.user)
    return redirect(person)
