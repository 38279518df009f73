"""Pages about people."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.codes import label
from programmes.journey.people import actions, rules, search
from programmes.journey.people.forms import ConsentForm, PersonForm, RegisterForm, SearchForm
from programmes.journey.people.models import Consent, Person

ORDER = ("first_surname", "second_surname", "given_names", "id")


@requires(Permission.PERSON_VIEW)
@require_safe
def people(request):
    """Everybody the user may see, by surname."""
    found = Person.objects.visible_to(request.user).select_related("office")
    return page_or_part(
        request,
        "journey/people/list.html",
        "results",
        {"page": keyset(request, found, order=ORDER), "form": SearchForm()},
    )


@requires(Permission.PERSON_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def find(request):
    """Search by POST, so that no name ever stands in an address or a log."""
    if request.method != "POST":
        return redirect("people:list")
    form = SearchForm(request.POST)
    query = form.cleaned_data["q"] if form.is_valid() else ""
    found = search.find(request.user, query) if query else []
    return page_or_part(
        request,
        "journey/people/found.html",
        "results",
        {"form": form, "query": query, "found": found, "most": search.MOST_FOUND},
    )


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Register a person with consent."""
    form = RegisterForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.register(
                by=request.user, office=form.cleaned_data["office"], consent=form.consent(), **form.deed()
            ),
            done=_("The person was registered. Now open a case."),
        )
        if done:
            return done
    return form_page(
        request, form, "journey/people/new.html", title=_("New person"), do=_("Register"), cancel="/people/",
        intro=_("Search first: is this person already registered?"),
    )  # fmt: skip


def _visible(request, public_id) -> Person:
    return get_object_or_404(Person.objects.visible_to(request.user).select_related("office"), public_id=public_id)


def changeable_person(request, public_id, permission=Permission.PERSON_EDIT) -> Person:
    """The person; 404 when the user may not see them, 403 when the right does not reach them."""
    person = _visible(request, public_id)
    if not _reaches(request.user, person, permission):
        raise PermissionDenied
    return person


def _reaches(user, person, permission) -> bool:
    return user.may(permission) and Person.objects.changeable_by(user, permission).filter(pk=person.pk).exists()


@requires(Permission.PERSON_VIEW)
@require_safe
def detail(request, public_id):
    """One person: identity, consents, cases over the seasons."""
    person = _visible(request, public_id)
    cases = list(
        person.enrolments.visible_to(request.user)
        .select_related("programme", "season", "owner")
        .order_by("-season__starts_on", "-id")
    )
    return render(
        request,
        "journey/people/detail.html",
        {
            "person": person,
            "cases": cases,
            "consents": list(person.consents.select_related("created_by")),
            "facts": _facts(person),
            "can_edit": _reaches(request.user, person, Permission.PERSON_EDIT),
            "can_open": _reaches(request.user, person, Permission.CASE_EDIT),
            "warning": rules.national_id_warning(person.nationality, person.national_id),
        },
    )


def _facts(person: Person) -> list[dict]:
    place = ", ".join(
        part for part in (person.community, person.municipality, label("subdivision", person.subdivision)) if part
    )
    year_only = person.birth_precision == Person.BirthPrecision.YEAR
    born = str(person.birth_date.year) if year_only else wording.full_day(person.birth_date)
    return [
        {"label": _("Date of birth"), "value": born},
        {"label": _("Age"), "value": person.age_on(timezone.localdate())},
        {"label": _("Sex"), "value": person.get_sex_display()},
        {"label": _("Nationality"), "value": label("country", person.nationality)},
        {"label": _("National identity number"), "value": person.national_id},
        {"label": _("Phone"), "value": person.phone, "href": f"tel:{person.phone}" if person.phone else ""},
        {"label": _("E-mail"), "value": person.email},
        {"label": _("Place"), "value": place},
        {"label": _("Languages"), "value": ", ".join(label("language", code) for code in person.languages)},
        {"label": _("Education"), "value": label("isced", person.education)},
        {"label": _("Occupation"), "value": label("isco", person.occupation)},
        {"label": _("Dependants"), "value": person.dependants},
        {
            "label": _("Emergency contact"),
            "value": " · ".join(
                str(part) for part in (person.emergency_name, person.emergency_relation, person.emergency_phone) if part
            ),
        },
    ]


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, public_id):
    """Correct what is known about a person."""
    person = changeable_person(request, public_id)
    form = PersonForm(typed(request), user=request.user, record=person)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.correct(person, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The changes were saved."),
        )
        if done:
            return done
    return form_page(
        request, form, title=_("Correct %(name)s") % {"name": person.full_name}, cancel=person.get_absolute_url()
    )


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
