"""Addresses: each application brings its own; nothing of allauth is open that is not named in accounts/doors.py."""

from django.contrib import admin
from django.urls import include, path

from iomcase.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("programmes.urls")),
]
handler400 = "programmes.base.common.errors.bad_request"
handler500 = "programmes.base.common.errors.server_error"
