"""What people type about training sessions."""

import re
from datetime import datetime

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.common.choices import RecordChoice, RecordChoices
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.common.wording import and_list, number
from programmes.base.papers.models import LetterTemplate
from programmes.base.papers.words import languages
from programmes.base.rulebook.models import Code, Programme, Season
from programmes.journey.demand.forms import SeasonChoice
from programmes.journey.departure.letter_forms import IssueForm
from programmes.journey.departure.training.actions import points
from programmes.journey.departure.training.models import MOST_PLACES
from programmes.journey.departure.travel.rules import moment
from programmes.journey.enrolment.models import Enrolment

CERTIFICATE = "orientation_certificate"


class HourField(forms.TimeField):
    """An hour of the day, as clocks show it."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs):
        kwargs.setdefault("input_formats", ["%H:%M", "%H:%M:%S"])
        kwargs.setdefault("error_messages", {"invalid": _("Write the hour in 24 hours, for example 08:30.")})
        super().__init__(**kwargs)


class SessionForm(WorkForm):
    """A session. `record` is the session that is changed; its programme and season stay."""

    programme = RecordChoice(Programme.objects.none(), label=_("Programme"), empty_label="")
    season = SeasonChoice(
        Season.objects.none(), label=_("Season"), required=False, empty_label=_("Any season"),
        help_text=_("Only when the session is for workers of this season."),
    )  # fmt: skip
    title = forms.CharField(label=_("Title"), max_length=120, help_text=_("For example “Orientation, Chimaltenango”."))
    office = RecordChoice(
        Office.objects.none(), label=_("Office"), empty_label="", help_text=_("The hour is on its clock.")
    )
    place = forms.CharField(label=_("Place"), max_length=150, required=False, help_text=_("Empty: at the office."))
    day = DayField(label=_("Day"))
    begins = HourField(label=_("Begins at"))
    hours = forms.DecimalField(label=_("Hours"), max_digits=4, decimal_places=1, min_value=0.5, max_value=100)
    places = forms.IntegerField(label=_("Places"), min_value=1, max_value=MOST_PLACES)
    trainer = forms.CharField(label=_("Trainer"), max_length=150, required=False)
    languages = forms.MultipleChoiceField(label=_("Languages"), widget=forms.CheckboxSelectMultiple)
    modules = forms.MultipleChoiceField(label=_("Modules"), required=False, widget=forms.CheckboxSelectMultiple)
    highest = forms.IntegerField(
        label=_("Highest score of the tests"), min_value=1, max_value=1000, initial=100,
        help_text=_("100 when scores are given in per cent."),
    )  # fmt: skip

    def prepare(self):
        """Programmes and offices in which the user works on cases; the lists; the session as it is."""
        programmes = Programme.objects.reachable_by(self.user, Permission.CASE_EDIT)
        reached = {pk for reach in self.user.reach(Permission.CASE_EDIT) for pk in reach.office_ids}
        self.fields["office"].queryset = Office.objects.active().filter(pk__in=reached)
        session = self.record
        listed = Code.objects.choices_of("language", "orientation_module")
        self.fields["languages"].choices = listed["language"]
        if listed["orientation_module"]:
            self.fields["modules"].choices = listed["orientation_module"]
            self.initial.setdefault("modules", [code for code, _label in listed["orientation_module"]])
        else:
            del self.fields["modules"]
        if session is None:
            self.initial.setdefault("languages", [get_language()])
            self.fields["programme"].queryset = programmes.order_by("code")
            seasons = Season.objects.filter(active=True, programme__in=programmes.values("pk"))
            self.fields["season"].queryset = seasons.select_related("programme").order_by(
                "programme__code", "-starts_on"
            )
            return
        del self.fields["programme"], self.fields["season"]
        same = ("title", "place", "trainer", "places", "hours", "languages", "modules", "highest")
        self.initial |= {name: getattr(session, name) for name in same}
        self.initial |= {
            "office": session.office.public_id, "day": session.day, "begins": session.begins.time(),
        }  # fmt: skip

    def clean(self):
        """Turn day and hour into a moment; an hour that the clocks jump over is said at its field."""
        cleaned = super().clean()
        programme, season = cleaned.get("programme"), cleaned.get("season")
        if programme and season and season.programme_id != programme.pk:
            self.add_error("season", _("The season belongs to another programme."))
        office, day, begins = (cleaned.get(name) for name in ("office", "day", "begins"))
        if office and day and begins:
            cleaned["starts_at"] = moment(datetime.combine(day, begins), office.time_zone)
            if cleaned["starts_at"] is None:
                self.add_error("begins", _("The clocks are put forward there that night: this hour does not exist."))
        return cleaned

    def deed(self):
        """The columns of the session; without a place typed, it is at the office."""
        found = {name: value for name, value in super().deed().items() if name not in {"day", "begins"}}
        found["place"] = found["place"] or found["office"].name
        return {"modules": [], **found}


class JoinForm(WorkForm):
    """Workers who get a place: ticked on the page, or by their case numbers. `offered` are the cases on the page."""

    cases = RecordChoices(
        Enrolment.objects.none(), required=False,
        error_messages={
            "invalid_choice": _("One of these workers cannot get a place any more. Open the page again."),
        },
    )  # fmt: skip
    numbers = forms.CharField(
        label=_("Others, by case number"), required=False, max_length=3000,
        help_text=_("For example GT-2026-00042, with spaces or commas between."),
    )  # fmt: skip

    def __init__(self, *args, offered, **kwargs):
        self.offered = offered
        super().__init__(*args, **kwargs)

    def prepare(self):
        """Those whom the page offers."""
        self.fields["cases"].queryset = self.offered

    def layout(self):
        """The ticks stand in the table below."""
        return Layout("key", "numbers")

    def clean(self):
        """Every number is a case that the user works on; all of them together are somebody."""
        cleaned = super().clean()
        typed = list(dict.fromkeys(re.findall(r"[^\s,;]+", (cleaned.get("numbers") or "").upper())))
        seen = Enrolment.objects.visible_to(self.user).filter(number__in=typed)
        found = {case.number: case for case in seen if case.is_reached_by(self.user, Permission.CASE_EDIT)}
        unknown = [one for one in typed if one not in found]
        if unknown:
            said = gettext("You work on no case with this number: %(numbers)s.")
            self.add_error("numbers", said % {"numbers": and_list(unknown)})
        cleaned["chosen"] = [*(cleaned.get("cases") or []), *found.values()]
        if not cleaned["chosen"] and not self.errors:
            self.add_error("cases", _("Tick the workers first, or type their case numbers."))
        return cleaned

    def deed(self):
        """The cases, each once."""
        return {"cases": list({case.pk: case for case in self.cleaned_data["chosen"]}.values())}


class AttendanceForm(WorkForm):
    """Scores of everybody in a session; who came is the button that was pressed. `seats` are those on the page."""

    def __init__(self, *args, seats, session, **kwargs):
        self.seats = seats
        self.session = session
        super().__init__(*args, record=session, **kwargs)

    def prepare(self):
        """Two fields for each seat, and what stood in them when the page was opened."""
        most = self.session.highest
        out_of_range = gettext("A score lies between 0 and %(most)s.") % {"most": number(most)}
        for seat in self.seats:
            name, key = seat.enrolment.person.full_name, seat.public_id
            for part, words in (("before", gettext("test before")), ("after", gettext("test after"))):
                self.fields[f"{part}-{key}"] = field = forms.DecimalField(
                    label=f"{name}, {words}", min_value=0, max_value=most, max_digits=5, decimal_places=1,
                    required=False, error_messages=dict.fromkeys(("min_value", "max_value"), out_of_range),
                )  # fmt: skip
                field.widget.attrs |= {"inputmode": "decimal", "class": "form-control", "aria-label": field.label}
                self.initial[f"{part}-{key}"] = points(getattr(seat, part))
            self.fields[f"was-{key}"] = forms.CharField(required=False, widget=forms.HiddenInput)
            self.initial[f"was-{key}"] = f"{points(seat.before)}|{points(seat.after)}"

    def rows(self):
        """Each seat with its fields."""
        for seat in self.seats:
            yield {
                "seat": seat,
                "fields": [self[f"{part}-{seat.public_id}"] for part in ("before", "after")],
                "was": self[f"was-{seat.public_id}"],
            }

    def clean(self):
        """What two people typed about the same test is not decided by who was later."""
        cleaned = super().clean()
        self.scores = {}
        for seat in self.seats:
            seen = dict(zip(("before", "after"), cleaned.get(f"was-{seat.public_id}", "").split("|"), strict=False))
            values = {}
            for part in ("before", "after"):
                name, now = f"{part}-{seat.public_id}", getattr(seat, part)
                if name not in cleaned:
                    continue
                typed = cleaned[name]
                if points(typed) == seen.get(part, ""):
                    typed = now  # left as it was when the page was opened
                elif points(now) != seen.get(part, "") and typed != now:
                    said = gettext("Somebody else has written %(score)s meanwhile. Write what holds, and send again.")
                    self.add_error(name, said % {"score": points(now) or "–"})
                    self.data[f"was-{seat.public_id}"] = self.initial[f"was-{seat.public_id}"]
                values[part] = typed
            changed = (values.get("before", seat.before), values.get("after", seat.after))
            if changed != (seat.before, seat.after):
                self.scores[seat.pk] = changed
        return cleaned


class TakeOffForm(WorkForm):
    """Why a worker is taken off."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class EndForm(WorkForm):
    """How a session ends: it took place, or it is called off."""

    how = forms.ChoiceField(
        label=_("What happened?"), widget=forms.RadioSelect,
        choices=[("close", _("It took place: close it")), ("call_off", _("It does not take place: call it off"))],
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, help_text=_("Only when it is called off.")
    )

    def clean(self):
        """A session that is called off has a reason."""
        cleaned = super().clean()
        if cleaned.get("how") == "call_off" and not cleaned.get("reason"):
            self.add_error("reason", _("Say why the session is called off."))
        return cleaned


class PresentForm(WorkForm):
    """Only a button: the worker who holds this invitation is here."""


class CertificatesForm(IssueForm):
    """Which certificate, and in which one or two languages."""

    def prepare(self):
        """Certificates in use; one that there is alone is chosen already."""
        super().prepare()
        field = self.fields["template"]
        usable = LetterTemplate.objects.filter(active=True, kind=CERTIFICATE)
        field.queryset = usable.prefetch_related("editions")
        field.label = _("Certificate")
        self.initial.setdefault("template", usable.values_list("pk", flat=True).first())
        self.initial.setdefault("language", get_language() if get_language() in languages() else "es")
