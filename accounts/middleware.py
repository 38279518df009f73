"""At the door of every request: old sessions end, the right language is spoken, the second factor counts."""

import time
from urllib.parse import urlencode, urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone, translation

from accounts import devices, parking
from accounts.access import PUBLIC
from accounts.models import User

STARTED, SEEN = "session_started", "session_seen"
ENDED, PARKED = "session_ended", "something_parked"
# What the sign-in page tells about the session that is over.
FAREWELL = (ENDED, "session_minutes", "session_hours", "text_kept")
# How often a session writes down that it is in use: once a minute keeps reading pages free of writes.
NOTE_EVERY_SECONDS = 60


class EndIdleSessions:
    """End sessions that were left alone or have lasted too long, and keep what was typed into them.

    The first request after the end is answered as if nobody were signed in. When that request was a form, its text
    is parked for the user whose session it was (`accounts.parking`) and the sign-in page leads back to it. A signed
    cookie remembers whose browser this was, so that this also works when the session row itself is gone (ended from
    another device, or cleaned up).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        owner_id = self._end_if_over(request)
        response = self.get_response(request)
        if response.status_code == 503:
            return response  # the database is away: asking it again would only make this person wait longer
        if request.user.is_authenticated:
            self._note_activity(request, response)
        elif _leads_to_sign_in(response):
            response = self._to_sign_in(request, response, owner_id or devices.owner_of(request).get("user"))
        return response

    def _end_if_over(self, request):
        """Flush a session that is over; returns the key of the user it belonged to."""
        if not request.user.is_authenticated:
            return None
        now, session = time.time(), request.session
        idle = now - session.get(SEEN, now) > settings.SESSION_IDLE_SECONDS
        if not idle and now - session.get(STARTED, now) <= settings.SESSION_ABSOLUTE_SECONDS:
            return None
        owner_id = request.user.pk
        logout(request)
        request.session[ENDED] = "idle" if idle else "long"
        request.session["session_minutes"] = settings.SESSION_IDLE_SECONDS // 60
        request.session["session_hours"] = settings.SESSION_ABSOLUTE_SECONDS // 3600
        return owner_id

    def _note_activity(self, request, response):
        """Write down, at most once a minute, that the session and its user are active."""
        session, now = request.session, time.time()
        if request.method == "POST" and 200 < response.status_code < 400:
            parking.taken(request)
        if STARTED not in session:
            session[STARTED] = now
            for name in FAREWELL:
                session.pop(name, None)
            devices.remember(response, request.user)
            session[PARKED] = parking.waiting_for(request.user).exists()
        if now - session.get(SEEN, 0) >= NOTE_EVERY_SECONDS:
            session[SEEN] = now
            User.objects.filter(pk=request.user.pk).update(last_seen_at=timezone.now())

    def _to_sign_in(self, request, response, owner_id):
        """Park a typed text before leaving for the sign-in page; tell htmx to move the whole page there."""
        location = response["Location"]
        if request.method == "POST" and owner_id and parking.park(request, owner_id):
            request.session[ENDED] = request.session.get(ENDED, "over")
            request.session["text_kept"] = True
            location = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': reverse('accounts:kept')}, safe='/')}"
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": location})
        response["Location"] = location
        return response


def _leads_to_sign_in(response):
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


class SpeakTheUsersLanguage:
    """Answer in the language and the time zone of the user; before sign-in, in those of the browser and the office.

    Django's own locale middleware has already chosen from the cookie and the browser's list; a signed-in user's choice
    goes before both. An unknown value falls back to the default.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        if translation.check_for_language(user.language) and user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        try:
            timezone.activate(user.zone)
        except (KeyError, ValueError):
            timezone.deactivate()
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        response.headers["Content-Language"] = translation.get_language()
        return response


class RequireSecondFactor:
    """Let nobody past the door without the second factor when `SECOND_FACTOR_REQUIRED` is set.

    What counts is the session: it must have passed a second factor, or have been opened with a passkey. A user who has
    none yet sees only the pages for setting one up; one who has is asked for it.
    """

    # Pages a session without its second factor may see.
    ALLOWED = frozenset(
        {
            "account_logout",
            "account_reauthenticate",
            "account_set_password",
            "account_change_password",
            "mfa_index",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "mfa_activate_totp",
            "mfa_add_webauthn",
            "mfa_list_webauthn",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_download_recovery_codes",
        }
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Send a session without its second factor to the page that gives it one."""
        if not settings.SECOND_FACTOR_REQUIRED or not request.user.is_authenticated:
            return None
        open_to_all = getattr(view, "access", None) == PUBLIC
        if open_to_all or request.resolver_match.view_name in self.ALLOWED or passed_second_factor(request):
            return None
        target = reverse(_page_that_asks_for(factors_of(request.user)))
        target += "?" + urlencode({"next": request.get_full_path() if request.method == "GET" else "/"})
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)


def passed_second_factor(request) -> bool:
    """Say whether this session has been opened, or later confirmed, with a second factor. Costs no query."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def factors_of(user) -> set[str]:
    """Return the kinds of second factor the user has set up: "totp" (an application) and "webauthn" (a passkey)."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return set(Authenticator.objects.filter(user=user, type__in=kinds).values_list("type", flat=True))


def _page_that_asks_for(factors):
    if Authenticator.Type.TOTP in factors:
        return "mfa_reauthenticate"
    return "mfa_reauthenticate_webauthn" if factors else "mfa_index"
