"""The configuration site: Django's admin behind our own sign-in."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _


class ConfigurationSite(admin.AdminSite):
    """Daily configuration: programmes, users, code lists, schedules. No case content."""

    site_header = _("iomcase configuration")
    site_title = _("iomcase")
    index_title = _("Configuration")
    site_url = "/"
    enable_nav_sidebar = False

    def each_context(self, request):
        """Say on each page whether this is the real thing."""
        return {**super().each_context(request), "environment": settings.MODE}

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        """Lead to the one sign-in page, so that the second factor counts here too."""
        return super().login(request, extra_context)

    def password_change(self, request, extra_context=None):
        """Lead to the one page for passwords, which ends other sessions and writes a letter."""
        return redirect("account_change_password")
