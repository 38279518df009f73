"""What else is known about a person beside the main columns of `Person`: each as often as life has it.

`Person` keeps the *main* value of each fact, the one that lists, letters and the identity bar show: `national_id`,
`phone`, the place (`subdivision`, `municipality`, `community`), the number of `dependants`. Here stands what is *more*:
all identity documents (the one behind `national_id` among them, with its country and validity), further phones and
addresses, the people of the household, the photo.
"""

from datetime import date

from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Reverse, Upper
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.models import alpha3
from programmes.journey.people import rules
from programmes.journey.people.models import Person


class PartQuerySet(RecordQuerySet):
    """Rows of people, seen by whoever may see the person."""

    def visible_to(self, user):
        """Rows of the people that `user` may see."""
        return self.filter(person__in=Person.objects.visible_to(user))


class SearchedNumber(models.Func):
    """A number as it is searched: capitals and digits only. The same as `rules.plain_number`; a test compares them."""

    function = "regexp_replace"
    output_field = models.TextField()

    def __init__(self, field):
        super().__init__(Upper(field), Value("[^0-9A-Z]"), Value(""), Value("g"))


@tracked()
class Identity(Record):
    """An identity document of a person: what is printed on it, and whether its number checks out.

    `number` is as it was typed, `number_key` as it is searched (kept by the database). `checksum_ok` is the result
    of domain.md M17: True, False, or None where nothing can be checked. A failed check warns and is stored; it never
    refuses anybody. The papers that a case asks for (`departure.Document`) stay there; recording one with a number
    makes the number known here too.
    """

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(_("document"), max_length=40)
    country = models.CharField(_("issuing country"), max_length=3, validators=[alpha3])
    number = models.CharField(_("number"), max_length=60)
    number_key = models.GeneratedField(
        expression=SearchedNumber("number"), output_field=models.TextField(), db_persist=True
    )
    issuer = models.CharField(_("issued by"), max_length=150, blank=True)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    checksum_ok = models.BooleanField(_("number checks out"), null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity document")
        verbose_name_plural = _("identity documents")
        ordering = ["kind", "-expires_on", "-id"]
        indexes = [models.Index(fields=["number_key"], name="identity_by_number")]
        constraints = [
            # One country gives one number to one person: a second holder is a mistake or the same person twice.
            models.UniqueConstraint(
                fields=["kind", "country", "number_key"],
                condition=Q(kind__in=sorted(rules.ONE_HOLDER)) & ~Q(number_key=""),
                name="identity_one_holder",
                violation_error_message=_(
                    "Another person has a document with this number. Compare it with the document; if it is right, "
                    "both may be the same person."
                ),
            ),
            models.UniqueConstraint(
                fields=["person", "kind", "country", "number_key"],
                name="identity_once_per_person",
                violation_error_message=_("This document of the person is recorded already."),
            ),
            models.CheckConstraint(
                condition=~Q(number=""),
                name="identity_has_a_number",
                violation_error_message=_("Enter the number of the document."),
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(issued_on__isnull=True) | Q(expires_on__gt=F("issued_on")),
                name="identity_expires_after_issue",
                violation_error_message=_("The document would expire before it was issued."),
            ),
        ]
        triggers = [count_versions(but_not=("number_key",))]

    def __str__(self):
        return self.kind

    @property
    def masked(self) -> str:
        """The number as lists show it (domain.md 5, row 6)."""
        return rules.masked(self.number)

    @property
    def warning(self) -> str | None:
        """What somebody should compare again, in words; None when nothing is wrong or nothing can be checked."""
        if self.checksum_ok is False:
            return rules.number_problem(self.kind, self.country, self.number) or rules.mrz_words()
        return rules.number_problem(self.kind, self.country, self.number)

    def is_valid_on(self, day: date) -> bool:
        """Whether it has not expired by `day`; one without an end never does."""
        return self.expires_on is None or self.expires_on >= day


@tracked()
class PersonPhone(Record):
    """A further phone by which a person can be reached; the main one is `Person.phone`."""

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="phones")
    kind = models.CharField(_("kind of phone"), max_length=40)
    number = PhoneNumberField(_("phone"))
    whose = models.CharField(
        _("whose phone"), max_length=100, blank=True, help_text=_("Leave it empty when it is the person's own.")
    )
    by_message = models.BooleanField(_("reachable by message"), default=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        ordering = ["id"]
        indexes = [
            # The last digits find a number that was typed without its country code.
            models.Index(OpClass(Reverse("number"), name="text_pattern_ops"), name="person_phone_by_last_digits"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "number"],
                name="person_phone_once_per_person",
                violation_error_message=_("This phone of the person is recorded already."),
            ),
            models.CheckConstraint(
                condition=~Q(number=""),
                name="person_phone_has_a_number",
                violation_error_message=_("Enter a phone number with its country code, for example +502 5555 0142."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.kind


@tracked()
class PersonAddress(Record):
    """A further place where a person lives, lived or can be found; the main one is on `Person`."""

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(_("kind of address"), max_length=40)
    country = models.CharField(_("country"), max_length=3, validators=[alpha3])
    subdivision = models.CharField(_("department"), max_length=10, blank=True)
    municipality = models.CharField(_("municipality"), max_length=100, blank=True)
    community = models.CharField(_("community"), max_length=100, blank=True)
    line = models.CharField(_("street, number, directions"), max_length=200, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-until", "-since", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since")),
                name="person_address_ends_after_it_begins",
                violation_error_message=_("The address would end before it begins."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.kind


@tracked()
class HouseholdMember(Record):
    """Somebody of a person's household or family, linked to their own record (`other`) where they have one.

    The row belongs to `person`; the linked person's page shows it from the other side.
    """

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="household")
    relation = models.CharField(_("relation"), max_length=40)
    name = models.CharField(_("name"), max_length=150)
    birth_year = models.PositiveSmallIntegerField(
        _("year of birth"),
        null=True,
        blank=True,
        validators=[MinValueValidator(rules.EARLIEST_YEAR), MaxValueValidator(2200)],
    )
    sex = models.CharField(_("sex"), max_length=6, choices=Person.Sex, blank=True)
    is_dependant = models.BooleanField(_("depends on the person"), default=False)
    lives_together = models.BooleanField(_("lives in the same household"), default=True)
    other = models.ForeignKey(
        Person,
        verbose_name=_("own record"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="in_households",
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of the household")
        verbose_name_plural = _("members of the household")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(other__isnull=True) | ~Q(other=F("person")),
                name="household_member_is_somebody_else",
                violation_error_message=_("A person is not a member of their own household list."),
            ),
            models.UniqueConstraint(
                fields=["person", "other"],
                condition=Q(other__isnull=False),
                name="household_member_linked_once",
                violation_error_message=_("This person stands in the household already."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="household_member_has_a_name",
                violation_error_message=_("Enter the name."),
            ),
            models.CheckConstraint(
                condition=Q(birth_year__isnull=True) | Q(birth_year__gte=rules.EARLIEST_YEAR, birth_year__lte=2200),
                name="household_member_born_after_1900",
                violation_error_message=_("The year of birth lies before 1900."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.relation


@tracked()
class Photo(Record):
    """A photo of a person, taken with their consent to it. The newest counts; an older one is removed with its files.

    `image` and `thumbnail` are names in the private storage (people/photos.py), random and never shown; the pictures
    are served only by pages that ask who may see the person.
    """

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="photos")
    image = models.CharField(_("stored picture"), max_length=100, unique=True)
    thumbnail = models.CharField(_("stored thumbnail"), max_length=100, unique=True)
    width = models.PositiveSmallIntegerField(_("width"))
    height = models.PositiveSmallIntegerField(_("height"))
    size = models.PositiveIntegerField(_("bytes"))

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["-id"]
        triggers = [count_versions()]

    def __str__(self):
        return str(self.public_id)
