"""What people type about many cases at once."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.choices import RecordChoice
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.rulebook.models import Code
from programmes.desk.bulk import mail
from programmes.desk.bulk.kinds import is_plain
from programmes.desk.casefile.moves import MOVES, move_for
from programmes.journey.departure.training import actions as training
from programmes.journey.departure.training.models import TrainingSession, coming
from programmes.journey.departure.travel.forms import PaidFor
from programmes.journey.departure.travel.models import MOST_TRAVELLERS, FlightGroup
from programmes.journey.enrolment.forms import colleagues
from programmes.journey.enrolment.states import ENROLMENT, Status


class BulkForm(WorkForm):
    """Holds the selection beside the fields of the deed."""

    selection = forms.CharField(widget=forms.HiddenInput)

    def deed(self):
        """What the batch keeps of it."""
        return {name: value for name, value in super().deed().items() if name != "selection"}


class AssignManyForm(BulkForm):
    """To whom."""

    owner = RecordChoice(User.objects.none(), label=_("Owner"))
    note = forms.CharField(label=_("What should the colleague know?"), required=False, max_length=300)

    def prepare(self):
        """Colleagues of the offices where one assigns."""
        offices = {pk for reach in self.user.reach(Permission.CASE_ASSIGN) for pk in reach.office_ids}
        self.fields["owner"].queryset = colleagues(offices, self.user)

    def deed(self):
        """The colleague by key."""
        return {"owner": self.cleaned_data["owner"].pk, "note": self.cleaned_data["note"]}


class TakeForm(BulkForm):
    """Nothing to type."""

    def deed(self):
        """Oneself."""
        return {"owner": self.user.pk, "note": ""}


class TagForm(BulkForm):
    """Which tags come and go."""

    add = forms.MultipleChoiceField(label=_("Put on"), required=False, widget=forms.CheckboxSelectMultiple)
    remove = forms.MultipleChoiceField(label=_("Take off"), required=False, widget=forms.CheckboxSelectMultiple)

    def prepare(self):
        """The tags in force; any can be taken off."""
        self.fields["add"].choices = Code.objects.choices("case_tag")
        self.fields["remove"].choices = [(row.code, row.label) for row in Code.objects.of("case_tag")]

    def clean(self):
        """At least one, and none both ways."""
        cleaned = super().clean()
        add, remove = set(cleaned.get("add") or ()), set(cleaned.get("remove") or ())
        if not add and not remove:
            self.add_error("add", _("Tick at least one tag."))
        if add & remove:
            self.add_error("remove", _("A tag cannot be put on and taken off at the same time."))
        return cleaned


class MailForm(BulkForm):
    """A message to the workers, in one or more languages."""

    def prepare(self):
        """A subject and a text for each language that we write."""
        for code, name in settings.LANGUAGES:
            language = {"language": name}
            self.fields[f"subject_{code}"] = forms.CharField(
                label=_("Subject in %(language)s") % language, max_length=100, required=False
            )
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("Message in %(language)s") % language,
                max_length=3000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 5}),
                help_text=_(
                    "You can write %(words)s: they are filled in for each worker. Write nothing else about one"
                    " person: whoever reads it may not be the worker."
                )
                % {"words": mail.words_in_braces(code)},
            )

    def clean(self):
        """At least one language, whole; only words in braces that can be filled in."""
        cleaned = super().clean()
        whole = 0
        for code, _name in settings.LANGUAGES:
            subject, text = cleaned.get(f"subject_{code}"), cleaned.get(f"text_{code}")
            whole += bool(subject and text)
            if bool(subject) != bool(text):
                missing = f"text_{code}" if subject else f"subject_{code}"
                self.add_error(missing, _("Write subject and message in this language, or neither."))
            for name, words in ((f"subject_{code}", subject), (f"text_{code}", text)):
                for word in mail.unknown_placeholders(words or ""):
                    self.add_error(
                        name, _("%(word)s cannot be filled in. Correct it or take it out.") % {"word": f"{{{word}}}"}
                    )
        if not whole and not self.errors:
            first = settings.LANGUAGES[0][0]
            self.add_error(f"text_{first}", _("Write the message in at least one language."))
        return cleaned


class TellForm(BulkForm):
    """What the owners should tell the workers."""

    text = forms.CharField(
        label=_("What should the workers be told?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The same words for everybody: write no names, numbers or facts about one person."),
    )
    until = DayField(label=_("By when"))

    def prepare(self):
        """Within three days, unless somebody says otherwise."""
        self.initial.setdefault("until", timezone.localdate() + timedelta(days=3))

    def clean_until(self):
        """A day to come."""
        if self.cleaned_data["until"] < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return self.cleaned_data["until"]

    def deed(self):
        """The day as text, as a batch keeps it."""
        return {"text": self.cleaned_data["text"], "until": self.cleaned_data["until"].isoformat()}


class RequestForm(BulkForm):
    """Which document."""

    document = forms.ChoiceField(label=_("Document"))

    def prepare(self):
        """The documents in force."""
        self.fields["document"].choices = Code.objects.choices("document", blank="")


class MoveForm(BulkForm):
    """Where to, when it happened, and why."""

    target = forms.ChoiceField(label=_("Move to"))
    on = DayField(label=_("Happened on"))
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    note = forms.CharField(label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def prepare(self):
        """The steps that need no facts of their own, and the reasons of those that need one."""
        targets = [t for t in Status.values if any(is_plain(s, t) for s in Status.values)]
        targets = [t for t in targets if any(self.user.may(p) for p in MOVES[t].permissions)]
        self.fields["target"].choices = [("", ""), *((t, f"{Status(t).label}: {MOVES[t].do}") for t in targets)]
        self.initial.setdefault("on", timezone.localdate())
        groups = []
        for target in targets:
            lists = {getattr(move_for(s, target).form, "code_list", "") for s in Status.values if is_plain(s, target)}
            for name in sorted(filter(None, lists)):
                groups.append((Status(target).label, Code.objects.choices(name)))
        self.fields["reason"].choices = [("", _("None")), *groups]

    def clean(self):
        """A day that has come; a reason where the step needs one."""
        cleaned = super().clean()
        target, on = cleaned.get("target"), cleaned.get("on")
        if on and on > timezone.localdate():
            self.add_error("on", _("The day lies in the future."))
        sources = [s for s in Status.values if target and is_plain(s, target)]
        if sources and all(ENROLMENT.needs_reason(s, target) for s in sources) and not cleaned.get("reason"):
            self.add_error("reason", _("Give the reason for this step."))
        return cleaned

    def deed(self):
        """The day as text, as a batch keeps it."""
        return {**super().deed(), "on": self.cleaned_data["on"].isoformat()}


class ExamForm(BulkForm):
    """Where and when."""

    clinic = forms.CharField(label=_("Clinic"), max_length=150)
    scheduled_on = DayField(label=_("Appointment on"))

    def clean_scheduled_on(self):
        """A day to come: what took place is recorded case by case."""
        if self.cleaned_data["scheduled_on"] < timezone.localdate():
            raise forms.ValidationError(_("Choose today or a later day."))
        return self.cleaned_data["scheduled_on"]

    def deed(self):
        """The day as text, as a batch keeps it."""
        return {"clinic": self.cleaned_data["clinic"], "scheduled_on": self.cleaned_data["scheduled_on"].isoformat()}


class SessionChoice(RecordChoice):
    """A session with its day and how many places are free."""

    def label_from_instance(self, session):
        """Title, day, places left."""
        facts = {"title": session.title, "day": wording.full_day(session.day)}
        left = session.places - session.taken
        words = ngettext("%(title)s, %(day)s, %(left)s place free", "%(title)s, %(day)s, %(left)s places free", left)
        return words % {**facts, "left": wording.number(left)}


class InviteForm(BulkForm):
    """To which orientation, and until when the workers should know."""

    session = SessionChoice(
        TrainingSession.objects.none(), label=_("Session"), required=False, empty_label=_("None: only invite"),
        help_text=_("The workers get a place in it, as long as there are any."),
    )  # fmt: skip
    place = forms.CharField(
        label=_("Place"), max_length=150, required=False, help_text=_("Only without a session, like the day.")
    )
    held_on = DayField(label=_("Day of the orientation"), required=False)
    until = DayField(label=_("Tell them by"))

    def prepare(self):
        """Sessions to come with free places; within three days, unless somebody says otherwise."""
        self.fields["session"].queryset = coming(TrainingSession.objects.reachable_by(self.user, Permission.CASE_EDIT))
        self.initial.setdefault("until", timezone.localdate() + timedelta(days=3))

    def clean(self):
        """Told from today on, and before it takes place; where and when are the session's, or typed."""
        cleaned = super().clean()
        session = cleaned.get("session")
        if session:
            cleaned |= {"place": session.place, "held_on": session.day}
        for name in ("place", "held_on"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Choose a session, or write place and day."))
        held_on, until = cleaned.get("held_on"), cleaned.get("until")
        if until and until < timezone.localdate():
            self.add_error("until", _("Choose today or a later day."))
        elif held_on and until and held_on < until:
            self.add_error("held_on", _("The orientation lies before the day by which they are told."))
        return cleaned

    def deed(self):
        """The words that the diary keeps, in the language of whoever invites."""
        session = self.cleaned_data.get("session")
        facts = {"place": self.cleaned_data["place"], "day": wording.full_day(self.cleaned_data["held_on"])}
        text = gettext("Invite to the orientation: %(place)s, %(day)s.") % facts
        if session:
            text = gettext("Invite to the orientation: %(what)s.") % {"what": training.in_words(session)}
        return {
            **({"session": session.pk} if session else {}),
            "text": text,
            "until": self.cleaned_data["until"].isoformat(),
        }


class GroupChoice(RecordChoice):
    """A flight group with its day, its season and how many seats are free."""

    def label_from_instance(self, group):
        """Name, day, season, free seats."""
        return gettext("%(name)s, %(day)s, %(season)s, free seats: %(free)s") % {
            "name": group.name,
            "day": wording.short_day(group.first_day),
            "season": f"{group.season.programme.name} {group.season.code}",
            "free": wording.number(MOST_TRAVELLERS - group.seated),
        }


class FlightForm(PaidFor, BulkForm):
    """Into which flight group, and who pays."""

    group = GroupChoice(FlightGroup.objects.none(), label=_("Flight group"), empty_label="")
    field_order = ["key", "version", "selection", "group", "paid_by", "cost", "currency"]

    def prepare(self):
        """Groups that leave from today on in the programmes where the user works on cases."""
        groups = FlightGroup.objects.reachable_by(self.user, Permission.CASE_EDIT).joinable(timezone.localdate())
        self.fields["group"].queryset = groups.select_related("season__programme").order_by("first_day", "pk")

    def deed(self):
        """The group by key, the amount as text, as a batch keeps it."""
        cost = self.cleaned_data["cost"]
        return {**super().deed(), "group": self.cleaned_data["group"].pk, "cost": None if cost is None else str(cost)}


FORMS = {
    "assign": AssignManyForm,
    "take": TakeForm,
    "tag": TagForm,
    "message": MailForm,
    "tell": TellForm,
    "request": RequestForm,
    "move": MoveForm,
    "medical": ExamForm,
    "invite": InviteForm,
    "flight": FlightForm,
}
