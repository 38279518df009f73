"""Pages of the letters of a case: all of them, a new one, one while it is made and after, its file."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import requires
from accounts.roles import Permission
from programmes.base.common.deeds import attempt, form_page, typed
from programmes.base.files.serving import serve
from programmes.base.papers import actions as letters
from programmes.base.papers.states import LetterStatus
from programmes.base.papers.words import languages
from programmes.journey.departure import actions, letter_forms
from programmes.journey.departure.checklist import works_with_papers
from programmes.journey.enrolment.views import visible_case

form_methods = require_http_methods(["GET", "HEAD", "POST"])
# Issuing and withdrawing is for whoever deals with employers and consulates about the case.
ISSUE = Permission.CASE_MATCH


def _said(letter) -> dict:
    """A letter as the pages show it."""
    names = languages()
    return {
        "letter": letter,
        "name": letter.edition.template.name,
        "state": letter.get_status_display().capitalize(),
        "languages": " | ".join(names.get(code, code) for code in letter.languages),
        "trouble": _trouble(letter) if letter.status == LetterStatus.FAILED else "",
    }


def _trouble(letter) -> str:
    if letter.failure == "facts":
        facts = letters.in_words(letter.edition.template.kind, letter.missing)
        return _("A fact the letter names is gone from the case: %(facts)s. Record it, then try again.") % {
            "facts": facts
        }
    if letter.failure == "storage":
        return _("The file could not be stored. Try again in a moment; if it stays so, tell whoever runs the system.")
    return _("The text of the letter could not be laid out. Tell whoever looks after the templates.")


def _letters_of(enrolment):
    return enrolment.issued_letters.select_related("edition__template", "created_by")


@requires(Permission.DOCUMENT_VIEW)
@require_safe
def letter_list(request, public_id):
    """Every letter issued about the case, newest first, replaced ones too."""
    enrolment = visible_case(request, public_id)
    return render(
        request,
        "journey/departure/letters.html",
        {
            "enrolment": enrolment,
            "tab": "documents",
            "letters": [_said(letter) for letter in _letters_of(enrolment)],
            "may_issue": request.user.may(ISSUE) and not enrolment.is_over,
            "reads": works_with_papers(request.user),
        },
    )


@requires(ISSUE)
@form_methods
def issue(request, public_id):
    """Issue a letter; its file is made in the background."""
    enrolment = visible_case(request, public_id)
    form = letter_forms.IssueForm(typed(request), user=request.user, enrolment=enrolment)
    if request.method == "POST" and form.is_valid():
        done = attempt(request, form, lambda: _issued(enrolment, request.user, form))
        if done:
            return done
    return form_page(
        request, form, "journey/departure/deed.html", title=_("Issue a letter"), do=_("Issue the letter"),
        band=enrolment.band, cancel=reverse("departure:letters", args=[enrolment.public_id]), enrolment=enrolment,
        intro=_("It is made in the background, with a code by which anybody can check that it is genuine."),
    )  # fmt: skip


def _issued(enrolment, user, form) -> str:
    letter = actions.issue_letter(enrolment, by=user, on=timezone.localdate(), **form.deed())
    return reverse("departure:letter", args=[enrolment.public_id, letter.public_id])


def _letter(request, public_id, letter_id) -> tuple:
    enrolment = visible_case(request, public_id)
    return enrolment, get_object_or_404(_letters_of(enrolment), public_id=letter_id)


@requires(Permission.DOCUMENT_VIEW)
@require_safe
def letter(request, public_id, letter_id):
    """One letter: being made (the page asks again every two seconds), in force, failed, replaced or withdrawn."""
    enrolment, found = _letter(request, public_id, letter_id)
    matches = request.user.may(ISSUE) and not enrolment.is_over
    facts = [
        (_("Number"), found.number),
        (_("Languages"), _said(found)["languages"]),
        (_("Edition of the template"), found.edition.number),
        (_("Issued by"), found.created_by),
        (_("Code"), found.code_shown),
    ]
    return render(
        request,
        "journey/departure/letter.html",
        {
            "enrolment": enrolment,
            "tab": "documents",
            **_said(found),
            "facts": [{"label": words, "value": value} for words, value in facts],
            "at_work": found.status == LetterStatus.WAITING,
            "may_read": found.is_ready and works_with_papers(request.user),
            "may_retry": found.status == LetterStatus.FAILED and matches,
            "may_withdraw": found.status == LetterStatus.READY and matches,
            "check": request.build_absolute_uri(reverse("papers:verified", args=[found.code])),
        },
    )


@requires(Permission.DOCUMENT_VIEW)
@require_safe
def letter_file(request, public_id, letter_id):
    """The PDF as a download, for those who read numbers of documents too."""
    if not works_with_papers(request.user):
        raise PermissionDenied
    _enrolment, found = _letter(request, public_id, letter_id)
    if not found.is_ready:
        raise Http404
    return serve(request, found.file)


def _deed(request, public_id, letter_id, form_class, deed, *, title, do, said, danger=False, intro=""):
    enrolment, found = _letter(request, public_id, letter_id)
    back = reverse("departure:letter", args=[enrolment.public_id, found.public_id])
    form = form_class(typed(request), user=request.user, enrolment=enrolment, record=found)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: deed(found, by=request.user, version=form.version_token(), **form.deed()),
            done=said,
            to=back,
        )
        if done:
            return done
    return form_page(
        request, form, "journey/departure/deed.html", title=f"{title}: {found.number}", do=do, danger=danger,
        band=enrolment.band, cancel=back, enrolment=enrolment, intro=intro,
    )  # fmt: skip


@requires(ISSUE)
@form_methods
def letter_retry(request, public_id, letter_id):
    """Have a letter that failed made again."""
    return _deed(
        request, public_id, letter_id, letter_forms.RetryForm, letters.retry,
        title=_("Make the letter again"), do=_("Try again"), said=_("The letter is being made."),
        intro=_("It is made with what the case says now."),
    )  # fmt: skip


@requires(ISSUE)
@form_methods
def letter_withdraw(request, public_id, letter_id):
    """Say that a letter no longer holds."""
    return _deed(
        request, public_id, letter_id, letter_forms.WithdrawLetterForm, letters.withdraw,
        title=_("Withdraw the letter"), do=_("Withdraw"), said=_("The letter was withdrawn."), danger=True,
        intro=_("Whoever checks its code is told that it no longer holds. The file stays readable here."),
    )  # fmt: skip
