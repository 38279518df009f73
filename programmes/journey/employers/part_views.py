"""Pages about associations and recruiters, and about what hangs on employers and their sites."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset
from programmes.base.rulebook.codes import label
from programmes.journey.employers import fair, fair_actions, parts
from programmes.journey.employers import part_forms as forms
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.registry import Association, Recruiter

FORMS = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Page:
    """What the page of one kind of row needs: its form, its words, where it stands on the page of its owner."""

    form: type[forms.HeldForm]
    add: str | Promise
    edit: str | Promise
    anchor: str


PAGES: dict[str, Page] = {
    "contact": Page(
        forms.ContactForm, gettext_lazy("Contact at %(name)s"), gettext_lazy("Change a contact at %(name)s"), "contacts"
    ),
    "licence": Page(
        forms.LicenceForm,
        gettext_lazy("Licence or certification of %(name)s"),
        gettext_lazy("Change a licence of %(name)s"),
        "licences",
    ),
    "event": Page(
        forms.EventForm,
        gettext_lazy("Compliance of %(name)s: what happened"),
        gettext_lazy("Change an event of %(name)s"),
        "history",
    ),
    "inspection": Page(
        forms.InspectionForm,
        gettext_lazy("Housing inspection: %(name)s"),
        gettext_lazy("Change an inspection: %(name)s"),
        "sites",
    ),
    "partner": Page(
        forms.PartnerForm,
        gettext_lazy("Partner of the site %(name)s"),
        gettext_lazy("Change a partner of the site %(name)s"),
        "sites",
    ),
    "member": Page(
        forms.MemberForm, gettext_lazy("Member of %(name)s"), gettext_lazy("Change a member of %(name)s"), "members"
    ),
    "engagement": Page(
        forms.EngagementForm,
        gettext_lazy("%(name)s works for an employer"),
        gettext_lazy("Change for whom %(name)s works"),
        "employers",
    ),
}


def _page_of(part: str) -> tuple[parts.Part, Page]:
    if part not in parts.PARTS:
        raise Http404
    return parts.PARTS[part], PAGES[part.rsplit("-", 1)[-1]]


def _editable(request, kind: parts.Part, public_id) -> Any:
    """The owner of the rows; 404 when the user may not see it, 403 when another office keeps it."""
    if kind.owners is Site:
        site = Site.objects.select_related("employer").filter(public_id=public_id)
        seen = site.filter(employer__in=Employer.objects.visible_to(request.user).values("pk")).first()
        if seen is None:
            raise Http404
        if not Employer.objects.editable_by(request.user).filter(pk=seen.employer_id).exists():
            raise PermissionDenied
        return seen
    return _kept(request, kind.owners, public_id)


def _kept(request, model, public_id) -> Any:
    found = model.objects.editable_by(request.user).filter(public_id=public_id).first()
    if found is None:
        get_object_or_404(model.objects.visible_to(request.user), public_id=public_id)
        raise PermissionDenied
    return found


def _back(part: str, page: Page, owner) -> str:
    if part in {"licence", "event", "inspection", "partner"}:
        employer = owner.employer if isinstance(owner, Site) else owner
        return reverse("employers:compliance", args=[employer.public_id]) + f"#{page.anchor}"
    return f"{owner.get_absolute_url()}#{page.anchor}"


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def add_part(request, public_id, part):
    """Write down a row of an employer, a site, an association or a recruiter."""
    kind, page = _page_of(part)
    owner = _editable(request, kind, public_id)
    form = page.form(typed(request), user=request.user, owner=owner)
    back = _back(part, page, owner)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: parts.add(kind, owner, by=request.user, **form.deed()),
            done=_("The changes were saved."),
            to=back,
        )
        if done:
            return done
    return form_page(request, form, title=page.add % {"name": owner.name}, cancel=back)


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit_part(request, public_id, part_id, part):
    """Correct a row, or take it away."""
    kind, page = _page_of(part)
    owner = _editable(request, kind, public_id)
    row = get_object_or_404(kind.model, **{kind.owner: owner, "public_id": part_id})
    form = page.form(typed(request), user=request.user, record=row, owner=owner)
    back = _back(part, page, owner)
    if request.method == "POST" and (form.is_valid() or "remove" in request.POST):
        removing = "remove" in request.POST
        token = request.POST.get("version", "")
        version = int(token) if token.isdecimal() else None
        deed = (
            (lambda: parts.remove(kind, row, by=request.user, version=version))
            if removing
            else (lambda: parts.edit(kind, row, by=request.user, version=form.version_token(), **form.deed()))
        )
        form.is_valid()
        done = attempt(
            request, form, deed, done=_("It was removed.") if removing else _("The changes were saved."), to=back
        )
        if done:
            return done
    return form_page(
        request,
        form,
        "journey/employers/part.html",
        title=page.edit % {"name": owner.name},
        cancel=back,
        row=row,
    )


# --- Associations and recruiters ------------------------------------------------------------------------------------


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def associations(request):
    """Associations the user may see, by name."""
    visible = Association.objects.visible_to(request.user)
    page = keyset(request, visible, order=("name", "id"))
    current = Count("members", filter=Q(members__left_on__isnull=True))
    members = dict(
        Association.objects.filter(pk__in=[row.pk for row in page.rows])
        .order_by()
        .values_list("pk")
        .annotate(n=current)
    )
    for row in page.rows:
        row.count = members.get(row.pk, 0)
    return render(request, "journey/employers/associations.html", {"page": page})


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def association(request, public_id):
    """One association: members, contacts, licences."""
    visible = Association.objects.visible_to(request.user).select_related("office")
    found = get_object_or_404(visible, public_id=public_id)
    members = found.members.select_related("employer")
    return render(
        request,
        "journey/employers/association.html",
        {
            "association": found,
            "can_edit": Association.objects.editable_by(request.user).filter(pk=found.pk).exists(),
            "members": members.filter(employer__in=Employer.objects.visible_to(request.user).values("pk")),
            "contacts": found.contacts.all(),
            "licences": found.licences.all(),
            "facts": [
                {"label": _("Country"), "value": label("country", found.country)},
                {"label": _("Registration number"), "value": found.registration},
                {"label": _("Office that keeps it"), "value": found.office.name},
            ],
        },
    )


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def recruiters(request):
    """Recruiters the user may see, by name, with their due diligence."""
    visible = Recruiter.objects.visible_to(request.user).select_related("agent_of")
    page = keyset(request, visible.prefetch_related("licences"), order=("name", "id"))
    return render(request, "journey/employers/recruiters.html", {"page": page})


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def recruiter(request, public_id):
    """One recruiter: due diligence, licences, sub-agents, for whom it works."""
    visible = Recruiter.objects.visible_to(request.user)
    found = get_object_or_404(visible.select_related("office", "agent_of"), public_id=public_id)
    engaged = found.engagements.select_related("employer")
    return render(
        request,
        "journey/employers/recruiter.html",
        {
            "recruiter": found,
            "can_edit": Recruiter.objects.editable_by(request.user).filter(pk=found.pk).exists(),
            "above": visible.filter(pk=found.agent_of_id).first() if found.agent_of_id else None,
            "agents": visible.filter(agent_of=found),
            "engagements": engaged.filter(employer__in=Employer.objects.visible_to(request.user).values("pk")),
            "contacts": found.contacts.all(),
            "licences": found.licences.all(),
            "fair": fair.checklist(fair.OF_RECRUITER, found.answers.select_related("by")),
            "facts": [
                {"label": _("Country"), "value": label("country", found.country)},
                {"label": _("Office that keeps it"), "value": found.office.name},
            ],
        },
    )


def _new(request, form_class, deed, *, title, done, cancel):
    form = form_class(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, lambda: deed(by=request.user, **form.deed()), done=done)
        if answer:
            return answer
    return form_page(request, form, title=title, do=_("Register"), cancel=cancel)


def _edit(request, record, form_class, deed):
    form = form_class(typed(request), user=request.user, record=record)
    if request.method == "POST" and form.is_valid():
        answer = attempt(
            request,
            form,
            lambda: deed(record, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The changes were saved."),
        )
        if answer:
            return answer
    title = _("Change %(name)s") % {"name": record.name}
    return form_page(request, form, title=title, cancel=record.get_absolute_url())


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def new_association(request):
    """Record an association."""
    return _new(
        request,
        forms.AssociationForm,
        parts.register_association,
        title=_("New association"),
        done=_("The association was recorded."),
        cancel=reverse("employers:associations"),
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit_association(request, public_id):
    """Change what is known of an association."""
    return _edit(request, _kept(request, Association, public_id), forms.AssociationForm, parts.edit_association)


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def new_recruiter(request):
    """Record a recruiter or a sub-agent."""
    return _new(
        request,
        forms.RecruiterForm,
        parts.register_recruiter,
        title=_("New recruiter"),
        done=_("The recruiter was recorded."),
        cancel=reverse("employers:recruiters"),
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit_recruiter(request, public_id):
    """Change a recruiter, or record its due diligence."""
    return _edit(request, _kept(request, Recruiter, public_id), forms.RecruiterForm, parts.edit_recruiter)


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def recruiter_fair(request, public_id):
    """Answer the questions of fair recruitment about a recruiter."""
    found = _kept(request, Recruiter, public_id)
    form = forms.FairForm(typed(request), user=request.user, record=found)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request, form,
            lambda: fair_actions.answer(found, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The answers were recorded."),
        )  # fmt: skip
        if done:
            return done
    title = _("Fair recruitment: %(name)s") % {"name": found.name}
    return form_page(request, form, title=title, cancel=found.get_absolute_url())
