"""What people type about flight groups."""

from datetime import datetime

from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.places import time_zones
from accounts.roles import Permission, roles_with
from programmes.base.common.choices import RecordChoice, RecordChoices
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code, Programme, Season
from programmes.journey.demand.forms import MoneyField, SeasonChoice
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.reminders import Readers
from programmes.journey.departure.forms import CHOOSE, currency_code
from programmes.journey.departure.models import Trip
from programmes.journey.departure.travel import rules
from programmes.journey.enrolment.forms import ReasonForm
from programmes.journey.enrolment.models import Enrolment


class ClockField(forms.Field):
    """Day and time as they stand on a ticket, without a time zone: ISO only, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value):
        """The day and the time, or how to write them."""
        if value in self.empty_values:
            return None
        try:
            clock = datetime.strptime(str(value).strip().replace(" ", "T")[:16], "%Y-%m-%dT%H:%M")  # noqa: DTZ007 -- a clock
        except ValueError:
            raise ValidationError(
                _("Write day and time as on the ticket, for example 2026-03-29 08:15."), code="invalid"
            ) from None
        if not 1900 <= clock.year <= 2200:
            raise ValidationError(_("The year must lie between 1900 and 2200."), code="range")
        return clock


class ZoneField(forms.CharField):
    """A time zone by its name; the page offers all of them."""

    widget = forms.TextInput(attrs={"list": "zones", "autocomplete": "off"})

    def clean(self, value):
        """A name that is known."""
        value = super().clean(value)
        if value not in time_zones():
            raise ValidationError(
                _("This is no time zone. Choose one of the list, for example America/Guatemala."), code="zone"
            )
        return value


class Times(forms.Form):
    """Departure and arrival on the clocks of their places."""

    departs_at = ClockField(label=_("Departs at, local time"))
    departs_zone = ZoneField(label=_("Time zone of the departure"), max_length=40)
    arrives_at = ClockField(label=_("Arrives at, local time"))
    arrives_zone = ZoneField(label=_("Time zone of the arrival"), max_length=40)

    def clean(self):
        """Turn the clocks into moments; an hour that the clocks jump over is said at its field."""
        cleaned = super().clean()
        for name in ("departs", "arrives"):
            clock, zone = cleaned.get(f"{name}_at"), cleaned.get(f"{name}_zone")
            if clock is None or zone is None:
                cleaned[f"{name}_at"] = None
                continue
            cleaned[f"{name}_at"] = found = rules.moment(clock, zone)
            if found is None:
                self.add_error(
                    f"{name}_at", _("The clocks are put forward there that night: this hour does not exist.")
                )
        departs, arrives = cleaned.get("departs_at"), cleaned.get("arrives_at")
        if departs and arrives and arrives <= departs:
            self.add_error("arrives_at", _("The arrival lies before the departure."))
        return cleaned


class LegForm(Times, WorkForm):
    """One leg. `record` is the group when a leg is added."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60)
    flight = forms.CharField(label=_("Flight or service"), max_length=20)
    origin = forms.CharField(label=_("Leaves from"), max_length=60)
    destination = forms.CharField(label=_("Arrives in"), max_length=60)
    field_order = [
        "key", "version", "carrier", "flight", "origin", "departs_at", "departs_zone", "destination", "arrives_at",
        "arrives_zone",
    ]  # fmt: skip


class GroupForm(LegForm):
    """A new group with its first leg."""

    season = SeasonChoice(Season.objects.none(), label=_("Programme and season"), empty_label="")
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For example “Montréal, 29 March”."))
    staff = forms.CharField(label=_("Who of the staff travels along"), max_length=150, required=False)
    field_order = ["key", "season", "name", "staff", *LegForm.field_order[2:]]

    def prepare(self):
        """Seasons of the programmes in which the user works on cases."""
        programmes = Programme.objects.reachable_by(self.user, Permission.CASE_EDIT)
        seasons = Season.objects.filter(active=True, programme__in=programmes.values("pk"))
        self.fields["season"].queryset = seasons.select_related("programme").order_by("programme__code", "-starts_on")
        self.initial.setdefault("departs_zone", self.user.time_zone)


class ChangeForm(WorkForm):
    """What the group, the `record`, is called, and who of the staff goes along."""

    name = forms.CharField(label=_("Name"), max_length=80)
    leader = RecordChoice(
        User.objects.none(), label=_("Leader from the staff"), required=False, empty_label=_("None: a worker leads"),
        help_text=_("Whoever is chosen leads the group instead of a worker."),
    )  # fmt: skip
    staff = forms.CharField(label=_("Who else of the staff travels along"), max_length=150, required=False)

    def prepare(self):
        """Those who may see the group; what is known of it."""
        known = Readers(*roles_with(Permission.CASE_MATCH)).of(self.record.season.programme)
        users = User.objects.filter(pk__in=[user.pk for user in known]) | User.objects.filter(pk=self.record.leader_id)
        self.fields["leader"].queryset = users.order_by("full_name", "pk")
        for name in ("name", "staff"):
            self.initial.setdefault(name, getattr(self.record, name))
        self.initial.setdefault("leader", self.record.leader and self.record.leader.public_id)


class CallOffForm(WorkForm):
    """Why the group, the `record`, is called off."""

    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, help_text=_("It stands in the diary of each case.")
    )

    def prepare(self):
        """The reasons in force."""
        self.fields["reason"].choices = Code.objects.choices("flight_called_off", blank="")


class DelayForm(Times, WorkForm):
    """New times of a leg, the `record`; its places stay."""

    why = forms.CharField(label=_("Why"), max_length=300, required=False)

    def prepare(self):
        """The times so far."""
        leg = self.record
        for name in ("departs_zone", "arrives_zone"):
            del self.fields[name]
            self.initial[name] = getattr(leg, name)
        self.initial.setdefault("departs_at", leg.departs_there.replace(tzinfo=None))
        self.initial.setdefault("arrives_at", leg.arrives_there.replace(tzinfo=None))

    def clean(self):
        """On the clocks of the places of the leg."""
        self.cleaned_data |= {name: getattr(self.record, name) for name in ("departs_zone", "arrives_zone")}
        return super().clean()

    def deed(self):
        """The times; the zones only helped to read them."""
        return {name: value for name, value in super().deed().items() if not name.endswith("_zone")}


class DemandChoice(RecordChoice):
    """A demand by its number and employer."""

    def label_from_instance(self, demand):
        """Employer and number."""
        return f"{demand.employer.name} · {demand.number}"


class ChooseDemandForm(forms.Form):
    """Whose workers are put into the group; asked by GET before they are ticked."""

    demand = DemandChoice(JobDemand.objects.none(), label=_("Demand"), empty_label="")

    def __init__(self, *args, user, group, **kwargs):
        super().__init__(*args, **kwargs)
        demands = JobDemand.objects.visible_to(user).filter(season=group.season_id)
        self.fields["demand"].queryset = demands.select_related("employer").order_by("employer__name", "number")


class PaidFor(forms.Form):
    """Who pays for the seats, and what one costs."""

    paid_by = forms.ChoiceField(label=_("Paid by"), choices=[("", CHOOSE), *Trip.Payer.choices])
    cost = MoneyField(label=_("Cost of one seat"), max_digits=10, decimal_places=2, min_value=0, required=False)
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("Three letters, for example CAD.")
    )

    def clean_currency(self):
        """Three letters, in capitals."""
        return currency_code(self.cleaned_data["currency"])

    def clean(self):
        """An amount has its currency."""
        cleaned = super().clean()
        if cleaned.get("cost") is not None and not cleaned.get("currency"):
            self.add_error("currency", _("Give the cost with its currency."))
        return cleaned


class JoinForm(PaidFor, WorkForm):
    """Workers who get a seat, and who pays for it. `offered` are the cases on the page."""

    cases = RecordChoices(
        Enrolment.objects.none(),
        error_messages={
            "required": _("Tick the workers first."),
            "invalid_choice": _("One of these workers cannot get a seat any more. Open the page again."),
        },
    )

    def __init__(self, *args, offered, **kwargs):
        self.offered = offered
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Those whom the page offers."""
        self.fields["cases"].queryset = self.offered

    def layout(self):
        """The ticks stand in the table above."""
        return Layout("key", "paid_by", "cost", "currency")


class TicketsForm(WorkForm):
    """A ticket number for each seat. `seats` are the trips on the page."""

    def __init__(self, *args, seats, **kwargs):
        self.seats = {f"ticket-{trip.public_id}": trip for trip in seats}
        super().__init__(*args, **kwargs)

    def prepare(self):
        """A field for each seat, with the worker's name."""
        for name, trip in self.seats.items():
            self.fields[name] = forms.CharField(
                label=trip.enrolment.person.full_name, max_length=40, required=False, initial=trip.ticket_number,
                help_text=trip.enrolment.number,
            )  # fmt: skip

    def clean(self):
        """Two workers do not travel on one ticket."""
        cleaned = super().clean()
        seen: dict[str, str] = {}
        for name, trip in self.seats.items():
            number = cleaned.get(name)
            if number and number in seen:
                self.add_error(
                    name, _("%(name)s has the same ticket number.") % {"name": self.fields[seen[number]].label}
                )
            elif number:
                seen[number] = name
            elif trip.ticket_number and name in cleaned:
                self.add_error(name, _("A ticket number is replaced, not taken away. Cancel the trip instead."))
        return cleaned

    def deed(self):
        """The numbers that were typed, by key of the trip."""
        typed = {trip.pk: self.cleaned_data.get(name) for name, trip in self.seats.items()}
        return {"numbers": {key: number for key, number in typed.items() if number}}


class LeaveForm(WorkForm):
    """The group departs. `offered` are the cases with a seat that have not left."""

    cases = RecordChoices(
        Enrolment.objects.none(),
        error_messages={
            "required": _("Tick the workers who left."),
            "invalid_choice": _("One of these workers has no seat any more, or has left. Open the page again."),
        },
    )
    on = DayField(label=_("Departed on"))

    def __init__(self, *args, offered, **kwargs):
        self.offered = offered
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Those with a seat; the day of the flight, or today before it."""
        self.fields["cases"].queryset = self.offered
        self.initial.setdefault("on", min(self.record.first_day, timezone.localdate()))

    def layout(self):
        """The ticks stand in the table above."""
        return Layout("key", "version", "on")


class NoShowForm(ReasonForm):
    """The worker did not come to the flight."""

    code_list = "no_show"
