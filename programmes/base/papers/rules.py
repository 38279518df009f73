"""The text of a letter: what may stand in it, how it falls into blocks, how its fields are filled; and its code.

A text is plain words. An empty line ends a paragraph; a line that begins with "# " is a heading, one with "- " an item
of a list, and "Words | {field}" a line of facts. Nothing else means anything, so no value can become layout.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

_FIELD = re.compile(r"\{([^{}]*)\}")
_FACT = re.compile(r"\s+\|\s+")
# Crockford's alphabet: no letter that is read as another or as a digit. 16 of 32 signs are 80 bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_SIGNS, CODE_GROUP = 16, 4


@dataclass(frozen=True)
class Block:
    """A piece of a text: `kind` is paragraph, heading, item or fact; a fact has its words in `label`."""

    kind: str
    text: str
    label: str = ""


def blocks_of(text: str) -> list[Block]:
    """The blocks of a text, in order."""
    blocks: list[Block] = []
    lines: list[str] = []

    def end():
        if lines:
            blocks.append(Block("paragraph", "\n".join(lines)))
            lines.clear()

    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.strip()
        if line.startswith(("# ", "- ")):
            end()
            blocks.append(Block("heading" if line[0] == "#" else "item", line[2:].strip()))
        elif len(parts := _FACT.split(line, maxsplit=1)) == 2:
            end()
            blocks.append(Block("fact", parts[1], parts[0]))
        elif line:
            lines.append(line)
        else:
            end()
    end()
    return blocks


def fields_in(text: str) -> list[str]:
    """The names of the fields a text uses, each once, in order."""
    return list(dict.fromkeys(_FIELD.findall(text)))


def text_problems(text: str, known: Iterable[str]) -> list[str]:
    """What is wrong with a text, in sentences that name it: fields nobody knows, braces that are no field."""
    names = list(known)
    problems = []
    for name in fields_in(text):
        if name not in names:
            alike = get_close_matches(name, names, n=1)
            if alike:
                facts = {"field": name, "near": alike[0]}
                problems.append(_("There is no field {%(field)s}. Did you mean {%(near)s}?") % facts)
            else:
                problems.append(_("There is no field {%(field)s} in this kind of letter.") % {"field": name})
    rest = _FIELD.sub("", text)
    alone = re.search(r".{0,10}[{}].{0,15}", rest)
    if alone:
        problems.append(
            _("A brace stands alone near “%(near)s”. Write a field as {name}.") % {"near": alone[0].strip()}
        )
    return problems


def pairing_problem(texts: Mapping[str, str]) -> str | None:
    """Why texts in several languages cannot stand side by side: their blocks differ in number or kind."""
    shapes = {language: [block.kind for block in blocks_of(text)] for language, text in texts.items() if text.strip()}
    languages = list(shapes)
    for other in languages[1:]:
        first = shapes[languages[0]]
        if first == shapes[other]:
            continue
        place = next((n for n, pair in enumerate(zip(first, shapes[other], strict=False)) if pair[0] != pair[1]), None)
        place = min(len(first), len(shapes[other])) if place is None else place
        return _(
            "The texts do not stand side by side: %(one)s and %(other)s differ from block %(place)d on. Write the same "
            "paragraphs, headings, items and facts in each language."
        ) % {"one": languages[0].upper(), "other": other.upper(), "place": place + 1}
    return None


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its fields replaced, once: what a value looks like does not matter."""
    return _FIELD.sub(lambda found: values[found[1]], text)


def new_code() -> str:
    """A code nobody guesses, to check a letter with."""
    return "".join(secrets.choice(ALPHABET) for _place in range(CODE_SIGNS))


def code_shown(code: str) -> str:
    """The code as it is printed: ABCD-EFGH-…"""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def code_typed(typed: str) -> str:
    """What somebody copied from paper, as the code is kept: small letters, spaces, O for zero, I and L for one."""
    signs = typed.upper().translate(str.maketrans("OIL", "011"))
    return "".join(sign for sign in signs if sign in ALPHABET)[: CODE_SIGNS + 1]
