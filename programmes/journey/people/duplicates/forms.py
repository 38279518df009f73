"""What is typed and chosen at the duplicates desk."""

from crispy_forms.layout import Layout
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programmes.base.common.forms import WorkForm
from programmes.journey.people.duplicates import merging, sides


class MergeForm(WorkForm):
    """Which record stays, and for each field that differs whose value is taken. `record` is the pair."""

    stays = forms.ChoiceField(
        label=_("Which record stays"), choices=[(sides.FIRST, ""), (sides.SECOND, "")], widget=forms.RadioSelect
    )
    first_version = forms.IntegerField(widget=forms.HiddenInput)
    second_version = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self):
        """One choice for each line in which both records say something else."""
        pair = self.record
        self.people = (pair.first, pair.second)
        self.lines = sides.lines(*self.people)
        self.fields["stays"].choices = [
            (sides.FIRST, self.people[0].full_name), (sides.SECOND, self.people[1].full_name)
        ]  # fmt: skip
        self.initial |= {
            "stays": sides.older(self.people),
            "first_version": self.people[0].version,
            "second_version": self.people[1].version,
        }
        for line in self.lines:
            if line.is_choice:
                self.fields[line.name] = forms.ChoiceField(
                    label=line.label,
                    choices=[(sides.FIRST, line.first), (sides.SECOND, line.second)],
                    widget=forms.RadioSelect,
                    initial=sides.older(self.people),
                )

    def rows(self) -> list[dict]:
        """The lines with what is chosen in each, for the table of the page."""
        typed = self.data if self.is_bound else self.initial
        return [
            {
                "line": line,
                "chosen": (typed.get(line.name) or self.fields[line.name].initial) if line.is_choice else "",
                "errors": self.errors.get(line.name, []) if self.is_bound and line.is_choice else [],
            }
            for line in self.lines
        ]

    @property
    def stays_now(self) -> str:
        """Which record is ticked to stay."""
        return (self.data.get("stays") if self.is_bound else None) or self.initial["stays"]

    def deed(self) -> dict:
        """The arguments of the merge, in its words: the survivor, the absorbed one, whose values, which versions."""
        stays = self.cleaned_data["stays"]
        survivor, absorbed = self.people if stays == sides.FIRST else self.people[::-1]
        versions = (self.cleaned_data["first_version"], self.cleaned_data["second_version"])
        chosen = {
            line.name: merging.SURVIVOR if self.cleaned_data[line.name] == stays else merging.ABSORBED
            for line in self.lines
            if line.is_choice
        }
        return {
            "survivor": survivor,
            "absorbed": absorbed,
            "chosen": chosen,
            "versions": versions if stays == sides.FIRST else versions[::-1],
        }


class ReasonForm(WorkForm):
    """Why: for telling two records apart, proposing a merge, undoing one."""

    words: str | Promise = _("Why")
    hint: str | Promise = ""
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """The label that fits the deed."""
        self.fields["reason"].label = self.words
        self.fields["reason"].help_text = self.hint

    def layout(self):
        """The reason alone."""
        return Layout("key", "version", "reason")


class DifferentForm(ReasonForm):
    """Two different persons."""

    words = _("Why are these different persons?")
    hint = _("For example: sisters, both were seen with their own document.")


class ProposeForm(ReasonForm):
    """One person, says somebody who may not merge."""

    words = _("Why is this one person?")
    hint = _("For example: she told us that she registered in Cobán last year.")


class UndoForm(ReasonForm):
    """Two persons after all."""

    words = _("Why is the merge undone?")
