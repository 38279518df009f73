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

from accounts.roles import Role


class Channel(models.TextChoices):
    """How a person wants to hear of one kind of news. But for the last one, it also stands in the list."""

    NOW = "now", _("E-mail now")
    DIGEST = "digest", _("In the digest")
    LIST = "none", _("Only in the list")
    OFF = "off", _("Not at all")


@dataclass(frozen=True)
class Kind:
    """One kind of letter.

    `facts` are the names its templates may use, `line` the words that stand for it in a digest ("" when the digest
    already lists the same thing as due work), `locked` the reason why it cannot be switched off. A `secret` letter
    holds a link that opens an account: it stands in no list, and its words are removed once it is sent. An `urgent`
    one does not wait for the end of its reader's quiet hours. `roles` are those it goes to alone: nobody else is shown
    it among the choices.
    """

    code: str
    label: Promise
    why: Promise
    facts: frozenset[str]
    line: Promise | str = ""
    default: Channel = Channel.NOW
    channels: tuple[Channel, ...] = tuple(Channel)
    locked: Promise | str = ""
    secret: bool = False
    urgent: bool = False
    roles: frozenset[str] = frozenset()

    @property
    def can_be_stopped(self) -> bool:
        """Whether it may be kept out of the mailbox at all."""
        return len(self.channels) > 1

    @property
    def can_be_muted(self) -> bool:
        """Whether its reader may want to hear nothing of it, for one case or for all."""
        return Channel.OFF in self.channels


DIGEST = "digest"
# To the worker of a case, who has no account: nothing of it stands in any list of staff.
WORKER_MESSAGE = "worker_message"
CASE_ASSIGNED = "case_assigned"
STEP_DUE = "step_due"
REPORT_READY = "report_ready"
DEMAND_CLOCK = "demand_clock"
AUTHORISATION_LAPSES = "authorisation_lapses"
AUTHORISATION_LAPSED = "authorisation_lapsed"
FLIGHT_DELAYED = "flight_delayed"
FLIGHT_CALLED_OFF = "flight_called_off"
FILE_INFECTED = "file_infected"
CASES_ASSIGNED = "cases_assigned"
EXPORT_ASKED = "export_asked"
EXPORT_DECIDED = "export_decided"
BATCH_ENDED = "batch_ended"
PROBLEM_REPORTED = "problem_reported"
AUDIT_HEAD = "audit_head"
ACCOUNT_CHANGED = "account_changed"
ACCOUNT_INVITATION = "account_invitation"
ACCOUNT_PASSWORD_RESET = "account_password_reset"  # noqa: S105 -- the name of a letter, not a password

# What is said of a leg: when and where it leaves, when and where it arrives.
LEG = frozenset({"day", "at", "origin", "lands", "lands_at", "destination"})

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
                code=CASES_ASSIGNED,
                label=_("Many cases are given to you"),
                why=_("You are the owner of these cases."),
                facts=frozenset({"count"}),
                line=_("Many cases were given to you"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("You answer for these cases, so this cannot be switched off."),
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
            Kind(
                code=DEMAND_CLOCK,
                label=_("A demand comes near its last day on time"),
                why=_("You look after this demand."),
                roles=frozenset({Role.LIAISON, Role.MANAGER}),
                facts=frozenset({"demand", "day", "limit"}),
                line=_("A demand comes near its last day on time"),
            ),
            Kind(
                code=AUTHORISATION_LAPSES,
                label=_("An employer's authorisation lapses soon"),
                why=_("You look after a demand on this authorisation."),
                roles=frozenset({Role.LIAISON}),
                facts=frozenset({"number", "until"}),
                line=_("An employer's authorisation lapses soon"),
            ),
            Kind(
                code=AUTHORISATION_LAPSED,
                label=_("An authorisation lapsed while positions are held"),
                why=_("You look after a demand on this authorisation."),
                roles=frozenset({Role.LIAISON, Role.MANAGER}),
                facts=frozenset({"number", "demand", "held"}),
                line=_("An authorisation lapsed while positions are held"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("Nobody travels until it is renewed, so this cannot be switched off."),
            ),
            Kind(
                code=FLIGHT_DELAYED,
                label=_("A flight has new times"),
                why=_("You look after workers of this flight."),
                roles=frozenset({Role.CASEWORKER, Role.LIAISON, Role.MANAGER}),
                facts=frozenset({"flight", "day_was", "at_was", "count", "cases"}) | LEG,
                line=_("A flight has new times"),
            ),
            Kind(
                code=FLIGHT_CALLED_OFF,
                label=_("A flight is called off"),
                why=_("You look after workers of this flight."),
                roles=frozenset({Role.CASEWORKER, Role.LIAISON, Role.MANAGER}),
                facts=frozenset({"flight", "day", "reason", "count", "cases"}),
                line=_("A flight is called off"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("Workers stay behind, so this cannot be switched off."),
            ),
            Kind(
                code=FILE_INFECTED,
                label=_("The virus scanner found something in a file of yours"),
                why=_("You uploaded this file."),
                facts=frozenset({"case_number"}),
                line=_("The virus scanner found something in a file of yours"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("The paper is missing until it comes anew, so this cannot be switched off."),
            ),
            Kind(
                code=EXPORT_ASKED,
                label=_("Somebody asks for a file with names"),
                why=_("You decide what leaves your office."),
                facts=frozenset({"who"}),
                line=_("A file with names waits for your decision"),
                channels=(Channel.NOW, Channel.DIGEST),
                locked=_("Somebody waits for your decision, so this cannot be switched off."),
            ),
            Kind(
                code=EXPORT_DECIDED,
                label=_("Your file with names was decided"),
                why=_("You asked for this file."),
                facts=frozenset({"approved"}),
                line=_("Your request for a file was decided"),
            ),
            Kind(
                code=BATCH_ENDED,
                label=_("Your import or bulk work is done or waits for you"),
                why=_("You asked for this work."),
                facts=frozenset({"what", "state", "ready", "to_decide", "wrong", "done", "left_out", "stuck"}),
                line=_("Your import or bulk work is done or waits for you"),
            ),
            Kind(
                code=PROBLEM_REPORTED,
                label=_("Somebody reports a problem"),
                why=_("You administer this system."),
                roles=frozenset({Role.ADMINISTRATOR}),
                facts=frozenset({"who", "page", "at", "request", "words"}),
                channels=(Channel.NOW,),
                locked=_("Somebody waits for your answer, so this cannot be switched off."),
            ),
            Kind(
                code=AUDIT_HEAD,
                label=_("Where the audit chain ends"),
                why=_("You are an auditor."),
                roles=frozenset({Role.AUDITOR}),
                facts=frozenset({"number", "head"}),
                channels=(Channel.NOW,),
                locked=_("The chain proves nothing unless its end is known outside, so this cannot be switched off."),
            ),
            Kind(
                code=ACCOUNT_CHANGED,
                label=_("A password or second factor of yours changed"),
                why=_("Somebody, most likely you, changed how your account is opened."),
                facts=frozenset({"what"}),
                channels=(Channel.NOW,),
                locked=_("It protects your account, so it always comes at once."),
                urgent=True,
            ),
            Kind(
                code=ACCOUNT_INVITATION,
                label=_("Your account is ready"),
                why=_("An administrator made an account for you."),
                facts=frozenset({"link"}),
                channels=(Channel.NOW,),
                secret=True,
                urgent=True,
            ),
            Kind(
                code=ACCOUNT_PASSWORD_RESET,
                label=_("Choose a new password"),
                why=_("Somebody, most likely you, asked for a new password."),
                facts=frozenset({"link"}),
                channels=(Channel.NOW,),
                secret=True,
                urgent=True,
            ),
        )
    }
)
SECRET = tuple(kind.code for kind in KINDS.values() if kind.secret)
# Their words are removed once they are sent.
NOT_KEPT = (*SECRET, WORKER_MESSAGE)
# Somebody answers for these: nobody can want to hear nothing of them.
ANSWERED_FOR = tuple(kind.code for kind in KINDS.values() if not kind.can_be_muted)
# What the preferences page offers.
CHOOSABLE = tuple(kind for kind in KINDS.values() if not kind.secret)
