"""Pages: what happened in my cases, which letters I get, and in the demonstration the mailbox."""

from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Scope, public, requires
from accounts.roles import Permission
from programmes.base.common.context import count_unread_with
from programmes.base.common.deeds import attempt, typed
from programmes.base.common.errors import RuleBroken
from programmes.base.common.pages import keyset
from programmes.base.notifications import actions, digests, letters, sources
from programmes.base.notifications.forms import PreferencesForm
from programmes.base.notifications.kinds import DIGEST, KINDS, Channel
from programmes.base.notifications.models import Letter, MutedCase

# The bell of every page asks this room.
count_unread_with(actions.unread_count)


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def listing(request):
    """My notifications, newest first, grouped by case. Cases I may no longer see are left out."""
    page = keyset(request, Letter.objects.for_list(request.user), order=("-created_at", "-pk"), count=False)
    seen = sources.still_seen([(request.user, row.enrolment_id) for row in page if row.enrolment_id])
    shown = [row for row in page if not row.enrolment_id or (request.user.pk, row.enrolment_id) in seen]
    return render(
        request,
        "base/notifications/list.html",
        {
            "page": page,
            "groups": _by_case(shown),
            "muted": _muted(request, shown),
            "unread_here": any(not row.read_at for row in shown),
        },
    )


def _muted(request, rows) -> set[int]:
    """Which of the cases of these rows the reader has muted."""
    cases = {row.enrolment_id for row in rows if row.enrolment_id}
    mine = MutedCase.objects.filter(user=request.user, enrolment__in=cases).order_by()
    return set(mine.values_list("enrolment", flat=True)) if cases else set()


def _by_case(rows):
    """Groups in the order of their newest letter; what concerns no case stands at the end."""
    first_seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        first_seen.setdefault(row.case_number, place if row.case_number else len(rows))
    ordered = sorted(rows, key=lambda row: first_seen[row.case_number])
    return [(number, list(group)) for number, group in groupby(ordered, key=lambda row: row.case_number)]


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def read(request):
    """Mark one notification, or all of mine, as read."""
    one = request.POST.get("letter", "")
    if one:
        actions.mark_read(request.user, public_ids=[get_object_or_404(_mine(request), public_id=_uuid(one)).public_id])
    else:
        actions.mark_read(request.user)
    return redirect("notifications:list")


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def mute(request):
    """Hear nothing more of the case a notification is about, or of its kind; or hear of the case again.

    The notification stands for both, so that no case is named in the request.
    """
    what, named = request.POST.get("what", ""), request.POST.get("letter", "")
    if not named:
        return HttpResponse(status=400)
    letter = get_object_or_404(_mine(request), public_id=_uuid(named))
    if what == "kind":
        try:
            actions.mute_kind(request.user, letter.kind)
        except RuleBroken as broken:
            messages.error(request, broken.message)
        else:
            messages.success(
                request,
                _("You hear no more of “%(kind)s”. Under “Letters you get” you can change this.")
                % {"kind": letter.about.label},
            )
        return redirect("notifications:list")
    if what not in {"case", "again"} or not letter.enrolment_id:
        return HttpResponse(status=400)
    if not sources.may_still_see(request.user, letter.enrolment_id):
        raise Http404
    if what == "again":
        actions.hear_again(request.user, enrolment_pk=letter.enrolment_id)
        messages.success(request, _("You hear of case %(number)s again.") % {"number": letter.case_number})
    else:
        actions.mute_case(request.user, enrolment_pk=letter.enrolment_id)
        messages.success(
            request,
            _("You hear no more of case %(number)s. Its steps stay on Today and in the digest.")
            % {"number": letter.case_number},
        )
    return redirect("notifications:list")


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def unmute(request, pk):
    """Hear of one of my muted cases again."""
    muted = get_object_or_404(MutedCase.objects.filter(user=request.user), pk=pk)
    actions.hear_again(request.user, enrolment_pk=muted.enrolment_id)
    messages.success(request, _("You hear of this case again."))
    return redirect("notifications:preferences")


def _mine(request):
    return Letter.objects.for_list(request.user)


def _uuid(text):
    try:
        return Letter._meta.get_field("public_id").to_python(text)
    except ValidationError as error:
        raise Http404 from error


@requires(Permission.SELF, scope=Scope.SELF)
def preferences(request):
    """Which letters I get, and how."""
    form = PreferencesForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            form,
            lambda: actions.choose(request.user, channels=form.deed()),
            done=_("Your choice was saved."),
            to="/notifications/preferences/",
        )
        if done:
            return done
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "channels": Channel, "muted": _muted_cases(request)}
    return render(request, "base/notifications/preferences.html", context, status=status)


def _muted_cases(request) -> list[MutedCase]:
    """The cases I muted, newest first, without those I may no longer see."""
    mine = list(MutedCase.objects.filter(user=request.user).select_related("enrolment"))
    seen = sources.still_seen([(request.user, muted.enrolment_id) for muted in mine])
    return [muted for muted in mine if (request.user.pk, muted.enrolment_id) in seen]


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def preview(request):
    """Today's digest exactly as it would be mailed now, as a page of its own."""
    words = digests.preview(request.user, digests.database_now())
    if words is None:
        messages.info(request, _("Nothing is due, overdue or new: no digest would go out."))
        return redirect("notifications:preferences")
    return HttpResponse(letters.for_screen(words.html))


@requires(Permission.SELF, scope=Scope.SELF)
@require_POST
def send_digest(request):
    """Mail me today's digest now, unless today's has gone out already."""
    now = digests.database_now()
    letter = digests.send_now(request.user, now)
    if letter is None:
        messages.info(request, _("Nothing is due, overdue or new: no digest was sent."))
    elif letter.created_at < now:
        messages.info(request, _("Today’s digest was written before. There is one digest a day."))
    else:
        messages.success(request, _("Today’s digest is on its way."))
    return redirect("notifications:preferences")


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def mailbox(request):
    """The demonstration's mailbox: every letter of every invented user, as sent. Does not exist outside the demo."""
    _only_in_demo()
    rows = Letter.objects.exclude(body_text="").select_related("to").defer("body_text", "body_html")
    return render(
        request,
        "base/notifications/mailbox.html",
        {"page": keyset(request, rows, order=("-created_at", "-pk"), count=False)},
    )


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def mailbox_letter(request, public_id):
    """One letter of the demonstration: its head and its text part."""
    _only_in_demo()
    letter = get_object_or_404(Letter.objects.select_related("to"), public_id=public_id)
    head = letters.message_for(letter, address=letters.address_of(letter) or "-").message()
    return render(
        request, "base/notifications/mailbox_letter.html", {"letter": letter, "head": letters.decoded_head(head)}
    )


@requires(Permission.SELF, scope=Scope.SELF)
@require_safe
def mailbox_html(request, public_id):
    """The HTML part of one letter of the demonstration, as a page of its own."""
    _only_in_demo()
    letter = get_object_or_404(Letter, public_id=public_id)
    return HttpResponse(letters.for_screen(letter.body_html))


def _only_in_demo():
    if not settings.DEMO:
        raise Http404


@public
@csrf_exempt  # the mail program presses the button for its reader (RFC 8058): the signed word in the address is the key
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request, token):
    """Switch off one kind of letter from the letter itself: a page that asks, and one POST that does it."""
    found = letters.stopped_by(token)
    if found is None:
        raise Http404
    user, kind = found
    if request.method == "POST":
        actions.stop(user, kind)
    label = _("The daily digest") if kind == DIGEST else KINDS[kind].label
    return render(
        request, "base/notifications/stop.html", {"label": label, "stopped": request.method == "POST", "token": token}
    )
