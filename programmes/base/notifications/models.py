"""The outbox. A letter is a row first: the row is the truth, Redis only carries the hint that it is there.

queued -> sending -> sent
  ^          |-----> queued again after a failure or a kill, later and later
  |          '-----> flagged for a person after six attempts or a permanent refusal
  '- dropped when the recipient may not have it or does not want it; kept when it is for the list or digest only
"""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from programmes.base.notifications.kinds import (
    ANSWERED_FOR,
    DIGEST,
    KINDS,
    NOT_KEPT,
    SECRET,
    WORKER_MESSAGE,
    Channel,
    Kind,
)

__all__ = ["Letter", "MutedCase", "NotificationPreference"]

# After this many attempts a person looks at the letter (house rule: "six failures flag the row").
MOST_ATTEMPTS = 6
# The bell never counts further: beyond it the number says nothing and the count would cost.
BELL_STOPS_AT = 100


def _sql_list(words) -> str:
    """Words of our own tables as a list in SQL."""
    return ", ".join(f"'{word}'" for word in words)


# The table of kinds as the database reads it: which ways of hearing about each kind there are.
_ALLOWED = " OR ".join(
    f"(NEW.kind = '{kind.code}' AND NEW.channel IN ({_sql_list(kind.channels)}))" for kind in KINDS.values()
)


def new_message_id() -> str:
    """A Message-ID of our own domain. It is kept with the row, so that every copy of a letter carries the same."""
    return f"<{uuid.uuid4()}@{settings.MESSAGE_ID_DOMAIN}>"


class State(models.TextChoices):
    """Where a letter stands."""

    QUEUED = "queued", _("Waiting to be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FLAGGED = "flagged", _("Needs a person")
    DROPPED = "dropped", _("Not sent on purpose")
    KEPT = "kept", _("Kept for the list")


class LetterQuerySet(models.QuerySet):
    """Questions about many letters."""

    def for_list(self, user):
        """What stands in the person's list of notifications, newest first.

        Digests repeat what is there, letters that open an account belong in the mailbox alone: both are left out.
        """
        mine = self.filter(to=user).exclude(kind=DIGEST).exclude(state=State.DROPPED)
        return mine.exclude(kind__in=SECRET).defer("body_text", "body_html").order_by("-created_at", "-pk")

    def unread(self):
        """Not yet opened or marked as read."""
        return self.filter(read_at__isnull=True)


class Letter(models.Model):
    """One letter to one member of staff, in that person's language, without personal data beyond a case number.

    Without `to` it is a message to the worker of `enrolment`. It holds no address: that is asked for when it is sent,
    together with whether the worker may still be written to.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=200, unique=True, help_text=_("What it is about; one letter for each key."))
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("addressee"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="letters",
    )
    kind = models.CharField(_("kind of letter"), max_length=40)
    channel = models.CharField(_("way"), max_length=10, choices=Channel, default=Channel.NOW)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(max_length=200)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    case_number = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=200, blank=True, help_text=_("The page it leads to, without the host."))
    # A letter about a case that is gone must not go out: with SET_NULL it would lose its access check.
    enrolment = models.ForeignKey(
        "programmes.Enrolment", on_delete=models.CASCADE, null=True, blank=True, related_name="letters"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    uncertain = models.BooleanField(_("uncertain"), default=False, help_text=_("An earlier attempt may have arrived."))
    message_id = models.CharField(_("message ID"), max_length=200, unique=True, default=new_message_id, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), db_default=Now())
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(to__isnull=False) & ~Q(kind=WORKER_MESSAGE))
                | Q(to__isnull=True, enrolment__isnull=False, kind=WORKER_MESSAGE),
                name="letter_to_staff_or_to_the_worker",
                violation_error_message=_("A letter goes to a member of staff, or to the worker of a case."),
            ),
            models.CheckConstraint(
                condition=Q(state=State.SENT, sent_at__isnull=False) | (~Q(state=State.SENT) & Q(sent_at__isnull=True)),
                name="letter_sent_has_its_time",
                violation_error_message=_("A sent letter has a time of sending, and no other letter has one."),
            ),
            models.CheckConstraint(
                condition=Q(state=State.SENDING, claimed_at__isnull=False)
                | (~Q(state=State.SENDING) & Q(claimed_at__isnull=True)),
                name="letter_claimed_while_sending",
                violation_error_message=_("A letter is claimed exactly while it is being sent."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.FLAGGED, State.DROPPED]) | ~Q(last_error=""),
                name="letter_not_sent_has_a_reason",
                violation_error_message=_("A letter that is not sent says why."),
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.NOW) | Q(state__in=[State.KEPT, State.DROPPED]),
                name="letter_kept_is_never_mailed",
                violation_error_message=_("A letter for the list or the digest is never mailed by itself."),
            ),
            models.CheckConstraint(
                condition=~Q(channel=Channel.OFF) | Q(state=State.DROPPED),
                name="letter_unwanted_is_dropped",
                violation_error_message=_("A letter that nobody wants is not sent."),
            ),
            models.CheckConstraint(
                condition=Q(attempts__lte=MOST_ATTEMPTS),
                name="letter_attempts_end",
                violation_error_message=_("A letter is tried six times at most."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="letter_state_is_known",
                violation_error_message=_("This state of a letter is unknown."),
            ),
        ]
        indexes = [
            # The sweep looks for these each minute and must never read the letters that are done.
            models.Index(fields=["not_before"], name="letter_queued", condition=Q(state=State.QUEUED)),
            models.Index(fields=["claimed_at"], name="letter_sending", condition=Q(state=State.SENDING)),
            models.Index(fields=["created_at"], name="letter_flagged", condition=Q(state=State.FLAGGED)),
            # The bell is counted with every page.
            models.Index(
                fields=["to"],
                name="letter_unread",
                condition=Q(read_at__isnull=True) & ~Q(kind=DIGEST) & ~Q(state=State.DROPPED),
            ),
            models.Index(fields=["to", "-created_at"], name="letter_of_person"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="somebody_answers_for_it",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("kind", "channel"),
                condition=pgtrigger.Condition(f"NEW.channel = 'off' AND NEW.kind IN ({_sql_list(ANSWERED_FOR)})"),
            )
        ]

    def __str__(self):
        return self.key

    @property
    def can_be_stopped(self) -> bool:
        """Whether its recipient may switch this kind of letter off from the mail itself."""
        return self.kind == DIGEST or (self.about is not None and self.about.can_be_stopped)

    @property
    def is_kept_short(self) -> bool:
        """Whether its words are removed once it is sent: they open an account, or are a worker's own matter."""
        return self.kind in NOT_KEPT

    @property
    def reason(self) -> str:
        """Why it was not sent, in the reader's language where the sentence is ours."""
        return gettext(self.last_error) if self.last_error else ""

    @property
    def about(self) -> Kind | None:
        """The kind's entry in the table; None for the digest and for kinds that no longer exist."""
        return KINDS.get(self.kind)


class NotificationPreference(models.Model):
    """How one person wants to hear of one kind of news. No row means the kind's own default."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel)

    class Meta:
        verbose_name = _("notification preference")
        verbose_name_plural = _("notification preferences")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                name="notificationpreference_one_per_kind",
                violation_error_message=_("There is one preference for each kind."),
            ),
            models.CheckConstraint(
                condition=Q(channel__in=Channel.values),
                name="notificationpreference_channel_is_known",
                violation_error_message=_("This way of hearing about it is not offered."),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="kind_offers_it",
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Condition(f"NOT ({_ALLOWED})"),
            )
        ]

    def __str__(self):
        return f"{self.kind}: {self.get_channel_display()}"


class MutedCase(models.Model):
    """One person wants to hear nothing of one case, but for what they answer for. Its work stays on Today."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="muted_cases")
    enrolment = models.ForeignKey("programmes.Enrolment", on_delete=models.CASCADE, related_name="+")
    muted_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("muted case")
        verbose_name_plural = _("muted cases")
        ordering = ["-muted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "enrolment"],
                name="mutedcase_once_per_person",
                violation_error_message=_("This case is muted already."),
            ),
        ]

    def __str__(self):
        return f"{self.user_id}: {self.enrolment_id}"
