"""Templates of letters with every edition of their text, and the letters that were issued."""

from datetime import timedelta

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.files.models import StoredFile
from programmes.base.lifecycle.models import Lifecycle
from programmes.base.papers import rules
from programmes.base.papers.states import LETTER, TONES, LetterStatus
from programmes.base.papers.words import languages
from programmes.base.rulebook.models import labels_in_words, translated

# Nobody waits longer for a claimed letter than this: the worker that claimed it is gone.
CLAIM_MINUTES = 5


@tracked()
class LetterTemplate(Record):
    """A letter that can be issued, of one kind. Its words are in its editions; the newest one counts."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind of letter"), max_length=40)
    names = models.JSONField(_("names"), validators=[labels_in_words])
    active = models.BooleanField(_("can be issued"), default=True)

    class Meta:
        verbose_name = _("letter template")
        verbose_name_plural = _("letter templates")
        ordering = ["kind", "code"]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return translated(self.names, self.code)

    @property
    def newest(self) -> "TemplateEdition | None":
        """The edition that counts."""
        return next(iter(self.editions.all()[:1]), None) if self.pk else None


class TemplateEdition(models.Model):
    """The words of a template as somebody saved them once: {language: {"title", "body"}}. Never changed."""

    template = models.ForeignKey(
        LetterTemplate, verbose_name=_("letter template"), on_delete=models.PROTECT, related_name="editions"
    )
    number = models.PositiveIntegerField(_("edition"))
    texts = models.JSONField(_("texts"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    created_by = models.ForeignKey(
        "accounts.User", verbose_name=_("created by"), on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("edition of a letter template")
        verbose_name_plural = _("editions of letter templates")
        ordering = ["template", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "number"],
                name="edition_number_once_per_template",
                violation_error_message=_("Somebody else saved this template at the same moment."),
            )
        ]
        triggers = [pgtrigger.Protect(name="written_once", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.template.code} {self.number}"

    @property
    def languages(self) -> list[str]:
        """In which languages it can be issued."""
        return [language for language in languages() if language in self.texts]


class IssuedLetterQuerySet(RecordQuerySet):
    """Issued letters, and who may see them."""

    def visible_to(self, user):
        """Letters of the cases that the user may see."""
        cases = self.model._meta.get_field("enrolment").related_model
        return self.filter(enrolment__in=cases.objects.visible_to(user))

    def on_paper(self):
        """Those that were made, in force or not any more."""
        return self.filter(status__in=LETTER.groups["issued"])

    def to_make(self, now):
        """Those that wait and nobody is making."""
        gone = now - timedelta(minutes=CLAIM_MINUTES)
        return self.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=gone), status=LetterStatus.WAITING)


@tracked(exclude=["claimed_at", "attempts"])
class IssuedLetter(Lifecycle, Record):
    """A letter about a case, issued once: these words, these languages, this day, this file.

    The row is the truth. A worker claims it (`claimed_at`), makes the PDF outside any transaction, keeps the file and
    moves it on. `sha256` stays when the file is gone, so that paper can be checked for as long as the case is kept.
    """

    MACHINE = LETTER

    enrolment = models.ForeignKey(
        "programmes.Enrolment", verbose_name=_("case"), on_delete=models.CASCADE, related_name="issued_letters"
    )
    edition = models.ForeignKey(
        TemplateEdition, verbose_name=_("edition"), on_delete=models.PROTECT, related_name="letters"
    )
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), size=2)
    issued_on = models.DateField(_("issued on"))
    code = models.CharField(_("code to check it with"), max_length=16, unique=True, default=rules.new_code)
    file = models.OneToOneField(
        StoredFile, verbose_name=_("file"), on_delete=models.SET_NULL, null=True, editable=False, related_name="letter"
    )
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True, editable=False)
    failure = models.CharField(_("why it was not made"), max_length=20, blank=True, editable=False)
    missing = ArrayField(models.CharField(max_length=40), default=list, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    claimed_at = models.DateTimeField(null=True, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=LetterStatus, default=LetterStatus.WAITING, editable=False
    )

    objects = IssuedLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("issued letter")
        verbose_name_plural = _("issued letters")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["claimed_at"], condition=Q(status="waiting"), name="issued_letter_to_make"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=LetterStatus.values),
                name="issued_letter_status_known",
                violation_error_message=_("Unknown status."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(LETTER.groups["issued"])) | ~Q(sha256=""),
                name="issued_letter_on_paper_has_its_hash",
                violation_error_message=_("A letter in force has a file."),
            ),
            models.CheckConstraint(
                condition=Q(languages__len__gte=1),
                name="issued_letter_has_a_language",
                violation_error_message=_("Choose a language."),
            ),
        ]
        triggers = [
            LETTER.trigger(),
            count_versions(but_not=("claimed_at", "attempts")),
            pgtrigger.Protect(
                name="issued_once",
                operation=pgtrigger.UpdateOf("enrolment_id", "edition_id", "languages", "issued_on", "code"),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        """How people call it: the year and a running number, which say nothing about anybody."""
        return f"L{self.issued_on:%Y}-{self.pk:06d}"

    @property
    def code_shown(self) -> str:
        """The code as it is printed."""
        return rules.code_shown(self.code)

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return TONES.get(self.status, "neutral")

    @property
    def is_ready(self) -> bool:
        """Whether there is a file to read: also when a later letter replaced it."""
        return self.file_id is not None
