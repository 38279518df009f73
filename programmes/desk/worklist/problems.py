"""A problem that somebody reports: the words they type, the page, the time and the request's number, to administrators.

Nothing else is added: no picture of the page, nothing that stood on it. A page's address names a record by its public
identifier alone, and what follows a question mark is cut off.
"""

import re
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, User
from accounts.roles import Role
from programmes.base.common.errors import RuleBroken
from programmes.base.common.forms import WorkForm
from programmes.base.notifications import actions as notifications
from programmes.base.notifications.kinds import PROBLEM_REPORTED

LONGEST_PAGE = 200
_PAGE = re.compile(r"/(?!/)[\w\-./]*")
_REQUEST = re.compile(r"[0-9a-f-]{1,36}")


def page_of(typed: str) -> str:
    """The address of one of our pages without what follows its path; "" when it is none."""
    found = _PAGE.match(typed[:LONGEST_PAGE])
    return found.group() if found else ""


def request_of(typed: str) -> str:
    """The number of a request; "" when it is none."""
    return typed if _REQUEST.fullmatch(typed) else ""


def origin(request) -> str:
    """Page and request number that came along in the address, as the query of the next one; "" when none came."""
    known = {"page": page_of(request.GET.get("page", "")), "id": request_of(request.GET.get("id", ""))}
    return urlencode({name: value for name, value in known.items() if value})


class ProblemForm(WorkForm):
    """What went wrong, in the reporter's words. Page and number come with the address and are shown before sending."""

    page = forms.CharField(label=gettext_lazy("Page"), max_length=LONGEST_PAGE, required=False)
    request = forms.CharField(label=gettext_lazy("Number of the request"), max_length=36, required=False)
    words = forms.CharField(
        label=gettext_lazy("What happened?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("What did you do, what did you expect? Do not write names or numbers of people."),
    )

    def clean_page(self):
        """The path alone."""
        return page_of(self.cleaned_data["page"])

    def clean_request(self):
        """The number alone."""
        return request_of(self.cleaned_data["request"])


@transaction.atomic
def report(*, by: User, key: object, page: str, request: str, words: str) -> str:
    """Write to everybody who administers the system now; return the address to go on to.

    Effects: one letter to each administrator, once for each `key`. Raises RuleBroken when nobody administers it.
    """
    held = Membership.objects.filter(role=Role.ADMINISTRATOR).around(timezone.now()).select_related("user")
    readers = {row.user for row in held.filter(user__is_active=True)}
    if not readers:
        raise RuleBroken(_("Nobody administers this system at the moment. Tell the manager of your programme."))
    at = timezone.now().astimezone(timezone.get_fixed_timezone(0)).strftime("%Y-%m-%d %H:%M UTC")
    for reader in readers:
        notifications.queue(
            key=f"problem:{key}:{reader.pk}",
            to=reader,
            kind=PROBLEM_REPORTED,
            context={"who": by.full_name, "page": page, "at": at, "request": request, "words": words},
        )
    return page or reverse("worklist:help")
