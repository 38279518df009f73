"""Plain inputs for the values of rules: a number, yes or no, a day of the year, countries, money. Nobody types JSON."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.places import country_codes, country_name
from programmes.base.rulebook.catalogue import Entry, Shape

LARGEST_NUMBER = 1000


class MonthDayWidget(forms.MultiWidget):
    """A day and a month."""

    template_name = "base/rulebook/boxes_widget.html"

    def __init__(self, attrs=None):
        day = forms.NumberInput({"min": 1, "max": 31, "placeholder": gettext_lazy("day")})
        month = forms.Select(choices=[("", "–"), *MONTHS.items()])
        super().__init__({"day": day, "month": month}, attrs)

    def decompress(self, value):
        """Day and month of "12-15"."""
        month, _hyphen, day = str(value or "").partition("-")
        return [int(day), int(month)] if month.isdigit() and day.isdigit() else ["", ""]


class MonthDayField(forms.MultiValueField):
    """A day that comes back every year, stored as "12-15"."""

    widget = MonthDayWidget

    def __init__(self, **options):
        day = forms.IntegerField(min_value=1, max_value=31)
        month = forms.TypedChoiceField(choices=[("", "–"), *MONTHS.items()], coerce=int)
        incomplete = gettext_lazy("Give both the day and the month.")
        for box in (day, month):
            box.error_messages["incomplete"] = incomplete
        super().__init__([day, month], require_all_fields=False, **options)

    def compress(self, data_list):
        """Month and day in two digits each."""
        if not data_list:
            return None
        day, month = data_list
        return f"{month:02}-{day:02}"


class CountriesField(forms.CharField):
    """Country codes between commas or spaces, stored as a list."""

    def prepare_value(self, value):
        """The codes in one line."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        """The codes, each once; ValidationError names the first that is no country."""
        found = list(dict.fromkeys(re.findall(r"[^\s,;]+", (value or "").upper())))
        for code in found:
            if code not in country_codes():
                raise ValidationError(
                    _("%(code)s is not a country. Enter three letters, for example GTM.") % {"code": code}
                )
        return found or None

    def has_changed(self, initial, data):
        """Compare the codes, not how they were written."""
        try:
            return (initial or None) != self.to_python(data)
        except ValidationError:
            return True


class DateField(forms.DateField):
    """A day, chosen in the browser's own calendar."""

    def __init__(self, **options):
        super().__init__(widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)


class MoneyField(forms.CharField):
    """Currency and amount, stored as "CAD 16.60"."""

    def to_python(self, value):
        """One space, capitals, a point before the cents."""
        return " ".join((value or "").upper().replace(",", ".").split()) or None


def field_for(entry: Entry) -> forms.Field:
    """The field in which the value of a rule is typed. Empty means: the programme says nothing, the default holds."""
    label = str(entry.label)
    named = {"aria-label": f"{label} ({entry.unit})"}
    if entry.shape == Shape.YES_NO:
        return forms.TypedChoiceField(
            label=label,
            required=False,
            choices=[("", gettext_lazy("(not set)")), ("True", gettext_lazy("Yes")), ("False", gettext_lazy("No"))],
            coerce=lambda word: str(word) == "True",
            empty_value=None,
            widget=forms.Select(named),
        )
    if entry.shape == Shape.MONTH_DAY:
        return MonthDayField(label=label, required=False, widget=MonthDayWidget(named))
    if entry.shape == Shape.COUNTRIES:
        return CountriesField(label=label, required=False, widget=forms.TextInput({**named, "placeholder": "MEX, JAM"}))
    if entry.shape == Shape.MONEY:
        return MoneyField(label=label, required=False, widget=forms.TextInput({**named, "placeholder": "CAD 16.60"}))
    most = 100 if entry.shape == Shape.PERCENT else LARGEST_NUMBER
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=most, widget=forms.NumberInput(named))


def in_words(entry: Entry, value) -> str:
    """A value of a rule as people read it, without its unit; empty when there is none."""
    if value is None or value == []:
        return ""
    if entry.shape == Shape.YES_NO:
        return _("Yes") if value else _("No")
    if entry.shape == Shape.COUNTRIES:
        return ", ".join(country_name(code) for code in value)
    if entry.shape == Shape.MONTH_DAY:
        day, month = MonthDayWidget().decompress(value)
        return f"{day} {MONTHS[month]}" if month in MONTHS else str(value)
    return str(value)
