"""How a word of a name sounds to Spanish and English ears: the rules of the SQL function iomcase_sound, in Python.

Scoring compares the few candidates here, without asking the database for each word; a test holds both together.
"""

import re
from functools import lru_cache

# In this order; the reasons stand beside the same rules in the migration that makes the SQL function.
_RULES = [
    (re.compile(pattern), to)
    for pattern, to in (
        (r"ph", "f"),
        (r"[ckz]h", "C"),
        (r"sh", "s"),
        (r"th", "t"),
        (r"h", ""),
        (r"q(u(?=[ei]))?", "k"),
        (r"gu?(?=[ei])", "j"),
        (r"lly$", "li"),
        (r"ll(?=i[aeou])", "l"),
        (r"ll(?=[aeiou])", "y"),
        (r"y(?![aeiou])", "i"),
        (r"^i(?=[aeou])", "y"),
        (r"([aeiou])i(?=[aeo])", r"\1y"),
        (r"x(?![aeiou]|$)", "s"),
        (r"^x(?=o|u|io)", "s"),
        (r"^x", "j"),
        (r"([ei])x$", r"\1s"),
        (r"x$", "j"),
        (r"x", "s"),
        (r"s?c(?=[ei])", "s"),
    )
]
_LETTERS = str.maketrans("czvw", "ksbb")
_LAST = [(re.compile(r"ks"), "s"), (re.compile(r"m(?=[bpf]|$)"), "n"), (re.compile(r"(.)\1+"), r"\1")]


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """The sound key of one folded word; the word itself when nothing of it is heard."""
    key = word
    for pattern, to in _RULES:
        key = pattern.sub(to, key)
    key = key.translate(_LETTERS)
    for pattern, to in _LAST:
        key = pattern.sub(to, key)
    return key or word
