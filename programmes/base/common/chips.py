"""The filters in force as chips, each with the address of the list without it."""

from datetime import date

from django.http import HttpRequest
from django.utils.translation import gettext as _

from programmes.base.common import wording

_PLACES = ("after", "before")


def chips_of(request: HttpRequest, form) -> list[dict]:
    """One removable chip for each filter that is set in a bound filter form (components/chips.html)."""
    chips = []
    for name, value in getattr(form, "cleaned_data", {}).items():
        if value in (None, "", [], False):
            continue
        field = form.fields[name]
        rest = request.GET.copy()
        for gone in (name, *_PLACES):
            rest.pop(gone, None)
        words = dict(getattr(field, "choices", [])).get(value, value) if isinstance(value, str) else value
        if isinstance(words, date):
            words = wording.short_day(words)
        label = _("%(field)s: %(value)s") % {"field": field.label, "value": words}
        chips.append({"label": label, "href": f"{request.path}?{rest.urlencode()}"})
    return chips
