"""The component gallery: each part of a page in all its states, for developers and for the browser tests.

Demo and test mode only; it shows invented data, asks the database nothing, and does nothing when sent.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.access import public
from programmes.base.common.dates import DayMonthYearField
from programmes.base.common.errors import Missing
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.common.pages import Page, page_or_part


@dataclass(frozen=True)
class Sample:
    """Something with a state, as any record has."""

    status_tone: str
    word: str

    def get_status_display(self) -> str:
        """The state in words."""
        return self.word


class SampleForm(WorkForm):
    """One of each control."""

    name = forms.CharField(label=gettext_lazy("First name"), max_length=80)
    more_names = forms.CharField(label=gettext_lazy("Other names"), required=False)
    born_on = DayMonthYearField(
        label=gettext_lazy("Date of birth"), help_text=gettext_lazy("For example 7 3 1994."), past_only=True
    )
    travels_on = DayField(label=gettext_lazy("Day of travel"), required=False)
    phone = forms.CharField(label=gettext_lazy("Telephone"), help_text=gettext_lazy("One that somebody answers"))
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[
            ("", gettext_lazy("Choose a reason")),
            ("family", gettext_lazy("Family")),
            ("work", gettext_lazy("Work")),
        ],
    )
    speaks = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("es", "Español"), ("kek", "Q’eqchi’")],
    )
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"),
        widget=forms.RadioSelect,
        choices=[("f", gettext_lazy("Woman")), ("m", gettext_lazy("Man"))],
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, widget=forms.Textarea({"rows": 3}))
    agreed = forms.BooleanField(label=gettext_lazy("The person agreed"))


class SampleFilter(forms.Form):
    """Filters as a list has them."""

    status = forms.MultipleChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("documents", gettext_lazy("In documentation")), ("ready", gettext_lazy("Ready to travel"))],
    )
    office = forms.ChoiceField(
        label=gettext_lazy("Office"), required=False, choices=[("", gettext_lazy("All")), ("c", "Cobán")]
    )


def _work(today: dt.date) -> list[dict[str, Any]]:
    def row(days: int, do: str, name: str, number: str, why: str, action: str) -> dict[str, Any]:
        return {
            "due_on": today + dt.timedelta(days=days),
            "do": do,
            "name": name,
            "href": "#next",
            "number": number,
            "why": why,
            "action": action,
            "action_href": "#form",
            "snooze_href": "#form",
            "more": [{"label": _("Hand over"), "href": "#form"}],
        }

    return [
        {
            "tone": "problem",
            "icon_name": "warn",
            "label": _("Overdue"),
            "rows": [
                row(
                    -2,
                    _("Repeat the medical exam"),
                    "Yesenia Marroquín Paz",
                    "GT-2026-00352",
                    _("Temporarily unfit; repeat after 14 days."),
                    _("Book"),
                ),
                row(
                    -1,
                    _("Call: arrival not confirmed"),
                    "Domingo Cac Ical",
                    "GT-2026-00377",
                    _("Left and nobody confirms. After 48 hours it goes to Ana Beltrán."),
                    _("Record a call"),
                ),
            ],
        },
        {
            "tone": "",
            "icon_name": "today",
            "label": _("Today"),
            "rows": [
                row(
                    0,
                    _("Complete contract and orientation"),
                    "María Tzoc Caal",
                    "GT-2026-00418",
                    _("Flies in 11 days. The employer has not signed yet."),
                    _("See what is missing"),
                ),
            ],
        },
        {
            "tone": "",
            "icon_name": "open",
            "label": _("This week"),
            "rows": [
                row(
                    4,
                    _("Ask for the police certificate"),
                    "Víctor Hugo Ba Choc",
                    "GT-2026-00447",
                    _("It is the only document missing."),
                    _("Ask"),
                ),
            ],
        },
    ]


def _tasks(today: dt.date) -> list[dict[str, Any]]:
    day = dt.timedelta(days=1)
    return [
        {
            "id": "t1",
            "tone": "active",
            "state": _("Started"),
            "title": _("Contract signed by both sides"),
            "note": _("María has signed; the employer has not."),
            "waits_for": "employer",
            "due_on": today + 4 * day,
            "href": "#form",
            "do": _("Remind"),
        },
        {
            "id": "t2",
            "tone": "neutral",
            "state": _("Not started"),
            "title": _("Pre-departure orientation"),
            "waits_for": "us",
            "due_on": today - 2 * day,
            "href": "#form",
            "do": _("Book"),
        },
        {
            "tone": "waiting",
            "state": _("Waiting"),
            "title": _("Visa"),
            "waits_for": "consulate",
            "href": "#form",
            "do": _("Write down"),
        },
        {
            "tone": "problem",
            "state": _("Refused"),
            "title": _("Medical fitness"),
            "note": _("Temporarily unfit"),
            "href": "#form",
            "do": _("Book"),
        },
        {
            "tone": "done",
            "state": _("Done"),
            "title": _("Passport"),
            "note": _("Valid until 14 January 2031"),
            "done_on": today - 9 * day,
            "href": "#form",
            "do": _("See"),
        },
        {"tone": "dash", "state": _("Not needed"), "title": _("Police certificate"), "done_on": today - 10 * day},
    ]


@public
@require_http_methods(["GET", "HEAD", "POST"])
def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component; `?refused=1` shows the form as it comes back with errors, 404 in production."""
    if not (settings.DEMO or settings.TEST):
        raise Http404
    now = timezone.now()
    today = timezone.localdate()
    refused = "refused" in request.GET
    if "toast" in request.GET:
        messages.success(request, _("Put off until 16 March"))
    typed = {"name": "Catarina", "born_on_0": "3", "born_on_1": "7", "born_on_2": "94", "phone": "", "key": "x"}
    missing = [
        Missing(
            "contract",
            _("The employer’s signature on the contract"),
            "#t1",
            "employer",
            today + dt.timedelta(days=4),
            _("Sent on 9 March to Serres du Val-Clair; one reminder since."),
        ),
        Missing("orientation", _("Pre-departure orientation"), "#t2", "us", today - dt.timedelta(days=2)),
    ]
    context = {
        "form": SampleForm(typed if refused else None, user=request.user),
        "filter_form": SampleFilter(request.GET),
        "missing": missing,
        "stages": [
            {"label": _("Registration"), "state": "was"},
            {"label": _("Roster"), "state": "was"},
            {"label": _("Documents"), "state": "now"},
            {"label": _("Travel"), "state": ""},
            {"label": _("Placement"), "state": ""},
            {"label": _("Return"), "state": ""},
        ],
        "sections": [
            {"label": _("Overview"), "href": "#next", "current": True},
            {"label": _("Documents"), "href": "#tasks", "count": 7},
            {"label": _("Overdue"), "href": "#list", "count": 5, "late": True},
        ],
        "band": {
            "label": _("Case"),
            "name": "María Tzoc Caal",
            "number": "GT-2026-00418",
            "short": _("In documentation"),
            "line": "34 · Guatemala · q’eqchi’, español · +502 5555 0142",
            "face": True,
            "phone": "+50255550142",
            "write": "#form",
            "next_href": "#next",
            "next_label": _("2 missing to travel"),
            "cells": [
                {"label": "Canadá 2026", "value": "Serres du Val-Clair", "lang": "fr", "opt": True},
                {"label": _("For %(span)s") % {"span": _("12 days")}, "value": _("In documentation")},
                {"label": _("Owner"), "value": "Carla Méndez", "opt": True},
            ],
        },
        "others": [{"label": _("Visa refused"), "href": "#form"}, {"label": _("Back to the roster"), "href": "#form"}],
        "tasks": _tasks(today),
        "groups": _work(today),
        "entries": [
            {
                "at": now - dt.timedelta(hours=3),
                "icon_name": "msg",
                "text": _("Carla Méndez reminded the employer. No answer."),
            },
            {
                "at": now - dt.timedelta(hours=5),
                "icon_name": "phone",
                "text": _("María called."),
                "note": _("Asks whether her sister may come to the family session."),
            },
            {
                "at": now - dt.timedelta(days=2),
                "icon_name": "doc",
                "text": _("Óscar Barrios added the ticket."),
                "before": "24 mar",
            },
            {
                "at": now - dt.timedelta(days=2, hours=2),
                "icon_name": "lock",
                "sensitive": True,
                "text": _("An entry kept for protection."),
            },
        ],
        "facts": [
            {"label": _("Flight"), "value": "GUA 06:15 → YUL 15:40"},
            {"label": _("Employer"), "value": "Serres du Val-Clair", "lang": "fr", "href": "#form"},
            {"label": _("Passport"), "value": _("ends too early"), "late": True},
            {"label": _("Received by"), "value": ""},
        ],
        "chips": [{"label": _("Late or due this week"), "href": "#list"}, {"label": "Alta Verapaz", "href": "#list"}],
        "page": Page(rows=[1] * 4, count=1234, after="a", before="b"),
        "cases": [
            (
                "Yesenia Marroquín Paz",
                "GT-2026-00352",
                Sample("problem", _("Temporarily unfit")),
                today - dt.timedelta(days=2),
                4,
            ),
            ("María Tzoc Caal", "GT-2026-00418", Sample("active", _("In documentation")), today, 5),
            (
                "Elvira Pop Max",
                "GT-2026-00402",
                Sample("waiting", _("Waiting: consulate")),
                today + dt.timedelta(days=4),
                6,
            ),
            (
                "Rosa Elena Quej Coy",
                "GT-2026-00369",
                Sample("done", _("On placement")),
                today + dt.timedelta(days=70),
                7,
            ),
        ],
        "samples": [
            Sample(tone, _("In documentation")) for tone in ("neutral", "active", "waiting", "done", "problem", "dash")
        ],
        "evidence": [
            {"sign": "same", "text": _("Same telephone")},
            {"sign": "alike", "text": _("A name that sounds the same")},
            {"sign": "different", "text": _("Another municipality: Cobán")},
        ],
        "conflict": {
            "by": "Nuria Sacalxot",
            "at": now - dt.timedelta(minutes=2),
            "reload": "#form",
            "rows": [
                {"label": _("Telephone"), "mine": "+502 5555 0142", "theirs": "+502 5555 0198", "changed": True},
                {"label": _("Community"), "mine": "San Pedro Carchá", "theirs": "San Pedro Carchá", "changed": False},
            ],
        },
        "amounts": [("Guatemala → Canada", 612, 548), ("Colombia → España", 381, 402), ("Guatemala → España", 96, 40)],
    }
    return page_or_part(request, "components/gallery.html", "part", context, status=422 if refused else 200)
