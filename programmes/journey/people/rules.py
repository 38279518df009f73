"""Pure checks of identity facts (domain.md M17). A failed check warns; it never refuses a person."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from programmes.base.rulebook.kinds import judges_rules
from programmes.base.rulebook.rules import months_later

# Municipalities per department 1–22, as the widely used open implementation counts them.
_GT_MUNICIPALITIES = (17, 8, 16, 16, 13, 14, 19, 8, 24, 21, 9, 30, 32, 21, 8, 17, 14, 5, 11, 11, 7, 17)
_NIE_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIE_STANDS_ON = frozenset({"national_id", "residence_permit", "tax_id"})
OLDEST_YEARS = 110
EARLIEST_YEAR = 1900
# What says who somebody is, in the order in which it is asked for; the other documents belong to a case.
IDENTITY_KINDS = (
    "national_id",
    "passport",
    "residence_permit",
    "driving_licence",
    "birth_certificate",
    "marriage_certificate",
    "tax_id",
    "social_security_number",
    "other",
)
# Documents whose number one country gives to one person only.
ONE_HOLDER = frozenset({"national_id", "passport"})
_DASHES = re.compile("[\u2010-\u2015\u2212\uff0d]")


@judges_rules("consent_months")
def consent_until(given_on: date, months: int) -> date:
    """Until when a consent holds that nobody gave for another time (domain.md 5)."""
    return months_later(given_on, months)


def plain_number(value: str) -> str:
    """An identity number as it is searched: capitals and digits only, every kind of hyphen and space removed."""
    return re.sub(r"[^0-9A-Z]", "", value.upper())


def printed_number(typed: str) -> str:
    """A document number as it is kept: capitals, plain hyphens, single spaces."""
    return " ".join(_DASHES.sub("-", typed).upper().split())


def mixes_scripts(number: str) -> bool:
    """Whether letters of two alphabets stand in one number (a Cyrillic А in a Latin passport number)."""
    return len({unicodedata.name(letter, "?").split()[0] for letter in number if letter.isalpha()}) > 1


def masked(number: str) -> str:
    """A number of which only the last three characters are shown; shorter ones are not shown at all."""
    return "" if not number else "•••" + (number[-3:] if len(number) > 3 else "")


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


def number_problem(kind: str, country: str, number: str) -> str | None:
    """What somebody should compare again about the number of a document, or None. Warns, never refuses."""
    if not number:
        return None
    if kind == "national_id" and country == "GTM":
        return cui_problem(number)
    if kind in _NIE_STANDS_ON and country == "ESP" and plain_number(number)[:1] in {"X", "Y", "Z"}:
        return nie_problem(number)
    return None


def checksum_ok(kind: str, country: str, number: str) -> bool | None:
    """Whether the number of a document checks out (domain.md M17); None when its kind carries nothing to check.

    A municipality that older lists do not know is a warning in words, and no failed check.
    """
    if kind == "national_id" and country == "GTM":
        digits = plain_number(number)
        return cui_problem(digits) is None or cui_problem(digits[:11] + "01") is None
    if kind in _NIE_STANDS_ON and country == "ESP" and plain_number(number)[:1] in {"X", "Y", "Z"}:
        return nie_problem(number) is None
    return None


def national_id_warning(nationality: str, number: str) -> str | None:
    """What a person should compare again about an identity number, or None."""
    return number_problem("national_id", nationality, number)


@dataclass(frozen=True)
class Mrz:
    """What the second line of a passport's machine-readable zone says; `ok` when all its check digits match."""

    number: str
    nationality: str
    born: date | None
    sex: str
    expires_on: date | None
    ok: bool


def read_mrz(typed: str, today: date) -> Mrz | None:
    """Read the second line of a passport's machine-readable zone (ICAO 9303, 44 characters); None when it is none.

    Check digits stand behind number, date of birth, last day and personal number, and one over all of these. Years
    have two digits: a birth lies in the past, a last day within fifty years from `today`.
    """
    line = re.sub(r"\s", "", typed.upper()).replace("«", "<<")
    if not re.fullmatch(r"[A-Z0-9<]{44}", line):
        return None
    parts = [(line[0:9], line[9]), (line[13:19], line[19]), (line[21:27], line[27])]
    parts.append((line[0:10] + line[13:20] + line[21:43], line[43]))
    ok = all(str(mrz_check_digit(value)) == digit for value, digit in parts)
    personal = line[28:42]
    ok = ok and line[42] in ({str(mrz_check_digit(personal))} | ({"<"} if not personal.strip("<") else set()))
    return Mrz(
        number=line[0:9].strip("<").replace("<", ""),
        nationality=line[10:13].strip("<"),
        born=_two_digit_day(line[13:19], latest=today),
        sex={"F": "female", "M": "male"}.get(line[20], ""),
        expires_on=_two_digit_day(line[21:27], latest=date(today.year + 50, 12, 31)),
        ok=ok,
    )


def _two_digit_day(value: str, *, latest: date) -> date | None:
    """The last day not after `latest` that is written so."""
    if not value.isdecimal():
        return None
    year = latest.year // 100 * 100 + int(value[:2])
    for candidate in (year, year - 100):
        try:
            day = date(candidate, int(value[2:4]), int(value[4:6]))
        except ValueError:
            continue
        if day <= latest:
            return day
    return None


def mrz_words() -> str:
    """What to say when the check digits of a machine-readable line did not match."""
    return _("The check digits of the machine-readable line do not match. Compare the number with the document.")


def birth_problem(born: date, today: date) -> str | None:
    """Why a date of birth cannot be right."""
    if born > today:
        return _("The date of birth lies in the future.")
    if born.year < EARLIEST_YEAR or today.year - born.year > OLDEST_YEARS:
        return _("Check the year of birth: it lies more than %(years)d years back.") % {"years": OLDEST_YEARS}
    return None
