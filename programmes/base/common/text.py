"""One place where typed text is normalised (assurance.md F1–F5, F11)."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Invisible characters that never belong to a name or a note: zero-width space, word joiner, byte-order mark, soft
# hyphen, and the direction overrides that make text read other than it is. Joiners stay: Persian needs them.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
_DIGITS = {ord(c): str(unicodedata.digit(c)) for c in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_TEXT = 20_000


def normalise(value: str) -> str:
    """NFC, without invisible characters, non-breaking spaces as spaces, no space at either end."""
    return unicodedata.normalize("NFC", value).translate(_INVISIBLE).replace("\u00a0", " ").strip()


def plain_digits(value: str) -> str:
    """Arabic-Indic and Persian digits as 0–9; other characters unchanged."""
    return value.translate(_DIGITS)


def refuse_control_characters(value: str) -> None:
    """Raise ValidationError with the position of the first control character or lone surrogate."""
    found = _CONTROL.search(value)
    if found:
        raise ValidationError(
            _("Character %(place)d cannot be stored (control character). Remove it."),
            code="control",
            params={"place": found.start() + 1},
        )


def fold(value: str) -> str:
    """Lower case, no accents, letters and digits only, single spaces: what a name is compared by."""
    bare = "".join(c for c in unicodedata.normalize("NFD", value.lower()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", bare.replace("_", " ")).split())
