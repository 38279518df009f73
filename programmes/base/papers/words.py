"""The few words every letter has beside its text, also in languages that the screens do not speak."""

import json
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


@cache
def words() -> dict[str, dict[str, str]]:
    """Language → its words."""
    return json.loads((DATA / "words.json").read_text(encoding="utf-8"))


def languages() -> dict[str, str]:
    """The languages a letter can be written in, each under its own name."""
    return {code: said["name"] for code, said in words().items()}
