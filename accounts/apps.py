"""The accounts application."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Users, offices, roles and the door."""

    name = "accounts"
    verbose_name = _("Users and offices")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Register the system checks."""
        from accounts import access  # noqa: F401  the module registers its check when it is read
