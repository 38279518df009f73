"""Pages of the contract: its terms, beside those of the version before; its next version; explained; signed."""

from functools import partial

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import typed
from programmes.journey.departure import actions, forms, papers
from programmes.journey.departure import terms as in_words
from programmes.journey.departure.deed_pages import deed_page, facts_of, paper_of
from programmes.journey.departure.models import TERMS, Contract
from programmes.journey.enrolment.views import visible_case

form_methods = require_http_methods(["GET", "HEAD", "POST"])
CASE_MATCH = Permission.CASE_MATCH


@requires(CASE_MATCH)
@form_methods
def contract(request, public_id):
    """Draft the contract, or its next version; one that would be worse is shown beside the last and stopped."""
    enrolment = visible_case(request, public_id)
    form = forms.ContractForm(
        typed(request), user=request.user, enrolment=enrolment, initial=actions.proposed_terms(enrolment)
    )
    # What was typed, kept aside: a refusal takes the refused value out of the form's clean data.
    proposal: dict = {}

    def draft():
        proposal.update(form.deed())
        return actions.draft_contract(enrolment, by=request.user, **proposal)

    return deed_page(
        request,
        enrolment,
        form,
        draft,
        title=_("Draft the contract"),
        said=_("The contract was drafted."),
        anchor="contract",
        intro=_("The terms come from the employer's demand. They may be better, never worse."),
        compared=partial(_beside_the_last, enrolment, proposal),
    )


def _beside_the_last(enrolment, proposal):
    """A refused proposal beside the last version for the position; the template calls this when it draws the page."""
    versions = papers.of(enrolment).live_contracts if proposal else []
    if not versions:
        return None
    before = versions[0]
    later = Contract(selection=before.selection, **{name: getattr(before, name) for name in TERMS} | proposal)
    return {"before": before.contract_version, "after": "", "rows": in_words.compared(before, later)}


@requires(Permission.DOCUMENT_VIEW)
@require_safe
def terms(request, public_id, paper_id):
    """All terms of a version, who explained it and who signed, and what differs from the version before."""
    enrolment = visible_case(request, public_id)
    enrolment.papers = papers.Papers(enrolment)
    shown = paper_of(Contract, enrolment, paper_id)
    versions = {version.contract_version: version for version in enrolment.papers.contracts}
    shown = versions[shown.contract_version]
    number = max((n for n in versions if n < shown.contract_version), default=None)
    return render(
        request,
        "journey/departure/terms.html",
        {
            "enrolment": enrolment,
            "tab": "documents",
            "contract": shown,
            "terms": in_words.all_of(shown),
            "story": in_words.story_of(shown),
            "late": papers.is_late(enrolment, shown),
            "compared": number
            and {
                "before": number,
                "after": shown.contract_version,
                "rows": in_words.compared(versions[number], shown),
            },
        },
    )


def _contract_page(request, public_id, paper_id, form_class, deed, *, title, said):
    enrolment = visible_case(request, public_id)
    version = paper_of(Contract, enrolment, paper_id)
    form = form_class(typed(request), user=request.user, enrolment=enrolment, record=version)
    return deed_page(
        request,
        enrolment,
        form,
        lambda: deed(version, by=request.user, version=form.version_token(), **form.deed()),
        title=title,
        said=said,
        anchor="contract",
        facts=facts_of(version),
    )


@requires(CASE_MATCH)
@form_methods
def explain(request, public_id, paper_id):
    """Note that the contract was explained to the worker, and handed over."""
    return _contract_page(
        request,
        public_id,
        paper_id,
        forms.ExplainForm,
        actions.explain_contract,
        title=_("Contract explained to the worker"),
        said=_("The explanation was recorded."),
    )


@requires(CASE_MATCH)
@form_methods
def worker_signs(request, public_id, paper_id):
    """Record the worker's signature."""
    return _contract_page(
        request,
        public_id,
        paper_id,
        forms.SignForm,
        actions.sign_contract_worker,
        title=_("Contract signed by the worker"),
        said=_("The signature was recorded."),
    )


@requires(CASE_MATCH)
@form_methods
def employer_signs(request, public_id, paper_id):
    """Record the employer's signature."""
    return _contract_page(
        request,
        public_id,
        paper_id,
        forms.SignForm,
        actions.sign_contract_employer,
        title=_("Contract signed by the employer"),
        said=_("The signature was recorded."),
    )
