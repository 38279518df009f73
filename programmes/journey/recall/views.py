"""Pages of the answer to a recall."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.journey.enrolment.views import visible_case
from programmes.journey.recall import actions
from programmes.journey.recall.forms import AcceptForm, DeclineForm


@requires(Permission.CASE_MATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request, public_id):
    """The worker accepts; leads to the new case."""
    enrolment = visible_case(request, public_id)
    form = AcceptForm(typed(request), user=request.user, record=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.accept(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The new case was opened on the roster."),
        )
        if done:
            return done
    return form_page(
        request, form, title=_("The worker accepts the recall"), do=_("Open the new case"), band=enrolment.band,
        cancel=reverse("returns:detail", args=[enrolment.public_id]),
        effects=[_("This case is closed as recalled."), _("A new case stands on the roster of the season you choose.")],
    )  # fmt: skip


@requires(Permission.CASE_MATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request, public_id):
    """The worker does not come again."""
    enrolment = visible_case(request, public_id)
    form = DeclineForm(typed(request), user=request.user, record=enrolment)
    back = reverse("returns:detail", args=[enrolment.public_id])
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.decline(enrolment, by=request.user, version=form.version_token(), **form.deed()),
            done=_("The answer was recorded. Decide on reintegration or closure."),
            to=back,
        )
        if done:
            return done
    return form_page(
        request,
        form,
        title=_("The worker declines the recall"),
        do=_("Record the answer"),
        band=enrolment.band,
        cancel=back,
    )
