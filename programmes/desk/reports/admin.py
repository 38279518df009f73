"""When reports are made: rows that administrators edit."""

from django import forms
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin_base import ConfigurationAdmin
from accounts.places import time_zones
from programmes.desk.reports import actions
from programmes.desk.reports.models import ReportSchedule


class ReportScheduleForm(forms.ModelForm):
    """A schedule; the time zone is chosen from the list of places."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("The hour and the months are those of this place, also when its clocks change."),
    )

    class Meta:
        model = ReportSchedule
        fields = ["programme", "kind", "day", "hour", "time_zone", "active"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(name, name) for name in time_zones()]


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ConfigurationAdmin):
    """Schedules of reports. A change counts from now on; months before it are not made up for."""

    form = ReportScheduleForm
    list_display = ["programme", "kind", "day", "hour", "time_zone", "next_run_at", "active"]
    list_filter = ["active", "kind"]
    list_select_related = ["programme"]
    search_fields = ["programme__code"]
    readonly_fields = ["next_run_at"]

    def save_model(self, request, obj, form, change):
        """Save, and write down when the report is made next."""
        super().save_model(request, obj, form, change)
        actions.reschedule(obj, timezone.now())
