"""The rulebook: programmes, seasons, what each requires, its values and deadlines, code lists. Data, not code."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import Office
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.catalogue import DEADLINES, RULES, RequirementKind, Shape, WaitsFor

FALLBACK_LANGUAGES = ("es", "en", "fr", "pt-br")
alpha3 = RegexValidator(
    r"^[A-Z]{3}$", gettext_lazy("Enter the three-letter country code (ISO 3166-1), for example GTM.")
)
code_word = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]*$", gettext_lazy("Use small letters, digits, hyphen and underscore only.")
)


def translated(labels: dict | None, fallback: str = "") -> str:
    """The text of `labels` ({"es": …, "en": …}) in the active language, else in the first language that has one."""
    labels = labels or {}
    language = (get_language() or "es").lower()
    for code in (language, language.split("-")[0], *FALLBACK_LANGUAGES):
        if labels.get(code):
            return labels[code]
    return fallback


def labels_in_words(value):
    """Validator: an object of language → text with at least Spanish and English."""
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValidationError(gettext_lazy('Give the text per language, for example {"es": "…", "en": "…"}.'))
    if not value.get("es") or not value.get("en"):
        raise ValidationError(gettext_lazy("Give the text in Spanish (es) and in English (en)."))


class ProgrammeQuerySet(RecordQuerySet):
    """Programmes, and which of them somebody works in."""

    def reachable_by(self, user, permission):
        """Programmes run by an office the user has `permission` in, or named in the user's own membership."""
        condition = Q(pk__in=[])
        for reach in user.reach(permission):
            offices = Q(offices__in=reach.office_ids) | Q(destination_office__in=reach.office_ids)
            condition |= offices & Q(pk__in=reach.programme_ids) if reach.programme_ids is not None else offices
        return self.filter(condition).distinct()

    def running(self):
        """Programmes that take new cases."""
        return self.filter(active=True)


@tracked()
class Programme(Record):
    """A labour-migration programme: a corridor with its own stages, requirements, margins and deadlines."""

    code = models.SlugField(gettext_lazy("code"), max_length=30, unique=True)
    names = models.JSONField(
        gettext_lazy("names"), validators=[labels_in_words], help_text=gettext_lazy('{"es": "…", "en": "…"}')
    )
    origin = models.CharField(gettext_lazy("country of origin"), max_length=3, validators=[alpha3])
    destination = models.CharField(gettext_lazy("country of destination"), max_length=3, validators=[alpha3])
    offices = models.ManyToManyField(Office, verbose_name=gettext_lazy("offices of origin"), related_name="programmes")
    destination_office = models.ForeignKey(
        Office, verbose_name=gettext_lazy("office of destination"), on_delete=models.PROTECT, null=True, blank=True,
        related_name="receiving_programmes",
    )  # fmt: skip
    authorisation_kind = models.CharField(
        gettext_lazy("kind of authorisation"),
        max_length=40,
        blank=True,
        help_text=gettext_lazy("Code of the list “documents”, for example lmia_approval."),
    )
    currency = models.CharField(gettext_lazy("currency of wages"), max_length=3, default="USD")
    active = models.BooleanField(gettext_lazy("takes new cases"), default=True)
    source = models.CharField(gettext_lazy("source of the rules"), max_length=300, blank=True)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("programme")
        verbose_name_plural = gettext_lazy("programmes")
        ordering = ["code"]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        """The programme's name in the reader's language."""
        return translated(self.names, self.code)

    def rules(self, on: date | None = None, nationality: str = "") -> dict[str, Any]:
        """Every rule of the catalogue with this programme's value in force on a day, or the default.

        `on` is the day that matters, as a rule the first of the stay or of the work, so that a later value never
        changes how an earlier one is judged (default: today). A value for the worker's `nationality` goes before the
        one for everybody. Of several values in force the one that began last holds. One query, kept on the instance.
        """
        wanted = on or timezone.localdate(), nationality
        if not hasattr(self, "_rules"):
            self._rules: dict[tuple[date, str], dict[str, Any]] = {}
        if wanted not in self._rules:
            own = {
                row.key: row.value
                for row in self._values()
                if row.nationality in ("", nationality) and row.holds_on(wanted[0])
            }
            self._rules[wanted] = {key: own.get(key, entry.default) for key, entry in RULES.items()}
        return self._rules[wanted]

    def rules_of_others(self, on: date | None = None) -> list[dict[str, Any]]:
        """The same for each nationality that has values of its own."""
        return [self.rules(on, code) for code in sorted({row.nationality for row in self._values()} - {""})]

    def _values(self) -> list["RuleValue"]:
        """All values, each after those that it goes before."""
        if not hasattr(self, "_rule_rows"):
            self._rule_rows = sorted(
                self.rule_values.all(), key=lambda row: (bool(row.nationality), row.valid_from or date.min)
            )
        return self._rule_rows

    def deadlines(self) -> dict[str, int]:
        """Every deadline of the catalogue in days. One query, kept on the instance."""
        if not hasattr(self, "_deadlines"):
            own = {row.key: row.days for row in self.deadline_rows.all()}
            self._deadlines = {key: own.get(key, entry.default) for key, entry in DEADLINES.items()}
        return self._deadlines


# Which offices run a programme decides who sees its cases: a deed that row history must know.
tracked(obj_field=None, model_name="ProgrammeOfficeEvent")(Programme.offices.through)


@tracked()
class Season(Record):
    """One season of a programme: people enrol for a season, and may come back in the next."""

    programme = models.ForeignKey(
        Programme, verbose_name=gettext_lazy("programme"), on_delete=models.PROTECT, related_name="seasons"
    )
    code = models.CharField(gettext_lazy("code"), max_length=20, validators=[code_word])
    starts_on = models.DateField(gettext_lazy("first day"))
    ends_on = models.DateField(gettext_lazy("last day"))
    active = models.BooleanField(gettext_lazy("takes new cases"), default=True)

    class Meta:
        verbose_name = gettext_lazy("season")
        verbose_name_plural = gettext_lazy("seasons")
        ordering = ["programme", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "code"],
                name="season_code_once_per_programme",
                violation_error_message=gettext_lazy("This programme already has a season with this code."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="season_ends_after_it_starts",
                violation_error_message=gettext_lazy("The last day lies before the first day."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.programme.name} {self.code}"


def rule_choices() -> list[tuple[str, Any]]:
    """The rules of the catalogue. A function, so that a new rule needs no migration."""
    return [(key, entry.label) for key, entry in RULES.items()]


class Dated(models.Model):
    """Something that holds from a day until a day, both included; an empty day leaves that side open."""

    valid_from = models.DateField(gettext_lazy("from"), null=True, blank=True)
    valid_until = models.DateField(gettext_lazy("until"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")),
                name="%(class)s_ends_after_it_begins",
                violation_error_message=gettext_lazy("The last day lies before the first."),
            )
        ]

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)


@tracked()
class Requirement(Dated, Record):
    """One thing a programme asks for before a case may reach a stage.

    Its days are compared with the first day of the stay: what is asked for later does not touch those who left before.
    """

    programme = models.ForeignKey(
        Programme, verbose_name=gettext_lazy("programme"), on_delete=models.CASCADE, related_name="requirements"
    )
    stage = models.CharField(gettext_lazy("needed to become"), max_length=20)
    kind = models.CharField(gettext_lazy("kind"), max_length=12, choices=RequirementKind)
    code = models.SlugField(
        gettext_lazy("what"), max_length=40,
        help_text=gettext_lazy("For a document its type (passport, work_permit …), else a short name of your own."),
    )  # fmt: skip
    labels = models.JSONField(
        gettext_lazy("texts"), validators=[labels_in_words], help_text=gettext_lazy('{"es": "…", "en": "…"}')
    )
    margin_months = models.PositiveSmallIntegerField(
        gettext_lazy("valid beyond the planned end by (months)"), null=True, blank=True,
        help_text=gettext_lazy("Empty: the programme's own margin."),
    )  # fmt: skip
    waits_for = models.CharField(gettext_lazy("who has to act"), max_length=10, choices=WaitsFor, default=WaitsFor.US)
    lead_days = models.PositiveSmallIntegerField(gettext_lazy("due before the planned start by (days)"), default=14)
    order = models.PositiveSmallIntegerField(gettext_lazy("order"), default=0)
    active = models.BooleanField(gettext_lazy("in force"), default=True)
    source = models.CharField(gettext_lazy("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = gettext_lazy("requirement")
        verbose_name_plural = gettext_lazy("requirements")
        ordering = ["programme", "stage", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "stage", "kind", "code", "valid_from"],
                nulls_distinct=False,
                name="requirement_once_per_stage_and_day",
                violation_error_message=gettext_lazy("This stage already asks for this."),
            ),
            *Dated.Meta.constraints,
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.label

    @property
    def label(self) -> str:
        """What is asked for, in the reader's language."""
        return translated(self.labels, self.code)


@tracked()
class RuleValue(Dated, Record):
    """A programme's own value for one rule of the catalogue: from which day, for whom, and where it is written."""

    programme = models.ForeignKey(
        Programme, verbose_name=gettext_lazy("programme"), on_delete=models.CASCADE, related_name="rule_values"
    )
    key = models.CharField(gettext_lazy("rule"), max_length=40, choices=rule_choices)
    value = models.JSONField(gettext_lazy("value"))
    nationality = models.CharField(gettext_lazy("only for nationality"), max_length=3, blank=True, validators=[alpha3])
    source = models.CharField(gettext_lazy("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = gettext_lazy("rule value")
        verbose_name_plural = gettext_lazy("rule values")
        ordering = ["programme", "key", "nationality", F("valid_from").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "key", "nationality", "valid_from"],
                nulls_distinct=False,
                name="rule_value_once_per_day",
                violation_error_message=gettext_lazy("This rule already has a value from this day on."),
            ),
            *Dated.Meta.constraints,
        ]
        triggers = [count_versions()]

    def __str__(self):
        words = f"{self.get_key_display()}: {self.value}"
        if self.valid_from or self.valid_until:
            words += f", {self.valid_from or '…'} – {self.valid_until or '…'}"
        return f"{words}, {self.nationality}" if self.nationality else words

    def clean(self):
        """The value must be of the kind its rule can judge; a wrong one would stop every case of the programme."""
        refuse_wrong_rule_value(self.key, self.value)


def refuse_wrong_rule_value(key: str, value) -> None:
    """Raise ValidationError when `value` is not of the kind the rule `key` judges."""
    shape = RULES[key].shape if key in RULES else Shape.NUMBER
    if shape == Shape.MONTH_DAY:
        good, message = _is_month_day(value), _('Write month and day, for example "12-15".')
    elif shape == Shape.COUNTRIES:
        good = isinstance(value, list) and all(isinstance(c, str) and len(c) == 3 and c.isupper() for c in value)
        message = _('Write a list of country codes, for example ["MEX", "JAM"].')
    elif shape == Shape.MONEY:
        good, message = _is_money(value), _('Write currency and amount, for example "CAD 16.60".')
    elif shape == Shape.YES_NO:
        good, message = isinstance(value, bool), _("Write true or false.")
    else:
        whole, most = isinstance(value, int) and not isinstance(value, bool), 100 if shape == Shape.PERCENT else 1000
        good, message = whole and 0 <= value <= most, _("Write a whole number.")
    if not good:
        raise ValidationError({"value": message})


def _is_month_day(value) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"\d\d-\d\d", value):
        return False
    try:
        # A leap year, so that 29 February is a day.
        date.fromisoformat(f"2000-{value}")
    except ValueError:
        return False
    return True


def _is_money(value) -> bool:
    currency, _space, amount = value.partition(" ") if isinstance(value, str) else ("", "", "")
    return bool(re.fullmatch(r"[A-Z]{3}", currency) and re.fullmatch(r"\d{1,7}(\.\d{1,2})?", amount))


@tracked()
class Deadline(Record):
    """A programme's own lead time for one deadline of the catalogue."""

    programme = models.ForeignKey(
        Programme, verbose_name=gettext_lazy("programme"), on_delete=models.CASCADE, related_name="deadline_rows"
    )
    key = models.CharField(
        gettext_lazy("deadline"), max_length=30, choices=[(k, e.label) for k, e in DEADLINES.items()]
    )
    days = models.PositiveSmallIntegerField(gettext_lazy("days"))
    source = models.CharField(gettext_lazy("source"), max_length=300, blank=True)

    class Meta:
        verbose_name = gettext_lazy("deadline")
        verbose_name_plural = gettext_lazy("deadlines")
        ordering = ["programme", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "key"],
                name="deadline_once_per_programme",
                violation_error_message=gettext_lazy("This programme already sets this deadline."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.get_key_display()}: {self.days}"


class CodeQuerySet(models.QuerySet):
    """Codes of the lists staff choose from."""

    def of(self, name: str):
        """The codes of one list, in order."""
        return self.filter(list=name).order_by("order", "code")

    def choices(self, name: str, *, blank: str | None = None, keep: str = "") -> list[tuple[str, str]]:
        """(code, label) pairs of the list in force; `keep` is a code that stays choosable though withdrawn."""
        rows = [(row.code, row.label) for row in self.of(name) if row.active or row.code == keep]
        return [("", blank), *rows] if blank is not None else rows

    def choices_of(self, *names: str, keep: Iterable[tuple[str, str]] = ()) -> dict[str, list[tuple[str, str]]]:
        """The same of several lists, read at once; `keep` are pairs of a list and a code that stays choosable."""
        found: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
        rows = self.filter(list__in=names).order_by("order", "code").values_list("list", "code", "labels", "active")
        for name, code, labels, active in rows:
            if active or (name, code) in keep:
                found[name].append((code, translated(labels, code)))
        return found


@tracked()
class Code(models.Model):
    """One entry of a code list (domain.md 7): a code that never changes, labels per language."""

    list = models.CharField(gettext_lazy("list"), max_length=30, validators=[code_word])
    code = models.CharField(gettext_lazy("code"), max_length=40)
    labels = models.JSONField(gettext_lazy("texts"), validators=[labels_in_words])
    order = models.PositiveIntegerField(gettext_lazy("order"), default=0)
    active = models.BooleanField(gettext_lazy("in force"), default=True)
    standard = models.BooleanField(gettext_lazy("fixed by a standard"), default=False)
    source = models.CharField(gettext_lazy("source"), max_length=200, blank=True)

    objects = CodeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("code")
        verbose_name_plural = gettext_lazy("code lists")
        ordering = ["list", "order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "code"],
                name="code_once_per_list",
                violation_error_message=gettext_lazy("This list already has this code."),
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="standard_codes_stay",
                operation=pgtrigger.UpdateOf("code", "list") | pgtrigger.Delete,
                condition=pgtrigger.Q(old__standard=True),
            )
        ]

    def __str__(self):
        return self.label

    @property
    def label(self) -> str:
        """The label in the reader's language."""
        return translated(self.labels, self.code)
