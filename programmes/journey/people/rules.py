"""Pure checks of identity facts (domain.md M17). A failed check warns; it never refuses a person."""

import re
from datetime import date

from django.utils.translation import gettext as _

# Municipalities per department 1–22, as the widely used open implementation counts them.
_GT_MUNICIPALITIES = (17, 8, 16, 16, 13, 14, 19, 8, 24, 21, 9, 30, 32, 21, 8, 17, 14, 5, 11, 11, 7, 17)
_NIE_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
OLDEST_YEARS = 110


def plain_number(value: str) -> str:
    """An identity number as it is stored: capitals and digits only, every kind of hyphen and space removed."""
    return re.sub(r"[^0-9A-Z]", "", value.upper())


def cui_problem(number: str) -> str | None:
    """What is wrong with a Guatemalan CUI, or None. 13 digits: 8, a check digit, department, municipality.

    The check digit is the sum of the first eight digits, each times its place plus one, modulo 11.
    """
    digits = plain_number(number)
    if not re.fullmatch(r"\d{13}", digits):
        return _("A CUI has 13 digits.")
    check = sum(int(digit) * (place + 2) for place, digit in enumerate(digits[:8])) % 11
    if check != int(digits[8]):
        return _("The check digit of this CUI does not match. Compare it with the document.")
    department, municipality = int(digits[9:11]), int(digits[11:13])
    if not 1 <= department <= 22:
        return _("This CUI names a department that does not exist.")
    if not 1 <= municipality <= _GT_MUNICIPALITIES[department - 1]:
        return _("This CUI names a municipality that older lists do not know. Compare it with the document.")
    return None


def nie_problem(number: str) -> str | None:
    """What is wrong with a Spanish NIE, or None. X, Y or Z, seven digits, and a letter that checks them."""
    value = plain_number(number)
    if not re.fullmatch(r"[XYZ]\d{7}[A-Z]", value):
        return _("A NIE is X, Y or Z, seven digits and a letter.")
    if _NIE_LETTERS[int(str("XYZ".index(value[0])) + value[1:8]) % 23] != value[8]:
        return _("The letter of this NIE does not match. Compare it with the document.")
    return None


def mrz_check_digit(value: str) -> int:
    """The check digit of a field of a passport's machine-readable zone (ICAO 9303): weights 7, 3, 1, modulo 10."""
    values = {"<": 0} | {str(d): d for d in range(10)} | {chr(ord("A") + n): n + 10 for n in range(26)}
    return sum(values[c] * (7, 3, 1)[place % 3] for place, c in enumerate(value)) % 10


def national_id_warning(nationality: str, number: str) -> str | None:
    """What a person should compare again about an identity number, or None."""
    if not number:
        return None
    return cui_problem(number) if nationality == "GTM" else None


def birth_problem(born: date, today: date) -> str | None:
    """Why a date of birth cannot be right."""
    if born > today:
        return _("The date of birth lies in the future.")
    if born.year < 1900 or today.year - born.year > OLDEST_YEARS:
        return _("Check the year of birth: it lies more than %(years)d years back.") % {"years": OLDEST_YEARS}
    return None
