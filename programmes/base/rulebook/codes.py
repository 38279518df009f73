"""Labels of codes for pages that show many: each list is read once and kept by the process for a minute."""

import time

from programmes.base.rulebook.models import Code, translated

KEPT_SECONDS = 60
# Of each list: when it was read, and in its order the labels of each code and whether it is in force.
_kept: dict[str, tuple[float, dict[str, tuple[dict, bool]]]] = {}


def forget() -> None:
    """Read every list anew at its next use (after a change in this process, and between tests)."""
    _kept.clear()


def labels_of(name: str) -> dict[str, str]:
    """Every code of a list, withdrawn ones too, with its label in the reader's language."""
    return {code: translated(labels, code) for code, (labels, _active) in _read(name).items()}


def label(name: str, code: str | None) -> str:
    """The label of `code` in list `name` in the reader's language; the code itself when the list does not know it."""
    if not code:
        return ""
    labels, _active = _read(name).get(code, ({}, False))
    return translated(labels, code)


def in_force(name: str) -> list[tuple[str, str]]:
    """(code, label) pairs of a list in force, in its order, for pages that only show them."""
    return [(code, translated(labels, code)) for code, (labels, active) in _read(name).items() if active]


def _read(name: str) -> dict[str, tuple[dict, bool]]:
    read_at, rows = _kept.get(name, (0.0, {}))
    if time.monotonic() - read_at > KEPT_SECONDS:
        found = Code.objects.of(name).values_list("code", "labels", "active")
        rows = {code: (labels, active) for code, labels, active in found}
        _kept[name] = (time.monotonic(), rows)
    return rows
