"""The sentences of the diary: each deed has one, in the reader's language, told by the room that writes it."""

from collections.abc import Callable, Mapping

from django.utils.functional import Promise

from programmes.base.lifecycle.models import CaseEvent

_SENTENCES: dict[str, str | Promise] = {}
_QUOTED: dict[str, Callable[[str], str]] = {}


def register(sentences: Mapping[str, str | Promise]) -> None:
    """Add sentences: deed code → lazy text with `{name}` tokens taken from the line's facts and nothing else."""
    _SENTENCES.update(sentences)


def quote(fact: str, label: Callable[[str], str]) -> None:
    """Say how a coded fact is shown: `quote("document", …)` turns `passport` into its label."""
    _QUOTED[fact] = label


def sentence(event: CaseEvent) -> str:
    """The line's sentence without its actor; an unknown code is shown as its words, never as nothing."""
    text = str(_SENTENCES.get(event.what, event.what.replace("_", " ")))
    for name, value in event.data.items():
        shown = _QUOTED[name](value) if name in _QUOTED else value
        text = text.replace("{" + name + "}", str(shown))
    return text
