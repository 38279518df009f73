"""Addresses of what every room shares: drafts."""

from django.urls import path

from programmes.base.common import draft_views

app_name = "drafts"
urlpatterns = [
    path("drafts/", draft_views.save, name="save"),
    path("drafts/discard/", draft_views.discard, name="discard"),
]
