"""What people type about reports: which one to make now."""

from datetime import date

from babel.dates import format_skeleton
from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission
from programmes.base.common import wording
from programmes.base.common.forms import WorkForm
from programmes.base.rulebook.models import Programme

MONTHS_OFFERED = 24


def month_name(first: date) -> str:
    """A month in the reader's words: "October 2026"."""
    return str(format_skeleton("yMMMM", first, locale=wording.locale()))


class MakeForm(WorkForm):
    """Make a report now: of which programme, about which month."""

    programme = forms.ModelChoiceField(label=_("Programme"), queryset=Programme.objects.none())
    month = forms.ChoiceField(label=_("Month"))

    def prepare(self):
        """Programmes the user may make reports of; months that are over, the last one first."""
        self.fields["programme"].queryset = Programme.objects.reachable_by(self.user, Permission.REPORT_RUN)
        first = timezone.localdate().replace(day=1)
        months = [first - relativedelta(months=n) for n in range(1, MONTHS_OFFERED + 1)]
        self.fields["month"].choices = [(month.isoformat(), month_name(month)) for month in months]

    def clean_month(self) -> date:
        """The first day of the month."""
        try:
            return date.fromisoformat(self.cleaned_data["month"])
        except ValueError as error:
            raise ValidationError(_("Choose a month from the list.")) from error
