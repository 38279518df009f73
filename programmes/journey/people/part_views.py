"""Pages about the documents, phones, addresses, languages and household of a person, and their photo."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.errors import RuleBroken
from programmes.journey.people import actions, known, places
from programmes.journey.people.part_forms import (
    AddressForm,
    IdentityForm,
    LanguagesForm,
    MemberForm,
    PartForm,
    PhoneForm,
)
from programmes.journey.people.views import changeable_person


@dataclass(frozen=True)
class Page:
    """What the pages of one kind of row need: the row, its form, its words, its place on the person's page."""

    part: known.Part
    form: type[PartForm]
    add: str | Promise
    edit: str | Promise
    anchor: str


PAGES: dict[str, Page] = {
    "document": Page(
        known.DOCUMENT,
        IdentityForm,
        gettext_lazy("Identity document of %(name)s"),
        gettext_lazy("Correct an identity document of %(name)s"),
        "documents",
    ),
    "phone": Page(
        known.PHONE,
        PhoneForm,
        gettext_lazy("Further phone of %(name)s"),
        gettext_lazy("Correct a phone of %(name)s"),
        "contact",
    ),
    "address": Page(
        known.ADDRESS,
        AddressForm,
        gettext_lazy("Further address of %(name)s"),
        gettext_lazy("Correct an address of %(name)s"),
        "contact",
    ),
    "member": Page(
        known.MEMBER,
        MemberForm,
        gettext_lazy("Household of %(name)s"),
        gettext_lazy("Correct a member of the household of %(name)s"),
        "household",
    ),
}


def _back(person, anchor: str) -> str:
    return f"{person.get_absolute_url()}#{anchor}"


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request, public_id, part):
    """Add a row."""
    person, page = changeable_person(request, public_id), PAGES[part]
    form = page.form(typed(request), user=request.user, person=person)
    back = _back(person, page.anchor)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: known.add(page.part, person, by=request.user, **form.deed()),
            done=_("The changes were saved."),
            to=back,
        )
        if done:
            return done
    return form_page(request, form, title=page.add % {"name": person.full_name}, cancel=back)


def _row(request, public_id, part_id, page) -> tuple[Any, Any]:
    person = changeable_person(request, public_id)
    return person, get_object_or_404(page.part.model, person=person, public_id=part_id)


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, public_id, part_id, part):
    """Correct a row, or take it away."""
    page = PAGES[part]
    person, row = _row(request, public_id, part_id, page)
    form = page.form(typed(request), user=request.user, person=person, record=row)
    back = _back(person, page.anchor)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: known.edit(row, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The changes were saved."),
            to=back,
        )
        if done:
            return done
    return form_page(
        request,
        form,
        "journey/people/part.html",
        title=page.edit % {"name": person.full_name},
        cancel=back,
        row=row,
        remove=reverse(f"people:remove_{part}", args=[person.public_id, row.public_id]),
    )


@requires(Permission.PERSON_EDIT)
@require_POST
def remove(request, public_id, part_id, part):
    """Take a row away, unless somebody changed it meanwhile."""
    page = PAGES[part]
    person, row = _row(request, public_id, part_id, page)
    token = request.POST.get("version", "")
    try:
        known.remove(row, by=request.user, version=int(token) if token.isdecimal() else None)
    except RuleBroken as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It was removed."))
    return redirect(_back(person, page.anchor))


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def languages(request, public_id):
    """Which languages the person speaks, and how well."""
    person = changeable_person(request, public_id)
    form = LanguagesForm(typed(request), user=request.user, person=person, record=person)
    back = _back(person, "background")
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.correct(person, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The changes were saved."),
            to=back,
        )
        if done:
            return done
    return form_page(
        request,
        form,
        "journey/people/languages.html",
        title=_("Languages of %(name)s") % {"name": person.full_name},
        cancel=back,
        rows=[(form[f"language_{n}"], form[f"level_{n}"]) for n in range(form.rows)],
    )


@requires(Permission.PERSON_EDIT)
@require_safe
def municipalities(request):
    """The known municipalities of a department as options of a list to choose or type from. No personal data."""
    code = request.GET.get("subdivision", "")[:10]
    return render(request, "journey/people/_municipalities.html", {"municipalities": places.municipalities(code)})
