"""What somebody means by the words in the search box: numbers, dates and words of a name, each in every reading."""

import re
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from programmes.base.common import text

MOST_LETTERS = 200
MOST_WORDS = 12
FEWEST_DIGITS = 6  # of a phone, or of a document number that stands beside a name
FEWEST_OF_A_NUMBER = 5  # of a document number that stands alone
MOST_DIGITS_OF_A_PHONE = 15  # E.164
EARLIEST_YEAR = 1900
# Small words between surnames. They help to rank and never decide: some people write them, and some do not.
PARTICLES = frozenset({
    "de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "das", "di", "van", "von", "der",
})  # fmt: skip
_APOSTROPHES = re.compile(r"(?<=[^\W\d_])['´`’‘ʼʻ](?=[^\W\d_])")
_CASE = re.compile(r"^([A-Za-z]{2,3})?[\s./\-‐-―]*(20\d\d)[\s./\-‐-―]*(\d{1,6})$")
_NUMBER = re.compile(r"^[A-Za-z]{0,3}[\d\s+().,/\-‐-―]*[A-Za-z]?$")
_MONTHS = {
    name[:length]: number
    for names in (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "january february march april may june july august september october november december",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    )
    for number, name in enumerate(names.split(), start=1)
    for length in (3, 4, len(name))
} | {"setiembre": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SEPARATED = r"\s*[-/.‐-―]\s*"
_DATES = [
    ("ymd", re.compile(rf"(?<![\w-])(\d{{4}}){_SEPARATED}(\d{{1,2}}){_SEPARATED}(\d{{1,2}})(?![\w-])")),
    ("dmy", re.compile(rf"(?<![\w-])(\d{{1,2}}){_SEPARATED}(\d{{1,2}}){_SEPARATED}(\d{{4}}|\d\d)(?![\w-])")),
    ("dmy", re.compile(r"(?<![\w-])(\d{1,2}) (\d{1,2}) (\d{4})(?![\w-])")),
    (
        "dMy",
        re.compile(
            rf"(?<!\w)(\d{{1,2}})[\s.-]*(?:de )?({_MONTH})\.?[\s,-]*(?:de |del )?(\d{{4}})(?!\w)", re.IGNORECASE
        ),
    ),
    ("Mdy", re.compile(rf"(?<!\w)({_MONTH})\.? (\d{{1,2}}),? (\d{{4}})(?!\w)", re.IGNORECASE)),
]


@dataclass(frozen=True)
class Asked:
    """What was typed, taken apart.

    `words` are words of a name as typed; `numbers` document numbers, capitals and digits only; `phones` digits with or
    without a country code; `cases` whole case numbers; `endings` case numbers without their country ("2026-00369").
    `days` are the readings of a date of birth, `years` years of birth. `notes` are codes of what the reader should
    know: "two_dates" (day and month could be either way round), "many_words" (only the first twelve are used).
    """

    typed: str
    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    years: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_number(self) -> bool:
        """Something that names one person among all: not a name, and not a year."""
        return bool(self.numbers or self.phones or self.cases or self.endings)

    @property
    def is_empty(self) -> bool:
        """Nothing that anybody could be found by."""
        return not (self.words or self.has_number or self.days)


def read(typed: str, today: date) -> Asked:
    """Take apart what was typed. Pure: the same words on the same day always mean the same."""
    clean = text.plain_digits(text.normalise(typed))[:MOST_LETTERS]
    days, rest = _dates(clean, today)
    notes = ["two_dates"] if len(days) > 1 else []
    found: dict[str, list] = {"numbers": [], "phones": [], "cases": [], "endings": [], "days": days, "years": []}
    words: list[str] = []
    if _NUMBER.match(rest) and sum(map(str.isdigit, rest)) >= FEWEST_OF_A_NUMBER:
        _number(rest, found, today, alone=True)
    else:
        words = _mixed(rest, found, today)
    if len(words) > MOST_WORDS:
        words, notes = words[:MOST_WORDS], [*notes, "many_words"]
    return Asked(typed=clean, words=tuple(words), notes=tuple(notes), **{k: tuple(v) for k, v in found.items()})


def guess(typed: str, today: date) -> dict:
    """What was searched as the first values of a new record: the reader corrects them, nothing is decided here.

    The last two words are surnames when there are three or more; a particle belongs to the word behind it.
    """
    asked = read(typed, today)
    names: list[str] = []
    for word in asked.words:
        if names and text.fold(names[-1].split()[-1]) in PARTICLES:
            names[-1] += f" {word}"
        else:
            names.append(word)
    if not any(any(map(str.isupper, name)) for name in names):
        names = [" ".join(w if w in PARTICLES else w.capitalize() for w in name.split()) for name in names]
    surnames = names[1:] if len(names) < 4 else names[-2:]
    facts = {
        "given_names": " ".join(names[: len(names) - len(surnames)]),
        "first_surname": " ".join(surnames[:1]),
        "second_surname": " ".join(surnames[1:]),
        "birth_date": asked.days[0] if len(asked.days) == 1 and asked.words else None,
    }
    plus = re.search(r"\+[\d\s().-]{8,}", asked.typed)
    if plus:
        facts["phone"] = plus[0].strip()
    elif asked.numbers and not asked.cases:
        facts["national_id"] = asked.numbers[0]
    return {name: value for name, value in facts.items() if value}


def _mixed(rest: str, found: dict, today: date) -> list[str]:
    """Words of a name; what has digits among them is a year or a number (one with spaces stays in one piece)."""
    words = []
    for is_number, parts in groupby(re.split(r"[\s,;]+", rest), key=lambda part: any(map(str.isdigit, part))):
        if not is_number:
            words += [_APOSTROPHES.sub("", part).replace("ç", "s").replace("Ç", "S") for part in parts if part]
            continue
        group = list(parts)
        years = [int(part) for part in group if re.fullmatch(r"(19|20)\d\d", part) and int(part) <= today.year]
        if len(years) == len(group):
            found["years"] += years
        elif sum(map(str.isdigit, "".join(group))) >= FEWEST_DIGITS:
            _number(" ".join(group), found, today, alone=False)
        else:
            words += group
    return [word for word in words if text.fold(word)]


def _number(value: str, found: dict, today: date, *, alone: bool) -> None:
    """Every reading of a number: case, document, phone, and eight digits on their own also as a date."""
    value = value.strip()
    plain = re.sub(r"[^0-9A-Z]", "", value.upper())
    digits = re.sub(r"\D", "", value)
    case = _CASE.match(value)
    if case:
        country, year, serial = case.groups()
        ending = f"{year}-{int(serial):05d}"
        found["cases" if country else "endings"].append(f"{country.upper()}-{ending}" if country else ending)
    found["numbers"].append(plain)
    if digits == plain:
        # 00 before a country code is dialled, not part of it; a leading 0 is dialled inside a country only.
        ends = dict.fromkeys((re.sub("^00", "", digits), digits.lstrip("0")))
        found["phones"] += [end for end in ends if FEWEST_DIGITS <= len(end) <= MOST_DIGITS_OF_A_PHONE]
    if alone and re.fullmatch(r"\d{8}", value):
        readings = [(value[:4], value[4:6], value[6:]), (value[4:], value[2:4], value[:2])]
        found["days"] += [day for parts in readings if (day := _day(*parts, today))]


def _dates(clean: str, today: date) -> tuple[list[date], str]:
    """The readings of the first date in the text, and the text without it."""
    for order, pattern in _DATES:
        found = pattern.search(clean)
        if not found:
            continue
        one, two, three = found.groups()
        if order == "ymd":
            readings = [(one, two, three)]
        elif order == "dMy":
            readings = [(three, _MONTHS[two.lower()], one)]
        elif order == "Mdy":
            readings = [(three, _MONTHS[one.lower()], two)]
        else:
            readings = [(three, two, one), (three, one, two)]
        days = list(dict.fromkeys(day for parts in readings if (day := _day(*parts, today))))
        if days:
            return days, f"{clean[: found.start()]} {clean[found.end() :]}".strip()
    return [], clean


def _day(year: str, month: str | int, day: str | int, today: date) -> date | None:
    """The day, if there is such a day in the life of anybody alive. Two digits of a year are the last such year."""
    number = int(year)
    if len(year) == 2:
        number += 2000 if number + 2000 <= today.year else 1900
    if not EARLIEST_YEAR <= number <= today.year:
        return None
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
