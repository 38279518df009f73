"""Addresses of a case's placement."""

from django.urls import path

from programmes.journey.placement import arrival_views, views

app_name = "placement"
urlpatterns = [
    path("cases/<uuid:public_id>/placement/", views.detail, name="detail"),
    path("cases/<uuid:public_id>/placement/check-in/", views.check_in, name="check_in"),
    path("cases/<uuid:public_id>/placement/extend/", views.extend, name="extend"),
    path("cases/<uuid:public_id>/placement/fair/", views.fair_recruitment, name="fair"),
    path("flights/<uuid:public_id>/arrivals/", arrival_views.arrival_list, name="arrivals"),
]
