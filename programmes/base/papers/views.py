"""The public page that checks a letter by its code. It says nothing about anybody: number, day, hash, in force."""

from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public
from programmes.base.common.limits import at_most_from_one_place
from programmes.base.papers.models import IssuedLetter
from programmes.base.papers.rules import code_typed
from programmes.base.papers.states import LetterStatus

# A consulate checks a bundle of letters by hand; whoever guesses needs 2⁸⁰ tries.
A_MINUTE = 30


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_most_from_one_place(A_MINUTE, what="verify")
def verify(request):
    """Ask for a code; say what the letter that carries it is."""
    if request.method == "POST":
        return _answer(request, request.POST.get("code", ""), missing=200)
    return render(request, "base/papers/verify.html", {"asked": False})


@public
@never_cache
@require_safe
@at_most_from_one_place(A_MINUTE, what="verify")
def verified(request, code):
    """The same, by the link in the QR code."""
    return _answer(request, code, missing=404)


def _answer(request, typed: str, *, missing: int):
    """One look into one index and one page, whether the code is known, unknown, malformed or of a letter not made.

    `missing` is the status where no letter carries it: an address that leads nowhere, or a form that was answered.
    """
    found = IssuedLetter.objects.on_paper().filter(code=code_typed(typed)).first()
    context = {
        "asked": True,
        "typed": typed[:40],
        "letter": found
        and {"number": found.number, "on": found.issued_on, "hash": found.sha256, "code": found.code_shown},
        "state": found.status if found else "unknown",
        "holds": found is not None and found.status == LetterStatus.READY,
    }
    response = render(request, "base/papers/verify.html", context, status=200 if found else missing)
    response["X-Robots-Tag"] = "noindex"
    return response
