"""Kinds of letters and the closed catalogue of fields each may use. The rooms that have the facts register them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Field:
    """A field of a letter: `{name}` in its text.

    `label` says what it is. `example` is an invented value for the preview: text, or a function that writes it in the
    active language. `read` writes the value for the record a letter is about, in the active language; empty: missing.
    """

    label: str | Promise
    example: str | Callable[[], str]
    read: Callable[[Any], str]

    def sample(self) -> str:
        """The invented value, in the active language."""
        return self.example() if callable(self.example) else self.example


@dataclass(frozen=True)
class Kind:
    """A kind of letter: its name, its fields, and how what it is about is read.

    `about(enrolment)` gathers the records once; each field's `read` takes what it returns.
    """

    code: str
    title: str | Promise
    fields: Mapping[str, Field]
    about: Callable[[Any], Any]


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Add a kind."""
    KINDS[kind.code] = kind


def choices() -> list[tuple[str, str]]:
    """The kinds to choose from."""
    return [(code, str(kind.title)) for code, kind in KINDS.items()]
