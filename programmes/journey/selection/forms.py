"""What people type when they match a candidate and a position."""

from django import forms
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from programmes.base.common.choices import RecordChoice
from programmes.base.common.forms import DayField, WorkForm
from programmes.base.common.wording import short_day
from programmes.base.rulebook.models import Code
from programmes.journey.demand.models import JobDemand
from programmes.journey.demand.states import DEMAND, PositionStatus


class DemandChoice(RecordChoice):
    """A demand by its public identifier, shown with employer, dates and how many positions are vacant."""

    def __init__(self, **kwargs):
        super().__init__(
            JobDemand.objects.none(),
            error_messages={"invalid_choice": _("This demand takes no workers any more. Choose another.")},
            **kwargs,
        )

    def label_from_instance(self, demand):
        """`D-2026-0031 · Serres du Val-Clair · 30 Mar – 13 Nov · 2 vacant`."""
        vacant = ngettext("%(count)d vacant", "%(count)d vacant", demand.vacant) % {"count": demand.vacant}
        days = f"{short_day(demand.starts_on)} – {short_day(demand.ends_on)}"
        return f"{demand.number} · {demand.employer.name} · {days} · {vacant}"


class SelectForm(WorkForm):
    """Reserve a position for a candidate. `record` is the case.

    `brings` are the missing things this form itself supplies, so that the case file offers the move.
    """

    brings = frozenset({"position", "dates"})

    demand = DemandChoice(label=_("Demand"), empty_label=_("Choose a demand"))
    named = forms.BooleanField(label=_("The employer asked for this worker by name"), required=False)
    on = DayField(label=_("Selected on"))

    def prepare(self):
        """Demands of the case's season that the user may see; those without a vacancy are offered no more."""
        self.initial.setdefault("on", timezone.localdate())
        visible = JobDemand.objects.visible_to(self.user).filter(
            season=self.record.season_id, status__in=DEMAND.groups["following"]
        )
        counted = (
            visible.select_related("employer")
            .annotate(vacant=Count("places", filter=Q(places__status=PositionStatus.VACANT)))
            .order_by("starts_on", "number")
        )
        field = self.fields["demand"]
        # A demand that fills up while the page is open is refused by the deed, in words that say so.
        field.queryset = counted
        offered = [(str(d.public_id), field.label_from_instance(d)) for d in counted if d.vacant]
        field.choices = [("", field.empty_label), *offered]


class ChooseForm(WorkForm):
    """Reserve a position of a demand that is known already. `record` is the case."""

    brings = SelectForm.brings

    named = forms.BooleanField(label=_("The employer asked for this worker by name"), required=False)
    on = DayField(label=_("Selected on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())


class FindForm(forms.Form):
    """One box: a name or a case number."""

    q = forms.CharField(label=_("Name or case number"), max_length=200)


class ReleaseForm(WorkForm):
    """Give the position back and put the candidate on the roster again. `record` is the case."""

    reason = forms.ChoiceField(label=_("Why the position is given back"))
    on = DayField(label=_("Given back on"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self):
        """The reasons in force; today, unless it happened before."""
        self.fields["reason"].choices = Code.objects.choices("release", blank="")
        self.initial.setdefault("on", timezone.localdate())


class OfferForm(WorkForm):
    """The reserved position was offered to the worker. `record` is the case."""

    on = DayField(label=_("Offered on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())


class AcceptForm(WorkForm):
    """The worker accepts the position. `record` is the case."""

    on = DayField(label=_("Accepted on"))

    def prepare(self):
        """Today, unless it happened before."""
        self.initial.setdefault("on", timezone.localdate())
