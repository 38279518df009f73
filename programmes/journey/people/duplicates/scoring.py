"""How alike two records are: a score of 0–100, a level, and the reason per field (domain.md M18). Pure.

Points. Names up to 40 (given names 18, surnames 22), date of birth up to 25, a document up to 40, phone 10, place up
to 9, e-mail 6, sex 2; what speaks against takes points away: a date that differs 12, another number on a document of
the same kind and country 15 (a passport, which is renewed, 3), the other sex 12. The sum is cut to 0–100.

Levels. From 45 possible, from 60 probable. A pair stays *possible*, whatever the points, while its given names differ
or its sex or its national number does, unless a document is the same, which alone is *probable*. *Certain* needs more
than points: the same document together with a like name or the same date of birth; or name and date of birth equal and
one more fact (phone, place, e-mail, a document) equal, and nothing at all against it. So twins, who share surnames,
date, place and phone, are possible and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import OSA, JaroWinkler

from programmes.journey.people.duplicates.facts import Facts
from programmes.journey.people.duplicates.sounds import sound

POSSIBLE_FROM, PROBABLE_FROM, CERTAIN_FROM = 45, 60, 85
GIVEN, SURNAMES, BIRTH, DOCUMENT, PHONE, PLACE, EMAIL, SEX = 18, 22, 25, 40, 10, 9, 6, 2
SAME, ALIKE, DIFFERENT = "same", "alike", "different"
# Kinds of document whose number a person keeps for life; the others are renewed under another number.
FOR_LIFE = frozenset({"national_id", "birth_certificate", "tax_id", "social_security_number"})

# Every reason in words, by fact and how it compares. Stored is only the code, so that no fact of a person is copied.
WORDS: dict[str, str | Promise] = {
    "name_same": _("same name"),
    "name_order": _("same name in another order"),
    "name_alias": _("the name is known as another name of the person"),
    "given_same": _("same given names"),
    "given_sound": _("given names sound alike"),
    "given_alike": _("given names differ by a letter"),
    "given_part": _("one given name is missing"),
    "given_different": _("different given names"),
    "surnames_same": _("same surnames"),
    "surnames_order": _("surnames in another order"),
    "surnames_sound": _("surnames sound alike"),
    "surnames_alike": _("surnames differ by a letter"),
    "surnames_part": _("one surname is missing"),
    "surnames_married": _("married name and maiden name"),
    "surnames_one": _("one surname is the same"),
    "surnames_different": _("different surnames"),
    "birth_same": _("same date of birth"),
    "birth_day": _("dates of birth one day apart"),
    "birth_swapped": _("day and month of birth swapped"),
    "birth_digit": _("dates of birth differ in one figure"),
    "birth_year": _("same year of birth, the day is not known"),
    "birth_estimated": _("estimated dates of birth that may be one"),
    "birth_different": _("different dates of birth"),
    "document_same": _("same document number"),
    "document_digit": _("document numbers differ in one figure"),
    "document_different": _("different numbers on the same kind of document"),
    "document_renewed": _("another number on a document that is renewed"),
    "phone_same": _("same phone"),
    "place_same": _("same community"),
    "place_municipality": _("same municipality"),
    "place_birth": _("same place of birth"),
    "place_different": _("different departments"),
    "email_same": _("same e-mail"),
    "sex_different": _("different sex"),
}


@dataclass(frozen=True)
class Reason:
    """How one fact compares: `code` is a key of WORDS, `sign` is same, alike or different."""

    code: str
    sign: str

    @property
    def text(self) -> str:
        """In the reader's language."""
        return str(WORDS[self.code])

    def as_data(self) -> list[str]:
        """For the stored pair."""
        return [self.code, self.sign]


@dataclass(frozen=True)
class Comparison:
    """The result: `level` is "", possible, probable or certain."""

    score: int
    level: str
    reasons: tuple[Reason, ...]

    @property
    def is_strong(self) -> bool:
        """Worth stopping for."""
        return self.level in ("probable", "certain")


@dataclass(frozen=True)
class _Part:
    points: float
    reason: Reason | None = None


_NOTHING = _Part(0)


def compare(one: Facts, other: Facts) -> Comparison:
    """Compare two records. The order of the two does not matter."""
    given, surnames = _given(one, other), _surnames(one, other)
    whole = _whole(one, other)
    if whole is not None and whole.points > given.points + surnames.points:
        given, surnames = whole, _NOTHING
    birth, document = _birth(one, other), _document(one, other)
    rest = [_phone(one, other), _place(one, other), _email(one, other), _sex(one, other)]
    parts = [given, surnames, birth, document, *rest]
    codes = {part.reason.code for part in parts if part.reason}
    points = max(0, min(100, round(sum(part.points for part in parts))))
    level, score = _level(points, codes, named=given.points + surnames.points)
    return Comparison(score, level, tuple(part.reason for part in parts if part.reason))


def _level(points: int, codes: set[str], *, named: float) -> tuple[str, int]:
    same_document = "document_same" in codes
    against = {"given_different", "surnames_different", "sex_different", "document_different", "document_renewed"}
    if (
        same_document
        and not codes & {"given_different", "sex_different"}
        and (named >= 0.75 * (GIVEN + SURNAMES) or ("birth_same" in codes and named >= 0.5 * (GIVEN + SURNAMES)))
    ):
        return "certain", max(points, CERTAIN_FROM)
    name_equal = bool(codes & {"name_same", "name_order"}) or (
        bool(codes & {"given_same", "given_sound"})
        and bool(codes & {"surnames_same", "surnames_sound", "surnames_order"})
    )
    further = {"phone_same", "place_same", "place_birth", "email_same"}
    if name_equal and "birth_same" in codes and codes & further and not codes & {*against, "document_digit"}:
        return "certain", max(points, CERTAIN_FROM)
    if codes & {"given_different", "sex_different", "document_different"} and not same_document:
        points = min(points, PROBABLE_FROM - 1)
    if same_document:
        points = max(points, PROBABLE_FROM)
    points = min(points, CERTAIN_FROM - 1)
    if points >= PROBABLE_FROM:
        return "probable", points
    return ("possible" if points >= POSSIBLE_FROM else ""), points


# --- Words of names -------------------------------------------------------------------------------------------------
def likeness(one: str, other: str) -> float:
    """How alike two folded words are: 1 the same, 0.95 the same by ear, 0.9 one slip, less for more, 0 for unlike."""
    if one == other:
        return 1.0
    shorter, longer = sorted((len(one), len(other)))
    if shorter == 1:
        return 0.6 if one[0] == other[0] else 0.0
    if shorter >= 3 and sound(one) == sound(other):
        return 0.95
    distance = OSA.distance(one, other, score_cutoff=2)
    if distance == 1 and longer >= 4:
        return 0.9 if longer >= 5 else 0.8
    if distance == 2 and longer >= 8:
        return 0.75
    return 0.7 if shorter >= 5 and JaroWinkler.similarity(one, other) >= 0.92 else 0.0


def paired(one: Sequence[str], other: Sequence[str]) -> list[tuple[float, int, int]]:
    """The best partner for each word, each word used once: (likeness, place in one, place in other)."""
    all_pairs = sorted(
        ((likeness(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)),
        key=lambda pair: (-pair[0], abs(pair[1] - pair[2]), pair[1], pair[2]),
    )
    found: list[tuple[float, int, int]] = []
    for like, i, j in all_pairs:
        if like > 0 and all(i != left and j != right for _like, left, right in found):
            found.append((like, i, j))
    return sorted(found, key=lambda pair: pair[1])


def _manner(pairs: list[tuple[float, int, int]]) -> str:
    lowest = min(pair[0] for pair in pairs)
    if lowest == 1:
        return "same"
    return "sound" if lowest >= 0.95 else "alike"


def _given(one: Facts, other: Facts) -> _Part:
    if not one.given or not other.given:
        return _NOTHING
    pairs = paired(one.given, other.given)
    shorter, longer = sorted((len(one.given), len(other.given)))
    if not pairs or max(pair[0] for pair in pairs) < 0.75:
        return _Part(0, Reason("given_different", DIFFERENT))
    likes = sum(pair[0] for pair in pairs)
    if len(pairs) < shorter:
        # Two names each, and only one of them shared: María José is not María Luisa.
        return _Part(GIVEN * likes / longer * 0.5, Reason("given_different", DIFFERENT))
    if shorter < longer:
        # The first name is what a person is called by; a second one is often left out.
        first = any(i == 0 and j == 0 for _like, i, j in pairs)
        return _Part(GIVEN * likes / len(pairs) * (0.9 if first else 0.75), Reason("given_part", ALIKE))
    how = _manner(pairs)
    return _Part(GIVEN * likes / len(pairs), Reason(f"given_{how}", SAME if how == "same" else ALIKE))


def _surnames(one: Facts, other: Facts) -> _Part:
    if not one.surnames or not other.surnames:
        return _NOTHING
    best = _between_surnames(one.surnames, other.surnames)
    for mine, theirs in ((one, other), (other, one)):
        if mine.married:
            # The husband's name stands in the place of the second surname, or of both.
            for variant in ((*mine.surnames[:1], *mine.married), mine.married, (*mine.surnames, *mine.married)):
                found = _between_surnames(variant, theirs.surnames)
                if found.points * 0.95 > best.points:
                    best = _Part(found.points * 0.95, Reason("surnames_married", ALIKE))
    return best


def _between_surnames(one: Sequence[str], other: Sequence[str]) -> _Part:
    pairs = paired(one, other)
    shorter, longer = sorted((len(one), len(other)))
    if not pairs:
        return _Part(0, Reason("surnames_different", DIFFERENT))
    likes = sum(pair[0] for pair in pairs)
    if len(pairs) < shorter:
        return _Part(SURNAMES * likes / longer * 0.9, Reason("surnames_one", ALIKE))
    if shorter < longer:
        first = any(i == 0 and j == 0 for _like, i, j in pairs)
        return _Part(SURNAMES * likes / len(pairs) * (0.85 if first else 0.7), Reason("surnames_part", ALIKE))
    if [i for _like, i, _j in pairs] != [j for _like, _i, j in pairs]:
        return _Part(SURNAMES * likes / len(pairs) * 0.92, Reason("surnames_order", ALIKE))
    how = _manner(pairs)
    return _Part(SURNAMES * likes / len(pairs), Reason(f"surnames_{how}", SAME if how == "same" else ALIKE))


def _whole(one: Facts, other: Facts) -> _Part | None:
    """The name as one: parts typed into the wrong box, all in another order, or a name the other goes by."""
    best: _Part | None = None
    for first, second, code in (
        (one.words, other.words, "name_order"),
        *((alias, other.words, "name_alias") for alias in one.names),
        *((one.words, alias, "name_alias") for alias in other.names),
    ):
        if min(len(first), len(second)) < 2:
            continue
        pairs = paired(first, second)
        longer = max(len(first), len(second))
        if len(pairs) < longer or min(pair[0] for pair in pairs) < 0.75:
            continue
        part = _Part((GIVEN + SURNAMES) * 0.95 * sum(p[0] for p in pairs) / longer, Reason(code, ALIKE))
        best = part if best is None or part.points > best.points else best
    return best


# --- The other facts ------------------------------------------------------------------------------------------------
def _birth(one: Facts, other: Facts) -> _Part:
    if not one.born or not other.born:
        return _NOTHING
    exact = one.precision == other.precision == "day"
    if "year" in (one.precision, other.precision):
        apart = abs(one.born.year - other.born.year)
        if apart == 0:
            return _Part(BIRTH * 0.55, Reason("birth_year", ALIKE))
        return _estimated(apart, one, other)
    if one.born == other.born:
        return _Part(BIRTH if exact else BIRTH * 0.8, Reason("birth_same", SAME))
    if abs((one.born - other.born).days) == 1:
        return _Part(BIRTH * 0.8, Reason("birth_day", ALIKE))
    if one.born.year == other.born.year and (one.born.day, one.born.month) == (other.born.month, other.born.day):
        return _Part(BIRTH * 0.85, Reason("birth_swapped", ALIKE))
    if not exact:
        return _estimated(abs(one.born.year - other.born.year), one, other)
    if one_figure_apart(one.born, other.born):
        return _Part(BIRTH * 0.6, Reason("birth_digit", ALIKE))
    return _Part(-12, Reason("birth_different", DIFFERENT))


def _estimated(apart: int, one: Facts, other: Facts) -> _Part:
    reach = 3 if "estimated" in (one.precision, other.precision) else 1
    if apart <= reach:
        return _Part(BIRTH * 0.25, Reason("birth_estimated", ALIKE))
    return _Part(-12, Reason("birth_different", DIFFERENT))


def one_figure_apart(one: date, other: date) -> bool:
    """Two dates that differ in one figure, or in two figures of the year that changed places."""
    return OSA.distance(f"{one:%d%m%Y}", f"{other:%d%m%Y}") == 1


def _document(one: Facts, other: Facts) -> _Part:
    if one.papers & other.papers:
        return _Part(DOCUMENT, Reason("document_same", SAME))
    if {number for _k, _c, number in one.papers if len(number) >= 6} & {n for _k, _c, n in other.papers}:
        # The same number under another kind or country: one of the two was chosen wrongly.
        return _Part(DOCUMENT, Reason("document_same", SAME))
    worst = _NOTHING
    for kind, country, number in one.papers:
        for their_kind, their_country, their_number in other.papers:
            if (kind, country) != (their_kind, their_country):
                continue
            if len(number) >= 6 and OSA.distance(number, their_number) == 1:
                return _Part(DOCUMENT * 0.5, Reason("document_digit", ALIKE))
            if kind in FOR_LIFE:
                worst = _Part(-15, Reason("document_different", DIFFERENT))
            elif worst is _NOTHING:
                worst = _Part(-3, Reason("document_renewed", DIFFERENT))
    return worst


def _phone(one: Facts, other: Facts) -> _Part:
    return _Part(PHONE, Reason("phone_same", SAME)) if one.phones & other.phones else _NOTHING


def _place(one: Facts, other: Facts) -> _Part:
    birth = bool(one.born_in[1]) and one.born_in == other.born_in
    (division, town, village), (their_division, their_town, their_village) = one.place, other.place
    apart = bool(division and their_division and division != their_division)
    same_town = bool(town) and town == their_town and not apart
    if same_town and village and village == their_village:
        return _Part(PLACE, Reason("place_same", SAME))
    if birth:
        return _Part(PLACE - 2, Reason("place_birth", SAME))
    if same_town:
        return _Part(PLACE - 4, Reason("place_municipality", SAME))
    if apart:
        return _Part(-2, Reason("place_different", DIFFERENT))
    return _NOTHING


def _email(one: Facts, other: Facts) -> _Part:
    return _Part(EMAIL, Reason("email_same", SAME)) if one.email and one.email == other.email else _NOTHING


def _sex(one: Facts, other: Facts) -> _Part:
    known = {"female", "male"}
    if one.sex not in known or other.sex not in known:
        return _NOTHING
    return _Part(SEX) if one.sex == other.sex else _Part(-12, Reason("sex_different", DIFFERENT))
