"""Addresses of flight groups."""

from django.urls import path

from programmes.journey.departure.travel import views

app_name = "travel"
_GROUP = "flights/<uuid:public_id>/"
urlpatterns = [
    path("flights/", views.groups, name="list"),
    path("flights/new/", views.new, name="new"),
    path("flights/travellers/", views.travellers, name="travellers"),
    path(_GROUP, views.group, name="group"),
    path(f"{_GROUP}manifest/", views.manifest, name="manifest"),
    path(f"{_GROUP}change/", views.change, name="change"),
    path(f"{_GROUP}call-off/", views.call_off, name="call_off"),
    path(f"{_GROUP}legs/new/", views.add_leg, name="add_leg"),
    path(f"{_GROUP}legs/<uuid:leg_id>/delay/", views.delay, name="delay"),
    path(f"{_GROUP}legs/<uuid:leg_id>/remove/", views.remove_leg, name="remove_leg"),
    path(f"{_GROUP}workers/", views.join, name="join"),
    path(f"{_GROUP}tickets/", views.tickets, name="tickets"),
    path(f"{_GROUP}departure/", views.depart, name="depart"),
    path(f"{_GROUP}workers/<uuid:trip_id>/no-show/", views.no_show, name="no_show"),
    path(f"{_GROUP}workers/<uuid:trip_id>/leader/", views.lead, name="lead"),
]
