"""Quick intake: search first, then one short page, then the next person. Personal data travel by POST only."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common import drafts, text
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.rulebook.codes import label
from programmes.journey.enrolment import intake
from programmes.journey.enrolment.intake_forms import IntakeForm
from programmes.journey.people import asked, duplicates, rules, search

KEPT = "intake"
MOST_FOUND = 8
MOST_SEEN = 50


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def search_first(request):
    """Is this person registered already? Whoever is not goes on with what was typed."""
    query = text.normalise(request.POST.get("q", ""))[:200] if request.method == "POST" else ""
    found = search.find(request.user, query, limit=MOST_FOUND) if query else []
    context = {
        "query": query,
        "found": found,
        "stages": _stages("search"),
        "draft": drafts.offer(request, None, page=reverse("enrolment:intake_person")),
    }
    return render(request, "journey/enrolment/intake_search.html", context)


@requires(Permission.PERSON_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request):
    """The short page. Sent by script it answers with itself or with where to go; without script likewise."""
    begins = request.method == "POST" and "searched" in request.POST
    initial = dict(request.session.get(KEPT, {}))
    if begins:
        initial |= _carried_on(request.POST["searched"])
    form = IntakeForm(None if begins else typed(request), user=request.user, initial=initial)
    found = None
    if request.method == "POST" and not begins:
        if form.is_valid():
            done = _take_in(request, form)
            if done:
                return _go(request, done)
        # Once more outside the deed, which was taken back: what a warning said stays written down.
        found = duplicates.check(request.user, _compared(form))
    return form_page(
        request,
        form,
        "journey/enrolment/intake.html",
        stages=_stages("facts"),
        possible=found,
        seen=sorted(intake.tokens(found)) if found else [],
        warning=_number_warning(form) if found is not None else None,
    )


def _carried_on(searched: str) -> dict:
    """What was typed into the search box, in the boxes of this page."""
    found = asked.guess(searched, timezone.localdate())
    first, _space, others = found.get("given_names", "").partition(" ")
    number = found.pop("national_id", "")
    return found | {"given_names": first, "other_given_names": others} | ({"document_number": number} if number else {})


def _take_in(request, form):
    nexts = "next" in request.POST
    season = form.cleaned_data.get("season")
    done = attempt(
        request,
        form,
        lambda: intake.take_in(
            by=request.user,
            office=form.cleaned_data["office"],
            consent=form.consent(),
            facts=form.facts(),
            document=form.document(),
            season=season,
            on=timezone.localdate(),
            seen=frozenset(request.POST.getlist("seen")[:MOST_SEEN]),
            different_because=label("different_person", form.cleaned_data["different_because"]),
        ),
        done=_("The person was registered and the case opened.") if season else _("The person was registered."),
        to=reverse("enrolment:intake") if nexts else None,
    )
    if done:
        request.session[KEPT] = form.kept()
    return done


def _go(request, done: HttpResponseRedirect) -> HttpResponse:
    """To the next page, also for a form that was sent by script."""
    return HttpResponse(status=204, headers={"HX-Redirect": done.url}) if request.htmx else done


@requires(Permission.PERSON_EDIT)
@require_POST
def possible(request):
    """Beside the form while it is typed: who may be the same person, and what is odd about the number."""
    form = IntakeForm(request.POST, user=request.user)
    form.is_valid()
    facts = _compared(form)
    tells = any(facts.get(name) for name in ("given_names", "first_surname", "phone", "documents"))
    found = duplicates.check(request.user, facts) if tells else None
    return render(
        request,
        "journey/enrolment/_possible.html",
        {
            "form": form,
            "possible": found,
            "seen": sorted(intake.tokens(found)) if found else [],
            "warning": _number_warning(form),
        },
    )


def _compared(form) -> dict:
    document = form.document()
    return form.facts() | ({"documents": [document]} if document else {})


def _number_warning(form) -> str | None:
    return rules.number_problem(**document) if (document := form.document()) else None


def _stages(now: str) -> list[dict]:
    names = [("search", _("Search")), ("facts", _("Consent and facts")), ("done", _("Done"))]
    place = [code for code, _words in names].index(now)
    return [
        {"label": words, "state": "was" if n < place else "now" if n == place else ""}
        for n, (_code, words) in enumerate(names)
    ]
