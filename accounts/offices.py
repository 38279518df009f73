"""Offices as a tree, with their clock, their working week and their days off.

An office answers questions about *its* calendar: deadlines that count working days ask here, because a day that is
worked in Québec may be a public holiday in Guatemala.
"""

import datetime
import uuid
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.places import country_codes, country_name, validate_country, validate_time_zone

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
# A calendar that never has a working day is a configuration mistake; stop looking after this many days in a row.
LONGEST_CLOSURE_DAYS = 366

_PATH_FOLLOWS_PARENT = """
    PERFORM pg_advisory_xact_lock(hashtext('accounts_office_tree'));
    IF NEW.parent_id IS NULL THEN
        NEW.path := '/' || NEW.id || '/';
    ELSE
        SELECT path || NEW.id || '/' INTO NEW.path FROM accounts_office WHERE id = NEW.parent_id;
        IF position('/' || NEW.id || '/' in left(NEW.path, length(NEW.path) - length(NEW.id::text) - 1)) > 0 THEN
            RAISE EXCEPTION 'office % cannot stand below itself', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'office_not_its_own_parent';
        END IF;
    END IF;
    RETURN NEW;
"""
_CHILDREN_FOLLOW = """
    IF NEW.path IS DISTINCT FROM OLD.path THEN
        UPDATE accounts_office SET path = '' WHERE parent_id = NEW.id;
    END IF;
    RETURN NULL;
"""


def default_working_days():
    """Return the working week of a new office: Monday to Friday (Monday is 0)."""
    return list(MONDAY_TO_FRIDAY)


@lru_cache(maxsize=256)
def national_holidays(country: str, year: int) -> frozenset[datetime.date]:
    """Return the public holidays of a country in a year, from the `holidays` library.

    Args:
        country: ISO 3166 alpha-3 code. A country the library does not know has no national holidays; its offices
            enter their own days.
        year: calendar year.
    """
    try:
        return frozenset(holidays.country_holidays(country_codes()[country], years=year))
    except (KeyError, NotImplementedError):
        return frozenset()


class OfficeQuerySet(models.QuerySet):
    """Questions about many offices."""

    def active(self):
        """Offices that take new work."""
        return self.filter(active=True)

    def within(self, office):
        """An office and everything below it."""
        return self.filter(path__startswith=office.path)


@tracked(exclude=["path"])
class Office(models.Model):
    """A mission, an office below it, or a partner's desk."""

    class Kind(models.TextChoices):
        MISSION = "mission", _("Mission")
        OFFICE = "office", _("Office")
        PARTNER = "partner", _("Partner")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("Code"), max_length=20, unique=True, help_text=_("Short and unique, for example GT-CHM."))
    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind"), max_length=10, choices=Kind.choices, default=Kind.OFFICE)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Stands below")
    )
    # "/1/4/": every ancestor's key and the own one. Written by trigger, so that SQL and bulk edits keep it right.
    path = models.CharField(max_length=200, default="", editable=False)
    country = models.CharField(
        _("Country"), max_length=3, validators=[validate_country], help_text=_("Three letters, for example GTM.")
    )
    time_zone = models.CharField(
        _("Time zone"), max_length=50, default="America/Guatemala", validators=[validate_time_zone]
    )
    working_days = ArrayField(
        models.SmallIntegerField(validators=[MinValueValidator(0), MaxValueValidator(6)]),
        default=default_working_days,
        verbose_name=_("Working days"),
    )
    active = models.BooleanField(_("Active"), default=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["path"], opclasses=["text_pattern_ops"], name="office_path_prefix")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{3}$"),
                name="office_country_three_letters",
                violation_error_message=_("Enter the country as three capital letters, for example GTM."),
            ),
            models.CheckConstraint(
                condition=models.Q(working_days__contained_by=[0, 1, 2, 3, 4, 5, 6], working_days__len__gte=1),
                name="office_works_some_day",
                violation_error_message=_("Choose at least one working day."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="office_not_its_own_parent",
                violation_error_message=_("An office cannot stand below itself."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="office_path",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id", "path"),
                func=_PATH_FOLLOWS_PARENT,
            ),
            pgtrigger.Trigger(
                name="office_children_follow",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("parent_id", "path"),
                func=_CHILDREN_FOLLOW,
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        """Save, then read back the path that the database wrote."""
        super().save(*args, **kwargs)
        self.refresh_from_db(fields=["path"])

    def clean(self):
        """Refuse a parent that stands below this office."""
        super().clean()
        self.country = (self.country or "").upper()
        if self.pk and self.parent_id and self.parent.path.startswith(self.path):
            raise ValidationError({"parent": _("An office cannot stand below itself.")})

    @property
    def ancestor_ids(self) -> list[int]:
        """Keys from the top of the tree down to this office, itself included."""
        return [int(part) for part in self.path.split("/") if part]

    @property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def country_name(self) -> str:
        """The country's name in the reader's language."""
        return country_name(self.country)

    def today(self) -> datetime.date:
        """Return the date on the office's wall now."""
        return timezone.now().astimezone(self.zone).date()

    def is_working_day(self, day: datetime.date) -> bool:
        """Say whether the office works on a day: its week, its country's holidays, its own and its ancestors' days."""
        return (
            day.weekday() in self.working_days
            and day not in national_holidays(self.country, day.year)
            and day not in self._own_holidays()
        )

    def add_working_days(self, day: datetime.date, n: int) -> datetime.date:
        """Return the nth working day after a day.

        Args:
            day: where counting starts; it does not count itself.
            n: how many working days; 0 gives the day itself when it is worked, else the next one; negative counts back.

        Raises:
            ValueError: the calendar has no working day for a whole year, which is a configuration mistake.
        """
        step = datetime.timedelta(days=-1 if n < 0 else 1)
        if n == 0:
            day, n = day - step, 1
        left, idle = abs(n), 0
        while left:
            day += step
            if self.is_working_day(day):
                left, idle = left - 1, 0
            else:
                idle += 1
                if idle > LONGEST_CLOSURE_DAYS:
                    raise ValueError(f"Office {self.code} has no working day near {day:%Y-%m-%d}.")
        return day

    def _own_holidays(self) -> frozenset[datetime.date]:
        """Days off entered for this office or an ancestor: one query for the life of the instance."""
        if not hasattr(self, "_holidays"):
            rows = OfficeHoliday.objects.filter(office_id__in=self.ancestor_ids)
            self._holidays = frozenset(rows.values_list("day", flat=True))
        return self._holidays


@tracked()
class OfficeHoliday(models.Model):
    """A day an office does not work besides its country's public holidays; it holds for the offices below too."""

    office = models.ForeignKey(Office, models.CASCADE, related_name="holidays", verbose_name=_("Office"))
    day = models.DateField(_("Day"))
    name = models.CharField(_("Name"), max_length=120)

    class Meta:
        verbose_name = _("office holiday")
        verbose_name_plural = _("office holidays")
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "day"],
                name="office_holiday_once_a_day",
                violation_error_message=_("This office already has this day off."),
            )
        ]

    def __str__(self):
        return f"{self.day:%Y-%m-%d} {self.name}"
