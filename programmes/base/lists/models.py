"""How somebody wants a list to look, views that were kept under a name, and every file that was taken out."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Office
from accounts.roles import Permission
from programmes.base.audit.models import tracked
from programmes.base.batches.models import Batch
from programmes.base.common.models import Record, RecordQuerySet, count_versions
from programmes.base.common.storage import RandomName, private_storage
from programmes.base.rulebook.models import Programme

LONGEST_DEFINITION = 2000


class SavedViewQuerySet(RecordQuerySet):
    """Views, and who may use them."""

    def visible_to(self, user):
        """One's own; those shared with an office one works in, above or below it; those of programmes in reach."""
        above = {pk for row in user.current_memberships for pk in row.office.ancestor_ids}
        below = {pk for reach in user.reach(Permission.CASE_VIEW) for pk in reach.office_ids}
        programmes = Programme.objects.reachable_by(user, Permission.CASE_VIEW).values("pk")
        return self.filter(Q(created_by=user) | Q(office__in=above | below) | Q(programme__in=programmes))


@tracked()
class SavedView(Record):
    """A list under a name. `query` is its definition: what would stand in the address."""

    listing = models.CharField(max_length=20)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=LONGEST_DEFINITION, blank=True)
    office = models.ForeignKey(
        Office, verbose_name=_("shared with office"), on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    programme = models.ForeignKey(
        Programme,
        verbose_name=_("shared with programme"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["created_by", "listing"], name="saved_view_by_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "listing", "name"],
                name="saved_view_name_once_per_person",
                violation_error_message=_("You have a view of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(office__isnull=True) | Q(programme__isnull=True),
                name="saved_view_shared_with_one",
                violation_error_message=_("Share a view with an office or with a programme, not with both."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="saved_view_has_a_name",
                violation_error_message=_("Give the view a name."),
            ),
        ]
        triggers = [count_versions()]

    def __str__(self):
        return self.name

    def may_be_changed_by(self, user) -> bool:
        """Whoever made it; a shared one also by the managers of its office or programme."""
        if self.created_by_id == user.pk:
            return True
        if self.office_id:
            return any(self.office_id in reach.office_ids for reach in user.reach(Permission.CASE_ASSIGN))
        return bool(self.programme_id) and any(
            reach.programme_ids is not None and self.programme_id in reach.programme_ids
            for reach in user.reach(Permission.CASE_ASSIGN)
        )


class ListPreference(models.Model):
    """How one person wants one list: columns in their order, views on its tabs, the view it opens with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(max_length=20)
    columns = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    pinned = ArrayField(models.UUIDField(), default=list, blank=True)
    home = models.ForeignKey(SavedView, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "listing"],
                name="list_preference_once",
                violation_error_message=_("There is one preference for each list."),
            )
        ]

    def __str__(self):
        return f"{self.listing} {self.columns}"


class ExportQuerySet(RecordQuerySet):
    """Exports, and who may see them."""

    def visible_to(self, user):
        """One's own; those of the offices in which one watches over what leaves the system."""
        seen = Q(created_by=user)
        for reach in user.reach(Permission.HISTORY_VIEW):
            seen |= Q(office__in=reach.office_ids)
        return self.filter(seen)


class Export(Record):
    """One file taken out of a list: who, of which list and filters, which columns, why, how many rows, when.

    It is the log of what left the system and the request a manager decides; the file of a long one hangs on its batch.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("waits for a manager")
        DECLINED = "declined", _("declined")
        READY = "ready", _("ready")
        DONE = "done", _("downloaded")
        FAILED = "failed", _("stopped half-way")

    class Format(models.TextChoices):
        CSV = "csv", _("CSV, for any program")
        XLSX = "xlsx", _("Excel workbook (XLSX)")

    listing = models.CharField(max_length=20)
    query = models.CharField(max_length=LONGEST_DEFINITION, blank=True)
    columns = ArrayField(models.CharField(max_length=30))
    format = models.CharField(_("format"), max_length=4, choices=Format)
    mark = models.BooleanField(_("with a mark for Excel"), default=True)
    identified = models.BooleanField(_("with names and numbers"), default=False)
    purpose = models.CharField(_("purpose"), max_length=40)
    why = models.CharField(_("reason"), max_length=300)
    office = models.ForeignKey(Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READY)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision = models.CharField(_("reason of the decision"), max_length=300, blank=True)
    rows = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    downloads = models.PositiveIntegerField(_("downloads"), default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    downloaded_at = models.DateTimeField(_("downloaded at"), null=True, blank=True)
    expires_on = models.DateField(_("can be downloaded until"), null=True, blank=True)
    file = models.FileField(_("file"), storage=private_storage, upload_to=RandomName("exports"), blank=True)
    batch = models.OneToOneField(Batch, on_delete=models.SET_NULL, null=True, blank=True, related_name="export")

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["created_by", "-created_at", "-id"], name="export_by_person"),
            models.Index(fields=["office", "-created_at", "-id"], name="export_by_office"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(why=""),
                name="export_has_a_purpose",
                violation_error_message=_("Say what the file is for."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("created_by")),
                name="export_decided_by_somebody_else",
                violation_error_message=_("Nobody approves a request of their own."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="export_decided_at_and_by",
                violation_error_message=_("A decision has its time and its person."),
            ),
        ]
        triggers = [count_versions(but_not=("rows", "downloads", "started_at", "downloaded_at", "file"))]

    def __str__(self):
        return f"{self.listing} {self.format}"

    def get_absolute_url(self):
        """Its page."""
        return reverse("lists:export", args=[self.public_id])

    @property
    def is_over(self) -> bool:
        """Its time is over: whoever still needs it asks anew."""
        return bool(self.expires_on and self.expires_on < timezone.localdate())

    @property
    def status_tone(self) -> str:
        """The tone of the state's tag."""
        S = self.State  # noqa: N806 -- stands for the states below
        return {S.ASKED: "waiting", S.DECLINED: "problem", S.READY: "active", S.DONE: "done", S.FAILED: "problem"}[
            self.State(self.state)
        ]

    def get_status_display(self) -> str:
        """The state in words, for the tag."""
        return str(self.get_state_display())
