"""What people type about named positions and deductions of a demand."""

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from programmes.base.common.forms import WorkForm
from programmes.base.common.wording import short_day
from programmes.base.rulebook.models import Code
from programmes.journey.demand.forms import MoneyField
from programmes.journey.demand.models import Deduction
from programmes.journey.employers.forms import half
from programmes.journey.people.models import Person
from programmes.journey.people.search import FEWEST_LETTERS, find

MOST_OFFERED = 6
NOBODY = "nobody"


class NameForm(WorkForm):
    """Who is asked for by name, in two steps: the name as the employer wrote it, then whom it means.

    `record` is the position when it is matched or corrected. People are looked for among those whom the user may see;
    whoever is not among them stays a name.
    """

    wanted_name = forms.CharField(
        label=_("Name as the employer wrote it"),
        max_length=200,
        help_text=_("A case number finds its worker, too."),
    )
    person = forms.ChoiceField(label=_("Who is meant"), widget=forms.RadioSelect, required=False)

    def prepare(self):
        """After the first step, offer those who may be meant."""
        typed = self.data.get("wanted_name", "") if self.is_bound else ""
        if self.record and not self.is_bound:
            self.initial.setdefault("wanted_name", self.record.wanted_name)
        self.is_asking = self.is_bound and "person" not in self.data
        if len(typed.strip()) < FEWEST_LETTERS:
            del self.fields["person"]
            self.is_asking = False
            return
        found = find(self.user, typed, limit=MOST_OFFERED)
        self.fields["person"].choices = [
            *((str(one.person.public_id), _told(one.person)) for one in found),
            (NOBODY, gettext("None of these: keep the name only") if found else gettext("Nobody whom you may see")),
        ]
        if self.is_asking:
            self.data["person"] = str(found[0].person.public_id) if len(found) == 1 and found[0].exact else NOBODY

    def clean(self):
        """The person chosen, who must be one whom the user may see."""
        cleaned = super().clean()
        chosen = cleaned.pop("person", "")
        cleaned["wanted"] = None
        if chosen and chosen != NOBODY:
            cleaned["wanted"] = Person.objects.visible_to(self.user).filter(public_id=chosen).first()
        return cleaned


def _told(person: Person) -> str:
    born = gettext("born %(day)s") % {"day": short_day(person.birth_date)} if person.birth_date else ""
    return " · ".join(part for part in (person.full_name, born, person.office.name) if part)


class DeductionForm(WorkForm):
    """One line of what is taken off the wage: an amount or per cent, and how often."""

    what = forms.ChoiceField(label=_("What for"))
    how_often = forms.ChoiceField(label=_("How often"), choices=Deduction.HowOften)
    amount = MoneyField(label=_("Amount"), max_digits=10, decimal_places=2, required=False)
    per_cent = forms.DecimalField(
        label=_("Per cent of the wage"), max_digits=5, decimal_places=2, max_value=100, required=False
    )

    def prepare(self):
        """The deductions in force."""
        self.fields["what"].choices = Code.objects.choices("deduction", blank="")

    def layout(self):
        """What and how often, then how much."""
        return Layout("key", "version", half("what", "how_often"), half("amount", "per_cent"))

    def clean(self):
        """Exactly one of amount and share, more than nothing."""
        cleaned = super().clean()
        if "amount" in self.errors or "per_cent" in self.errors:
            return cleaned
        given = [name for name in ("amount", "per_cent") if cleaned.get(name) is not None]
        if len(given) != 1:
            message = gettext("Write either an amount or per cent of the wage.")
            self.add_error("amount", message)
            self.add_error("per_cent", message)
        elif cleaned[given[0]] <= 0:
            self.add_error(given[0], gettext_lazy("It must be more than zero."))
        return cleaned
