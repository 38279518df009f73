"""Countries and time zones: the lists that fields are checked against."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _


@cache
def country_codes() -> dict[str, str]:
    """Map the ISO 3166 alpha-3 codes in use to their alpha-2 codes, from the Unicode data that Babel carries."""
    known = Locale("en").territories
    return {
        code: aliases[0]
        for code, aliases in get_global("territory_aliases").items()
        if len(code) == 3 and code.isalpha() and len(aliases) == 1 and aliases[0] in known
    }


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of places whose clock can be chosen, such as America/Guatemala, sorted."""
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return tuple(sorted(name for name in available_timezones() if name.startswith(areas) or name == "UTC"))


def country_name(code: str) -> str:
    """Return a country's name in the reader's language; the code itself when it is unknown."""
    names = Locale.parse((get_language() or "en").replace("-", "_")).territories
    return names.get(country_codes().get(code, ""), code)


def country_choices() -> list[tuple[str, str]]:
    """Return all countries for a field to choose from, by name in the reader's language."""
    return sorted(((code, country_name(code)) for code in country_codes()), key=lambda choice: choice[1])


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all time zones for a field to choose from, grouped by part of the world."""
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in time_zones():
        area, _slash, place = name.partition("/")
        areas.setdefault(area, []).append((name, place.replace("_", " ").replace("/", ", ") or area))
    return list(areas.items())


def validate_country(code):
    """Refuse what is not a country's three-letter code."""
    if code not in country_codes():
        raise ValidationError(_("%(code)s is not a country. Enter three letters, for example GTM.") % {"code": code})


def validate_time_zone(name):
    """Refuse what is not the name of a time zone."""
    if name not in time_zones():
        raise ValidationError(_("%(name)s is not a time zone. Choose one from the list.") % {"name": name})
