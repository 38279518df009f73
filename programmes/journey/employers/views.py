"""Pages about employers and their places of work."""

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.chips import chips_of
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.common.pages import keyset, page_or_part
from programmes.base.rulebook.codes import label
from programmes.journey.employers import actions
from programmes.journey.employers.filters import EmployerFilter
from programmes.journey.employers.forms import EmployerForm, ReactivateForm, SiteForm, SuspendForm
from programmes.journey.employers.models import Employer, Site
from programmes.journey.employers.states import Status
from programmes.journey.employers.story import story_of

FORMS = ["GET", "HEAD", "POST"]
LATEST_DEMANDS = 10
LATEST_EVENTS = 50


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def listing(request):
    """Employers the user may see, by name; narrowed by name, status, sector and programme in the address."""
    visible = Employer.objects.visible_to(request.user)
    filtered = EmployerFilter(request.GET, queryset=visible, user=request.user)
    form = filtered.form
    found = filtered.qs if form.is_valid() else visible.none()
    page = keyset(request, found.prefetch_related("programmes"), order=("name", "id"))
    taking = _demands_taking(request.user, page.rows)
    for employer in page:
        employer.taking = taking.get(employer.pk, 0)
    context = {"page": page, "filters": form, "chips": chips_of(request, form)}
    return page_or_part(request, "journey/employers/list.html", "results", context)


def _demands_taking(user, employers) -> dict[int, int]:
    """How many demands with positions to fill each of these employers has; one query for all."""
    demands = Employer._meta.get_field("demands").related_model.objects  # type: ignore[attr-defined]
    rows = demands.visible_to(user).taking().filter(employer__in=employers).order_by()
    return dict(rows.values_list("employer").annotate(count=Count("pk")))


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def new(request):
    """Register an employer."""
    form = EmployerForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.register(by=request.user, **form.deed()),
            done=_("The employer was registered."),
        )
        if done:
            return done
    return form_page(request, form, title=_("New employer"), do=_("Register"), cancel=reverse("employers:list"))


def visible_employer(request, public_id) -> Employer:
    """The employer, or 404 when the user may not see it."""
    return get_object_or_404(Employer.objects.visible_to(request.user).select_related("office"), public_id=public_id)


def editable_employer(request, public_id) -> Employer:
    """The employer, 404 when the user may not see it, 403 when another office keeps it."""
    employer = Employer.objects.editable_by(request.user).select_related("office").filter(public_id=public_id).first()
    if employer is None:
        visible_employer(request, public_id)
        raise PermissionDenied
    return employer


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def detail(request, public_id):
    """One employer: facts, sites, authorisations, demands, what happened."""
    employer = visible_employer(request, public_id)
    visible = employer.demands.visible_to(request.user).select_related("season__programme")
    demands = list(visible[: LATEST_DEMANDS + 1])
    return render(
        request,
        "journey/employers/detail.html",
        {
            "employer": employer,
            "can_edit": Employer.objects.editable_by(request.user).filter(pk=employer.pk).exists(),
            "is_active": employer.status == Status.ACTIVE,
            "facts": _facts(employer),
            "sites": list(employer.sites.all()),
            "contacts": list(employer.contacts.all()),
            "memberships": list(employer.memberships.select_related("association")),
            "here": "overview",
            "authorisations": list(employer.authorisations.all()),
            "demands": demands[:LATEST_DEMANDS],
            "more_demands": len(demands) > LATEST_DEMANDS,
            "entries": story_of(employer),
        },
    )


@requires(Permission.EMPLOYER_VIEW)
@require_safe
def compliance(request, public_id):
    """Whether one employer can be relied on: licences, recruiters, housing and partners of its sites, history."""
    employer = visible_employer(request, public_id)
    events = list(employer.compliance.select_related("site")[: LATEST_EVENTS + 1])
    return render(
        request,
        "journey/employers/compliance.html",
        {
            "employer": employer,
            "can_edit": Employer.objects.editable_by(request.user).filter(pk=employer.pk).exists(),
            "is_active": employer.status == Status.ACTIVE,
            "licences": list(employer.licences.all()),
            "engagements": list(employer.engagements.select_related("recruiter")),
            "sites": list(employer.sites.prefetch_related("inspections", "partners")),
            "events": events[:LATEST_EVENTS],
            "more_events": len(events) > LATEST_EVENTS,
            "here": "compliance",
        },
    )


def _facts(employer: Employer) -> list[dict]:
    phone, email = employer.contact_phone, employer.contact_email
    return [
        {"label": _("Country"), "value": label("country", employer.country)},
        {"label": _("Sector"), "value": label("isic", employer.sector)},
        {"label": _("Programmes"), "value": ", ".join(p.name for p in employer.programmes.all())},
        {"label": _("Registration number"), "value": employer.registration},
        {"label": _("Office that keeps it"), "value": employer.office.name},
        {"label": _("Contact person"), "value": employer.contact_name},
        {"label": _("Phone"), "value": phone, "href": f"tel:{phone}" if phone else ""},
        {"label": _("E-mail"), "value": email, "href": f"mailto:{email}" if email else ""},
    ]


def _deed(request, form, deed, *, done, employer, **context):
    """One form about an employer: do it, or show the page with what was refused."""
    if request.method == "POST" and form.is_valid():
        answer = attempt(request, form, deed, done=done, to=employer.get_absolute_url())
        if answer:
            return answer
    return form_page(request, form, cancel=employer.get_absolute_url(), **context)


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit(request, public_id):
    """Change what is known of an employer."""
    employer = editable_employer(request, public_id)
    form = EmployerForm(typed(request), user=request.user, record=employer)
    return _deed(
        request,
        form,
        lambda: actions.edit(employer, by=request.user, version=form.version_token(), **form.deed()),
        done=_("The changes were saved."),
        employer=employer,
        title=_("Change %(name)s") % {"name": employer.name},
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def suspend(request, public_id):
    """Stop new demand and new selections for an employer."""
    employer = editable_employer(request, public_id)
    form = SuspendForm(typed(request), user=request.user, record=employer)
    return _deed(
        request,
        form,
        lambda: actions.suspend(employer, by=request.user, version=form.version_token(), **form.deed()),
        done=_("The employer is suspended."),
        employer=employer,
        title=_("Suspend %(name)s") % {"name": employer.name},
        do=_("Suspend"),
        danger=True,
        effects=[_("No new demand, and nobody is selected for its open demands."), _("Workers already there stay.")],
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def reactivate(request, public_id):
    """Take a suspended employer up again."""
    employer = editable_employer(request, public_id)
    form = ReactivateForm(typed(request), user=request.user, record=employer)
    return _deed(
        request,
        form,
        lambda: actions.reactivate(employer, by=request.user, version=form.version_token(), **form.deed()),
        done=_("The employer is active again."),
        employer=employer,
        title=_("Take up %(name)s again") % {"name": employer.name},
        do=_("Take up again"),
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def add_site(request, public_id):
    """Record a place of work."""
    employer = editable_employer(request, public_id)
    form = SiteForm(typed(request), user=request.user, country=employer.country)
    return _deed(
        request,
        form,
        lambda: actions.add_site(employer, by=request.user, **form.deed()),
        done=_("The site was added."),
        employer=employer,
        title=_("New site of %(name)s") % {"name": employer.name},
    )


@requires(Permission.EMPLOYER_EDIT)
@require_http_methods(FORMS)
def edit_site(request, public_id, site_id):
    """Change a place of work."""
    employer = editable_employer(request, public_id)
    site = Site.objects.filter(employer=employer, public_id=site_id).first()
    if site is None:
        raise Http404
    form = SiteForm(typed(request), user=request.user, record=site, country=employer.country)
    return _deed(
        request,
        form,
        lambda: actions.edit_site(site, by=request.user, version=form.version_token(), **form.deed()),
        done=_("The changes were saved."),
        employer=employer,
        title=_("Change %(name)s") % {"name": site.name},
    )
