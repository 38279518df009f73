"""How the case list is narrowed: by address, so that a list can be kept, shared and printed."""

from datetime import timedelta
from typing import ClassVar

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Office, User
from accounts.roles import Permission
from programmes.base.common.choices import is_identifier
from programmes.base.common.forms import DayField, NearDate
from programmes.base.lists.filters import ListFilter
from programmes.base.lists.listing import View
from programmes.base.rulebook import codes
from programmes.base.rulebook.models import Programme, Season, translated
from programmes.desk.worklist.columns import CONTACTED
from programmes.journey.departure.models import Document
from programmes.journey.departure.readiness.rules import PREPARED
from programmes.journey.departure.states import DOCUMENT
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import OPEN, STAGES, Status

# Colleagues that fit a box to choose from; an office narrows them.
MOST_OWNERS = 60
# Seasons older than this are offered once their programme is chosen.
RECENT_DAYS = 400


class DayFilter(filters.DateFilter):
    """A day in ISO form; anything else is said beside the filter."""

    field_class = DayField


class FewChoices(filters.fields.ChoiceField):
    """A choice of which the page shows only some, though all are valid."""

    def offer(self, codes_: set[str]) -> None:
        """Show only these, and what is chosen."""
        self.widget.choices = [pair for pair in self.choices if pair[0] == "" or pair[0] in codes_]


class FewChoicesFilter(filters.ChoiceFilter):
    """A filter by one of many."""

    field_class = FewChoices


class Folded(forms.CheckboxSelectMultiple):
    """Boxes to tick that stay folded until one of them is ticked."""

    folded = True


def _with_openness(queryset, statuses):
    """Cases in these states; that all of them are open, or none, leads PostgreSQL to the smaller index."""
    found = queryset.filter(status__in=sorted(statuses))
    open_ones = set(statuses) & OPEN
    return found.filter(is_open=bool(open_ones)) if len(open_ones) in {0, len(set(statuses))} else found


class CaseFilter(ListFilter):
    """Filters of the case list. Only fields without personal data: names are searched by POST."""

    status = filters.MultipleChoiceFilter(
        label=gettext_lazy("State"), choices=Status, method="in_status", widget=Folded
    )
    stage = filters.ChoiceFilter(
        label=gettext_lazy("Stage"),
        choices=[(code, label) for code, label, _states in STAGES],
        method="in_stage",
        empty_label=gettext_lazy("All"),
    )
    late = filters.BooleanFilter(label=gettext_lazy("Only late ones"), method="only_late", widget=forms.CheckboxInput)
    nobody = filters.BooleanFilter(
        label=gettext_lazy("Only without owner"), method="only_nobodys", widget=forms.CheckboxInput
    )
    owner = filters.ChoiceFilter(label=gettext_lazy("Owner"), method="of_owner", empty_label=gettext_lazy("All"))
    tag = filters.MultipleChoiceFilter(label=gettext_lazy("Tags"), method="with_tag", widget=Folded)
    programme = filters.ChoiceFilter(label=gettext_lazy("Programme"), empty_label=gettext_lazy("All"))
    season = FewChoicesFilter(label=gettext_lazy("Season"), empty_label=gettext_lazy("All"))
    office = filters.ChoiceFilter(label=gettext_lazy("Office"), empty_label=gettext_lazy("All"))
    destination = filters.ChoiceFilter(
        label=gettext_lazy("Office of destination"), field_name="destination_office", empty_label=gettext_lazy("All")
    )
    travel = filters.ChoiceFilter(
        label=gettext_lazy("Readiness"),
        choices=[("can", gettext_lazy("Can travel")), ("cannot", gettext_lazy("Cannot travel yet"))],
        method="who_can_travel",
        empty_label=gettext_lazy("All"),
    )
    papers = filters.ChoiceFilter(
        label=gettext_lazy("Documents for the journey"),
        choices=[
            ("either", gettext_lazy("Missing or expiring")),
            ("missing", gettext_lazy("Missing")),
            ("expiring", gettext_lazy("Expiring too early")),
        ],
        method="with_papers",
        empty_label=gettext_lazy("All"),
    )
    department = filters.ChoiceFilter(
        label=gettext_lazy("Department"), field_name="person__subdivision", empty_label=gettext_lazy("All")
    )
    due_from = DayFilter(label=gettext_lazy("Due from"), field_name="next_due_on", lookup_expr="gte", widget=NearDate())
    due_to = DayFilter(label=gettext_lazy("Due until"), field_name="next_due_on", lookup_expr="lte", widget=NearDate())
    quiet_since = DayFilter(label=gettext_lazy("No contact since"), method="without_contact", widget=NearDate())
    expires_before = DayFilter(label=gettext_lazy("Document expires before"), method="expiring", widget=NearDate())

    NEEDS: ClassVar = {
        "travel": Permission.CASE_MATCH,
        "papers": Permission.DOCUMENT_VIEW,
        "department": Permission.PERSON_VIEW,
        "quiet_since": Permission.PERSON_VIEW,
        "tag": Permission.PERSON_VIEW,
        "expires_before": Permission.DOCUMENT_VIEW,
    }

    class Meta:
        model = Enrolment
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        furniture = self.furniture
        names = {key: translated(more["names"], words) for key, words, more in furniture.rows.get("programme", [])}
        seasons = furniture.rows.get("season", [])
        self.choose("programme", sorted(names.items(), key=lambda pair: pair[1]))
        self.choose(
            "season", [(key, f"{names.get(str(more['programme']), '')} {words}") for key, words, more in seasons]
        )
        self.choose("office", furniture.choices("office"))
        self.choose("destination", furniture.choices("destination"))
        if "owner" in self.filters:
            self.choose("owner", self._owners())
        self.choose("tag", list(codes.labels_of("case_tag").items()))
        self.choose("department", list(codes.labels_of("subdivision").items()))

    def _owners(self):
        known = self.furniture.choices("owner")
        asked = (self.data or {}).get("owner", "")
        if len(known) >= MOST_OWNERS:
            self.filters["owner"].extra["help_text"] = _(
                "The first %(n)d colleagues. Choose an office to see its own."
            ) % {"n": MOST_OWNERS}
            if is_identifier(asked) and asked not in dict(known):
                known += list(
                    colleagues(self.furniture.user)
                    .filter(public_id=asked)
                    .values_list(Cast("public_id", TextField()), "full_name")
                )
        return known

    @property
    def form(self):
        """The form, with no more seasons than a person can look through."""
        form = super().form
        if "season" not in form.fields:
            return form
        data = self.data or {}
        recent = str(timezone.localdate() - timedelta(days=RECENT_DAYS))
        programme = data.get("programme")
        form.fields["season"].offer(
            {
                key
                for key, _words, more in self.furniture.rows.get("season", [])
                if key == data.get("season")
                or (str(more["programme"]) == programme if programme else more["from"] >= recent)
            }
        )
        return form

    def in_status(self, queryset, name, value):
        """Cases in one of the states."""
        if not value:
            return queryset
        self.narrow("status", value)
        return _with_openness(queryset, value)

    def in_stage(self, queryset, name, value):
        """Cases whose state belongs to the stage of life."""
        states = next(states for code, _label, states in STAGES if code == value)
        self.narrow("status", states)
        return _with_openness(queryset, states)

    def only_late(self, queryset, name, value):
        """Cases whose next step should have been done before today."""
        return queryset.filter(next_due_on__lt=timezone.localdate(), is_open=True) if value else queryset

    def only_nobodys(self, queryset, name, value):
        """Open cases nobody answers for."""
        return queryset.filter(owner__isnull=True, is_open=True) if value else queryset

    def of_owner(self, queryset, name, value):
        """Cases this colleague answers for."""
        return queryset.filter(owner__public_id=value)

    def with_tag(self, queryset, name, value):
        """Cases with one of the tags."""
        return queryset.filter(tags__overlap=value) if value else queryset

    def without_contact(self, queryset, name, value):
        """Open cases whose worker nobody has spoken with since before that day, counted from the registration."""
        return queryset.filter(is_open=True).alias(heard=CONTACTED).filter(heard__lt=value)

    def who_can_travel(self, queryset, name, value):
        """Cases in which travel is prepared, by whether the worker could leave now."""
        return queryset.filter(status__in=PREPARED, is_open=True, readiness__ready=value == "can")

    def with_papers(self, queryset, name, value):
        """Cases in which travel is prepared and a paper is missing, or ends before it is needed no more."""
        missing, expiring = Q(readiness__papers__gt=0), Q(readiness__expires_on__isnull=False)
        asked = {"missing": missing, "expiring": expiring, "either": missing | expiring}[value]
        return queryset.filter(asked, status__in=PREPARED, is_open=True)

    def expiring(self, queryset, name, value):
        """Open cases of people with a valid document that ends before that day."""
        papers = Document.objects.filter(
            person=OuterRef("person"), status__in=sorted(DOCUMENT.groups["good"]), expires_on__lt=value
        )
        return queryset.filter(Exists(papers), is_open=True)

    def said(self) -> str:
        """What is wrong with two limits that contradict each other; empty when nothing is."""
        data = self.form.cleaned_data if self.form.is_valid() else {}
        if data.get("due_from") and data.get("due_to") and data["due_to"] < data["due_from"]:
            return str(_("“Due until” lies before “due from”: nothing can match."))
        return ""


def _reached(user) -> set[int]:
    return {pk for reach in user.reach(Permission.CASE_VIEW) for pk in reach.office_ids}


def colleagues(user):
    """Whoever works on cases in the offices that this user sees, whether still active or not."""
    working = Membership.objects.filter(
        user=OuterRef("pk"), office__in=_reached(user), role__in=["caseworker", "manager", "liaison"]
    )
    return User.objects.filter(Q(Exists(working)) | Q(pk=user.pk))


def furniture(user, data, names) -> list:
    """What these filters choose from, as rows of (kind, key, words, more): page.py reads all of it in one statement."""
    # A season is told by its programme.
    needed = names | {"programme"} if "season" in names else names
    return [rows(user, data) for name, rows in CHOSEN_FROM.items() if name in needed]


_KEY, _NOTHING = Cast("pk", TextField()), Value("")


def _programmes(user):
    return Programme.objects.reachable_by(user, Permission.CASE_VIEW).order_by()


def _offices_to_choose(user, data):
    offices = Office.objects.filter(pk__in=_reached(user)).order_by()
    return offices.values_list(Value("office"), _KEY, "name", _NOTHING)


def _destinations_to_choose(user, data):
    receiving = Q(receiving_programmes__in=_programmes(user).values("pk"))
    offices = Office.objects.filter(Q(pk__in=_reached(user)) | receiving).distinct().order_by()
    return offices.values_list(Value("destination"), _KEY, "name", _NOTHING)


def _programmes_to_choose(user, data):
    names = Cast(JSONObject(names="names"), TextField())
    return _programmes(user).values_list(Value("programme"), _KEY, Cast("code", TextField()), names)


def _seasons_to_choose(user, data):
    more = Cast(JSONObject(programme="programme_id", **{"from": "starts_on"}), TextField())
    seasons = Season.objects.filter(programme__in=_programmes(user).values("pk")).order_by()
    return seasons.values_list(Value("season"), _KEY, "code", more)


def _owners_to_choose(user, data):
    owners = colleagues(user)
    office = data.get("office", "") if data else ""
    if office.isascii() and office.isdigit() and len(office) < 18:
        owners = owners.filter(memberships__office=int(office)).distinct()
    key = Cast("public_id", TextField())
    return owners.order_by("full_name").values_list(Value("owner"), key, "full_name", _NOTHING)[:MOST_OWNERS]


CHOSEN_FROM = {
    "office": _offices_to_choose,
    "destination": _destinations_to_choose,
    "programme": _programmes_to_choose,
    "season": _seasons_to_choose,
    "owner": _owners_to_choose,
}


def _works(user) -> bool:
    return user.may(Permission.CASE_EDIT)


VIEWS: dict[str, View] = {
    "mine": View(gettext_lazy("My cases"), lambda cases, user: cases.open().owned_by(user), _works),
    "open": View(gettext_lazy("All open"), lambda cases, user: cases.open()),
    "ready": View(
        gettext_lazy("Ready to travel"), lambda cases, user: cases.filter(status=Status.READY_TO_TRAVEL, is_open=True)
    ),
    "overdue": View(
        gettext_lazy("Return overdue"),
        lambda cases, user: _with_openness(cases, {Status.RETURN_OVERDUE, Status.WHEREABOUTS_UNKNOWN}),
    ),
    "all": View(gettext_lazy("All"), lambda cases, user: cases),
}


def start(user) -> str:
    """The tab that opens for this user: one's own cases for whoever works on cases."""
    return "mine" if _works(user) else "open"
