"""The kinds of letters staff get: one table that people can read.

A kind says what the letter is called in the preferences, why somebody gets it, which channels may be chosen and
which facts its templates may use. A letter carries no personal data beyond the case number, so the facts are a
closed list of plain values: no model instance ever reaches a mail template.
"""

from dataclasses import dataclass
from types import MappingProxyType

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """How a person wants to hear of one kind of news. It always stands in the list of notifications."""

    NOW = "now", _("E-mail now")
    DIGEST = "digest", _("In the daily digest")
    NONE = "none", _("Only in this list")


@dataclass(frozen=True)
class Kind:
    """One kind of letter.

    ``facts`` are the names its templates may use, ``line`` the words that stand for it in a digest ("" when the
    digest already lists the same thing as due work), ``locked`` the reason why it cannot be switched off.
    """

    code: str
    label: Promise
    why: Promise
    facts: frozenset[str]
    line: Promise | str = ""
    default: Channel = Channel.NOW
    channels: tuple[Channel, ...] = (Channel.NOW, Channel.DIGEST, Channel.NONE)
    locked: Promise | str = ""


DIGEST = "digest"
CASE_ASSIGNED = "case_assigned"
STEP_DUE = "step_due"
REPORT_READY = "report_ready"

KINDS: MappingProxyType[str, Kind] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Kind(
                code=CASE_ASSIGNED,
                label=_("A case is given to you"),
                why=_("You are the owner of this case."),
                facts=frozenset({"case_number"}),
                line=_("A case was given to you"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("You answer for this case, so this cannot be switched off."),
            ),
            Kind(
                code=STEP_DUE,
                label=_("A step of your case is due"),
                why=_("You are the owner of this case and its step is due."),
                facts=frozenset({"case_number", "step", "due_on"}),
            ),
            Kind(
                code=REPORT_READY,
                label=_("A report is ready"),
                why=_("You manage this programme."),
                facts=frozenset({"programme", "month"}),
                line=_("A report is ready"),
            ),
        )
    }
)
