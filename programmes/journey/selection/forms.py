"""What people type when they match a candidate and a position."""

from django import forms
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from programmes.base.common.choices import RecordChoice, RecordChoices
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.common.wording import short_day
from programmes.base.rulebook.models import Code
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DEMAND, PositionStatus
from programmes.journey.enrolment.models import Enrolment
from programmes.journey.enrolment.states import Status
from programmes.journey.selection.models import InterviewDay, InterviewPlace
from programmes.journey.selection.states import CANDIDACY, CandidacyStatus

# Positions count to 2,000.
MOST_DIGITS = 4


class DemandChoice(RecordChoice):
    """A demand by its public identifier, shown with employer, dates and how many positions are vacant."""

    def __init__(self, **kwargs):
        super().__init__(
            JobDemand.objects.none(),
            error_messages={"invalid_choice": _("This demand takes no workers any more. Choose another.")},
            **kwargs,
        )

    def label_from_instance(self, demand):
        """`D-2026-0031 · Serres du Val-Clair · 30 Mar – 13 Nov · 2 vacant`."""
        vacant = ngettext("%(count)d vacant", "%(count)d vacant", demand.vacant) % {"count": demand.vacant}
        days = f"{short_day(demand.starts_on)} – {short_day(demand.ends_on)}"
        return f"{demand.number} · {demand.employer.name} · {days} · {vacant}"


class SelectForm(WorkForm):
    """Reserve a position for a candidate. `record` is the case.

    `brings` are the missing things this form itself supplies, so that the case file offers the move.
    """

    brings = frozenset({"position", "dates"})

    demand = DemandChoice(label=_("Demand"), empty_label=_("Choose a demand"))
    named = forms.BooleanField(label=_("The employer asked for this worker by name"), required=False)
    on = DayField(label=_("Selected on"))

    def prepare(self):
        """Demands of the case's season that the user may see; those without a vacancy are offered no more."""
        self.initial.setdefault("on", timezone.localdate())
        visible = JobDemand.objects.visible_to(self.user).filter(
            season=self.record.season_id, status__in=DEMAND.groups["following"]
        )
        counted = (
            visible.select_related("employer")
            .annotate(vacant=Count("places", filter=Q(places__status=PositionStatus.VACANT)))
            .order_by("starts_on", "number")
        )
        field = self.fields["demand"]
        # A demand that fills up while the page is open is refused by the deed, in words that say so.
        field.queryset = counted
        offered = [(str(d.public_id), field.label_from_instance(d)) for d in counted if d.vacant]
        field.choices = [("", field.empty_label), *offered]


class SeatField(forms.TypedChoiceField):
    """A vacant position of a demand by its number; empty: the first one. One that was taken is refused by the deed."""

    def __init__(self, **kwargs):
        super().__init__(label=_("Position"), required=False, coerce=int, empty_value=None, **kwargs)

    def valid_value(self, value):
        """Any number may have been offered when the page was opened."""
        return str(value).isdecimal() and len(str(value)) <= MOST_DIGITS

    def offer(self, demand, person: int):
        """The vacant positions that this person may take, as they are now."""
        vacant = demand.places.takeable_by(person).values_list("number", flat=True)
        numbers = [(str(number), _("Position %(number)s") % {"number": number}) for number in vacant]
        self.choices = [("", _("The one that fits: the worker's own, or the first vacant one")), *numbers]


class ChooseForm(WorkForm):
    """Reserve a position of a demand that is known already. `record` is the case."""

    brings = SelectForm.brings

    position = SeatField()
    named = forms.BooleanField(label=_("The employer asked for this worker by name"), required=False)
    on = DayField(label=_("Selected on"))

    def __init__(self, *args, demand, **kwargs):
        self.demand = demand
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The vacant positions; today, unless it happened before."""
        self.fields["position"].offer(self.demand, self.record.person_id)
        self.initial.setdefault("on", timezone.localdate())

    def offer_the_next(self):
        """After somebody else took the position: the first vacant one is chosen, for whoever sends again."""
        self.fields["position"].offer(self.demand, self.record.person_id)
        _first, *numbers = self.fields["position"].choices
        self._renew("position", numbers[0][0] if numbers else "")


class FindForm(forms.Form):
    """One box: a name or a case number."""

    q = forms.CharField(label=_("Name or case number"), max_length=200)


class ReleaseForm(WorkForm):
    """Give the position back and put the candidate on the roster again. `record` is the case."""

    reason = forms.ChoiceField(label=_("Why the position is given back"))
    on = DayField(label=_("Given back on"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """The reasons in force; today, unless it happened before."""
        self.fields["reason"].choices = Code.objects.choices("release", blank="")
        self.initial.setdefault("on", timezone.localdate())


class OfferForm(WorkForm):
    """The reserved position was offered to the worker. `record` is the case."""

    on = DayField(label=_("Offered on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())


class AcceptForm(WorkForm):
    """The worker accepts the position. `record` is the case."""

    on = DayField(label=_("Accepted on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())


# --- Shortlist ----------------------------------------------------------------------------------------------------


class PutForwardForm(WorkForm):
    """Candidates that were ticked on the page of the roster. `demand` is the one they are put forward for."""

    cases = RecordChoices(
        Enrolment.objects.none(),
        error_messages={
            "required": _("Tick the candidates first."),
            "invalid_choice": _("One of these candidates is not on the roster any more. Open the list again."),
        },
    )

    def __init__(self, *args, demand, **kwargs):
        self.demand = demand
        super().__init__(*args, **kwargs)

    def prepare(self):
        """The roster that the user may see."""
        roster = Enrolment.objects.visible_to(self.user).filter(season=self.demand.season_id, status=Status.ROSTERED)
        self.fields["cases"].queryset = roster


RESULTS = (CandidacyStatus.SELECTED, CandidacyStatus.RESERVE, CandidacyStatus.NOT_SELECTED)


class ResultForm(WorkForm):
    """The result for somebody who was put forward. `record` is the candidacy."""

    result = forms.ChoiceField(label=_("Result"), widget=forms.RadioSelect)
    position = SeatField(help_text=_("Only for “selected”: it is reserved at once."))
    reason = forms.ChoiceField(label=_("Why not selected"), required=False)
    on = DayField(label=_("Decided on"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """The results this candidacy may get, the vacant positions, the reasons in force; today."""
        possible = CANDIDACY.moves[self.record.status]
        self.fields["result"].choices = [(str(r), capfirst(r.label)) for r in RESULTS if r in possible]
        self.fields["position"].offer(self.record.demand, self.record.enrolment.person_id)
        self.fields["reason"].choices = Code.objects.choices("non_selection", blank="")
        self.initial.setdefault("on", timezone.localdate())

    def clean(self):
        """Whoever is not selected is told why: the reason is asked for at its field."""
        cleaned = super().clean()
        if cleaned.get("result") == CandidacyStatus.NOT_SELECTED and not cleaned.get("reason"):
            self.add_error("reason", _("Say why this candidate is not selected."))
        return cleaned


class GiveForm(WorkForm):
    """Give the free position to the proposed worker. `record` is the candidacy."""

    on = DayField(label=_("Selected on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())


# --- Interviews ---------------------------------------------------------------------------------------------------


class InterviewDayForm(WorkForm):
    """A day of interviews for a demand."""

    day = DayField(label=_("Day"))
    channel = forms.ChoiceField(label=_("How"), choices=InterviewDay.Channel.choices)
    place = forms.CharField(label=_("Place"), max_length=150, required=False)
    subdivision = forms.ChoiceField(
        label=_("Department"), required=False, help_text=_("Candidates who live there have points for being near.")
    )
    first_at = forms.TimeField(
        label=_("First interview at"), initial="08:00", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    minutes = forms.IntegerField(label=_("Minutes for each"), initial=20, min_value=5, max_value=480)
    slots = forms.IntegerField(label=_("How many times"), initial=12, min_value=1, max_value=200)
    capacity = forms.IntegerField(label=_("People at each time"), initial=1, min_value=1, max_value=50)

    def prepare(self):
        """The departments."""
        self.fields["subdivision"].choices = Code.objects.choices("subdivision", blank="")

    def clean_day(self):
        """Interviews are planned ahead."""
        day = self.cleaned_data["day"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return day


class TurnChoice(forms.ModelChoiceField):
    """A free turn of an interview day."""

    def label_from_instance(self, place):
        """`12 Mar, 09:20, Chimaltenango`."""
        return ", ".join(
            part for part in (short_day(place.day.day), f"{place.starts_at:%H:%M}", place.day.place) if part
        )


class InviteForm(WorkForm):
    """Give a candidate a turn at the interviews, or take it back. `record` is the candidacy."""

    place = TurnChoice(
        InterviewPlace.objects.none(),
        label=_("Interview"),
        required=False,
        empty_label=_("None"),
        error_messages={"invalid_choice": _("This turn is not there any more. Choose another.")},
    )

    def prepare(self):
        """Every turn of the demand is understood, free ones are offered; a taken one is refused by the deed."""
        places = InterviewPlace.objects.filter(day__demand=self.record.demand_id).select_related("day")
        field = self.fields["place"]
        field.queryset = places
        own = Q(candidacy=self.record) | Q(candidacy__isnull=True, day__day__gte=timezone.localdate())
        offered = places.filter(own).order_by("day__day", "starts_at", "number", "pk")
        field.choices = [("", field.empty_label), *((one.pk, field.label_from_instance(one)) for one in offered)]
        self.initial.setdefault("place", self.record.place_id)
