"""What people type about a recall."""

from django import forms
from django.utils.translation import gettext_lazy as _

from programmes.base.common.forms import DayField
from programmes.base.rulebook.models import Season
from programmes.journey.enrolment.forms import OnForm, ReasonForm


class OfferForm(OnForm):
    """A place in the next season is offered."""

    on = DayField(label=_("Offered on"))


class AcceptForm(OnForm):
    """The worker accepts, for a season."""

    on = DayField(label=_("Accepted on"))
    season = forms.ModelChoiceField(Season.objects.none(), label=_("Season"))
    field_order = ["key", "version", "season", "on", "note"]

    def prepare(self):
        """Later seasons of the same programme that take cases."""
        super().prepare()
        self.fields["season"].queryset = (
            Season.objects.filter(
                programme=self.record.programme_id, active=True, starts_on__gt=self.record.season.starts_on
            )
            .select_related("programme")
            .order_by("starts_on")
        )


class DeclineForm(ReasonForm):
    """The worker does not come again."""

    on = DayField(label=_("Declined on"))
    code_list = "withdrawal"
