"""Labels of codes for pages that show many: each list is read once and kept by the process for a minute."""

import time

from programmes.base.rulebook.models import Code, translated

KEPT_SECONDS = 60
_kept: dict[str, tuple[float, dict[str, dict]]] = {}


def forget() -> None:
    """Read every list anew at its next use (after a change in this process, and between tests)."""
    _kept.clear()


def label(name: str, code: str | None) -> str:
    """The label of `code` in list `name` in the reader's language; the code itself when the list does not know it."""
    if not code:
        return ""
    read_at, labels = _kept.get(name, (0.0, {}))
    if time.monotonic() - read_at > KEPT_SECONDS:
        labels = dict(Code.objects.filter(list=name).values_list("code", "labels"))
        _kept[name] = (time.monotonic(), labels)
    return translated(labels.get(code), code)
