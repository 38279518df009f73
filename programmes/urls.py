"""The hall of addresses: every room under its own prefix."""

from django.urls import include, path

urlpatterns: list = [
    path("", include("programmes.base.notifications.urls")),
]
