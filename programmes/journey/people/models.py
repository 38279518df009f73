"""Who the workers are: one person, one record, over many seasons; and what they agreed to."""

from datetime import date

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Reverse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.models import alpha3
from programmes.journey.people.dictionary import FoldedName, NameToken, WordsOfNames, learn_words

__all__ = ["Consent", "FoldedName", "NameToken", "Person"]

MOST_ALIASES = 10
# Of so many people the names are sorted in a moment; beyond, the index of names is walked.
FEW = 10_000


class PersonQuerySet(RecordQuerySet):
    """People, and who may see them."""

    def visible_to(self, user, *, one_by_one: bool = False):
        """People of the offices where `user` works with or imports persons, and people with a case the user may see.

        A record that was merged into another is not shown: the other stands for it. A liaison sees only people who
        stand on a roster or further (domain.md 6, "matched only"); an administrator sees nobody.

        `one_by_one` is for people who are found by something else, such as a name: the case of each is looked for
        between two bounds, lest PostgreSQL gather all cases beforehand (measured: 0.6 s of a million).
        """
        if not user.may(Permission.PERSON_VIEW):
            return self.none()
        own, cases = self._ways_to_see(user)
        person = OuterRef("pk")
        met = cases.filter(person__gte=person, person__lte=person) if one_by_one else cases.filter(person=person)
        return self.filter(own | Exists(met), merged_into__isnull=True)

    def registered_with(self, user):
        """Of the people of `visible_to`, those of the user's own offices: they can be found by their office."""
        if not user.may(Permission.PERSON_VIEW):
            return self.none()
        own, _cases = self._ways_to_see(user)
        return self.filter(own, merged_into__isnull=True)

    def listed_for(self, user):
        """The people of `visible_to`, for a list in the order of names: quick for any scope among any number of people.

        Whoever sees few has them gathered and sorted. Whoever sees many is led along the index of names, where the
        first page is soon full. One statement finds out which.
        """
        if not user.may(Permission.PERSON_VIEW):
            return self.none()
        own, cases = self._ways_to_see(user)
        registered, met = self.model.objects.filter(own).order_by().values("pk"), cases.order_by().values("person")
        if registered[:FEW].union(met[:FEW], all=True).count() < FEW:
            return self.filter(pk__in=registered.union(met), merged_into__isnull=True)
        return self.visible_to(user, one_by_one=True)

    def _ways_to_see(self, user):
        """Offices whose people are seen as registered there, and the cases whose people are seen with them."""
        own = Q(pk__in=[])
        offices = {reach.office_ids for reach in user.reach(Permission.PERSON_EDIT)}
        offices |= {reach.office_ids for reach in user.reach(Permission.PERSON_IMPORT) if reach.programme_ids is None}
        for office_ids in sorted(offices, key=sorted):
            own |= Q(office__in=office_ids)
        return own, self.model._meta.get_field("enrolments").related_model.objects.visible_to(user)

    def changeable_by(self, user, permission=Permission.PERSON_EDIT):
        """People whom this right reaches: of the offices where it holds, or with a case there or a case of one's own.

        Who reads in one office and works in another changes nobody in the first.
        """
        own = Q(pk__in=[])
        for reach in user.reach(permission):
            own |= Q(office__in=reach.office_ids)
        enrolments = self.model._meta.get_field("enrolments").related_model.objects
        cases = enrolments.within_reach_of(user, permission) | enrolments.visible_to(user).owned_by(user)
        return self.filter(own | Exists(cases.filter(person=OuterRef("pk"))))


@tracked(exclude=("name_tokens",))
class Person(Record):
    """A migrant worker. The record stays; participations (enrolments) come and go with the seasons.

    The columns hold the main value of each fact; further documents, phones, addresses, the household and the photo are
    rows of their own (people/identity.py). A birth date that is `estimated` is a guess of day and month and perhaps of
    the year; of one known to the `year` only the year may be shown or compared.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", _("female")
        MALE = "male", _("male")
        OTHER = "other", _("another or not specified")

    class BirthPrecision(models.TextChoices):
        DAY = "day", _("exact day")
        ESTIMATED = "estimated", _("estimated")
        YEAR = "year", _("only the year")

    office = models.ForeignKey(Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="people")
    given_names = models.CharField(_("given names"), max_length=150)
    first_surname = models.CharField(_("first surname"), max_length=150)
    second_surname = models.CharField(_("second surname"), max_length=150, blank=True)
    married_name = models.CharField(_("married name"), max_length=150, blank=True)
    native_name = models.CharField(_("name in another script"), max_length=300, blank=True)
    aliases = ArrayField(
        models.CharField(max_length=150), verbose_name=_("other names"), default=list, blank=True, size=MOST_ALIASES
    )
    # Every word of every name above, as names are searched. Kept by the database, so no write can leave it behind.
    name_tokens = models.GeneratedField(
        expression=WordsOfNames(
            "given_names", "first_surname", "second_surname", "married_name", "native_name", "aliases"
        ),
        output_field=ArrayField(models.TextField(db_collation="C")),
        db_persist=True,
    )
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        related_name="absorbed",
    )
    sex = models.CharField(_("sex"), max_length=6, choices=Sex)
    birth_date = models.DateField(_("date of birth"))
    birth_precision = models.CharField(_("how exact"), max_length=9, choices=BirthPrecision, default=BirthPrecision.DAY)
    birth_subdivision = models.CharField(_("department of birth"), max_length=10, blank=True)
    birth_municipality = models.CharField(_("municipality of birth"), max_length=100, blank=True)
    nationality = models.CharField(_("nationality"), max_length=3, validators=[alpha3])
    other_nationalities = ArrayField(
        models.CharField(max_length=3, validators=[alpha3]),
        verbose_name=_("other nationalities"),
        default=list,
        blank=True,
    )
    national_id = models.CharField(_("national identity number"), max_length=30, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    subdivision = models.CharField(_("department"), max_length=10, blank=True)
    municipality = models.CharField(_("municipality"), max_length=100, blank=True)
    community = models.CharField(_("community"), max_length=100, blank=True)
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True)
    # How well, by language: a level of the CEFR or "oral" (only spoken); languages of unknown level are left out.
    language_levels = models.JSONField(_("language levels"), default=dict, blank=True)
    mother_tongue = models.CharField(_("mother tongue"), max_length=10, blank=True)
    education = models.CharField(_("education"), max_length=10, blank=True)
    literacy = models.CharField(_("reading and writing"), max_length=20, blank=True)
    occupation = models.CharField(_("occupation"), max_length=10, blank=True)
    occupation_words = models.CharField(_("work in the person's own words"), max_length=100, blank=True)
    experience_years = models.PositiveSmallIntegerField(_("years of experience"), null=True, blank=True)
    emergency_name = models.CharField(_("emergency contact"), max_length=150, blank=True)
    emergency_relation = models.CharField(_("relation"), max_length=60, blank=True)
    emergency_phone = PhoneNumberField(_("phone of the emergency contact"), blank=True)
    dependants = models.PositiveSmallIntegerField(_("dependants"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["first_surname", "second_surname", "given_names", "id"]
        indexes = [
            models.Index(
                fields=["office", "first_surname", "second_surname", "given_names", "id"],
                name="person_by_office_and_name",
            ),
            models.Index(fields=["first_surname", "second_surname", "given_names", "id"], name="person_by_name"),
            models.Index(fields=["birth_date"], name="person_by_birth_date"),
            models.Index(fields=["birth_date"], condition=~Q(birth_precision="day"), name="person_by_uncertain_birth"),
            models.Index(fields=["phone"], name="person_by_phone"),
            models.Index(
                OpClass(Reverse("phone"), name="text_pattern_ops"),
                condition=~Q(phone=""),
                name="person_by_end_of_phone",
            ),
            models.Index(fields=["national_id"], condition=~Q(national_id=""), name="person_by_national_id"),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="person_by_merged_into"),
            GinIndex(fields=["name_tokens"], fastupdate=False, name="person_by_name_tokens"),
            models.Index(fields=["subdivision", "municipality"], name="person_by_place"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_date__gte=date(1900, 1, 1)),
                name="person_born_after_1900",
                violation_error_message=_("The date of birth lies before 1900."),
            ),
            models.CheckConstraint(
                condition=Q(birth_date__lte=F("created_at__date")),
                name="person_born_before_registration",
                violation_error_message=_("The date of birth lies in the future."),
            ),
            models.UniqueConstraint(
                fields=["nationality", "national_id"],
                # A record that was taken into another keeps its number, which the other may carry too.
                condition=~Q(national_id="") & Q(merged_into__isnull=True),
                name="person_one_per_national_id",
                violation_error_message=_("A person with this national identity number is already registered."),
            ),
            models.CheckConstraint(
                condition=~Q(given_names="") & ~Q(first_surname=""),
                name="person_has_a_name",
                violation_error_message=_("Give a given name and a first surname."),
            ),
            models.CheckConstraint(
                condition=~Q(other_nationalities__contains=[F("nationality")]),
                name="person_other_nationalities_are_others",
                violation_error_message=_("The main nationality stands among the others too."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="person_not_merged_into_itself",
                violation_error_message=_("A person cannot be merged into themselves."),
            ),
        ]
        triggers = [count_versions(but_not=("name_tokens",)), *learn_words()]

    def __str__(self):
        return self.full_name

    def get_absolute_url(self):
        """The person's page."""
        return reverse("people:detail", args=[self.public_id])

    @property
    def full_name(self) -> str:
        """The name as the person writes it: given names, first and second surname."""
        return " ".join(part for part in (self.given_names, self.first_surname, self.second_surname) if part)

    def age_on(self, day: date) -> int:
        """Completed years on `day`. A birthday on 29 February is reached on 1 March of a common year."""
        return day.year - self.birth_date.year - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))


class ConsentQuerySet(RecordQuerySet):
    """Consents, and which of them hold."""

    def in_force(self, on: date):
        """Given by `on`, not expired and not withdrawn."""
        return self.filter(given_on__lte=on, withdrawn_at__isnull=True).filter(
            Q(expires_on__isnull=True) | Q(expires_on__gte=on)
        )


@tracked()
class Consent(Record):
    """What a person agreed to, how, and until when (domain.md 5, principle 4). Never edited: withdrawn or renewed."""

    class Mode(models.TextChoices):
        WRITTEN = "written", _("in writing")
        ORAL = "oral", _("orally, before a witness")

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="consents")
    purposes = ArrayField(models.CharField(max_length=30), verbose_name=_("purposes"))
    mode = models.CharField(_("how it was given"), max_length=10, choices=Mode)
    language = models.CharField(_("language it was explained in"), max_length=10)
    witness = models.CharField(_("witness or interpreter"), max_length=150, blank=True)
    notice = models.CharField(_("version of the notice"), max_length=20)
    given_on = models.DateField(_("given on"))
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "accounts.User",
        verbose_name=_("withdrawal recorded by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purposes__len__gte=1),
                name="consent_names_a_purpose",
                violation_error_message=_("Tick at least one purpose."),
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("given_on")),
                name="consent_expires_after_it_is_given",
                violation_error_message=_("The consent would expire before it was given."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="consent_withdrawn_at_and_by",
                violation_error_message=_("A withdrawal needs its time and who recorded it."),
            ),
            models.CheckConstraint(
                condition=~Q(mode="oral") | ~Q(witness=""),
                name="consent_oral_has_a_witness",
                violation_error_message=_("Oral consent needs the name of a witness."),
            ),
        ]
        triggers = [
            count_versions(),
            pgtrigger.Protect(
                name="given_once",
                operation=pgtrigger.UpdateOf("purposes", "given_on", "mode", "language", "notice"),
            ),
            # Whose consent it is changes only when two records of the person are joined or taken apart.
            pgtrigger.Protect(
                name="given_by_the_same",
                operation=pgtrigger.UpdateOf("person_id"),
                condition=pgtrigger.Condition("NOT iomcase_merging(OLD.person_id, NEW.person_id)"),
            ),
        ]

    def __str__(self):
        return f"{self.given_on} {', '.join(self.purposes)}"

    @property
    def is_in_force(self) -> bool:
        """Holds today."""
        today = timezone.localdate()
        return (
            self.withdrawn_at is None and self.given_on <= today and (not self.expires_on or self.expires_on >= today)
        )
