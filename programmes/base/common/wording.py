"""Dates, times, numbers and lists in the reader's language and day: plain functions, used by tags and letters.

Babel knows the forms of each language; the relative words ("in 4 days") are our own, so that screens and letters
say the same. Every function reads the active language and time zone, which the middleware sets from the user.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

# Days after which the relative words change from days to months, and from months to years.
DAYS_SAID_IN_DAYS = 60
DAYS_SAID_IN_MONTHS = 730
DAYS_OF_MONTH = 30.44
DAYS_OF_YEAR = 365.25
# Codes of programmes.base.common.errors.Missing.waits_for.
WHO_HAS_IT = {
    "us": gettext_lazy("us"),
    "worker": gettext_lazy("the worker"),
    "employer": gettext_lazy("the employer"),
    "consulate": gettext_lazy("the consulate"),
    "clinic": gettext_lazy("the clinic"),
}
# Plain "en" is the American order of day and month; the programmes write 16 Mar.
DIALECTS = {"en": "en_GB"}


@cache
def _locale_for(language: str) -> Locale:
    return Locale.parse(DIALECTS.get(language, language.replace("-", "_")), sep="_")


def locale() -> Locale:
    """Return the Babel locale of the active language (English when translations are off)."""
    return _locale_for(get_language() or "en")


@lru_cache(maxsize=5000)
def _formatted(day: dt.date, pattern: str, language: str) -> str:
    return str(format_date(day, pattern, locale=_locale_for(language)))


def _in_words(day: dt.date, pattern: str) -> str:
    """Format a day in the active language: once, because the same days stand on every list."""
    return _formatted(day, pattern, get_language() or "en")


def as_day(value: dt.date | dt.datetime) -> dt.date:
    """Return the reader's local day of a moment, or the day itself."""
    if isinstance(value, dt.datetime):
        return timezone.localdate(value) if timezone.is_aware(value) else value.date()
    return value


def short_day(value: dt.date | dt.datetime) -> str:
    """Say a day shortly: "12 mar"; with the year when it is not this year: "14 ene 2031"."""
    day = as_day(value)
    pattern = "d MMM" if day.year == timezone.localdate().year else "d MMM y"
    return _in_words(day, pattern)


def full_day(value: dt.date | dt.datetime) -> str:
    """Say a day in full, with weekday and year: "jueves, 12 de marzo de 2026"."""
    return _in_words(as_day(value), "full")


def long_day(value: dt.date | dt.datetime) -> str:
    """Say a day with its year as letters do: "12 de marzo de 2026"."""
    return _in_words(as_day(value), "long")


def heading_day(value: dt.date | dt.datetime) -> str:
    """Say a day as a heading: "Jueves 12 de marzo"; the year only when it is not this year."""
    day = as_day(value)
    # Translators give the order of the words, in the letters of CLDR: EEEE weekday, d day, MMMM month, y year.
    pattern = gettext("EEEE d MMMM") if day.year == timezone.localdate().year else gettext("EEEE d MMMM y")
    said = _in_words(day, pattern)
    return said[:1].upper() + said[1:]


def clock(value: dt.datetime) -> str:
    """Say the time of a moment on the reader's clock, 24 hours: "10:42"."""
    moment = timezone.localtime(value) if timezone.is_aware(value) else value
    return str(format_time(moment, "HH:mm", locale=locale()))


def span(days: int) -> str:
    """Say a length of time in days, months or years: "12 days", "5 months"."""
    if days < DAYS_SAID_IN_DAYS:
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    if days < DAYS_SAID_IN_MONTHS:
        months = round(days / DAYS_OF_MONTH)
        return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
    years = round(days / DAYS_OF_YEAR)
    return ngettext("%(count)d year", "%(count)d years", years) % {"count": years}


def relative_day(value: dt.date | dt.datetime, today: dt.date | None = None) -> str:
    """Say a day from the reader's today: "today", "yesterday", "in 4 days", "2 days ago"."""
    days = (as_day(value) - (today or timezone.localdate())).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("tomorrow")
    if days == -1:
        return gettext("yesterday")
    if days > 0:
        return gettext("in %(span)s") % {"span": span(days)}
    return gettext("%(span)s ago") % {"span": span(-days)}


def relative_moment(value: dt.datetime, now: dt.datetime | None = None) -> str:
    """Say a past moment: "just now", "5 minutes ago", "3 hours ago", "yesterday", then the short day."""
    seconds = ((now or timezone.now()) - value).total_seconds()
    if 0 <= seconds < 60:
        return gettext("just now")
    if 0 <= seconds < 3600:
        minutes = int(seconds // 60)
        said = ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
        return gettext("%(span)s ago") % {"span": said}
    if as_day(value) == timezone.localdate() and seconds >= 0:
        hours = int(seconds // 3600)
        said = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
        return gettext("%(span)s ago") % {"span": said}
    if (timezone.localdate() - as_day(value)).days == 1:
        return gettext("yesterday")
    return short_day(value)


def number(value: int | float | Decimal) -> str:
    """Write a number the reader's way: "1,519" or "1.519"."""
    return str(format_decimal(value, locale=locale()))


def share(value: float | Decimal) -> str:
    """Write a share of 1 as a percentage with one decimal: 0.284 is "28.4 %" in the reader's form."""
    return str(format_percent(value, "#,##0.0 %", locale=locale()))


def money(value: int | float | Decimal, currency: str) -> str:
    """Write an amount with its ISO 4217 code in front: "CAD 16.60"."""
    return str(format_currency(value, currency, "¤¤ #,##0.00", locale=locale()))


def and_list(values: Iterable[object]) -> str:
    """Join words as a sentence does: "a, b and c"."""
    return str(format_list([str(value) for value in values], locale=locale()))


def who_has_it(code: str) -> str:
    """Say who has to act next, from the code on a missing item: "us", "the employer"; an unknown code as it is."""
    return str(WHO_HAS_IT.get(code, code))


def initials_of(name: str) -> str:
    """Return two letters for a name: first given name and first family name as far as a whole name can tell.

    Names of this region have up to two given and two family names; with four or more words the third word is
    taken as the first family name ("Luz Dary Cárdenas Ospina" is LC), else the second ("María Tzoc Caal" is MT).
    """
    words = [word for word in name.split() if word[:1].isalpha()]
    if not words:
        return "?"
    family = words[2] if len(words) >= 4 else words[1] if len(words) > 1 else ""
    return (words[0][:1] + family[:1]).upper()
