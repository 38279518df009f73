"""How well a person's name answers the words that were typed, and why: pure, for the few that the database offers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils.translation import gettext as _
from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from programmes.base.common import text, wording
from programmes.journey.people.asked import PARTICLES, Asked
from programmes.journey.people.dictionary import WordMatch

# What a typed word counts for when it is found as written, by its sound, one letter off, unfinished.
EXACT, SOUND, SLIP, START = 100.0, 93.0, 90.0, 86.0
# Written as one word with its neighbour, or in pieces: the same letters.
APART = 97.0
STRETCHED = 99.0
# A word that is only similar (two slips) counts for half of its likeness, from here on.
SIMILAR_FROM = 0.8
SIMILAR = 50.0
# Small words and initials weigh little; nobody is found by them.
LIGHT = 0.2
NOT_ASKED, MOST_NOT_ASKED = 1.5, 6.0
ORDER = 3.0
SAME_DAY, SAME_YEAR, OTHER_DAY = 8.0, 4.0, -12.0


@dataclass(frozen=True)
class Known:
    """What is compared of a person; built from columns, so that two hundred of them cost little."""

    pk: int
    given_names: str
    first_surname: str
    second_surname: str
    other_names: tuple[str, ...]
    tokens: frozenset[str]
    birth_date: date
    birth_precision: str

    @cached_property
    def name(self) -> str:
        """The main name, folded."""
        return text.fold(f"{self.given_names} {self.first_surname} {self.second_surname}")

    def as_written(self, token: str) -> str:
        """The word of the name behind a folded token, with its accents."""
        names = (self.given_names, self.first_surname, self.second_surname, *self.other_names)
        words = (word for name in names for word in name.replace("-", " ").split())
        return next((word for word in words if text.fold(word).replace(" ", "") == token), token)


@dataclass(frozen=True)
class Words:
    """The typed words as the dictionary knows them: those that decide, and the light ones that only rank."""

    heavy: tuple[WordMatch, ...]
    light: tuple[WordMatch, ...]

    @classmethod
    def of(cls, matches: Iterable[WordMatch]) -> "Words":
        """Split them; when all are light they are taken as they are, because nothing else was typed."""
        matches = tuple(matches)
        light = tuple(match for match in matches if match.word in PARTICLES or len(match.word) == 1)
        heavy = tuple(match for match in matches if match not in light)
        return cls(heavy, light) if heavy else cls(light, ())


@dataclass(frozen=True)
class Score:
    """Of a hundred, and the reasons in words.

    `missing` counts the heavy words that the name does not answer; `exact` says that it answers all as typed, or as
    far as they are typed. Only an exact answer is worth a hundred.
    """

    value: float
    why: tuple[str, ...]
    missing: int
    exact: bool


def judge(asked: Asked, words: Words, person: Known) -> Score:
    """Score one person; reasons come in the reader's language, the strongest doubt first."""
    parts: list[tuple[float, float]] = []
    why: list[str] = []
    answered: set[str] = set()
    missing, exact = 0, True
    for match in words.heavy:
        value, tokens, reason = _answer(match, person)
        parts.append((value, 1.0))
        missing += not tokens
        answered.update(tokens)
        why += [reason] if reason and reason not in why else []
        exact = exact and value in (EXACT, START)
    for match in words.light:
        hit = match.word in person.tokens or (
            len(match.word) == 1 and any(token.startswith(match.word) for token in person.tokens)
        )
        parts.append((EXACT if hit else 0.0, LIGHT))
        answered.add(match.word)
    value = sum(part * weight for part, weight in parts) / sum(weight for _part, weight in parts) if parts else 0.0
    others = [word for word in person.name.split() if word not in answered and word not in PARTICLES]
    value -= min(NOT_ASKED * len(others), MOST_NOT_ASKED)
    typed = " ".join(match.word for match in (*words.heavy, *words.light))
    value -= ORDER * (1 - fuzz.ratio(typed, person.name) / 100)
    if not why and words.heavy:
        why.append(_("every word matches") if others else _("the whole name matches"))
    second = text.fold(person.second_surname).split()
    if second and not answered.intersection(second) and not missing and len(words.heavy) > 1:
        why.append(_("second surname not asked"))
    why += _other_names(person, answered)
    more, about_birth = _birth(asked, person)
    return Score(min(value + more, EXACT if exact else STRETCHED), (*why, *about_birth), missing, exact)


def _answer(match: WordMatch, person: Known) -> tuple[float, tuple[str, ...], str]:
    """How the person's names answer one word: its worth, the tokens that do, and the reason to show."""
    if match.word in person.tokens:
        return EXACT, (match.word,), ""
    for token in sorted(match.joined & person.tokens):
        return APART, (token,), _("in one word: %(word)s") % {"word": person.as_written(token)}
    for way in match.apart:
        if person.tokens.issuperset(way):
            written = " ".join(person.as_written(token) for token in way)
            return APART, way, _("in several words: %(word)s") % {"word": written}
    for worth, tokens, words in (
        (SOUND, match.sounds, _("sounds like %(word)s")),
        (SLIP, match.slips, _("one letter differs: %(word)s")),
        (START, match.starts, _("begins like %(word)s")),
    ):
        for token in sorted(tokens & person.tokens):
            return worth, (token,), words % {"word": person.as_written(token)}
    likeness, token = max(
        ((JaroWinkler.similarity(match.word, token), token) for token in person.tokens), default=(0.0, "")
    )
    if likeness >= SIMILAR_FROM and len(match.word) > 3:
        words = _("similar: %(word)s")
        return SIMILAR * likeness, (token,), words % {"word": person.as_written(token)}
    return 0.0, (), _("“%(word)s” is not in the name") % {"word": match.word}


def _other_names(person: Known, answered: set) -> list[str]:
    """That a word was found in an alias or a married name only."""
    main = set(person.name.split())
    return [
        _("also called %(name)s") % {"name": name}
        for name in person.other_names
        if (words := set(text.fold(name).split())) & answered - main and not words <= main
    ]


def _birth(asked: Asked, person: Known) -> tuple[float, list[str]]:
    born, exact = person.birth_date, person.birth_precision == "day"
    if asked.days:
        if exact and born in asked.days:
            return SAME_DAY, [_("born on %(day)s") % {"day": wording.short_day(born)}]
        if not exact and born.year in {day.year for day in asked.days}:
            return SAME_YEAR, [_("born in %(year)d, the day is not known") % {"year": born.year}]
        return OTHER_DAY, [_("another date of birth")]
    if asked.years:
        same = born.year in asked.years
        return (SAME_YEAR, [_("born in %(year)d") % {"year": born.year}]) if same else (
            OTHER_DAY,
            [_("another year of birth")],
        )  # fmt: skip
    return 0.0, []


def best(scored: Sequence[tuple[Score, Known]], most: int) -> list[tuple[Score, Known]]:
    """The best of them, best first; among equals in the order of their names."""
    return sorted(scored, key=lambda pair: (-round(pair[0].value, 3), pair[1].name, pair[1].pk))[:most]
