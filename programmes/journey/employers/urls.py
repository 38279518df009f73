"""Addresses of employers and their sites."""

from django.urls import path

from programmes.journey.employers import views

app_name = "employers"
urlpatterns = [
    path("employers/", views.listing, name="list"),
    path("employers/new/", views.new, name="new"),
    path("employers/<uuid:public_id>/", views.detail, name="detail"),
    path("employers/<uuid:public_id>/edit/", views.edit, name="edit"),
    path("employers/<uuid:public_id>/suspend/", views.suspend, name="suspend"),
    path("employers/<uuid:public_id>/reactivate/", views.reactivate, name="reactivate"),
    path("employers/<uuid:public_id>/sites/new/", views.add_site, name="add_site"),
    path("employers/<uuid:public_id>/sites/<uuid:site_id>/", views.edit_site, name="edit_site"),
]
