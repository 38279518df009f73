"""What is known around employers: associations, recruiters, contacts, licences, inspections, partners, compliance.

The association of an employer was once a word on its record; that word stays there as history and is offered no more.
"""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.rulebook.models import alpha3
from programmes.journey.employers.fair import FairAnswer
from programmes.journey.employers.models import Employer, Site

# A licence that ends within so many days is shown as expiring.
EXPIRING_DAYS = 60


def _one_of(*owners: str) -> Q:
    """Exactly one of these columns is filled."""
    found = Q(pk__in=[])
    for owner in owners:
        found |= Q(**{f"{name}__isnull": name != owner for name in owners})
    return found


class KeptQuerySet(RecordQuerySet):
    """Records that an office keeps, and that stand with employers."""

    def visible_to(self, user):
        """Those of the user's own offices, and those that stand with an employer the user may see."""
        return self.filter(
            _in_offices(user, Permission.EMPLOYER_VIEW)
            | Q(employers__in=Employer.objects.visible_to(user).values("pk"))
        ).distinct()

    def editable_by(self, user):
        """Those kept by an office where the user may edit employers."""
        return self.filter(_in_offices(user, Permission.EMPLOYER_EDIT))


def _in_offices(user, permission) -> Q:
    own = Q(pk__in=[])
    for reach in user.reach(permission):
        own |= Q(office__in=reach.office_ids)
    return own


@tracked()
class Association(Record):
    """An employers' association: it asks for workers on behalf of its members (FERME, Unió de Pagesos)."""

    office = models.ForeignKey(
        Office, verbose_name=_("office that keeps it"), on_delete=models.PROTECT, related_name="associations"
    )
    name = models.CharField(_("name"), max_length=150)
    country = models.CharField(_("country"), max_length=3, validators=[alpha3])
    registration = models.CharField(_("registration number"), max_length=40, blank=True)
    employers = models.ManyToManyField(
        Employer, verbose_name=_("members"), through="programmes.AssociationMember", related_name="associations"
    )

    objects = KeptQuerySet.as_manager()

    class Meta:
        verbose_name = _("employers' association")
        verbose_name_plural = _("employers' associations")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "name"],
                name="association_name_once_per_country",
                violation_error_message=_("This association is already recorded."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        """The association's page."""
        return reverse("employers:association", args=[self.public_id])


@tracked()
class AssociationMember(Record):
    """An employer in an association, from one day to another."""

    association = models.ForeignKey(
        Association, verbose_name=_("association"), on_delete=models.CASCADE, related_name="members"
    )
    employer = models.ForeignKey(
        Employer, verbose_name=_("employer"), on_delete=models.PROTECT, related_name="memberships"
    )
    number = models.CharField(_("member number"), max_length=40, blank=True)
    joined_on = models.DateField(_("member since"), null=True, blank=True)
    left_on = models.DateField(_("member until"), null=True, blank=True)

    class Meta:
        verbose_name = _("member of an association")
        verbose_name_plural = _("members of associations")
        ordering = ["association", F("left_on").desc(nulls_first=True), "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["association", "employer"],
                condition=Q(left_on__isnull=True),
                name="association_member_once_at_a_time",
                violation_error_message=_("This employer is a member already."),
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(joined_on__isnull=True) | Q(left_on__gte=F("joined_on")),
                name="association_member_leaves_after_joining",
                violation_error_message=_("“Until” lies before “since”."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.association_id}: {self.employer_id}"


@tracked()
class Recruiter(Record):
    """An agency that recruits for employers, or a sub-agent of one, with its due diligence (domain.md M09)."""

    class Result(models.TextChoices):
        PASSED = "passed", _("passed")
        CONDITIONS = "conditions", _("passed with conditions")
        FAILED = "failed", _("failed")

    office = models.ForeignKey(
        Office, verbose_name=_("office that keeps it"), on_delete=models.PROTECT, related_name="recruiters"
    )
    name = models.CharField(_("name"), max_length=150)
    country = models.CharField(_("country"), max_length=3, validators=[alpha3])
    agent_of = models.ForeignKey(
        "self", verbose_name=_("sub-agent of"), on_delete=models.PROTECT, null=True, blank=True, related_name="agents"
    )
    employers = models.ManyToManyField(
        Employer, verbose_name=_("recruits for"), through="programmes.Engagement", related_name="recruiters"
    )
    checked_on = models.DateField(_("due diligence on"), null=True, blank=True)
    checked_result = models.CharField(_("result of the due diligence"), max_length=10, choices=Result, blank=True)
    checked_note = models.TextField(_("what the due diligence found"), blank=True)

    objects = KeptQuerySet.as_manager()

    class Meta:
        verbose_name = _("recruiter")
        verbose_name_plural = _("recruiters")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "name"],
                name="recruiter_name_once_per_country",
                violation_error_message=_("This recruiter is already recorded."),
            ),
            models.CheckConstraint(
                condition=Q(agent_of__isnull=True) | ~Q(agent_of=F("id")),
                name="recruiter_is_nobodys_own_agent",
                violation_error_message=_("A recruiter is not its own sub-agent."),
            ),
            models.CheckConstraint(
                condition=Q(checked_on__isnull=True, checked_result="")
                | (Q(checked_on__isnull=False) & Q(checked_result__in=["passed", "conditions", "failed"])),
                name="recruiter_checked_with_result",
                violation_error_message=_("Write the day of the due diligence and its result."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        """The recruiter's page."""
        return reverse("employers:recruiter", args=[self.public_id])

    @property
    def checked_tone(self) -> str:
        """The tone of its due diligence: not done is as bad to rely on as failed."""
        return {"passed": "done", "conditions": "waiting"}.get(self.checked_result, "problem")


@tracked()
class RecruiterAnswer(FairAnswer):
    """What was found about a recruiter, question by question."""

    recruiter = models.ForeignKey(
        Recruiter, verbose_name=_("recruiter"), on_delete=models.CASCADE, related_name="answers"
    )

    class Meta:
        verbose_name = _("answer about a recruiter")
        verbose_name_plural = _("answers about recruiters")
        ordering = ["recruiter", "question"]
        constraints = [
            models.UniqueConstraint(
                fields=["recruiter", "question"],
                name="recruiter_answer_once",
                violation_error_message=_("Somebody has just answered this. Open the page again."),
            ),
            models.CheckConstraint(
                condition=Q(answer__in=["yes", "no", "unknown"]),
                name="recruiter_answer_known",
                violation_error_message=_("This is no answer to the question."),
            ),
        ]
        triggers = [count_versions()]


@tracked()
class Engagement(Record):
    """A recruiter that works for an employer, from one day to another."""

    recruiter = models.ForeignKey(
        Recruiter, verbose_name=_("recruiter"), on_delete=models.CASCADE, related_name="engagements"
    )
    employer = models.ForeignKey(
        Employer, verbose_name=_("employer"), on_delete=models.PROTECT, related_name="engagements"
    )
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("recruiter of an employer")
        verbose_name_plural = _("recruiters of employers")
        ordering = ["recruiter", F("until").desc(nulls_first=True), "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recruiter", "employer"],
                condition=Q(until__isnull=True),
                name="engagement_once_at_a_time",
                violation_error_message=_("This recruiter works for the employer already."),
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(since__isnull=True) | Q(until__gte=F("since")),
                name="engagement_ends_after_it_begins",
                violation_error_message=_("“Until” lies before “since”."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.recruiter_id}: {self.employer_id}"


@tracked()
class Contact(Record):
    """Somebody to speak to at an employer, an association or a recruiter."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts")
    association = models.ForeignKey(
        Association, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts"
    )
    recruiter = models.ForeignKey(Recruiter, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    job = models.CharField(_("what they do there"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=_one_of("employer", "association", "recruiter"),
                name="contact_of_one",
                violation_error_message=_("A contact belongs to one employer, association or recruiter."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name


@tracked()
class Licence(Record):
    """A licence or certification with its validity: of an employer, an association or a recruiter (IRIS, M09)."""

    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, null=True, blank=True, related_name="licences")
    association = models.ForeignKey(
        Association, on_delete=models.CASCADE, null=True, blank=True, related_name="licences"
    )
    recruiter = models.ForeignKey(Recruiter, on_delete=models.CASCADE, null=True, blank=True, related_name="licences")
    kind = models.CharField(_("kind"), max_length=30)
    number = models.CharField(_("number"), max_length=60, blank=True)
    issuer = models.CharField(_("issued by"), max_length=150, blank=True)
    country = models.CharField(_("country"), max_length=3, validators=[alpha3])
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("licence or certification")
        verbose_name_plural = _("licences and certifications")
        ordering = [F("valid_until").desc(nulls_first=True), "id"]
        constraints = [
            models.CheckConstraint(
                condition=_one_of("employer", "association", "recruiter"),
                name="licence_of_one",
                violation_error_message=_("A licence belongs to one employer, association or recruiter."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="licence_ends_after_it_starts",
                violation_error_message=_("“Valid until” lies before “valid from”."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.kind} {self.number}"

    @property
    def standing(self) -> str:
        """Where it stands today: `expired`, `expiring` within sixty days, or `valid`."""
        today = timezone.localdate()
        if self.valid_until and self.valid_until < today:
            return "expired"
        return "expiring" if self.valid_until and self.valid_until <= today + timedelta(EXPIRING_DAYS) else "valid"

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        return {"expired": "problem", "expiring": "waiting"}.get(self.standing, "done")


@tracked()
class Inspection(Record):
    """One inspection of the housing of a site."""

    class Result(models.TextChoices):
        PASSED = "passed", _("passed")
        CONDITIONS = "conditions", _("passed with conditions")
        FAILED = "failed", _("failed")

    site = models.ForeignKey(Site, verbose_name=_("site"), on_delete=models.CASCADE, related_name="inspections")
    inspected_on = models.DateField(_("inspected on"))
    result = models.CharField(_("result"), max_length=10, choices=Result, default=Result.PASSED)
    inspector = models.CharField(_("inspected by"), max_length=150, blank=True)
    number = models.CharField(_("number of the report"), max_length=60, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("housing inspection")
        verbose_name_plural = _("housing inspections")
        ordering = ["-inspected_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "inspected_on"],
                name="inspection_once_a_day",
                violation_error_message=_("An inspection of this day is already recorded."),
            ),
            models.CheckConstraint(
                condition=Q(result__in=["passed", "conditions", "failed"]),
                name="inspection_result_known",
                violation_error_message=_("Unknown result."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.site_id}: {self.inspected_on}"

    @property
    def tone(self) -> str:
        """The tone of its tag."""
        return {"passed": "done", "conditions": "waiting"}.get(self.result, "problem")


@tracked()
class SitePartner(Record):
    """A union, a consulate or another body that looks after the workers at a site."""

    site = models.ForeignKey(Site, verbose_name=_("site"), on_delete=models.CASCADE, related_name="partners")
    kind = models.CharField(_("kind"), max_length=30)
    name = models.CharField(_("name"), max_length=150)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)

    class Meta:
        verbose_name = _("partner of a site")
        verbose_name_plural = _("partners of sites")
        ordering = ["kind", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "kind", "name"],
                name="partner_once_per_site",
                violation_error_message=_("This partner is already recorded for the site."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name


@tracked()
class ComplianceEvent(Record):
    """One line of the compliance history of an employer: a visit, a complaint, a sanction, a suspension."""

    employer = models.ForeignKey(
        Employer, verbose_name=_("employer"), on_delete=models.CASCADE, related_name="compliance"
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, null=True, blank=True, related_name="compliance"
    )
    kind = models.CharField(_("what"), max_length=30)
    on = models.DateField(_("on"))
    note = models.TextField(_("what was found"), blank=True)
    settled_on = models.DateField(_("settled on"), null=True, blank=True)

    class Meta:
        verbose_name = _("compliance event")
        verbose_name_plural = _("compliance history")
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["employer", "-on", "-id"], name="compliance_by_employer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True) | Q(settled_on__gte=F("on")),
                name="compliance_settled_after_it_began",
                violation_error_message=_("It was settled before it happened."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.kind} {self.on}"
