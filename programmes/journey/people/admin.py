"""What administrators see of the work with people: that hints were given, to whom and about which office; no case."""

from django.contrib import admin

from accounts.admin_base import ConfigurationAdmin
from programmes.journey.people.duplicates.models import DuplicateHint


@admin.register(DuplicateHint)
class DuplicateHintAdmin(ConfigurationAdmin):
    """Who was told that another office may know somebody: read-only, so that curiosity can be noticed."""

    list_display = ["at", "user", "office"]
    list_filter = ["office"]
    list_select_related = ["user", "office"]
    search_fields = ["user__email", "user__full_name"]
    ordering = ["-at", "-pk"]
    readonly_fields = ("at", "user", "office")
    fields = readonly_fields

    def has_add_permission(self, request, obj=None):
        """The check itself writes them."""
        return False

    def has_change_permission(self, request, obj=None):
        """They are written once."""
        return False

    def has_delete_permission(self, request, obj=None):
        """They are the proof."""
        return False
