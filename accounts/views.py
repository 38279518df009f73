"""Pages of the signed-in user about themselves."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.i18n import set_language

from accounts import parking
from accounts.access import Scope, public, requires
from accounts.forms import ProfileForm
from accounts.middleware import PARKED
from accounts.models import User
from accounts.roles import Permission, Role

THEME_COOKIE = "theme"
MACHINERY = {"key", "version"}
A_YEAR = 365 * 24 * 3600
PASSWORD_BACKEND = "accounts.backends.Backend"  # noqa: S105 -- the name of a class


@requires(Permission.SELF, scope=Scope.SELF)
def profile(request):
    """Show and change how I appear and how the system speaks to me."""
    user = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        # The answer and the pages before the next sign-in already speak the new language.
        translation.activate(user.language)
        messages.success(request, _("Your profile was saved."))
        return _with_preferences(redirect("accounts:profile"), user)
    context = {"form": form, "memberships": request.user.current_memberships}
    context["openid_connect"] = bool(settings.OPENID_CONNECT_SERVER)
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@public
@require_POST
def language(request):
    """Change the language from any page, also before signing in; a signed-in user's choice is kept with the user."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=chosen)
    return set_language(request)


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def theme(request):
    """Change the colours from any page; htmx gets an empty answer, a plain form goes back to where it was."""
    chosen = request.POST.get("theme", "")
    if chosen not in User.Theme.values:
        return HttpResponse(status=400)
    User.objects.filter(pk=request.user.pk).update(theme=chosen)
    request.user.theme = chosen
    if request.headers.get("HX-Request") == "true":
        return _with_preferences(HttpResponse(status=204), request.user)
    return _with_preferences(HttpResponseRedirect(_back(request)), request.user)


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def keepalive(request):
    """Answer the idle warning: the request itself keeps the session alive (`accounts.middleware`)."""
    return HttpResponse(status=204)


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def kept(request):
    """Offer what was typed when the session ended: send it now, go back to its page, or discard it."""
    texts = []
    for row in parking.waiting_for(request.user):
        fields = list(QueryDict(row.body).lists())
        # Names of fields are for machines; the words alone are enough to recognise what one has written.
        words = [value for name, values in fields if name not in MACHINERY for value in values if value]
        texts.append({"row": row, "page": parking.page_of(row), "fields": fields, "words": words})
    if not texts:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/kept.html", {"texts": texts})


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def discard(request, pk):
    """Forget one kept text."""
    get_object_or_404(parking.waiting_for(request.user), pk=pk).delete()
    request.session[PARKED] = parking.waiting_for(request.user).exists()
    messages.success(request, _("The text was discarded."))
    return redirect("accounts:kept")


@requires(Permission.SELF, scope=Scope.SELF)
@require_http_methods(["GET", "HEAD", "POST"])
def play(request):
    """In the demonstration: go on as somebody of another role. Does not exist anywhere else.

    Only the eight demo users can be chosen, whose password is printed anyway.
    """
    if not settings.DEMO:
        raise Http404
    players = {f"{role}@example.org": role for role in Role}
    found = {players[user.email]: user for user in User.objects.filter(email__in=players, is_active=True)}
    if request.method == "POST":
        user = found.get(request.POST.get("role", ""))
        if user is None:
            return HttpResponse(status=400)
        login(request, user, backend=PASSWORD_BACKEND)
        return _with_preferences(redirect(settings.LOGIN_REDIRECT_URL), user)
    return render(request, "accounts/play.html", {"players": [(role, found[role]) for role in Role if role in found]})


def _with_preferences(response, user):
    """Write language and colours into the browser too, for the pages before the next sign-in."""
    options = {"max_age": A_YEAR, "httponly": True, "samesite": "Lax", "secure": settings.SESSION_COOKIE_SECURE}
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, **options)
    response.set_cookie(THEME_COOKIE, user.theme, **options)
    return response


def _back(request):
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return reverse("accounts:profile")
