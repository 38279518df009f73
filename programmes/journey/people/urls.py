"""Addresses of people."""

from django.urls import path

from programmes.journey.people import views

app_name = "people"
urlpatterns = [
    path("people/", views.people, name="list"),
    path("people/search/", views.find, name="search"),
    path("people/new/", views.new, name="new"),
    path("people/<uuid:public_id>/", views.detail, name="detail"),
    path("people/<uuid:public_id>/edit/", views.edit, name="edit"),
    path("people/<uuid:public_id>/consent/", views.consent, name="consent"),
    path("people/<uuid:public_id>/consent/<uuid:consent_id>/withdraw/", views.withdraw, name="withdraw"),
]
