"""The admin site, named for what it is here: configuration."""

from django.contrib.admin.apps import AdminConfig


class ConfigurationSite(AdminConfig):
    """Django's admin application with our own site in front."""

    default_site = "iomcase.configuration.ConfigurationSite"

    def ready(self):
        """Find the admin pages and our own system checks."""
        super().ready()
        from iomcase import checks  # noqa: F401 importing registers them; they need the settings
