"""What is missing in words, in the reader's language, from the code that the row keeps."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What guards miss that is no requirement of a programme, said of many cases at once; each case's own page says more.
OTHERS: dict[str, str | Promise] = {
    "age": _("Minimum age"),
    "nationality": _("Nationality that the programme admits"),
    "dates": _("Planned start and end"),
    "stay": _("Stay within the programme's rules"),
    "authorisation": _("Employer's authorisation for the whole stay"),
    "permit": _("Permit for the whole stay"),
}


def words(code: str, labels: Mapping[str, str], said: str = "") -> str:
    """The name of what is missing: the requirement's label, our own word, else `said` when it was judged."""
    return labels.get(code) or str(OTHERS.get(code, said or code.rpartition(":")[2]))
