"""Addresses that match candidates and positions."""

from django.urls import path

from programmes.journey.selection import views

app_name = "selection"
urlpatterns = [
    path("demands/<uuid:public_id>/candidates/", views.candidates, name="candidates"),
    path("demands/<uuid:public_id>/candidates/search/", views.find, name="find"),
    path("demands/<uuid:public_id>/candidates/<uuid:case_id>/", views.select, name="select"),
    path("demands/<uuid:public_id>/positions/<int:number>/offer/", views.offer, name="offer"),
]
