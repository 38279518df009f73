"""Days that people remember or read from a document: three number boxes, never a calendar to click through.

Days close to today use the browser's own date field (`programmes.base.common.forms.DayField`).
"""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programmes.base.common import text

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


class DayMonthYear(forms.MultiWidget):
    """Three number boxes: day, month, year. Posted as name_0, name_1, name_2; one ISO day under name is read too."""

    template_name = "components/day_month_year.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None):
        box = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(
            [
                forms.TextInput({**box, "maxlength": 2}),
                forms.TextInput({**box, "maxlength": 2}),
                forms.TextInput({**box, "maxlength": 4}),
            ],
            attrs,
        )

    def decompress(self, value: Any) -> list[str]:
        """Split a day into its three boxes."""
        if isinstance(value, dt.date):
            return [str(value.day), str(value.month), str(value.year)]
        found = _ISO.fullmatch(value) if isinstance(value, str) else None
        return [str(int(found[3])), str(int(found[2])), found[1]] if found else ["", "", ""]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return what stands in the three boxes, or in the single value when there are no boxes."""
        if name in data and f"{name}_2" not in data:
            typed = str(data[name] or "")
            return self.decompress(typed) if not typed or _ISO.fullmatch(typed) else [typed, "", ""]
        return [str(value or "") for value in super().value_from_datadict(data, files, name)]

    @staticmethod
    def box_for(code: str) -> int:
        """Return the number of the box that an error with this code is about."""
        return {"month": 1, "year": 2, "range": 2, "past": 2, "future": 2}.get(code, 0)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Say whether the form did not send this field at all."""
        return name not in data and super().value_omitted_from_data(data, files, name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the words over the boxes; each box of a refused field points to the error."""
        context = super().get_context(name, value, attrs)
        for box, label, part in zip(
            context["widget"]["subwidgets"], (_("Day"), _("Month"), _("Year")), ("day", "month", "year"), strict=True
        ):
            box["label"], box["part"] = label, part
        return context


class DayMonthYearField(forms.Field):
    """A remembered or printed day, cleaned to a `datetime.date`.

    Accepts Arabic-Indic and Persian digits and two-digit days and months; the year needs four digits, because "94" is a
    guess. `past_only` and `future_only` refuse the other side of today (the reader's local day). Every message names
    what to write.
    """

    widget = DayMonthYear
    default_error_messages = {
        "required": gettext_lazy("Enter the day, the month and the year, for example 27 3 2031."),
        "incomplete": gettext_lazy("Enter the day, the month and the year, for example 27 3 2031. Missing: %(parts)s."),
        "digits": gettext_lazy("Write the day, the month and the year in digits, for example 27 3 2031."),
        "year": gettext_lazy("Enter the year with four digits, for example 1994."),
        "month": gettext_lazy("Enter a month from 1 to 12."),
        "day": gettext_lazy("That month has only %(last)d days. Enter a day from 1 to %(last)d."),
        "range": gettext_lazy("Enter a year between %(from)d and %(to)d."),
        "past": gettext_lazy("This day must lie in the past. Check the year."),
        "future": gettext_lazy("This day must lie in the future. Check the year."),
    }

    def __init__(self, *, past_only: bool = False, future_only: bool = False, **kwargs: Any):
        self.past_only, self.future_only = past_only, future_only
        super().__init__(**kwargs)

    def _refuse(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def to_python(self, value: Any) -> dt.date | None:
        """Read three boxes (or a date, or an ISO day); raise ValidationError in words that say what to write."""
        if isinstance(value, dt.date):
            return value
        boxes = DayMonthYear().decompress(value) if isinstance(value, str) else list(value or ["", "", ""])
        boxes = [text.plain_digits(str(box)).strip() for box in boxes]
        if not any(boxes):
            return None
        names = (_("day"), _("month"), _("year"))
        if any(box and not box.isdecimal() for box in boxes):
            raise self._refuse("digits")
        empty = [name for box, name in zip(boxes, names, strict=True) if not box]
        if empty:
            raise self._refuse("incomplete", parts=", ".join(empty))
        if len(boxes[2]) != 4:
            raise self._refuse("year")
        day, month, year = (int(box) for box in boxes)
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            raise self._refuse("range", **{"from": EARLIEST_YEAR, "to": LATEST_YEAR})
        if not 1 <= month <= 12:
            raise self._refuse("month")
        last = (dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).day
        if not 1 <= day <= last:
            raise self._refuse("day", last=last)
        return dt.date(year, month, day)

    def validate(self, value: dt.date | None) -> None:
        """Refuse an empty required day, and a day on the wrong side of today."""
        super().validate(value)
        if value is None:
            return
        today = timezone.localdate()
        if self.past_only and value >= today:
            raise self._refuse("past")
        if self.future_only and value <= today:
            raise self._refuse("future")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare days, not the way they were typed."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class BirthField(DayMonthYearField):
    """A date of birth, of which some people know the year only: day and month may be left empty together.

    Cleans to a `datetime.date` (1 January when only the year is known); `is_year_only(typed)` tells the two apart.
    """

    default_error_messages = {
        "required": gettext_lazy("Enter the date of birth, or only the year, for example 1994."),
        "incomplete": gettext_lazy("Enter day and month, or leave both empty when only the year is known."),
    }

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("past_only", True)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        """Read three boxes, the first two of which may be empty."""
        if isinstance(value, list) and self.is_year_only(value):
            value = ["1", "1", value[2]]
        return super().to_python(value)

    @staticmethod
    def is_year_only(boxes: Any) -> bool:
        """Whether day and month were left empty and a year was given."""
        if not isinstance(boxes, list) or len(boxes) != 3:
            return False
        day, month, year = (str(box or "").strip() for box in boxes)
        return bool(year) and not day and not month
