"""Two records that may be one person, and the merges that were made of such pairs."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.journey.people.models import Person


class Level(models.TextChoices):
    """How sure the comparison is. What nobody need see has no level."""

    POSSIBLE = "possible", _("Possible")
    PROBABLE = "probable", _("Probable")
    CERTAIN = "certain", _("Certain")


STRONG = (Level.PROBABLE, Level.CERTAIN)
LEVEL_TONES = {Level.POSSIBLE: "neutral", Level.PROBABLE: "waiting", Level.CERTAIN: "problem"}


class PairQuerySet(RecordQuerySet):
    """Pairs, and who may see them."""

    def visible_to(self, user):
        """Pairs both of whose persons the user may see. One of them alone shows nothing of the other."""
        people = Person.objects.visible_to(user)
        return self.filter(Exists(people.filter(pk=OuterRef("first"))), Exists(people.filter(pk=OuterRef("second"))))

    def between(self, one: Person, other: Person):
        """The pair of these two, whichever comes first."""
        first, second = sorted((one.pk, other.pk))
        return self.filter(first=first, second=second)

    def undecided(self):
        """Still to be looked at, or proposed for a merge."""
        return self.filter(state__in=(DuplicatePair.State.OPEN, DuplicatePair.State.PROPOSED))


@tracked()
class DuplicatePair(Record):
    """Two records that were found alike, or were named by somebody, and what was decided about them."""

    class State(models.TextChoices):
        OPEN = "open", _("To be looked at")
        PROPOSED = "proposed", _("Merge proposed")
        DIFFERENT = "different", _("Different persons")
        MERGED = "merged", _("Merged")

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", verbose_name=_("first record"))
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", verbose_name=_("second record"))
    score = models.PositiveSmallIntegerField(_("score"), default=0)
    level = models.CharField(_("level"), max_length=8, choices=Level, default=Level.POSSIBLE)
    reasons = models.JSONField(_("reasons"), default=list)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)
    reason = models.CharField(_("why"), max_length=300, blank=True)
    later_until = models.DateField(_("put off until"), null=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair of records")
        verbose_name_plural = _("pairs of records")
        ordering = ["-score", "id"]
        indexes = [
            models.Index(
                fields=["-score", "id"], name="pair_undecided_by_score", condition=Q(state__in=("open", "proposed"))
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("second")),
                name="pair_lower_record_first",
                violation_error_message=_("A person cannot be compared with the same record."),
            ),
            models.UniqueConstraint(
                fields=["first", "second"],
                name="pair_once",
                violation_error_message=_("These two records are compared already."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="pair_decided_at",
                violation_error_message=_("A decision carries its time."),
            ),
            models.CheckConstraint(
                condition=~Q(state="different") | ~Q(reason=""),
                name="pair_different_with_reason",
                violation_error_message=_("Say why these are different persons."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.first_id} {self.second_id}"

    def get_absolute_url(self):
        """Side by side."""
        return reverse("people:pair", args=[self.public_id])

    @property
    def is_undecided(self) -> bool:
        """Something may still be decided."""
        return self.state in (self.State.OPEN, self.State.PROPOSED)

    @property
    def level_tone(self) -> str:
        """The tone of the level's tag."""
        return LEVEL_TONES[Level(self.level)]


class MergeQuerySet(RecordQuerySet):
    """Merges, and who may see them."""

    def visible_to(self, user):
        """Merges into records that the user may see (an absorbed record is seen by nobody)."""
        people = Person.objects.visible_to(user)
        return self.filter(
            Exists(people.filter(pk=OuterRef("survivor")))
            | (Q(undone_at__isnull=False) & Exists(people.filter(pk=OuterRef("absorbed"))))
        )

    def standing(self):
        """Not undone."""
        return self.filter(undone_at__isnull=True)


@tracked(exclude=["journal"])
class Merge(Record):
    """One record taken into another, with everything that is needed to take them apart again.

    `journal` holds, in the order of the deed, each row that was touched, as it was and as it became; and which rows
    the survivor had before. `chosen` says per field whose value was taken. `left` tells, once it is undone, what had
    changed meanwhile and stayed as it was.
    """

    survivor = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("record that stays")
    )
    absorbed = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("record that was taken in")
    )
    chosen = models.JSONField(_("whose values"), default=dict)
    journal = models.JSONField(null=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("undone by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    undo_reason = models.CharField(_("why it was undone"), max_length=300, blank=True)
    left = models.JSONField(default=list)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-id"]
        indexes = [models.Index(fields=["survivor", "-id"], name="merge_by_survivor")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(survivor=F("absorbed")),
                name="merge_of_two",
                violation_error_message=_("A record cannot be merged with itself."),
            ),
            models.UniqueConstraint(
                fields=["absorbed"],
                condition=Q(undone_at__isnull=True),
                name="merge_absorbed_once",
                violation_error_message=_("This record was merged already."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_at_and_by",
                violation_error_message=_("What is undone carries its time and who did it."),
            ),
        ]
        triggers = [
            count_versions(),
            pgtrigger.Protect(
                name="journal_is_kept",
                operation=pgtrigger.UpdateOf("survivor_id", "absorbed_id", "chosen", "journal"),
                condition=pgtrigger.Q(old__journal__isnull=False),
            ),
            pgtrigger.Protect(
                name="undone_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__undone_at__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.absorbed_id} → {self.survivor_id}"

    def get_absolute_url(self):
        """What was joined, and what taking it apart would bring back."""
        return reverse("people:merge", args=[self.public_id])


class DuplicateHint(models.Model):
    """Somebody was told that another office may know the person in front of them: who, when, which office; no facts."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("hint at another office")
        verbose_name_plural = _("hints at another office")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "-at"], name="duplicate_hint_by_user")]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.user_id} {self.office_id}"


class DuplicateSearch(models.Model):
    """How far the search for pairs has come: its one row is the job's place and its lock.

    `done_event` is the last line of the people's history that was looked at; `done_pk` the last person of the slow
    round through everybody, which finds what the first way missed.
    """

    done_event = models.BigIntegerField(default=0)
    done_pk = models.BigIntegerField(default=0)
    ran_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.done_event} {self.done_pk}"
