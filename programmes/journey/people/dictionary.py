"""The dictionary of name words: which words are written like, or sound like, a word that somebody typed.

A person's `name_tokens` are the folded words of every name they go by. This table holds each such word once (rarely
twice, see `NameToken`) with its sound and its slips, so that a slip is looked for among a hundred thousand words and
not among a million people.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import connection, models
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import OSA

from programmes.base.common.text import fold
from programmes.journey.people.asked import PARTICLES


class FoldedName(models.Func):
    """The name as it is compared: lower case, no accents, single spaces (SQL function of the first migration)."""

    function = "iomcase_fold"
    output_field = models.TextField()


class WordsOfNames(models.Func):
    """The distinct folded words of several texts, sorted; the last expression is an array of further texts."""

    function = "iomcase_tokens"
    output_field = ArrayField(models.TextField())

    def as_sql(self, compiler, connection, **extra):
        """Hand all texts over as one array."""
        names, values = [], []
        for expression in self.source_expressions:
            sql, params = compiler.compile(expression)
            names.append(sql)
            values += params
        *texts, more = names
        return f"{self.function}(VARIADIC ARRAY[{', '.join(texts)}]::text[] || {more}::text[])", values


class Sound(models.Func):
    """How a word sounds to Spanish and English ears."""

    function = "iomcase_sound"
    output_field = models.TextField()


class Slips(models.Func):
    """The word, and the word with each of its letters left out."""

    function = "iomcase_slips"
    output_field = ArrayField(models.TextField())


class NameToken(models.Model):
    """A word that stands in somebody's name. Written by triggers on Person and never by hand.

    Two transactions that add the same word at the same moment write it twice: a unique index would make each import
    wait for the end of the other, and two of them for each other. Readers do not mind; `tidy` removes the second one.
    """

    text = models.TextField(_("word"), db_collation="C")
    sound = models.GeneratedField(
        expression=Sound("text"), output_field=models.TextField(db_collation="C"), db_persist=True
    )
    slips = models.GeneratedField(
        expression=Slips("text"), output_field=ArrayField(models.TextField(db_collation="C")), db_persist=True
    )

    class Meta:
        verbose_name = _("word of a name")
        verbose_name_plural = _("words of names")
        indexes = [
            models.Index(OpClass("text", name="text_pattern_ops"), name="name_token_text"),
            models.Index(fields=["sound"], name="name_token_sound"),
            GinIndex(fields=["slips"], fastupdate=False, name="name_token_slips"),
        ]

    def __str__(self):
        return self.text


# The words of the new rows that the dictionary does not hold yet. Once per statement, so that a COPY of a million
# people asks once for their ten thousand words.
_ADD = """
INSERT INTO programmes_nametoken (text)
SELECT word FROM (SELECT DISTINCT unnest(new_rows.name_tokens) AS word FROM {changed}) words
WHERE NOT EXISTS (SELECT FROM programmes_nametoken known WHERE known.text = word)
ORDER BY word;
RETURN NULL;
"""


def learn_words() -> list[pgtrigger.Trigger]:
    """The triggers that bring new words of names into the dictionary, whoever writes: a page, COPY or SQL."""
    return [
        pgtrigger.Trigger(
            name="learn_new_words",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_rows"),
            func=_ADD.format(changed="new_rows"),
        ),
        pgtrigger.Trigger(
            name="learn_changed_words",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_rows", new="new_rows"),
            func=_ADD.format(
                changed="new_rows JOIN old_rows USING (id) WHERE new_rows.name_tokens <> old_rows.name_tokens"
            ),
        ),
    ]


@dataclass(frozen=True)
class WordMatch:
    """What the dictionary knows about one typed word. Each set leaves out what an earlier one holds.

    `word` is the typed word, folded; `known` says whether it stands in anybody's name. `sounds` are words that sound
    the same, `slips` words one letter away, `starts` words that begin with it (only when they were asked for).
    `joined` are words that it makes with its neighbours (Mac Donald, MacDonald), `apart` the words that it is made of
    (MaríaJosé, María José); `like_apart` fills both in.
    """

    word: str
    known: bool
    sounds: frozenset[str]
    slips: frozenset[str]
    starts: frozenset[str]
    joined: frozenset[str] = frozenset()
    apart: tuple[tuple[str, ...], ...] = ()

    @property
    def all(self) -> frozenset[str]:
        """The word itself and every other word that it may mean."""
        return frozenset({self.word}) | self.sounds | self.slips | self.starts


# Of words of one and two letters nearly all are one slip away, so they have none.
SHORTEST_WITH_SLIPS = 3
MOST_STARTS = 200
SHORTEST_PIECE = 2
_LIKE = """
SELECT typed.word, found.text, found.text = typed.word, found.sound = typed.sound, starts_with(found.text, typed.word)
FROM (
    SELECT word, min(place) AS place, iomcase_sound(word) AS sound, iomcase_slips(word) AS slips
    FROM unnest(%(texts)s::text[]) WITH ORDINALITY texts(raw, place), unnest(iomcase_tokens(raw)) word GROUP BY word
) typed LEFT JOIN LATERAL (
    SELECT text, sound FROM programmes_nametoken WHERE text = typed.word
    UNION SELECT text, sound FROM programmes_nametoken WHERE sound = typed.sound
    UNION SELECT text, sound FROM programmes_nametoken
        WHERE slips && typed.slips AND length(typed.word) >= %(shortest)s
    UNION (SELECT text, sound FROM programmes_nametoken
        WHERE typed.word = %(beginning)s AND text LIKE %(beginning)s || '%%' ORDER BY text LIMIT %(most)s)
) found ON true
ORDER BY typed.place
"""
# In the same statement: which of the words that joining and taking apart would make there are.
_PIECES = "SELECT NULL, text, NULL, NULL, NULL FROM programmes_nametoken WHERE text = ANY(%(pieces)s::text[])"


def like(texts: Iterable[str], *, beginning: str = "") -> list[WordMatch]:
    """Look up every word of `texts`, in their order; words are split and folded as those of names are.

    `beginning` is a folded word (the last one, still being typed) whose continuations are wanted too, at most 200.
    One statement, whatever the number of words; none when nothing is asked.
    """
    rows = _looked_up(_LIKE, texts, beginning=beginning)
    return [_judged(word, found, starting=word == beginning) for word, found in rows.items()]


def like_apart(texts: Iterable[str], *, beginning: str = "") -> list[WordMatch]:
    """`like`, and whether the words stand in names as one with a neighbour, or in pieces. One statement, too.

    Joined are two neighbours, or three of which the first is a particle (de la Cruz); taken apart is a word into two,
    or into three of which the first two are particles. Pieces have at least two letters, and each must be a word of
    somebody's name.
    """
    typed = [text for text in texts if text]
    order = [word for text in typed for word in fold(text).split()]
    joins = _joins(order)
    ways = {word: _ways_apart(word) for word in order}
    pieces = {piece for found in ways.values() for way in found for piece in way}.union(*joins.values())
    statement = f"SELECT * FROM ({_LIKE}) alike UNION ALL {_PIECES}"  # noqa: S608 -- our own texts
    rows = _looked_up(statement, typed, beginning=beginning, pieces=sorted(pieces))
    there = {row[0] for row in rows.pop(None, ())}
    return [
        replace(
            _judged(word, found, starting=word == beginning),
            joined=frozenset(joins.get(word, frozenset()) & there),
            apart=tuple(way for way in ways.get(word, ()) if there.issuperset(way)),
        )
        for word, found in rows.items()
        if word is not None
    ]


def _joins(order: list[str]) -> dict[str, set[str]]:
    """For each typed word what it makes with its neighbours, in the order in which they were typed."""
    joins: dict[str, set[str]] = {word: set() for word in order}
    for n, word in enumerate(order):
        for length in (2, 3) if word in PARTICLES else (2,):
            group = order[n : n + length]
            if len(group) == length and all(len(one) >= SHORTEST_PIECE for one in group):
                for one in group:
                    joins[one].add("".join(group))
    return joins


def _ways_apart(word: str) -> list[tuple[str, ...]]:
    """Every way to take a word apart; at least four letters."""
    places = range(SHORTEST_PIECE, len(word) - SHORTEST_PIECE + 1)
    two = [(word[:n], word[n:]) for n in places]
    return two + [
        (first, *rest)
        for first, tail in two
        if first in PARTICLES
        for rest in ((tail[:n], tail[n:]) for n in range(SHORTEST_PIECE, len(tail) - SHORTEST_PIECE + 1))
        if rest[0] in PARTICLES
    ]


def _looked_up(statement: str, texts: Iterable[str], *, beginning: str, **more) -> dict[Any, list[tuple]]:
    """The rows that the dictionary gives, by typed word, in the order of the words."""
    typed = [text for text in texts if text]
    rows: dict[Any, list[tuple]] = {}
    if typed:
        asked = {"texts": typed, "shortest": SHORTEST_WITH_SLIPS, "beginning": beginning, "most": MOST_STARTS, **more}
        with connection.cursor() as cursor:
            cursor.execute(statement, asked)
            for word, *row in cursor.fetchall():
                rows.setdefault(word, []).append(tuple(row))
    return rows


def _judged(word: str, rows: list[tuple], *, starting: bool) -> WordMatch:
    slips, sounds, starts = set(), set(), set()
    for text, same, alike, begins in rows:
        if text is None or same:
            continue
        if alike:
            sounds.add(text)
        elif len(word) >= SHORTEST_WITH_SLIPS and OSA.distance(word, text, score_cutoff=1) <= 1:
            slips.add(text)
        elif starting and begins:
            starts.add(text)
    return WordMatch(word, any(row[1] for row in rows), frozenset(sounds), frozenset(slips), frozenset(starts))


def learn() -> int:
    """Add every word that the people have and the dictionary lacks, after rows were written with triggers off."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING)
        return cursor.rowcount


def tidy() -> tuple[int, int]:
    """Bring the dictionary in line with the people: remove what is double or in nobody's name, add what is missing.

    Returns how many words were added and removed. Meant for the night: it reads every person once. Adding comes last,
    for a word that somebody wrote while the others were removed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SUPERFLUOUS)
        removed = cursor.rowcount
        cursor.execute(_MISSING)
        return cursor.rowcount, removed


_MISSING = """
INSERT INTO programmes_nametoken (text)
SELECT word FROM (SELECT DISTINCT unnest(name_tokens) AS word FROM programmes_person) words
WHERE NOT EXISTS (SELECT FROM programmes_nametoken known WHERE known.text = word)
ORDER BY word
"""
_SUPERFLUOUS = """
WITH words AS MATERIALIZED (SELECT DISTINCT unnest(name_tokens) AS word FROM programmes_person)
DELETE FROM programmes_nametoken token
WHERE NOT EXISTS (SELECT FROM words WHERE words.word = token.text)
   OR EXISTS (SELECT FROM programmes_nametoken earlier WHERE earlier.text = token.text AND earlier.id < token.id)
"""
