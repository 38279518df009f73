"""Who you are: users, and where they hold which role."""

import datetime
import uuid
from dataclasses import dataclass
from functools import cache, cached_property
from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.history import tracked
from accounts.managers import UserManager, fold_email
from accounts.offices import Office, OfficeHoliday
from accounts.places import validate_time_zone
from accounts.roles import GRANTS, Permission, Role
from accounts.statements import Standing, Whole

__all__ = ["Membership", "Office", "OfficeHoliday", "ParkedText", "Reach", "User"]

# Deactivating somebody ends the sessions for good: also the ones that would come alive again on re-activation.
# A stale instance saved later must not bring an old number back.
_SESSIONS_END_WITH_THE_ACCOUNT = """
    NEW.session_epoch := GREATEST(NEW.session_epoch, OLD.session_epoch)
        + CASE WHEN OLD.is_active AND NOT NEW.is_active THEN 1 ELSE 0 END;
    RETURN NEW;
"""


@dataclass(frozen=True)
class Reach:
    """Where one membership lets its holder use a right.

    Attributes:
        office_ids: the membership's office and every office below it.
        programme_ids: the programmes it is limited to; None means all programmes of those offices.
    """

    office_ids: frozenset[int]
    programme_ids: frozenset[int] | None

    def covers(self, other: "Reach") -> bool:
        """Say whether this one reaches everything that the other one does."""
        if not self.office_ids >= other.office_ids:
            return False
        return self.programme_ids is None or (
            other.programme_ids is not None and self.programme_ids >= other.programme_ids
        )


@tracked(exclude=["password", "last_login", "last_seen_at"])
class User(AbstractBaseUser):
    """A member of staff or of a partner. Rights come from memberships alone; there is no superuser."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As on this device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(
        _("E-mail address"), unique=True, error_messages={"unique": _("A user with this e-mail address exists.")}
    )
    full_name = models.CharField(_("Full name"), max_length=150)
    language = models.CharField(
        _("Language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    time_zone = models.CharField(
        _("Time zone"), max_length=50, default="America/Guatemala", validators=[validate_time_zone]
    )
    digest_on = models.BooleanField(_("Send me a daily summary"), default=True)
    digest_hour = models.PositiveSmallIntegerField(
        _("Hour of the daily summary"), default=7, validators=[MinValueValidator(0), MaxValueValidator(23)]
    )
    # Monday is 0, as in the working week of an office.
    digest_weekday = models.PositiveSmallIntegerField(
        _("Day of the weekly summary"), null=True, blank=True, validators=[MaxValueValidator(6)]
    )
    quiet_from = models.PositiveSmallIntegerField(
        _("Quiet from"), null=True, blank=True, validators=[MaxValueValidator(23)]
    )
    quiet_until = models.PositiveSmallIntegerField(
        _("Quiet until"), null=True, blank=True, validators=[MaxValueValidator(23)]
    )
    first_steps_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    theme = models.CharField(_("Colours"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    shortcuts_on = models.BooleanField(_("Keyboard shortcuts"), default=True)
    is_active = models.BooleanField(
        _("Active"), default=True, help_text=_("Switch off to end all sessions of this user and refuse new ones.")
    )
    created_at = models.DateTimeField(_("Created"), default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(_("Last seen"), null=True, blank=True, editable=False)
    # Part of every session's fingerprint: one step up and all sessions of the user are over.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["full_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="user_email_in_lower_case",
                violation_error_message=_("Write the e-mail address in small letters."),
            ),
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23),
                name="user_digest_hour_is_an_hour",
                violation_error_message=_("Choose an hour from 0 to 23."),
            ),
            models.CheckConstraint(
                condition=Q(digest_weekday__isnull=True) | Q(digest_weekday__lte=6),
                name="user_digest_weekday_is_a_day",
                violation_error_message=_("Choose a day of the week."),
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__lte=23, quiet_until__lte=23) & ~Q(quiet_from=F("quiet_until"))),
                name="user_quiet_hours_begin_and_end",
                violation_error_message=_("Quiet hours need two different hours: when they begin and when they end."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="user_sessions_end",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_SESSIONS_END_WITH_THE_ACCOUNT,
            )
        ]

    def __str__(self):
        return self.full_name

    def clean(self):
        """Fold the e-mail address to the one stored spelling."""
        super().clean()
        self.email = fold_email(self.email)

    def refresh_from_db(self, *args, **kwargs):
        """Read the row again, and forget what was known about rights."""
        for known in ("current_memberships", "rights"):
            self.__dict__.pop(known, None)
        super().refresh_from_db(*args, **kwargs)

    # --- What you may do ---------------------------------------------------------------------------------------
    @cached_property
    def current_memberships(self) -> list["Membership"]:
        """Memberships valid today in their office, each with `office_ids` (descendants included) and `programme_ids`.

        One query for the life of the instance. A request loads its user anew, so that a right taken away is gone with
        the next click.
        """
        if not self.is_active or self.pk is None:
            return []
        return [row for row in _memberships_around(self, timezone.now()) if row.holds_on(row.office.today())]

    @cached_property
    def rights(self) -> frozenset[Permission]:
        """Every right that a current membership carries, wherever it holds: a page asks for dozens."""
        held = self.roles
        return frozenset(right for right, roles in GRANTS.items() if not held.isdisjoint(roles))

    def may(self, permission: Permission) -> bool:
        """Say whether any current membership carries a right, wherever it holds."""
        if permission == Permission.SELF:
            return self.is_active
        return permission in self.rights

    def reach(self, permission: Permission) -> list[Reach]:
        """Return where a right holds: one entry per current membership that carries it, none inside another."""
        found = list(dict.fromkeys(row.reach for row in self.current_memberships if row.role in GRANTS[permission]))
        return [one for one in found if not any(other != one and other.covers(one) for other in found)]

    @property
    def roles(self) -> set[str]:
        """The roles held today."""
        return {row.role for row in self.current_memberships}

    @property
    def role_names(self) -> list[str]:
        """The names of the roles held today, in the order of the role table, in the reader's language."""
        held = self.roles
        return [str(role.label) for role in Role if role in held]

    @property
    def is_staff(self) -> bool:
        """Whether the configuration site opens for this user (Django's admin asks by this name)."""
        return any(
            self.may(right) for right in (Permission.CONFIGURE, Permission.USERS_MANAGE, Permission.CODE_LIST_EDIT)
        )

    def has_perm(self, perm, obj=None) -> bool:
        """Django's own permissions are not used: nobody has any."""
        return False

    def has_module_perms(self, app_label) -> bool:
        """Django's own permissions are not used: nobody has any."""
        return False

    # --- How you appear and what time it is for you ------------------------------------------------------------
    def get_full_name(self) -> str:
        """Return the name for Django's and allauth's templates."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the first word of the name."""
        return self.full_name.split(" ")[0]

    @property
    def initials(self) -> str:
        """Two letters for the corner of the page: of the first and the last word of the name."""
        words = self.full_name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def zone(self) -> ZoneInfo:
        """The user's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def digest_weekday_name(self) -> str:
        """The day of the weekly digest in the reader's language; "" when it comes every day."""
        return "" if self.digest_weekday is None else str(WEEKDAYS[self.digest_weekday])

    def today(self) -> datetime.date:
        """Return the date where the user is now."""
        return timezone.now().astimezone(self.zone).date()

    # --- Sessions ----------------------------------------------------------------------------------------------
    def end_sessions(self) -> None:
        """End every session of this user, on every device, with the next request each of them makes."""
        User.objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)
        self.refresh_from_db(fields=["session_epoch"])

    def _get_session_auth_hash(self, secret=None):
        """Return a session's fingerprint: it changes with the password and with `end_sessions`."""
        salt = "accounts.models.User.session"
        return salted_hmac(salt, f"{self.password}:{self.session_epoch}", secret=secret, algorithm="sha256").hexdigest()


class MembershipQuerySet(models.QuerySet):
    """Questions about many memberships."""

    def current(self, day: datetime.date):
        """Memberships that hold on a day."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)

    def between(self, first: datetime.date, last: datetime.date):
        """Memberships that hold on some day from the first to the last."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=first), valid_from__lte=last)

    def around(self, moment: datetime.datetime):
        """Memberships that hold at a moment somewhere on earth: the date differs by a day between offices."""
        return self.between(*_days_around(moment))

    def with_reach(self):
        """Add `office_ids` (own office and all below it) and `programme_ids` to each row, in the same query."""
        below = Office.objects.filter(path__startswith=OuterRef("office__path")).values("pk")
        limits = Membership.programmes.through.objects.filter(membership=OuterRef("pk")).values("programme")
        return self.annotate(office_ids=ArraySubquery(below), programme_ids=ArraySubquery(limits))


def _days_around(moment: datetime.datetime) -> tuple[datetime.date, datetime.date]:
    """The earliest and the latest date that an office on earth may have at a moment."""
    day, step = moment.date(), datetime.timedelta(days=1)
    return day - step, day + step


def _one_point(expression):
    """Return a range of one whole number, so that a plain GiST index can compare it (no extension needed)."""
    return Func(expression, expression, Value("[]"), function="int8range")


def _number_of(expression):
    """Return a whole number that stands for a short text, the same on every server."""
    return Func(
        expression,
        function="md5",
        template="('x' || substr(%(function)s(%(expressions)s), 1, 8))::bit(32)::bigint",
        output_field=models.BigIntegerField(),
    )


@tracked()
class Membership(models.Model):
    """A user holds a role in an office (and in the offices below it), for some days, perhaps for some programmes."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("User"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="memberships", verbose_name=_("Office"))
    role = models.CharField(_("Role"), max_length=20, choices=Role.choices)
    programmes = models.ManyToManyField(
        "programmes.Programme",
        blank=True,
        related_name="+",
        verbose_name=_("Programmes"),
        help_text=_("Leave empty for all programmes of the office."),
    )
    valid_from = models.DateField(_("Valid from"), default=timezone.localdate)
    valid_to = models.DateField(
        _("Valid to"), null=True, blank=True, help_text=_("The last day it holds. Leave empty while it has no end.")
    )

    # Only on rows that came through `with_reach()`.
    office_ids: list[int]
    programme_ids: list[int]

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user", "office", "role", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="membership_role_is_known",
                violation_error_message=_("Choose a role from the list."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="membership_ends_after_start",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            ExclusionConstraint(
                name="membership_no_overlap",
                expressions=[
                    (_one_point(F("user")), RangeOperators.OVERLAPS),
                    (_one_point(F("office")), RangeOperators.OVERLAPS),
                    (_one_point(_number_of(F("role"))), RangeOperators.OVERLAPS),
                    (Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This user already has this role in this office on some of these days."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()}, {self.office}"

    def clean(self):
        """Name the field when the days are the wrong way round."""
        super().clean()
        if self.valid_to and self.valid_from and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": _("The last day cannot be before the first day.")})

    def holds_on(self, day: datetime.date) -> bool:
        """Say whether the role is held on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def reach(self) -> Reach:
        """Where this membership holds. Needs a row that came through `with_reach()`."""
        return Reach(frozenset(self.office_ids), frozenset(self.programme_ids) or None)


@cache
def _holding() -> tuple[Standing, Whole, Whole]:
    own, office = Whole(Membership), Whole(Office, "office__")

    def build(user, first, last):
        rows = Membership.objects.filter(user=user).between(first, last).with_reach().order_by("pk")
        return rows.values_list(*own.columns, *office.columns, "office_ids", "programme_ids")

    return Standing(build, -7301, datetime.date(1, 1, 1), datetime.date(1, 1, 2)), own, office


def _memberships_around(user: User, moment: datetime.datetime) -> list[Membership]:
    """The user's memberships that hold at a moment somewhere on earth, with office and reach; one statement."""
    standing, own, office = _holding()
    cut, found = len(own.columns), []
    for row in standing.rows(user.pk, *_days_around(moment)):
        membership = own.of(row[:cut])
        membership.office = office.of(row[cut:-2])
        membership.office_ids, membership.programme_ids = row[-2:]
        found.append(membership)
    return found


# The programmes a membership is limited to are watched too: narrowing or widening a role is a deed.
tracked(obj_field=None, model_name="MembershipProgrammeEvent")(Membership.programmes.through)


class ParkedText(models.Model):
    """What somebody typed into a form when their session was already over, kept until they sign in again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    path = models.CharField(max_length=500)
    body = models.TextField()
    files_lost = models.BooleanField(default=False)
    parked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("kept text")
        verbose_name_plural = _("kept texts")
        constraints = [models.UniqueConstraint(fields=["user", "path"], name="parked_text_once_per_page")]
        ordering = ["-parked_at", "-pk"]

    def __str__(self):
        return self.path
