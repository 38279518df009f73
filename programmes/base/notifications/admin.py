"""The list of letters that a person must look at. Their words are not shown: an administrator reads no cases."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_base import ConfigurationAdmin
from programmes.base.notifications import actions
from programmes.base.notifications.models import Letter


@admin.register(Letter)
class LetterAdmin(ConfigurationAdmin):
    """Letters with their state: read-only, flagged ones can be sent again."""

    list_display = ["created_at", "kind", "to", "state", "attempts", "uncertain", "why_not"]
    list_filter = ["state", "kind", "uncertain"]
    list_select_related = ["to"]
    search_fields = ["to__email", "to__full_name"]
    ordering = ["-created_at", "-pk"]
    actions = ["send_again"]
    readonly_fields = (
        "kind", "to", "channel", "language", "state", "why_not", "attempts", "uncertain", "not_before", "sent_at",
        "created_at", "message_id",
    )  # fmt: skip
    fields = readonly_fields

    def has_add_permission(self, request, obj=None):
        """Letters are written by deeds, not by hand."""
        return False

    def has_delete_permission(self, request, obj=None):
        """A letter's row is the proof that it was sent."""
        return False

    @admin.display(description=_("Reason"))
    def why_not(self, letter):
        """Why it was not sent, in the reader's language."""
        return letter.reason

    @admin.action(description=_("Send the chosen flagged letters again"), permissions=["change"])
    def send_again(self, request, queryset):
        """Give the chosen flagged letters a fresh set of attempts."""
        count = actions.send_again(queryset)
        messages.success(
            request,
            ngettext("%(count)d letter is tried again.", "%(count)d letters are tried again.", count)
            % {"count": count},
        )
