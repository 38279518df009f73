"""Forms of the configuration site for the rulebook: choices instead of codes, words instead of JSON."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pghistory.models import Event

from accounts.places import country_choices, country_codes
from programmes.base.rulebook import inputs
from programmes.base.rulebook.catalogue import DEADLINES, LISTS_OF_KINDS, RULES, STAGES, Entry, RequirementKind
from programmes.base.rulebook.coherence import incoherences
from programmes.base.rulebook.labels import KeepsOtherLanguages, LabelsField
from programmes.base.rulebook.lists import LISTS
from programmes.base.rulebook.models import Code, Deadline, Programme, Requirement, RuleValue, Season

LONGEST_DEADLINE_DAYS = 3650


def is_used(row) -> bool:
    """Whether anything but its own history points to a saved row. Asked of the database once per instance."""
    if not hasattr(row, "_is_used"):
        row._is_used = any(
            relation.related_model._base_manager.filter(**{relation.field.name: row.pk}).exists()
            for relation in row._meta.related_objects
            if not issubclass(relation.related_model, Event)
        )
    return row._is_used


class RowForm(forms.ModelForm):
    """Labels with a capital, as Django writes those that it takes from the model."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label) if field.label else field.label


class VersionedForm(RowForm):
    """An edit of a record that was not changed by somebody else since the page was opened."""

    opened = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["opened"].initial = self.instance.version if self.instance.pk else None

    def clean(self):
        """Refuse what was typed on an older version: it would undo what the other one did."""
        cleaned = super().clean()
        if self.instance.pk and self.has_changed() and self.cleaned_data.get("opened") != self.instance.version:
            raise ValidationError(
                _("Somebody else changed “%(row)s” after you opened this page. Open it again and repeat your change.")
                % {"row": self.instance}
            )
        return cleaned


class ProgrammeForm(KeepsOtherLanguages, VersionedForm):
    """A programme: its names in two languages, its countries, currency and authorisation from lists."""

    names = LabelsField(label=gettext_lazy("names"))
    origin = forms.ChoiceField(label=gettext_lazy("country of origin"))
    destination = forms.ChoiceField(label=gettext_lazy("country of destination"))
    currency = forms.ChoiceField(label=gettext_lazy("currency of wages"))
    authorisation_kind = forms.ChoiceField(
        label=gettext_lazy("kind of authorisation"),
        required=False,
        help_text=gettext_lazy("What an employer's demand must be covered by. Empty: no authorisation is asked for."),
    )

    class Meta:
        model = Programme
        fields = [
            "code", "names", "origin", "destination", "offices", "destination_office", "authorisation_kind", "currency",
            "active", "source",
        ]  # fmt: skip
        help_texts = {
            "code": gettext_lazy("Short and for ever: small letters, digits and hyphens, for example gt-nz-rse."),
            "offices": gettext_lazy("Offices that register people for this programme."),
            "destination_office": gettext_lazy("The office that works with employers and looks after workers abroad."),
            "active": gettext_lazy("Take this away to stop new cases. Those that are open go on."),
            "source": gettext_lazy("The law, agreement or guide that these rules come from."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        countries = [("", "–"), *country_choices()]
        for name, choices in (
            ("origin", countries),
            ("destination", countries),
            ("currency", _codes("currency", self.instance.currency)),
            ("authorisation_kind", [("", "–"), *_codes("document", self.instance.authorisation_kind)]),
        ):
            self.fields[name].choices = choices


def _codes(name: str, keep: str) -> list[tuple[str, str]]:
    choices = Code.objects.choices(name, keep=keep)
    # A code that no list knows stays as it is until somebody chooses another.
    return choices if not keep or keep in dict(choices) else [*choices, (keep, keep)]


class SeasonForm(VersionedForm):
    """A season."""

    class Meta:
        model = Season
        fields = ["programme", "code", "starts_on", "ends_on", "active"]
        help_texts = {
            "code": gettext_lazy("Usually the year, for example 2027."),
            "active": gettext_lazy("Take this away to stop new cases. Those that are open go on."),
        }


class RequirementForm(KeepsOtherLanguages, VersionedForm):
    """A requirement: before which stage, of which kind, and what exactly."""

    stage = forms.ChoiceField(label=gettext_lazy("needed to become"))
    labels = LabelsField(label=gettext_lazy("text for people"))

    class Meta:
        model = Requirement
        fields = [
            "programme", "stage", "kind", "code", "labels", "waits_for", "lead_days", "margin_months", "order",
            "active", "valid_from", "valid_until", "source",
        ]  # fmt: skip
        labels = {
            "margin_months": gettext_lazy("months beyond the end"),
            "lead_days": gettext_lazy("days before the start"),
        }
        help_texts = {
            "code": gettext_lazy(
                "For a document or permit its type (passport, visa …), for a consent its purpose (case_management …), "
                "else a short name of your own."
            ),
            "margin_months": gettext_lazy(
                "How long it must be valid beyond the planned end. Empty: the programme's own margin."
            ),
            "lead_days": gettext_lazy("Due this many days before the planned start."),
            "active": gettext_lazy("Take this away when cases need it no longer. What they did for it is kept."),
            "valid_from": gettext_lazy("Asked of stays that begin on this day or later. Empty: of all."),
            "valid_until": gettext_lazy("Asked of stays that begin on this day or earlier. Empty: of all."),
        }
        widgets = {
            "code": forms.TextInput({"list": "requirement-codes", "autocomplete": "off", "size": 14}),
            "lead_days": forms.NumberInput({"min": 0, "max": 3650}),
            "margin_months": forms.NumberInput({"min": 0, "max": 120}),
            "order": forms.NumberInput({"min": 0, "max": 32767}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stages = dict(STAGES)
        if self.instance.stage:
            stages.setdefault(self.instance.stage, self.instance.stage)
        self.fields["stage"].choices = [("", "–"), *stages.items()]

    def clean(self):
        """A document of an unknown type, or a consent to an unknown purpose, could never be brought."""
        cleaned = super().clean()
        kind, code = self.cleaned_data.get("kind"), self.cleaned_data.get("code")
        name = LISTS_OF_KINDS.get(RequirementKind(kind)) if kind else None
        if name and code and {"kind", "code"} & set(self.changed_data):
            known = Code.objects.filter(list=name, code=code, active=True).exists()
            if not known:
                self.add_error(
                    "code",
                    _("The list “%(list)s” has no code “%(code)s”. Choose one of its codes, or add it there first.")
                    % {"list": LISTS[name], "code": code},
                )
        if {"stage", "kind", "code", "valid_from", "valid_until"} & set(self.changed_data):
            self._refuse_an_overlap()
        return cleaned

    def _refuse_an_overlap(self):
        got = self.cleaned_data
        names = ("stage", "kind", "code")
        programme = got.get("programme") or getattr(self.instance, "programme", None)
        if programme is None or programme.pk is None or not all(got.get(name) for name in names):
            return
        others = Requirement.objects.filter(programme=programme, **{name: got[name] for name in names})
        first = got.get("valid_from", self.instance.valid_from) or date.min
        last = got.get("valid_until", self.instance.valid_until) or date.max
        for other in others.exclude(pk=self.instance.pk):
            begins, ends = other.valid_from or date.min, other.valid_until or date.max
            # Two from the same day are refused by the database, in its own words.
            if begins != first and begins <= last and ends >= first:
                message = _("“%(row)s” is asked for on these days too. Give it a last day before this one begins.")
                self.add_error("valid_from" if "valid_from" in self.fields else None, message % {"row": other})


class CatalogueRowForm(forms.ModelForm):
    """One line of a catalogue for one programme: empty means that the default holds, and then there is no row."""

    catalogue: dict[str, Entry]
    answer: str
    # What is written beside the answer, and says nothing without it.
    beside = ["source"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        key = self.instance.key or self.initial.get("key", "")
        if not self.instance.pk and self.is_bound:
            key = self.data.get(self.add_prefix("key"), "")
        self.entry = self.catalogue.get(key)
        self.fields["key"].widget = forms.HiddenInput()
        if self.entry:
            self.instance.key = key
            self.fields["key"].disabled = bool(self.instance.pk)
            self.fields[self.answer] = self.answer_field(self.entry)
        for name in self.beside:
            field, rule = self.fields[name], str(self.entry.label) if self.entry else ""
            field.widget.attrs["aria-label"] = f"{capfirst(field.label)}: {rule}"

    def answer_field(self, entry: Entry) -> forms.Field:
        """The field for what the programme says."""
        raise NotImplementedError

    @property
    def is_emptied(self) -> bool:
        """Whether the programme says nothing here any more."""
        answered = hasattr(self, "cleaned_data") and self.cleaned_data.get(self.answer) not in (None, "", [])
        return not answered and self.answer not in self.errors

    def clean(self):
        """A source or a day alone says nothing."""
        cleaned = super().clean()
        answer = self.cleaned_data.get(self.answer)
        beside = [self.fields[name].label for name in self.beside if self.cleaned_data.get(name)]
        if answer is None and beside and not self.instance.pk and self.answer not in self.errors:
            self.add_error(
                self.answer,
                _("Give the value too, or leave “%(field)s” empty.") % {"field": capfirst(beside[0])},
            )
        return cleaned

    def _post_clean(self):
        # Without an answer there is no row to judge.
        if self.cleaned_data.get(self.answer) is not None:
            super()._post_clean()


class RuleValueForm(CatalogueRowForm):
    """A rule with the programme's own value."""

    catalogue, answer = RULES, "value"
    beside = ["valid_from", "valid_until", "nationality", "source"]
    valid_from = inputs.DateField(label=gettext_lazy("from"), required=False)
    valid_until = inputs.DateField(label=gettext_lazy("until"), required=False)

    class Meta:
        model = RuleValue
        fields = ["key", "value", "valid_from", "valid_until", "nationality", "source"]
        widgets = {
            "nationality": forms.TextInput({"size": 4, "maxlength": 3, "placeholder": gettext_lazy("all")}),
        }

    def answer_field(self, entry):
        """An input that fits the rule."""
        return inputs.field_for(entry)

    def clean_nationality(self):
        """A country of the list, in capitals."""
        code = self.cleaned_data["nationality"].upper()
        if code and code not in country_codes():
            raise ValidationError(
                _("%(code)s is not a country. Enter three letters, for example GTM.") % {"code": code}
            )
        return code


class DeadlineForm(CatalogueRowForm):
    """A deadline with the programme's own number of days."""

    catalogue, answer = DEADLINES, "days"

    class Meta:
        model = Deadline
        fields = ["key", "days", "source"]

    def answer_field(self, entry):
        """A number of days; what stands there faintly is the default."""
        box = forms.NumberInput({"placeholder": entry.default, "aria-label": f"{entry.label} {entry.help}"})
        return forms.IntegerField(
            label=entry.label, required=False, min_value=0, max_value=LONGEST_DEADLINE_DAYS, widget=box
        )


class CatalogueFormSet(BaseInlineFormSet):
    """All lines of a catalogue: first those a programme sets, then the others with their defaults."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = {row.key for row in self.get_queryset()} if self.instance.pk else set()
        self.initial_extra = [{"key": key} for key in self.form.catalogue if self.is_offered(key, own)]
        self.extra = len(self.initial_extra)
        self.max_num = self.absolute_max = self.extra + (len(self.get_queryset()) if self.instance.pk else 0)

    def is_offered(self, key: str, own: set[str]) -> bool:
        """Whether there is an empty line for a key, when the programme sets those of `own`."""
        return key not in own

    def save_new_objects(self, commit=True):
        """Make rows of the lines that were given a value."""
        self.new_objects = [
            self.save_new(form, commit=commit)
            for form in self.extra_forms
            if form.has_changed() and not form.is_emptied
        ]
        return self.new_objects

    def save_existing(self, form, obj, commit=True):
        """Write the new value; a value taken away takes its row away."""
        if not form.is_emptied:
            return super().save_existing(form, obj, commit=commit)
        if commit:
            obj.delete()
        return obj


class RuleValueFormSet(CatalogueFormSet):
    """The values of every rule, and under them an empty line for one that holds from a day or for a nationality."""

    def is_offered(self, key, own):
        """A rule that is set can be given a further value."""
        return True

    def clean(self):
        """No rule has two values from the same day, and values that are read together fit together on every day."""
        super().clean()
        seen: dict[tuple, forms.ModelForm] = {}
        for form in self.forms:
            if not form.is_valid() or form.is_emptied or not (form.instance.pk or form.has_changed()):
                continue
            got = form.cleaned_data
            what = got["key"], got["nationality"], got["valid_from"]
            if what in seen:
                message = _("This rule already has a value from this day on. Give another day, or change that value.")
                form.add_error("valid_from", message)
            else:
                seen[what] = form
        for key, message in incoherences({what: form.instance for what, form in seen.items()}):
            form = seen[key]
            if form.answer not in form.errors:
                form.add_error(form.answer, message)


class ProtectingFormSet(BaseInlineFormSet):
    """Rows that cases depend on cannot be deleted; what can be done instead is said."""

    def clean(self):
        """Refuse to delete what is used, without telling what uses it: that would be case content."""
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk and is_used(form.instance):
                raise ValidationError(
                    _("“%(row)s” is used by cases and stays. Take away its tick “%(tick)s” instead.")
                    % {"row": form.instance, "tick": form.instance._meta.get_field("active").verbose_name}
                )


class CodeForm(KeepsOtherLanguages, RowForm):
    """One entry of a code list."""

    list = forms.ChoiceField(label=gettext_lazy("list"), choices=[("", "–"), *LISTS.items()])
    labels = LabelsField(label=gettext_lazy("texts"))

    class Meta:
        model = Code
        fields = ["list", "code", "labels", "order", "active", "source"]
        help_texts = {
            "code": gettext_lazy("Stored in cases for ever: it can be taken out of force, not changed."),
            "active": gettext_lazy("Take this away to offer it no longer. Where it was chosen, it stays."),
            "order": gettext_lazy("Small numbers stand first in the list."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # Shown as text: an entry never moves to another list.
            del self.fields["list"]

    def clean_code(self):
        """One word: labels are for people, codes for tables and exports."""
        code = self.cleaned_data["code"]
        if not code.replace("_", "").replace("-", "").isalnum() or not code.isascii():
            raise ValidationError(_("Use letters without accents, digits, hyphen and underscore only."))
        return code
