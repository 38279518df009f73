"""Finding a person with one box. Scope first: nobody is found, counted or waited for who may not be seen.

What is asked of the database depends on the typed words alone, never on what it holds about people out of reach: a
name of another office and one of nobody take the same statements.
"""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from programmes.base.common import text
from programmes.journey.people import candidates, ranking
from programmes.journey.people.asked import MOST_WORDS, Asked, read
from programmes.journey.people.candidates import MOST_SCORED, Candidates
from programmes.journey.people.dictionary import like_apart
from programmes.journey.people.models import Person
from programmes.journey.people.ranking import Known, Score, Words

FEWEST_LETTERS = 2
MOST_FOUND = 25
ENOUGH = 10  # who finds as many by the words as typed is not shown others
_WORTH = {"case": 100.0, "document": 100.0, "phone": 97.0, "born": 90.0}


@dataclass(frozen=True)
class Found:
    """A person who may be meant: how well they fit (of 100), and why, in words; `exact`: nothing was stretched."""

    person: Person
    score: int
    why: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Answer:
    """Who was found, best first; `notes` are sentences about the question; `more` that others fit as well."""

    found: list[Found]
    notes: list[str]
    more: bool


def find(user, typed: str, limit: int = MOST_FOUND) -> list[Found]:
    """People the user may see who match what was typed, best first, at most `limit`. See `answer`."""
    return answer(user, typed, limit=limit).found


def answer(user, typed: str, *, limit: int = MOST_FOUND, unfinished: bool = False) -> Answer:
    """Find people by words of their names, numbers and dates, in any order and mixture.

    Words are tried as typed; when that finds fewer than ten, by sound and with one letter wrong in each; when that
    finds nobody either, with one of them (or the date) missing. A number (case, document, phone) finds on its own.
    `unfinished`: the last word may still be going on, as in a box that is being typed into. At most six statements.
    """
    asked = read(typed, timezone.localdate())
    if asked.is_empty or sum(map(str.isalnum, asked.typed)) < FEWEST_LETTERS:
        return Answer([], _notes(asked), False)
    people = Candidates(user)
    best = _by_number(people, asked)
    more = many = False
    if asked.words:
        by_name, more, many = _by_name(people, asked, unfinished=unfinished)
        for score, person in by_name:
            best.setdefault(person.pk, (score.value, score.why, score.exact))
    more = more or len(best) > limit
    first = sorted(best, key=lambda pk: -best[pk][0])[:limit]
    # The keys come out of the reader's scope: it need not be judged again.
    shown = Person.objects.select_related("office").in_bulk(first)
    found = [Found(shown[pk], max(1, min(100, round(best[pk][0]))), *best[pk][1:]) for pk in first if pk in shown]
    return Answer(found, _notes(asked, many=many), more)


def _notes(asked: Asked, *, many: bool = False) -> list[str]:
    words = {
        "many": _(
            "Very many people bear this name, and not all of them were looked at. "
            "Add a surname, the date of birth or a number."
        ),
        "two_dates": _("Day and month can be read either way: both dates were searched."),
        "many_words": ngettext("Only the first word was used.", "Only the first %(count)d words were used.", MOST_WORDS)
        % {"count": MOST_WORDS},
    }
    return [words[note] for note in (*asked.notes, *(["many"] if many else []))]


def _by_number(people: Candidates, asked: Asked) -> dict[int, tuple[float, tuple[str, ...], bool]]:
    """Worth and reasons of those who have one of the numbers."""
    words = {
        "case": _("same case number"),
        "document": _("same document number"),
        "phone": _("same phone number"),
        "born": _("same date of birth"),
    }
    reasons: dict[int, list[str]] = {}
    for pk, code in people.by_number(asked):
        reasons.setdefault(pk, []).append(code)
    return {
        pk: (max(_WORTH[code] for code in codes), tuple(dict.fromkeys(words[code] for code in codes)), True)
        for pk, codes in reasons.items()
    }


def _by_name(people: Candidates, asked: Asked, *, unfinished: bool) -> tuple[list[tuple[Score, Known]], bool, bool]:
    """Score people by their names, tier after tier until there are enough.

    Says also whether more would fit, and whether so many bear the name that not all of them were looked at.
    """
    last = text.fold(asked.words[-1]).split()[-1]
    words = Words.of(like_apart(asked.words, beginning=last if len(last) > 1 else ""))
    if not words.heavy:
        return [], False, False
    born = candidates.born(asked)
    date = [born] if born else []
    loosely = [*map(candidates.alike, words.heavy), *date]
    tiers = [candidates.all_of(loosely)]
    if not unfinished:
        tiers.insert(0, candidates.all_of([candidates.exactly(words.heavy), *date]))
    scored: dict[int, tuple[Score, Known]] = {}
    more = many = False
    for tier in tiers:
        if len(scored) < ENOUGH:
            rows, many = people.by_name(tier, words)
            more = more or len(rows) >= MOST_SCORED
            _score(rows, asked, words, scored)
    if not scored and len(loosely) > 1:
        rows, many = people.by_name(candidates.all_but_one(loosely), words)
        _score(rows, asked, words, scored, strict=len(loosely) == 2)
    return ranking.best(list(scored.values()), MOST_SCORED), more, many


def _score(rows: list[Known], asked: Asked, words: Words, scored: dict, *, strict: bool = False) -> None:
    """Add the scores of `rows`; `strict` leaves out who lacks a word: with one of two it would be half a country."""
    for person in rows:
        if person.pk not in scored:
            score = ranking.judge(asked, words, person)
            if not (strict and score.missing):
                scored[person.pk] = (score, person)
