"""Who employs the workers, and where."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.lifecycle.models import Lifecycle
from programmes.base.rulebook.models import Programme, alpha3
from programmes.journey.employers.states import EMPLOYER, Status


class EmployerQuerySet(RecordQuerySet):
    """Employers, and who may see them."""

    def visible_to(self, user):
        """Employers of the programmes that the user's offices run, and of the user's own offices."""
        own = Q(pk__in=[])
        for reach in user.reach(Permission.EMPLOYER_VIEW):
            own |= Q(office__in=reach.office_ids)
        programmes = Programme.objects.reachable_by(user, Permission.EMPLOYER_VIEW).values("pk")
        return self.filter(
            own | Q(pk__in=Employer.programmes.through.objects.filter(programme__in=programmes).values("employer"))
        )

    def editable_by(self, user):
        """Employers kept by an office where the user may edit them."""
        own = Q(pk__in=[])
        for reach in user.reach(Permission.EMPLOYER_EDIT):
            own |= Q(office__in=reach.office_ids)
        return self.filter(own)

    def active(self):
        """Employers that may bring new demand."""
        return self.filter(status=Status.ACTIVE)


@tracked()
class Employer(Lifecycle, Record):
    """An employer, in the country of destination."""

    MACHINE = EMPLOYER

    office = models.ForeignKey(
        Office, verbose_name=_("office that keeps it"), on_delete=models.PROTECT, related_name="employers"
    )
    programmes = models.ManyToManyField(Programme, verbose_name=_("programmes"), related_name="employers")
    name = models.CharField(_("name"), max_length=150)
    registration = models.CharField(_("registration number"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=3, validators=[alpha3])
    sector = models.CharField(_("sector (ISIC)"), max_length=10)
    # As it was written before associations had records of their own (registry.py). Row history is sealed with it.
    association = models.CharField(_("employers' association"), max_length=150, blank=True, editable=False)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    contact_email = models.EmailField(_("e-mail of the contact"), blank=True)
    contact_phone = PhoneNumberField(_("phone of the contact"), blank=True)
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.ACTIVE, editable=False)

    objects = EmployerQuerySet.as_manager()

    class Meta:
        verbose_name = _("employer")
        verbose_name_plural = _("employers")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["office", "name", "id"], name="employer_by_office_and_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["country", "registration"],
                condition=~Q(registration=""),
                name="employer_one_per_registration",
                violation_error_message=_("An employer with this registration number already exists."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="employer_status_known",
                violation_error_message=_("Unknown status."),
            ),
        ]
        triggers = [EMPLOYER.trigger(), count_versions()]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        """The employer's page."""
        return reverse("employers:detail", args=[self.public_id])

    @property
    def status_tone(self) -> str:
        """The tone of the status tag."""
        return "done" if self.status == Status.ACTIVE else "problem"


@tracked()
class Site(Record):
    """A place of work of an employer."""

    employer = models.ForeignKey(Employer, verbose_name=_("employer"), on_delete=models.CASCADE, related_name="sites")
    name = models.CharField(_("name"), max_length=150)
    region = models.CharField(_("province or region"), max_length=10, blank=True)
    place = models.CharField(_("place"), max_length=150)
    housing = models.CharField(_("housing"), max_length=30, blank=True)
    housing_inspected_on = models.DateField(_("housing inspected on"), null=True, blank=True)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["employer", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["employer", "name"],
                name="site_name_once_per_employer",
                violation_error_message=_("This employer already has a site with this name."),
            )
        ]
        triggers = [count_versions()]

    def __str__(self):
        return f"{self.name}, {self.place}"
